"""Start the tests under coverage, in the project's interpreter: ``python covgate_launch.py SPEC``.

One process asks the environment and does what ``coverage run`` does. What it learns about the environment is written
to the file that the spec calls "facts". Standard library only, Python 3.8 and newer: this is not covgate's interpreter.
"""

import os
import sys

# As with ``python -m``: the tests' imports must not find the directory of this file.
sys.path[0] = os.getcwd()

import importlib.util
import json
import platform
import runpy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, List

NOT_STARTED = 97  # the exit status if the facts have a "problem"
_SOURCE_OPTIONS = ("source", "source_pkgs", "source_dirs", "include")


def main() -> None:
    """Run what the spec names, or exit with NOT_STARTED."""
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
        status = coverage_main(argv)
        if spec["program"][:2] != ["-m", "pytest"]:  # there, the plugin reports it
            sys.meta_path.append(PluginFinder())
            import covgate_seen  # type: ignore[import-not-found]

            covgate_seen.write(spec["guard"])
        sys.exit(status)


def prepare(spec: "Dict[str, Any]", facts: "Dict[str, Any]") -> "List[str]":
    """The arguments for pytest or for coverage. If the tests can't be started, the reason is in ``facts``."""
    try:
        import coverage
    except ImportError:
        facts["problem"] = "coverage"
        return []
    facts["coverage"] = coverage.__version__
    is_pytest = spec["program"][:2] == ["-m", "pytest"]
    if is_pytest and not is_installed("pytest"):
        facts["problem"] = "pytest"
        return []
    try:
        configured = coverage.Coverage(config_file=spec["rcfile"] or True)
    except Exception as error:
        facts["problem"] = "configuration: %s" % error
        return []
    facts["configuration"] = [os.path.realpath(each) for each in configured.config.config_files_read]
    facts["source_configured"] = any(option(configured, name) for name in _SOURCE_OPTIONS)
    through_cov = is_pytest and spec["wants_pytest_cov"] and is_installed("pytest_cov")
    facts["through"] = "pytest-cov" if through_cov else "coverage"
    measures_subprocesses = "subprocess" in [str(each) for each in option(configured, "patch") or []]
    if is_pytest and spec["distributed"] and not through_cov and not measures_subprocesses:
        facts["problem"] = "xdist"
        return []
    source = [] if facts["source_configured"] else spec["source"]
    if is_pytest:
        offer_plugin(source)
    if through_cov:
        return pytest_arguments(spec, source)
    return coverage_arguments(spec, source, option(configured, "omit"))


def pytest_arguments(spec: "Dict[str, Any]", source: "List[str]") -> "List[str]":
    """The arguments for a pytest that measures with pytest-cov; ``source`` is empty if coverage's own is used."""
    arguments: "List[str]" = spec["program"][2:]
    if not spec["has_cov"]:
        arguments = arguments + (["--cov=%s" % each for each in source] or ["--cov"])
    if spec["enforced_rcfile"]:
        arguments = arguments + ["--cov-config=%s" % spec["enforced_rcfile"]]
    return arguments


def coverage_arguments(spec: "Dict[str, Any]", source: "List[str]", omit: "Any") -> "List[str]":
    """The arguments for coverage; ``source`` is empty if the configured one is used, ``omit`` is the configured one."""
    arguments = ["run"]
    if source:
        arguments.append("--source=%s" % ",".join(source))
    if source and spec["omit"]:
        arguments.append("--omit=%s" % ",".join([str(each) for each in omit or []] + spec["omit"]))
    if spec["rcfile"]:
        arguments.append("--rcfile=%s" % spec["rcfile"])
    program: "List[str]" = spec["program"]
    return arguments + program


def is_installed(module: str) -> bool:
    """Whether ``module`` can be imported; it is not imported."""
    return importlib.util.find_spec(module) is not None


def option(configured: "Any", name: str) -> "Any":
    """The value of an option of ``coverage run``; None if it is not set."""
    try:
        return configured.get_option("run:" + name)
    except Exception:  # this version of coverage does not have the option
        return None


def offer_plugin(source: "List[str]") -> None:
    """Let pytest find covgate's plugin, without a new directory on the tests' sys.path.

    Nothing of pytest is imported here. It must be imported after coverage has started: otherwise the code of a project
    that pytest itself imports would run unmeasured. ``source`` is for the plugin, also in the workers of xdist.
    """
    os.environ["COVGATE_GUARD"] = json.dumps(dict(json.loads(os.environ["COVGATE_GUARD"]), source=source))
    sys.meta_path.append(PluginFinder())


class PluginFinder:
    """Finds covgate's plugin, and what it imports, beside this file, and nothing else."""

    def find_spec(self, name: str, path: "Any" = None, target: "Any" = None) -> "Any":
        """The spec of a module of the plugin; None for any other name."""
        if name not in ("covgate_guard", "covgate_seen"):
            return None
        file = os.path.join(os.path.dirname(os.path.abspath(__file__)), name + ".py")
        return importlib.util.spec_from_file_location(name, file)


if __name__ == "__main__":
    main()
