"""The standard streams, when they can't be written to: a full disk, a reader that has ended, a closed descriptor.

What covgate has to say is worth a try. It never decides how covgate ends.
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
    """Write a line to stderr at once, for somebody who waits."""
    write_error(f"covgate: {text}\n")


def write_error(text: str) -> None:
    """Write ``text`` to stderr. If that is impossible, the rest of stderr is discarded."""
    try:
        sys.stderr.write(text)
        sys.stderr.flush()
    except (OSError, ValueError):
        discard(sys.stderr)


def discard(stream: TextIO) -> None:
    """Let what is written to ``stream`` vanish, and what waits to be written: its end must not raise once more."""
    with contextlib.suppress(OSError, ValueError):
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, stream.fileno())
        os.close(null)
