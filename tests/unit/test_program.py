"""Which program coverage runs for which test command, and which programs run tests."""

from __future__ import annotations

import shlex
import sys

import pytest

from covgate.measure.inside.covgate_programs import (
    command_line,
    kind_of,
    program_arguments,
    program_name,
    run_by_coverage,
    split_arguments,
    wants_cov,
    wants_workers,
)
from covgate.measure.program import program_of


@pytest.mark.parametrize(
    ("command", "program", "options"),
    [
        ("pytest", "-m pytest", ""),
        ("py.test -q", "-m pytest -q", ""),
        (".venv/bin/pytest -k 'a or b' tests", "-m pytest -k 'a or b' tests", ""),
        ("python -m pytest -q", "-m pytest -q", ""),
        ("python3 -m unittest discover", "-m unittest discover", ""),
        ("python3.12 tests/all.py --fast", "tests/all.py --fast", ""),
        ("/usr/bin/python3 manage.py test", "manage.py test", ""),
        ("python tests.py", "tests.py", ""),
        ("python.exe -m pytest", "-m pytest", ""),
        ("python -W error -m pytest", "-m pytest", "-W error"),
        ("python -X dev -bb -m pytest -W error", "-m pytest -W error", "-X dev -bb"),
    ],
)
def test_program_of_a_command(command: str, program: str, options: str) -> None:
    found = program_of(tuple(shlex.split(command)), "")
    assert found is not None
    assert (found.words, found.options) == (tuple(shlex.split(program)), tuple(shlex.split(options)))


@pytest.mark.parametrize(
    "command",
    [
        # It measures by itself.
        "python -m coverage run -m pytest",
        "coverage run -m pytest",
        # It is followed.
        "tox -e py",
        "make test",
        "uv run pytest",
        "env X=1 pytest",
        "sh -c 'pytest tests'",
        # Coverage can't run what has no file.
        "python -c 'import tests'",
        "python -",
        "python",
        "python -V",
        # Only the names of Python itself.
        "python-with-more -m pytest",
        "pytest-watch",
    ],
)
def test_commands_that_name_no_program(command: str) -> None:
    assert program_of(tuple(shlex.split(command)), "") is None


def test_without_a_command_pytest_runs() -> None:
    found = program_of(None, "")
    assert found is not None
    assert (found.words, found.runs_pytest) == (("-m", "pytest"), True)


@pytest.mark.parametrize("command", [None, ("pytest",), ("make", "test")])
def test_whoever_writes_a_report_measures_by_itself(command: tuple[str, ...] | None) -> None:
    assert program_of(command, "coverage.xml") is None


@pytest.mark.parametrize(
    ("arguments", "options", "program"),
    [
        ("", "", ""),
        ("script.py", "", "script.py"),
        ("script.py -m pytest -W x", "", "script.py -m pytest -W x"),
        ("-m pytest -q", "", "-m pytest -q"),
        ("-mpytest -q", "", "-m pytest -q"),
        ("-Bm pytest", "-B", "-m pytest"),
        ("-BEmpytest a", "-BE", "-m pytest a"),
        ("-W error script.py", "-W error", "script.py"),
        ("-Werror script.py", "-Werror", "script.py"),
        ("-bWerror script.py", "-bWerror", "script.py"),
        ("-bW error script.py", "-bW error", "script.py"),
        ("-X dev -X importtime -m a.b", "-X dev -X importtime", "-m a.b"),
        ("-Xm script.py", "-Xm", "script.py"),
        ("--check-hash-based-pycs never -m a", "--check-hash-based-pycs never", "-m a"),
        ("--version", "--version", ""),
        ("-c 'import a' -m pytest", "", ""),
        ("-Bc 'import a'", "", ""),
        ("-cimport", "", ""),
        ("-B -", "-B", ""),
        ("-m", "", ""),
        ("-W", "-W", ""),
    ],
)
def test_options_of_python_and_its_program(arguments: str, options: str, program: str) -> None:
    assert split_arguments(shlex.split(arguments)) == (shlex.split(options), shlex.split(program))


@pytest.mark.parametrize(
    ("program", "started"),
    [
        ("-m coverage run -m pytest -q", "-m pytest -q"),
        ("/env/bin/coverage run -pm pytest", "-m pytest"),
        ("-m coverage run --source pkg --branch --module unittest discover", "-m unittest discover"),
        ("-m coverage run --source=pkg --rcfile=a.ini runtests.py -m slow", "runtests.py -m slow"),
        ("-m coverage run", ""),
        ("-m coverage run -m", ""),
        ("-m coverage report -m", ""),
        ("-m pytest run -m slow", ""),
    ],
)
def test_what_coverage_runs(program: str, started: str) -> None:
    assert run_by_coverage(shlex.split(program)) == shlex.split(started)


@pytest.mark.parametrize(
    ("program", "kind"),
    [
        ("", ""),
        ("-m pytest", "pytest"),
        ("-m pytest.__main__ -q", "pytest"),
        ("/env/bin/pytest", "pytest"),
        ("C:/env/Scripts/pytest.exe", "pytest"),
        ("/env/bin/py.test", "pytest"),
        ("-m unittest discover", "unittest"),
        ("-m coverage run x.py", "coverage"),
        ("/env/bin/coverage report", "coverage"),
        ("/env/bin/coverage-3.11 run", "coverage"),
        ("-m zope.testrunner --test-path=src", "tests"),
        ("/env/bin/zope-testrunner", "tests"),
        ("/env/bin/trial pkg", "tests"),
        ("-m twisted.trial pkg", "tests"),
        ("manage.py test app", "tests"),
        ("backend/manage.py --settings=a test", "tests"),
        ("manage.py migrate", ""),
        ("-m django test", "tests"),
        ("/env/bin/django-admin test", "tests"),
        ("-m django check", ""),
        ("setup.py test", "tests"),
        ("setup.py sdist", ""),
        ("runtests.py", "tests"),
        ("tests/runtests.py", "tests"),
        ("run_tests.py", "tests"),
        ("run-tests", "tests"),
        ("test.py", "tests"),
        ("-m pkg.tests", "tests"),
        ("-m pkg.testing", ""),
        ("scripts/generate.py", ""),
        ("scripts/latest.py", ""),
        ("-m pip install tests", ""),
        ("/env/bin/tox -e py", ""),
        ("/env/bin/nox", ""),
        ("/env/bin/poetry run pytest", ""),
        ("-m pytest_watch", ""),
    ],
)
def test_kinds_of_programs(program: str, kind: str) -> None:
    assert kind_of(shlex.split(program)) == kind


def test_a_script_of_an_environment_is_a_tool() -> None:
    assert kind_of([f"{sys.prefix}/bin/run-tests"]) == ("" if sys.prefix != sys.base_prefix else "tests")


@pytest.mark.parametrize(
    ("program", "name", "arguments"),
    [("", "", ""), ("-m a.b c -d", "a.b", "c -d"), ("x/y.py", "y", ""), ("x/y z", "y", "z"), ("-m a", "a", "")],
)
def test_names_and_arguments(program: str, name: str, arguments: str) -> None:
    words = shlex.split(program)
    assert (program_name(words), program_arguments(words)) == (name, shlex.split(arguments))


def test_how_this_process_was_started() -> None:
    found = command_line()
    assert found[1:] == sys.orig_argv[1:]


@pytest.mark.parametrize(
    ("options", "cov", "workers"),
    [
        ("", False, False),
        ("--cov", True, False),
        ("--cov=a --no-cov", False, False),
        ("--cov-report=xml", False, False),
        ("-n 2", False, True),
        ("-n0", False, False),
        ("--numprocesses=auto", False, True),
        ("--tx 2*popen --cov=.", True, True),
    ],
)
def test_options_that_decide_what_measures(options: str, cov: bool, workers: bool) -> None:
    assert (wants_cov(shlex.split(options)), wants_workers(shlex.split(options))) == (cov, workers)
