"""While tests run there is a live line on the terminal, even where pre-commit holds the output back."""

from __future__ import annotations

import os
import pty
import re
from pathlib import Path

import pytest
from support import Project, script

pytestmark = pytest.mark.end_to_end

SLOW = """\
import pytest


@pytest.mark.parametrize("number", range(40))
def test_wait(number):
    import threading
    threading.Event().wait(0.02)
"""


def on_a_terminal(project: Project, argv: list[str], output: Path, environ: dict[str, str]) -> str:
    """Run ``argv`` with a controlling terminal and its standard streams in files; what the terminal showed."""
    pid, master = pty.fork()
    if pid == 0:  # the child: nothing of pytest's may run on here
        try:
            os.chdir(project.top)
            os.set_inheritable(os.dup(0), True)  # the terminal stays open, as under a shell
            target = os.open(output, os.O_WRONLY | os.O_CREAT)
            nothing = os.open(os.devnull, os.O_RDONLY)
            os.dup2(nothing, 0)
            os.dup2(target, 1)
            os.dup2(target, 2)
            os.execvpe(argv[0], argv, environ)
        finally:
            os._exit(127)
    shown = b""
    while True:
        try:
            data = os.read(master, 4096)
        except OSError:  # Linux's end of a terminal
            break
        if not data:
            break
        shown += data
    os.waitpid(pid, 0)
    os.close(master)
    return shown.decode()


def test_a_live_line_under_pre_commit(project: Project, tmp_path: Path) -> None:
    project.write("tests/test_slow.py", SLOW)
    project.commit()
    environ = {**project.environ, "PRE_COMMIT": "1", "TERM": "xterm"}
    argv = [script("covgate-pre-push")]
    shown = on_a_terminal(project, argv, tmp_path / "first", environ)
    assert "covgate: running the tests  0:00" in shown
    assert re.search(r"\d+/42 tests|\d+/41 tests", shown), shown
    assert "of about" not in shown
    assert shown.endswith("\r\x1b[K")  # nothing is left on the line
    assert "PASS" in (tmp_path / "first").read_text()
    # From the second run on there is something to expect.
    project.write("README", "x\n")
    project.commit()
    shown = on_a_terminal(project, argv, tmp_path / "second", environ)
    assert "of about 0:0" in shown


def test_no_line_without_a_terminal(project: Project) -> None:
    assert "running the tests" not in project.push()
