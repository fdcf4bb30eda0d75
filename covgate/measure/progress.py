"""The progress line while tests run, if a terminal can show it.

pre-commit captures the output of a hook, through a pty of its own, and shows it after the end. Only the controlling
terminal itself is live. Without one there is no line.
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

# Of the cursor (ECMA-48 and DEC VT100): down a line and up again, scrolling if need be; both keep the column.
_DOWN, _UP, _SAVE, _RESTORE = "\x1bD", "\x1bM", "\x1b7", "\x1b8"
_MAKE_ROOM = _DOWN + _UP


class Progress:
    """Draws the line on ``terminal``; nothing if it is None. ``expected`` is in seconds, 0 if unknown.

    ``below``: the cursor is after another program's text, which must stay. The line is drawn below it.
    """

    def __init__(self, terminal: TextIO | None, expected: float, *, below: bool = False) -> None:
        self._terminal = terminal
        self._expected = expected
        self._below = below
        self._started = time.monotonic()
        if below:
            self._write(_MAKE_ROOM)

    def tick(self, scratch: Path | None = None) -> None:
        """Draw the line again, with the number of tests that covgate's plugin has written to ``scratch``."""
        self.show({} if scratch is None else {"": scratch})

    def show(self, running: Mapping[str, Path]) -> None:
        """Draw the line again, with the number of tests in each run. ``running``: name -> scratch directory."""
        if self._terminal is None:
            return
        line = f"covgate: running the tests  {_clock(time.monotonic() - self._started)}"
        if self._expected:
            line += f" of about {_clock(self._expected)}"
        for name, scratch in running.items():
            done, total = _tests(scratch)
            count = f"{done}/{total} tests" if total else f"{done} tests" if done else ""
            line += f"  {name} {count}".rstrip() if name else f"  {count}".rstrip()
        self._draw(line)

    def clear(self) -> None:
        """Remove the line."""
        self._draw("")

    def _draw(self, line: str) -> None:
        text = f"\r\x1b[K{line}"
        self._write(f"{_SAVE}{_DOWN}{text}{_RESTORE}" if self._below else text)

    def _write(self, text: str) -> None:
        if self._terminal is not None:
            with contextlib.suppress(OSError):
                self._terminal.write(text)
                self._terminal.flush()


@contextlib.contextmanager
def progress(expected: float, environ: Mapping[str, str]) -> Iterator[Progress]:
    """A Progress for a run that takes about ``expected`` seconds (0 if unknown). The line is removed at the end.

    It is on stderr; under pre-commit on the controlling terminal, below the line on which pre-commit names the hook.
    """
    terminal: TextIO | None = None
    opened = False
    if environ.get("TERM") != "dumb":
        if environ.get("PRE_COMMIT"):
            with contextlib.suppress(OSError):
                # Without O_CREAT: on a system without this device, it must not become a file.
                terminal = open(os.open("/dev/tty", os.O_WRONLY), "w", encoding="utf-8")  # noqa: PTH123, SIM115
                opened = True
        elif sys.stderr is not None and sys.stderr.isatty():
            terminal = sys.stderr
    line = Progress(terminal, expected, below=opened)
    line.tick()  # at once: a short run may end before the first regular tick
    try:
        yield line
    finally:
        line.clear()
        if opened and terminal is not None:
            with contextlib.suppress(OSError):
                terminal.close()


def _tests(scratch: Path) -> tuple[int, int]:
    """How many tests are done, of how many. Each process under xdist writes its own file; the main one knows most."""
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
