"""A program runs in its own process group, and the whole group ends with it."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

import pytest

from covgate.errors import Interrupted
from covgate.measure.process_group import Command, TimedOut, interruptible, last_bytes, run_group

LONG = 60.0


def command(directory: Path, code: str, stdin: Path = Path(os.devnull)) -> Command:
    return Command(
        argv=[sys.executable, "-c", code],
        directory=directory,
        environ={**os.environ, "GREETING": "hello"},
        log=directory / "log",
        stdin=stdin,
    )


@pytest.mark.parametrize(
    ("code", "status"),
    [("pass", 0), ("raise SystemExit(5)", 5), ("import os; os.kill(os.getpid(), 9)", -signal.SIGKILL)],
)
def test_the_exit_status(tmp_path: Path, code: str, status: int) -> None:
    assert run_group(command(tmp_path, code), deadline=time.monotonic() + LONG) == status


def test_where_it_runs_and_what_it_reads_and_prints(tmp_path: Path) -> None:
    given = tmp_path / "given"
    given.write_text("from stdin")
    code = "import os, sys; print(os.getcwd(), os.environ['GREETING'], sys.stdin.read(), flush=True)"
    (tmp_path / "log").write_text("before\n")
    run_group(command(tmp_path, code, given), deadline=time.monotonic() + LONG)
    run_group(command(tmp_path, "print('error', file=__import__('sys').stderr)"), deadline=time.monotonic() + LONG)
    assert (tmp_path / "log").read_text() == f"before\n{os.path.realpath(tmp_path)} hello from stdin\nerror\n"


def test_a_program_that_prints_without_end_fills_neither_disk_nor_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("covgate.measure.process_group._MAX_LOG", 1_000_000)
    monkeypatch.setattr("covgate.measure.process_group._KEPT_LOG", 1_000)
    longest = 0

    def tick() -> None:
        nonlocal longest
        longest = max(longest, (tmp_path / "log").stat().st_size)
        if longest and (tmp_path / "log").stat().st_size < longest:
            (tmp_path / "stop").touch()  # it was cut at least once

    code = (
        "import pathlib\nwhile not pathlib.Path('stop').exists():\n    print('x' * 999, flush=True)\nprint('the end')"
    )
    assert run_group(command(tmp_path, code), deadline=time.monotonic() + LONG, tick=tick) == 0
    assert last_bytes(tmp_path / "log", 8) == b"the end\n"


@pytest.mark.parametrize(("count", "expected"), [(0, b""), (3, b"rld"), (5, b"world"), (9, b"world")])
def test_the_end_of_a_file(tmp_path: Path, count: int, expected: bytes) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"world")
    assert last_bytes(path, count) == expected


def test_a_program_that_does_not_exist(tmp_path: Path) -> None:
    missing = Command(argv=["no-such-program"], directory=tmp_path, environ={}, log=tmp_path / "log")
    with pytest.raises(OSError, match="no-such-program"):
        run_group(missing, deadline=time.monotonic() + LONG)


def test_a_program_that_is_stopped_ends_with_its_children(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    # Both the program and its child hold the writing end open as long as they live.
    code = (
        "import os, signal, subprocess, sys\n"
        f"end = os.open({str(pipe)!r}, os.O_WRONLY)\n"
        "os.set_inheritable(end, True)\n"
        "subprocess.Popen([sys.executable, '-c', 'import signal; signal.pause()'], close_fds=False)\n"
        "os.write(end, b'started')\nsignal.pause()\n"
    )
    started = b""

    def tick() -> None:
        nonlocal started
        try:
            started += os.read(reader, 100)
        except BlockingIOError:
            return
        if started:
            raise TimedOut

    with pytest.raises(TimedOut):
        run_group(command(tmp_path, code), deadline=time.monotonic() + LONG, tick=tick)
    assert started == b"started"
    os.set_blocking(reader, True)
    assert os.read(reader, 100) == b""  # the end of file comes when nobody is left
    os.close(reader)


def test_the_deadline(tmp_path: Path) -> None:
    with pytest.raises(TimedOut):
        run_group(command(tmp_path, "import signal; signal.pause()"), deadline=time.monotonic())


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_signals_interrupt_and_the_old_handlers_come_back(name: str) -> None:
    number = getattr(signal, name)
    before = signal.getsignal(number)
    with pytest.raises(Interrupted, match=name), interruptible():
        os.kill(os.getpid(), number)
        time.sleep(LONG)  # ended by the signal
    assert signal.getsignal(number) == before
