"""Where plain git hooks live, and whether one of covgate's judges the push or merge under way."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from covgate.errors import UsageError
from covgate.git.repository import Repository
from covgate.install.hook_script import GUARD, LEGACY, Kind, kind_of


def hooks_of(repository: Repository) -> Path:
    """The directory of this repository's hooks; UsageError where others than this repository share it."""
    directory = repository.hooks_directory()
    if not is_own(repository, directory):
        own = repository.common_dir / "hooks"
        raise UsageError(
            f"core.hooksPath is {directory}, outside of this repository: a hook there runs in every repository that"
            " uses it",
            hint=f"git config core.hooksPath '{own}' gives this one hooks of its own; or call covgate-pre-push"
            ' "$@" from the pre-push hook there',
        )
    return directory


def is_own(repository: Repository, directory: Path) -> bool:
    """Whether ``directory`` belongs to this repository: in its git directory or one of its working trees."""
    places = [repository.top, repository.common_dir]
    if repository.common_dir.name == ".git":
        places.append(repository.common_dir.parent)
    return any(directory.resolve().is_relative_to(place.resolve()) for place in places)


def read_hook(path: Path) -> bytes | None:
    """What ``path`` holds; None where nothing is there. What can't be read is somebody else's, whatever it is."""
    if not os.path.lexists(path):
        return None
    try:
        return path.read_bytes()
    except OSError:
        return b""


def gates_natively(repository: Repository, hook: str, environ: Mapping[str, str]) -> bool:
    """Whether a native hook of covgate's judges what called this process, so that it has nothing left to do.

    Either that hook has started this process, as part of what was there before it, and says so; or it is the
    ``.legacy`` hook of the very pre-commit that has: there both run, and both block.
    """
    said = environ.get(GUARD)
    legacy = repository.common_dir / "hooks" / f"{hook}{LEGACY}"
    if said:
        place = Path(said)
        if place.name != hook or not _is_hooks_directory(repository, place.parent):
            return False
        return any(_runs(place.with_name(name)) for name in (hook, hook + LEGACY))
    if not environ.get("PRE_COMMIT") or not _called_by_git(hook, environ) or not _runs(legacy):
        return False
    caller = legacy.with_name(hook)
    return kind_of(read_hook(caller) or b"") is Kind.PRE_COMMIT and _is_hooks_directory(repository, caller.parent)


def _is_hooks_directory(repository: Repository, directory: Path) -> bool:
    return directory.resolve() == repository.hooks_directory().resolve()


def _runs(path: Path) -> bool:
    """Whether ``path`` is a hook of covgate's, as covgate wrote it, that can be run."""
    return os.access(path, os.X_OK) and kind_of(read_hook(path) or b"") is Kind.OURS


def _called_by_git(hook: str, environ: Mapping[str, str]) -> bool:
    """Whether pre-commit runs as a git hook, after the legacy one: `pre-commit run` by hand runs none."""
    told = {
        "pre-push": "PRE_COMMIT_REMOTE_NAME",
        "post-merge": "PRE_COMMIT_IS_SQUASH_MERGE",
        "post-rewrite": "PRE_COMMIT_REWRITE_COMMAND",
    }
    return bool(environ.get(told[hook]))
