"""What a remote answered last about its default branch, kept in a file under covgate's directory.

A file that is missing or damaged counts as no answer.
"""

from __future__ import annotations

import contextlib
import os
import re
import time
from pathlib import Path
from typing import NamedTuple

from covgate.files import write_atomically

# To ask a remote, all its refs travel. One with many, such as those of all pull requests, is asked once an hour only.
_MANY = 10_000  # refs
_FRESH = 3600.0  # seconds
_OLD = 3 * 24 * 3600.0  # seconds


class KeptAnswer(NamedTuple):
    """``default``: the branch that the remote named; ``refs``: how many it listed; ``age`` in seconds."""

    default: str = ""
    refs: int = 0
    age: float = 0.0

    @property
    def suffices(self) -> bool:
        """Whether the remote need not be asked again yet."""
        return bool(self.default) and self.refs > _MANY and self.is_fresh

    @property
    def is_fresh(self) -> bool:
        """Whether it is less than an hour old."""
        return 0 <= self.age < _FRESH

    def may_be_outdated(self, is_tracked: bool) -> bool:
        """Whether the branch may have been renamed since. ``is_tracked``: git has fetched it, and not pruned it."""
        return not (0 <= self.age < _OLD if is_tracked else self.is_fresh)


def read_kept(file: Path) -> KeptAnswer:
    """The answer in ``file``."""
    try:
        text = os.fsdecode(file.read_bytes())
        age = time.time() - file.stat().st_mtime
    except OSError:
        return KeptAnswer()
    found = re.fullmatch(r"([^\x00-\x20\x7f]{1,1000})(?:\n([0-9]{1,12}))?", text)
    return KeptAnswer(default=found[1], refs=int(found[2] or 0), age=age) if found else KeptAnswer()


def keep(file: Path, default: str, refs: int) -> None:
    """Keep that a remote with ``refs`` refs has named ``default``. A file that can't be written is ignored."""
    kept = read_kept(file)
    if refs > _MANY or kept.default != default or not kept.is_fresh:
        with contextlib.suppress(OSError):
            write_atomically(file, os.fsencode(f"{default}\n{refs}"))


def forget(file: Path) -> None:
    """Keep nothing: the next push asks."""
    with contextlib.suppress(OSError):
        file.unlink(missing_ok=True)


def renew(file: Path) -> None:
    """Let what is kept count as new. A file that is missing or can't be written is ignored."""
    with contextlib.suppress(OSError):
        os.utime(file)
