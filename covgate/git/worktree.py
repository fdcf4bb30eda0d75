"""Where a commit is measured: in the user's checkout if that has exactly the commit, else in covgate's own worktree.

The worktree is under the git directory, where `git status`, `git clean` and editors don't see it. It is kept between
runs. If a killed run left it broken, it is removed and created again.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from covgate.errors import GitError, ToolError
from covgate.git.environment import without_local_environment
from covgate.git.repository import Repository

_COPIED = (".py", ".so", ".pyd")
_NEVER_COPIED = frozenset({"test", "tests", "testing"})
# On the command line, because all worktrees share one configuration file.
_NO_UNTRACKED_CACHE = ("-c", "core.untrackedCache=false")
_OPTIONS = ("-c", "core.sparseCheckout=false", *_NO_UNTRACKED_CACHE, "-c", "advice.detachedHead=false")


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkout:
    """A directory that has exactly ``commit``; ``repository`` is the repository as seen from there."""

    path: Path
    commit: str
    in_place: bool
    repository: Repository


def why_not_in_place(repository: Repository, commit: str) -> str:
    """Why the user's checkout does not have exactly ``commit``; "" if it has."""
    head = repository.text("rev-parse", "--verify", "--quiet", "HEAD^{commit}")
    if head != commit:
        return "another commit is checked out"
    for path, state in _changes(repository):
        if state == "?":
            return f"{path} is not tracked"
        return f"{path} differs from the commit"
    # git does not look for changes in files that are marked with one of these.
    hidden = repository.run("ls-files", "-v", "-z").decode(errors="surrogateescape").split("\0")
    for line in hidden:
        if line[:1] == "S" or line[:1].islower():
            return f"{line[2:]} is marked skip-worktree or assume-unchanged"
    return ""


def what_the_run_changed(checkout: Checkout) -> str:
    """The first change that the tests made in the checkout and that may have affected the measurement; "" for none."""
    if checkout.in_place:
        return why_not_in_place(checkout.repository, checkout.commit)
    head = checkout.repository.text("rev-parse", "--verify", "--quiet", "HEAD^{commit}")
    if head != checkout.commit:
        return "HEAD moved"
    for path, state in _changes(checkout.repository, "--untracked-files=no"):
        if state != "?" and path.endswith((".py", ".toml", ".cfg", ".ini", ".coveragerc")):
            return f"{path} was changed"
    return ""


def in_place(repository: Repository, commit: str) -> Checkout:
    """The user's checkout as the place to measure ``commit``."""
    return Checkout(path=repository.top, commit=commit, in_place=True, repository=repository)


def kept_worktree(repository: Repository, commit: str) -> Checkout:
    """covgate's own worktree, at ``commit`` and clean. The caller holds the lock.

    Raises ToolError if it can't be created, or if its submodules can't be updated.
    """
    path = repository.state_dir / "tree"
    view = _switch(repository, path, commit) or _create(repository, path, commit)
    _update_submodules(view, commit)
    _copy_generated(repository, path)
    return Checkout(path=path, commit=commit, in_place=False, repository=view)


def _changes(repository: Repository, *options: str) -> Iterator[tuple[str, str]]:
    """Path and state letter of what `git status` lists, without bytecode caches: Python never runs a stale one."""
    argv = (
        "status",
        "--porcelain=v1",
        "-z",
        "--ignore-submodules=none",
        *(options or ("--untracked-files=normal",)),
    )
    fields = iter(os.fsdecode(repository.run(*_NO_UNTRACKED_CACHE, *argv)).split("\0"))
    for field in fields:
        state, path = field[:2], field[3:]
        if "R" in state or "C" in state:
            next(fields, None)
        if not field or (state == "??" and "__pycache__" in path.rstrip("/").split("/")):
            continue
        if state == "??" and path.endswith("/") and _only_bytecode(repository.top / path):
            continue
        yield path, state[0].strip() or state[1]


def _only_bytecode(directory: Path) -> bool:
    return all(file.endswith(".pyc") for _, _, files in os.walk(directory) for file in files)


def _switch(repository: Repository, path: Path, commit: str) -> Repository | None:
    """The worktree at ``path`` switched to ``commit`` and cleaned; None if there is none, or it is broken."""
    if not (path / ".git").is_file():
        return None
    try:
        view = _view(repository, path)
        if view.common_dir != repository.common_dir or view.top != path.resolve():
            return None
        view.run(*_OPTIONS, "checkout", "--quiet", "--force", "--detach", commit)
        # Bytecode is kept: Python compares it with the source.
        view.run(*_OPTIONS, "clean", "-ffdxq", "--exclude=__pycache__")
        if any(True for _ in _changes(view)):
            return None
    except (GitError, ToolError):
        return None
    return view


def _create(repository: Repository, path: Path, commit: str) -> Repository:
    shutil.rmtree(path, ignore_errors=True)
    if path.exists():
        raise ToolError(f"{path} can't be removed", hint="remove it by hand")
    _unregister(repository, path)
    path.parent.mkdir(parents=True, exist_ok=True)
    repository.run(*_OPTIONS, "worktree", "add", "--quiet", "--force", "--detach", str(path), commit)
    return _view(repository, path)


def _view(repository: Repository, path: Path) -> Repository:
    return Repository.discover(path, without_local_environment(repository.environ, keep_call_configuration=True))


def _unregister(repository: Repository, path: Path) -> None:
    """Remove git's data about a worktree at ``path``. `git worktree prune` keeps it if it is locked or incomplete."""
    for pointer in (repository.common_dir / "worktrees").glob("*/gitdir"):
        try:
            target = Path(os.fsdecode(pointer.read_bytes().strip()))
        except OSError:
            continue
        if os.path.realpath(target.parent) == os.path.realpath(path):
            shutil.rmtree(pointer.parent, ignore_errors=True)


def _update_submodules(view: Repository, commit: str) -> None:
    if view.file(commit, ".gitmodules") is None:
        return
    # Without --init, which would write to the configuration: only the submodules that the user has initialised.
    status, _, err = view.attempt("-c", "protocol.file.allow=always", "submodule", "update", "--recursive", "--force")
    if status:
        line = err.strip().splitlines()[-1:] or ["no message"]
        raise ToolError(
            f"the submodules of the measured worktree could not be updated: {line[0]}",
            hint='prepare them with `setup`, or set isolation = "in-place"',
        )


def _copy_generated(repository: Repository, path: Path) -> None:
    """Copy the ignored modules that a build left inside packages (``_version.py``, extensions) to ``path``."""
    listed = repository.run("ls-files", "--others", "--ignored", "--exclude-standard", "--directory", "-z")
    for name in os.fsdecode(listed).split("\0"):
        relative = Path(name)
        if not name.endswith(_COPIED) or _NEVER_COPIED.intersection(relative.parts):
            continue
        target = path / relative
        if (target.parent / "__init__.py").is_file() and not target.exists():
            shutil.copy2(repository.top / relative, target, follow_symlinks=True)
