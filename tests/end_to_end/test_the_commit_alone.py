"""The commit and nothing else decides the number: neither what git ignores nor where the project is installed from."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from helpers.project import Project, calls, functions
from helpers.sealed import link_packages, run

pytestmark = [pytest.mark.end_to_end, pytest.mark.each_python]


@pytest.fixture
def project(make_project: Callable[..., Project]) -> Project:
    return make_project(hooks="none")


def checked(project: Project, *argv: str) -> dict[str, Any]:
    done = project.covgate("check", "--format", "json", *argv)
    data: dict[str, Any] = json.loads(done.text)
    assert data["error"] is None, done.text
    return data


def aside(project: Project) -> dict[str, Any]:
    """The commit that is checked out, measured while another one is."""
    commit = project.git("rev-parse", "HEAD")
    project.write("README", "x\n")
    project.commit()
    return checked(project, commit, "--no-cache")


def add(project: Project, config: str) -> None:
    path = project.top / "pyproject.toml"
    path.write_text(path.read_text() + config)


def test_what_git_ignores_does_not_decide(project: Project) -> None:
    project.write("tests/test_local.py", calls("a", "b", "c"))
    project.write("conftest.py", "from pkg import mod\n\nmod.c()\n")
    project.write(".coveragerc", "[report]\nexclude_also = return\n")
    project.write("pytest.ini", "[pytest]\naddopts = -k nothing\n")
    project.write(".gitignore", "tests/test_local.py\nconftest.py\n__pycache__/\n.pytest_cache/\n")
    project.write(".git/info/exclude", ".coveragerc\npytest.ini\n")
    project.commit()
    data = checked(project)
    assert (data["numbers"]["executed_statements"], data["numbers"]["statements"]) == (5, 6)


def test_a_configuration_above_the_repository_costs_no_second_run(project: Project, tmp_path: Path) -> None:
    above = project.top.parent / "pytest.ini"
    above.write_text("[pytest]\naddopts = -k nothing\n")
    project.count_runs(tmp_path / "log")
    project.commit()
    data = checked(project)
    assert (data["numbers"]["executed_statements"], data["numbers"]["statements"]) == (5, 6)
    assert (tmp_path / "log").read_text() == "run\n"
    assert f"pytest would use {above}, which is not in the commit" in project.covgate("doctor")


@pytest.mark.parametrize("command", ["pytest tests", "sh -c 'python -m pytest tests'"])
def test_the_configuration_beside_the_tests_decides_aside_too(project: Project, command: str) -> None:
    """pytest finds it because of its arguments."""
    add(project, f'command = "{command}"\n')
    project.write("tests/pytest.ini", "[pytest]\npython_files = check_*.py\n")
    project.write("tests/check_mod.py", calls("a"))
    project.commit()
    assert checked(project)["numbers"]["executed_statements"] == 4
    assert aside(project)["numbers"]["executed_statements"] == 4


def test_a_block_says_that_an_ignored_test_sent_the_commit_aside(project: Project) -> None:
    because = "measured in the separate worktree, because tests/test_local.py is not in the commit (git ignores it)"
    project.write(".gitignore", "__pycache__/\n.pytest_cache/\ntests/test_local.py\n/settings.toml\n/data/\n/.env\n")
    for name in ("tests/test_local.py", "settings.toml", "data/some.txt", ".env"):
        project.write(name, "")
    project.commit()
    assert because not in checked(project)["notices"]
    add(project, "floor = 99\npolicy = 'absolute'\n")
    project.commit()
    data = checked(project)
    assert data["status"] == "FAIL"
    assert because in data["notices"]
    project.write("tests/test_mod.py", calls() + "    open('settings.toml')\n")
    project.commit()
    data = checked(project)
    assert data["reasons"][0].startswith("the tests failed"), data
    assert because in data["notices"]
    left = "the separate worktree is without ignored files: .env, data/, settings.toml; `setup` can create them"
    assert left in data["notices"]
    add(project, "setup = 'false'\n")
    project.commit()
    assert because in project.covgate("check").text


def test_an_ignored_test_with_a_name_of_its_own_does_not_count(project: Project) -> None:
    """Only pytest knows that it is a test: in place the commit is measured again, and aside it is not copied."""
    project.write(".gitignore", "__pycache__/\n.pytest_cache/\npkg/check_local.py\n")
    add(project, '[tool.pytest.ini_options]\npython_files = ["test_*.py", "check_*.py"]\n')
    project.commit()
    project.write("pkg/check_local.py", calls("a", "b", "c"))
    data = checked(project)
    assert data["numbers"]["executed_statements"] == 5
    [notice] = data["notices"]
    assert (
        notice
        == "pkg/check_local.py took part in the run, but is not in the commit: measured again in the separate worktree"
    )
    assert aside(project)["numbers"] == data["numbers"]


def test_ignored_sources_count_if_they_are_used_and_are_named(project: Project) -> None:
    project.write(".gitignore", "__pycache__/\n.pytest_cache/\npkg/scratch.py\npkg/_version.py\n")
    project.write("pkg/__init__.py", "from pkg._version import version\n")
    project.write("pkg/_version.py", "version = '1'\n")
    project.write("pkg/scratch.py", functions("x", "y"))
    project.commit()
    data = checked(project)
    assert (data["numbers"]["executed_statements"], data["numbers"]["statements"]) == (7, 8)
    assert data["notices"] == [
        "used, but not in the commit: pkg/_version.py; a clone without it may get another number",
        "not counted, because the commit does not have it: pkg/scratch.py",
    ]
    again = aside(project)
    assert (again["numbers"], again["notices"]) == (data["numbers"], data["notices"])


def test_files_that_the_tests_leave_decide_nothing(project: Project, tmp_path: Path) -> None:
    project.count_runs(tmp_path / "runs")
    project.write(
        "tests/test_mod.py",
        "import pathlib\n\n" + calls("a", "b") + "    pathlib.Path('out').mkdir(exist_ok=True)\n"
        "    pathlib.Path('out/left.txt').write_text('x')\n    pathlib.Path('tests.log').write_text('x')\n"
        "    pathlib.Path('pkg/left.py').write_text('x = 1\\n')\n",
    )
    project.commit()
    data = checked(project)
    assert (tmp_path / "runs").read_text() == "run\n"
    assert (data["numbers"]["executed_statements"], data["numbers"]["statements"]) == (5, 6)
    assert data["notices"] == ["not counted, because the commit does not have it: pkg/left.py"]


def test_bytecode_that_python_does_not_check(project: Project) -> None:
    project.write("tests/test_mod.py", calls("a", "b", "c"))
    run([project.python, "-m", "compileall", "-q", "--invalidation-mode=unchecked-hash", "."], project.top, {})
    project.write("pkg/mod.py", functions("a", "b", "d"))
    project.commit()
    assert checked(project)["status"] == "FAIL"


def use_environment(project: Project, files: dict[str, str]) -> None:
    """Measure with a `.venv` that has coverage and pytest, and ``files`` that an install writes beside them."""
    top = project.top / ".venv"
    run([project.python, "-m", "venv", "--without-pip", str(top)], project.top, project.environ)
    link_packages(top, "pytest", "coverage")
    [site] = top.glob("lib/python*/site-packages")
    for name, text in files.items():
        (site / name).write_text(text)
    project.write(
        "pyproject.toml",
        f'[tool.covgate]\npython = "{top}"\n[tool.coverage.run]\nsource_pkgs = ["pkg"]\n'
        '[tool.pytest.ini_options]\naddopts = "--import-mode=importlib"\n',
    )


@pytest.mark.parametrize("place", ["lib", "packages/one"])
def test_an_editable_install_of_a_directory_of_its_own(project: Project, place: str) -> None:
    """Measured aside, the tests import the commit's code, not that of the checkout that is installed."""
    use_environment(project, {"editable.pth": f"{project.top / place}\n"})
    (project.top / place).mkdir(parents=True)
    project.git("mv", "pkg", place)
    project.commit()
    here = checked(project)
    assert (here["numbers"]["executed_statements"], here["numbers"]["statements"]) == (5, 6)
    project.write(f"{place}/pkg/mod.py", functions("a"))
    assert checked(project, "--no-cache")["numbers"] == here["numbers"]


def test_an_install_that_can_not_be_led_elsewhere(project: Project) -> None:
    """A finder in front of all others, as meson-python has one, imports from the checkout whatever the path is."""
    finder = (
        "import sys\nfrom importlib.machinery import PathFinder\n\n\nclass Finder:\n    @staticmethod\n"
        "    def find_spec(name, path=None, target=None):\n"
        f"        return PathFinder.find_spec(name, [{str(project.top)!r}]) if name == 'pkg' else None\n\n\n"
        "sys.meta_path.insert(0, Finder)\n"
    )
    use_environment(project, {"its_finder.py": finder, "editable.pth": "import its_finder\n"})
    project.commit()
    assert checked(project)["numbers"]["executed_statements"] == 5
    project.write("tests/test_mod.py", calls())
    done = project.covgate("check", "--no-cache")
    assert f"not measured: measured outside the tree: {project.top}/pkg/__init__.py was imported" in done
    assert "build the project there with `setup`" in done
    # Failing tests block, wherever their imports come from.
    project.write("tests/test_mod.py", calls() + "    assert 0\n")
    project.commit()
    project.write("README", "not committed\n")
    done = project.covgate("check", "--no-cache")
    assert done.status == 1, done.text
    assert (
        f"the tests failed (exit status 1): tests/test_mod.py::test_calls; they imported {project.top}/pkg/__init__.py"
        in " ".join(done.text.split())
    )


@pytest.mark.parametrize("isolation", ["auto", "in-place"])
def test_failing_tests_block_if_no_other_run_has_a_result(project: Project, isolation: str) -> None:
    """In place the tests fail, with an ignored test among them; in the worktree they can't start."""
    project.write(".gitignore", "__pycache__/\n.pytest_cache/\npkg/check_local.py\n")
    add(project, f'isolation = "{isolation}"\nsetup = "false"\n')
    add(project, '[tool.pytest.ini_options]\npython_files = ["test_*.py", "check_*.py"]\n')
    project.write("tests/test_mod.py", calls("a") + "    assert 0, 'it is broken'\n")
    project.commit()
    project.write("pkg/check_local.py", calls("a", "b", "c"))
    done = project.covgate("check")
    assert done.status == 1, done.text
    assert "the tests failed" in done
    assert "it is broken" in done
    assert ("setup failed" if isolation == "auto" else 'isolation is "in-place", but pkg/check_local.py') in done


def test_a_filter_whose_program_is_missing(project: Project) -> None:
    """As with Git LFS and a GUI that has another PATH than the shell."""
    project.write(".gitattributes", "*.bin filter=large\n")
    project.write("a.bin", "x")
    project.commit()
    project.git("config", "filter.large.smudge", "no-such-program %f")
    project.git("config", "filter.large.required", "true")
    project.write("beside", "")
    done = project.covgate("check")
    assert "not measured: git worktree add failed (128): " in done
    assert "put it on the PATH of whatever pushes" in done
