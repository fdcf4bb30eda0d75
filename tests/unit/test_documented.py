"""The test command that a project documents, as covgate would run it."""

from __future__ import annotations

from pathlib import Path

import pytest

from covgate.measure.documented import documented_command, documented_commands
from covgate.measure.documented.command_lines import as_test_command
from covgate.measure.documented.measuring import unread_options
from covgate.measure.program import program_of


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("pytest", "pytest"),
        ("py.test -v", "pytest"),
        ("python -m pytest -q --cov=shop --cov-report xml --cov-report=html", "pytest"),
        ("pytest --cov shop tests -m 'not slow' -n 4", "pytest tests -m 'not slow' -n 4"),
        ("pytest --cov", "pytest"),
        ("pytest --cov --strict-markers tests/unit", "pytest --strict-markers tests/unit"),
        ("python3.12 -W error -m pytest tests", "python -W error -m pytest tests"),
        ("coverage run -m pytest tests", "pytest tests"),
        (
            "python -m coverage run --branch --source shop -m unittest discover -s tests",
            "python -m unittest discover -s tests",
        ),
        ("coverage run --rcfile=x.ini -p tests/runtests.py --verbosity=2", "python tests/runtests.py --verbosity=2"),
        ("coverage run manage.py test shop", "python manage.py test shop"),
        ("coverage run --unknown x -m pytest", ""),
        ("uv run --group test pytest -x", "pytest -x"),
        ("uv run --frozen coverage run -m pytest", "pytest"),
        ("poetry run pytest tests/", "pytest tests/"),
        ("hatch run python -m unittest", "python -m unittest"),
        ("pipenv run ./manage.py test", "python ./manage.py test"),
        ("DJANGO_SETTINGS_MODULE=shop.settings env TZ=UTC pytest", "pytest"),
        ("python setup.py test", "python setup.py test"),
        ("python tests/runtests.py", "python tests/runtests.py"),
        ("./run_tests.py --fast", "python ./run_tests.py --fast"),
        ("zope-testrunner --test-path=src -vc", "zope-testrunner --test-path=src -vc"),
        ("trial shop", "trial shop"),
        ("python -bb -m tornado.test.runtests --fast", "python -bb -m tornado.test.runtests --fast"),
        ("python -m shop.contest", ""),
        ("django-admin test --settings=shop.settings", "django-admin test --settings=shop.settings"),
        ("django-admin migrate", ""),
        ("coverage run -m django test --settings=shop.settings", "python -m django test --settings=shop.settings"),
        ("python -m django migrate", ""),
        ("python -m zope.testrunner --test-path=src", "python -m zope.testrunner --test-path=src"),
        ("nosetests shop", "nosetests shop"),
        ("python scripts/make_test_data.py", ""),
        ("pytest-watch", ""),
        ("coverage erase", ""),
        ("coverage report --fail-under=100", ""),
        ("python -m build", ""),
        ("python", ""),
        ("python setup.py sdist", ""),
        ("ruff check .", ""),
        ("pip install -e .[test]", ""),
        ("uv run", ""),
        ("uv sync", ""),
        ("pytest {args}", ""),
        ("pytest --basetemp={env_tmp_dir} -s --capture=no -ra", "pytest"),
        ("pytest $(ARGS)", ""),
        ("pytest | tee log", ""),
        ("pytest 'unclosed", ""),
        ("", ""),
    ],
)
def test_what_covgate_runs_in_place_of_a_command_line(line: str, expected: str) -> None:
    assert as_test_command(line) == expected


TOX = """\
[tox]
env_list = lint, py39
[testenv]
deps = pytest
commands_pre = python -m pip check
commands =
    coverage erase
    cov: coverage run -m unittest discover {posargs:-s {toxinidir}/tests}
    !cov: {envpython} -m unittest \\
        discover -s tests
    - coverage report
[testenv:lint]
commands = ruff check
[testenv:py39-unit]
commands = pytest tests/unit
"""
NOX = """\
import nox


@nox.session(python=["3.9", "3.13"])
def tests(session: nox.Session) -> None:
    session.install(".", "pytest")
    session.run("coverage", "run", "-m", "pytest", "tests/unit", *session.posargs, env={"A": "b"})


@nox.session
def docs(session):
    session.run("pytest", "docs")


def test(session):
    session.run("pytest", "no session")
"""
TOX_IN_PYPROJECT = '[tool.tox]\nlegacy_tox_ini = """\n[testenv]\ncommands = trial shop\n"""\n'
MAKE = """\
PYTHON ?= python3
ARGS := --fast
.PHONY: test
test: build lint
\t@$(PYTHON) -m unittest discover $(ARGS) && echo done
clean:
\tpytest clean
check::
\tcd sub; pytest sub
"""


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        (
            "tox.ini",
            TOX,
            [
                ("python -m unittest discover -s tests", "[testenv] in tox.ini"),
                ("pytest tests/unit", "[testenv:py39-unit] in tox.ini"),
            ],
        ),
        ("tox.ini", "[testenv]\ncommands = pytest {posargs}\n", [("pytest", "[testenv] in tox.ini")]),
        ("tox.ini", "[testenv]\nchangedir = tests\ncommands = pytest sub\n", []),
        (
            "tox.ini",
            "[testenv]\nchangedir = {toxworkdir}\n"
            "commands =\n  python -m twisted.trial --reactor={env:R:a} {env:A:} {tty:-c} x\n",
            [("python -m twisted.trial --reactor=a x", "[testenv] in tox.ini")],
        ),
        ("tox.ini", "no section\n[", []),
        (
            "tox.toml",
            'env_run_base.commands = [["pytest", "{posargs:tests}"]]\n',
            [("pytest tests", "env_run_base in tox.toml")],
        ),
        ("tox.toml", 'env.test.commands = [["trial", "shop"]]\n', [("trial shop", "test in tox.toml")]),
        (
            "tox.toml",
            "[env_run_base]\ncommands = [['pytest', '--basetemp={tmp}', {replace = 'posargs', default = ['sub']}]]\n",
            [("pytest sub", "env_run_base in tox.toml")],
        ),
        ("tox.toml", "env_run_base = 3\nenv = [1]\n", []),
        ("noxfile.py", NOX, [("pytest tests/unit", "session tests in noxfile.py")]),
        ("noxfile.py", "def broken(:\n", []),
        ("pyproject.toml", TOX_IN_PYPROJECT, [("trial shop", "[testenv] in pyproject.toml")]),
        (
            "pyproject.toml",
            '[tool.hatch.envs.default.scripts]\ntest = "pytest {args:tests}"\nlint = "ruff check"\n',
            [("pytest tests", "hatch's environment default test in pyproject.toml")],
        ),
        (
            "pyproject.toml",
            '[tool.pdm.scripts]\ntest = {cmd = "pytest -n 2"}\n',
            [("pytest -n 2", "pdm's script test in pyproject.toml")],
        ),
        (
            "pyproject.toml",
            '[tool.poe.tasks.test]\nsequence = ["ruff check", "coverage run manage.py test"]\n',
            [("python manage.py test", "poe's task test in pyproject.toml")],
        ),
        (
            "pyproject.toml",
            '[tool.taskipy.tasks]\nunit = "pytest unit"\n',
            [("pytest unit", "taskipy's task unit in pyproject.toml")],
        ),
        (
            "pyproject.toml",
            '[tool.pixi.feature.test.tasks]\ntest = "trial shop"\n',
            [("trial shop", "pixi's task test in pyproject.toml")],
        ),
        ("pyproject.toml", "[tool.pdm]\nscripts = 3\n[tool.hatch]\nenvs = 'x'\n", []),
        ("pyproject.toml", "not TOML", []),
        (
            "Makefile",
            MAKE,
            [
                ("python -m unittest discover --fast", "target test in Makefile"),
                ("pytest sub", "target check in Makefile"),
            ],
        ),
        ("Makefile", "test:\n\tpytest $(UNKNOWN)\n", []),
        (
            "scripts/test",
            '#!/bin/sh -e\nexport PREFIX=""\nset -x\n${PREFIX}coverage run -m pytest "$@" tests\n',
            [("pytest tests", "scripts/test")],
        ),
        ("scripts/test.sh", "coverage run -m pytest ${@}\n", [("pytest", "scripts/test.sh")]),
        ("justfile", "test *args:\n    uv run pytest {{args}} tests\n", [("pytest tests", "target test in justfile")]),
    ],
)
def test_where_projects_document_it(name: str, text: str, expected: list[tuple[str, str]]) -> None:
    assert [(each.command, each.origin) for each in documented_commands({name: text})] == expected


def test_the_first_of_several_files(tmp_path: Path) -> None:
    assert documented_command(tmp_path) is None
    (tmp_path / "Makefile").write_text("test:\n\tpytest a\n")
    (tmp_path / "noxfile.py").write_bytes(b"\xff\0")
    found = documented_command(tmp_path)
    assert found is not None
    assert (found.command, found.origin, found.is_plain_pytest) == ("pytest a", "target test in Makefile", False)
    (tmp_path / "tox.ini").write_text("[testenv]\ncommands = pytest --cov=pkg\n")
    found = documented_command(tmp_path)
    assert found is not None
    assert found.is_plain_pytest


@pytest.mark.parametrize("command", ["pytest tests", "python -m unittest", "python manage.py test"])
def test_covgate_knows_what_it_proposes(command: str) -> None:
    assert program_of(tuple(command.split()), "") is not None


@pytest.mark.parametrize(
    ("command", "testpaths", "expected"),
    [
        ("pytest test.py", "test.py", "pytest"),
        ("pytest unit/ integration", "integration unit", "pytest"),
        ("pytest unit", "integration unit", "pytest unit"),
        ("pytest -x unit", "unit", "pytest -x unit"),
        ("pytest unit", "", "pytest unit"),
        ("python test.py", "test.py", "python test.py"),
    ],
)
def test_paths_that_pytest_is_configured_with_are_no_other_command(
    tmp_path: Path, command: str, testpaths: str, expected: str
) -> None:
    (tmp_path / "Makefile").write_text(f"test:\n\t{command}\n")
    (tmp_path / "pytest.ini").write_text(f"[pytest]\ntestpaths = {testpaths}\n")
    found = documented_command(tmp_path)
    assert found is not None
    assert found.command == expected


@pytest.mark.parametrize(
    ("text", "rcfile", "branch", "expected"),
    [
        ("commands = coverage run --parallel --rcfile {toxinidir}/.tox-coveragerc -m pytest", "", False,
         [("--rcfile .tox-coveragerc", 'set command = "coverage run --rcfile=.tox-coveragerc -m pytest"')]),
        ("pytest --cov=shop --cov-config='cov.ini' tests", "", False,
         [("--cov-config cov.ini", 'set command = "pytest --cov --cov-config=cov.ini"')]),
        ("pytest --cov=shop --cov-config=./cov.ini", "cov.ini", False, []),  # in addopts, for example
        ("coverage run --rcfile=setup.cfg -m pytest", "", False, []),
        ("coverage run --rcfile=not-there.ini -m pytest", "", False, []),
        ("# coverage run --rcfile=cov.ini -m pytest", "", False, []),
        ("pytest --cov --cov-branch\ncoverage run --branch -m pytest", "", False,
         [("--cov-branch", "set branch = true in coverage's configuration")]),
        ("coverage run --branch -m pytest", "", False,
         [("--branch", "set branch = true in coverage's configuration")]),
        ("coverage run --branch -m pytest", "", True, []),
        ("git push --branch", "", False, []),
        ("python -m pytest \\\n  --cov shop \\\n --cov=tests/ --cov-report xml", "", False,
         [("--cov tests/", 'set command = "pytest --cov=shop --cov=tests/"')]),
        ("pytest --cov checks --cov test", "", False, []),  # configured
        ("pytest --cov=shop --cov --cov-report=tests", "", False, []),
    ],
)  # fmt: skip
def test_options_that_decide_the_number_and_are_on_no_command_line_of_covgate(
    text: str, rcfile: str, branch: bool, expected: list[tuple[str, str]]
) -> None:
    there = {".tox-coveragerc", "cov.ini", "setup.cfg"}
    found = unread_options({"tox.ini": text}, there.__contains__, rcfile=rcfile, branch=branch, sources=["test"])
    assert [(each.option, each.fix) for each in found] == expected
