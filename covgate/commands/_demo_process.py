"""Run one command of `covgate demo`, so that an interrupt leaves no process behind."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path


def run_command(argv: list[str], cwd: Path, environ: dict[str, str]) -> tuple[int, str]:
    """The exit status and the output of ``argv``. If it is interrupted, all processes that it started are ended."""
    process = None
    try:
        with _delayed_interrupt():
            process = subprocess.Popen(
                argv,
                cwd=cwd,
                env=environ,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
                start_new_session=True,
            )
        output, _ = process.communicate()
    except BaseException:
        if process is not None:
            _end_group(process)
        raise
    return process.returncode, output


@contextlib.contextmanager
def _delayed_interrupt() -> Iterator[None]:
    """Raise KeyboardInterrupt at the end of the block, not inside: between starting a process and getting its handle,
    it could not be ended."""
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread gets interrupts
        return
    arrived: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, _: arrived.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if arrived:
        raise KeyboardInterrupt


def _end_group(process: subprocess.Popen[str]) -> None:
    """Interrupt the whole group, as Ctrl-C in a terminal does, and kill what remains.

    The output ends when the last process has gone: a hook may live longer than the git that started it.
    """
    for number in (signal.SIGINT, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        try:
            process.communicate(timeout=5)
        except subprocess.TimeoutExpired:
            continue
        return
