"""The files in a worktree that its commit does not have: some of them are ignored by git."""

from __future__ import annotations

import os
import posixpath
from dataclasses import dataclass

from covgate.git.contents import Contents
from covgate.git.repository import Repository

# On the command line, because all worktrees share one configuration file.
_LIST = ("-c", "core.untrackedCache=false", "ls-files", "-z")
_OTHERS = ("--others", "--exclude-standard", "--directory")


@dataclass(frozen=True, slots=True, kw_only=True)
class Others:
    """Paths from the top. A path that ends in ``/`` stands for a whole directory without any file of the commit."""

    uncommitted: tuple[str, ...]
    ignored: tuple[str, ...]

    def has(self, path: str) -> bool:
        """Whether ``path`` is one of these, or in one of these directories."""
        every = {*self.uncommitted, *self.ignored}
        return path in every or any(path[: end + 1] in every for end, letter in enumerate(path) if letter == "/")


def list_others(contents: Contents) -> Others:
    """The files in the worktree that the commit of ``contents`` lacks, without unignored bytecode and environments.

    Raises GitError if git can't list it.
    """
    repository, prefix = contents.repository, contents.prefix
    committed = contents.paths() | contents.submodule_paths()
    indexed = [each for each in _run(repository) if os.path.lexists(repository.top / each)]
    found = _run(repository, *_OTHERS, "--no-empty-directory")
    uncommitted = [*indexed, *(each for each in found if not _is_left_by_python(repository, each))]
    ignored = list_ignored(repository)
    own = Others(
        uncommitted=tuple(prefix + each for each in uncommitted if prefix + each not in committed),
        ignored=tuple(prefix + each for each in ignored if prefix + each not in committed),
    )
    every = [own, *(list_others(each) for each in contents.submodules)]
    return Others(
        uncommitted=tuple(path for each in every for path in each.uncommitted),
        ignored=tuple(path for each in every for path in each.ignored),
    )


def list_ignored(repository: Repository) -> list[str]:
    """What git ignores in the worktree of ``repository``, as paths from its top; see `Others`."""
    return _run(repository, *_OTHERS, "--ignored")


def _run(repository: Repository, *options: str) -> list[str]:
    return [each for each in os.fsdecode(repository.run(*_LIST, *options)).split("\0") if each]


def _is_left_by_python(repository: Repository, path: str) -> bool:
    """Whether ``path`` is bytecode or a virtual environment, which Python tools leave beside sources."""
    if "__pycache__" in path.rstrip("/").split("/"):
        return True
    if not path.endswith("/"):
        return False
    if (repository.top / path / "pyvenv.cfg").is_file():
        return True
    return all(
        file.endswith(".pyc") and directory.endswith("__pycache__")
        for directory, _, files in os.walk(repository.top / path)
        for file in files
    )


def left_behind(repository: Repository, report: str) -> str:
    """The directory that git neither tracks nor ignores, where a command writes ``report``; "" if there is none.

    What it leaves there makes the checkout differ from the commit. A report at the top is removed after the run.
    """
    directory = posixpath.dirname(report)
    if not directory or repository.run("ls-files", "--", directory):
        return ""
    status, _, _ = repository.attempt("check-ignore", "--quiet", "--", report)
    return directory if status == 1 else ""
