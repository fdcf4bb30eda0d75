"""Which files of the checkout differ from HEAD."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from covgate.errors import GitError
from covgate.git.repository import Repository


def uncommitted_files(repository: Repository, environ: Mapping[str, str]) -> dict[str, str]:
    """Path -> ``new``, ``modified`` or ``deleted``, for each file that is not committed as it is, except ignored ones
    and those of virtual environments.

    While pre-commit runs a hook, unstaged edits are not in the checkout: they are in a patch of its own.
    """
    found = {}
    listed = repository.run("status", "--porcelain=v1", "-z", "--no-renames", "--untracked-files=all")
    for field in filter(None, os.fsdecode(listed).split("\0")):
        state, path = field[:2], field[3:]
        found[path] = "new" if "?" in state or "A" in state else "deleted" if "D" in state else "modified"
    # The venv of Python 3.12 and older doesn't let git ignore itself.
    environments = tuple(path.removesuffix("pyvenv.cfg") for path in found if path.endswith("/pyvenv.cfg"))
    found = {path: how for path, how in found.items() if how != "new" or not path.startswith(environments)}
    for path in _put_aside(repository, environ):
        found.setdefault(path, "modified")
    return found


def _put_aside(repository: Repository, environ: Mapping[str, str]) -> Iterator[str]:
    """The files in the patch of the pre-commit that runs this hook (its `staged_files_only`, by name and process)."""
    if not environ.get("PRE_COMMIT"):
        return
    cache = Path(environ.get("XDG_CACHE_HOME") or Path(environ.get("HOME", ""), ".cache"))
    home = Path(environ.get("PRE_COMMIT_HOME") or cache / "pre-commit")
    for patch in home.glob(f"patch*-{os.getppid()}"):
        try:
            listed = repository.run("apply", "--numstat", "-z", str(patch))
        except GitError:
            continue
        for line in filter(None, os.fsdecode(listed).split("\0")):
            yield line.split("\t", 2)[-1]
