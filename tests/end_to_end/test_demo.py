"""`covgate demo` tells the truth, stays within its directory, and leaves nothing behind however it ends."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from helpers.project import Project, snapshot
from helpers.sealed import run, script

pytestmark = pytest.mark.end_to_end

STORY = [
    "$ pre-commit install",
    "pre-commit installed at .git/hooks/pre-push",
    "$ git push --quiet --set-upstream origin main",
    "PASS main",
    "no baseline yet",
    "def refund(price, days):",
    "$ git push --quiet origin refunds",
    "BLOCKED refunds",
    "60.00% is below the baseline of 83.33%",
    "$ git push --quiet origin refunds",
    "PASS refunds",
    "$ git merge --no-edit refunds",
    "measured before",
    "the baseline rises from 83.33% to 100.00%",
    "$ git notes --ref=coverage show",
    "coverage_status: PASS",
]
# Calls it as a library, and checks that the process's environment is as it was.
AS_A_LIBRARY = """
import os
from covgate.commands.demo import demo
before = dict(os.environ)
status = demo(say=print)
assert dict(os.environ) == before
raise SystemExit(status)
"""
# Ends with 99 where a command that the demonstration started is still running when it has returned.
# With an argument: interrupted between the start of that command and the moment when anybody holds its handle.
WATCHED = """
import os, signal, subprocess, sys

started = []

class Watched(subprocess.Popen):
    def __init__(self, argv, *args, **options):
        super().__init__(argv, *args, **options)
        started.append(self)
        if sys.argv[1:] and sys.argv[1] in " ".join(map(str, argv)):
            os.kill(os.getpid(), signal.SIGINT)
            sum(range(1000))  # Python handles a signal between two of its instructions

subprocess.Popen = Watched
from covgate.cli import main
status = main(["demo"])
raise SystemExit(99 if any(each.poll() is None for each in started) else status)
"""


@pytest.fixture
def temporary(tmp_path: Path) -> Path:
    """Where the demonstration takes place, nothing else does."""
    directory = tmp_path / "it's temporary"
    directory.mkdir()
    return directory


def demo_environment(environ: dict[str, str], temporary: Path, **more: str) -> dict[str, str]:
    return {**environ, "TMPDIR": str(temporary), "PYTHONUNBUFFERED": "1", **more}


def test_the_story_in_its_order(environ: dict[str, str], temporary: Path) -> None:
    done = run([script("covgate"), "demo"], temporary, demo_environment(environ, temporary))
    assert done.status == 0, done.text
    at = 0
    for words in STORY:
        assert words in done.text[at:], f"{words!r} is not printed after {done.text[:at]}"
        at = done.text.index(words, at) + len(words)
    assert "WARNING" not in done
    assert list(temporary.iterdir()) == []


def test_the_callers_repository_and_switches_stay_out_of_it(project: Project, temporary: Path) -> None:
    """As from a git hook, where GIT_DIR is set, in a shell where the gate is switched off."""
    before = snapshot(project)
    switches = {"SKIP": "covgate-pre-push", "COVGATE_DISABLE": "1", "COVGATE_FLOOR": "99", "PRE_COMMIT_COLOR": "always"}
    away = {"GIT_DIR": str(project.top / ".git"), "GIT_WORK_TREE": str(project.top), "GIT_INDEX_FILE": "index"}
    environ = demo_environment(project.environ, temporary, **switches, **away)
    done = run([sys.executable, "-c", AS_A_LIBRARY], project.top, environ)
    assert done.status == 0, done.text
    assert "BLOCKED refunds" in done
    assert snapshot(project) == before
    assert list(temporary.iterdir()) == []


def test_keep_leaves_it_to_look_at(environ: dict[str, str], temporary: Path) -> None:
    done = run([script("covgate"), "demo", "--keep"], temporary, demo_environment(environ, temporary))
    assert done.status == 0, done.text
    (kept,) = temporary.iterdir()
    assert f"the repository is kept in {kept}" in done
    assert (kept / "shop" / "shop" / "prices.py").is_file()


def test_interrupted_while_a_hook_runs(environ: dict[str, str], temporary: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", WATCHED],
        env=demo_environment(environ, temporary),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    with process:
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith("$ git push"):
                break
        process.send_signal(signal.SIGINT)
        rest = process.stdout.read()
    assert process.returncode == 130, rest
    assert "interrupted" in rest
    assert "Traceback" not in rest
    assert list(temporary.iterdir()) == []


@pytest.mark.parametrize("command", ["pre_commit install", "push --quiet --set-upstream", "git merge"])
def test_interrupted_while_a_command_starts(environ: dict[str, str], temporary: Path, command: str) -> None:
    argv = [sys.executable, "-c", WATCHED, command]
    done = run(argv, temporary, demo_environment(environ, temporary))
    assert done.status == 130, done.text
    assert "interrupted" in done
    assert list(temporary.iterdir()) == []


def test_without_git(environ: dict[str, str], temporary: Path, tmp_path: Path) -> None:
    (tmp_path / "nothing").mkdir()
    environ = demo_environment(environ, temporary, PATH=str(tmp_path / "nothing"))
    done = run([script("covgate"), "demo"], temporary, environ)
    assert done.status == 3, done.text
    assert "install git" in done
    assert "Traceback" not in done
    assert list(temporary.iterdir()) == []


@pytest.mark.parametrize(
    ("broken", "named"),
    [
        # Says that it is blocked and ends well; ends well and says nothing; fails where GitPython runs it.
        ('push --quiet origin refunds) "$real" "$@"; exit 0', "`git push --quiet origin refunds` should fail"),
        ("notes --ref=coverage show) exit 0", "`git notes --ref=coverage show` should succeed and print"),
        ("checkout --quiet main) exit 1", "checkout"),
    ],
    ids=["not blocked", "no note", "a failing git"],
)
def test_a_step_that_goes_otherwise_is_named(
    environ: dict[str, str], temporary: Path, tmp_path: Path, broken: str, named: str
) -> None:
    """With a git in front that does one thing differently."""
    real = shutil.which("git", path=environ["PATH"])
    front = tmp_path / "front" / "git"
    front.parent.mkdir()
    pattern, _, action = broken.partition(") ")
    front.write_text(f'#!/bin/sh\nreal="{real}"\ncase "$*" in "{pattern}") {action};; esac\nexec "$real" "$@"\n')
    front.chmod(0o755)
    path = f"{front.parent}:{environ['PATH']}"
    done = run([script("covgate"), "demo"], temporary, demo_environment(environ, temporary, PATH=path))
    assert done.status == 3, done.text
    assert "the demonstration stopped" in done
    assert named in done.text.partition("the demonstration stopped")[2]
    assert "Traceback" not in done
    assert list(temporary.iterdir()) == []
