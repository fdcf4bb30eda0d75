"""Lock files that a killed git left on covgate's refs: nobody else would ever take them away.

git writes a ref's new value to `<ref>.lock` and renames it. Killed between, it leaves the lock, and from then
on every update of that ref fails. git holds such a lock for milliseconds.
"""

from __future__ import annotations

import contextlib
import time
from pathlib import Path

_STALE = 10.0  # seconds
_OURS = ("refs/notes", "refs/covgate")


def remove_stale(directory: Path, *, below: tuple[str, ...] = _OURS) -> None:
    """Remove the locks in the git directory ``directory``, on the refs ``below``, that no living git holds."""
    for folder in below:
        for lock in directory.joinpath(folder).rglob("*.lock"):
            with contextlib.suppress(OSError):
                if time.time() - lock.stat().st_mtime > _STALE:
                    lock.unlink()
