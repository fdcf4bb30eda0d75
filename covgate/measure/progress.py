"""The live line while tests run, where somebody can see it.

pre-commit captures a hook's output and shows it after the end, through a pty of its own: only the
controlling terminal itself is live. Without one there is no line.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TextIO


class Progress:
    """Draws on ``terminal``, or nowhere. ``expected`` is the seconds that an earlier run took, 0 for unknown."""

    def __init__(self, terminal: TextIO | None, expected: float) -> None:
        self._terminal = terminal
        self._expected = expected
        self._begun = time.monotonic()

    def tick(self, scratch: Path | None = None) -> None:
        """Draw the line anew, with what the run's guard has written to ``scratch``."""
        if self._terminal is None:
            return
        elapsed = time.monotonic() - self._begun
        line = f"covgate: running the tests  {_clock(elapsed)}"
        if self._expected:
            line += f" of about {_clock(self._expected)}"
        done, total = _tests(scratch) if scratch is not None else (0, 0)
        if total:
            line += f"  {done}/{total} tests"
        elif done:
            line += f"  {done} tests"
        self._draw(line)

    def clear(self) -> None:
        self._draw("")

    def _draw(self, line: str) -> None:
        if self._terminal is not None:
            with contextlib.suppress(OSError):
                self._terminal.write(f"\r\x1b[K{line}")
                self._terminal.flush()


@contextlib.contextmanager
def progress(expected: float, environ: Mapping[str, str]) -> Iterator[Progress]:
    """A Progress on the terminal: stderr's, or under pre-commit the controlling one; cleared at the end."""
    terminal: TextIO | None = None
    opened = False
    if environ.get("TERM") != "dumb":
        if environ.get("PRE_COMMIT"):
            with contextlib.suppress(OSError):
                # Never created: where there are no devices, a file of that name would stay behind.
                terminal = open(os.open("/dev/tty", os.O_WRONLY), "w", encoding="utf-8")  # noqa: PTH123, SIM115
                opened = True
        elif sys.stderr is not None and sys.stderr.isatty():
            terminal = sys.stderr
    shown = Progress(terminal, expected)
    shown.tick()  # at once: on a busy machine, a short run is over before somebody looks at the clock
    try:
        yield shown
    finally:
        shown.clear()
        if opened and terminal is not None:
            with contextlib.suppress(OSError):
                terminal.close()


def _tests(scratch: Path) -> tuple[int, int]:
    done = total = 0
    for path in scratch.glob("progress-*"):
        if path.suffix == ".new":
            continue
        try:
            counts = json.loads(path.read_bytes())
            done, total = max(done, int(counts[0])), max(total, int(counts[1]))
        except (OSError, ValueError, TypeError, IndexError):
            continue
    return done, total


def _clock(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes}:{rest:02}"
