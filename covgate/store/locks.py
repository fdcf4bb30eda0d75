"""Lock files that a killed git left on covgate's refs: nobody else would ever take them away.

git writes a ref's new value to `<ref>.lock` and renames it. Killed between, it leaves the lock, and from then
on every update of that ref fails. git holds such a lock for milliseconds.
"""

from __future__ import annotations

import contextlib
import time
from pathlib import Path

_STALE = 10.0  # seconds
NOTES_LOCKS = ("refs/notes/coverage.lock", "refs/notes/coverage-files.lock")
OWN_LOCKS = (*NOTES_LOCKS, "refs/covgate/**/*.lock")


def remove_stale(directory: Path, *patterns: str) -> None:
    """Remove the locks in the git directory ``directory`` that match ``patterns`` and that no living git holds."""
    for pattern in patterns:
        for lock in directory.glob(pattern):
            with contextlib.suppress(OSError):
                if time.time() - lock.stat().st_mtime > _STALE:
                    lock.unlink()
