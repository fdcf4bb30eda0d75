"""Follow a test command to the Python that runs the tests, and start it under coverage.

``start/sitecustomize.py`` imports this at the start of each Python that the command starts. Tools such as tox and
poetry run as they are, and the Pythons that they start import it, too. A program that runs tests is restarted by
``covgate_launch``. A program that measures by itself records where its data is. Standard library only, Python 3.6 and
newer.
"""

import json
import os
import sys

from covgate_programs import (
    COVERAGE,
    OTHER,
    PYTEST,
    UNITTEST,
    command_line,
    kind_of,
    option_values,
    program_arguments,
    replace_process,
    run_by_coverage,
    split_arguments,
)
from covgate_watch import watch_pytest, watch_unittest, write_end

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, List

SPEC = "_COVGATE_FOLLOW"  # the variable that names the spec
_INSIDE = os.path.dirname(os.path.abspath(__file__))
_START = os.path.join(_INSIDE, "start")


def follow() -> None:
    """Find out what this process runs. Does not return if it runs tests."""
    spec_file = os.environ.get(SPEC, "")
    if not os.path.isfile(spec_file):
        return
    arguments = command_line()[1:]
    options, program = split_arguments(arguments)
    kind = kind_of(program)
    with open(spec_file, encoding="utf-8") as file:
        spec = json.load(file)
    if kind == COVERAGE:
        note_own_data(spec, program)
    if kind == COVERAGE and "run" in program_arguments(program):
        stop_following()
    elif kind in (OTHER, COVERAGE) or not spec["launches"]:
        note_program(spec, program)
        pass_on()
    else:
        stop_following()
        replace_process(options + [os.path.join(_INSIDE, "covgate_launch.py"), spec_file] + program)


def stop_following() -> None:
    """Don't follow the processes that the tests start; coverage doesn't measure them either."""
    wrappers = os.path.join(os.path.dirname(os.environ.pop(SPEC)), "bin")
    path = os.environ.get("PATH", "").split(os.pathsep)
    os.environ["PATH"] = os.pathsep.join(each for each in path if each != wrappers)
    path = [each for each in os.environ.get("PYTHONPATH", "").split(os.pathsep) if each and each != _START]
    if path:
        os.environ["PYTHONPATH"] = os.pathsep.join(path)
    else:
        os.environ.pop("PYTHONPATH", None)


def note_program(spec: "Dict[str, Any]", program: "List[str]") -> None:
    """Record that ``program`` was started, for the message if no tests are found."""
    if program:
        with open(os.path.join(spec["directory"], "started"), "a", encoding="utf-8") as file:
            file.write(json.dumps(program[:6]) + "\n")


def note_own_data(spec: "Dict[str, Any]", program: "List[str]") -> None:
    """Record which Python measures by itself, with which configuration, and where its data goes."""
    import platform

    os.environ.setdefault("COVERAGE_FILE", spec["data"])
    rcfile = (option_values(program, "", "--rcfile") + [os.environ.get("COVERAGE_RCFILE", "")])[0]
    facts = {
        "program": program,
        "executable": sys.executable,
        "python": "%s %s" % (platform.python_implementation(), platform.python_version()),
        "platform": sys.platform,
        "directory": os.getcwd(),
        "data": os.path.abspath(os.environ["COVERAGE_FILE"]),
        "rcfile": os.path.abspath(rcfile) if rcfile else "",
    }
    if "run" in program_arguments(program):
        facts.update(coverage_facts())
        facts["watched"] = watch(spec["directory"], program)
    with open(os.path.join(spec["directory"], "own-%d" % os.getpid()), "w", encoding="utf-8") as file:
        json.dump(facts, file)


def watch(directory: str, program: "List[str]") -> bool:
    """Find out how the tests end that ``program``, a call of coverage, runs; False if that is not possible."""
    kind = kind_of(run_by_coverage(program))
    if kind == PYTEST:
        watch_pytest(directory)
    elif kind == UNITTEST:
        watch_unittest(lambda result: write_end(directory, 0 if result.wasSuccessful() else 1, result.testsRun))
    return kind in (PYTEST, UNITTEST)


def coverage_facts() -> "Dict[str, str]":
    """Which coverage this process will measure with, and where it is; coverage itself is not imported."""
    import importlib.util

    sys.path.insert(0, _INSIDE)
    try:
        from covgate_installed import code_in, version
    finally:
        sys.path.remove(_INSIDE)
    spec = importlib.util.find_spec("coverage")
    if spec is None or not spec.origin:
        return {}
    at = os.path.dirname(spec.origin)
    return {"coverage": version("coverage"), "coverage_at": at, "coverage_code": code_in(at)}


def pass_on() -> None:
    """Follow the processes that this one starts, even if it gives them a new environment (tox)."""
    import subprocess

    kept = {name: os.environ[name] for name in (SPEC, "COVERAGE_FILE") if name in os.environ}
    start = subprocess.Popen.__init__

    def start_followed(self: "Any", args: "Any", *more: "Any", **options: "Any") -> None:
        environ = options.get("env")
        if environ is not None:
            environ = dict(environ)
            for name, value in kept.items():
                environ.setdefault(name, value)
            path = [each for each in environ.get("PYTHONPATH", "").split(os.pathsep) if each and each != _START]
            environ["PYTHONPATH"] = os.pathsep.join([_START] + path)
            options["env"] = environ
        start(self, args, *more, **options)

    subprocess.Popen.__init__ = start_followed  # type: ignore[method-assign]
