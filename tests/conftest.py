"""Fixtures: an environment that leads nowhere, and fresh projects in it."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from support import CHECKOUT, Project, run, sealed_environment


@pytest.fixture(scope="session")
def environ(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The sealed environment of the whole session."""
    return sealed_environment(tmp_path_factory.mktemp("home"))


@pytest.fixture
def make_project(tmp_path: Path, environ: dict[str, str]) -> Callable[..., Project]:
    """Makes projects in the test's own directory."""

    def make(name: str = "project", **options: str) -> Project:
        return Project.create(tmp_path / name, environ, **options)

    return make


@pytest.fixture
def project(make_project: Callable[..., Project]) -> Project:
    return make_project()


@pytest.fixture(scope="session")
def source(tmp_path_factory: pytest.TempPathFactory, environ: dict[str, str]) -> Path:
    """covgate's checkout as a repository that pre-commit can clone, uncommitted work included.

    One for the session: pre-commit builds one environment for it, which every test shares.
    """
    directory = tmp_path_factory.mktemp("covgate")
    listed = run(["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"], CHECKOUT, environ)
    for name in filter(None, listed.text.split("\0")):
        if (CHECKOUT / name).is_file() and not name.startswith(("tests/", "docs/")):
            (directory / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(CHECKOUT / name, directory / name)
    for argv in (
        ["init", "--quiet"],
        ["add", "--all"],
        ["commit", "--quiet", "-m", "covgate"],
        ["tag", "v0.1.0"],
    ):
        assert run(["git", *argv], directory, environ).status == 0
    return directory


@pytest.fixture
def installed(make_project: Callable[..., Project], source: Path) -> Project:
    """A project that `covgate init` has set up."""
    project = make_project(hooks="none")
    done = project.covgate("init", "--repo", str(source), "--rev", "v0.1.0")
    assert done.status == 0, done.text
    project.commit("set covgate up")
    return project
