"""What the end of a test run means: a measurement, failing tests, or a tool error."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from covgate.errors import ToolError
from covgate.measure.ending import (
    Ending,
    PytestSession,
    command_ending,
    not_started,
    program_ending,
    pytest_ending,
)
from covgate.measure.interpreter import Interpreter

UNFINISHED = PytestSession()


def finished(status: int, collected: int = 3, broken: str = "") -> PytestSession:
    return PytestSession(status=status, collected=collected, broken=broken)


def outcome(ending: Ending) -> str:
    if not ending.passed:
        return f"failed: {ending.reason}"
    return "measured" if ending.executed else "nothing executed"


@pytest.mark.parametrize(
    ("status", "session", "expected"),
    [
        # Tests passed or failed.
        (0, finished(0), "measured"),
        (0, finished(0, collected=1), "measured"),
        (1, finished(1), "failed: the tests failed"),
        (2, finished(2, collected=0), "failed: the tests failed"),
        (5, finished(5, collected=0), "nothing executed"),
        (0, finished(5, collected=0), "nothing executed"),
        (0, finished(0, collected=0), "nothing executed"),
        # Something around pytest changed the exit status, in either direction.
        (0, finished(1), "failed: the tests failed"),
        (1, finished(0), "failed: the tests failed"),
        (120, finished(0), "failed: the tests failed"),
        # The process ended before pytest did.
        (1, UNFINISHED, "failed: the tests failed"),
        (2, UNFINISHED, "failed: the tests failed"),
        (77, UNFINISHED, "failed: the tests failed"),
        # The commit is broken.
        (4, finished(4, 0, "tests/conftest.py can't be imported"), "failed: the tests could not start: tests/conftest"),
        (4, finished(4, 0, "checks not found"), "failed: the tests could not start: checks not found"),
    ],
)
def test_how_pytest_can_end(status: int, session: PytestSession, expected: str) -> None:
    assert outcome(pytest_ending(status, session, "")).startswith(expected)


@pytest.mark.parametrize(
    ("status", "session", "message"),
    [
        (0, UNFINISHED, "the test run ended before pytest had finished (exit status 0)"),
        (5, UNFINISHED, "the test run ended before pytest had finished (exit status 5)"),
        (3, finished(3), "pytest ended with an internal error (exit status 3)"),
        (3, UNFINISHED, "pytest ended with an internal error (exit status 3)"),
        (4, UNFINISHED, "pytest ended with a usage error (exit status 4)"),
        (4, finished(4), "pytest ended with a usage error (exit status 4)"),
        (-11, finished(0), "the test run was ended by signal 11"),
        (-9, UNFINISHED, "the test run was ended by signal 9"),
    ],
)
def test_how_pytest_can_end_without_a_result(status: int, session: PytestSession, message: str) -> None:
    with pytest.raises(ToolError) as caught:
        pytest_ending(status, session, "the last line")
    assert (caught.value.message, caught.value.output) == (message, "the last line")


@pytest.mark.parametrize("ending_of", [command_ending, program_ending])
@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (0, "measured"),
        (1, "failed: the tests failed"),
        (4, "failed: the tests failed"),
        (5, "nothing executed"),
        (97, "failed: the tests failed"),
    ],
)
def test_how_other_programs_can_end(ending_of: Callable[[int, str], Ending], status: int, expected: str) -> None:
    assert outcome(ending_of(status, "")) == expected


@pytest.mark.parametrize(
    ("ending_of", "status", "message"),
    [
        (command_ending, -15, "command was ended by signal 15"),
        (command_ending, 126, "command was not found (exit status 126)"),
        (command_ending, 127, "command was not found (exit status 127)"),
        (program_ending, -11, "the test run was ended by signal 11"),
    ],
)
def test_how_other_programs_can_end_without_a_result(
    ending_of: Callable[[int, str], Ending], status: int, message: str
) -> None:
    with pytest.raises(ToolError) as caught:
        ending_of(status, "the last line")
    assert (caught.value.message, caught.value.output) == (message, "the last line")


def test_a_program_may_end_with_the_statuses_of_a_shell() -> None:
    assert outcome(program_ending(127, "")) == "failed: the tests failed"


@pytest.mark.parametrize(
    ("problem", "message", "hint"),
    [
        (
            "coverage",
            "coverage is not installed in /venv/bin/python (configured)",
            "add coverage, or set `python` in",
        ),
        (
            "pytest",
            "pytest is not installed in /venv/bin/python (configured)",
            "add pytest, or set `python` or, if",
        ),
        ("xdist", "the suite runs under pytest-xdist", "poetry add pytest-cov"),
        ("configuration: no such plugin", "coverage 7.6 refuses its configuration: no such plugin", "correct it"),
    ],
)
def test_why_the_tests_were_not_started(problem: str, message: str, hint: str) -> None:
    interpreter = Interpreter(path="/venv/bin/python", origin="configured")
    error = not_started(problem, interpreter, "poetry add {}".format, "7.6")
    assert error.message.startswith(message)
    assert hint in error.hint


def test_environments_that_were_passed_over_are_named() -> None:
    interpreter = Interpreter(path="/usr/bin/python3", origin="the first on PATH", notices=(".venv is broken",))
    error = not_started("pytest", interpreter, str)
    assert error.message == "pytest is not installed in /usr/bin/python3 (the first on PATH); .venv is broken"
