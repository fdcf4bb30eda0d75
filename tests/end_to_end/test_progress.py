"""While tests run there is a live line on the terminal, even where pre-commit holds the output back."""

from __future__ import annotations

import contextlib
import os
import pty
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from helpers.project import Project
from helpers.sealed import script

pytestmark = pytest.mark.end_to_end

# Comes after another test, and ends when the line has told of that one.
WAITING = """\
import pathlib, time


def test_wait():
    until = time.monotonic() + 60
    while not pathlib.Path({seen!r}).exists():
        assert time.monotonic() < until, "no line has told of the first test"
        time.sleep(0.01)
"""

# What a shell is to the command: the leader of the terminal's session. It outlives the command until its stdin is
# closed, because the end of a leader hangs the terminal up, whatever has not been read of it.
LEADER = """\
import fcntl, os, subprocess, sys, termios
terminal = int(sys.argv[1])
fcntl.ioctl(terminal, termios.TIOCSCTTY, 0)
with open(sys.argv[2], "wb") as output:
    done = subprocess.run(sys.argv[3:], stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT)
os.write(terminal, b"\\0")
sys.stdin.read()
raise SystemExit(done.returncode)
"""


def on_a_terminal(project: Project, output: Path, seen: Path) -> str:
    """Run the hook with a controlling terminal, as pre-commit does: its standard streams lead elsewhere, to ``output``.

    What the terminal showed; ``seen`` is made when it has shown a test that is done.
    """
    master, terminal = pty.openpty()
    leader = subprocess.Popen(
        [sys.executable, "-c", LEADER, str(terminal), str(output), script("covgate-pre-push")],
        cwd=project.top,
        env={**project.environ, "PRE_COMMIT": "1", "TERM": "xterm"},
        stdin=subprocess.PIPE,
        start_new_session=True,
        pass_fds=[terminal],
    )
    os.close(terminal)
    shown = b""
    with contextlib.suppress(OSError):  # Linux's end of a terminal: the leader has failed
        while not shown.endswith(b"\0"):
            shown += os.read(master, 4096)
            if b"  1/2 tests" in shown:
                seen.touch()
    leader.communicate()
    os.close(master)
    assert leader.returncode == 0, output.read_text()
    assert shown.endswith(b"\0")
    return shown[:-1].decode()


def test_a_live_line_under_pre_commit(make_project: Callable[..., Project], tmp_path: Path) -> None:
    project = make_project()
    seen = tmp_path / "seen"
    project.write("tests/test_waiting.py", WAITING.format(seen=str(seen)))
    project.commit()
    shown = on_a_terminal(project, tmp_path / "first", seen)
    # Below the line on which pre-commit names the hook; each time the cursor goes back to where it was.
    drawn = r"\x1b7\x1bD\r\x1b\[K{}\x1b8"
    running = r"covgate: running the tests  \d+:\d\d"
    assert re.match(r"\x1bD\x1bM" + drawn.format(running), shown), shown
    assert re.search(r"running the tests  \d+:\d\d  1/2 tests", shown), shown
    assert "of about" not in shown
    assert shown.endswith("\x1b7\x1bD\r\x1b[K\x1b8")  # nothing is left on the line
    assert "PASS" in (tmp_path / "first").read_text()
    # From the second run on there is something to expect.
    project.write("README", "x\n")
    project.commit()
    shown = on_a_terminal(project, tmp_path / "second", seen)
    assert re.match(r"\x1bD\x1bM" + drawn.format(running + r" of about \d+:\d\d"), shown), shown


def test_a_line_however_short_the_tests_are(make_project: Callable[..., Project], tmp_path: Path) -> None:
    project = make_project()
    project.configure('command = ["true"]\nreport = "none.xml"')
    project.commit()
    shown = on_a_terminal(project, tmp_path / "output", tmp_path / "seen")
    assert re.search(r"covgate: running the tests  \d+:\d\d\x1b8\x1b7\x1bD\r\x1b\[K", shown), shown


def test_no_line_without_a_terminal(make_project: Callable[..., Project]) -> None:
    project = make_project()
    assert "running the tests" not in project.push()
