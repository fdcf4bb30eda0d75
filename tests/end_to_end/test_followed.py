"""Whatever starts the tests is followed to the Python that runs them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from helpers.project import Project, calls, functions
from helpers.sealed import script

pytestmark = pytest.mark.end_to_end

MAKEFILE = "test:\n\tpython -m pytest -q\n\nboth:\n\tpython -m pytest -q tests\n\tpython -m pytest -q checks\n"
UNITTEST = """\
import unittest
from pkg import mod


class T(unittest.TestCase):
    def test(self):
        assert mod.a() and mod.b()
"""


def checked(project: Project, *argv: str, **environ: str) -> dict[str, Any]:
    done = project.covgate("check", "--no-cache", "--format", "json", *argv, **environ)
    data: dict[str, Any] = json.loads(done.text[done.text.index("{") :])
    return data


def executed(data: dict[str, Any]) -> tuple[int, int]:
    assert data["error"] is None, (data["error"], data["hint"], data["output"])
    [numbers] = [each for each in data["files"] if each["path"] == "pkg/mod.py"]
    return numbers["executed_statements"], numbers["statements"]


@pytest.mark.parametrize(
    "command",
    [
        "make test",
        "sh -c 'cd tests && PYTHONPATH=.. python -m pytest'",
        "env X=1 python -m pytest",
        "python -W error -X dev -m pytest",
        "sh -c 'python -m coverage run --source=pkg -m pytest'",
        "sh -c 'python tool.py'",
    ],
)
def test_a_command_is_followed(project: Project, command: str) -> None:
    project.write("Makefile", MAKEFILE)
    # A tool that gives the tests an environment of its own, as tox does.
    project.write(
        "tool.py",
        "import os, subprocess, sys\nenviron = {'PATH': os.environ['PATH']}\n"
        "sys.exit(subprocess.call([sys.executable, '-m', 'pytest'], env=environ))\n",
    )
    project.configure(f"command = {json.dumps(command)}\n")
    project.commit()
    for where in ("in place", "aside"):
        data = checked(project)
        assert executed(data) == (5, 6), where
        assert data["toolchain"]["python"].startswith("CPython ")
        project.write("README", "another commit is checked out\n")


def test_several_runs_of_one_command_are_combined(project: Project) -> None:
    project.write("Makefile", MAKEFILE)
    project.write("tests/test_mod.py", calls("a"))
    project.write("checks/test_more.py", calls("b"))
    project.configure('command = "make both"\n')
    project.commit()
    assert executed(checked(project)) == (5, 6)


@pytest.mark.parametrize(
    ("tests", "said"),
    [
        ("def test():\n    assert 0, 'it is broken'\n", "the tests failed"),
        ("", "0.00% is below the baseline of 83.33%"),
        ("import os\n\nos._exit(0)\n", "ended before it had finished"),
    ],
)
def test_how_followed_tests_end(project: Project, tests: str, said: str) -> None:
    project.write("Makefile", MAKEFILE)
    project.configure('command = "make test"\n')
    project.commit()
    project.push()
    project.write("tests/test_mod.py", tests)
    project.commit()
    done = project.push(COVGATE_FAIL_CLOSED="true")
    assert done.status != 0, done.text
    assert said in done


BY_ITSELF = "python -m coverage run --source pkg -m pytest -q"
EXECUTES_ALL = "from pkg import mod\n\nmod.a(), mod.b(), mod.c()\n"


@pytest.mark.parametrize(
    ("command", "more", "said"),
    [
        (BY_ITSELF, {"tests/conftest.py": f"import sys\n{EXECUTES_ALL}sys.exit(0)\n"}, "ended before it had finished"),
        (
            BY_ITSELF,
            {"tests/test_end.py": "import pytest\n\n\ndef test():\n    pytest.exit('', returncode=0)\n"},
            "ended before it had",
        ),
        (BY_ITSELF, {"tests/test_fails.py": "def test():\n    assert 0\n"}, "the tests failed"),
        (
            f"sh -c '{BY_ITSELF}; true'",
            {"tests/test_fails.py": "def test():\n    assert 0\n"},
            "the command ignored it",
        ),
        (
            "python -m coverage run --source=pkg -m unittest discover tests",
            {"tests/test_unit.py": f"{UNITTEST}\n\ndef setUpModule():\n    raise SystemExit(0)\n"},
            "ended before it had finished",
        ),
    ],
)
def test_how_tests_end_in_a_command_that_runs_coverage(
    project: Project, command: str, more: dict[str, str], said: str
) -> None:
    project.configure(f"command = {json.dumps(command)}\n")
    if "unittest" in command:
        project.write("tests/test_mod.py", UNITTEST)
    for name, text in more.items():
        project.write(name, text)
    project.commit()
    done = project.covgate("check", "--fail-closed")
    assert done.status != 0 and said in done, done.text


def test_what_the_tests_see_of_a_watched_pytest(project: Project) -> None:
    """A pytest that they start is a pytest like any other."""
    project.write(
        "tests/test_nested.py",
        "import os\nimport subprocess\nimport sys\n\n\ndef test():\n    assert 'PYTEST_PLUGINS' not in os.environ\n"
        "    assert subprocess.call([sys.executable, '-m', 'pytest', '--version']) == 0\n",
    )
    project.configure(f"command = {json.dumps(BY_ITSELF)}\n")
    project.commit()
    assert executed(checked(project)) == (5, 6)


@pytest.mark.parametrize(
    "again",
    [
        "python -m pytest -q || python -m pytest -q --lf",
        "python -m coverage run --source=pkg -m pytest || python -m coverage run -a --source=pkg -m pytest --lf",
    ],
)
def test_a_command_that_runs_flaky_tests_again(project: Project, tmp_path: Path, again: str) -> None:
    project.write(
        "tests/test_flaky.py",
        f"import pathlib\n\n\ndef test_flaky():\n    ran = pathlib.Path({str(tmp_path / 'ran')!r})\n"
        "    before = ran.exists()\n    ran.touch()\n    assert before\n",
    )
    project.configure(f"command = {json.dumps(f'sh -c {again!r}')}\n")
    project.commit()
    measured = json.loads(project.covgate("check", "--format", "json").text)
    assert measured["status"] == "PASS", measured
    assert executed(measured) == (5, 6)
    assert "tests failed at first, and passed when the command ran them again" in measured["notices"]


def test_a_command_that_starts_no_tests(make_project: Callable[..., Project]) -> None:
    project = make_project(config="command = \"sh -c 'python check.py --all'\"\n")
    project.write("check.py", "print('fine')\n")
    project.commit()
    done = project.push()
    assert "WARNING not measured: command left no coverage data" in done
    assert "It started: check.py --all." in done


def test_without_pytest_unittest_discovers_the_tests(project: Project) -> None:
    """And without tests there is nothing to bootstrap, but a baseline blocks."""
    project.configure_without_pytest()
    project.git("rm", "--quiet", "-r", "tests")
    project.write("tests/__init__.py", "")
    project.write("tests/test_mod.py", UNITTEST)
    project.commit()
    data = checked(project)
    assert executed(data) == (5, 6)
    assert "pytest is not installed for this project: its tests ran with python -m unittest" in data["notices"]
    project.push()
    project.write("Makefile", "test:\n\tpython tests/run_tests.py\n")
    project.write("tests/test_mod.py", UNITTEST + "\n    def test_more(self):\n        self.fail()\n")
    project.commit()
    told = " ".join(project.push().text.split())
    assert (
        "pytest is not installed for this project, so they ran with python -m unittest; target test in Makefile" in told
    )
    assert 'to measure that, set command = "python tests/run_tests.py"' in told
    project.git("rm", "--quiet", "-r", "tests")
    project.commit()
    done = project.push()
    assert done.status != 0, done.text
    assert "there are no tests" in done


def test_tests_for_pytest_need_pytest(project: Project) -> None:
    project.configure_without_pytest()
    project.write("tests/__init__.py", "")
    project.write("tests/test_more.py", UNITTEST)
    project.write("tests/test_mod.py", "import pytest\n" + calls("a"))
    project.commit()
    data = checked(project)
    assert data["error"].startswith("pytest is not installed")
    assert "`command` in the covgate configuration" in data["hint"]


def test_a_module_in_a_subdirectory_has_paths_from_the_top(project: Project) -> None:
    """The tests start in a subdirectory, whose own configuration of coverage is used."""
    project.write("backend/app/__init__.py", "")
    project.write("backend/app/core.py", functions("a", "b"))
    project.write("backend/tests/test_core.py", "from app import core\n\n\ndef test():\n    assert core.a()\n")
    project.write("backend/.coveragerc", "[run]\nsource = app\n")
    project.configure("command = \"sh -c 'cd backend && python -m pytest'\"\n")
    project.commit()
    data = checked(project)
    assert data["error"] is None, data["error"]
    assert {each["path"]: each["executed_statements"] for each in data["files"]} == {
        "backend/app/__init__.py": 0,
        "backend/app/core.py": 3,
    }


ENABLER = """\
import pytest


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config, parser, args):
    # As pytest-enabler does it, after pytest-cov has looked at its options.
    args += OPTIONS
    parser.parse_known_and_unknown_args(args, early_config.known_args_namespace)
    if early_config.pluginmanager.hasplugin("_cov"):
        return
    if "--cov" in args or "--cov=pkg" in args:
        import pytest_cov.plugin

        pytest_cov.plugin.pytest_load_initial_conftests(early_config, parser, args)
"""
LATE = """\
import pytest


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config):
    from pytest_cov.plugin import CovPlugin

    if not hasattr(config, "workerinput") and not config.pluginmanager.hasplugin("_cov"):
        config.option.cov_source = ["pkg"]
        config.pluginmanager.register(CovPlugin(config.option, config.pluginmanager), "_cov")
"""


@pytest.mark.parametrize(
    ("addopts", "plugin", "executed_files"),
    [
        ("-p enabler", ENABLER.replace("OPTIONS", "['--cov']"), {"pkg/mod.py": 5, "pkg/never.py": 0}),
        ("-p enabler", ENABLER.replace("OPTIONS", "['--cov=pkg']"), {"pkg/mod.py": 5, "pkg/never.py": 0}),
        ("-p enabler", ENABLER.replace("OPTIONS", "['-n', '2']"), {"pkg/mod.py": 5, "pkg/never.py": 0}),
        ("--cov", "", {"pkg/mod.py": 5, "pkg/never.py": 0}),
        ("", LATE, {"pkg/mod.py": 5, "pkg/never.py": 0}),
        ("-p no:cov", "", {"pkg/mod.py": 5, "pkg/never.py": 0}),
    ],
)
def test_the_running_pytest_says_what_measures(
    make_project: Callable[..., Project], addopts: str, plugin: str, executed_files: dict[str, int]
) -> None:
    """Coverage inside of coverage would leave the outer one without data, and a worker measures nothing."""
    project = make_project(plugins=["pytest-cov", "pytest-xdist"])
    project.write("pkg/never.py", functions("z"))
    project.write("enabler.py" if addopts else "conftest.py", plugin)
    project.write("pytest.ini", f"[pytest]\npythonpath = .\naddopts = {addopts}\n")
    if addopts == "--cov":
        project.configure('command = "pytest -o addopts="\n')
    project.commit()
    data = checked(project, PYTHONPATH=str(project.top))
    assert data["error"] is None, data
    files = {each["path"]: each["executed_statements"] for each in data["files"]}
    assert {path: count for path, count in files.items() if path.startswith("pkg/") and "__init__" not in path} == (
        executed_files
    )
    assert not any(path.startswith("tests/") for path in files)


NOXFILE = """\
import nox


@nox.session(python=False)
def tests(session):
    session.run({python!r}, "-m", "pytest")


@nox.session(python="3.99")
def newest(session):
    session.run("python", "-m", "pytest")
"""


def test_what_a_command_skips_is_named(make_project: Callable[..., Project]) -> None:
    """nox ends with success, although a session found no Python."""
    project = make_project()
    project.write("noxfile.py", NOXFILE.format(python=project.python))
    project.configure(f'command = "{script("nox")} -s tests newest"\n')
    project.commit()
    data = checked(project)
    assert data["numbers"]["executed_statements"] == 5
    assert any(each.startswith("the command skipped newest: ") for each in data["notices"]), data
