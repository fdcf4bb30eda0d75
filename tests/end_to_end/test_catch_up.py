"""Merges that no post-merge hook saw: the next hook of any kind raises the baseline as it would have."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from helpers.project import Project, calls, functions
from helpers.sealed import Done, run

pytestmark = [pytest.mark.end_to_end, pytest.mark.known_trees]

UNGATED = {"COVGATE_DISABLE": "1"}


@pytest.fixture
def team(project: Project, tmp_path: Path) -> tuple[Project, Project]:
    """A clone whose hooks have looked at main, and a colleague's without hooks who covers more there."""
    assert project.push().status == 0
    ours, theirs = project, project.clone(tmp_path / "theirs")
    for name in ("pre-push", "post-merge"):
        (theirs.top / ".git" / "hooks" / name).unlink()
    theirs.write("tests/test_mod.py", calls("a", "b", "c"))
    theirs.commit("cover all")
    hook = ours.top / ".git" / "hooks" / "post-rewrite"
    hook.write_text((hook.parent / "post-merge").read_text())
    hook.chmod(0o755)
    return ours, theirs


def git(project: Project, *argv: str) -> Done:
    return run(["git", *argv], project.top, project.environ)


def push_something(project: Project) -> Done:
    """A push of another branch, whose own coverage changes nothing."""
    project.git("checkout", "--quiet", "-B", "aside", "main~1")
    project.write("README", "aside\n")
    project.commit("aside")
    return project.push("aside")


def forwarded_by_fetch(ours: Project) -> None:
    ours.git("checkout", "--quiet", "-b", "elsewhere")
    ours.git("fetch", "--quiet", "origin", "main:main")


def reset_to_the_remote(ours: Project) -> None:
    ours.git("fetch", "--quiet", "origin")
    ours.git("reset", "--quiet", "--hard", "origin/main")


def merged_without_hooks(ours: Project) -> None:
    ours.git("-c", "core.hooksPath=/dev/null", "pull", "--quiet", "--ff-only", "origin", "main")


@pytest.mark.parametrize("arrive", [forwarded_by_fetch, reset_to_the_remote, merged_without_hooks])
def test_what_arrived_unseen_is_caught_up_with_by_a_push(
    team: tuple[Project, Project], arrive: Callable[[Project], None]
) -> None:
    ours, theirs = team
    assert theirs.push().status == 0
    arrive(ours)
    tip = ours.git("rev-parse", "--short=10", "main")
    assert ours.note("main") == ""
    done = push_something(ours)
    assert done.status == 0, done.text
    assert f"caught up on main {tip}, which no hook saw arrive: the baseline rises to 100.00%" in done
    assert ours.field("baseline_ratio", "main") == "6/6"
    assert ours.remote_notes() == ours.git("rev-parse", "refs/notes/coverage")
    ours.write("README", "more\n")
    ours.commit("more")
    assert "caught up" not in ours.push("aside")


def test_a_server_side_squash_merge_is_ratcheted_by_the_pull(team: tuple[Project, Project]) -> None:
    ours, theirs = team
    theirs.git("checkout", "--quiet", "-b", "work")
    theirs.write("tests/test_more.py", "def test():\n    pass\n")
    theirs.commit("two commits")
    theirs.git("checkout", "--quiet", "main")
    theirs.git("reset", "--quiet", "--hard", "origin/main")
    theirs.git("merge", "--quiet", "--squash", "work")
    theirs.commit("squashed")
    assert theirs.push().status == 0
    done = git(ours, "pull", "--quiet", "origin", "main")
    assert "the baseline rises from 83.33% to 100.00%" in done
    assert "caught up" not in done


def test_a_pull_that_rebases_ratchets(team: tuple[Project, Project]) -> None:
    ours, theirs = team
    assert theirs.push().status == 0
    ours.write("README", "ours\n")
    ours.commit("ours")
    done = git(ours, "pull", "--quiet", "--rebase", "origin", "main")
    assert done.status == 0
    assert "the baseline rises to 100.00%" in done
    assert ours.field("baseline_ratio") == "6/6"


@pytest.mark.parametrize("by", ["push", "merge", "amend"])
def test_a_merge_concluded_after_a_conflict(team: tuple[Project, Project], by: str) -> None:
    ours, theirs = team
    theirs.write("README", "theirs\n")
    theirs.commit("readme")
    assert theirs.push().status == 0
    ours.write("README", "ours\n")
    ours.commit("ours")
    assert git(ours, "pull", "--quiet", "--no-rebase", "origin", "main").status != 0
    ours.write("README", "both\n")
    ours.git("add", "README")
    done = git(ours, "commit", "--quiet", "--no-edit")
    assert "covgate" not in done
    if by == "push":
        done = push_something(ours)
    elif by == "merge":
        ours.git("branch", "later")
        ours.git("checkout", "--quiet", "-b", "aside", "main~1")
        done = git(ours, "merge", "--quiet", "later")
    else:
        ours.git("checkout", "--quiet", "-b", "aside")
        done = git(ours, "commit", "--quiet", "--amend", "-m", "elsewhere")
    assert "caught up on main" in done
    assert ours.field("baseline_ratio", "main") == "6/6"


def test_what_arrives_and_does_not_pass_is_said_once(team: tuple[Project, Project]) -> None:
    ours, theirs = team
    theirs.write("pkg/mod.py", functions("a", "b", "c", "d", "e", "f"))
    theirs.write("tests/test_mod.py", calls("a"))
    theirs.commit("less")
    assert theirs.push().status == 0
    forwarded_by_fetch(ours)
    done = push_something(ours)
    assert done.status == 0, done.text  # it left main before
    assert "caught up on main" in done
    assert "does not pass: " in done
    assert ours.field("baseline_ratio", "main") == "5/6"
    ours.write("README", "more\n")
    ours.commit("more")
    assert "caught up" not in ours.push("aside")


def test_each_arrival_counts_not_only_the_last(team: tuple[Project, Project]) -> None:
    ours, theirs = team
    assert theirs.push().status == 0
    forwarded_by_fetch(ours)
    theirs.write("tests/test_mod.py", calls("a", "b"))
    theirs.commit("less again")
    assert theirs.push().status == 0
    ours.git("fetch", "--quiet", "origin", "main:main")
    done = push_something(ours)
    assert "the baseline rises to 100.00%" in done
    assert "does not pass: 83.33% is below the baseline of 100.00%" in done


def test_what_was_merged_and_taken_back_is_left_alone(team: tuple[Project, Project]) -> None:
    ours, theirs = team
    assert theirs.push().status == 0
    merged_without_hooks(ours)
    ours.git("reset", "--quiet", "--hard", "HEAD~1")
    ours.write("README", "x\n")
    ours.commit()
    assert "caught up" not in push_something(ours)


def test_of_many_arrivals_the_newest_few_are_measured(team: tuple[Project, Project], tmp_path: Path) -> None:
    ours, theirs = team
    ours.git("checkout", "--quiet", "-b", "elsewhere")
    for number in range(5):
        theirs.write("README", f"{number}\n")
        theirs.commit(str(number))
        assert theirs.push().status == 0
        ours.git("fetch", "--quiet", "origin", "main:main")
    done = push_something(ours)
    assert done.status == 0, done.text
    assert done.text.count("its tests run first") == 3
    assert [bool(ours.note(f"main~{number}")) for number in range(5)] == [True, True, True, False, False]


def test_an_interrupted_hook_is_caught_up_with(team: tuple[Project, Project], tmp_path: Path) -> None:
    """The bookmark moves when the hook is through, not before."""
    ours, theirs = team
    assert theirs.push().status == 0
    started = tmp_path / "started"
    ours.write("tests/conftest.py", WAIT.format(started=str(started)))
    ours.git("add", ".")
    ours.git("commit", "--quiet", "--message", "wait")
    environ = {**ours.environ, "WAIT": "1"}
    argv = ["git", "pull", "--quiet", "--no-rebase", "--no-edit", "origin", "main"]
    process = subprocess.Popen(argv, cwd=ours.top, env=environ, start_new_session=True)
    try:
        while not started.exists():
            assert process.poll() is None
            time.sleep(0.02)
    finally:
        os.killpg(process.pid, signal.SIGINT)
        process.wait(timeout=60)
    assert ours.note() == ""
    done = push_something(ours)
    assert "caught up on main" in done
    assert ours.field("baseline_ratio", "main") == "6/6"


WAIT = """\
import os, pathlib, threading


def pytest_sessionstart(session):
    if os.environ.get("WAIT"):
        pathlib.Path({started!r}).touch()
        threading.Event().wait(30)
"""
