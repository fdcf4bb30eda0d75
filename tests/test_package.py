"""The wheel: exactly covgate and covgate_hooks, typed, with its three commands."""

from __future__ import annotations

import configparser
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """Built from a copy of the tracked files: nothing that only lies in this checkout may get in."""
    if not (ROOT / "pyproject.toml").exists():
        pytest.skip("the tests run without the sources")
    top = tmp_path_factory.mktemp("sources")
    listed = subprocess.run(
        ["git", "-C", str(ROOT), "ls-files", "-z"], capture_output=True, text=True, check=True, timeout=60
    ).stdout
    for name in filter(None, listed.split("\0")):
        source, target = ROOT / name, top / name
        if source.is_file():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)
    out = tmp_path_factory.mktemp("wheel")
    # Without PYTHONPATH and coverage's start-up file, which belong to this process, not to the build.
    environ = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "COV_CORE", "COVERAGE"))}
    done = subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "--no-deps", "--quiet", "--wheel-dir", str(out), str(top)],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
        env=environ,
    )
    assert done.returncode == 0, done.stderr
    (path,) = out.glob("*.whl")
    return zipfile.ZipFile(path)


def test_it_installs_covgate_and_its_hooks_and_nothing_else(wheel: zipfile.ZipFile) -> None:
    tops = {name.split("/")[0] for name in wheel.namelist()}
    info = {top for top in tops if top.endswith(".dist-info")}
    assert len(info) == 1
    assert tops - info == {"covgate", "covgate_hooks"}


def test_every_module_is_in_it(wheel: zipfile.ZipFile) -> None:
    expected = {str(path.relative_to(ROOT).as_posix()) for path in (ROOT / "covgate").rglob("*.py")}
    expected |= {f"covgate_hooks/{path.name}" for path in (ROOT / "hooks").glob("*.py")}
    assert {name for name in wheel.namelist() if name.endswith(".py")} == expected


def test_every_file_beside_the_modules_is_in_it(wheel: zipfile.ZipFile) -> None:
    """The parts of the HTML pages and ``py.typed``: a new kind of file needs a line in pyproject.toml."""
    beside = [path for path in (ROOT / "covgate").rglob("*") if path.is_file() and path.suffix not in (".py", ".pyc")]
    assert {path.suffix for path in beside} == {".j2", ".css", ".js", ".typed"}
    for path in beside:
        assert wheel.read(path.relative_to(ROOT).as_posix()) == path.read_bytes()


def test_it_is_typed_and_licensed(wheel: zipfile.ZipFile) -> None:
    assert "covgate/py.typed" in wheel.namelist()
    assert any(name.endswith("/LICENSE") for name in wheel.namelist())


def test_its_commands(wheel: zipfile.ZipFile) -> None:
    (name,) = (name for name in wheel.namelist() if name.endswith("/entry_points.txt"))
    points = configparser.ConfigParser()
    points.optionxform = str  # type: ignore[assignment,method-assign]
    points.read_string(wheel.read(name).decode())
    assert {section: dict(points[section]) for section in points.sections()} == {
        "console_scripts": {
            "covgate": "covgate.cli:run",
            "covgate-pre-push": "covgate_hooks.pre_push:run",
            "covgate-post-merge": "covgate_hooks.post_merge:run",
        }
    }
