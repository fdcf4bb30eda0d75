"""In a shallow clone, the ancestors whose records decide are fetched."""

from __future__ import annotations

from collections.abc import Sequence

from covgate.errors import ToolError
from covgate.git.messages import error_line
from covgate.git.remote import FETCH, Remote
from covgate.notes.records import Notes

# The record is usually on one of the last commits, and somebody who cloned shallow doesn't want all of them.
_STEPS = ("--deepen=50", "--deepen=500", "--unshallow")


def fetch_ancestors(remote: Remote, commits: Sequence[str]) -> int:
    """Fetch ancestors of ``commits`` until none that is still hidden can have a higher record.

    Returns the number of ancestors that were fetched, 0 if none was needed. Raises ToolError if a fetch fails, or takes
    longer than two minutes.
    """
    repository = remote.repository
    before = 0
    for step in _STEPS:
        if not Notes(repository).baseline(commits).hidden:
            break
        visible = list(repository.walk(commits))
        before = before or len(visible)
        boundary = sorted(repository.shallow_boundary() & set(visible))
        status, _, err = repository.transfer(*FETCH, step, "--", remote.name, *boundary)
        if status:
            raise ToolError(error_line(err))
        repository.refresh()
    return sum(1 for _ in repository.walk(commits)) - before if before else 0
