"""The default branch of the remote: asked at each push, whatever this clone believes; what is unknown is said."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from helpers.project import Project, calls, functions
from helpers.sealed import run

pytestmark = [pytest.mark.end_to_end, pytest.mark.known_trees]


def regress(project: Project) -> None:
    project.write("pkg/mod.py", functions("a", "b", "c", "d"))
    project.commit("no test for d")


def rename_on_the_server(project: Project, old: str, new: str) -> None:
    project.git("branch", "--move", old, new, cwd=project.remote)


def test_a_default_branch_that_this_clone_never_heard_of(project: Project) -> None:
    """It is neither main nor what init.defaultBranch says, and there is no refs/remotes/origin/HEAD."""
    project.git("symbolic-ref", "HEAD", "refs/heads/trunk", cwd=project.remote)
    project.git("branch", "--move", "trunk")
    assert "the baseline rises to 83.33%" in project.push("trunk")
    regress(project)
    done = project.push("trunk")
    assert done.status == 1, done.text
    assert "below the baseline of 83.33%" in done


def test_a_default_branch_that_was_renamed_on_the_server(project: Project) -> None:
    assert project.push().status == 0
    project.git("fetch", "--quiet", "origin")
    project.git("remote", "set-head", "origin", "main")
    rename_on_the_server(project, "main", "trunk")
    project.git("checkout", "--quiet", "-b", "trunk")
    project.write("tests/test_mod.py", calls("a", "b", "c"))
    project.commit()
    done = project.push("trunk")
    assert "the baseline rises from 83.33% to 100.00%" in done
    assert "WARNING" not in done


def test_a_merge_on_what_was_the_default_branch(project: Project) -> None:
    assert project.push().status == 0
    assert project.push("main:other").status == 0
    rename_on_the_server(project, "main", "trunk")
    project.git("checkout", "--quiet", "-b", "topic")
    project.write("tests/test_mod.py", calls("a", "b", "c"))
    project.commit()
    project.git("checkout", "--quiet", "main")
    done = run(["git", "merge", "--ff-only", "topic"], project.top, project.environ)
    assert "main is no ratchet branch" in done


def test_a_clone_that_only_pulls_learns_of_a_renamed_default_branch(project: Project) -> None:
    assert project.push().status == 0
    assert project.push("main:other").status == 0  # the remote has a default branch by now
    rename_on_the_server(project, "main", "trunk")
    project.git("checkout", "--quiet", "-b", "topic")
    project.write("tests/test_mod.py", calls("a", "b", "c"))
    project.commit()
    project.git("checkout", "--quiet", "-b", "trunk", "main")
    os.utime(project.top / ".git/covgate/default-branch-origin", times=(0, 0))
    done = run(["git", "merge", "--ff-only", "topic"], project.top, project.environ)
    assert "the baseline rises from 83.33% to 100.00%" in done


def test_a_first_push_to_an_empty_remote(project: Project) -> None:
    project.git("branch", "--move", "trunk")
    done = project.push("trunk")
    assert "the baseline rises to 83.33%" in done
    assert "WARNING" not in done


def test_a_remote_that_can_not_be_asked(project: Project, tmp_path: Path) -> None:
    assert project.push().status == 0
    assert project.push("main:other").status == 0  # the remote has a default branch by now
    program = tmp_path / "upload-pack"
    program.write_text("#!/bin/sh\necho 'fatal: no reading here' >&2\nexit 1\n")
    program.chmod(0o755)
    project.git("config", "remote.origin.uploadpack", str(program))
    project.write("tests/test_mod.py", calls("a", "b", "c"))
    project.commit()
    done = project.push()
    assert done.status == 0, done.text
    assert (
        "WARNING: origin could not be asked for its default branch: fatal: no reading here;"
        " main is taken, as the remote said last"
    ) in done
    assert "the baseline rises from 83.33% to 100.00%" in done


def test_a_repository_without_any_baseline(project: Project) -> None:
    project.git("push", "--quiet", "--no-verify", "origin", "main")
    project.git("checkout", "--quiet", "-b", "topic")
    project.commit()
    done = project.push("topic")
    assert done.status == 0
    assert (
        "WARNING: there is no baseline yet, so nothing was compared, and a push to topic sets none:"
        " the first push to main does (git push origin main)"
    ) in done
    assert "the baseline rises" in project.push("topic:main")
    assert "WARNING" not in project.push("topic:again")


def test_an_orphan_branch_is_judged_by_the_records_of_the_default_branch(project: Project) -> None:
    assert project.push().status == 0
    main = project.git("rev-parse", "main")
    project.git("checkout", "--quiet", "--orphan", "topic")
    regress(project)
    done = project.push("topic")
    assert done.status == 1, done.text
    assert "below the baseline of 83.33%" in done
    assert f"has a record: judged by those of main, at {main[:10]}" in done
    # It passes where it is as good, and does not inherit the baseline.
    project.write("tests/test_mod.py", calls("a", "b", "c", "d"))
    project.commit()
    assert project.push("topic").status == 0
    assert project.field("baseline_ratio") == ""
    assert "bootstrap" not in project.note()


def test_a_branch_from_before_the_first_record(project: Project) -> None:
    project.git("branch", "old")
    project.commit("adopt covgate")
    assert project.push().status == 0
    project.git("checkout", "--quiet", "old")
    regress(project)
    done = project.push("old")
    assert done.status == 1, done.text
    assert "judged by those of main" in done
    # The same by hand.
    assert "judged by those of main" in project.covgate("check")


def test_a_branch_with_something_else(project: Project) -> None:
    """Pages, packages: they share neither history nor source files with what is measured."""
    assert project.push().status == 0
    project.git("checkout", "--quiet", "--orphan", "gh-pages")
    project.git("rm", "--quiet", "-rf", ".")
    project.write("index.html", "<p>documentation</p>\n")
    project.write("assets/javascripts/search.js", "search()\n")
    project.commit("pages")
    done = project.push("gh-pages")
    assert done.status == 0, done.text
    assert "not applicable: gh-pages has neither history nor a source file in common with main" in done
    assert "WARNING" not in done and "hold for this push" not in done


def test_a_history_that_was_rewritten_on_the_server(project: Project, tmp_path: Path) -> None:
    """All records are on commits that are no ancestors any more."""
    assert project.push().status == 0
    former = project.clone(tmp_path / "former")
    project.git("commit", "--quiet", "--amend", "-m", "rewritten")
    project.git("push", "--quiet", "--no-verify", "--force", "origin", "main")
    # A clone that saw the former tip judges by its records, and the branch goes on with them.
    former.git("fetch", "--quiet")
    former.git("reset", "--quiet", "--hard", "origin/main")
    regress(former)
    done = former.push()
    assert done.status == 1, done.text
    assert "(was history rewritten?): judged by what main of origin was before; `covgate baseline set " in done
    assert "below the baseline of 83.33%" in done
    former.write("tests/test_mod.py", calls("a", "b", "c", "d"))
    former.commit()
    assert "the baseline rises from 83.33% to 100.00%" in former.push("HEAD:refs/heads/topic", "HEAD:refs/heads/main")
    assert former.field("baseline") == "100.00"


def test_a_history_that_was_rewritten_before_this_clone(project: Project, tmp_path: Path) -> None:
    """Nothing here shows what the branch was before: a new baseline begins, and not in silence. Fail-closed blocks."""
    assert project.push().status == 0
    project.git("commit", "--quiet", "--amend", "-m", "rewritten")
    project.git("push", "--quiet", "--no-verify", "--force", "origin", "main")
    fresh = project.clone(tmp_path / "fresh")
    fresh.commit()
    done = fresh.push("HEAD:refs/heads/topic")
    assert "has a record, and no ancestor of main either, although other commits have" in done
    assert "(was history rewritten?): judged without a baseline" in done
    done = fresh.push(COVGATE_FAIL_CLOSED="true")
    assert done.status == 1, done.text
    assert "the baseline is unknown: no ancestor of " in done and "although other commits have" in done
    assert "`covgate baseline set VALUE --reason TEXT` begins a new one" in done
    done = fresh.push()
    assert done.status == 0, done.text
    assert "has a record, although other commits have (was history rewritten?): a new baseline begins" in done
    assert "the baseline rises to 83.33%" in done


def test_a_default_branch_that_was_deleted_and_an_orphan_in_its_place(project: Project) -> None:
    project.configure("fail_closed = true\n")
    project.commit()
    assert project.push().status == 0
    project.git("update-ref", "-d", "refs/heads/main", cwd=project.remote)
    project.git("checkout", "--quiet", "--orphan", "anew")
    regress(project)
    done = project.push("anew:main")
    assert done.status == 1, done.text
    assert "the baseline is unknown" in done
    assert project.covgate("baseline", "set", "60", "--reason", "written anew").status == 0
    assert "holds the baseline of 60.00%" in project.push("anew:main")


def test_a_fork_is_judged_by_what_it_is_a_fork_of(project: Project, tmp_path: Path) -> None:
    """A fork has no notes, and its default branch may be old: the rules and the records are upstream's."""
    project.configure("floor = 80\n")
    project.commit()
    assert project.push().status == 0
    assert project.push("main:other").status == 0
    fork = tmp_path / "fork.git"
    project.git("clone", "--quiet", "--bare", str(project.remote), str(fork))
    project.git("remote", "rename", "origin", "upstream")
    project.git("remote", "add", "origin", str(fork))
    for ref in ("notes/coverage", "notes/coverage-files", "covgate/remotes/origin/coverage"):
        project.git("update-ref", "-d", f"refs/{ref}")  # as in a clone of the fork
    project.git("checkout", "--quiet", "-b", "topic")
    project.configure("floor = 10\n")
    regress(project)
    done = project.push("topic")
    assert done.status == 1, done.text
    assert "below the baseline of 83.33%" in done
    # Neither does the fork's own default branch land anything.
    project.git("push", "--quiet", "--no-verify", "origin", "topic:main")
    project.commit()
    done = project.push("topic:main")
    assert done.status == 1, done.text
    assert "floor 80.00 -> 10.00 (a change counts once it has landed on upstream/main)" in done
    # Upstream itself can't be reached: what it said last counts.
    project.git("remote", "set-url", "upstream", str(tmp_path / "gone"))
    done = project.push("topic:main")
    assert done.status == 1, done.text
    assert "WARNING: notes of upstream could not be fetched" in done
    assert "landed on upstream/main" in done


def test_another_remote_without_covgate_decides_nothing(project: Project, tmp_path: Path) -> None:
    other = tmp_path / "other.git"
    project.git("init", "--quiet", "--bare", str(other))
    project.git("remote", "add", "upstream", str(other))
    project.git("push", "--quiet", "--no-verify", "upstream", "main")
    project.configure("floor = 10\n")
    project.commit()
    done = project.push()
    assert "the baseline rises to 83.33%" in done
    assert "upstream" not in done
