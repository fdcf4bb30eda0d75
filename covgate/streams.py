"""Standard streams that can't be written to: a full disk, a reader that has ended, a closed descriptor.

covgate tries to write its messages. A failure to write them never changes the exit code.
"""

from __future__ import annotations

import contextlib
import os
import sys
from typing import TextIO


def open_missing_streams() -> None:
    """Give the process standard streams if its caller has closed them.

    Otherwise the next file that is opened would get the number of the missing stream, and output would go there.
    """
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= 2:
        os.set_inheritable(descriptor, True)
    os.close(descriptor)
    if sys.stdout is None:
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115


def say(text: str) -> None:
    """Write a line to stderr immediately, because the user is waiting."""
    write_error(f"covgate: {text}\n")


def write_error(text: str) -> None:
    """Write ``text`` to stderr. If that fails, discard all further output to stderr."""
    try:
        sys.stderr.write(text)
        sys.stderr.flush()
    except (OSError, ValueError):
        discard(sys.stderr)


def discard(stream: TextIO) -> None:
    """Discard everything written to ``stream``, including its buffer: closing it must not raise again."""
    with contextlib.suppress(OSError, ValueError):
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, stream.fileno())
        os.close(null)
