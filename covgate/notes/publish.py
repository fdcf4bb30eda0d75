"""How notes travel: fetched to a ref of covgate's own, joined note by note, published by a fast-forward push.

Nothing is written to the user's configuration, no hook runs, nothing prompts. What goes wrong with the
remote is a `SyncError`: a warning for the hooks, never a failed push.
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from pathlib import Path

from covgate.errors import RefMoved, ToolError
from covgate.git.remote import Remote
from covgate.git.repository import Repository
from covgate.notes.fetch import Fetch, start_fetch, tracking_ref
from covgate.notes.heal import heal
from covgate.notes.locks import NOTES_LOCKS, OWN_LOCKS, lost_race, remove_stale
from covgate.notes.records import Notes
from covgate.notes.ref import FILES_REF, NOTES_REF, NotesRef
from covgate.notes.refusal import forget, remember
from covgate.notes.retry import tries

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


def join_fetched(fetch: Fetch) -> None:
    """Wait for ``fetch`` and join what it brought into the local notes; SyncError where it failed."""
    remote, repository = fetch.remote, fetch.remote.repository
    for attempt in tries():
        if attempt > 1:
            fetch = start_fetch(remote, fetch.ref)
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
            raise SyncError(f"notes of {remote.shown} could not be fetched: {reason_in(message)}")
        # Another covgate of this clone fetches, or was killed while it did.
        remove_stale(repository.common_dir, *OWN_LOCKS)
    else:
        raise SyncError(f"notes of {remote.shown} could not be fetched: {reason_in(message)}")
    join_tracking(_at(repository, fetch.ref), _at(repository, fetch.ref, fetch.tracking))


def fetch_notes(remote: Remote, ref: str = NOTES_REF) -> None:
    join_fetched(start_fetch(remote, ref))


def _at(repository: Repository, ref: str, where: str = "") -> NotesRef:
    """The notes of the kind that belong to ``ref``, as they stand at ``where``."""
    if ref == FILES_REF:
        from covgate.notes.line_notes import DetailNotes

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


def publish(remote: Remote, *refs: str) -> int:
    """Bring the local notes at ``refs`` (the records, if none is named) to ``remote``, all with one push.

    The number of pushes it took, 0 where it had them all. A push that may only fast-forward is the compare-and-swap:
    the remote itself checks, under its lock, that what it has is below what it gets. A lease would compare with what
    another covgate of this clone fetched meanwhile, and overwrite it.
    """
    repository = remote.repository
    waiting = {ref: tracking_ref(remote, ref) for ref in refs or (NOTES_REF,)}
    theirs, moved = _tips(repository, waiting), time.monotonic()
    refused: dict[str, str] = {}
    err = ""
    for attempt in tries():
        if attempt > 1:
            # After the pause, not before it: the less time between looking and pushing, the fewer races are lost.
            for ref in waiting:
                fetch_notes(remote, ref)
            before, theirs = theirs, _tips(repository, waiting)
            if any(theirs[ref] != before[ref] for ref in waiting):
                moved = time.monotonic()
            elif time.monotonic() - moved > _IDLE:
                break
        ours = {ref: _at(repository, ref).tip() for ref in waiting}
        for ref in [each for each in waiting if not ours[each] or ours[each] == theirs[each]]:
            forget(remote, ref)
            del waiting[ref]
        if not waiting:
            return attempt - 1
        refused, err = _push(remote, {ref: ours[ref] for ref in waiting})
        for ref in [each for each in waiting if each not in refused]:
            _remember_published(repository, waiting.pop(ref), ours[ref])
            forget(remote, ref)
        if not waiting:
            return attempt
        if _FINAL.search(err) or not all(_LOST_RACE.search(each) for each in refused.values()):
            break
        if "File exists" in err:
            _remove_stale_at(remote)
    said = re.sub(r"(?m)^error: failed to push some refs.*$", "", err)
    reasons = {ref: reason_in(f"{said}\n! {why}" if why != err else err) for ref, why in refused.items()}
    for ref, reason in reasons.items():
        remember(remote, ref, reason)
    raise SyncError(f"notes could not be published to {remote.shown}: {next(iter(reasons.values()), 'no answer')}")


def _tips(repository: Repository, tracking: Mapping[str, str]) -> dict[str, str]:
    return {ref: _at(repository, ref, where).tip() for ref, where in tracking.items()}


def _push(remote: Remote, tips: Mapping[str, str]) -> tuple[dict[str, str], str]:
    """Push each ref of ``tips``: those that the remote did not take, each with why, and all that git said."""
    pushed = [f"{tip}:{ref}" for ref, tip in tips.items()]
    status, out, err = remote.repository.attempt(
        "push", "--quiet", "--porcelain", "--no-verify", "--", remote.name, *pushed
    )
    if not status:
        return {}, err
    # A flag, the two names, and what became of it; none of a push that never got there.
    told = [line.split("\t") for line in out.decode(errors="replace").splitlines() if line.count("\t") == 2]
    became = {names.partition(":")[2]: (flag, why) for flag, names, why in told}
    return {ref: became.get(ref, ("", err))[1] for ref in tips if became.get(ref, ("!", ""))[0] == "!"}, err


def _remember_published(repository: Repository, tracking: str, tip: str) -> None:
    """Forgetting it costs the next run a push; a lock that a killed git left would let every run forget it."""
    if "File exists" in repository.attempt("update-ref", tracking, tip)[2]:
        remove_stale(repository.common_dir, *OWN_LOCKS)
        repository.attempt("update-ref", tracking, tip)


def _remove_stale_at(remote: Remote) -> None:
    """Where ``remote`` is a directory of this machine: what pushes there dies with us, and leaves its lock there."""
    repository = remote.repository
    url = repository.text("ls-remote", "--get-url", remote.name).removeprefix("file://")
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
