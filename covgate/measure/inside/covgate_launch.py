"""Start the tests under coverage, in the project's interpreter: ``python covgate_launch.py SPEC``.

One process does what a look at the environment and ``coverage run`` would take two for. Standard library
only, Python 3.8 and newer: this is not covgate's interpreter. What it found goes to the file "facts".
"""

import os
import sys

# As ``python -m`` would have it: the tests' imports must not see this file's directory.
sys.path[0] = os.getcwd()

import importlib.util
import json
import platform
import runpy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, List

NOT_STARTED = 97  # the exit status where "facts" tells why the tests were not started


def main() -> None:
    with open(sys.argv[1], encoding="utf-8") as file:
        spec = json.load(file)
    facts: "Dict[str, Any]" = {
        "python": "%s %s" % (platform.python_implementation(), platform.python_version()),
        "platform": sys.platform,
        "coverage": "",
        "problem": "",
    }
    try:
        argv = prepare(spec, facts)
    finally:
        with open(spec["facts"], "w", encoding="utf-8") as file:
            json.dump(facts, file)
    if facts["problem"]:
        sys.exit(NOT_STARTED)
    if facts["through"] == "pytest-cov":
        sys.argv = ["pytest"] + argv
        runpy.run_module("pytest", run_name="__main__", alter_sys=True)
    else:
        from coverage.cmdline import main as coverage_main

        sys.argv = ["coverage"] + argv
        sys.exit(coverage_main(argv))


def prepare(spec: "Dict[str, Any]", facts: "Dict[str, Any]") -> "List[str]":
    """The arguments for pytest or for coverage; what stands in the way goes into the facts."""
    try:
        import coverage
    except ImportError:
        facts["problem"] = "coverage"
        return []
    facts["coverage"] = coverage.__version__
    program: "List[str]" = spec["program"]
    is_pytest = program[:2] == ["-m", "pytest"]
    if is_pytest and importlib.util.find_spec("pytest") is None:
        facts["problem"] = "pytest"
        return []
    try:
        configured = coverage.Coverage(config_file=spec["rcfile"] or True)
    except Exception as error:
        facts["problem"] = "configuration: %s" % error
        return []
    options = ["source", "source_pkgs", "source_dirs", "include"]
    silent = not any(option(configured, name) for name in options)
    source = spec["source"] if silent else []
    facts["source_configured"] = not silent
    through_cov = is_pytest and spec["wants_pytest_cov"] and importlib.util.find_spec("pytest_cov") is not None
    facts["through"] = "pytest-cov" if through_cov else "coverage"
    patches = [str(each) for each in option(configured, "patch") or []]
    if is_pytest and spec["distributed"] and not through_cov and "subprocess" not in patches:
        facts["problem"] = "xdist"
        return []
    if is_pytest:
        offer_guard(source)
    if through_cov:
        arguments = program[2:]
        if not spec["has_cov"]:
            arguments = arguments + (["--cov=%s" % each for each in source] or ["--cov"])
        if spec["enforced_rcfile"]:
            arguments = arguments + ["--cov-config=%s" % spec["enforced_rcfile"]]
        return arguments
    arguments = ["run"]
    if source:
        arguments.append("--source=%s" % ",".join(source))
    if source and spec["omit"]:
        omitted = [str(each) for each in option(configured, "omit") or []]
        arguments.append("--omit=%s" % ",".join(omitted + spec["omit"]))
    if spec["rcfile"]:
        arguments.append("--rcfile=%s" % spec["rcfile"])
    return arguments + program


def option(configured: "Any", name: str) -> "Any":
    try:
        return configured.get_option("run:" + name)
    except Exception:  # an option that this version of coverage does not have
        return None


def offer_guard(source: "List[str]") -> None:
    """Let pytest find its plugin ``covgate_guard`` without adding a directory to the tests' sys.path.

    Nothing of pytest is imported here. It must be imported after coverage has started: otherwise the code of a project
    that pytest itself imports would run unmeasured. ``source`` is handed to the plugin, and to the workers of xdist.
    """
    os.environ["COVGATE_GUARD"] = json.dumps(dict(json.loads(os.environ["COVGATE_GUARD"]), source=source))
    sys.meta_path.append(GuardFinder())


class GuardFinder:
    """Finds the module ``covgate_guard`` beside this file, and nothing else."""

    def find_spec(self, name: str, path: "Any" = None, target: "Any" = None) -> "Any":
        if name != "covgate_guard":
            return None
        file = os.path.join(os.path.dirname(os.path.abspath(__file__)), "covgate_guard.py")
        return importlib.util.spec_from_file_location(name, file)


if __name__ == "__main__":
    main()
