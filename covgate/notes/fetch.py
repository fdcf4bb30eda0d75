"""The first step of a journey: a fetch of the notes to a ref of covgate's own, under way while other work goes on."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass

from covgate.git.repository import Repository
from covgate.notes.ref import NOTES_REF

# A fetch of covgate's own: nothing but what is asked for arrives, and nothing is left behind.
FETCH = (
    "fetch",
    "--quiet",
    "--no-write-fetch-head",
    "--no-tags",
    "--no-auto-maintenance",
    "--no-recurse-submodules",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetch:
    """A fetch of the notes at ``ref`` under way."""

    remote: str
    ref: str
    tracking: str
    process: subprocess.Popen[bytes]


def tracking_ref(remote: str, ref: str = NOTES_REF) -> str:
    """Where the notes of ``remote`` are kept as they were last seen."""
    name = remote
    if not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_-]*", remote):
        # A URL, or a name that is no ref component as it stands.
        import hashlib

        name = "url-" + hashlib.sha256(remote.encode(errors="surrogateescape")).hexdigest()[:16]
    return f"refs/covgate/remotes/{name}/{ref.removeprefix('refs/notes/')}"


def start_fetch(repository: Repository, remote: str, ref: str = NOTES_REF) -> Fetch:
    """Begin to fetch the notes of ``remote``; other work can go on until ``join_fetched``."""
    tracking = tracking_ref(remote, ref)
    # Whole, in a partial clone, too: there git would fetch the notes one by one as they are read.
    process = repository.start(*FETCH, "--no-filter", "--", remote, f"+{ref}:{tracking}")
    return Fetch(remote=remote, ref=ref, tracking=tracking, process=process)
