"""Which program coverage runs for which test command."""

from __future__ import annotations

import shlex

import pytest

from covgate.measure.program import program_of, runs_pytest


@pytest.mark.parametrize(
    ("command", "program"),
    [
        ("pytest", "-m pytest"),
        ("py.test -q", "-m pytest -q"),
        (".venv/bin/pytest -k 'a or b' tests", "-m pytest -k 'a or b' tests"),
        ("python -m pytest -q", "-m pytest -q"),
        ("python3 -m unittest discover", "-m unittest discover"),
        ("python3.12 tests/all.py --fast", "tests/all.py --fast"),
        ("/usr/bin/python3 manage.py test", "manage.py test"),
        ("python tests.py", "tests.py"),
        ("python.exe -m pytest", "-m pytest"),
        # It measures by itself.
        ("python -m coverage run -m pytest", None),
        ("coverage run -m pytest", None),
        ("tox -e py", None),
        ("make test", None),
        # Coverage can't run Python with these options.
        ("python -W error -m pytest", None),
        ("python -c 'import tests'", None),
        ("python -", None),
        ("python", None),
        # Only the names of Python itself.
        ("python-with-more -m pytest", None),
        ("pytest-watch", None),
    ],
)
def test_program_of_a_command(command: str, program: str | None) -> None:
    found = program_of(tuple(shlex.split(command)), "")
    assert found == (None if program is None else tuple(shlex.split(program)))


def test_without_a_command_pytest_runs() -> None:
    assert program_of(None, "") == ("-m", "pytest")


@pytest.mark.parametrize("command", [None, ("pytest",), ("make", "test")])
def test_whoever_writes_a_report_measures_by_itself(command: tuple[str, ...] | None) -> None:
    assert program_of(command, "coverage.xml") is None


@pytest.mark.parametrize(
    ("program", "expected"),
    [
        (None, False),
        ((), False),
        (("-m",), False),
        (("-m", "pytest"), True),
        (("-m", "pytest", "-q"), True),
        (("-m", "unittest"), False),
        (("pytest",), False),
    ],
)
def test_runs_pytest(program: tuple[str, ...] | None, expected: bool) -> None:
    assert runs_pytest(program) is expected
