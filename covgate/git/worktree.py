"""Where a commit is measured: in the user's checkout if that has exactly the commit, else in covgate's own worktree.

The worktree is under the git directory, where `git status`, `git clean` and editors don't see it. It is kept between
runs. If a killed run left it broken, it is removed and created again.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from covgate.errors import GitError, ToolError
from covgate.git.contents import Contents
from covgate.git.environment import without_local_environment
from covgate.git.execute import CHECKOUT_OPTIONS
from covgate.git.others import Others, list_others
from covgate.git.repository import Repository
from covgate.git.submodules import update_submodules

_FAILED_FILTER = re.compile(r": (smudge|clean) filter .+ failed$", re.M)
_NOT_FOUND = re.compile(r": (command )?not found$", re.M)  # said by the shell that git starts for a filter
_SOURCES = (".py", ".toml", ".cfg", ".ini", ".coveragerc")


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkout:
    """A directory in which ``commit`` is measured; ``contents`` has its files, ``others`` the other files there.

    ``repository`` is the repository as seen from there.
    """

    path: Path
    commit: str
    in_place: bool
    repository: Repository
    contents: Contents
    others: Others

    def difference(self) -> str:
        """A clause that says how the commit's own files differ in the directory; "" if they don't.

        A second call, after the tests, is cheap.
        """
        if not has_checked_out(self.repository, self.commit):
            return "another commit is checked out"
        return next((f"{path} {how}" for path, how in self.contents.differences()), "")

    def changed_source(self) -> str:
        """Like `difference`, but only for sources and configuration: tests may write to their own data files."""
        if not has_checked_out(self.repository, self.commit):
            return "HEAD moved"
        changed = (path for path, _ in self.contents.differences(lambda path: path.endswith(_SOURCES)))
        return next((f"{path} was changed" for path in changed), "")

    def restore(self) -> str:
        """Overwrite each file that differs with the commit's. Returns a clause about what still differs.

        The checkout is closed if that fails.
        """
        try:
            if self.difference():
                self.contents.restore()
            return self.difference()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """End the processes that read objects, except those of the user's repository."""
        self.contents.close()
        if not self.in_place:
            self.repository.close()


def checkouts(repository: Repository) -> list[Path]:
    """The worktrees of the repository, without those that covgate keeps: the one that it was called in first."""
    found = [repository.top]
    if repository.common_dir.name == ".git":
        found.append(repository.common_dir.parent)
    for pointer in sorted((repository.common_dir / "worktrees").glob("*/gitdir")):
        with contextlib.suppress(OSError):
            found.append(Path(os.fsdecode(pointer.read_bytes().strip())).parent)
    return [each for each in dict.fromkeys(found) if each.parent != repository.state_dir]


def has_checked_out(repository: Repository, commit: str) -> bool:
    """Whether HEAD is ``commit``."""
    return repository.text("rev-parse", "--verify", "--quiet", "HEAD^{commit}") == commit


def in_place(repository: Repository, commit: str) -> Checkout:
    """The user's checkout as the place to measure ``commit``. Raises GitError if git can't read the commit."""
    contents = Contents(repository, commit)
    return Checkout(
        path=repository.top,
        commit=commit,
        in_place=True,
        repository=repository,
        contents=contents,
        others=list_others(contents),
    )


def kept_worktree(repository: Repository, commit: str, name: str = "tree") -> Checkout:
    """The worktree of covgate's own that is called ``name``, at ``commit`` and clean. The caller holds the lock.

    Raises ToolError if it can't be created, or if its submodules can't be updated.
    """
    path = repository.state_dir / name
    try:
        for prepare in (_switch, _create):
            checkout = prepare(repository, path, commit)
            if checkout is None:
                continue
            why_not = checkout.restore()
            if not why_not:
                return checkout
            checkout.close()
    except OSError as error:
        raise ToolError(
            f"{error.filename or path} can't be written: {error.strerror}",
            hint="covgate measures there what is not checked out exactly",
        ) from None
    raise ToolError(
        f"{path} can't be made equal to the commit: {why_not}",
        hint='set isolation = "in-place" and check the commit out',
    )


def _checkout(repository: Repository, view: Repository, commit: str) -> Checkout:
    try:
        update_submodules(repository, view, commit)
        contents = Contents(view, commit)
        others = list_others(contents)
    except BaseException:
        view.close()
        raise
    return Checkout(path=view.top, commit=commit, in_place=False, repository=view, contents=contents, others=others)


def _switch(repository: Repository, path: Path, commit: str) -> Checkout | None:
    """The worktree at ``path`` switched to ``commit`` and cleaned; None if there is none, or it is broken."""
    if not (path / ".git").is_file():
        return None
    try:
        view = _view(repository, path)
        if view.common_dir != repository.common_dir or view.top != path.resolve():
            return None
        view.run(*CHECKOUT_OPTIONS, "checkout", "--quiet", "--force", "--detach", commit)
        # Bytecode is kept: Python compares it with the source.
        view.run(*CHECKOUT_OPTIONS, "clean", "-ffdxq", "--exclude=__pycache__")
        checkout = _checkout(repository, view, commit)
    except (GitError, ToolError):
        return None
    if checkout.others.uncommitted:
        checkout.close()
        return None
    return checkout


def _create(repository: Repository, path: Path, commit: str) -> Checkout:
    shutil.rmtree(path, ignore_errors=True)
    if path.exists():
        raise ToolError(f"{path} can't be removed", hint="remove it by hand")
    _unregister(repository, path)
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        repository.run(*CHECKOUT_OPTIONS, "worktree", "add", "--quiet", "--force", "--detach", str(path), commit)
    except GitError as error:
        raise GitError(error.argv, error.status, error.stderr, hint=_filter_hint(error.stderr)) from None
    return _checkout(repository, _view(repository, path), commit)


def _filter_hint(stderr: str) -> str:
    """What to do if a filter of the clone failed, such as that of Git LFS; "" if none did."""
    if _NOT_FOUND.search(stderr) or _FAILED_FILTER.search(stderr):
        return "a filter of .gitattributes failed: install its program, and put it on the PATH of whatever pushes"
    return ""


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
