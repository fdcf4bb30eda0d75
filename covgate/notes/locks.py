"""Stale locks: a killed git leaves the lock files of covgate's refs, and nobody else would remove them.

git writes a ref's new value to `<ref>.lock` and renames that file. Killed between the two, it leaves the lock, and
every later update of the ref fails. A living git holds such a lock for milliseconds.
"""

from __future__ import annotations

import contextlib
import time
from pathlib import Path

_STALE = 10.0  # seconds
NOTES_LOCKS = ("refs/notes/coverage.lock", "refs/notes/coverage-files.lock")
OWN_LOCKS = (*NOTES_LOCKS, "refs/covgate/**/*.lock")


def remove_stale_locks(directory: Path, *patterns: str) -> None:
    """Remove the files in the git directory ``directory`` that match ``patterns`` and are older than 10 seconds."""
    for pattern in patterns:
        for lock in directory.glob(pattern):
            with contextlib.suppress(OSError):
                if time.time() - lock.stat().st_mtime > _STALE:
                    lock.unlink()
