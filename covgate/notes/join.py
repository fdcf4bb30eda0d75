"""Fetched notes are joined into the local ones, note by note, so that neither side loses any."""

from __future__ import annotations

from covgate.errors import RefMoved
from covgate.git.remote import Remote
from covgate.git.repository import Repository
from covgate.notes.fetch import Fetch, SyncError, finish_fetch, start_fetch
from covgate.notes.records import Notes
from covgate.notes.ref import FILES_REF, NOTES_REF, NotesRef
from covgate.notes.repair import repair_merges
from covgate.notes.retry import tries


def fetch_notes(remote: Remote, ref: str = NOTES_REF) -> None:
    """Fetch the notes at ``ref`` of ``remote`` and join them into the local ones. Raises SyncError if that fails."""
    join_fetched(start_fetch(remote, ref))


def join_fetched(fetch: Fetch) -> None:
    """Wait for ``fetch`` and join what it brought into the local notes. Raises SyncError if that fails."""
    finish_fetch(fetch)
    repository = fetch.remote.repository
    join(open_notes(repository, fetch.ref), open_notes(repository, fetch.ref, at=fetch.tracking))


def open_notes(repository: Repository, ref: str, *, at: str = "") -> NotesRef:
    """The notes of the kind that belongs at ``ref``: those there, or those that were fetched to the ref ``at``."""
    if ref == FILES_REF:
        from covgate.notes.line_notes import DetailNotes

        return DetailNotes(repository, at or ref)
    return Notes(repository, at or ref)


def join(local: NotesRef, fetched: NotesRef) -> None:
    """Join the ``fetched`` notes into the ``local`` ones, whose ref then descends from the fetched one.

    What merges of notes have dropped on either side is joined in, too. Raises SyncError if other processes kept
    moving the ref.
    """
    if isinstance(local, Notes):
        # Before: notes that are rebuilt on the fetched tip no longer have the local merges in their history.
        repair_merges(local)
    _move_to_join(local, fetched)
    if isinstance(local, Notes):
        repair_merges(local)


def _move_to_join(local: NotesRef, fetched: NotesRef) -> None:
    for _ in tries():
        ours, theirs = local.tip(), fetched.tip()
        if not theirs or ours == theirs or (ours and local.repository.is_ancestor(theirs, ours)):
            return
        try:
            if not ours or local.repository.is_ancestor(ours, theirs):
                local.move(ours, theirs)
            else:
                local.move(ours, _build_join(local, ours, theirs))
            return
        except RefMoved:
            continue
    raise SyncError(f"{local.ref} kept moving while fetched notes were joined", hint="try again")


def _build_join(local: NotesRef, ours: str, theirs: str) -> str:
    """A notes commit on ``theirs`` with everything that only ``ours`` has; ``theirs`` itself if that is nothing."""
    here, there = local.entries(ours), local.entries(theirs)
    changed: dict[str, bytes] = {}
    for commit, blob in here.items():
        other = there.get(commit)
        if other != blob:
            data = _join_note(local, blob, other)
            if data is not None:
                changed[commit] = data
    return local.build(theirs, changed, "covgate: join notes") if changed else theirs


def _join_note(local: NotesRef, ours: str, theirs: str | None) -> bytes | None:
    """The bytes of a note for the blobs ``ours`` and ``theirs`` (None: only we have one); None to leave theirs.

    A note that can't be read gives way to one that can; of two of them, theirs stays.
    """
    found = local.repository.object(ours)
    if found is None or theirs is None:
        return found.data if found else None
    other = local.repository.object(theirs)
    joined = local.join_blobs([found.data, other.data]) if other else None
    if joined is not None:
        return joined
    readable = local.join_blobs([found.data]) is not None
    other_readable = other is not None and local.join_blobs([other.data]) is not None
    return found.data if readable and not other_readable else None
