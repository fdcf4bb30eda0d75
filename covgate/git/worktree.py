"""Where a commit is measured: in place where that is sound, else in a kept worktree of covgate's own.

The worktree lies under the git directory, so that status, clean and editors don't see it. It is healed
whatever a killed run left: a checkout that fails is thrown away and made anew.
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
# Given on every call: written down, it would change the configuration that all worktrees share.
_PLAIN = (
    "-c",
    "core.sparseCheckout=false",
    "-c",
    "core.untrackedCache=false",
    "-c",
    "advice.detachedHead=false",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkout:
    """A directory that holds exactly ``commit``; ``repository`` is the view of git from there."""

    path: Path
    commit: str
    in_place: bool
    repository: Repository


def why_not_in_place(repository: Repository, commit: str) -> str:
    """Why the user's checkout does not hold exactly ``commit``; "" where it does."""
    head = repository.text("rev-parse", "--verify", "--quiet", "HEAD^{commit}")
    if head != commit:
        return "another commit is checked out"
    for path, state in _changes(repository):
        if state == "?":
            return f"{path} is not tracked"
        return f"{path} differs from the commit"
    # Git looks away from these two: a change in such a file shows in no status.
    hidden = repository.run("ls-files", "-v", "-z").decode(errors="surrogateescape").split("\0")
    for line in hidden:
        if line[:1] == "S" or line[:1].islower():
            return f"{line[2:]} is marked skip-worktree or assume-unchanged"
    return ""


def what_the_run_changed(checkout: Checkout) -> str:
    """What the tests changed in the checkout that could have changed the measurement; "" for nothing."""
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
    return Checkout(path=repository.top, commit=commit, in_place=True, repository=repository)


def kept_worktree(repository: Repository, commit: str) -> Checkout:
    """covgate's own worktree, at ``commit`` and clean. The caller holds the lock."""
    path = repository.state_dir / "tree"
    view = _switched(repository, path, commit) or _made(repository, path, commit)
    _update_submodules(view, commit)
    _copy_generated(repository, path)
    return Checkout(path=path, commit=commit, in_place=False, repository=view)


def _changes(repository: Repository, *options: str) -> Iterator[tuple[str, str]]:
    """Path and state of what `git status` shows, bytecode caches apart: Python never runs a stale one."""
    argv = (
        "status",
        "--porcelain=v1",
        "-z",
        "--ignore-submodules=none",
        *(options or ("--untracked-files=normal",)),
    )
    fields = iter(os.fsdecode(repository.run(*_PLAIN[2:4], *argv)).split("\0"))
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


def _switched(repository: Repository, path: Path, commit: str) -> Repository | None:
    """The view of the worktree at ``path`` after switching it to ``commit``; None where it is broken."""
    if not (path / ".git").is_file():
        return None
    try:
        view = _view(repository, path)
        if view.common_dir != repository.common_dir or view.top != path.resolve():
            return None
        view.run(*_PLAIN, "checkout", "--quiet", "--force", "--detach", commit)
        # Bytecode stays: Python checks it against the source.
        view.run(*_PLAIN, "clean", "-ffdxq", "--exclude=__pycache__")
        if any(True for _ in _changes(view)):
            return None
    except (GitError, ToolError):
        return None
    return view


def _made(repository: Repository, path: Path, commit: str) -> Repository:
    shutil.rmtree(path, ignore_errors=True)
    if path.exists():
        raise ToolError(f"{path} can't be removed", hint="remove it by hand")
    _forget(repository, path)
    path.parent.mkdir(parents=True, exist_ok=True)
    repository.run(*_PLAIN, "worktree", "add", "--quiet", "--force", "--detach", str(path), commit)
    return _view(repository, path)


def _view(repository: Repository, path: Path) -> Repository:
    return Repository.discover(path, without_local_environment(repository.environ, keep_call_configuration=True))


def _forget(repository: Repository, path: Path) -> None:
    """Remove what git remembers of a worktree at ``path``, locked or half made: `worktree prune` would not."""
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
    # Without --init, which would write to the configuration: those that the user has are updated.
    status, _, err = view.attempt("-c", "protocol.file.allow=always", "submodule", "update", "--recursive", "--force")
    if status:
        line = err.strip().splitlines()[-1:] or ["no message"]
        raise ToolError(
            f"the submodules of the measured worktree could not be updated: {line[0]}",
            hint='prepare them with `setup`, or set isolation = "in-place"',
        )


def _copy_generated(repository: Repository, path: Path) -> None:
    """Copy ignored modules that a build left inside packages (``_version.py``, extensions): no checkout has them."""
    listed = repository.run("ls-files", "--others", "--ignored", "--exclude-standard", "--directory", "-z")
    for name in os.fsdecode(listed).split("\0"):
        relative = Path(name)
        if not name.endswith(_COPIED) or _NEVER_COPIED.intersection(relative.parts):
            continue
        target = path / relative
        if (target.parent / "__init__.py").is_file() and not target.exists():
            shutil.copy2(repository.top / relative, target, follow_symlinks=True)
