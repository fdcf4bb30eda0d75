"""The first step of a journey: a fetch of the notes to a ref of covgate's own, under way while other work goes on."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass

from covgate.git.remote import FETCH, Remote
from covgate.notes.ref import NOTES_REF


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetch:
    """A fetch of the notes at ``ref`` under way."""

    remote: Remote
    ref: str
    tracking: str
    process: subprocess.Popen[bytes]


def tracking_ref(remote: Remote, ref: str = NOTES_REF) -> str:
    """Where the notes of ``remote`` are kept as they were last seen."""
    return remote.own_ref(ref.removeprefix("refs/notes/"))


def start_fetch(remote: Remote, ref: str = NOTES_REF) -> Fetch:
    """Begin to fetch the notes of ``remote``; other work can go on until ``join_fetched``."""
    tracking = tracking_ref(remote, ref)
    # Whole, in a partial clone, too: there git would fetch the notes one by one as they are read.
    process = remote.repository.start(*FETCH, "--no-filter", "--", remote.name, f"+{ref}:{tracking}")
    return Fetch(remote=remote, ref=ref, tracking=tracking, process=process)
