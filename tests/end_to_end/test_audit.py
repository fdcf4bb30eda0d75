"""`covgate audit` tells what was done to the notes behind covgate's back, and who did it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from covgate.model.baseline import Baseline
from covgate.model.note_text import render_note
from covgate.model.record import Record
from helpers.project import Project, calls
from helpers.sealed import run

pytestmark = [pytest.mark.end_to_end, pytest.mark.known_trees]
REF = "refs/notes/coverage"


def record(percent: int, epoch: int = 0, override: str = "") -> str:
    return render_note([Record(baseline=Baseline(epoch=epoch, executed=percent, executable=100, override=override))])


class Ledger:
    """A repository of empty commits whose notes are written by hand, with git's own commands."""

    def __init__(self, top: Path, environ: dict[str, str], commits: int = 3) -> None:
        top.mkdir()
        run(["git", "init", "--quiet", str(top)], top, environ)
        self.project = Project(top, top, environ)
        self.commits = [self.project.commit(str(number)) for number in range(commits)]

    def write(self, commit: int, text: str, *, author: str = "Ada", ref: str = REF) -> None:
        environ = {**self.project.environ, "GIT_AUTHOR_NAME": author}
        blob = run(["git", "hash-object", "-w", "--stdin"], self.project.top, environ, input=text).text.strip()
        argv = ["git", "notes", "--ref", ref, "add", "-f", "-C", blob, self.commits[commit]]
        done = run(argv, self.project.top, environ)
        assert done.status == 0, done.text

    def fork(self) -> None:
        """Let refs/notes/theirs begin where the notes stand."""
        self.project.git("update-ref", "refs/notes/theirs", REF)

    def merge(self, strategy: str) -> str:
        self.project.git("notes", "--ref", REF, "merge", "--quiet", "--strategy", strategy, "refs/notes/theirs")
        return self.tip()

    def tip(self) -> str:
        return self.project.git("rev-parse", REF)

    def audit(self, status: int) -> list[dict[str, Any]]:
        done = self.project.covgate("audit", "--format", "json")
        assert done.status == status, done.text
        findings: list[dict[str, Any]] = json.loads(done.text)["findings"]
        return findings

    def kinds(self) -> list[str]:
        findings = self.audit(1)
        return [each["kind"] for each in findings]


@pytest.fixture
def ledger(tmp_path: Path, environ: dict[str, str]) -> Ledger:
    return Ledger(tmp_path / "ledger", environ)


def test_what_covgate_does_is_no_finding(project: Project, tmp_path: Path) -> None:
    assert project.push().status == 0
    project.write("tests/test_mod.py", calls("a", "b", "c"))
    project.commit()
    assert project.push().status == 0
    other = project.clone(tmp_path / "other")
    assert project.covgate("baseline", "set", "50", "--reason", "legacy module removed").status == 0
    assert other.covgate("sync").status == 0
    other.write("tests/test_mod.py", calls("a", "b"))
    other.commit()
    assert other.push().status == 0
    project.git("pull", "--quiet", "--ff-only", "origin", "main")
    assert project.covgate("sync").status == 0
    for each in (project, other):
        done = each.covgate("audit")
        assert done.status == 0, done.text
        assert "no baseline fell, every record is valid, no note was deleted" in done


def test_counts_that_were_edited_are_named_and_not_used(project: Project, tmp_path: Path) -> None:
    """The baseline is set by hand above what was measured. Better counts would turn it into what is measured."""
    project.push()
    assert project.covgate("baseline", "set", "90", "--reason", "agreed").status == 0
    note = project.git("notes", "--ref=coverage", "show")
    project.write("../edited", note.replace("executed_statements: 5", "executed_statements: 6"))
    project.git("notes", "--ref=coverage", "add", "-f", "-F", "../edited")
    project.git("push", "--quiet", "--no-verify", "origin", REF)
    (finding,) = json.loads(project.covgate("audit", "--format", "json").text)["findings"]
    why = "the judgement was changed although the baseline of 90.00% stayed: PASS, 5 of 6 -> PASS, 6 of 6"
    assert (finding["kind"], finding["why"], finding["healed"]) == ("changed", why, False)
    for each in (project, project.clone(tmp_path / "other")):
        each.write("README", "more\n")
        each.commit()
        done = each.push("HEAD:refs/heads/topic")
        assert done.status != 0
        assert "83.33% is below the baseline of 90.00%" in done
        assert f"WARNING: not accepted: the note of {project.git('rev-parse', 'HEAD~')[:10]}: {why} by " in done
    assert "changed" in (done := project.covgate("audit")) and "it was corrected later" in done


def test_a_finding_names_what_fell_and_who_did_it(ledger: Ledger) -> None:
    ledger.write(0, record(85))
    ledger.write(1, record(60))
    ledger.write(0, record(70), author="Mal\x1b[2Jlory")
    fallen = ledger.tip()
    ledger.project.git("notes", "--ref", REF, "remove", ledger.commits[1])
    removed = ledger.tip()
    ledger.write(1, record(60))
    done = ledger.project.covgate("audit")
    assert done.status == 1
    first, second, last = done.text.split("\n\n")
    assert first.splitlines()[0] == f"fall  {ledger.commits[0][:10]}  85.00% -> 70.00%"
    assert "the baseline was lowered without an override" in first
    assert f"notes commit {fallen[:10]}  Mal\ufffd[2Jlory <ada@example.org>  20" in first
    assert second.splitlines()[0] == f"deleted  {ledger.commits[1][:10]}  60.00% -> none"
    assert "it was corrected later" in second
    assert "it was corrected later" not in first
    assert last == (
        f"covgate: 5 notes commits of {REF}, 2 notes now: 2 findings (1 fall, 1 deleted); 1 corrected later\n"
    )
    fall, deleted = ledger.audit(1)
    assert (fall["from"]["executed"], fall["to"]["executed"], fall["component"]) == (85, 70, "default")
    assert (fall["notes_commit"], fall["author"], fall["healed"]) == (fallen, "Mal\x1b[2Jlory", False)
    assert (deleted["notes_commit"], deleted["to"], deleted["healed"]) == (removed, None, True)
    assert fall["date"] == ledger.project.git("log", "-1", "--format=%aI", fallen)


def test_records_and_epochs_that_nobody_can_believe(ledger: Ledger) -> None:
    ledger.write(0, record(85))
    ledger.write(0, record(70, epoch=1, override="module removed"))
    ledger.write(1, record(71, epoch=1))
    ledger.audit(0)
    ledger.write(2, record(10, epoch=2))
    ledger.write(1, record(71, epoch=1).replace("71/100", "71/.nan"))
    forged, torn = ledger.audit(1)
    assert (forged["kind"], forged["why"]) == ("unexplained-epoch", "no override opened epoch 2")
    assert (torn["kind"], torn["commit"]) == ("unbelievable", ledger.commits[1])
    assert "71/.nan" in torn["why"]


def test_a_note_that_becomes_a_link_is_gone(ledger: Ledger) -> None:
    ledger.write(0, record(85))
    git, commit = ledger.project.git, ledger.commits[0]
    blob = git("rev-parse", f"{REF}:{commit}")
    listed = f"120000 blob {blob}\t{commit}\n"
    tree = run(["git", "mktree"], ledger.project.top, ledger.project.environ, input=listed).text.strip()
    git("update-ref", REF, git("commit-tree", "-p", REF, "-m", "link", tree))
    assert ledger.kinds() == ["deleted"]


@pytest.mark.parametrize(
    ("strategy", "kinds"),
    [("union", []), ("theirs", ["lost"]), ("ours", ["lost"]), ("cat_sort_uniq", ["unbelievable", "unbelievable"])],
)
def test_native_merges(ledger: Ledger, strategy: str, kinds: list[str]) -> None:
    ledger.write(0, record(70))
    ledger.write(1, record(70))
    ledger.fork()
    ledger.write(0, record(85))
    ledger.write(1, record(75))
    ledger.write(0, record(80), ref="refs/notes/theirs")
    ledger.write(1, record(80), ref="refs/notes/theirs")
    ledger.write(2, record(60), ref="refs/notes/theirs")
    merge = ledger.merge(strategy)
    found = ledger.audit(1 if kinds else 0)
    assert [(each["kind"], each["notes_commit"], each["healed"]) for each in found] == [
        (kind, merge, False) for kind in kinds
    ]
    # What covgate's next exchange of notes joins back was put right; that it was dropped stays a fact.
    remote = ledger.project.top.parent / "origin.git"
    ledger.project.git("init", "--quiet", "--bare", str(remote))
    ledger.project.git("push", "--quiet", str(remote), f"{REF}:{REF}")
    ledger.project.git("remote", "add", "origin", str(remote))
    assert ledger.project.covgate("sync").status == 0
    healed = ledger.audit(1 if kinds else 0)
    assert [(each["kind"], each["healed"]) for each in healed] == [(kind, True) for kind in kinds]


def test_a_merge_tells_nothing_twice(ledger: Ledger) -> None:
    ledger.write(0, record(70))
    ledger.write(1, record(70))
    ledger.fork()
    ledger.write(2, record(50))
    ledger.write(0, record(60), ref="refs/notes/theirs")
    ledger.project.git("notes", "--ref", "refs/notes/theirs", "remove", ledger.commits[1])
    merge = ledger.merge("union")
    for key in ("log.showRoot=false", "log.diffMerges=off", "diff.renames=copies"):
        ledger.project.git("config", *key.split("="))
    found = ledger.audit(1)
    assert [each["kind"] for each in found] == ["fall", "deleted"]
    assert merge not in [each["notes_commit"] for each in found]


def test_fan_out_by_git_itself_is_no_finding(ledger: Ledger) -> None:
    for number in range(3):
        ledger.write(number, record(70))
    # Notes on so many objects that git puts all of them into directories.
    top, environ = ledger.project.top, ledger.project.environ
    objects = "".join(f"blob\nmark :{number + 1}\ndata 3\n{number:03}\n" for number in range(300))
    argv = ["git", "fast-import", "--quiet", f"--export-marks={top / 'marks'}"]
    assert run(argv, top, environ, input=objects).status == 0
    oids = [line.split()[1] for line in (top / "marks").read_text().splitlines()]
    pairs = "".join(f"{ledger.commits[0]} {oid}\n" for oid in oids)
    assert run(["git", "notes", "--ref", REF, "copy", "--stdin"], top, environ, input=pairs).status == 0
    assert "/" in ledger.project.git("ls-tree", "-r", "--name-only", REF)
    ledger.audit(0)
    ledger.write(1, record(60))
    assert ledger.kinds() == ["fall"]


@pytest.mark.parametrize("harm", ["gone", "damaged"])
def test_a_blob_that_git_cannot_read_is_named(ledger: Ledger, harm: str) -> None:
    ledger.write(0, record(70))
    ledger.write(1, record(75))
    ledger.write(2, record(80))
    blob = ledger.project.git("rev-parse", f"{REF}:{ledger.commits[1]}")
    path = ledger.project.top / ".git" / "objects" / blob[:2] / blob[2:]
    path.chmod(0o644)
    if harm == "gone":
        path.unlink()
    else:
        path.write_bytes(path.read_bytes()[:-40] + b"\0" * 40)  # the header stays whole: git dies later
    (finding,) = ledger.audit(1)
    assert (finding["kind"], finding["commit"]) == ("unbelievable", ledger.commits[1])
    assert blob[:10] in finding["why"]


def test_a_notes_tree_that_git_cannot_read_is_a_clear_error(ledger: Ledger) -> None:
    ledger.write(0, record(70))
    tree = ledger.project.git("rev-parse", f"{REF}^{{tree}}")
    (ledger.project.top / ".git" / "objects" / tree[:2] / tree[2:]).unlink()
    done = ledger.project.covgate("audit")
    assert done.status == 3
    assert "git fsck" in done
    assert "Traceback" not in done


def test_a_signed_notes_commit_is_read_as_any(ledger: Ledger) -> None:
    ledger.write(0, record(70))
    ledger.write(0, record(60), author="Zoë")
    git, environ = ledger.project.git, ledger.project.environ
    head, _, rest = git("cat-file", "commit", REF).partition("\n\n")
    signed = f"{head}\ngpgsig -----BEGIN PGP SIGNATURE-----\n \n abcd\n -----END PGP SIGNATURE-----\n\n{rest}\n"
    argv = ["git", "hash-object", "-w", "-t", "commit", "--stdin"]
    git("update-ref", REF, run(argv, ledger.project.top, environ, input=signed).text.strip())
    program = ledger.project.top / "gpg"
    program.write_text("#!/bin/sh\ncat >/dev/null\necho signed >&2\n")
    program.chmod(0o755)
    git("config", "gpg.program", str(program))
    git("config", "log.showSignature", "true")
    git("config", "i18n.logOutputEncoding", "latin1")
    (fall,) = ledger.audit(1)
    assert (fall["notes_commit"], fall["author"]) == (ledger.tip(), "Zoë")


def test_without_notes_there_is_nothing_to_audit(ledger: Ledger) -> None:
    done = ledger.project.covgate("audit")
    assert (done.status, "there is no refs/notes/coverage here" in done) == (0, True)
    assert ledger.audit(0) == []


def test_a_ref_forced_back_is_cut(make_project: Callable[..., Project]) -> None:
    project = make_project()
    assert project.push().status == 0
    first = project.git("rev-parse", REF)
    project.git("commit", "--quiet", "--allow-empty", "-m", "more")
    assert project.push().status == 0
    assert project.covgate("audit").status == 0
    project.git("update-ref", REF, first)
    done = project.covgate("audit")
    assert done.status == 1, done.text
    assert "cut" in done
    assert "moved to a history without" in done
    project.git("update-ref", "-d", REF)
    done = project.covgate("audit")
    assert done.status == 1, done.text
    assert f"{REF} was deleted" in done


def test_a_shallow_history_is_no_clean_one(ledger: Ledger, tmp_path: Path) -> None:
    for percent in (70, 80, 85):
        ledger.write(0, record(percent))
    shallow = tmp_path / "shallow"
    git = ledger.project.git
    git("init", "--quiet", str(shallow))
    git("fetch", "--quiet", "--depth=2", f"file://{ledger.project.top}", f"+{REF}:{REF}", cwd=shallow)
    done = ledger.project.covgate("audit", cwd=shallow)
    assert done.status == 3
    assert "git fetch --unshallow" in done
    assert "2 notes commits" in done
    # Where only the branches are shallow, the notes are whole.
    git("clone", "--quiet", "--depth=1", f"file://{ledger.project.top}", str(tmp_path / "whole"))
    git("fetch", "--quiet", f"file://{ledger.project.top}", f"+{REF}:{REF}", cwd=tmp_path / "whole")
    assert ledger.project.covgate("audit", cwd=tmp_path / "whole").status == 0


def test_a_fast_forward_lowers_no_baseline(project: Project, tmp_path: Path) -> None:
    """Neither where the record was seen, nor in a fresh clone; the repair is published, and `covgate audit` agrees."""
    assert project.push().status == 0
    commit = project.git("rev-parse", "HEAD")
    other = project.clone(tmp_path / "other")
    other.git("fetch", "--quiet", "origin", f"{REF}:{REF}")
    other.git("notes", "--ref", REF, "add", "-f", "-m", record(10), commit)
    other.git("push", "--quiet", "--no-verify", "origin", REF)
    edit = other.git("rev-parse", REF)
    named = (
        f"WARNING: not accepted: the note of {commit[:10]}: the baseline was lowered without an override"
        f" (83.33% -> 10.00%) by Ada <ada@example.org> in notes commit {edit[:10]}"
    )
    for each in (project, project.clone(tmp_path / "fresh")):
        each.write("tests/test_mod.py", calls("a"))
        each.commit()
        done = each.push("HEAD:refs/heads/less")
        assert done.status == 1, done.text
        assert "66.67% is below the baseline of 83.33%" in done
        assert named in done
        assert named not in each.push("HEAD:refs/heads/less")
    project.git("reset", "--quiet", "--hard", "HEAD~1")
    assert project.covgate("sync").status == 0
    assert other.covgate("sync").status == 0
    assert other.git("rev-parse", REF) == project.git("rev-parse", REF)
    done = other.covgate("audit")
    assert done.status == 1
    assert f"notes commit {edit[:10]}" in done and "1 corrected later" in done


def test_commands_that_show_the_baseline_repair_it_first(project: Project) -> None:
    assert project.push().status == 0
    commit = project.git("rev-parse", "HEAD")
    for argv in (["baseline"], ["status"], ["badge"], ["log"], ["baseline", "set", "90", "--reason", "why not"]):
        project.git("notes", "--ref", REF, "remove", commit)
        assert f"the note of {commit[:10]}: the note was removed" in project.covgate("doctor")
        done = project.covgate(*argv)
        assert f"the note of {commit[:10]}: the note was removed" in done, done.text
        assert "the note was removed" not in project.covgate(*argv[:1])
    project.git("update-ref", REF, "HEAD")
    assert f"{REF} leads to {commit[:10]}, a commit without notes" in project.covgate("doctor")
    done = project.covgate("baseline")
    assert f"{REF} leads to {commit[:10]}, a commit without notes: those that were here last are used instead" in done
    assert "90.00%" in done
