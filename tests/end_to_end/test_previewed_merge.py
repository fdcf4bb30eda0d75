"""A push is judged by its merge, and the merge itself then needs no run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from helpers.project import Project, calls, functions, snapshot
from helpers.sealed import run

# What is tested rests on git and pre-commit, not on which Python runs covgate.
pytestmark = pytest.mark.end_to_end


def test_the_merge_that_was_previewed_needs_no_run(installed: Project, tmp_path: Path) -> None:
    project, log = installed, tmp_path / "runs"

    def runs() -> int:
        return len(log.read_text().split())

    project.count_runs(log)
    project.configure("preview_merge = true\n")
    project.commit()
    assert project.push().status == 0
    # On topic there is a test of c. On main, c gets another name. Each of them passes.
    project.git("checkout", "--quiet", "-b", "topic")
    project.write("tests/test_more.py", calls("c"))
    project.commit()
    project.git("checkout", "--quiet", "main")
    project.write("pkg/mod.py", functions("a", "b", "changed"))
    project.commit()
    assert project.push().status == 0
    project.git("checkout", "--quiet", "topic")
    project.write("tests/test_mod.py", calls("a"))  # not committed, so it has no effect
    before, ran = snapshot(project), runs()
    done = project.push("topic")
    topic, main = project.git("rev-parse", "topic", "main").split()
    assert done.status == 1
    assert f"BLOCKED topic {topic[:10]} merged with main {main[:10]}\n  the tests failed" in done
    assert "has no attribute 'c'" in done
    assert (runs(), snapshot(project)) == (ran + 1, before)

    project.git("checkout", "--quiet", "tests/test_mod.py")
    project.write("tests/test_more.py", calls("a"))
    project.write("pkg/more.py", functions("e"))
    project.write("tests/test_e.py", "from pkg import more\n\n\ndef test_e():\n    assert more.e() == 'e'\n")
    topic = project.commit()
    before, ran = snapshot(project), runs()
    done = project.push("topic")
    assert done.status == 0, done.text
    assert f"PASS topic {topic[:10]} merged with main {main[:10]}: 87.50% holds the baseline of 83.33%" in done
    assert (runs(), snapshot(project)) == (ran + 1, before)
    # Nothing says that topic was measured; what is recorded is still what main reached.
    assert project.note("topic") == ""
    status = json.loads(project.covgate("status", "--format", "json").text)
    assert (status["components"]["default"]["coverage"]["percent"], status["errors"]) == ("83.33", [])
    assert project.covgate("audit").status == 0
    assert topic[:10] not in project.covgate("log")

    project.git("checkout", "--quiet", "main")
    done = run(["git", "merge", "--no-ff", "--no-edit", "topic"], project.top, project.environ)
    assert "the baseline rises from 83.33% to 87.50%" in done
    assert "(this tree was measured before)" in done
    assert project.field("measured_coverage") == "87.50"
    done = project.push()
    assert done.status == 0, done.text
    assert runs() == ran + 1
