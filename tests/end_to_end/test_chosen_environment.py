"""Which environment measures a push, and what is said about the others: real environments, real pushes."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from helpers.doctor import Doctor
from helpers.project import Project
from helpers.sealed import link_packages, run

UNITTEST = """\
import unittest

from pkg import mod


class TestMod(unittest.TestCase):
    def test(self):
        self.assertEqual(mod.a() + mod.b(), "ab")
"""

pytestmark = pytest.mark.end_to_end


@pytest.fixture
def project(make_project: Callable[..., Project]) -> Project:
    """One that names no interpreter."""
    project = make_project()
    project.write("pyproject.toml", "[tool.covgate]\n")
    project.write(".gitignore", "__pycache__/\n.pytest_cache/\n.venv/\n.tox/\n")
    project.commit()
    return project


def environment(prefix: Path, project: Project, *packages: str) -> Path:
    done = run([sys.executable, "-m", "venv", "--without-pip", str(prefix)], project.top, project.environ)
    assert done.status == 0, done.text
    link_packages(prefix, *packages)
    return prefix


def requires_prefix(project: Project, prefix: Path) -> None:
    """Let the tests fail in another environment than ``prefix``."""
    project.write("tests/test_prefix.py", f"import sys\n\n\ndef test():\n    assert sys.prefix == {str(prefix)!r}\n")
    project.commit()


def test_the_environment_with_the_test_dependencies_measures(project: Project) -> None:
    empty = environment(project.top / ".venv", project)
    environment(project.top / ".tox/lint", project, "coverage")
    tests = environment(project.top / ".tox/py3", project, "coverage", "pytest")
    requires_prefix(project, tests)
    notice = f".venv in the repository ({empty}) has no coverage, pytest: tox's environment py3 ({tests}) measures"
    pushed = project.push()
    assert pushed.status == 0
    assert notice in pushed
    assert project.field("baseline_ratio") == "5/6"
    assert notice in project.covgate("doctor")


def test_an_old_copy_of_the_project_never_replaces_its_own_environment(project: Project) -> None:
    """tox's environment has all that is declared, and the project as it was when tox ran last."""
    own = environment(project.top / ".venv", project, "coverage", "pytest")
    tests = environment(project.top / ".tox/py3", project, "coverage", "pytest")
    [packages] = tests.glob("lib/python*/site-packages")
    (packages / "extra-1.0.dist-info").mkdir()
    shutil.copytree(project.top / "pkg", packages / "pkg")
    project.write(
        "pyproject.toml", '[project]\nname = "pkg"\nversion = "1"\ndependencies = ["extra"]\n[tool.covgate]\n'
    )
    requires_prefix(project, own)
    pushed = project.push()
    assert pushed.status == 0, pushed.text
    notice = f".venv in the repository ({own}) measures without extra, which tox's environment py3 ({tests}) has"
    assert notice in pushed
    assert project.field("baseline_ratio") == "5/6"


def test_an_environment_that_cannot_run_is_never_skipped_silently(project: Project) -> None:
    prefix = environment(project.top / ".venv", project, "coverage", "pytest")
    for name in ("python", "python3"):
        (prefix / "bin" / name).unlink()
    (prefix / "bin/python").symlink_to("/gone/bin/python3.7")
    problem = f".venv in the repository ({prefix}) can't be used: its Python is gone (/gone/bin/python3.7)"
    pushed = project.push()
    assert pushed.status == 0
    assert "WARNING" in pushed
    assert problem in pushed
    assert not project.note()
    tests = environment(project.top / ".tox/py3", project, "coverage", "pytest")
    requires_prefix(project, tests)
    pushed = project.push()
    assert pushed.status == 0
    assert problem in pushed
    assert project.field("baseline_ratio") == "5/6"


def test_a_project_tools_own_way_to_install_is_named(project: Project) -> None:
    environment(project.top / ".venv", project, "coverage")
    project.write("uv.lock", "version = 1\n")
    project.commit()
    assert "uv add --dev pytest" in project.push()
    assert "uv add --dev pytest" in project.covgate("doctor")


def test_a_hook_of_pre_commit_uses_the_repositorys_own(installed: Project, tmp_path: Path) -> None:
    """pre-commit puts the hook's environment first on PATH and into VIRTUAL_ENV; another one follows there."""
    project = installed
    on_path = environment(tmp_path / "tools", project, "coverage", "pytest")
    project.environ["PATH"] = f"{on_path / 'bin'}:{project.environ['PATH']}"
    own = environment(project.top / ".venv", project, "coverage", "pytest")
    project.write("pyproject.toml", "[tool.covgate]\n")
    requires_prefix(project, own)
    pushed = project.push()
    assert pushed.status == 0
    assert "PASS main" in pushed
    # Activated, it measures: `activate` leaves a trace that pre-commit does not remove.
    requires_prefix(project, on_path)
    pushed = project.push("main", VIRTUAL_ENV=str(on_path), VIRTUAL_ENV_PROMPT="tools")
    assert pushed.status == 0
    assert "PASS main" in pushed


def test_the_documented_test_command_is_proposed(project: Project) -> None:
    """A suite of unittest: to install pytest would be the wrong fix."""
    environment(project.top / ".venv", project, "coverage")
    project.write("tox.ini", "[testenv]\ncommands = coverage run -m unittest discover -s tests -t .\n")
    project.write("tests/__init__.py", "")
    project.write("tests/test_mod.py", UNITTEST)
    project.commit()
    seen = Doctor(project, project.top.parent / "bin").examine()
    assert seen.facts["documented"] == "python -m unittest discover -s tests -t . ([testenv] in tox.ini)"
    setting = 'command = "python -m unittest discover -s tests -t ."'
    place = "[tool.covgate] in pyproject.toml"
    assert seen["pytest-missing"]["mend"] == f"set {setting} in {place}: that is what [testenv] in tox.ini runs"
    assert "documented-command" not in seen.names  # once is enough
    assert seen.facts["tests"].startswith("coverage run -m unittest")
    project.write("pyproject.toml", f"[tool.covgate]\n{setting}\n")
    project.commit()
    assert "pytest-missing" not in Doctor(project, project.top.parent / "bin").examine().names
    assert "PASS main" in project.push()
    assert project.field("baseline_ratio") == "5/6"
