"""Several clones: notes that travel and join, overrides of somebody else, shallow history."""

from __future__ import annotations

from golden_run.project import NOTE, REFS, Project, calls
from golden_run.pushes import MORE
from golden_run.sandbox import Sandbox


def record(sandbox: Sandbox) -> None:
    _exchange(sandbox)
    _override_from_elsewhere(sandbox)
    _shallow(sandbox)
    _without_lines(sandbox)


def _exchange(sandbox: Sandbox) -> None:
    ours = Project.create(sandbox, "team", "exchange")
    ours.record("unpublished", "git push origin main", "git ls-remote origin", COVGATE_SYNC="false")
    ours.record("sync", "covgate sync", "covgate sync origin", "git ls-remote origin")
    theirs = ours.clone("grace")
    theirs.record("clone", "covgate baseline", "covgate sync", "covgate baseline", REFS)
    for project, name in ((ours, "one"), (theirs, "two")):
        project.branch(name)
        project.write("tests/test_mod.py", calls("a", "b", "c"))
        project.commit(name)
        project.record(f"apart-{name}", f"git push origin {name}", COVGATE_SYNC="false")
    ours.record("joined-ours", "covgate sync", REFS)
    theirs.record("joined-theirs", "covgate sync", REFS, "git notes --ref=coverage list")
    ours.record("joined-again", "covgate sync", REFS, "covgate audit")
    theirs.write("tests/test_mod.py", calls("b"))
    theirs.commit("lost")
    theirs.record("explained-by-fetched-lines", "git push origin two", REFS)


def _override_from_elsewhere(sandbox: Sandbox) -> None:
    ours = Project.create(sandbox, "team", "override")
    ours.record("override-before", "git push origin main")
    theirs = ours.clone("grace")
    theirs.record("override", "covgate baseline set 95 --reason 'we want more'", "git notes --ref=coverage show")
    ours.write("README", "more\n")
    ours.commit("more")
    ours.record("override-from-elsewhere", "git push origin main", NOTE)


def _shallow(sandbox: Sandbox) -> None:
    ours = Project.create(sandbox, "team", "shallow")
    ours.record("shallow-before", "git push origin main")
    for number in range(3):
        ours.write("README", f"{number}\n")
        ours.commit(f"ungated {number}")
    ours.push_ungated()
    shallow = ours.clone("shallow", "--depth=1")
    shallow.record("shallow-doctor", "covgate doctor")
    shallow.record("shallow-deepened", "git push origin HEAD:refs/heads/again", "git rev-list --count HEAD")
    shallow.write("pkg/mod.py", MORE)
    shallow.commit("no test for d")
    shallow.record("shallow-regression", "git push origin main")
    offline = ours.clone("offline", "--depth=1")
    offline.record("shallow-notes", "covgate sync")
    offline.git("remote", "set-url", "origin", str(ours.remote) + "-gone")
    offline.record("shallow-offline", "covgate check", NOTE, "covgate baseline", "covgate audit")


def _without_lines(sandbox: Sandbox) -> None:
    """The lines of the baseline's commit are gone, or can't be read: its tests run again."""
    ours = Project.create(sandbox, "team", "lines")
    ours.record("lines-before", "git push origin main")
    spoilt = ours.git("notes", "--ref=coverage-files", "show").replace('"format":1', '"format":77')
    ours.write("../spoilt", spoilt)
    ours.git("notes", "--ref=coverage-files", "add", "--force", "--file", "../spoilt")
    ours.write("tests/test_mod.py", calls("b"))
    ours.commit("lost")
    ours.record("lines-spoilt", "git push origin main", COVGATE_RETRIES="0")
    for top in (ours.top, ours.remote):
        ours.git("-C", str(top), "update-ref", "-d", "refs/notes/coverage-files")
    ours.remove(".git/covgate")
    ours.record("lines-gone", "git push origin main", NOTE, COVGATE_RETRIES="0")
    ours.record("lines-gone-report", "covgate check --format json", "covgate check --format sarif")
