"""What the end of a test run means: a measurement, failing tests, or a tool error."""

from __future__ import annotations

import re
import shlex
from dataclasses import replace

import pytest

from covgate.errors import NothingMeasured, ToolError
from covgate.measure.ending import Ending, command_ending, failures_of, none_ran, pytest_ending, run_ending
from covgate.measure.facts import PytestSession, Runner
from covgate.measure.interpreter import Interpreter
from covgate.measure.not_started import interpreter_of, not_started
from covgate.model.measurement import Toolchain

UNFINISHED = PytestSession()


def run(program: str, status: int | None = None, session: PytestSession = UNFINISHED) -> Runner:
    words = tuple(shlex.split(program))
    return Runner(
        program=words,
        executable="/venv/bin/python",
        through="coverage",
        status=status,
        session=session,
    )


def finished(status: int, collected: int = 3, broken: str = "") -> PytestSession:
    return PytestSession(status=status, collected=collected, broken=broken)


def failing(*names: str, more: int = 0) -> Runner:
    return run("pytest", 1, PytestSession(status=1, failed=names, failures=len(names) + more))


@pytest.mark.parametrize(
    ("runs", "expected"),
    [
        ([], ""),
        ([run("pytest", 1)], ""),
        ([failing("tests/test_a.py::test[1]")], ": tests/test_a.py::test[1]"),
        ([failing("a", "b", more=2)], ": a, b and 2 more"),
        ([failing("a"), failing("b", more=1)], ": a, b and 1 more"),
        ([failing("a", more=1), failing("a", more=1)], ": a and 1 more"),  # pytest || pytest --lf
    ],
)
def test_the_tests_that_failed_are_named(runs: list[Runner], expected: str) -> None:
    assert failures_of(runs) == expected


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
        (3, finished(3, 0, "KeyError in conftest.py"), "failed: the tests could not run: KeyError in conftest.py"),
        (4, finished(4, 0, "checks not found"), "failed: the tests could not start: checks not found"),
        (5, finished(5, 0, "a worker of pytest-xdist crashed"), "failed: a worker of pytest-xdist crashed"),
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
    ],
)
def test_how_pytest_can_end_without_a_result(status: int, session: PytestSession, message: str) -> None:
    with pytest.raises(ToolError) as caught:
        pytest_ending(status, session, "the last line")
    assert (caught.value.message, caught.value.output) == (message, "the last line")


OUTPUT = {"none": "\nRan 0 tests in 0.000s\n\nNO TESTS RAN\n", "some": "Ran 3 tests in 0.1s\nOK\n", "": ""}


@pytest.mark.parametrize(
    ("program", "status", "printed", "expected"),
    [
        ("-m unittest", 0, "some", "measured"),
        ("-m unittest", 0, "", "measured"),
        ("-m unittest", 0, "none", "nothing executed"),  # before Python 3.12
        ("-m unittest", 5, "none", "nothing executed"),
        ("-m unittest", 5, "", "nothing executed"),
        ("-m unittest", 1, "none", "failed: the tests failed"),
        ("-m unittest", 1, "some", "failed: the tests failed"),
        ("runtests.py", 0, "", "measured"),
        ("runtests.py", 5, "some", "failed: the tests failed"),  # the number of failures, perhaps
        ("runtests.py", 5, "", "failed: the tests failed"),
        ("runtests.py", 5, "none", "nothing executed"),
        ("manage.py test", 0, "none", "nothing executed"),
        ("runtests.py", 97, "", "failed: the tests failed"),
        ("runtests.py", 127, "", "failed: the tests failed"),
    ],
)
def test_how_other_programs_can_end(program: str, status: int, printed: str, expected: str) -> None:
    assert outcome(run_ending(run(program, status), status, OUTPUT[printed])) == expected


def test_a_program_that_ends_before_its_tests_have_run() -> None:
    with pytest.raises(ToolError) as caught:
        run_ending(run("-m unittest"), 0, "the last line")
    assert caught.value.message == "python -m unittest ended before it had finished"


def test_a_program_that_a_signal_ends() -> None:
    with pytest.raises(ToolError) as caught:
        run_ending(run("runtests.py"), -11, "the last line")
    assert (caught.value.message, caught.value.output) == ("the test run was ended by signal 11", "the last line")


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        ("", False),
        ("Ran 0 tests in 0.000s\n\nOK", True),
        ("NO TESTS RAN", True),
        ("no tests ran in 0.01s", True),
        ("============ no tests ran in 0.02s =============", True),
        ("  Ran 0 tests with 0 failures, 0 errors and 0 skipped in 0.000 seconds.", True),
        ("Ran 0 tests in 0.000s\nRan 1 test in 0.000s", False),
        ("Ran 10 tests in 0.1s", False),
        ("no tests ran in 0.01s\n3 passed in 0.1s", False),
        ("a test printed: Ran 0 tests", False),
    ],
)
def test_whether_a_runner_says_that_there_was_no_test(output: str, expected: bool) -> None:
    assert none_ran(output) is expected


PASSED = run("-m pytest", 0, session=finished(0))
NONE = run("-m pytest", 5, session=finished(5, collected=0))
FAILED = run("-m pytest", 1, session=finished(1))
BROKEN = run("-m pytest", 4, session=finished(4, 0, "conftest.py can't be imported"))
STOPPED = run("-m pytest", None)


def again(options: str) -> Runner:
    return run(f"-m pytest {options}", 0, session=finished(0))


OWN = replace(run("-m coverage run -m pytest"), through="")


@pytest.mark.parametrize(
    ("status", "runs", "expected"),
    [
        (0, [PASSED], "measured"),
        (0, [PASSED, PASSED], "measured"),
        (0, [OWN], "measured"),
        (1, [OWN], "failed: the tests failed"),
        (1, [FAILED], "failed: the tests failed"),
        (2, [PASSED, FAILED], "failed: the tests failed"),
        (2, [BROKEN], "failed: the tests could not start: conftest.py can't be imported"),
        (0, [FAILED], "failed: the tests failed, and the command ignored it"),
        # The command ran them again.
        (0, [FAILED, PASSED], "measured"),
        (0, [FAILED, FAILED, again("--lf -q")], "measured"),
        (1, [FAILED, again("--lf")], "failed: the tests failed"),
        (0, [again("--lf"), FAILED], "failed: the tests failed, and the command ignored it"),
        (0, [FAILED, again("tests/unit")], "failed: the tests failed, and the command ignored it"),
        (0, [FAILED, again("-k not_broken")], "failed: the tests failed, and the command ignored it"),
        (0, [FAILED, replace(PASSED, directory="other")], "failed: the tests failed, and the command ignored it"),
        (0, [FAILED, NONE], "failed: the tests failed, and the command ignored it"),
        (2, [PASSED], "failed: the command failed, although its tests passed"),
        # make and tox end with a failure if pytest has collected nothing.
        (2, [NONE], "nothing executed"),
        (0, [NONE], "nothing executed"),
        (2, [PASSED, NONE], "measured"),
        (2, [STOPPED], "failed: the tests failed"),
        (0, [], "measured"),
        (1, [], "failed: the command failed, and started no Python tests"),
    ],
)
def test_how_a_command_can_end(status: int, runs: list[Runner], expected: str) -> None:
    assert outcome(command_ending(status, runs, "")) == expected


def test_a_command_that_reports_by_itself_is_not_about_python() -> None:
    assert outcome(command_ending(1, [], "", reports=True)) == "failed: the command failed"
    assert outcome(command_ending(1, [OWN], "", reports=True)) == "failed: the tests failed"


@pytest.mark.parametrize(
    ("status", "runs", "message"),
    [
        (-15, [], "command was ended by signal 15"),
        (126, [], "command was not found (exit status 126)"),
        (127, [OWN], "command was not found (exit status 127)"),
        (0, [STOPPED], "python -m pytest ended before it had finished"),
        (1, [run("-m pytest", 3, session=finished(3))], "pytest ended with an internal error (exit status 3)"),
    ],
)
def test_how_a_command_can_end_without_a_result(status: int, runs: list[Runner], message: str) -> None:
    with pytest.raises(ToolError, match=re.escape(message)):
        command_ending(status, runs, "the last line")


@pytest.mark.parametrize(
    ("problem", "message", "hint"),
    [
        ("coverage", "coverage is not installed in /venv/bin/python (configured)", "add coverage, or set `python` in"),
        ("pytest", "pytest is not installed in /venv/bin/python (configured)", "add pytest, or set `python` or, if"),
        ("no tests", "there are no tests: pytest is not installed in /venv/bin/python (configured)", "set `command`"),
        ("xdist", "the suite runs under pytest-xdist", "poetry add pytest-cov"),
        ("pytest-cov", "a plugin of pytest switches pytest-cov on in one way and off in another", "addopts"),
        ("configuration: no such plugin", "coverage 7.6 refuses its configuration: no such plugin", "correct it"),
        ("coverage: disk I/O error", "coverage 7.6 could not measure: disk I/O error", "the tests are not the reason"),
        (
            "internal: OSError: x",
            "covgate could not start the tests with /venv/bin/python (configured): OSError: x",
            "",
        ),
        ("old coverage", "coverage 7.6 is too old: covgate needs 7.2 or newer", "poetry add coverage>=7.2"),
        ("old pytest", "pytest 5.0 is too old: covgate needs 6.2 or newer", "poetry add pytest>=6.2"),
        ("python", "CPython 3.7.1 is too old: covgate measures with Python 3.8 or newer", "newer Python, or set"),
    ],
)
def test_why_the_tests_were_not_started(problem: str, message: str, hint: str) -> None:
    toolchain = Toolchain(python="CPython 3.7.1", coverage="7.6")
    interpreter = Interpreter(path="/venv/bin/python", origin="configured")
    run = replace(PASSED, problem=problem, toolchain=toolchain, pytest="5.0")
    error = not_started(run, interpreter, "poetry add {}".format)
    assert error.message.startswith(message)
    assert hint in error.hint
    assert isinstance(error, NothingMeasured) is (problem == "no tests")


def test_environments_that_were_passed_over_are_named() -> None:
    interpreter = Interpreter(path="/usr/bin/python3", origin="the first on PATH", notices=(".venv is broken",))
    error = not_started(replace(PASSED, problem="pytest"), interpreter, str)
    assert error.message == "pytest is not installed in /usr/bin/python3 (the first on PATH); .venv is broken"


@pytest.mark.parametrize(
    ("executable", "manager"),
    [
        ("/venv/bin/python", ""),
        ("/project/.tox/py312/bin/python", "tox"),
        ("/project/.nox/tests/bin/python", "nox"),
        ("/home/ada/.cache/pypoetry/virtualenvs/project-x-py3.12/bin/python", "poetry"),
    ],
)
def test_the_interpreter_that_a_command_has_started(executable: str, manager: str) -> None:
    found = interpreter_of(replace(PASSED, executable=executable))
    assert (found.path, found.manager, found.origin) == (executable, manager, "started by the command")
    error = not_started(replace(PASSED, problem="coverage"), found, "tool add {}".format)
    assert (error.message, error.hint) == (
        f"coverage is not installed in {executable} (started by the command)",
        "tool add coverage",
    )
