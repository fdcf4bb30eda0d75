"""How notes travel: fetched to a ref of covgate's own, joined note by note, published by a fast-forward push.

Nothing is written to the user's configuration, no hook runs, nothing prompts. What goes wrong with the
remote is a `SyncError`: a warning for the hooks, never a failed push.
"""

from __future__ import annotations

import re
import time
from pathlib import Path

from covgate.errors import RefMoved, ToolError
from covgate.store.fetch import Fetch, start_fetch, tracking_ref, without_credentials
from covgate.store.heal import heal
from covgate.store.locks import NOTES_LOCKS, OWN_LOCKS, lost_race, remove_stale
from covgate.store.notes import Notes
from covgate.store.notes_ref import NotesRef
from covgate.store.refusal import forget, remember
from covgate.store.repository import FILES_REF, NOTES_REF, Repository
from covgate.store.retry import tries

# A lost race, or a transfer that a race broke: worth another try. Anything else is final, and so is what looks
# like a broken transfer and is a remote that can't be written.
_LOST_RACE = re.compile(
    r"fetch first|non-fast-forward|cannot lock ref|failed to lock|failed to update ref"
    r"|incorrect old value|unpacker error|remote unpack failed|unable to migrate|reference already exists"
)
_FINAL = re.compile(
    r"insufficient permission|permission denied|operation not permitted|no space left|read-only file system"
    r"|temporary object directory|exists; cannot create|non-directory in the way|reference broken",
    re.I,
)
# Seconds after which no race can be the reason, if nobody moved the remote's notes: longer than a lock that a
# killed git left there is let be (see `locks`).
_IDLE = 20.0


class SyncError(ToolError):
    """The remote's notes could not be fetched or published."""


def join_fetched(repository: Repository, fetch: Fetch) -> None:
    """Wait for ``fetch`` and join what it brought into the local notes; SyncError where it failed."""
    for attempt in tries():
        if attempt > 1:
            fetch = start_fetch(repository, fetch.remote, fetch.ref)
        _, err = fetch.process.communicate()
        message = err.decode(errors="replace")
        if not fetch.process.returncode:
            break
        if "couldn't find remote ref" in message:
            # The remote has no notes (yet, or no longer): what is here goes there with the next publish.
            if repository.commit(fetch.tracking):
                repository.attempt("update-ref", "-d", fetch.tracking)
            break
        if not lost_race(message):
            raise SyncError(f"notes of {without_credentials(fetch.remote)} could not be fetched: {reason_in(message)}")
        # Another covgate of this clone fetches, or was killed while it did.
        remove_stale(repository.common_dir, *OWN_LOCKS)
    else:
        raise SyncError(f"notes of {without_credentials(fetch.remote)} could not be fetched: {reason_in(message)}")
    join_tracking(_at(repository, fetch.ref), _at(repository, fetch.ref, fetch.tracking))


def fetch_notes(repository: Repository, remote: str, ref: str = NOTES_REF) -> None:
    join_fetched(repository, start_fetch(repository, remote, ref))


def _at(repository: Repository, ref: str, where: str = "") -> NotesRef:
    """The notes of the kind that belong to ``ref``, as they stand at ``where``."""
    if ref == FILES_REF:
        from covgate.store.details import DetailNotes

        return DetailNotes(repository, where or ref)
    return Notes(repository, where or ref)


def join_tracking(local: NotesRef, fetched: NotesRef) -> None:
    """Fold the fetched notes into the local ref; on return the local ref descends from the fetched one.

    Nothing that merges of notes have dropped on either side is missing afterwards.
    """
    if isinstance(local, Notes):
        heal(local)  # what is rebuilt on the fetched tip leaves our own history behind
    _fold(local, fetched)
    if isinstance(local, Notes):
        heal(local)


def _fold(local: NotesRef, fetched: NotesRef) -> None:
    for _ in tries():
        ours, theirs = local.tip(), fetched.tip()
        if not theirs or ours == theirs or (ours and local.repository.is_ancestor(theirs, ours)):
            return
        try:
            if not ours or local.repository.is_ancestor(ours, theirs):
                local.move(ours, theirs)
            else:
                local.move(ours, _joined(local, ours, theirs))
            return
        except RefMoved:
            continue
    raise SyncError(f"{local.ref} kept moving while fetched notes were joined", hint="try again")


def publish(repository: Repository, remote: str, ref: str = NOTES_REF) -> int:
    """Bring the local notes to ``remote``; the number of pushes it took, 0 where it had them all.

    A push that may only fast-forward is the compare-and-swap: the remote itself checks, under its lock, that what
    it has is below what it gets. A lease would compare with what another covgate of this clone fetched meanwhile,
    and overwrite it.
    """
    local, fetched = _at(repository, ref), _at(repository, ref, tracking_ref(remote, ref))
    theirs, moved, err = fetched.tip(), time.monotonic(), ""
    for attempt in tries():
        if attempt > 1:
            # After the pause, not before it: the less time between looking and pushing, the fewer races are lost.
            fetch_notes(repository, remote, ref)
            before, theirs = theirs, fetched.tip()
            if theirs != before:
                moved = time.monotonic()
            elif time.monotonic() - moved > _IDLE:
                break
        ours = local.tip()
        if not ours or ours == theirs:
            forget(repository, remote, ref)
            return attempt - 1
        status, _, err = repository.attempt("push", "--quiet", "--no-verify", "--", remote, f"{ours}:{ref}")
        if not status:
            _remember_published(repository, fetched.ref, ours)
            forget(repository, remote, ref)
            return attempt
        if _FINAL.search(err) or not _LOST_RACE.search(err):
            break
        if "File exists" in err:
            _remove_stale_at(repository, remote)
    remember(repository, remote, ref, reason_in(err))
    raise SyncError(f"notes could not be published to {without_credentials(remote)}: {reason_in(err)}")


def _remember_published(repository: Repository, tracking: str, tip: str) -> None:
    """Forgetting it costs the next run a push; a lock that a killed git left would let every run forget it."""
    if "File exists" in repository.attempt("update-ref", tracking, tip)[2]:
        remove_stale(repository.common_dir, *OWN_LOCKS)
        repository.attempt("update-ref", tracking, tip)


def _remove_stale_at(repository: Repository, remote: str) -> None:
    """Where ``remote`` is a directory of this machine: what pushes there dies with us, and leaves its lock there."""
    url = repository.text("ls-remote", "--get-url", remote).removeprefix("file://")
    for directory in (Path(repository.top, url, ".git"), Path(repository.top, url)):
        remove_stale(directory, *NOTES_LOCKS)


def _joined(local: NotesRef, ours: str, theirs: str) -> str:
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
        beside = local.repository.object(other)
        joined = local.joined([found.data, beside.data]) if beside else None
        if joined is not None:
            todo[commit] = joined
        elif local.joined([found.data]) is not None and (beside is None or local.joined([beside.data]) is None):
            todo[commit] = found.data
    return local.build(theirs, todo, "covgate: join notes") if todo else theirs


def reason_in(message: str) -> str:
    """The line of git's messages that tells most."""
    lines = [line.strip() for line in message.splitlines() if line.strip() and "hint:" not in line]
    told = [line for line in lines if line.startswith(("fatal:", "error:", "remote:", "ERROR:", "!"))]
    return (told or lines or ["no message"])[0]
