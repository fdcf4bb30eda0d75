"""Refs that are no branches: what is for review is gated as its branch, and everything else is named with a reason."""

from __future__ import annotations

import pytest

from helpers.project import Project, functions
from helpers.sealed import run, script

pytestmark = [pytest.mark.end_to_end, pytest.mark.known_trees]


@pytest.fixture
def pushed(project: Project) -> Project:
    """main is pushed; a topic has lost coverage since."""
    project.configure('branches = ["main"]\n')
    project.commit("only main is gated")
    assert project.push().status == 0
    project.git("checkout", "--quiet", "-b", "topic")
    project.write("pkg/mod.py", functions("a", "b", "c", "d"))
    project.commit("no test for d")
    return project


@pytest.mark.parametrize("ref", ["refs/for/main%topic=x", "refs/for/main/topic", "refs/changes/34/1234"])
def test_what_is_for_review_is_gated_as_its_branch(pushed: Project, ref: str) -> None:
    done = pushed.push(f"HEAD:{ref}")
    assert done.status == 1, done.text
    assert f"BLOCKED {ref}" in done
    assert f"{ref} is gated like a push to main, but raises no baseline" in done
    assert "below the baseline of 83.33%" in done


def test_what_is_for_review_raises_nothing(pushed: Project) -> None:
    pushed.git("checkout", "--quiet", "main")
    pushed.write(
        "tests/test_mod.py", "from pkg import mod\n\n\ndef test():\n    assert mod.a() and mod.b() and mod.c()\n"
    )
    pushed.commit()
    done = pushed.push("HEAD:refs/for/main")
    assert done.status == 0, done.text
    assert "100.00% holds the baseline of 83.33%" in done
    assert "rises" not in done
    assert pushed.field("baseline_ratio") == "5/6"


def test_every_ref_of_a_mirror_is_gated_or_named(pushed: Project) -> None:
    pushed.git("tag", "v1")
    done = run(["git", "push", "--mirror", "origin"], pushed.top, pushed.environ)
    assert done.status == 0, done.text
    assert "topic is outside branches = ['main']" in done
    assert "is no branch, but " in done


def test_a_tag_is_peeled_where_it_becomes_a_branch(pushed: Project) -> None:
    pushed.git("tag", "--annotate", "-m", "a tag", "v1")
    done = pushed.push("v1:refs/heads/main")
    assert done.status == 1, done.text
    assert "BLOCKED main" in done


def test_no_commit_is_no_branch(pushed: Project) -> None:
    tree = pushed.git("rev-parse", "HEAD^{tree}")
    done = pushed.push(f"{tree}:refs/backup/tree")
    assert done.status == 0, done.text
    assert "is no commit, but a tree" in done


def test_branches_that_match_nothing_gate_nothing_and_say_so(project: Project) -> None:
    project.configure('branches = ["origin/main"]\n')
    project.commit()
    assert "no push is gated" not in project.push()  # the remote is empty: nobody knows yet
    done = project.push("main:other")
    assert "other is outside branches = ['origin/main'], which matches no branch of origin: no push is gated" in done, (
        done.text
    )


@pytest.mark.parametrize(("config", "status"), [("", 0), ("fail_closed = true\n", 3)])
def test_a_commit_that_is_not_here_is_not_known_to_need_no_gate(project: Project, config: str, status: int) -> None:
    project.configure(config)
    project.commit()
    line = f"refs/heads/x {'1' * 40} refs/heads/x {'0' * 40}\n"
    done = run([script("covgate-pre-push"), "origin", "url"], project.top, project.environ, input=line)
    assert done.status == status, done.text
    assert "not measured: refs/heads/x leads to 1111111111, which is not here" in done
