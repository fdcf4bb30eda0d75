"""How a test run ended: with a result, or with a ToolError if nothing can be concluded from it.

This module only decides. Its inputs are exit statuses, the facts that the processes recorded, and their output. The
statuses of pytest are ``pytest.ExitCode``; since Python 3.12, unittest also ends with 5 if there was no test.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from covgate.errors import ToolError
from covgate.measure.facts import PytestSession, Runner
from covgate.measure.inside.covgate_programs import PYTEST, UNITTEST, run_by_coverage

_NOTHING_COLLECTED = 5
_NOT_EXECUTABLE = (126, 127)  # the shell's statuses for a command that can't be run, or does not exist
# What pytest, unittest, Django and zope.testrunner print.
_NONE_RAN = re.compile(r"^\W*(no tests ran|no tests collected|Ran 0 tests|NO TESTS RAN|Total: 0 tests)\b", re.M)
_SOME_RAN = re.compile(r"\b(Ran [1-9]\d* tests?|[1-9]\d* passed|Total: [1-9]\d* tests)\b")
# With these, pytest repeats what has failed, or prints the same in another way.
_RETRY_OPTION = re.compile(
    r"--lf|--last-failed|--ff|--failed-first|--sw|--stepwise|--cov-append|-[vqslx]+|-n\d+|--tb=\w+"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """The result of a test run. ``collected`` is whether it found any test; ``reason`` why it failed, if it did."""

    status: int
    collected: bool = True
    reason: str = "the tests failed"

    @property
    def passed(self) -> bool:
        """Whether the run gives a measurement. Without any test it does: nothing was executed."""
        return self.status == 0 or not self.collected

    @property
    def executed(self) -> bool:
        """Whether any test was executed."""
        return self.collected


def command_ending(status: int, runs: Sequence[Runner], output: str, *, reports: bool = False) -> Ending:
    """How a followed command ended; ``runs`` are the programs that ran tests. All of them were started.

    ``reports``: it measures by itself, and need not start Python at all.

    Raises ToolError if it was ended by a signal, if its program was not found, or if one of ``runs`` says nothing about
    the commit. ``output`` is shown with an error.
    """
    if status < 0:
        raise ToolError(f"command was ended by signal {-status}", output=output)
    followed = [run for run in runs if run.through]
    if not followed:
        return _unfollowed_ending(status, runs, output, reports=reports)
    if not status:
        followed = without_retried(followed)
    endings = [_followed_ending(run, status, output) for run in followed]
    failed = next((each for each in endings if not each.passed), None)
    if failed is not None:
        return failed if status else Ending(status=failed.status, reason=f"{failed.reason}, and the command ignored it")
    if not any(each.executed for each in endings):
        return Ending(status=_NOTHING_COLLECTED, collected=False)
    if status and all(each.executed for each in endings):
        return Ending(status=status, reason="the command failed, although its tests passed")
    return Ending(status=0)


def without_retried(runs: Sequence[Runner]) -> list[Runner]:
    """``runs`` without those that failed and that the command repeated until they passed: ``pytest || pytest --lf``."""
    return [
        run
        for position, run in enumerate(runs)
        if not run.status or not any(_repeats(later, run) for later in runs[position + 1 :])
    ]


def _repeats(later: Runner, run: Runner) -> bool:
    """Whether ``later`` ran the same tests as ``run``, or those of them that had failed, and passed."""
    programs = (run_by_coverage(each.program) or each.program for each in (run, later))
    one, other = ([word for word in each if not _RETRY_OPTION.fullmatch(word)] for each in programs)
    same = (one, run.directory, run.executable) == (other, later.directory, later.executable)
    ran = not (later.watched or later.kind == PYTEST) or (later.session.status == 0 and later.session.collected > 0)
    return same and later.status == 0 and ran


def _followed_ending(run: Runner, status: int, output: str) -> Ending:
    """How a program that a command has started ended; ``status`` is that of the command."""
    if run.status is None and not status:
        raise _unfinished(run, output)
    return run_ending(run, status if run.status is None else run.status, output)


def _unfinished(run: Runner, output: str) -> ToolError:
    return ToolError(
        f"{run.shown} ended before it had finished",
        hint="a test or an import calls os._exit() or sys.exit(), or something stopped the process",
        output=output,
    )


def _unfollowed_ending(status: int, runs: Sequence[Runner], output: str, *, reports: bool) -> Ending:
    """How a command that measures by itself, or runs no Python, ended."""
    if status in _NOT_EXECUTABLE:
        raise ToolError(
            f"command was not found (exit status {status})",
            hint="correct `command`, or install what it starts (in covgate's own worktree, `setup` does that)",
            output=output,
        )
    for run in without_retried([each for each in runs if each.watched]) if not status else ():
        if run.status is None:
            raise _unfinished(run, output)
        if run.status not in (0, _NOTHING_COLLECTED):
            return Ending(status=run.status, reason="the tests failed, and the command ignored it")
    collected = not (status in (0, _NOTHING_COLLECTED) and none_ran(output))
    started = "" if reports else ", and started no Python tests"
    reason = "the tests failed" if runs else f"the command failed{started}"
    return Ending(status=status, collected=collected, reason=reason)


def run_ending(run: Runner, status: int, output: str) -> Ending:
    """How a program ended with ``status`` under coverage.

    Raises ToolError if it was ended by a signal or by itself before its tests had run, or if pytest failed by itself.
    """
    if status < 0:
        raise ToolError(f"the test run was ended by signal {-status}", output=output)
    if run.kind == PYTEST:
        return pytest_ending(status, run.session, output)
    if run.status is None and not status:
        raise _unfinished(run, output)
    if status == _NOTHING_COLLECTED and run.kind == UNITTEST:
        return Ending(status=status, collected=False)
    return Ending(status=status, collected=not (status in (0, _NOTHING_COLLECTED) and none_ran(output)))


def none_ran(output: str) -> bool:
    """Whether a test runner printed that there was no test, and no other one printed that there was one."""
    return bool(_NONE_RAN.search(output)) and not _SOME_RAN.search(output)


def failures_of(runs: Sequence[Runner]) -> str:
    """The tests of pytest that failed in ``runs``: ": tests/test_cart.py::test_total and 2 more"; "" for none.

    pytest lists them only as its options say, and the output that covgate shows may end before or after that list.
    """
    # A command may run those that failed once more.
    failures = {run.session.failed: run.session.failures for run in runs}
    named = [name for names in failures for name in names]
    more = sum(failures.values()) - len(named)
    return f": {', '.join(named)}{f' and {more} more' if more > 0 else ''}" if named else ""


def pytest_ending(status: int, session: PytestSession, output: str) -> Ending:
    """How pytest ended.

    The exit status alone is not enough: a test or an import may end the process with any status.

    Raises ToolError if pytest failed by itself, or did not finish its session.
    """
    if status in (3, 4) and session.broken:
        # The commit itself is broken: its code can't be imported, or it deletes the tests that are to run.
        what = "start" if status == 4 else "run"
        return Ending(status=status, reason=f"the tests could not {what}: {session.broken}")
    if status in (3, 4):
        what = "an internal error" if status == 3 else "a usage error"
        raise ToolError(f"pytest ended with {what} (exit status {status})", output=output)
    if session.status is None:
        if status not in (0, _NOTHING_COLLECTED):
            return Ending(status=status)
        raise ToolError(
            f"the test run ended before pytest had finished (exit status {status})",
            hint="a test or an import calls os._exit(), sys.exit() or pytest.exit()",
            output=output,
        )
    status = status or session.status
    if status == _NOTHING_COLLECTED and session.broken:
        return Ending(status=status, reason=session.broken)
    return Ending(status=status, collected=status not in (0, _NOTHING_COLLECTED) or session.collected > 0)
