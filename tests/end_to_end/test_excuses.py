"""Excuses: a person lets one commit pass a rule that it fails. Everybody sees it, and the baseline stays."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from helpers.project import Project, functions

# What is tested rests on the notes, not on which Python runs covgate.
pytestmark = [pytest.mark.end_to_end, pytest.mark.known_trees]


def fall(project: Project) -> str:
    """A commit that fails: 6 of 8 against a baseline of 5 of 6."""
    assert project.push().status == 0
    project.write("pkg/mod.py", functions("a", "b", "c", "d"))
    return project.commit()


def test_one_commit_passes_and_the_baseline_stays(project: Project, tmp_path: Path) -> None:
    commit = fall(project)
    done = project.push()
    assert done.status == 1
    assert f'let this commit pass:    covgate excuse "why" {commit[:10]}' in done, done.text
    done = project.covgate("excuse", "d comes\n with its tests")
    assert done.status == 0, done.text
    assert f"{commit[:10]} is excused" in done
    done = project.push()
    assert done.status == 0, done.text
    assert f"PASS, excused: d comes with its tests (main {commit[:10]})" in done
    assert "75.00% is below the baseline of 83.33%" in done
    # The record keeps what the rules say, and the excuse beside it.
    fields = ("coverage_status", "baseline_ratio", "excuse", "excuse_tree")
    tree = project.git("rev-parse", "HEAD^{tree}")
    assert [project.field(each) for each in fields] == ["FAIL", "5/6", "d comes with its tests", tree]
    assert f"excused   {commit[:10]}: d comes with its tests\n" in project.covgate("status")
    # It travels with the notes: CI sees the same, and so does whoever looks at the history.
    other = project.clone(tmp_path / "other")
    printed = other.covgate("check", "--base", "HEAD~", "--format", "json", "--fail-closed", CI="true").text
    data = json.loads(printed[printed.index("{") :])
    found = data["status"], data["excuse"], data["failed"], data["exit_code"]
    assert found == ("PASS", "d comes with its tests", ["baseline"], 0), printed
    assert "83.33% ->  83.33%  A U Thor  excused: d comes with its tests" in other.covgate("log").text.replace(
        other.git("log", "-1", "--format=%an", "refs/notes/coverage"), "A U Thor"
    )
    audit = other.covgate("audit")
    assert audit.status == 0, audit.text
    assert f"remark  {commit[:10]}\n  excused: d comes with its tests\n" in audit.text
    # What follows is judged by the old baseline.
    project.write("README", "x\n")
    project.commit()
    done = project.push()
    assert done.status == 1
    assert "75.00% is below the baseline of 83.33%" in done, done.text


def test_a_pushed_commit_that_is_judged_by_its_merge(make_project: Callable[..., Project]) -> None:
    project = make_project(config="preview_merge = true\n")
    assert project.push().status == 0
    project.git("checkout", "--quiet", "-b", "topic")
    project.write("pkg/mod.py", functions("a", "b", "c", "d"))
    project.commit()
    project.git("checkout", "--quiet", "main")
    project.write("README", "x\n")
    project.commit()
    assert project.push().status == 0
    project.git("checkout", "--quiet", "topic")
    assert project.push("topic").status == 1
    assert project.covgate("excuse", "why").status == 0
    done = project.push("topic")
    assert done.status == 0, done.text
    assert "PASS, excused: why (topic" in done
    assert "merged with main" in done


def test_an_excuse_holds_for_nothing_else(project: Project) -> None:
    commit = fall(project)
    assert project.covgate("excuse", "why", "HEAD~").status == 2  # it passes
    done = project.covgate("excuse", " ")
    assert done.status == 2
    assert "an excuse needs a reason" in done
    # A note that is copied to another commit brings no excuse along.
    assert project.covgate("excuse", "why").status == 0
    project.write("pkg/mod.py", functions("a", "b", "c", "d", "e"))
    project.commit()
    project.git("notes", "--ref=coverage", "copy", commit, "HEAD")
    unrecorded = project.covgate("check", COVGATE_FLOOR="1")  # the copied record stays
    assert unrecorded.status == 1
    assert "excused" not in unrecorded, unrecorded.text
    done = project.push()
    assert done.status == 1, done.text
    assert "excused" not in done
    assert project.field("excuse") == ""
    # Failing tests are no measurement.
    project.write("tests/test_mod.py", "def test_it():\n    assert False\n")
    project.commit()
    assert project.covgate("excuse", "why").status == 0
    done = project.push()
    assert done.status == 1
    assert "excused" not in done, done.text
