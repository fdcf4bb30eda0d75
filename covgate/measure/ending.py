"""How a test run ended: with a result, or with a ToolError if nothing can be concluded from it.

Decisions only: an exit status and what the run left behind go in. The statuses of pytest are ``pytest.ExitCode``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from covgate.errors import ToolError
from covgate.measure.interpreter import Interpreter

_NOTHING_COLLECTED = 5
_NOT_EXECUTABLE = (126, 127)  # the shell's statuses for a command that can't be run, or does not exist


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """The result of a test run. ``collected`` is whether it found any test; ``reason`` why it failed, if it did."""

    status: int
    collected: bool = True
    reason: str = "the tests failed"

    @property
    def passed(self) -> bool:
        """Whether the run gives a measurement. Without any test it does: nothing was executed."""
        return self.status in (0, _NOTHING_COLLECTED)

    @property
    def executed(self) -> bool:
        """Whether any test was executed."""
        return self.collected and self.status != _NOTHING_COLLECTED


@dataclass(frozen=True, slots=True, kw_only=True)
class PytestSession:
    """What covgate's plugin reports of a pytest session. ``status`` is None if the session did not finish.

    ``collected`` counts the tests. ``broken`` is why they could not start, if the commit is the reason; else "".
    """

    status: int | None = None
    collected: int = 0
    broken: str = ""


def command_ending(status: int, output: str) -> Ending:
    """How a command that measures by itself ended. ``output`` is shown with an error.

    Raises ToolError if it was ended by a signal, or if its program was not found.
    """
    if status < 0:
        raise ToolError(f"command was ended by signal {-status}", output=output)
    if status in _NOT_EXECUTABLE:
        raise ToolError(f"command was not found (exit status {status})", hint="correct `command`", output=output)
    return Ending(status=status)


def program_ending(status: int, output: str) -> Ending:
    """How a Python program that is not pytest ended under coverage.

    Raises ToolError if it was ended by a signal.
    """
    if status < 0:
        raise ToolError(f"the test run was ended by signal {-status}", output=output)
    return Ending(status=status)


def pytest_ending(status: int, session: PytestSession, output: str) -> Ending:
    """How pytest ended.

    The exit status alone is not enough: a test or an import may end the process with any status.

    Raises ToolError if pytest was ended by a signal, failed by itself, or did not finish its session.
    """
    if status < 0:
        raise ToolError(f"the test run was ended by signal {-status}", output=output)
    if status == 4 and session.broken:
        # The commit itself is broken: its code can't be imported, or it deletes the tests that are to run.
        return Ending(status=status, reason=f"the tests could not start: {session.broken}")
    if status in (3, 4):
        what = "an internal error" if status == 3 else "a usage error"
        raise ToolError(f"pytest ended with {what} (exit status {status})", output=output)
    if session.status is None:
        if status not in (0, _NOTHING_COLLECTED):
            return Ending(status=status)
        raise ToolError(
            f"the test run ended before pytest had finished (exit status {status})",
            hint="a test or an import calls os._exit() or sys.exit()",
            output=output,
        )
    return Ending(status=status or session.status, collected=session.collected > 0)


def not_started(
    problem: str, interpreter: Interpreter, how_to_install: Callable[[str], str], coverage: str = ""
) -> ToolError:
    """The error for tests that were not started. ``problem`` is what ``covgate_launch`` gives as the reason.

    ``how_to_install`` tells how the project gets a package. ``coverage`` is its version.
    """
    if problem == "xdist":
        return ToolError(
            "the suite runs under pytest-xdist, whose workers coverage alone does not see",
            hint=f"install pytest-cov: {how_to_install('pytest-cov')}",
        )
    if problem.startswith("configuration: "):
        message = problem.removeprefix("configuration: ")
        return ToolError(f"coverage {coverage} refuses its configuration: {message}", hint="correct it")
    others = "`python` or, if it is not pytest that runs the tests, `command`" if problem == "pytest" else "`python`"
    passed_over = "".join(f"; {each}" for each in interpreter.notices)
    return ToolError(
        f"{problem} is not installed in {interpreter.path} ({interpreter.origin}){passed_over}",
        hint=f"{how_to_install(problem)}, or set {others} in the covgate configuration",
    )
