"""Python must not run bytecode of another text than that of the commit."""

from __future__ import annotations

import importlib.util
import os
import py_compile
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from py_compile import PycInvalidationMode

import pytest

from covgate.measure.bytecode import remove_unsound_bytecode

COMMITTED = frozenset({"pkg/mod.py", "pkg/data.txt", "top.py"})


@pytest.fixture
def top(tmp_path: Path) -> Path:
    (tmp_path / "pkg").mkdir()
    (tmp_path / "pkg" / "mod.py").write_text("A = 1\n")
    return tmp_path


def compiled(top: Path, mode: PycInvalidationMode = PycInvalidationMode.TIMESTAMP) -> Path:
    return Path(py_compile.compile(str(top / "pkg" / "mod.py"), doraise=True, invalidation_mode=mode))


def edit(top: Path) -> None:
    """Another text of the same size, and at the same time as far as bytecode knows it."""
    path = top / "pkg" / "mod.py"
    before = path.stat()
    path.write_text("A = 2\n")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def value(top: Path) -> str:
    """What Python runs."""
    argv = [sys.executable, "-c", "import pkg.mod; print(pkg.mod.A)"]
    return subprocess.run(argv, cwd=top, capture_output=True, text=True, check=True).stdout.strip()


def in_a_hurry(top: Path) -> None:
    compiled(top)
    edit(top)


def unchecked(top: Path) -> None:
    compiled(top, PycInvalidationMode.UNCHECKED_HASH)
    (top / "pkg" / "mod.py").write_text("A = 2\n")


@pytest.mark.parametrize("make", [in_a_hurry, unchecked])
def test_what_python_would_run_unchecked_is_removed(top: Path, make: Callable[[Path], None]) -> None:
    make(top)
    assert value(top) == "1"
    assert remove_unsound_bytecode(top, COMMITTED, {}) == ""
    assert value(top) == "2"


@pytest.mark.parametrize("mode", [PycInvalidationMode.TIMESTAMP, PycInvalidationMode.CHECKED_HASH])
def test_sound_bytecode_stays(top: Path, mode: PycInvalidationMode) -> None:
    path = compiled(top, mode)
    assert remove_unsound_bytecode(top, COMMITTED, {}) == ""
    assert path.exists()
    (top / "pkg" / "mod.py").write_text("A = 3, 4\n")
    assert remove_unsound_bytecode(top, COMMITTED, {}) == ""
    assert path.exists()  # Python sees for itself that it is stale
    assert value(top) == "(3, 4)"


def test_bytecode_of_the_commit_and_of_other_files_stays(top: Path) -> None:
    path = compiled(top, PycInvalidationMode.UNCHECKED_HASH)
    name = path.relative_to(top).as_posix()
    assert remove_unsound_bytecode(top, COMMITTED | {name}, {}) == ""
    assert remove_unsound_bytecode(top, {"pkg/other.py"}, {}) == ""
    assert path.exists()
    path.write_bytes(b"cut off")
    assert remove_unsound_bytecode(top, COMMITTED, {}) == ""
    assert path.exists()


def test_bytecode_that_is_kept_elsewhere(top: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "pycache_prefix", str(tmp_path / "cache"))
    path = Path(importlib.util.cache_from_source(str(top / "pkg" / "mod.py")))
    unchecked(top)
    assert path.exists()
    assert remove_unsound_bytecode(top, COMMITTED, {"PYTHONPYCACHEPREFIX": str(tmp_path / "cache")}) == ""
    assert not path.exists()


def test_what_can_not_be_removed_is_named(top: Path) -> None:
    path = compiled(top, PycInvalidationMode.UNCHECKED_HASH)
    path.parent.chmod(0o500)
    try:
        if os.access(path.parent, os.W_OK):
            pytest.skip("this user may write everywhere")
        assert remove_unsound_bytecode(top, COMMITTED, {}) == str(path)
    finally:
        path.parent.chmod(0o700)
