"""Run a program under coverage, or pytest with pytest-cov, as its owner would by hand.

This process writes what it learns about its environment, and how the program ended, to a file for covgate. Standard
library only, Python 3.8 and newer.
"""

import json
import os
import platform
import runpy
import shlex
import sys
import traceback

import covgate_seen
from covgate_configured import (
    children_look_up_data_file,
    configuration,
    names_sources,
    option,
    patches_subprocesses,
)
from covgate_copies import default_sources
from covgate_ended import run_coverage
from covgate_finder import PluginFinder, set_path
from covgate_installed import (
    OLDEST_COVERAGE,
    OLDEST_PYTEST,
    code_in,
    is_installed,
    release,
    version,
    why_not_unittest,
)
from covgate_programs import PYTEST, UNITTEST, configures_pytest, kind_of, program_arguments, wants_cov, wants_workers
from covgate_watch import whether_unittest_ran

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Dict, List, Tuple

NOT_STARTED = 97  # the exit status if the facts have a "problem"
FOUND = "_COVGATE_FOUND"  # what pytest found out about itself before it was restarted
MOST_TRIES = 2  # to find out how a pytest measures itself
_INSIDE = os.path.dirname(os.path.abspath(__file__))


def main(spec: "Dict[str, Any]", program: "List[str]") -> None:
    """Run ``program``, or exit with NOT_STARTED."""
    suite = Suite(spec, program)
    try:
        suite.prepare()
    except Exception as error:  # a bug in covgate, never a failing test
        traceback.print_exc()
        suite.facts["problem"] = "internal: %s: %s" % (type(error).__name__, error)
    suite.write_facts()
    if suite.facts["problem"]:
        sys.exit(NOT_STARTED)
    status: "Any" = None
    try:
        status = suite.run()
    except SystemExit as error:
        status = error.code
    except Exception:
        suite.facts["status"] = 1
        suite.write_facts()
        raise
    number = 0 if status is None else int(status) if isinstance(status, int) else 1
    if number or suite.has_finished():
        suite.facts["status"] = number
    suite.write_facts()
    sys.exit(status)


class Suite:
    """One program that runs tests. ``facts`` are what covgate reads: a "problem" if it can't be measured."""

    def __init__(self, spec: "Dict[str, Any]", program: "List[str]") -> None:
        self.spec = spec
        self.program = program
        self.arguments: "List[str]" = []  # of `coverage run`, or of pytest
        self.adds_cov = False  # whether covgate names the sources of pytest-cov
        self.hides_data_file = False  # from the tests: they may run coverage for themselves
        self.has_finished: "Callable[[], bool]" = lambda: True  # whether a program that ended with 0 has run its tests
        # What this pytest found out about itself before it was restarted.
        self.found: "Dict[str, Any]" = json.loads(os.environ.pop(FOUND, "{}"))
        self.facts: "Dict[str, Any]" = {
            "program": program,
            "executable": sys.executable,
            "python": "%s %s" % (platform.python_implementation(), platform.python_version()),
            "platform": sys.platform,
            "directory": os.getcwd(),
            "coverage": "",
            "problem": "",
        }

    @property
    def is_pytest(self) -> bool:
        return bool(kind_of(self.program) == PYTEST)

    def write_facts(self) -> None:
        """Write the facts to a file of this process."""
        path = os.path.join(self.spec["directory"], "run-%d" % os.getpid())
        with open(path + ".new", "w", encoding="utf-8") as file:
            json.dump(self.facts, file)
        os.replace(path + ".new", path)

    def prepare(self) -> None:
        """Decide how to measure the program. If that is impossible, set the "problem" in the facts."""
        set_path(self.program[0])
        self.facts["problem"] = self._missing() or self._configure()

    def run(self) -> "Any":
        """The exit status of the program; it may end by SystemExit instead."""
        if self.facts["through"] == "coverage":
            sys.argv = ["coverage"] + self.arguments
            if self.hides_data_file:
                del os.environ["COVERAGE_FILE"]
            if kind_of(self.program) == UNITTEST:
                self.has_finished = whether_unittest_ran()
            status, failure = run_coverage(self.arguments)
            if failure:
                self.facts["problem"] = "coverage: %s" % failure
            if not self.is_pytest:  # there, the plugin reports it
                covgate_seen.write(self.spec)
            return status
        sys.argv = [self.program[0]] + self.arguments
        if self.program[0] == "-m":
            runpy.run_module(self.program[1], run_name="__main__", alter_sys=True)
        else:
            runpy.run_path(self.program[0], run_name="__main__")
        return None

    def _missing(self) -> str:
        """What this interpreter lacks; "" if it has all that is needed."""
        try:
            import coverage
        except ImportError:
            return "coverage"
        self.facts["coverage"] = coverage.__version__
        self.facts["coverage_at"] = os.path.dirname(os.path.abspath(coverage.__file__))
        self.facts["coverage_code"] = code_in(self.facts["coverage_at"])
        if release(coverage.__version__) < OLDEST_COVERAGE:
            return "old coverage"
        if not self.is_pytest:
            return ""
        if not is_installed("pytest"):
            return self._without_pytest()
        self.facts["pytest"] = version("pytest")
        return "old pytest" if release(self.facts["pytest"]) < OLDEST_PYTEST else ""

    def _without_pytest(self) -> str:
        """Without a configured command, run the tests that unittest discovers; otherwise pytest is missing."""
        problem = why_not_unittest() if self.spec["or_unittest"] else "pytest"
        if not problem:
            self.program = self.facts["program"] = ["-m", "unittest"]
        return problem

    def _configure(self) -> str:
        """Choose what measures, and its arguments. Returns why that is impossible; "" if it is not."""
        spec = self.spec
        try:
            configured = configuration(spec["rcfile"])
        except Exception as error:
            return "configuration: %s" % error
        self.facts["configuration"] = [os.path.realpath(each) for each in configured.config.config_files_read]
        self.facts["source_configured"] = names_sources(configured)
        if self.found.get("tries", 0) > MOST_TRIES:
            return "pytest-cov"
        has_cov, distributed = self._asked()
        through_cov = self.is_pytest and (has_cov or distributed) and is_installed("pytest_cov")
        self.facts["through"] = "pytest-cov" if through_cov else "coverage"
        measures_subprocesses = patches_subprocesses(configured)
        if self.is_pytest and distributed and not through_cov and not measures_subprocesses:
            return "xdist"
        source, omit = ([], []) if self.facts["source_configured"] else default_sources(spec)
        self.adds_cov = through_cov and (not has_cov or bool(self.found.get("bare")))
        self._choose_data_file(own=not (through_cov and has_cov))
        self.hides_data_file = not children_look_up_data_file(configured)
        program = self.program
        if self.is_pytest:
            program = self._with_plugin(source, distributed, measures_subprocesses)
        if through_cov:
            self.arguments = program_arguments(program)
            if self.adds_cov:
                # pytest-cov has to know about the workers when it starts, even if a plugin starts them later.
                self.arguments += self.found.get("distributed", [])
                self.arguments += ["--cov=%s" % each for each in source] or ["--cov"]
            if spec["enforced_rcfile"]:
                self.arguments.append("--cov-config=%s" % spec["enforced_rcfile"])
        else:
            omit = [str(each) for each in option(configured, "omit") or []] + omit
            self.arguments = self._coverage_arguments(source, omit) + program
        return ""

    def _asked(self) -> "Tuple[bool, bool]":
        """Whether pytest-cov measures, and whether pytest-xdist starts workers, as far as that is known."""
        if not self.is_pytest:
            return False, False
        if self.found:
            return bool(self.found["cov"]), bool(self.found["distributed"])
        try:
            more = shlex.split(os.environ.get("PYTEST_ADDOPTS", ""))
        except ValueError:  # pytest reports it
            more = []
        options = self.spec["addopts"] + more + program_arguments(self.program)
        return wants_cov(options), wants_workers(options)

    def _choose_data_file(self, own: bool) -> None:
        """Where the data goes. A run that the owner doesn't measure has its own file, which no other run deletes."""
        if own:
            directory = os.path.join(os.path.dirname(self.spec["data"]), str(os.getpid()))
            os.makedirs(directory, exist_ok=True)
            os.environ["COVERAGE_FILE"] = os.path.join(directory, ".coverage")
        else:
            os.environ.setdefault("COVERAGE_FILE", self.spec["data"])
        self.facts["data"] = os.path.abspath(os.environ["COVERAGE_FILE"])

    def _coverage_arguments(self, source: "List[str]", omit: "List[str]") -> "List[str]":
        """The options of ``coverage run``; ``source`` is empty if the configured one is used."""
        arguments = ["run", "--data-file=%s" % self.facts["data"]]
        if source:
            arguments.append("--source=%s" % ",".join(source))
        if source and omit:
            arguments.append("--omit=%s" % ",".join(omit))
        if self.spec["rcfile"]:
            arguments.append("--rcfile=%s" % self.spec["rcfile"])
        return arguments

    def _with_plugin(self, source: "List[str]", distributed: bool, measures_workers: bool) -> "List[str]":
        """The program with the options that load covgate's plugin, which is made importable.

        This imports nothing of pytest. pytest must be imported after coverage has started: pytest itself may import the
        project's code, which would run unmeasured otherwise.
        """
        spec = self.spec
        here = os.path.realpath(os.getcwd()) == os.path.realpath(spec["place"])
        guard = {
            **{name: spec[name] for name in ("directory", "tree", "roots", "checkouts")},
            "source": source,
            "adds_cov": self.adds_cov,
            "hides_data_file": self.hides_data_file,
            "omit_rcfile": spec["omit_rcfile"] if here else "",
            "measures_workers": measures_workers,
            "pid": os.getpid(),
            "through": self.facts["through"],
            "tries": self.found.get("tries", 0),
            "late": self.found.get("late", False),
        }
        os.environ["_COVGATE_GUARD"] = json.dumps(guard)
        sys.meta_path.append(PluginFinder())
        if distributed:  # the workers of xdist get this path, and import the plugin by its name
            sys.path.append(_INSIDE)
        arguments = program_arguments(self.program)
        options = ["-p", "covgate_guard"] + (spec["pytest_arguments"] if here else [])
        if here and spec["empty_config"] and not configures_pytest(arguments):
            options += ["-c", spec["empty_config"]]
        head = len(self.program) - len(arguments)
        return self.program[:head] + options + self.program[head:]
