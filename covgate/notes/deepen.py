"""Shallow clones: the ancestors whose records decide are fetched."""

from __future__ import annotations

from collections.abc import Sequence

from covgate.errors import ToolError
from covgate.git.remote import FETCH, Remote
from covgate.notes.records import Notes

# Usually the record is on one of the last commits; whoever cloned shallow has a reason not to want them all.
_STEPS = ("--deepen=50", "--deepen=500", "--unshallow")


def fetch_ancestors(remote: Remote, commits: Sequence[str]) -> int:
    """Fetch ancestors of ``commits`` from ``remote`` until no record that is higher can be behind the edge.

    Gives the number of commits that are visible from now on, 0 where all was seen; ToolError where they can't be had.
    """
    repository = remote.repository
    before = 0
    for step in _STEPS:
        if not Notes(repository).baseline(commits).hidden:
            break
        walked = list(repository.walk(commits))
        before = before or len(walked)
        # No refspec of the user's is followed: no branch moves, only history grows.
        edge = sorted(repository.shallow_boundary() & set(walked))
        status, _, err = repository.attempt(*FETCH, "--refmap=", step, "--", remote.name, *edge)
        if status:
            raise ToolError(err.strip().splitlines()[0] if err.strip() else f"git fetch ended with {status}")
        repository.refresh()
    return sum(1 for _ in repository.walk(commits)) - before if before else 0
