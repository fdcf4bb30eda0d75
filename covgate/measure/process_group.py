"""Run one program in a process group of its own, watch it, and end the whole group."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from covgate.errors import Interrupted

_GRACE = 5.0  # seconds between TERM and KILL
_TICK = 0.2  # seconds between two checks of the clock and of the log
_MAX_LOG = 50_000_000  # bytes; of a longer log only the end stays
_KEPT_LOG = 1_000_000


class TimedOut(Exception):
    """The program was ended because its time was over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A program to start in ``directory``. It reads ``stdin``; what it prints is added to ``log``.

    A log that grows beyond about 50 MB loses its beginning.
    """

    argv: Sequence[str]
    directory: Path
    environ: Mapping[str, str]
    log: Path
    stdin: Path = Path(os.devnull)


def run_group(command: Command, *, deadline: float, tick: Callable[[], None] = lambda: None) -> int:
    """The exit status of ``command``; negative if a signal ended it. ``tick`` is called while it runs.

    No process of its group outlives the call. Raises TimedOut at ``deadline``, a time of the monotonic clock, and
    OSError if the program can't be started.
    """
    with command.log.open("ab") as output, command.stdin.open("rb") as input:
        process = subprocess.Popen(
            list(command.argv),
            cwd=command.directory,
            env=dict(command.environ),
            stdin=input,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    # Popen.wait with a timeout polls. A thread that waits without a timeout notices the end at once.
    waiter = threading.Thread(target=process.wait, daemon=True)
    waiter.start()
    try:
        while True:
            waiter.join(max(0.0, min(_TICK, deadline - time.monotonic())))
            if not waiter.is_alive():
                return process.returncode
            if time.monotonic() >= deadline:
                raise TimedOut
            _cap(command.log)
            tick()
    finally:
        _end_group(process)


def _cap(log: Path) -> None:
    """Delete the beginning of ``log`` if it is too long. Its writers append, so they continue at the new end."""
    with contextlib.suppress(OSError):
        if log.stat().st_size > _MAX_LOG:
            end = last_bytes(log, _KEPT_LOG)
            os.truncate(log, 0)
            with log.open("ab") as file:
                file.write(end)


def last_bytes(path: Path, count: int) -> bytes:
    """At most ``count`` bytes from the end of a file, however long it is. Raises OSError if it can't be read."""
    with path.open("rb") as file:
        file.seek(max(0, file.seek(0, os.SEEK_END) - count))
        return file.read(count)


def _end_group(process: subprocess.Popen[bytes]) -> None:
    """End what is left of the group: TERM, a grace period, KILL. After a normal end there may be children, too."""
    if os.name != "posix":
        if process.poll() is None:
            process.kill()
            process.wait()
        return
    if not _signal_group(process.pid, signal.SIGTERM):
        process.wait()
        return
    until = time.monotonic() + _GRACE
    while time.monotonic() < until:
        process.poll()
        if not _signal_group(process.pid, 0):
            break
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=0.05)
        time.sleep(0.01)
    else:
        _signal_group(process.pid, signal.SIGKILL)
    process.wait()


def _signal_group(group: int, number: int) -> bool:
    """Whether the group existed."""
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):  # macOS answers EPERM for a group of zombies
        return False
    return True


@contextlib.contextmanager
def interruptible() -> Iterator[None]:
    """Inside the block, SIGINT, SIGTERM and SIGHUP raise Interrupted."""

    def stop(number: int, frame: object) -> None:
        raise Interrupted(f"interrupted ({signal.Signals(number).name}); nothing was recorded")

    names = [name for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
    numbers = [getattr(signal, name) for name in names]
    try:
        before = [signal.signal(number, stop) for number in numbers]
    except ValueError:  # only the main thread can set handlers: elsewhere, the program around us handles the signals
        yield
        return
    try:
        yield
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)
