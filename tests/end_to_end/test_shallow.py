"""Shallow and partial clones, and the checkouts of CI services: the baseline is right, or it is said why not."""

from __future__ import annotations

from pathlib import Path

import pytest

from helpers.known_trees import KnownTrees
from helpers.project import Project, calls, functions
from helpers.sealed import Done, run

pytestmark = [pytest.mark.end_to_end, pytest.mark.known_trees]

UNGATED = {"COVGATE_DISABLE": "1"}


@pytest.fixture(scope="module")
def grown_once(tmp_path_factory: pytest.TempPathFactory, environ: dict[str, str], known_trees: KnownTrees) -> Project:
    project = Project.create(tmp_path_factory.mktemp("grown"), environ, known_trees=known_trees)
    project.git("config", "uploadpack.allowFilter", "true", cwd=project.remote)
    assert project.push().status == 0
    project.git("checkout", "--quiet", "-b", "side")
    project.commit("aside")
    assert project.covgate("baseline", "set", "10", "--reason", "an experiment").status == 0
    assert project.push("side", **UNGATED).status == 0
    project.git("checkout", "--quiet", "main")
    for number in range(3):
        project.write("README", f"{number}\n")
        project.commit(f"ungated {number}")
    assert project.push(**UNGATED).status == 0
    return project


@pytest.fixture
def grown(grown_once: Project, tmp_path: Path) -> Project:
    """Its baseline of 83.33% lies three commits behind the tip; a side branch was set to 10% by hand."""
    return grown_once.copy(tmp_path / "grown")


def clone(project: Project, directory: Path, *options: str) -> Project:
    done = run(
        ["git", "clone", "--quiet", *options, f"file://{project.remote}", str(directory)], project.top, project.environ
    )
    assert done.status == 0, done.text
    other = Project(directory, project.remote, project.environ, known_trees=project.known_trees)
    other.install_natively()
    return other


def regress(project: Project) -> Done:
    project.write("pkg/mod.py", functions("a", "b", "c", "d"))
    project.commit("no test for d")
    return project.push("HEAD:refs/heads/main")


def commits(project: Project) -> int:
    return int(project.git("rev-list", "--count", "HEAD"))


def edge(project: Project) -> str:
    path = project.top / ".git" / "shallow"
    return path.read_text() if path.exists() else ""


def test_hidden_ancestors_are_fetched_where_they_decide(grown: Project, tmp_path: Path) -> None:
    shallow = clone(grown, tmp_path / "shallow", "--depth=1")
    branches = shallow.git("for-each-ref", "refs/remotes", "refs/heads", "refs/tags")
    config = (shallow.top / ".git" / "config").read_text()
    assert commits(shallow) == 1
    done = shallow.push("HEAD:refs/heads/again")
    assert done.status == 0, done.text
    assert "holds the baseline of 83.33%" in done
    assert "this clone was shallow: 3 ancestors were fetched" in done
    assert commits(shallow) == 4
    assert (shallow.top / ".git" / "config").read_text() == config
    shallow.git("update-ref", "-d", "refs/remotes/origin/again")
    assert shallow.git("for-each-ref", "refs/remotes", "refs/heads", "refs/tags") == branches
    done = regress(shallow)
    assert done.status != 0
    assert "below the baseline of 83.33%" in done
    assert "shallow" not in done


def test_what_is_visible_suffices_where_nothing_higher_is_hidden(project: Project, tmp_path: Path) -> None:
    project.commit("before")
    assert project.push().status == 0
    shallow = clone(project, tmp_path / "shallow", "--depth=1")
    before = edge(shallow)
    assert before
    done = regress(shallow)
    assert done.status != 0
    assert "below the baseline of 83.33%" in done
    assert "shallow" not in done
    assert edge(shallow) == before


def test_depth_five_sees_the_baseline(grown: Project, tmp_path: Path) -> None:
    shallow = clone(grown, tmp_path / "shallow", "--depth=5")
    done = regress(shallow)
    assert done.status != 0
    assert "below the baseline of 83.33%" in done


def test_offline_every_record_judges_and_none_is_written_down(grown: Project, tmp_path: Path) -> None:
    shallow = clone(grown, tmp_path / "shallow", "--depth=1")
    assert shallow.covgate("sync").status == 0
    shallow.git("remote", "set-url", "origin", str(tmp_path / "gone"))
    done = shallow.covgate("check")
    assert done.status == 0, done.text
    assert "WARNING: the ancestors could not be fetched from origin" in done
    assert "judged by every record there is" in done
    assert "holds the baseline of 10.00%" in done
    assert "bootstrap" not in done
    assert shallow.field("baseline_ratio") == shallow.field("epoch") == ""
    # The ratchet writes what it measured, in an epoch of its own: that of the side branch stays there.
    assert shallow.covgate("ratchet").status == 0
    assert (shallow.field("baseline_ratio"), shallow.field("epoch")) == ("5/6", "0")


@pytest.mark.parametrize("options", [["--filter=blob:none"], ["--filter=blob:none", "--depth=1"], ["--filter=tree:0"]])
def test_a_partial_clone(grown: Project, tmp_path: Path, options: list[str]) -> None:
    partial = clone(grown, tmp_path / "partial", *options)
    done = regress(partial)
    assert done.status != 0
    assert "below the baseline of 83.33%" in done
    missing = partial.git("rev-list", "--objects", "--missing=print", "refs/notes/coverage", "--not", "--all", "--")
    assert "?" not in missing


def test_a_partial_clone_offline(grown: Project, tmp_path: Path) -> None:
    partial = clone(grown, tmp_path / "partial", "--filter=blob:none")
    assert partial.covgate("check").status == 0
    partial.git("remote", "set-url", "origin", str(tmp_path / "gone"))
    partial.write("pkg/mod.py", functions("a", "b", "c", "d"))
    partial.commit()
    done = partial.covgate("check")
    assert done.status == 1, done.text
    assert "below the baseline of 83.33%" in done
    assert "Traceback" not in done


def ci_checkout(project: Project, directory: Path, commit: str, ref: str) -> Project:
    """As CI services do it: nothing but one commit, detached."""
    directory.mkdir()
    checkout = Project(directory, project.remote, project.environ)
    checkout.git("init", "--quiet")
    checkout.git("remote", "add", "origin", f"file://{project.remote}")
    checkout.git("fetch", "--quiet", "--no-tags", "--depth=1", "origin", f"+{commit}:{ref}")
    checkout.git("checkout", "--quiet", "--detach", ref)
    return checkout


@pytest.mark.parametrize("regresses", [False, True])
def test_a_synthetic_merge_commit_in_ci(grown: Project, tmp_path: Path, regresses: bool) -> None:
    grown.configure("floor = 80\n")
    grown.commit("a floor")
    assert grown.push(**UNGATED).status == 0
    # What a server makes of a pull request: a merge of the branch into main that is on no branch.
    grown.git("checkout", "--quiet", "-b", "work", "main~1")
    grown.write("pkg/mod.py", functions("a", "b", "c", "d") if regresses else functions("a", "b", "c") + "\n")
    grown.configure("floor = 0\npolicy = 'absolute'\n")
    grown.commit("work")
    grown.git("checkout", "--quiet", "--detach", "main")
    run(["git", "merge", "--quiet", "--no-ff", "-X", "theirs", "-m", "merge", "work"], grown.top, grown.environ)
    merge = grown.commit("resolve")
    grown.git("push", "--quiet", "--no-verify", "origin", f"{merge}:refs/pull/1/merge")
    checkout = ci_checkout(grown, tmp_path / "ci", merge, "refs/remotes/pull/1/merge")
    done = checkout.covgate("check", "--fail-closed")
    # The base's rules hold: its kind of policy and its floor.
    assert "the base" in done
    assert "is stricter" in done
    if regresses:
        assert done.status == 1, done.text
        assert "below the baseline of 83.33%" in done
        assert "below the floor of 80.00%" in done
    else:
        assert done.status == 0, done.text
        assert "the baseline of 83.33%" in done
    assert "bootstrap" not in done


def test_the_default_branch_ratchets_in_ci(grown: Project, tmp_path: Path) -> None:
    grown.write("tests/test_mod.py", calls("a", "b", "c"))
    head = grown.commit("all covered")
    assert grown.push(**UNGATED).status == 0
    checkout = ci_checkout(grown, tmp_path / "ci", head, "refs/remotes/origin/main")
    done = checkout.covgate("ratchet")
    assert done.status == 0, done.text
    assert "the baseline rises from 83.33% to 100.00%" in done
    assert grown.covgate("sync").status == 0
    assert grown.covgate("baseline", "main").text.startswith("100.00%")


def test_asking_for_the_default_branch_cuts_nothing_off(grown: Project, tmp_path: Path) -> None:
    grown.git("checkout", "--quiet", "-b", "work")
    for number in range(3):
        grown.commit(f"work {number}")
    assert grown.push("work", **UNGATED).status == 0
    shallow = clone(grown, tmp_path / "shallow", "--depth=5", "--branch=work")
    before = commits(shallow)
    assert shallow.covgate("check", COVGATE_SYNC="false").status == 0
    assert commits(shallow) == before


def test_a_record_elsewhere_lowers_nothing_in_a_shallow_clone(grown: Project, tmp_path: Path) -> None:
    shallow = clone(grown, tmp_path / "shallow", "--depth=4")
    assert shallow.covgate("sync").status == 0
    shallow.git("fetch", "--quiet", "--depth=4", "origin", "main")
    shallow.write("pkg/mod.py", functions("a", "b", "c", "d"))
    shallow.commit()
    (shallow.top / ".git" / "shallow").write_text(shallow.git("rev-list", "--max-parents=0", "HEAD") + "\n")
    done = shallow.covgate("check", COVGATE_SYNC="false")
    assert done.status == 1, done.text
    assert "below the baseline of 83.33%" in done


def test_what_arrived_unseen_is_judged_with_its_ancestors(grown: Project, tmp_path: Path) -> None:
    shallow = clone(grown, tmp_path / "shallow", "--depth=1")
    assert shallow.covgate("doctor").status == 0
    (shallow.top / ".git" / "covgate").mkdir(exist_ok=True)
    (shallow.top / ".git" / "covgate" / "caught-up.json").write_text('{"main": "none"}')
    grown.write("tests/test_mod.py", calls("a", "b", "c"))
    grown.commit("all covered")
    assert grown.push(**UNGATED).status == 0
    shallow.git("checkout", "--quiet", "-b", "topic")
    shallow.git("fetch", "--quiet", "--depth=1", "origin", "+main:main")
    done = shallow.push("topic")
    assert done.status == 0, done.text
    assert "caught up on main" in done
    assert "the baseline rises to 100.00%" in done
    assert (shallow.field("baseline_ratio", "main"), shallow.field("epoch", "main")) == ("6/6", "0")
