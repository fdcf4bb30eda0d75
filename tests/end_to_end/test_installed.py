"""Installed as users install it: real pre-commit builds the hook's environment from covgate's own repository."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from helpers.project import Project, calls, functions
from helpers.sealed import run, script

pytestmark = [pytest.mark.end_to_end, pytest.mark.each_python]


def test_init_then_push_pull_and_merge(installed: Project, tmp_path: Path) -> None:
    project = installed
    done = project.push()
    assert done.status == 0, done.text
    assert "covgate-pre-push" in done or "covgate (coverage gate)" in done
    assert "PASS main" in done
    assert project.field("baseline") == "83.33"
    # A regression is blocked, with unstaged edits that pre-commit puts aside and back.
    project.git("checkout", "--quiet", "-b", "topic")
    project.write("pkg/mod.py", functions("a", "b", "c", "d"))
    project.commit()
    project.write("README", "not committed\n")
    project.write("tests/test_mod.py", calls("a", "b", "c", "d"))
    done = project.push("topic")
    assert done.status != 0
    assert "BLOCKED topic" in done
    # pre-commit has put the edit aside, and yet it is named.
    assert "covgate: not committed, and so not measured: tests/test_mod.py (modified)" in done
    assert "75.00% is below the baseline of 83.33%" in done
    assert (project.top / "tests/test_mod.py").read_text() == calls("a", "b", "c", "d")
    # Mended, it passes, and the merge ratchets without a run of the tests.
    project.commit()
    assert project.push("topic").status == 0
    project.git("checkout", "--quiet", "main")
    done = run(["git", "merge", "--no-ff", "--no-edit", "topic"], project.top, project.environ)
    assert "the baseline rises from 83.33% to 100.00%" in done
    assert "measured before" in done
    assert project.field("baseline") == "100.00"
    assert project.push().status == 0
    # A second clone pulls and is told, too.
    other = tmp_path / "other"
    run(["git", "clone", "--quiet", str(project.remote), str(other)], tmp_path, project.environ)
    second = Project(other, project.remote, project.environ)
    assert run([script("pre-commit"), "install"], other, project.environ).status == 0
    second.write("README", "x\n")
    second.commit()
    assert second.push().status == 0
    done = run(["git", "pull", "--no-rebase", "origin", "main"], project.top, project.environ)
    assert "covgate" in done, done.text
    assert "PASS main" in done


def test_init_is_idempotent_and_removable(make_project: Callable[..., Project], source: Path) -> None:
    project = make_project(hooks="none")
    project.write("pyproject.toml", "# mine\n[project]\nname = 'x'  # a name\n")
    project.write(".pre-commit-config.yaml", "# mine\nrepos:\n- repo: meta\n  hooks:\n  - id: identity  # see\n")
    project.commit()
    argv = ("init", "--no-measure", "--repo", str(source), "--rev", "v0.1.0")
    assert project.covgate(*argv).status == 0
    once = project.git("diff")
    assert all(not line.startswith("-") or line.startswith("---") for line in once.splitlines()), once
    assert "default_install_hook_types: [pre-commit, pre-push, post-merge, post-rewrite]" in once
    done = project.covgate(*argv)
    assert done.status == 0
    assert "already" in done
    assert project.git("diff") == once
    for hook in ("pre-commit", "pre-push", "post-merge", "post-rewrite"):
        assert (project.top / ".git" / "hooks" / hook).exists()
    assert project.covgate("init", "--remove").status == 0
    assert project.git("diff") == ""


def test_the_ways_past_the_gate(installed: Project) -> None:
    project = installed
    project.push()
    project.write("pkg/mod.py", functions("a", "b", "c", "d"))
    project.commit()
    assert project.push("main", COVGATE_DISABLE="1").status == 0
    project.write("pkg/mod.py", functions("a", "b", "c", "d", "e"))
    project.commit()
    assert project.push().status != 0
    assert project.push("main", SKIP="covgate-pre-push").status == 0


def test_linked_worktree_and_head_tilde(installed: Project, tmp_path: Path) -> None:
    """From a linked worktree git hands the hook an absolute GIT_DIR: neither covgate nor the tests may follow it."""
    project = installed
    project.write(
        "tests/test_git.py",
        "import subprocess\n\n\ndef test_git(tmp_path):\n"
        "    for argv in (['init', '-q'], ['commit', '-q', '--allow-empty', '-m', 'from a test']):\n"
        "        subprocess.run(['git', *argv], cwd=tmp_path, check=True)\n",
    )
    project.commit()
    assert project.push().status == 0
    project.git("worktree", "add", "--quiet", "-b", "topic", str(tmp_path / "linked"))
    linked = Project(tmp_path / "linked", project.remote, project.environ)
    linked.write("tests/test_mod.py", calls("a", "b", "c"))
    good = linked.commit()
    linked.write("pkg/mod.py", functions("a", "b", "c", "d", "e"))
    linked.commit()
    done = linked.push("topic")
    assert done.status != 0
    assert "80.00% is below" in done
    done = linked.push("HEAD~1:refs/heads/topic")
    assert done.status == 0, done.text
    assert linked.field("measured_coverage", good) == "100.00"
    assert "from a test" not in project.git("log", "--all", "--format=%s")


def test_pre_commit_run_by_hand(installed: Project) -> None:
    """`pre-commit run --hook-stage pre-push` sets none of the variables: HEAD is meant."""
    done = run([script("pre-commit"), "run", "--hook-stage", "pre-push"], installed.top, installed.environ)
    assert done.status == 0, done.text
    assert "PASS main" in done
    # Nothing is pushed, so nothing is published; `pre-commit try-repo` runs the hook in this way, too.
    assert "not published: this was no push or merge" in done
    assert installed.remote_notes() == ""
