"""One child process group: started, watched, ended whole."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from covgate.errors import Interrupted

_GRACE = 5.0  # seconds between TERM and KILL
_TICK = 0.2  # seconds between two looks at the clock and the progress


class TimedOut(Exception):
    """The child was ended because its time was over."""


def run_group(
    argv: Sequence[str],
    *,
    cwd: Path,
    environ: Mapping[str, str],
    log: Path,
    deadline: float,
    tick: Callable[[], None] = lambda: None,
    stdin: Path = Path(os.devnull),
) -> int:
    """Run ``argv`` in a process group of its own, reading ``stdin``, its output appended to ``log``; its exit status.

    ``deadline`` on the monotonic clock: then, and when covgate itself is asked to stop, the whole group
    ends (TERM, a grace, KILL) before TimedOut or Interrupted is raised. A missing program raises OSError.
    """
    with log.open("ab") as output, stdin.open("rb") as input:
        process = subprocess.Popen(
            list(argv),
            cwd=cwd,
            env=dict(environ),
            stdin=input,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    # Popen.wait with a timeout polls; a thread that waits without one is there at once.
    waiter = threading.Thread(target=process.wait, daemon=True)
    waiter.start()
    try:
        while True:
            waiter.join(max(0.0, min(_TICK, deadline - time.monotonic())))
            if not waiter.is_alive():
                return process.returncode
            if time.monotonic() >= deadline:
                raise TimedOut
            tick()
    finally:
        _end_group(process)


def _end_group(process: subprocess.Popen[bytes]) -> None:
    """End what is left of the group; also after a normal end, so that no stray child outlives the run."""
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
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):  # macOS answers EPERM for a group of zombies
        return False
    return True


@contextlib.contextmanager
def interruptible() -> Iterator[None]:
    """Turn SIGINT, SIGTERM and SIGHUP into Interrupted, wherever they arrive inside the block."""

    def stop(number: int, frame: object) -> None:
        raise Interrupted(f"interrupted ({signal.Signals(number).name}); nothing was recorded")

    names = [name for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
    numbers = [getattr(signal, name) for name in names]
    try:
        before = [signal.signal(number, stop) for number in numbers]
    except ValueError:  # not the main thread: whoever runs us there keeps the signals
        yield
        return
    try:
        yield
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)
