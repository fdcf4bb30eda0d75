"""Where plain git hooks are, what is there, and whether one of covgate's judges the push or merge under way."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from covgate.errors import UsageError
from covgate.git.repository import Repository
from covgate.install.hook_script import CHAINED, GUARD, LEGACY, Kind, kind_of

# Variables that pre-commit sets when git runs it as this hook, and not when `pre-commit run` is called by hand.
_SET_BY_PRE_COMMIT = {
    "pre-push": "PRE_COMMIT_REMOTE_NAME",
    "post-merge": "PRE_COMMIT_IS_SQUASH_MERGE",
    "post-rewrite": "PRE_COMMIT_REWRITE_COMMAND",
}


class HookPlace(NamedTuple):
    """The scripts that belong to one hook, None for each that isn't there.

    ``current``: what git runs; ``legacy``: what pre-commit's hook runs first; ``chained``: what covgate's hook runs
    first. ``path``: the file of the current one. ``top``: the working tree.
    """

    hook: str
    path: Path
    top: Path
    current: bytes | None
    legacy: bytes | None
    chained: bytes | None

    @classmethod
    def read(cls, repository: Repository, directory: Path, hook: str) -> HookPlace:
        """What is there for ``hook`` in ``directory``. An unreadable script counts as another tool's."""
        path = directory / hook
        return cls(
            hook=hook,
            path=path,
            top=repository.top,
            current=read_hook(path),
            legacy=read_hook(path.with_name(hook + LEGACY)),
            chained=read_hook(path.with_name(hook + CHAINED)),
        )

    @property
    def legacy_path(self) -> Path:
        return self.path.with_name(self.hook + LEGACY)

    @property
    def chained_path(self) -> Path:
        return self.path.with_name(self.hook + CHAINED)

    @property
    def behind_pre_commit(self) -> bool:
        """Whether git runs pre-commit's own hook here."""
        return self.current is not None and kind_of(self.current) is Kind.PRE_COMMIT

    @property
    def target(self) -> Path:
        """Where covgate's hook belongs."""
        return self.legacy_path if self.behind_pre_commit else self.path

    @property
    def occupant(self) -> bytes | None:
        """The script that is at ``target`` now."""
        return self.legacy if self.behind_pre_commit else self.current

    def scripts(self, kind: Kind) -> list[tuple[Path, bytes]]:
        """The scripts of this kind, with their files: the current one first, then the legacy one."""
        both = ((self.path, self.current), (self.legacy_path, self.legacy))
        return [(path, data) for path, data in both if data is not None and kind_of(data) is kind]

    def show(self, path: Path) -> str:
        """``path`` relative to the top of the working tree, if it is inside."""
        return os.path.relpath(path, self.top) if path.is_relative_to(self.top) else str(path)


def own_hooks_directory(repository: Repository) -> Path:
    """The directory of this repository's hooks. Raises UsageError if other repositories share it."""
    directory = repository.hooks_directory()
    if not is_own(repository, directory):
        own = repository.common_dir / "hooks"
        raise UsageError(
            f"core.hooksPath is {directory}, outside of this repository: a hook there runs in every repository that"
            " uses it",
            hint=f"git config core.hooksPath '{own}' gives this repository hooks of its own; or call"
            ' covgate-pre-push "$@" from the pre-push hook there',
        )
    return directory


def is_own(repository: Repository, directory: Path) -> bool:
    """Whether ``directory`` belongs to this repository: in its git directory or one of its working trees."""
    places = [repository.top, repository.common_dir]
    if repository.common_dir.name == ".git":
        places.append(repository.common_dir.parent)
    return any(directory.resolve().is_relative_to(place.resolve()) for place in places)


def read_hook(path: Path) -> bytes | None:
    """The content of ``path``; None if nothing is there, b"" if it can't be read, which is no script of covgate's."""
    if not os.path.lexists(path):
        return None
    try:
        return path.read_bytes()
    except OSError:
        return b""


def gates_natively(repository: Repository, hook: str, environ: Mapping[str, str]) -> bool:
    """Whether a native hook of covgate's judges this push or merge, so that the calling process must not.

    There are two such cases. The native hook started this process, as part of the chained hook, and says so in
    ``GUARD``. Or pre-commit started this process, and its ``.legacy`` hook is covgate's: git runs both, and either
    of them blocks.
    """
    legacy = repository.common_dir / "hooks" / f"{hook}{LEGACY}"
    if guard := environ.get(GUARD):
        path = Path(guard)
        if path.name != hook or not _is_hooks_directory(repository, path.parent):
            return False
        return any(_is_active(path.with_name(name)) for name in (hook, hook + LEGACY))
    if not environ.get("PRE_COMMIT") or called_by_hand(hook, environ) or not _is_active(legacy):
        return False
    caller = legacy.with_name(hook)
    return kind_of(read_hook(caller) or b"") is Kind.PRE_COMMIT and _is_hooks_directory(repository, caller.parent)


def called_by_hand(hook: str, environ: Mapping[str, str]) -> bool:
    """Whether pre-commit runs ``hook`` without git: `pre-commit run --hook-stage`, or `pre-commit try-repo`."""
    return bool(environ.get("PRE_COMMIT")) and not environ.get(_SET_BY_PRE_COMMIT[hook])


def _is_hooks_directory(repository: Repository, directory: Path) -> bool:
    return directory.resolve() == repository.hooks_directory().resolve()


def _is_active(path: Path) -> bool:
    """Whether ``path`` is an unchanged script of covgate's that can be run."""
    return os.access(path, os.X_OK) and kind_of(read_hook(path) or b"") is Kind.OURS
