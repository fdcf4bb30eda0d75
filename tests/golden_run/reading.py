"""What the notes tell: log, badge, status, baseline, audit; overrides, and notes that somebody has changed."""

from __future__ import annotations

from golden_run.project import NOTE, REFS, Project, calls
from golden_run.pushes import MORE
from golden_run.sandbox import Sandbox

READING = {
    "log": ("covgate log", "covgate log --format json"),
    "baseline": ("covgate baseline", "covgate baseline HEAD~1", "covgate baseline --format json"),
    "badge": ("covgate badge", "covgate badge --of coverage", "covgate badge --component other"),
    "status": ("covgate status", "covgate status --format json"),
    "audit": ("covgate audit", "covgate audit --format json"),
}


def record(sandbox: Sandbox) -> None:
    project = Project.create(sandbox, "reading", "reading")
    project.write("README", "begin\n")
    project.commit("second")
    _read(project, "nothing")
    project.record("push", "git push origin main")
    project.write("pkg/mod.py", MORE)
    project.commit("untested <b>code</b>")
    project.record("blocked", "git push origin main")
    _override(project)
    project.write("tests/test_mod.py", calls("a", "b", "c", "d"))
    project.commit("tested")
    project.record("tested", "git push origin main")
    _read(project, "history")
    project.record("log-output", "covgate log --output ../log.txt", "cat ../log.txt")
    project.record("log-output-refused", "covgate log --output pkg/mod.py/x")
    project.record("log-terminals", "covgate log", COLUMNS="60", NO_COLOR="", FORCE_COLOR="1")
    project.record("log-ascii", "covgate log", PYTHONIOENCODING="ascii")
    project.record("badge-of-before", "covgate badge HEAD~1 --of coverage --output ../badge.svg", "cat ../badge.svg")
    project.record("sync", "covgate sync", "covgate sync nowhere")
    _tampered(project)


def _read(project: Project, name: str) -> None:
    for command, lines in READING.items():
        project.record(f"{name}-{command}", *lines)
    project.record(f"{name}-page", "covgate log --format html")


def _override(project: Project) -> None:
    project.record(
        "override-refused",
        "covgate baseline set 75",
        "covgate baseline set 75 --reason ' '",
        "covgate baseline set",
        "covgate baseline --reason why",
        *(f"covgate baseline set {value} --reason why" for value in ("101", "nan", "inf", "many", "1e9")),
        "covgate baseline set -1 --reason why",
        "covgate baseline set 75 nowhere --reason why",
        "covgate baseline set 75 HEAD more --reason why",
        REFS,
    )
    project.record(
        "override",
        "covgate baseline set --reason 'a <i>legacy</i> module:\n it goes' 75",
        NOTE,
        "git log -1 --format=%B refs/notes/coverage",
    )
    project.record("override-push", "git push origin main", NOTE, "covgate check --format json")


def _tampered(project: Project) -> None:
    """What git's own commands do to the notes."""
    note = project.git("notes", "--ref=coverage", "show")
    project.write("../lowered", note.replace("baseline_ratio: 8/8", "baseline_ratio: 5/8"))
    project.git("notes", "--ref=coverage", "add", "--force", "--file", "../lowered")
    project.record("lowered", "covgate audit", "covgate audit --format json", "covgate baseline", "covgate log")
    project.git("notes", "--ref=coverage", "remove", "HEAD~2")
    project.record("removed", "covgate audit", "covgate audit --format json", "covgate doctor")
    project.record("joined", "covgate sync", "covgate audit", "git notes --ref=coverage list")
    project.write("../forged", note.replace("epoch: 1", "epoch: 5"))
    project.git("notes", "--ref=coverage", "add", "--force", "--file", "../forged", "HEAD~1")
    project.record("forged", "covgate audit", "covgate audit --format json")
    project.write("README", "more\n")
    project.commit("more")
    project.record("after-tampering", "git push origin main", NOTE, "covgate audit", "covgate log --format json", REFS)
    project.git("update-ref", "-d", "refs/notes/coverage")
    project.record("deleted", "covgate audit", "covgate audit --format json", "covgate sync", "covgate audit")
