"""How notes travel: fetched to a ref of covgate's own, joined note by note, published with a lease.

Nothing is written to the user's configuration, no hook runs, nothing prompts. What goes wrong with the
remote is a `SyncError`: a warning for the hooks, never a failed push.
"""

from __future__ import annotations

import re

from covgate.errors import GitError, RefMoved, ToolError
from covgate.model.record import join_notes, render_note
from covgate.store.fetch import Fetch, start_fetch, tracking_ref
from covgate.store.heal import heal
from covgate.store.notes import Notes, pause
from covgate.store.repository import NOTES_REF, Repository

_TRIES = 40
# A lost race, or a transfer that a race broke: worth another try. Anything else is final.
_LOST_RACE = re.compile(
    r"stale info|fetch first|non-fast-forward|cannot lock ref|failed to lock|failed to update ref"
    r"|incorrect old value|unpacker error|remote unpack failed|unable to migrate|reference already exists"
)


class SyncError(ToolError):
    """The remote's notes could not be fetched or published."""


def join_fetched(repository: Repository, fetch: Fetch) -> None:
    """Wait for ``fetch`` and join what it brought into the local notes; SyncError where it failed."""
    _, err = fetch.process.communicate()
    if fetch.process.returncode:
        message = err.decode(errors="replace")
        if "couldn't find remote ref" not in message:
            raise SyncError(f"notes of {fetch.remote} could not be fetched: {_last_line(message)}")
        # The remote has no notes (yet, or no longer): what is here goes there with the next publish.
        repository.attempt("update-ref", "-d", fetch.tracking)
    join_tracking(Notes(repository), Notes(repository, fetch.tracking))


def fetch_notes(repository: Repository, remote: str) -> None:
    join_fetched(repository, start_fetch(repository, remote))


def join_tracking(local: Notes, fetched: Notes) -> None:
    """Fold the fetched notes into the local ref; on return the local ref descends from the fetched one.

    Nothing that merges of notes have dropped on either side is missing afterwards.
    """
    heal(local)  # what is rebuilt on the fetched tip leaves our own history behind
    _fold(local, fetched)
    heal(local)


def _fold(local: Notes, fetched: Notes) -> None:
    for attempt in range(_TRIES):
        ours, theirs = local.tip(), fetched.tip()
        if not theirs or ours == theirs or (ours and _descends(local.repository, ours, theirs)):
            return
        try:
            if not ours or _descends(local.repository, theirs, ours):
                local.move(ours, theirs)
            else:
                local.move(ours, _joined(local, ours, theirs))
            return
        except RefMoved:
            pause(attempt)
    raise SyncError(f"{local.ref} kept moving while fetched notes were joined", hint="try again")


def publish(repository: Repository, remote: str) -> int:
    """Bring the local notes to ``remote``; the number of pushes it took, 0 where it had them all."""
    local, fetched = Notes(repository), Notes(repository, tracking_ref(remote))
    for attempt in range(1, _TRIES + 1):
        ours, theirs = local.tip(), fetched.tip()
        if not ours or ours == theirs:
            return attempt - 1
        lease = f"--force-with-lease={NOTES_REF}:{theirs}"
        argv = ("push", "--quiet", "--no-verify", lease, "--", remote, f"{ours}:{NOTES_REF}")
        status, _, err = repository.attempt(*argv)
        if not status:
            repository.attempt("update-ref", fetched.ref, ours)
            return attempt
        if not _LOST_RACE.search(err):
            raise SyncError(f"notes could not be published to {remote}: {_last_line(err)}")
        pause(attempt)
        fetch_notes(repository, remote)
    raise SyncError(f"notes could not be published to {remote}: it kept moving ({_TRIES} tries)")


def _joined(local: Notes, ours: str, theirs: str) -> str:
    """A notes commit on ``theirs`` with all that ``ours`` knows beyond it."""
    here, there = local.entries(ours), local.entries(theirs)
    todo: dict[str, bytes] = {}
    for commit, blob in here.items():
        other = there.get(commit)
        if other == blob:
            continue
        found = local.repository.object(blob)
        if found is None:
            continue
        if other is None:
            todo[commit] = found.data
            continue
        notes = [local.read_blob(each) for each in sorted((blob, other))]
        if any(note.problems for note in notes):
            whole = [each for each, note in zip(sorted((blob, other)), notes, strict=True) if not note.problems]
            if whole == [blob]:
                todo[commit] = found.data
            continue
        todo[commit] = render_note(join_notes(*notes).records).encode()
    return local.build(theirs, todo, "covgate: join notes") if todo else theirs


def _descends(repository: Repository, commit: str, ancestor: str) -> bool:
    status, _, err = repository.attempt("merge-base", "--is-ancestor", ancestor, commit)
    if status > 1:
        raise GitError(["merge-base"], status, err)
    return status == 0


def _last_line(message: str) -> str:
    lines = [line.strip() for line in message.splitlines() if line.strip() and "hint:" not in line]
    told = [line for line in lines if line.startswith(("fatal:", "error:", "remote:", "ERROR:", "!"))]
    return (told or lines or ["no message"])[0]
