"""Overrides: a decision of a person, told wherever it judges, and the same in every clone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from helpers.project import Project, calls, functions

Make = Callable[..., Project]

pytestmark = [pytest.mark.end_to_end, pytest.mark.known_trees]


def test_a_push_that_passes_by_an_override_says_so(project: Project) -> None:
    project.push()
    project.write("pkg/mod.py", functions("a", "b", "c", "d"))
    project.commit()
    assert project.push().status != 0
    assert project.covgate("baseline", "set", "75", "--reason", "d comes with its tests next week").status == 0
    told = "the baseline of 75.00% was set by hand: d comes with its tests next week"
    assert told in project.push()
    project.write("README", "x\n")
    project.commit()
    assert told in project.covgate("check")
    # Once it is measured higher, the number speaks for itself.
    project.write("tests/test_mod.py", calls("a", "b", "d"))
    project.commit()
    done = project.push()
    assert "rises from 75.00% to 87.50%" in done
    project.write("README", "y\n")
    project.commit()
    done = project.push()
    assert done.status == 0
    assert "by hand" not in done


def test_the_reason_stays_in_the_note_when_its_commit_measures_a_little_more(project: Project) -> None:
    """The usual way: the value is taken from the blocked push, rounded down, and the same commit is pushed again."""
    project.push()
    project.write("pkg/mod.py", functions("a", "b", "c", "d", "e"))
    project.commit()
    assert "set 70.00 --reason" in project.push()
    assert project.covgate("baseline", "set", "69.5", "--reason", "legacy").status == 0
    done = project.push()
    assert "was set by hand" in done
    assert "the baseline rises from 69.50% to 70.00%" in done
    assert project.field("override") == "legacy"
    assert project.field("baseline_ratio") == "7/10"
    assert project.covgate("log").text.count("set by hand: legacy") == 1
    assert project.covgate("audit").status == 0


def test_an_override_needs_no_interpreter(make_project: Make) -> None:
    project = make_project()
    project.push()
    published = project.remote_notes()
    project.write("pyproject.toml", '[tool.covgate]\npython = "no-such-python"\n')
    project.commit()
    done = project.covgate("baseline", "set", "75", "--reason", "why")
    assert done.status == 0, done.text
    assert project.field("baseline") == "75.00"
    assert project.remote_notes() != published


def test_an_override_that_the_policy_does_not_use_is_not_told(project: Project) -> None:
    project.push()
    assert project.covgate("baseline", "set", "75", "--reason", "why").status == 0
    project.configure('policy = "absolute"\nfloor = 50\n')
    project.commit()
    assert "by hand" not in project.covgate("check", "--base", "HEAD")


def test_two_overrides_at_once_end_alike_everywhere(project: Project, tmp_path: Path) -> None:
    project.push()
    one, two = project.clone(tmp_path / "one"), project.clone(tmp_path / "two")
    here = project.git("rev-parse", "HEAD")
    for clone, value, reason in ((one, "60", "the one"), (two, "70", "the other")):
        clone.git("remote", "set-url", "origin", str(tmp_path / "nowhere"))
        done = clone.covgate("baseline", "set", value, "--reason", reason)
        assert done.status == 0
        assert "WARNING: notes could not be published" in done, done.text
        clone.git("remote", "set-url", "origin", str(project.remote))
    for clone in (one, two, one, project):
        assert clone.covgate("sync").status == 0
    notes = {clone.note(here) for clone in (one, two, project)}
    assert len(notes) == 1
    told = {clone.covgate("baseline").text for clone in (one, two, project)}
    assert len(told) == 1
    assert "70.00%" in told.pop()
    assert {clone.git("rev-parse", "refs/notes/coverage") for clone in (one, two, project)} == {project.remote_notes()}


def test_removed_code_does_not_use_up_what_was_set_by_hand(project: Project) -> None:
    """11 of 12 were executed and 60 % set: what is left, 5 of 6, needs the same share of that."""
    project.write("pkg/more.py", functions("x", "y", "z"))
    project.write(
        "tests/test_more.py", "from pkg import more\n\n\ndef test():\n    assert more.x() and more.y() and more.z()\n"
    )
    project.commit()
    assert project.push().status == 0
    assert project.covgate("baseline", "set", "60", "--reason", "a rewrite").status == 0
    project.git("rm", "-q", "pkg/more.py", "tests/test_more.py")
    project.write("tests/test_mod.py", calls())
    project.commit()
    done = project.push()
    assert done.status == 1, done.text
    assert "50.00% is below the baseline of 60.00%" in done
    assert "54.55%   the baseline without what was removed since" in done
