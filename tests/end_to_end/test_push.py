"""What a push measures, wherever the commit comes from: always the pushed commit, never what lies around."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from helpers.project import Project, calls, functions, snapshot
from helpers.sealed import run

pytestmark = [pytest.mark.end_to_end, pytest.mark.each_python]


def test_first_push_of_a_repository_bootstraps(make_project: Callable[..., Project]) -> None:
    project = make_project()
    done = project.push()
    assert done.status == 0, done.text
    assert "PASS" in done
    assert "bootstrap" in done
    assert project.field("measured_coverage") == "83.33"
    assert project.field("baseline_ratio") == "5/6"
    assert project.remote_branch() == project.git("rev-parse", "HEAD")


def test_a_regression_is_blocked_and_explained(project: Project) -> None:
    assert project.push().status == 0
    before = project.remote_branch()
    project.write("pkg/mod.py", functions("a", "b", "c", "d"))
    commit = project.commit()
    done = project.push()
    assert done.status != 0
    assert "BLOCKED" in done
    assert "75.00% is below the baseline of 83.33%" in done
    assert "pkg/mod.py" in done
    assert "83.33% -> 75.00%" in done
    assert "covgate baseline set 75.00 --reason" in done
    assert "SKIP=covgate-pre-push" in done
    assert project.remote_branch() == before
    assert project.field("coverage_status", commit) == "FAIL"
    assert project.field("baseline_ratio", commit) == "5/6"


@pytest.mark.known_trees
def test_new_branch_is_judged_by_its_ancestors(project: Project) -> None:
    project.push()
    project.git("checkout", "--quiet", "-b", "topic")
    project.write("pkg/mod.py", functions("a", "b", "c", "d"))
    project.commit()
    assert project.push("topic").status != 0
    project.write("tests/test_mod.py", calls("a", "b", "d"))
    project.commit()
    done = project.push("topic")
    assert done.status == 0, done.text
    # The ratchet moves where history joins, not on a branch.
    assert project.field("baseline_ratio") == "5/6"
    assert project.field("measured_coverage") == "87.50"


@pytest.mark.known_trees
def test_forced_push_is_judged_by_the_replaced_tip(project: Project) -> None:
    project.write("tests/test_mod.py", calls("a", "b", "c"))
    project.commit()
    assert project.push().status == 0
    project.git("reset", "--quiet", "--hard", "HEAD~1")
    project.write("README", "another history\n")
    project.commit()
    done = project.push("+main")
    assert done.status != 0
    assert "below the baseline of 100.00%" in done


@pytest.mark.parametrize("how", ["unstaged", "staged", "untracked"])
def test_work_in_progress_is_not_measured(project: Project, how: str) -> None:
    """A test that is not in the commit covers nothing, and the user's files stay as they are."""
    project.push()
    project.write("pkg/mod.py", functions("a", "b", "c", "d"))
    project.commit()
    name = "tests/test_more.py" if how == "untracked" else "tests/test_mod.py"
    project.write(name, calls("a", "b", "c", "d"))
    if how == "staged":
        project.git("add", name)
    before = snapshot(project)
    done = project.push()
    assert done.status != 0
    assert "75.00% is below" in done
    assert snapshot(project) == before


def test_uncommitted_breakage_does_not_block(project: Project) -> None:
    project.push()
    project.write("tests/test_mod.py", calls("a", "b", "c"))
    project.commit()
    project.write("pkg/mod.py", "raise RuntimeError\n")
    done = project.push()
    assert done.status == 0, done.text
    assert project.field("measured_coverage") == "100.00"


def test_another_branch_is_checked_out(project: Project) -> None:
    project.push()
    project.git("checkout", "--quiet", "-b", "bad")
    project.write("pkg/mod.py", functions("a", "b", "c", "d"))
    project.commit()
    project.git("checkout", "--quiet", "main")
    before = snapshot(project)
    done = project.push("bad")
    assert done.status != 0
    assert "75.00%" in done
    assert snapshot(project) == before


def test_an_older_commit_is_pushed(project: Project) -> None:
    first = project.git("rev-parse", "HEAD")
    project.write("tests/test_mod.py", calls("a", "b", "c"))
    project.commit()
    done = project.push("HEAD~1:refs/heads/main")
    assert done.status == 0, done.text
    assert project.field("measured_coverage", first) == "83.33"
    assert project.note("HEAD") == ""


def test_detached_head(project: Project) -> None:
    project.push()
    project.git("checkout", "--quiet", "--detach")
    project.write("pkg/mod.py", functions("a", "b", "c", "d"))
    project.commit()
    done = project.push("HEAD:refs/heads/main")
    assert done.status != 0
    assert "75.00%" in done


def test_linked_worktree(project: Project, tmp_path: Path) -> None:
    project.push()
    project.git("worktree", "add", "--quiet", "-b", "topic", str(tmp_path / "linked"))
    linked = Project(tmp_path / "linked", project.remote, project.environ)
    linked.write("pkg/mod.py", functions("a", "b", "c", "d"))
    linked.commit()
    done = linked.push("topic")
    assert done.status != 0
    assert "75.00%" in done
    linked.write("tests/test_mod.py", calls("a", "b", "c", "d"))
    linked.commit()
    done = linked.push("topic")
    assert done.status == 0, done.text
    assert linked.field("measured_coverage") == "100.00"


@pytest.mark.known_trees
@pytest.mark.parametrize(
    ("refspec", "why"),
    [("v1", "no branch"), (":topic", "deletion"), ("refs/notes/coverage", "no branch")],
)
def test_not_gated(project: Project, refspec: str, why: str) -> None:
    project.push()
    project.push("main:topic")
    project.write("pkg/mod.py", functions("a", "b", "c", "d"))
    project.commit()
    project.git("tag", "v1")
    project.git("notes", "--ref=coverage", "add", "-m", "a note by hand")
    done = project.push(refspec)
    assert done.status == 0, done.text
    assert "not applicable" in done
    assert why in done


def test_branches_outside_the_scope_are_not_measured(make_project: Callable[..., Project], tmp_path: Path) -> None:
    project = make_project(config='branches = ["main", "release/*"]\n')
    project.count_runs(tmp_path / "runs")
    project.commit()
    done = project.push("main:topic")
    assert done.status == 0
    assert "outside branches" in done
    assert not (tmp_path / "runs").exists()


def test_a_measured_tree_runs_no_test_again(project: Project, tmp_path: Path) -> None:
    log = tmp_path / "runs"
    project.count_runs(log)
    project.commit()
    assert project.push().status == 0
    assert project.push("main:again").status == 0
    project.git("commit", "--quiet", "--amend", "--message", "reworded")
    done = project.push("+main")
    assert done.status == 0, done.text
    assert "measured before" in done
    assert log.read_text() == "run\n"


def test_a_merge_that_ends_in_a_measured_tree_ratchets_without_a_run(project: Project, tmp_path: Path) -> None:
    log = tmp_path / "runs"
    project.count_runs(log)
    project.commit()
    project.push()
    project.git("checkout", "--quiet", "-b", "topic")
    project.write("tests/test_mod.py", calls("a", "b", "c"))
    project.commit()
    assert project.push("topic").status == 0
    runs = log.read_text()
    project.git("checkout", "--quiet", "main")
    done = run(["git", "merge", "--no-ff", "--no-edit", "topic"], project.top, project.environ)
    assert done.status == 0
    assert "the baseline rises from" in done
    assert log.read_text() == runs
    assert project.field("baseline") == "100.00"
    # Published: a clone that has never run a test knows the bar.
    other = project.clone(tmp_path / "other")
    project.push()
    other.git("pull", "--quiet")
    other.write("pkg/mod.py", functions("a", "b", "c", "d"))
    other.write("tests/conftest.py", "")
    other.commit()
    done = other.push()
    assert done.status != 0
    assert "below the baseline of 100.00%" in done


@pytest.mark.known_trees
def test_a_pull_on_the_default_branch_ratchets(project: Project, tmp_path: Path) -> None:
    project.push()
    other = project.clone(tmp_path / "other")
    other.write("tests/test_mod.py", calls("a", "b", "c"))
    other.commit()
    assert run(["git", "push", "--no-verify", "origin", "main"], other.top, other.environ).status == 0
    done = run(["git", "pull", "--ff-only", "origin", "main"], project.top, project.environ)
    assert done.status == 0
    assert "the baseline rises from 83.33% to 100.00%" in done
    again = project.note()
    run([*("git", "merge", "main")], project.top, project.environ)
    assert project.covgate("ratchet").status == 0
    assert project.note() == again


@pytest.mark.known_trees
def test_a_newer_ratchet_on_the_remote_judges(project: Project, tmp_path: Path) -> None:
    """The notes are fetched before the judgement: an override published by somebody else counts at once."""
    project.push()
    other = project.clone(tmp_path / "other")
    assert other.covgate("baseline", "set", "95", "--reason", "we want more").status == 0
    project.write("README", "x\n")
    project.commit()
    done = project.push()
    assert done.status != 0
    assert "below the baseline of 95.00%" in done
    assert "set by hand" in done
    assert "we want more" in done


def test_nothing_of_the_users_changes(project: Project) -> None:
    project.push()
    project.write("tests/test_mod.py", calls("a", "b", "c"))
    project.commit()
    project.write("notes.txt", "untracked\n")
    before = snapshot(project)
    assert project.push().status == 0
    assert snapshot(project) == before
    assert not list((project.top / ".git" / "covgate").glob("tmp*"))


@pytest.mark.parametrize(
    ("config", "variable"), [("enabled = false\n", ""), ("", "COVGATE_DISABLE=1"), ("", "COVGATE_ENABLED=false")]
)
def test_the_switch(make_project: Callable[..., Project], config: str, variable: str) -> None:
    project = make_project(config=config)
    done = project.push(**dict([variable.split("=")] if variable else []))
    assert done.status == 0
    assert f"not applicable: disabled{f' by {variable}' if variable else ': enabled = false'}" in done
    assert project.note() == ""


def test_the_way_out_works_with_a_broken_configuration(project: Project) -> None:
    project.write("pyproject.toml", "[tool.covgate\n")
    project.commit()
    assert project.push().status != 0
    assert project.push(COVGATE_DISABLE="1").status == 0


def test_the_hint_of_a_blocked_push_works_whoever_calls_the_hook(project: Project) -> None:
    project.write("pyproject.toml", "[tool.covgate\n")
    project.commit()
    done = project.push(SKIP="black, covgate-pre-push")
    assert done.status == 0, done.text
    assert "skipped, as SKIP says" in done
    assert project.push("main:other", SKIP="covgate-pre").status != 0


def test_the_way_out_works_in_a_bare_repository(project: Project, tmp_path: Path) -> None:
    """A hook of a template gets there. covgate can't measure without a work tree, and says what to type."""
    project.push("main", "main:other", COVGATE_DISABLE="1")
    bare, other = tmp_path / "bare.git", tmp_path / "other.git"
    project.git("clone", "--quiet", "--bare", str(project.remote), str(bare))
    project.git("init", "--quiet", "--bare", str(other))
    shutil.copytree(project.top / ".git" / "hooks", bare / "hooks", dirs_exist_ok=True)
    done = run(["git", "push", str(other), "main"], bare, project.environ)
    assert done.status != 0
    assert "is a bare repository" in done and "COVGATE_DISABLE=1" in done
    done = run(["git", "push", str(other), "main"], bare, {**project.environ, "COVGATE_DISABLE": "1"})
    assert done.status == 0, done.text
    assert "disabled by COVGATE_DISABLE=1" in done


FORGED = """\
---
format: 1
component: default
coverage_status: PASS
epoch: 0
baseline_ratio: 5/6
statements: 8
executed_statements: 8
branches: 0
executed_branches: 0
excluded: 0
tree: {tree}
---
"""


def test_a_push_does_not_believe_the_note_of_its_own_commit(project: Project) -> None:
    project.push()
    project.write("pkg/mod.py", functions("a", "b", "c", "d"))
    project.commit()
    project.write("../forged", FORGED.format(tree=project.git("rev-parse", "HEAD^{tree}")))
    project.git("notes", "--ref=coverage", "add", "-F", "../forged")
    done = project.push()
    assert done.status != 0
    assert "75.00% is below the baseline of 83.33%" in done


def test_a_push_is_not_compared_with_what_its_own_notes_claim(project: Project) -> None:
    """A commit that is said to have reached the baseline, and that measures less here, would excuse as much."""
    project.push()
    project.write("tests/test_mod.py", calls("a"))
    project.commit()
    claim = (
        FORGED.format(tree=project.git("rev-parse", "HEAD^{tree}")).replace(": 8", ": 6", 1).replace(": 8", ": 5", 1)
    )
    project.write("../forged", claim)
    for _ in range(2):  # for the pushed commit, and for its parent
        project.git("notes", "--ref=coverage", "add", "-f", "-F", "../forged")
        done = project.push(COVGATE_RETRIES="0")
        assert done.status != 0, done.text
        assert "66.67% is below the baseline of 83.33%" in done
        project.git("notes", "--ref=coverage", "add", "-f", "-F", "../forged")
        project.write("README", "more\n")
        project.commit()


def test_a_merge_spares_the_run_that_another_clone_has_published(project: Project, tmp_path: Path) -> None:
    log = tmp_path / "runs"
    project.count_runs(log)
    project.commit()
    project.push()
    other = project.clone(tmp_path / "other")
    other.git("checkout", "--quiet", "-b", "topic")
    other.write("tests/test_mod.py", calls("a", "b", "c"))
    other.commit()
    assert other.push("topic").status == 0
    runs = log.read_text()
    project.git("fetch", "--quiet", "origin")
    done = run(["git", "merge", "--ff-only", "origin/topic"], project.top, project.environ)
    assert "the baseline rises from 83.33% to 100.00%" in done
    assert log.read_text() == runs


def test_ci_measures_what_a_note_claims(project: Project, tmp_path: Path) -> None:
    """Somebody gave the commit a note that claims to have measured all of it."""
    project.push()
    note = project.git("notes", "--ref=coverage", "show")
    better = note.replace("measured_coverage: 83.33", "measured_coverage: 100.00")
    better = better.replace("executed_statements: 5", "executed_statements: 6")
    assert better.count("100.00") == 1 and better.count("executed_statements: 6") == 1
    project.git("update-ref", "-d", "refs/notes/coverage")  # nothing shows what the note was before
    project.git("notes", "--ref=coverage", "add", "-m", better)
    project.git("push", "--quiet", "--no-verify", "--force", "origin", "refs/notes/coverage")
    laptop = project.clone(tmp_path / "laptop")
    laptop.git("fetch", "--quiet", "origin", "refs/notes/coverage:refs/notes/coverage")
    assert "100.00% holds" in laptop.covgate("ratchet", COVGATE_SYNC="false")
    for argv, environ in ((["--fail-closed"], {}), ([], {"CI": "true"})):
        done = project.clone(tmp_path / f"ci-{len(argv)}").covgate("ratchet", *argv, **environ)
        assert "83.33% holds the baseline of 83.33%" in done, done.text


def test_amended_and_rebased(project: Project, tmp_path: Path) -> None:
    """post-rewrite runs no tests for commits that are not published yet, except after a pull."""
    hook = project.top / ".git" / "hooks" / "post-rewrite"
    hook.write_text((hook.parent / "post-merge").read_text())
    hook.chmod(0o755)
    project.push()
    project.write("tests/test_mod.py", calls("a", "b", "c"))
    project.commit()
    done = run(["git", "commit", "--quiet", "--amend", "-m", "reworded"], project.top, project.environ)
    assert "its tree is not measured yet; the next push measures it" in done
    assert "the baseline rises from 83.33% to 100.00%" in project.push()
    # Reworded, its tree is known: the ratchet moves at once.
    done = run(["git", "commit", "--quiet", "--amend", "-m", "reworded again"], project.top, project.environ)
    assert "PASS main" in done
    assert project.field("baseline") == "100.00"


@pytest.mark.known_trees
def test_omitting_everything_is_no_way_through(project: Project) -> None:
    project.push()
    path = project.top / "pyproject.toml"
    path.write_text(path.read_text() + '[tool.coverage.run]\nomit = ["*"]\n')
    project.commit()
    done = project.push()
    # What the base measures is still measured. Once the change has landed, nothing is left to measure.
    assert done.status == 0
    assert "PASS main" in done
    assert "omit has *" in done
    project.write("README", "x\n")
    project.commit()
    done = project.push()
    assert done.status != 0
    assert "0.00% is below the baseline of 83.33%" in done
    assert "the tests ran, but no statement was measured" in done
    assert "since the baseline counted them: pkg/mod.py" in done


def at_the_remote(project: Project, hook: str, text: str) -> Path:
    path = project.remote / "hooks" / hook
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


@pytest.mark.known_trees
def test_records_and_lines_go_with_one_push(project: Project, tmp_path: Path) -> None:
    log = tmp_path / "log"
    at_the_remote(project, "pre-receive", f"{{ cut -d' ' -f3 | sort | tr '\\n' ' '; echo; }} >> {log}")
    assert project.push().status == 0
    assert log.read_text().split("\n") == [
        "refs/notes/coverage refs/notes/coverage-files ",
        "refs/heads/main ",
        "",
    ]
    # Nothing is new: nothing is pushed but the branch.
    project.push("main:other")
    assert log.read_text().split("\n")[2:] == ["refs/heads/other ", ""]


@pytest.mark.known_trees
def test_a_remote_that_takes_one_of_the_two_refs(project: Project) -> None:
    refusing = at_the_remote(
        project, "update", '[ "$1" != refs/notes/coverage-files ] || { echo no lines >&2; exit 1; }'
    )
    done = project.push()
    assert done.status == 0
    assert "WARNING: notes could not be published to origin: remote: no lines" in done
    assert project.remote_notes() == project.git("rev-parse", "refs/notes/coverage")
    assert project.git("rev-parse", "refs/covgate/remotes/origin/coverage") == project.remote_notes()
    assert run(["git", "rev-parse", "--verify", "refs/notes/coverage-files"], project.remote, project.environ).status
    refusing.unlink()
    project.commit("nothing")
    assert "WARNING" not in project.push()
    lines = project.git("rev-parse", "refs/notes/coverage-files")
    assert project.git("ls-remote", "origin", "refs/notes/coverage-files").startswith(lines)


def test_what_is_published_is_said_in_one_line(project: Project) -> None:
    assert "not published: this was no push" in project.push("--dry-run", "main")
    assert project.remote_notes() == ""
    assert "covgate: published to origin: refs/notes/coverage and refs/notes/coverage-files\n" in project.push()
    project.push("HEAD:refs/heads/same")
    assert "published to" not in project.push("HEAD:refs/heads/again")
    assert "published to origin: refs/notes/coverage" in project.covgate("baseline", "set", "50", "--reason", "why")


def test_a_repository_that_does_not_use_covgate_publishes_nothing(project: Project) -> None:
    """As with hooks that somebody installs for all repositories of a machine."""
    (project.top / "pyproject.toml").unlink()
    project.commit()
    done = project.push(COVGATE_PYTHON=project.python)
    assert done.status == 0, done.text
    assert "PASS main" in done
    assert "not published: no commit here configures covgate" in done
    assert project.remote_notes() == ""
