"""Fetched notes are joined into the local ones, note by note, so that neither side loses any."""

from __future__ import annotations

from covgate.errors import RefMoved
from covgate.git.remote import Remote
from covgate.git.repository import Repository
from covgate.notes.fetch import Fetch, SyncError, finish_fetch, start_fetch
from covgate.notes.records import Notes
from covgate.notes.ref import FILES_REF, NOTES_REF, NotesRef, is_broken
from covgate.notes.repair import known_seen, repair, repair_ref
from covgate.notes.retry import tries


def fetch_notes(remote: Remote, ref: str = NOTES_REF) -> list[str]:
    """Fetch the notes at ``ref`` of ``remote`` and join them into the local ones. Returns notices.

    Raises SyncError if that fails.
    """
    return join_fetched(start_fetch(remote, ref))


def join_fetched(fetch: Fetch) -> list[str]:
    """Wait for ``fetch`` and join what it brought into the local notes. Returns notices.

    Raises SyncError if that fails.
    """
    notices = finish_fetch(fetch)
    repository = fetch.remote.repository
    local, fetched = open_notes(repository, fetch.ref), open_notes(repository, fetch.ref, at=fetch.tracking)
    return notices + join(local, fetched, fetch.remote)


def open_notes(repository: Repository, ref: str, *, at: str = "") -> NotesRef:
    """The notes of the kind that belongs at ``ref``: those there, or those that were fetched to the ref ``at``."""
    if ref == FILES_REF:
        from covgate.notes.line_notes import DetailNotes

        return DetailNotes(repository, at or ref)
    return Notes(repository, at or ref)


def join(local: NotesRef, fetched: NotesRef, remote: Remote) -> list[str]:
    """Join the ``fetched`` notes of ``remote`` into the ``local`` ones, whose ref then descends from the fetched one.

    Changes that lower a record without an override are ignored: see `settle`. Returns notices. Raises SyncError if
    other processes kept moving the ref.
    """
    notices: list[str] = []
    for _ in tries():
        # Do this first: notes that are rebuilt on the fetched tip no longer have the local history.
        notices += repair(local) if isinstance(local, Notes) else []
        ours, theirs = local.repository.commit(local.ref), local.repository.commit(fetched.ref)
        if not theirs and not is_broken(local.repository, fetched.ref):
            return notices
        if theirs and ours and (ours == theirs or local.repository.is_ancestor(theirs, ours)):
            return notices
        try:
            return notices + _move_to_join(local, fetched, remote)
        except RefMoved:
            continue
    raise SyncError(f"{local.ref} kept moving while fetched notes were joined", hint="try again")


def _move_to_join(local: NotesRef, fetched: NotesRef, remote: Remote) -> list[str]:
    """Raises RefMoved if another process moved the local ref first."""
    # Late imports: only needed if there is something new.
    from covgate.notes.notices import finding_notices
    from covgate.notes.ref_faults import find_fault
    from covgate.notes.settle import build_join, settle

    fault = find_fault(fetched)
    if fault is not None and not fault.tip:
        return [
            f"WARNING: {local.ref} on {remote.shown} {fault.what}: the local notes are used;"
            f" `git push {remote.shown} :{local.ref}` deletes it there, and `covgate sync` publishes them"
        ]
    theirs = local.repository.commit(fetched.ref)
    if not isinstance(local, Notes):
        notices = repair_ref(local)
        ours = local.tip()
        local.move(ours, build_join(local, ours, theirs, {}, {}))
        return notices
    ours = local.tip()
    settled = settle(local, ours, theirs, known_seen(local))
    local.move(ours, settled.tip)
    local.save_seen(settled.seen)
    return finding_notices(settled.findings)
