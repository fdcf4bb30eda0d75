"""Lock files that a killed git left on covgate's refs: nobody else would ever take them away.

git writes a ref's new value to `<ref>.lock` and renames it. Killed between, it leaves the lock, and from then
on every update of that ref fails. git holds such a lock for milliseconds.
"""

from __future__ import annotations

import contextlib
import re
import time
from pathlib import Path

_STALE = 10.0  # seconds
NOTES_LOCKS = ("refs/notes/coverage.lock", "refs/notes/coverage-files.lock")
OWN_LOCKS = (*NOTES_LOCKS, "refs/covgate/**/*.lock")

# Of what keeps git from locking a ref, only this is over soon. Everything else stays, however often it is tried:
# no right to write there, another ref in the way, a ref that is broken.
_LOST_RACE = re.compile(
    r"cannot lock ref .*(?:File exists|is at [0-9a-f]+ but expected|unable to resolve reference '[^']*'$)"
    r"|reference already exists|incorrect old value",
    re.M,
)


def lost_race(message: str) -> bool:
    """Whether git failed because another process has moved or locked the ref first."""
    return bool(_LOST_RACE.search(message))


def remove_stale(directory: Path, *patterns: str) -> None:
    """Remove the locks in the git directory ``directory`` that match ``patterns`` and that no living git holds."""
    for pattern in patterns:
        for lock in directory.glob(pattern):
            with contextlib.suppress(OSError):
                if time.time() - lock.stat().st_mtime > _STALE:
                    lock.unlink()
