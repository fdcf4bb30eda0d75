"""Pushes of a project with the default rules: what passes, what is blocked and why, what is not gated."""

from __future__ import annotations

from golden_run.project import LINES, NOTE, REFS, Project, calls, functions
from golden_run.sandbox import Sandbox

MORE = functions("a", "b", "c", "d")
BROKEN = calls("a", "b", "c") + "    assert 0, 'it is broken'\n"
# Executes c in those of its runs that RUNS names ("13": the first and the third), fails in those of FAILS.
FLAKY = """\
import os
import pathlib

from pkg import mod


def test_calls():
    counter = pathlib.Path(os.environ["COUNTER"])
    run = len(counter.read_text()) + 1 if counter.exists() else 1
    counter.write_text("x" * run)
    assert mod.a() and mod.b()
    assert str(run) not in os.environ["FAILS"]
    if str(run) in os.environ["RUNS"]:
        assert mod.c()
"""


def record(sandbox: Sandbox) -> None:
    project = Project.create(sandbox, "pushes", "pushes")
    project.record("first", "git push origin main", NOTE, LINES, REFS, "git cat-file commit refs/notes/coverage")
    project.record("cached", "git push origin main:again", REFS)
    project.record("nothing-new", "git push origin main")
    _tests(project)
    _code(project)
    _work_in_progress(project)
    _not_gated(project)
    _several(project)
    _forced(project)
    _flaky(sandbox, "unstable", runs="13")
    _flaky(sandbox, "lost-again", runs="1")
    _flaky(sandbox, "fails-again", runs="1", fails="3")


def _push(project: Project, name: str) -> None:
    project.commit(name)
    project.record(name, f"git push origin {name}", NOTE)


def _tests(project: Project) -> None:
    """What a branch changes in its tests alone."""
    project.branch("covered")
    project.write("tests/test_mod.py", calls("a", "b", "c"))
    _push(project, "covered")
    project.branch("lost")
    project.write("tests/test_mod.py", calls("b"))
    _push(project, "lost")
    project.branch("no-tests")
    project.remove("tests")
    _push(project, "no-tests")
    project.branch("failing")
    project.write("tests/test_mod.py", BROKEN)
    _push(project, "failing")
    project.branch("broken-import")
    project.write("tests/test_other.py", "import nowhere\n")
    _push(project, "broken-import")


def _code(project: Project) -> None:
    """What a branch changes in the code."""
    project.branch("regression")
    project.write("pkg/mod.py", MORE)
    _push(project, "regression")
    project.record("regression-again", "git push origin regression")
    project.record("regression-environment", "git push origin regression", COVGATE_FLOOR="90", COVGATE_EPSILON="9.5")
    project.record("regression-disabled", "git push --dry-run origin regression", COVGATE_DISABLE="1")
    project.branch("new-and-lost")
    project.write("pkg/mod.py", "# A comment.\n" + functions("a", "b", "c", "new"))
    project.write("tests/test_mod.py", calls("b"))
    _push(project, "new-and-lost")
    project.branch("new-file")
    project.write("pkg/more.py", functions("x", "y"))
    _push(project, "new-file")
    project.branch("removed")
    project.write("pkg/mod.py", functions("b", "c"))
    project.write("tests/test_mod.py", calls("b"))
    _push(project, "removed")
    project.branch("removed-and-lost")
    project.write("pkg/mod.py", functions("b", "c"))
    project.write("tests/test_mod.py", calls())
    _push(project, "removed-and-lost")
    project.branch("moved")
    project.git("mv", "pkg/mod.py", "pkg/moved.py")
    project.write("tests/test_mod.py", calls("a", "b", module="moved"))
    _push(project, "moved")
    project.branch("moved-and-lost")
    project.git("mv", "pkg/mod.py", "pkg/moved.py")
    project.write("tests/test_mod.py", calls("a", module="moved"))
    _push(project, "moved-and-lost")
    project.branch("excluded")
    project.write("pkg/mod.py", functions("a", "b") + "def c():  # pragma: no cover\n    return 'c'\n")
    _push(project, "excluded")
    project.branch("excluded-and-lost")
    project.write("pkg/mod.py", "def a():  # pragma: no cover\n" + functions("a", "b", "c").partition("\n")[2])
    project.write("tests/test_mod.py", calls())
    _push(project, "excluded-and-lost")


def _work_in_progress(project: Project) -> None:
    """The pushed commit is measured, not the working tree."""
    project.branch("dirty")
    project.write("pkg/mod.py", MORE + "# dirty\n")
    project.commit("dirty")
    project.write("tests/test_mod.py", calls("a", "b", "c", "d"))
    project.write("notes.txt", "untracked\n")
    project.record("dirty", "git push origin dirty", "git status --porcelain", "git worktree list")
    project.git("checkout", "--quiet", "--force", "main")
    project.git("clean", "--quiet", "--force")
    project.record("elsewhere", "git push origin covered~0:refs/heads/elsewhere")
    project.git("checkout", "--quiet", "--detach")
    project.commit("detached")
    project.record("detached", "git push origin HEAD:refs/heads/detached")
    project.git("checkout", "--quiet", "main")
    project.git("worktree", "add", "--quiet", "-b", "linked", "../linked", "regression")
    project.record("linked-worktree", "git -C ../linked push origin linked", "covgate status", "git worktree list")


def _not_gated(project: Project) -> None:
    project.git("tag", "v1", "regression")
    project.git("tag", "-m", "annotated", "v2", "regression")
    project.record("tag", "git push origin v1 v2")
    project.record("deletion", "git push origin :again")
    project.record("notes-ref", "git push origin refs/notes/coverage:refs/notes/other")
    project.record("blob", "git push origin main:pkg/mod.py:refs/heads/blob")
    project.record("no-lines", "sh -c 'covgate-pre-push origin url </dev/null'")
    project.record(
        "bad-lines",
        "sh -c 'echo refs/heads/main | covgate-pre-push origin url'",
        "sh -c 'echo a b c d e | covgate-pre-push origin url'",
        "sh -c 'echo refs/heads/main abc refs/heads/main def | covgate-pre-push origin url'",
    )


def _several(project: Project) -> None:
    project.push_ungated("main:old")
    project.record("several-refs", "git push origin v1 covered:one :old regression")
    project.record("several-that-pass", "git push origin covered:two main:three")
    for number in range(5):
        project.git("tag", f"many-{number}", "main")
    project.record("many-tags", "git push origin --tags covered:four")


def _forced(project: Project) -> None:
    """The tip that a forced push replaces counts, too."""
    project.branch("forced", "covered")
    project.git("checkout", "--quiet", "main")
    project.git("merge", "--quiet", "covered")
    project.record("raised-by-push", "git push origin main", NOTE, LINES)
    project.git("reset", "--quiet", "--hard", "HEAD~1")
    project.write("README", "another history\n")
    project.commit("another history")
    project.record("forced", "git push --force origin main")


def _flaky(sandbox: Sandbox, name: str, *, runs: str, fails: str = "") -> None:
    """Lines that are lost outside of the change are measured once more."""
    project = Project.create(sandbox, "pushes", name)
    project.environ = {"COUNTER": str(sandbox.directory / f"{name}.counter"), "RUNS": runs, "FAILS": fails}
    project.write("tests/test_mod.py", FLAKY)
    project.commit("flaky")
    project.record(f"{name}-before", "git push origin main")
    project.write("README", "more\n")
    project.commit("more")
    project.record(name, "git push origin main", NOTE)
    project.record(f"{name}-check", "covgate check --format json", "covgate check --format markdown")
