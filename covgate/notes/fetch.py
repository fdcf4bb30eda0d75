"""Notes are fetched to a ref of covgate's own, while other work goes on."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass

from covgate.errors import ToolError
from covgate.git.messages import error_line, lost_race
from covgate.git.remote import FETCH, Remote
from covgate.notes.locks import OWN_LOCKS, remove_stale_locks
from covgate.notes.ref import NOTES_REF
from covgate.notes.retry import tries


class SyncError(ToolError):
    """The remote's notes could not be fetched or published, and another try would not help."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetch:
    """A running fetch of the notes at ``ref`` of ``remote`` to the ref ``tracking``."""

    remote: Remote
    ref: str
    tracking: str
    process: subprocess.Popen[bytes]


def tracking_ref(remote: Remote, ref: str = NOTES_REF) -> str:
    """The ref that has the notes of ``remote`` as they were last fetched or published."""
    return remote.own_ref(ref.removeprefix("refs/notes/"))


def start_fetch(remote: Remote, ref: str = NOTES_REF) -> Fetch:
    """Start to fetch the notes of ``remote`` and return at once."""
    tracking = tracking_ref(remote, ref)
    # Also in a partial clone all notes are fetched now: git would fetch them one by one when they are read.
    process = remote.repository.start(*FETCH, "--no-filter", "--", remote.name, f"+{ref}:{tracking}", own_group=True)
    return Fetch(remote=remote, ref=ref, tracking=tracking, process=process)


def finish_fetch(fetch: Fetch) -> None:
    """Wait for ``fetch``. If another process of this clone held the ref, fetch again.

    Raises SyncError if the notes could not be fetched. It is no error if the remote has none.
    """
    repository, running = fetch.remote.repository, fetch
    message = ""
    for attempt in tries():
        if attempt > 1:
            running = start_fetch(fetch.remote, fetch.ref)
        message = running.process.communicate()[1].decode(errors="replace")
        if not running.process.returncode:
            return
        if "couldn't find remote ref" in message:
            # No notes there, or no longer: the next publication brings those that are here.
            if repository.commit(fetch.tracking):
                repository.attempt("update-ref", "-d", fetch.tracking)
            return
        if not lost_race(message):
            break
        remove_stale_locks(repository.common_dir, *OWN_LOCKS)
    raise SyncError(f"notes of {fetch.remote.shown} could not be fetched: {error_line(message)}")
