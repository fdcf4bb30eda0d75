"""Projects with old and new versions of coverage and of Python: the exact count, or a refusal by name."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from helpers.project import Project
from helpers.sealed import run

pytestmark = pytest.mark.end_to_end

BRANCHES = (
    "def f(x):\n    'A docstring.'\n    if x:\n        return 1\n    return 2\n\n\n"
    "def g():  # pragma: no cover\n    return 3\n"
)


def interpreter(version: str) -> str:
    """A Python of this minor version, on PATH or of a version manager; the test is skipped if there is none."""
    versions = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"), "versions")
    kept = sorted(versions.glob(f"{version}.*/bin/python"))
    for found in (shutil.which(f"python{version}"), *map(str, kept)):
        if found and subprocess.run([found, "-c", "pass"], capture_output=True).returncode == 0:
            return found
    pytest.skip(f"no Python {version} on this machine")


def environment(directory: Path, python: str, *packages: str) -> Path:
    """A virtual environment of ``python`` with ``packages`` from the package index."""
    installed = str(directory / "bin" / "python")
    prepared = [[python, "-m", "venv", "--without-pip", str(directory)]]
    if packages:
        # To install pip there takes longer than to install these.
        prepared.append([sys.executable, "-m", "pip", "--python", installed, "install", "--quiet", *packages])
    for argv in prepared:
        done = run(argv, directory.parent, dict(os.environ))
        assert done.status == 0, done.text
    return Path(installed)


@pytest.mark.parametrize(
    ("version", "coverage"),
    [("3.8", "7.2.0"), ("3.12", "7.6.0"), ("3.9", "7.10.0"), ("3.13", "7.13.0"), ("3.13", "")],
)
def test_supported_versions(make_project: Callable[..., Project], tmp_path: Path, version: str, coverage: str) -> None:
    project = make_project()
    wanted = f"coverage=={coverage}" if coverage else "coverage"
    python = environment(tmp_path / "environment", interpreter(version), wanted, "pytest")
    project.write("pkg/more.py", BRANCHES)
    project.write("tests/test_more.py", "from pkg.more import f\n\n\ndef test():\n    assert f(1) == 1\n")
    project.write("pyproject.toml", f'[tool.covgate]\npython = "{python}"\n[tool.coverage.run]\nbranch = true\n')
    project.commit()
    data = json.loads(project.covgate("check", "--format", "json").text)
    assert data["error"] is None, data
    assert data["toolchain"]["python"].startswith(f"CPython {version}.")
    assert data["toolchain"]["coverage"].startswith(coverage)
    numbers = data["numbers"]
    assert (numbers["statements"], numbers["executed_statements"]) == (10, 8)
    assert (numbers["branches"], numbers["executed_branches"]) == (2, 1)


@pytest.mark.parametrize(
    ("version", "packages", "said"),
    [
        ("3.8", ("coverage==6.5.0", "pytest"), "coverage 6.5.0 is too old: covgate needs 7.2 or newer"),
        ("3.7", (), "is too old: covgate measures with Python 3.8 or newer"),
    ],
)
def test_versions_that_are_too_old_are_named(
    make_project: Callable[..., Project], tmp_path: Path, version: str, packages: tuple[str, ...], said: str
) -> None:
    python = environment(tmp_path / "environment", interpreter(version), *packages)
    project = make_project()
    project.write("pyproject.toml", f'[tool.covgate]\npython = "{python}"\n')
    project.commit()
    data = json.loads(project.covgate("check", "--format", "json").text)
    assert said in data["error"]
