"""The ratchet: merges, pulls, rebases, and merges that no hook saw."""

from __future__ import annotations

from golden_run.project import LINES, NOTE, REFS, Project, calls
from golden_run.pushes import BROKEN, MORE
from golden_run.sandbox import Sandbox

_NO_HOOKS = ("-c", "core.hooksPath=/dev/null")


def record(sandbox: Sandbox) -> None:
    _merge(sandbox)
    _rewritten(sandbox)
    _from_the_remote(sandbox)
    _unseen(sandbox)


def _merge(sandbox: Sandbox) -> None:
    project = Project.create(sandbox, "merges", "merge")
    project.record("before", "git push origin main")
    project.branch("topic")
    project.write("tests/test_mod.py", calls("a", "b", "c"))
    project.commit("cover all")
    project.record("topic", "git push origin topic", NOTE)
    project.git("checkout", "--quiet", "main")
    project.record("squash", "git merge --squash topic", REFS)
    project.git("reset", "--quiet", "--hard")
    project.record("merge", "git merge --no-ff --no-edit topic", NOTE, LINES, REFS)
    project.record(
        "ratchet-again", "covgate ratchet", "covgate ratchet --format json", "covgate ratchet --no-cache", REFS
    )
    project.branch("worse")
    project.write("pkg/mod.py", MORE)
    project.commit("worse")
    project.git("checkout", "--quiet", "main")
    project.record("merge-of-less", "git merge --no-edit worse", NOTE)
    project.record("ratchet-of-less", "covgate ratchet", "covgate ratchet --format json")
    project.record("merge-disabled", "git merge topic", COVGATE_DISABLE="1")


def _rewritten(sandbox: Sandbox) -> None:
    project = Project.create(sandbox, "merges", "rewritten")
    project.record("rewritten-before", "git push origin main")
    project.write("tests/test_mod.py", calls("a", "b", "c"))
    project.commit("cover all")
    project.record("amended", "git commit --quiet --amend -m reworded", NOTE)
    project.record("amended-push", "git push origin main")
    project.record("amended-again", "git commit --quiet --amend -m 'reworded again'", NOTE)
    project.write("README", "more\n")
    project.commit("more")
    project.write("README", "and more\n")
    project.commit("and more")
    project.record("rebased", "git rebase --quiet --force-rebase HEAD~2", NOTE)
    project.record("ratchet-older", "covgate ratchet HEAD~2", "git notes --ref=coverage show HEAD~2")
    project.write("tests/test_mod.py", BROKEN)
    project.commit("failing")
    project.record("ratchet-failing", "covgate ratchet", "covgate ratchet --format json")


def _team(sandbox: Sandbox, name: str) -> tuple[Project, Project]:
    """A clone that has pushed main, and a colleague's that covers more there, pushed without hooks."""
    ours = Project.create(sandbox, "merges", name)
    ours.record(f"{name}-before", "git push origin main")
    theirs = ours.clone("grace")
    theirs.write("tests/test_mod.py", calls("a", "b", "c"))
    theirs.commit("cover all")
    theirs.push_ungated()
    return ours, theirs


def _from_the_remote(sandbox: Sandbox) -> None:
    ours, _ = _team(sandbox, "pull")
    ours.record("pull", "git pull --ff-only origin main", NOTE, "git ls-remote origin")
    ours, _ = _team(sandbox, "pull-rebase")
    ours.write("README", "ours\n")
    ours.commit("ours")
    ours.record("pull-rebase", "git pull --quiet --rebase origin main", NOTE)


def _unseen(sandbox: Sandbox) -> None:
    ours, theirs = _team(sandbox, "fetched")
    ours.branch("aside")
    ours.write("README", "aside\n")
    ours.commit("aside")
    ours.git("fetch", "--quiet", "origin", "main:main")
    ours.record("caught-up", "git push origin aside", "git notes --ref=coverage show main", REFS)
    theirs.write("pkg/mod.py", MORE)
    theirs.write("tests/test_mod.py", calls("a"))
    theirs.commit("less")
    theirs.push_ungated()
    ours.git("fetch", "--quiet", "origin", "main:main")
    ours.write("README", "aside again\n")
    ours.commit("aside again")
    ours.record("caught-up-with-less", "git push origin aside")
    ours.record("caught-up-once", "git push origin aside:other")

    ours, theirs = _team(sandbox, "conflict")
    theirs.write("README", "theirs\n")
    theirs.commit("readme")
    theirs.push_ungated()
    ours.write("README", "ours\n")
    ours.commit("ours")
    ours.git("fetch", "--quiet", "origin")
    ours.record("conflict", "git merge origin/main")
    ours.write("README", "both\n")
    ours.git("add", "README")
    ours.git("commit", "--quiet", "--no-edit")
    ours.record("conflict-concluded", "git push origin main:aside", "git notes --ref=coverage show main")

    ours, _ = _team(sandbox, "by-merge")
    ours.git(*_NO_HOOKS, "pull", "--quiet", "--ff-only", "origin", "main")
    ours.git("branch", "later")
    ours.branch("side", "main~1")
    ours.record("caught-up-by-merge", "git merge --quiet later")
