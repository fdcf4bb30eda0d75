"""Notes are fetched to a ref of covgate's own, while other work goes on."""

from __future__ import annotations

import subprocess
from typing import NamedTuple

from covgate.errors import ToolError
from covgate.git.execute import finish
from covgate.git.messages import error_line, lost_race
from covgate.git.remote import FETCH, Remote
from covgate.notes.locks import OWN_LOCKS, remove_stale_locks
from covgate.notes.ref import FILES_REF, NOTES_REF
from covgate.notes.repair import repair_unreadable
from covgate.notes.retry import tries


class SyncError(ToolError):
    """The remote's notes could not be fetched or published, and another try would not help."""


class Fetch(NamedTuple):
    """A running fetch of the notes at ``ref`` of ``remote`` to the ref ``tracking``, which was at ``before``.

    ``notices``: refs of ours that had to be repaired first.
    """

    remote: Remote
    ref: str
    tracking: str
    before: str
    notices: tuple[str, ...]
    process: subprocess.Popen[bytes]


def tracking_ref(remote: Remote, ref: str = NOTES_REF) -> str:
    """The ref that has the notes of ``remote`` as they were last fetched or published."""
    return remote.own_ref(ref.removeprefix("refs/notes/"))


def start_fetch(remote: Remote, ref: str = NOTES_REF) -> Fetch:
    """Start to fetch the notes of ``remote`` and return at once."""
    tracking = tracking_ref(remote, ref)
    notices = tuple(repair_unreadable(remote.repository, (NOTES_REF, FILES_REF, tracking)))
    before = remote.repository.commit(tracking)
    # Also in a partial clone all notes are fetched now: git would fetch them one by one when they are read.
    process = remote.repository.start(*FETCH, "--no-filter", "--", remote.name, f"+{ref}:{tracking}", own_group=True)
    return Fetch(remote=remote, ref=ref, tracking=tracking, before=before, notices=notices, process=process)


def finish_fetch(fetch: Fetch) -> list[str]:
    """Wait for ``fetch``. Returns notices, one if the remote's notes were deleted or rewritten since the last fetch.

    Raises SyncError if the notes could not be fetched. It is no error if the remote has none.
    """
    repository, before, notices = fetch.remote.repository, fetch.before, list(fetch.notices)
    _wait(fetch)
    now = repository.commit(fetch.tracking)
    if not before or now == before or fetch.ref != NOTES_REF or _goes_on(fetch, now):
        return notices
    # If two covgates run in this clone, one may store an older answer after the other stored a newer one.
    _wait(start_fetch(fetch.remote, fetch.ref))
    now = repository.commit(fetch.tracking)
    from covgate.notes.records import Notes
    from covgate.notes.ref_faults import has_notes

    was_none, is_none = not has_notes(Notes(repository), before), not now and repository.object(fetch.tracking)
    if was_none or is_none or _goes_on(fetch, now):
        return notices  # anything but a notes commit is reported later, when it would be joined
    who = repository.text("log", "-1", "--no-show-signature", "--format=%an <%ae>, %as", before)
    what = f"rewritten: they are without {before[:10]} ({who})" if now else "deleted"
    return [
        *notices,
        f"WARNING: the notes on {fetch.remote.shown} were {what}; what this clone knows is published again",
    ]


def _goes_on(fetch: Fetch, now: str) -> bool:
    """Whether the notes commit ``now`` has the history that was fetched last."""
    return bool(now) and fetch.remote.repository.is_ancestor(fetch.before, now)


def _wait(fetch: Fetch) -> None:
    """Wait for ``fetch``. If another process of this clone held the ref, fetch again. Raises SyncError."""
    repository, running = fetch.remote.repository, fetch
    message = ""
    for attempt in tries():
        if attempt > 1:
            running = start_fetch(fetch.remote, fetch.ref)
        status, _, message = finish(running.process)
        if not status:
            return
        if "couldn't find remote ref" in message:
            # No notes there, or no longer: the next publication brings those that are here.
            if repository.object(fetch.tracking) is not None:
                repository.attempt("update-ref", "-d", fetch.tracking)
            return
        if not lost_race(message):
            break
        remove_stale_locks(repository.common_dir, *OWN_LOCKS)
    raise SyncError(f"notes of {fetch.remote.shown} could not be fetched: {error_line(message)}")
