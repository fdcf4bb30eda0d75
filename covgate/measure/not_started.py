"""Why tests could not be measured by coverage, as an error with the command that fixes it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from covgate.errors import NothingMeasured, ToolError
from covgate.measure.facts import Runner
from covgate.measure.interpreter import Interpreter

_OLD_PYTHON = "3.8"
_OLD_COVERAGE = "7.2"
_OLD_PYTEST = "6.2"
_BY_COMMAND = "started by the command"
# The tools that are known by a directory above their environments.
_MANAGERS = {".tox": "tox", ".nox": "nox", "pypoetry": "poetry", "hatch": "hatch", ".pixi": "pixi"}


def interpreter_of(run: Runner) -> Interpreter:
    """The interpreter that a command has started for ``run``."""
    path = Path(run.executable)
    prefix = path.parent.parent
    environment = str(prefix) if (prefix / "pyvenv.cfg").is_file() else ""
    manager = next((_MANAGERS[each] for each in path.parts if each in _MANAGERS), "")
    return Interpreter(path=str(path), environment=environment, origin=_BY_COMMAND, manager=manager)


def not_started(run: Runner, interpreter: Interpreter, how_to_install: Callable[[str], str]) -> ToolError:
    """The error for ``run``, whose problem is one of those that ``covgate_suite`` gives.

    ``how_to_install`` says how to install a package in its environment.
    """
    where = f"{interpreter.path} ({interpreter.origin})" + "".join(f"; {each}" for each in interpreter.notices)
    other = "" if interpreter.origin == _BY_COMMAND else ", or set `python` in the covgate configuration"
    coverage = run.toolchain.coverage
    if ": " in run.problem:
        return _with_reason(run.problem, coverage, where)
    if run.problem == "no tests":
        return NothingMeasured(
            f"there are no tests: pytest is not installed in {where}, and unittest discovers none",
            hint="set `command` to what runs the tests",
        )
    if run.problem == "pytest-cov":
        return ToolError(
            "a plugin of pytest switches pytest-cov on in one way and off in another, so that nothing measures",
            hint="set --cov or --no-cov in addopts",
        )
    if run.problem == "python":
        return ToolError(
            f"{run.toolchain.python} is too old: covgate measures with Python {_OLD_PYTHON} or newer ({where})",
            hint=f"run the tests with a newer Python{other}",
        )
    if run.problem == "xdist":
        return ToolError(
            "the suite runs under pytest-xdist, whose workers coverage alone does not see",
            hint=f"install pytest-cov: {how_to_install('pytest-cov')}",
        )
    if run.problem == "old coverage":
        return ToolError(
            f"coverage {coverage} is too old: covgate needs {_OLD_COVERAGE} or newer, in {where}",
            hint=how_to_install(f"coverage>={_OLD_COVERAGE}"),
        )
    if run.problem == "old pytest":
        return ToolError(
            f"pytest {run.pytest} is too old: covgate needs {_OLD_PYTEST} or newer, in {where}",
            hint=how_to_install(f"pytest>={_OLD_PYTEST}"),
        )
    if run.problem == "pytest" and other:
        other = ", or set `python` or, if it is not pytest that runs the tests, `command` in the covgate configuration"
    return ToolError(f"{run.problem} is not installed in {where}", hint=f"{how_to_install(run.problem)}{other}")


def _with_reason(problem: str, coverage: str, where: str) -> ToolError:
    kind, _, reason = problem.partition(": ")
    message, hint = {
        "configuration": (f"coverage {coverage} refuses its configuration", "correct it"),
        "coverage": (
            f"coverage {coverage} could not measure",
            "the tests are not the reason: correct coverage's configuration, or what this message names",
        ),
        "internal": (f"covgate could not start the tests with {where}", "please report it"),
    }[kind]
    return ToolError(f"{message}: {reason}", hint=hint)
