"""Shallow clones: the ancestors whose records decide are fetched, and the default branch that a CI checkout lacks."""

from __future__ import annotations

from collections.abc import Sequence

from covgate.errors import ToolError
from covgate.git.repository import Repository
from covgate.notes.fetch import FETCH, tracking_ref
from covgate.notes.records import Notes

# Usually the record is on one of the last commits; whoever cloned shallow has a reason not to want them all.
_STEPS = ("--deepen=50", "--deepen=500", "--unshallow")


def deepen(repository: Repository, remote: str, commits: Sequence[str]) -> int:
    """Fetch ancestors of ``commits`` from ``remote`` until no record that is higher can be behind the edge.

    Gives the number of commits that are visible from now on, 0 where all was seen; ToolError where they can't be had.
    """
    before = 0
    for step in _STEPS:
        if not Notes(repository).baseline(commits).hidden:
            break
        walked = list(repository.walk(commits))
        before = before or len(walked)
        # No refspec of the user's is followed: no branch moves, only history grows.
        edge = sorted(repository.edge() & set(walked))
        status, _, err = repository.attempt(*FETCH, "--refmap=", step, "--", remote, *edge)
        if status:
            raise ToolError(err.strip().splitlines()[0] if err.strip() else f"git fetch ended with {status}")
        repository.look_again()
    return sum(1 for _ in repository.walk(commits)) - before if before else 0


def ask_tip(repository: Repository, remote: str, ref: str = "HEAD") -> str:
    """The tip of ``ref`` of ``remote``, asked there, else as it was last asked; "" where it has none.

    For a clone that tracks no such branch: CI services fetch the one commit that they check out.
    """
    kept = tracking_ref(remote).removesuffix("coverage") + ref
    listed = repository.text("ls-remote", "--", remote, ref).split()
    if listed and not repository.commit(listed[0]):
        # A fetch with a depth cuts history off where it ends, even if what is beyond was there: only what is new.
        depth = ["--depth=1"] if repository.shallow else []
        repository.attempt(*FETCH, "--refmap=", *depth, "--", remote, f"+{ref}:{kept}")
        repository.look_again()
        return repository.commit(kept)
    return repository.commit(listed[0] if listed else kept)
