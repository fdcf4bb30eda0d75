"""Fixtures: an environment that leads nowhere, and fresh projects in it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from support import Project, sealed_environment


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
