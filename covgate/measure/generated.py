"""The sources that a build has left in the user's checkout, for a commit that is measured in the worktree.

These are generated modules, extensions, and the C code that Cython wrote (coverage's plugin for Cython reads it). They
are not in the commit, but its tests can't run without them. Tests and configuration are never among them.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Collection, Iterator
from pathlib import Path, PurePosixPath

from covgate.errors import ToolError
from covgate.git.contents import Contents
from covgate.git.others import list_ignored
from covgate.git.repository import Repository
from covgate.git.worktree import Checkout
from covgate.measure.uncommitted import BUILD_OUTPUT, is_generated, is_test_module

_EXTENSIONS = (".so", ".pyd")
_TRANSLATED = (".c", ".cc", ".cpp", ".cxx", ".h")
_COMPILED = (*_TRANSLATED, ".hpp", ".pyx", ".pxd", ".pxi", ".rs", ".f", ".f90", ".go", ".zig")
_LEFT_OVER = (".pyc", ".pyo", ".log", ".orig", ".rej", "~", ".egg-info")
_OF_TOOLS = frozenset({"htmlcov", "coverage.xml", "coverage.json", "coverage.lcov"})


def copy_generated(repository: Repository, checkout: Checkout) -> tuple[str, ...]:
    """Copy generated sources from the worktree of ``repository`` to ``checkout``. Returns the paths.

    Raises ToolError if a copy fails.
    """
    committed = checkout.contents.paths()
    copied = []
    for path in _built(repository, committed):
        target = checkout.path / path
        try:
            if target.exists():
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(repository.top / path, target)
        except FileNotFoundError:
            continue  # a dangling link, or a file that is gone again
        except OSError as error:
            raise ToolError(
                f"{path} could not be copied to the measured worktree: {error.strerror}",
                hint='make room for it, or set isolation = "in-place"',
            ) from None
        copied.append(path)
    return tuple(copied)


def check_extensions(repository: Repository, checkout: Checkout, copied: Collection[str]) -> None:
    """Raise ToolError if a copied extension was not built from the sources of the measured commit."""
    extension = next((each for each in copied if each.endswith(_EXTENSIONS)), "")
    if not extension:
        return
    contents = Contents(repository, checkout.commit)
    try:
        changed = next((path for path, _ in contents.differences(is_compiled)), "")
    finally:
        contents.close()
    if changed:
        raise ToolError(
            f"{extension} was not built from this commit: its {changed} differs from the one in the checkout",
            hint='let `setup` build it where the commit is measured, such as setup = "python setup.py build_ext -i",'
            " or check the commit out and build it",
        )


def left_behind(repository: Repository, checkout: Checkout, copied: Collection[str]) -> list[str]:
    """The ignored files at the top and among the sources that were not copied, but that tests may need."""
    packages = {path.rpartition("/")[0] for path in checkout.contents.paths() if path.endswith(".py")}
    return [
        path
        for path in list_ignored(repository)
        if path.rstrip("/").rpartition("/")[0] in {"", *packages}
        and path not in copied
        and not any(each.startswith(path) for each in copied if path.endswith("/"))
        and _may_be_needed(repository.top, path)
    ]


def _may_be_needed(top: Path, path: str) -> bool:
    """Whether an ignored file or directory may be more than what a tool has left: settings, data."""
    name = path.rstrip("/").rpartition("/")[2]
    hidden = name.startswith(".") and not (name.startswith(".env") and not path.endswith("/"))
    tools = name in BUILD_OUTPUT or name in _OF_TOOLS or name.endswith(_LEFT_OVER) or is_test_module(name)
    return not hidden and not tools and not (top / path / "pyvenv.cfg").exists()


def newer_sources(top: Path, modules: Collection[str], committed: Collection[str]) -> str:
    """A notice if an extension among ``modules`` is older than a source beside it; "" if none is."""
    for module in sorted(modules):
        if not module.endswith(_EXTENSIONS) or module in committed:
            continue
        parent = module.rpartition("/")[0]
        beside = [each for each in committed if is_compiled(each) and each.rpartition("/")[0] == parent]
        for source in sorted(beside):
            if _modified(top / source) > _modified(top / module):
                return f"{module} is older than {source}: build it again if the source has changed"
    return ""


def is_compiled(path: str) -> bool:
    """Whether extensions are built from files like this one."""
    return path.endswith(_COMPILED)


def _built(repository: Repository, committed: Collection[str]) -> Iterator[str]:
    """The ignored files in the worktree of ``repository`` that may be a build's sources, as paths from the top."""
    packages = {path.rpartition("/")[0] for path in committed if path.endswith(".py")} - {""}
    for path in list_ignored(repository):
        found = [path]
        if path.endswith("/"):
            parent = path.rstrip("/").rpartition("/")[0]
            is_source = parent in packages or (not parent and any((repository.top / path).glob("*.py")))
            found = list(_walk(repository.top, path)) if is_source else []
        elif _is_in_environment(repository.top, path):
            continue
        yield from (each for each in found if is_generated(each) or _is_translated(each, committed))


def _walk(top: Path, directory: str) -> Iterator[str]:
    for parent, directories, files in os.walk(top / directory):
        if "pyvenv.cfg" in files:
            directories.clear()
            continue
        directories[:] = sorted(each for each in directories if not each.startswith(".") and each not in BUILD_OUTPUT)
        yield from (Path(parent, name).relative_to(top).as_posix() for name in sorted(files))


def _is_in_environment(top: Path, path: str) -> bool:
    return any((top / each / "pyvenv.cfg").exists() for each in PurePosixPath(path).parents)


def _is_translated(path: str, committed: Collection[str]) -> bool:
    """Whether Cython wrote the file from a source of the commit."""
    stem = str(PurePosixPath(path).with_suffix(""))
    return path.endswith(_TRANSLATED) and any(stem + each in committed for each in (".pyx", ".py"))


def _modified(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0
