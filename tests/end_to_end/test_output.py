"""What can't be shown or written changes no verdict: the exit code was decided before."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from helpers.project import ZERO, Project, calls
from helpers.sealed import script

pytestmark = [pytest.mark.end_to_end, pytest.mark.known_trees]

needs_full = pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
# How a shell starts the program, so that nothing that it writes arrives anywhere.
STREAMS = {
    "full disk": "{program} >/dev/full",
    "both full": "{program} >/dev/full 2>/dev/full",
    "closed": "{program} >&-",
    "both closed": "{program} >&- 2>&-",
    "all closed": "{program} <&- >&- 2>&-",
    "nobody reads": "{program} | true; exit ${{PIPESTATUS[0]}}",
}


@pytest.fixture
def blocked(project: Project) -> Project:
    """One whose commit loses a line, measured already: every way of failing to show that is tried on it."""
    assert project.push().status == 0
    project.write("tests/test_mod.py", calls("b"))
    project.commit()
    assert project.push(COVGATE_RETRIES="0").status == 1
    return project


def status(project: Project, program: str, how: str, stdin: str = "", **environ: str) -> int:
    command = STREAMS[how].format(program=program)
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=project.top,
        env={**project.environ, "COVGATE_RETRIES": "0", **environ},
        input=stdin,
        text=True,
        capture_output=True,
        timeout=600,
    )
    assert "Traceback" not in done.stderr + done.stdout
    assert "internal error" not in done.stderr + done.stdout
    return done.returncode


@needs_full
def test_a_regression_stays_blocked_whatever_becomes_of_the_output(blocked: Project) -> None:
    head, before = blocked.git("rev-parse", "HEAD"), blocked.git("rev-parse", "HEAD~1")
    line = f"refs/heads/main {head} refs/heads/main {before}\n"
    check, hook = f"{script('covgate')} check", f"{script('covgate-pre-push')} origin"
    formats = [f"{check} --format {each}" for each in ("json", "sarif")]
    found = {(command, "full disk"): status(blocked, command, "full disk") for command in formats}
    found |= {(check, how): status(blocked, check, how) for how in STREAMS}
    found |= {(hook, how): status(blocked, hook, how, line) for how in STREAMS if how != "all closed"}
    assert found == dict.fromkeys(found, 1)


@needs_full
def test_a_pass_stays_one(project: Project) -> None:
    head = project.git("rev-parse", "HEAD")
    line = f"refs/heads/main {head} refs/heads/main {ZERO}\n"
    check, hook = f"{script('covgate')} check", f"{script('covgate-pre-push')} origin"
    found = {(check, how): status(project, check, how, COVGATE_FAIL_CLOSED="1") for how in STREAMS}
    found |= {(hook, how): status(project, hook, how, line, COVGATE_FAIL_CLOSED="1") for how in list(STREAMS)[:2]}
    assert found == dict.fromkeys(found, 0)
    done = subprocess.run(
        ["bash", "-c", f"{check} >/dev/full"], cwd=project.top, env=project.environ, capture_output=True, text=True
    )
    assert "WARNING: not everything could be shown or written: No space left on device" in done.stderr


@needs_full
def test_a_command_that_only_shows_says_what_is_wrong(project: Project) -> None:
    argv = f"{script('covgate')} status >/dev/full"
    done = subprocess.run(["bash", "-c", argv], cwd=project.top, env=project.environ, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (3, "covgate: No space left on device\n  make room, and run it again\n")


@needs_full
def test_a_report_that_can_not_be_written_is_named(blocked: Project, tmp_path: Path) -> None:
    done = blocked.covgate("check", "--output", "/dev/full")
    assert done.status == 1, done.text
    assert "could be shown or written: /dev/full can't be written: No space left on device" in done
    # What can't work is refused before anything is measured.
    done = blocked.covgate("check", "--output", str(tmp_path))
    assert (done.status, "can't be written" in done) == (2, True)


def test_on_block_that_can_not_be_started_is_reported(blocked: Project) -> None:
    blocked.configure('on_block = ["./tell"]\n')
    blocked.commit()
    done = blocked.push(TMPDIR=os.devnull)
    assert done.status == 1, done.text
    assert "BLOCKED" in done
