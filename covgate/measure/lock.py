"""One covgate at a time measures in a repository."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock, Timeout

from covgate.errors import ToolError
from covgate.streams import say


@contextlib.contextmanager
def lock(state: Path) -> Iterator[Path]:
    """Hold the lock of the repository whose files of covgate are in ``state``; another holder is waited for.

    Yields a scratch directory, which is removed afterwards. Raises ToolError if it can't be made.
    """
    scratch = state / "tmp"
    try:
        state.mkdir(parents=True, exist_ok=True)
        held = FileLock(state / "lock")
        try:
            held.acquire(timeout=0)
        except Timeout:
            say("waiting for another covgate in this repository")
            held.acquire()
    except OSError as error:
        raise not_written(error, state) from None
    try:
        # Left by a killed run: nobody else works here while the lock is held.
        shutil.rmtree(scratch, ignore_errors=True)
        try:
            scratch.mkdir()
        except OSError as error:
            raise not_written(error, scratch) from None
        yield scratch
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
        held.release()


def not_written(error: OSError, place: Path) -> ToolError:
    """The error for a disk that is full, or a directory that can't be written."""
    return ToolError(
        f"{error.filename or place} can't be written: {error.strerror or error}",
        hint="covgate keeps its scratch files there: make room, or correct the permissions",
    )
