"""`preview_merge`: the merge of a commit with its target is judged instead of the commit, if the target has moved."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from helpers.project import Project, calls, functions
from helpers.sealed import run

# What is tested rests on git, not on which Python runs covgate.
pytestmark = [pytest.mark.end_to_end, pytest.mark.known_trees]

CONFIG = "preview_merge = true\n"


@pytest.fixture
def parted(make_project: Callable[..., Project], known_trees: Any) -> Project:
    """On main, the tests call c, too: 100%. On topic, which is checked out, there is the new function d: 75%.

    Their merge has 7 of 8 statements, and is measured already. main has been pushed.
    """
    project = make_project(config=CONFIG)
    known_trees.remember(project)
    assert project.push().status == 0
    project.git("checkout", "--quiet", "-b", "topic")
    project.write("pkg/mod.py", functions("a", "b", "c", "d"))
    project.commit()
    project.write("tests/test_mod.py", calls("a", "b", "c"))
    project.commit("the tree of the merge")
    project.git("reset", "--quiet", "--hard", "HEAD~1")
    project.git("checkout", "--quiet", "main")
    project.write("tests/test_mod.py", calls("a", "b", "c"))
    project.commit()
    assert "the baseline rises from 83.33% to 100.00%" in project.push()
    project.git("checkout", "--quiet", "topic")
    return project


def oid(project: Project, name: str) -> str:
    return project.git("rev-parse", name)


def checked(project: Project, *argv: str) -> Any:
    return json.loads(project.covgate("check", "--format", "json", *argv).text)


def test_a_push_is_judged_by_its_merge(parted: Project) -> None:
    topic, main = oid(parted, "topic")[:10], oid(parted, "main")[:10]
    notes = parted.git("notes", "--ref=coverage", "list")
    done = parted.push("topic")
    assert done.status == 1
    assert f"BLOCKED topic {topic} merged with main {main}\n" in done
    assert "87.50% is below the baseline of 100.00%" in done
    assert "pkg/mod.py:14  new  return 'd'" in done
    assert f"merge the target here:   git merge {main}" in done
    assert f"{topic} is judged by its merge with main at {main}, so nothing is recorded on it" in done
    assert parted.git("notes", "--ref=coverage", "list") == notes
    assert parted.git("for-each-ref", "--contains", "topic") == f"{oid(parted, 'topic')} commit\trefs/heads/topic"

    # A commit for review names its target.
    done = parted.push("topic:refs/for/main")
    assert f"BLOCKED refs/for/main {topic} merged with main {main}\n" in done

    # `covgate check` does the same; the patch is what the commit adds, and the files are those of the merge.
    found = checked(parted)
    tree = parted.git("merge-tree", "--write-tree", "main", "topic")
    assert found["preview"] == {"target": "main", "commit": oid(parted, "main"), "tree": tree}
    assert (found["commit"], found["tree"], found["measured_coverage"]) == (oid(parted, "topic"), tree, "87.50")
    assert [(each["path"], each["lines"]) for each in found["patch"]["files"]] == [("pkg/mod.py", [13, 14])]
    shown = parted.covgate("check", "--format", "markdown").text
    assert f"BLOCKED at `{topic}` merged with `main` at `{main}`" in shown

    # Without the key, and for a commit that has the target, there is nothing to preview.
    assert "75.00% is below the baseline of 83.33%" in parted.push("topic", COVGATE_PREVIEW_MERGE="0")
    assert parted.field("measured_coverage", "topic") == "75.00"
    parted.git("merge", "--quiet", "--no-edit", "main")
    assert checked(parted)["preview"] is None


def test_the_target_may_have_moved_since_the_last_fetch(parted: Project, tmp_path: Path) -> None:
    other = parted.clone(tmp_path / "other")
    moved = other.commit()
    assert other.push(COVGATE_DISABLE="1").status == 0
    done = parted.push("topic")
    assert f"merged with main {moved[:10]}\n" in done
    assert oid(parted, "refs/remotes/origin/main") != moved


def test_the_target_of_a_fork_is_the_original(parted: Project, tmp_path: Path) -> None:
    fork = tmp_path / "fork.git"
    parted.git("clone", "--quiet", "--bare", str(parted.remote), str(fork))
    parted.git("update-ref", "refs/heads/main", "main~1", cwd=fork)
    parted.git("remote", "rename", "origin", "upstream")
    parted.git("remote", "add", "fork", str(fork))
    done = run(["git", "push", "fork", "topic"], parted.top, parted.environ)
    assert f"BLOCKED topic {oid(parted, 'topic')[:10]} merged with main {oid(parted, 'main')[:10]}\n" in done


def test_what_can_not_be_merged_is_measured_itself(parted: Project) -> None:
    main = oid(parted, "main")[:10]
    parted.write("tests/test_mod.py", calls("a", "b", "d"))
    topic = parted.commit()
    done = parted.push("topic")
    assert done.status == 0, done.text
    assert f"{topic[:10]} is measured without main at {main}: they conflict in tests/test_mod.py\n" in done
    assert "87.50% holds the baseline of 83.33%" in done
    assert parted.field("measured_coverage", topic) == "87.50"
    assert checked(parted)["preview"] is None

    parted.git("checkout", "--quiet", "--orphan", "new")
    orphan = parted.commit()
    assert f"{orphan[:10]} is measured without main at {main}: they have no history in common" in parted.push("new")

    parted.git("checkout", "--quiet", "topic~1")
    report = {"files": {}, "totals": {}, "meta": {}}
    parted.write("../coverage.json", json.dumps(report))
    done = parted.covgate("check", "--report", "../coverage.json")
    assert f"is measured without main at {main}: a report is about this commit alone, not about a merge" in done
    done = parted.covgate("check", COVGATE_ISOLATION="in-place")
    assert f'is measured without main at {main}: isolation = "in-place" measures only what is checked out' in done


def test_a_push_to_where_changes_land_is_not_merged(parted: Project) -> None:
    """A forced push replaces the tip of main."""
    done = parted.push("--force", "topic:main")
    assert "BLOCKED main" in done
    assert "merged with" not in done
    assert "87.50%" not in done


def test_the_configuration_of_the_merge_must_be_valid(parted: Project) -> None:
    """Both sides add a key, at places that git takes for different ones."""
    table = parted.top.joinpath("pyproject.toml").read_text()
    for branch, text in (("main", f"{table}floor = 10\n"), ("topic", table.replace(CONFIG, f"floor = 10\n{CONFIG}"))):
        parted.git("checkout", "--quiet", branch)
        parted.write("pyproject.toml", text)
        parted.commit()
    assert run(["git", "push", "--quiet", "--no-verify", "origin", "main"], parted.top, parted.environ).status == 0
    done = parted.push("topic")
    main = oid(parted, "main")[:10]
    assert done.status == 1
    assert f"merged with main at {main}: pyproject.toml: not valid TOML" in done
    assert f"git merge {main} brings it here" in done


def test_a_merge_that_a_ci_service_made_is_not_merged_again(parted: Project) -> None:
    """GitHub's refs/pull/1/merge: a detached merge whose first parent is the target's tip, or was."""
    before = oid(parted, "main")
    parted.git("checkout", "--quiet", "--detach", "main")
    parted.git("merge", "--quiet", "--no-ff", "--no-edit", "topic")
    merge = oid(parted, "HEAD")
    for moved in (False, True):
        if moved:
            parted.git(
                "update-ref", "refs/heads/main", parted.git("commit-tree", "-p", "main", "-m", "x", "main^{tree}")
            )
            parted.git("push", "--quiet", "--no-verify", "origin", "main")
        found = checked(parted)
        assert found["commit"] == merge
        assert found["preview"] == {"target": "main", "commit": before, "tree": oid(parted, "HEAD^{tree}")}
        assert (found["measured_coverage"], found["baseline"]["percent"]) == ("87.50", "100.00")
        assert parted.field("measured_coverage", merge) == "87.50"
    # Landed, it is a commit like any other.
    parted.git("push", "--quiet", "--no-verify", "--force", "origin", "HEAD:main")
    assert checked(parted)["preview"] is None
