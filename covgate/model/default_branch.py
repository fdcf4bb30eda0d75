"""Which branch of a remote is its default branch: the one that the remote names, else the likeliest existing one."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from enum import Enum
from typing import NamedTuple


class How(Enum):
    """How the default branch is known. The value completes "main is taken, …"."""

    NAMED = "as the remote says"
    KEPT = "as the remote said last"
    FETCHED = "as git fetched it last (git remote set-head)"
    USUAL = "the usual name"
    CHECKED_OUT = "the branch that is checked out"
    ONLY = "the only branch there"
    UNKNOWN = ""


class DefaultBranch(NamedTuple):
    """The short name of a remote's default branch, "" if it is unknown, and how it is known."""

    name: str = ""
    how: How = How.UNKNOWN


def choose_default_branch(
    *,
    named: Sequence[str] | None,
    kept: str,
    there: Callable[[], Collection[str]],
    likely: Callable[[], Iterable[tuple[str, How]]],
) -> DefaultBranch:
    """The default branch of a remote.

    ``named`` is what the remote says: one branch, none, or several if it contradicts itself; None if it gave no answer.
    ``kept`` is what it said last time. ``there`` returns the known branches of the remote. ``likely`` returns other
    candidates, the likeliest first. Only guess a branch that exists; a wrong guess would disable the gate.
    """
    if named is not None and len(named) == 1:
        return DefaultBranch(name=named[0], how=How.NAMED)
    if kept and (named is None or kept in there()):
        return DefaultBranch(name=kept, how=How.KEPT)
    found = there()
    for name, how in likely() if found else ():
        if name in found:
            return DefaultBranch(name=name, how=how)
    if named is not None and len(found) == 1:
        (only,) = found
        return DefaultBranch(name=only, how=How.ONLY)
    return DefaultBranch()
