"""A commit of a repository, as reports are checked against it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

from covgate.config import Config
from covgate.config.component_tables import is_inside, rooted
from covgate.errors import NothingMeasured, ToolError
from covgate.git.contents import entries_of
from covgate.git.repository import Repository
from covgate.measure.reports.located import Commit
from covgate.measure.reports.names import Tree

_AT_ONCE = 100  # files in memory
_REGULAR = ("100644", "100755", "100664")


def commit_of(repository: Repository, commit: str, checkouts: Sequence[Path]) -> Commit:
    """``commit``, whose files are in the first of ``checkouts``; the others are checkouts of the same repository.

    Raises ToolError if git can't read it.
    """
    blobs = {each.path: each.oid for each in entries_of(repository, commit) if each.mode in _REGULAR}
    roots = [_both(each) for each in checkouts]
    return Commit(
        name=commit[:10],
        tree=Tree(files=frozenset(blobs), roots=roots[0]),
        elsewhere=tuple(root for each in roots[1:] for root in each if root not in roots[0]),
        read=partial(_read, repository, blobs),
    )


def require_code(repository: Repository, commit: str, directory: str) -> None:
    """Raises NothingMeasured if ``directory`` has no Python code: without a command, covgate measures nothing else."""
    start = f"{directory}/"
    if not any(path.startswith(start) and path.endswith(".py") for path in repository.paths(commit)):
        raise NothingMeasured(
            f"{directory} has no Python code, and no `command` says how it is measured",
            hint="set `command` to what runs its tests, and `report` to the file with their coverage",
        )


def own_files(repository: Repository, commit: str, config: Config) -> Callable[[str], bool]:
    """Whether the file at a path, from the top, counts: it is in the sources of the component, if these are paths.

    Otherwise its tests decide, as far as the file isn't in what another component has of its directory.
    """
    sources = [rooted(config.directory, each) for each in config.source] if config.is_part else []
    if sources and all(not each or repository.object(f"{commit}:{each}") is not None for each in sources):
        return config.owns
    inner = [each for each in config.others if not is_inside(config.directory, each)]
    return lambda path: not any(is_inside(path, each) for each in inner)


def _both(directory: Path) -> tuple[str, ...]:
    """The absolute path of ``directory``, once as given and once with symbolic links resolved."""
    return tuple(dict.fromkeys([str(directory), os.path.realpath(directory)]))


def _read(repository: Repository, blobs: Mapping[str, str], paths: Sequence[str]) -> Iterator[tuple[str, bytes]]:
    """Each of ``paths`` and its content."""
    for start in range(0, len(paths), _AT_ONCE):
        some = paths[start : start + _AT_ONCE]
        contents = dict(repository.blobs(sorted({blobs[path] for path in some})))
        for path in some:
            if blobs[path] not in contents:
                raise ToolError(f"git can't read {path}", hint="`git fsck` shows what is damaged")
            yield path, contents[blobs[path]]
