"""Every ref of a push is gated: natively from git's lines, through pre-commit from the push that runs above it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from helpers.known_trees import KnownTrees
from helpers.project import Project, calls, functions
from helpers.sealed import Done, run

pytestmark = pytest.mark.end_to_end


def build(project: Project) -> None:
    """main on the remote; ``good`` and ``bad`` ahead of it, all measured, so that a push runs no test."""
    project.commit("begin")
    assert project.push().status == 0
    project.git("checkout", "--quiet", "-b", "good")
    project.write("tests/test_mod.py", calls("a", "b", "c"))
    project.commit("good")
    assert project.covgate("check").status == 0
    project.git("checkout", "--quiet", "-b", "bad", "main")
    project.write("pkg/mod.py", functions("a", "b", "c", "d"))
    project.commit("bad")
    assert project.covgate("check").status == 1
    project.git("checkout", "--quiet", "main")
    project.git("tag", "-m", "a tag", "v1", "bad")


@pytest.fixture(scope="module", params=["native", "pre-commit"])
def prepared(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    environ: dict[str, str],
    source: Path,
    known_trees: KnownTrees,
) -> Project:
    directory = tmp_path_factory.mktemp("refs")
    native = request.param == "native"
    project = Project.create(directory, environ, hooks="native" if native else "none", known_trees=known_trees)
    if not native:
        assert project.covgate("init", "--no-measure", "--repo", str(source), "--rev", "v0.1.0").status == 0
    build(project)
    return project


@pytest.fixture
def refs(prepared: Project, tmp_path: Path) -> Project:
    """A copy of the prepared repositories, as one test may change them."""
    return prepared.copy(tmp_path / "copy")


def push(project: Project, *argv: str, cwd: Path | None = None) -> Done:
    return run(["git", *argv], cwd or project.top, project.environ)


def on_remote(project: Project) -> set[str]:
    done = run(
        ["git", "for-each-ref", "--format=%(refname)", "refs/heads", "refs/tags"], project.remote, project.environ
    )
    return set(done.text.split())


# Through pre-commit the command line of the push says which refs it takes; a native hook gets them from git.
FORMS = [
    ("push", "origin", "good", "bad"),
    ("push", "origin", "good", "bad:refs/heads/zzz"),
    ("push", "origin", "--mirror"),
    ("push", "origin", "+bad:aaa", "+good"),
    ("push", "--all", "origin"),
    ("push", "--tags", "origin", "bad", "good"),
    ("push", "origin", "v1", "good", "bad"),
    ("push", "origin", "refs/heads/*:refs/heads/*"),
    ("-c", "remote.origin.push=refs/heads/good", "-c", "remote.origin.push=refs/heads/bad", "push"),
    ("-c", "alias.up=push origin good bad", "up"),
    ("-C", "pkg", "push", "--atomic", "-qu", "--repo=elsewhere", "origin", "--", "good", "bad"),
]
HOOKS_AND_FORMS = [("pre-commit", form) for form in FORMS] + [("native", form) for form in FORMS[:3]]


@pytest.mark.parametrize(
    ("prepared", "argv"),
    HOOKS_AND_FORMS,
    indirect=["prepared"],
    ids=[f"{hooks}-{' '.join(form)}" for hooks, form in HOOKS_AND_FORMS],
)
def test_one_regression_among_several_branches_blocks_the_push(refs: Project, argv: tuple[str, ...]) -> None:
    done = push(refs, *argv)
    assert done.status != 0, done.text
    assert "PASS good" in done
    assert "BLOCKED" in done
    assert "75.00% is below the baseline of 83.33%" in done
    assert on_remote(refs) == {"refs/heads/main"}


def test_push_default_matching(refs: Project) -> None:
    refs.git("push", "--quiet", "--no-verify", "origin", "main:good", "main:bad")
    done = push(refs, "-c", "push.default=matching", "push")
    assert done.status != 0
    assert "PASS good" in done
    assert "BLOCKED bad" in done
    # One that is named is one, whatever the default.
    done = push(refs, "-c", "push.default=matching", "push", "origin", "good")
    assert done.status == 0, done.text
    assert "bad" not in done.text.replace("bad object", "")


def test_a_tag_beside_a_branch_hides_nothing(refs: Project) -> None:
    done = push(refs, "push", "origin", "v1", "bad")
    assert done.status != 0
    assert "BLOCKED bad" in done
    assert push(refs, "push", "origin", "v1").status == 0
    assert "refs/tags/v1" in on_remote(refs)


def test_a_deletion_beside_an_update(refs: Project) -> None:
    refs.git("push", "--quiet", "--no-verify", "origin", "main:old")
    done = push(refs, "push", "origin", ":old", "bad")
    assert done.status != 0
    assert "BLOCKED bad" in done
    done = push(refs, "push", "origin", ":old", "good")
    assert done.status == 0, done.text
    assert "PASS good" in done
    assert on_remote(refs) == {"refs/heads/main", "refs/heads/good"}
    assert push(refs, "push", "--delete", "origin", "good").status == 0


def test_several_that_hold_pass_with_a_verdict_each(refs: Project) -> None:
    refs.git("branch", "other", "good")
    done = push(refs, "push", "origin", "good", "other")
    assert done.status == 0, done.text
    assert "PASS good" in done
    assert "PASS other" in done
    assert {"refs/heads/good", "refs/heads/other"} <= on_remote(refs)


def test_the_forced_update_of_one_of_several(refs: Project) -> None:
    """The replaced tip judges each of them: a history rewritten to less is blocked."""
    assert push(refs, "push", "origin", "good").status == 0
    refs.git("checkout", "--quiet", "good")
    assert refs.covgate("ratchet").status == 0
    refs.git("checkout", "--quiet", "main")
    refs.git("branch", "--force", "good", "main")
    refs.git("commit", "--quiet", "--allow-empty", "-m", "other")
    refs.git("branch", "--force", "good")
    done = push(refs, "push", "--force", "origin", "main", "good")
    assert done.status != 0, done.text
    assert "PASS main" in done
    assert "BLOCKED good" in done
    assert "below the baseline of 100.00%" in done


@pytest.mark.skipif(sys.platform == "win32", reason="exec -a is the shell's")
def test_a_push_that_can_not_be_seen_is_refused(refs: Project) -> None:
    """Started under another name, the command line of the push tells nothing."""
    argv = ["bash", "-c", 'exec -a something git push origin "$@"', "bash", "good", "bad"]
    done = run(argv, refs.top, refs.environ)
    assert done.status != 0
    if (refs.top / ".pre-commit-config.yaml").exists():
        assert "shows its hooks only the first" in done
        assert "covgate init --native" in done
        assert "git push origin" in done
    assert on_remote(refs) == {"refs/heads/main"}


def test_both_ways_to_see_the_processes_above_agree() -> None:
    program = (
        "from covgate_hooks import refs\n"
        "print([*refs._from_psutil()][:2] == [*refs._from_proc()][:2] and len([*refs._from_psutil()]))"
    )
    if not Path("/proc/self/stat").exists():
        pytest.skip("no /proc here")
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, env=dict(os.environ), check=True
    )
    assert int(done.stdout) >= 2


def test_native_lines_are_all_gated(make_project: Callable[..., Project]) -> None:
    """What git itself says on stdin, deletions and tags among it."""
    project = make_project()
    build(project)
    done = push(project, "push", "origin", "v1", "good", "main:newer", "bad")
    assert done.status != 0
    for words in ("refs/tags/v1 is no branch", "PASS good", "PASS newer", "BLOCKED bad"):
        assert words in done


def test_a_name_that_python_would_break_into_lines_is_gated(refs: Project) -> None:
    refs.git("branch", "torn\u2028name", "bad")
    done = push(refs, "push", "origin", "good", "torn\u2028name")
    assert done.status != 0, done.text
    assert on_remote(refs) == {"refs/heads/main"}
