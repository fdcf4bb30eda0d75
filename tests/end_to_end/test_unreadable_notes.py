"""Notes whose history can't be read, or that can't be fetched: no push passes only because of that."""

from __future__ import annotations

from pathlib import Path

import pytest

from helpers.project import Project, calls

pytestmark = pytest.mark.end_to_end


UNCHECKED = "WARNING: the history of the notes could not be checked, so they are used as they are: "
LOWER = "66.67% is below the baseline of 83.33%"


@pytest.mark.parametrize(
    ("config", "expected"), [("", (UNCHECKED, LOWER)), ("fail_closed = true\n", ("not measured: git log",))]
)
def test_a_damaged_history_of_the_notes_does_not_switch_the_gate_off(
    project: Project, config: str, expected: tuple[str, ...]
) -> None:
    project.configure("sync = false\n" + config)
    project.commit()
    assert project.push().status == 0
    project.write("README", "more\n")
    project.commit()
    assert project.push().status == 0
    first = project.git("rev-list", "--max-parents=0", "refs/notes/coverage")
    assert first != project.git("rev-parse", "refs/notes/coverage")
    (project.top / ".git" / "objects" / first[:2] / first[2:]).unlink()
    for seen in (project.top / ".git" / "covgate").glob("seen-*.json"):
        seen.unlink()
    project.write("tests/test_mod.py", calls("a"))
    project.commit()
    done = project.push()
    assert done.status == 1 and "Traceback" not in done, done.text
    for each in expected:
        assert each in done


def test_a_remote_whose_notes_can_not_be_fetched_is_no_first_push(project: Project, tmp_path: Path) -> None:
    assert project.push().status == 0
    colleague = project.clone(tmp_path / "colleague")
    colleague.write("tests/test_mod.py", calls("a"))
    colleague.commit()
    colleague.git("remote", "set-url", "--push", "origin", colleague.git("remote", "get-url", "origin"))
    colleague.git("remote", "set-url", "origin", str(tmp_path / "gone"))
    done = colleague.covgate("check")
    assert done.status == 0, done.text
    unknown = "66.67%; the baseline is unknown, because the notes could not be fetched"
    assert unknown in done and "bootstrap" not in done
    assert colleague.covgate("ratchet").status == 0
    assert colleague.field("baseline") == ""
    done = colleague.covgate("check", "--fail-closed")
    assert done.status == 3, done.text
    assert "the baseline is unknown: notes of " in done
