"""Notes are published by a fast-forward push. If somebody else was faster, theirs are joined and it is tried again.

The push may only fast-forward, and that is the compare-and-swap: the remote itself checks, under its lock, that what
it has is below what it gets. A lease (`git push --force-with-lease`) would compare with what this clone fetched last,
which another covgate of the same clone may have fetched meanwhile, and overwrite it.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from covgate.git.messages import lock_exists
from covgate.git.push_refs import PushResult, push_refs
from covgate.git.remote import Remote
from covgate.notes import refusal
from covgate.notes.fetch import SyncError, tracking_ref
from covgate.notes.join import fetch_notes, open_notes
from covgate.notes.locks import NOTES_LOCKS, OWN_LOCKS, remove_stale_locks
from covgate.notes.ref import NOTES_REF
from covgate.notes.retry import tries

# Seconds without news on the remote after which a lost race can't be the reason any more. Longer than the age at which
# the lock of a killed git is removed (`locks`).
_IDLE = 20.0


def publish(remote: Remote, *refs: str, notices: list[str] | None = None) -> int:
    """Push the local notes at ``refs`` (default: the records) to ``remote``, all of them at once.

    Returns the number of pushes that it took; 0 if the remote had everything. ``notices`` collects notices about other
    people's notes that arrived in the meantime. Raises SyncError if the remote refused.
    """
    publication = _Publication(remote, refs or (NOTES_REF,), [] if notices is None else notices)
    for attempt in tries():
        # Fetched after the pause between two tries, not before: the shorter the time between fetch and push, the
        # fewer races are lost.
        if attempt > 1 and not publication.fetch_news():
            break
        if attempt == 2 and publication.is_blocked():
            break
        if not publication.find_unpublished():
            return attempt - 1
        publication.push()
        if not publication.tracking:
            return attempt
        if not publication.result.retryable:
            break
        if lock_exists(publication.result.messages):
            _remove_stale_locks_at(remote)
    raise publication.failure()


class _Publication:
    """The notes refs that ``remote`` does not have yet; ``result`` is that of the last push.

    ``tracking``: for each of them, the ref that has the remote's notes as they were last seen.
    """

    def __init__(self, remote: Remote, refs: Sequence[str], notices: list[str]) -> None:
        self.remote = remote
        self._notices = notices
        self.tracking = {ref: tracking_ref(remote, ref) for ref in refs}
        self.result = PushResult()
        self._tips: dict[str, str] = {}
        self._seen = self._read_seen()
        self._moved = time.monotonic()

    def fetch_news(self) -> bool:
        """Fetch and join what others have published. False if nobody has for longer than a race lasts."""
        for ref in self.tracking:
            self._notices += fetch_notes(self.remote, ref)
        before, self._seen = self._seen, self._read_seen()
        if any(self._seen[ref] != before[ref] for ref in self.tracking):
            self._moved = time.monotonic()
        return time.monotonic() - self._moved <= _IDLE

    def is_blocked(self) -> bool:
        """Whether one of the remote's refs does not lead to notes: then only a forced push can succeed."""
        from covgate.notes.ref_faults import find_fault

        found = (find_fault(open_notes(self.remote.repository, ref, at=at)) for ref, at in self.tracking.items())
        return any(fault is not None and not fault.tip for fault in found)

    def find_unpublished(self) -> bool:
        """Look at the local tips, and take out the refs that the remote has already. False if none is left."""
        repository = self.remote.repository
        self._tips = {ref: open_notes(repository, ref).tip() for ref in self.tracking}
        for ref, tip in self._tips.items():
            if not tip or tip == self._seen[ref]:
                self._is_published(ref)
        return bool(self.tracking)

    def push(self) -> None:
        """Push the tips, and take out the refs that the remote took."""
        self.result = push_refs(self.remote, {ref: self._tips[ref] for ref in self.tracking})
        for ref in [ref for ref in self.tracking if ref not in self.result.refused]:
            self._save_seen(ref)
            self._is_published(ref)

    def failure(self) -> SyncError:
        """The error for what the remote refused; the reason is kept for `covgate doctor`."""
        explanations = self.result.explanations()
        for ref, explanation in explanations.items():
            refusal.save(self.remote, ref, explanation)
        reason = next(iter(explanations.values()), "no answer")
        return SyncError(f"notes could not be published to {self.remote.shown}: {reason}")

    def _is_published(self, ref: str) -> None:
        del self.tracking[ref]
        refusal.clear(self.remote, ref)

    def _read_seen(self) -> dict[str, str]:
        """The tip of the remote's notes as it was last seen, for each ref."""
        return {ref: self.remote.repository.commit(at) for ref, at in self.tracking.items()}

    def _save_seen(self, ref: str) -> None:
        """Move the tracking ref to what was just published. If that fails, the next run pushes once more."""
        repository = self.remote.repository
        argv = ("update-ref", self.tracking[ref], self._tips[ref])
        if lock_exists(repository.attempt(*argv)[2]):
            # The lock of a killed git, which would make every further run push once more.
            remove_stale_locks(repository.common_dir, *OWN_LOCKS)
            repository.attempt(*argv)


def _remove_stale_locks_at(remote: Remote) -> None:
    """If ``remote`` is a directory of this machine, remove stale locks there: a push that is killed leaves them."""
    repository = remote.repository
    url = repository.text("ls-remote", "--get-url", remote.name).removeprefix("file://")
    for directory in (Path(repository.top, url, ".git"), Path(repository.top, url)):
        remove_stale_locks(directory, *NOTES_LOCKS)
