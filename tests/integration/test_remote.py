"""A remote as a value: its default branch, its tips, and what an update replaces there."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from covgate.gate.exchange import deepen, reaching
from covgate.git.ask import ask
from covgate.git.push_refs import push_refs
from covgate.git.remote import Remote
from covgate.git.repository import Repository
from covgate.model.baseline import Baseline
from covgate.model.default_branch import DefaultBranch, How
from covgate.model.record import Note, Record
from covgate.model.ref_update import RefUpdate
from covgate.notes.fetch import SyncError, finish_fetch, start_fetch
from covgate.notes.records import Notes
from helpers.sealed import run


class Work:
    """A bare remote whose default branch is ``trunk``, and ``clone``, which has fetched it as ``origin``."""

    def __init__(self, directory: Path, environ: dict[str, str]) -> None:
        self.bare, self.top, self.environ = directory / "origin.git", directory / "clone", environ
        self.made = 0
        self.git("init", "--quiet", "--bare", "--initial-branch=trunk", str(self.bare), at=directory)
        self.git("init", "--quiet", "--initial-branch=trunk", str(self.top), at=directory)
        self.git("remote", "add", "origin", str(self.bare))
        self.first, self.second = self.commit(), self.commit()
        self.git("push", "--quiet", "origin", "trunk")
        self.repository = Repository.discover(self.top, environ)
        self.origin = Remote(self.repository, "origin")

    def add_upstream(self, name: str) -> None:
        """Add the remote ``upstream``, and look for the repository again: its remotes are read once."""
        self.git("remote", "add", "upstream", str(self.bare.with_name(name)))
        self.repository.close()
        self.repository = Repository.discover(self.top, self.environ)
        self.origin = Remote(self.repository, "origin")

    def git(self, *argv: str, at: Path | None = None) -> str:
        done = run(["git", *argv], at or self.top, self.environ)
        assert done.status == 0, done.text
        return done.text.strip()

    def commit(self) -> str:
        self.made += 1
        self.git("commit", "--quiet", "--allow-empty", "--message", str(self.made))
        return self.git("rev-parse", "HEAD")

    def commit_elsewhere(self) -> str:
        """A commit on the remote's trunk that the clone has not fetched."""
        tree = self.git("rev-parse", "trunk^{tree}", at=self.bare)
        made = self.git("commit-tree", tree, "-p", "trunk", "-m", "theirs", at=self.bare)
        self.git("update-ref", "refs/heads/trunk", made, at=self.bare)
        return made


@pytest.fixture
def work(tmp_path: Path, environ: dict[str, str]) -> Iterator[Work]:
    made = Work(tmp_path, environ)
    yield made
    made.repository.close()


def test_what_a_remote_is(work: Work) -> None:
    assert work.origin and work.origin.known
    assert not Remote(work.repository)
    credentials = Remote(work.repository, "https://token@example.org/a.git")
    assert credentials.shown == "https://example.org/a.git"
    assert not Remote(work.repository, str(work.bare)).known


def test_the_default_branch_is_the_one_that_was_fetched_as_head(work: Work) -> None:
    work.git("remote", "set-head", "origin", "trunk")
    assert work.origin.default_branch() == "trunk"
    assert work.origin.default_tip() == work.second


def test_the_remote_is_asked_for_its_default_branch(work: Work) -> None:
    theirs = work.commit_elsewhere()
    assert work.origin.default_branch() == ""
    asked = ask(work.origin)
    assert asked.default == DefaultBranch(name="trunk", how=How.NAMED)
    assert asked.default_tip() == theirs
    # The remote can't be asked any more: what it said last counts.
    work.bare.rename(work.bare.with_suffix(".gone"))
    silent = ask(Remote(work.repository, "origin"))
    assert silent.listing is not None and "does not appear to be a git repository" in silent.listing.problem
    assert silent.default == DefaultBranch(name="trunk", how=How.KEPT)
    assert silent.default_tip() == work.second  # as git fetched it last
    work.git("update-ref", "-d", "refs/remotes/origin/trunk")
    assert Remote(work.repository, "origin").default_tip() == theirs


def test_a_default_branch_that_was_renamed_on_the_remote(work: Work) -> None:
    work.git("remote", "set-head", "origin", "trunk")
    assert ask(work.origin).default_branch() == "trunk"
    work.git("branch", "--move", "trunk", "main", at=work.bare)
    assert ask(Remote(work.repository, "origin")).default_branch() == "main"
    assert Remote(work.repository, "origin").default_branch() == "main"  # kept


def test_a_kept_answer_is_renewed(work: Work) -> None:
    def needs_asking() -> bool:
        return Remote(work.repository, "origin").needs_asking

    def make_older(hours: float) -> None:
        kept = work.repository.state_dir / "default-branch-origin"
        os.utime(kept, times=(then := kept.stat().st_mtime - hours * 3600, then))

    assert needs_asking()
    ask(work.origin)
    assert not needs_asking()
    make_older(hours=2)
    assert not needs_asking()
    work.git("update-ref", "-d", "refs/remotes/origin/trunk")  # as a pull that prunes does after a rename
    assert needs_asking()
    ask(Remote(work.repository, "origin"))  # the same answer again
    assert not needs_asking()
    work.git("fetch", "--quiet", "origin")
    make_older(hours=73)
    assert needs_asking()
    work.bare.rename(work.bare.with_suffix(".gone"))
    ask(Remote(work.repository, "origin")).postpone_asking()
    assert not needs_asking()


@pytest.mark.parametrize("damage", [b"", b"two\nlines", b"main\n1\n2", b"main\n" + b"1" * 99, b"\0", b"x" * 2000])
def test_a_damaged_answer_is_treated_as_absent(work: Work, damage: bytes) -> None:
    work.git("remote", "set-head", "origin", "trunk")
    work.repository.state_dir.mkdir()
    (work.repository.state_dir / "default-branch-origin").write_bytes(damage)
    assert work.origin.default == DefaultBranch(name="trunk", how=How.FETCHED)


def test_the_first_branch_of_an_empty_remote_becomes_its_default_branch(work: Work) -> None:
    work.git("init", "--quiet", "--bare", "--initial-branch=other", str(work.bare.with_name("empty.git")))
    work.git("remote", "add", "empty", str(work.bare.with_name("empty.git")))

    def default(*coming: str) -> DefaultBranch:
        return ask(Remote(work.repository, "empty", coming=coming)).default

    work.git("branch", "topic")
    assert default() == DefaultBranch(name="trunk", how=How.CHECKED_OUT)  # without a push
    assert default("topic") == DefaultBranch(name="topic", how=How.ONLY)
    assert default("topic", "main") == DefaultBranch(name="main", how=How.USUAL)
    assert default("topic", "trunk") == DefaultBranch(name="trunk", how=How.CHECKED_OUT)


@pytest.mark.skipif(sys.platform == "win32", reason="the remote's program is a shell script")
def test_a_remote_that_does_not_answer_is_not_waited_for(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    """The process that git started for it ends, too: it would hold the pipes open, and outlive us."""
    pids = work.top / "pids"
    program = work.bare.with_name("upload-pack")
    program.write_text(f"#!/bin/sh\necho $$ >> {pids}\nexec sleep 600\n")
    program.chmod(0o755)
    work.git("config", "remote.origin.uploadpack", str(program))
    work.git("remote", "set-head", "origin", "trunk")
    monkeypatch.setattr("covgate.git.ask.PATIENCE", 1.0)
    asked = ask(work.origin)
    assert asked.listing is not None and asked.listing.timed_out
    assert asked.listing.problem == "no answer within 1 seconds"
    assert asked.default == DefaultBranch(name="trunk", how=How.FETCHED)
    assert_ended(pids)


@pytest.mark.skipif(sys.platform == "win32", reason="the remote's program is a shell script")
def test_a_transfer_that_does_not_end_is_given_up(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    pids = work.top / "pids"
    program = work.bare.with_name("pack")
    program.write_text(f"#!/bin/sh\necho $$ >> {pids}\nexec sleep 600\n")
    program.chmod(0o755)
    work.git("config", "remote.origin.uploadpack", str(program))
    work.git("config", "remote.origin.receivepack", str(program))
    monkeypatch.setattr("covgate.git.execute.TRANSFER_PATIENCE", 1.0)
    assert work.origin.fetch_tip("refs/heads/trunk") == ""
    assert_ended(pids)
    with pytest.raises(SyncError, match="notes of origin could not be fetched: given up after 1 seconds"):
        finish_fetch(start_fetch(work.origin))
    assert_ended(pids)
    pushed = push_refs(work.origin, {"refs/notes/coverage": work.first})
    assert pushed.explanations() == {"refs/notes/coverage": "given up after 1 seconds"}
    assert not pushed.retryable
    assert_ended(pids)


@pytest.mark.skipif(sys.platform == "win32", reason="the remote's program is a shell script")
def test_the_ancestors_of_a_shallow_clone_are_not_waited_for_longer(
    work: Work, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shallow = tmp_path / "shallow"
    work.git("clone", "--quiet", "--depth=1", f"file://{work.bare}", str(shallow), at=tmp_path)
    pids, program = tmp_path / "pids", tmp_path / "pack"
    program.write_text(f"#!/bin/sh\necho $$ >> {pids}\nexec sleep 600\n")
    program.chmod(0o755)
    repository = Repository.discover(shallow, work.environ)
    repository.run("config", "remote.origin.uploadpack", str(program))
    record = Record(baseline=Baseline(executed=1, executable=2))
    Notes(repository).update(work.first, lambda note: Note(records=(record,)), "on a hidden ancestor")
    monkeypatch.setattr("covgate.git.execute.TRANSFER_PATIENCE", 1.0)
    assert deepen(Remote(repository, "origin"), [["HEAD"]]) == [
        "WARNING: the ancestors could not be fetched from origin: given up after 1 seconds"
    ]
    assert_ended(pids)
    repository.close()


@pytest.mark.skipif(sys.platform == "win32", reason="the remote's program is a shell script")
def test_two_remotes_that_do_not_answer_are_waited_for_once(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("covgate.git.ask.PATIENCE", 5.0)
    program = work.bare.with_name("upload-pack")
    program.write_text("#!/bin/sh\nexec sleep 600\n")
    program.chmod(0o755)
    waited: list[float] = []
    communicate = subprocess.Popen.communicate

    def recorded(self: subprocess.Popen[bytes], input: bytes | None = None, timeout: float | None = None) -> Any:
        if timeout is not None:
            waited.append(timeout)
        return communicate(self, input, timeout)

    work.add_upstream("other.git")
    for name in ("origin", "upstream"):
        work.git("config", f"remote.{name}.uploadpack", str(program))
    monkeypatch.setattr(subprocess.Popen, "communicate", recorded)
    notices: list[str] = []
    with reaching(work.origin, notices) as reached:
        reached.fetch_notes()
        found = reached.answered()
    assert found.listing is not None and found.listing.timed_out
    assert len(waited) == 2 and waited[1] < 4
    assert notices == []


def test_an_unreachable_upstream_without_known_notes_means_nothing(work: Work) -> None:
    work.add_upstream("gone.git")

    def reach() -> tuple[Remote, list[str]]:
        notices: list[str] = []
        with reaching(Remote(work.repository, "origin"), notices) as reached:
            reached.fetch_notes()
            found = reached.answered()
            reached.fetch_notes()
        return found, notices

    found, notices = reach()
    assert (found.upstream, notices) == (None, [])
    work.git("update-ref", Remote(work.repository, "upstream").own_ref("coverage"), work.first)
    found, notices = reach()
    assert found.upstream is not None
    assert ["notes of upstream could not be fetched" in each for each in notices] == [True]


def assert_ended(pids: Path) -> None:
    """The process that wrote its id last to ``pids`` has ended, or is about to."""
    pid = int(pids.read_text().split()[-1])
    for _ in range(600):  # the kill is on its way; a zombie is gone as soon as it is reaped
        state = Path(f"/proc/{pid}/stat")
        if not state.exists() or state.read_text().rpartition(")")[2].split()[0] == "Z":
            break
        time.sleep(0.1)
    else:
        pytest.fail(f"{pid} still runs")


def test_a_fetch_cuts_off_no_history_of_a_shallow_clone(work: Work, tmp_path: Path) -> None:
    """Otherwise the user's next merge would be one of unrelated histories."""
    work.git("clone", "--quiet", "--depth=1", f"file://{work.bare}", str(tmp_path / "shallow"), at=tmp_path)
    work.commit_elsewhere()
    theirs = work.commit_elsewhere()
    repository = Repository.discover(tmp_path / "shallow", work.environ)
    try:
        assert repository.shallow
        origin = ask(Remote(repository, "origin"))
        assert origin.default_tip() == theirs
        assert origin.fork_point(work.second) == work.second
        assert list(repository.walk([theirs])) == [
            theirs,
            work.git("rev-parse", f"{theirs}^", at=work.bare),
            work.second,
        ]
    finally:
        repository.close()


def test_a_remote_with_very_many_refs_is_asked_once_an_hour(work: Work) -> None:
    refs = "".join(f"create refs/pull/{number}/head {work.second}\n" for number in range(10_000))
    run(["git", "update-ref", "--stdin"], work.bare, work.environ, input=refs)
    asked = ask(work.origin)
    assert asked.answer is not None and asked.answer.size > 10_000 and set(asked.answer.heads) == {"trunk"}
    theirs = work.commit_elsewhere()
    spared = ask(Remote(work.repository, "origin"))
    assert (spared.answer, spared.spared, spared.default.how) == (None, True, How.KEPT)
    assert spared.default_tip() == spared.branch_tip("trunk") == theirs  # its tips are fetched all the same
    # A default branch that is gone is asked for once more.
    work.git("branch", "--move", "trunk", "main", at=work.bare)
    gone = ask(Remote(work.repository, "origin"))
    assert gone.default_tip() == work.second
    assert "trunk of origin could not be fetched" in gone.problems[0]
    assert ask(Remote(work.repository, "origin")).default == DefaultBranch(name="main", how=How.NAMED)


@pytest.mark.skipif(sys.platform == "win32", reason="the remote's program is a shell script")
def test_a_tip_that_can_not_be_fetched_is_reported(work: Work, tmp_path: Path) -> None:
    theirs = work.commit_elsewhere()
    program = tmp_path / "upload-pack"
    program.write_text(f'#!/bin/sh\nmkdir {tmp_path}/answered || exit 1\nexec git-upload-pack "$@"\n')
    program.chmod(0o755)
    work.git("config", "remote.origin.uploadpack", str(program))
    asked = ask(work.origin)
    assert asked.answer is not None and asked.answer.heads["trunk"] == theirs
    assert asked.default_tip() == work.second
    expected = "WARNING: trunk of origin could not be fetched: judged by what was fetched of it before"
    assert asked.problems == (expected,)
    assert Remote(work.repository, "fork", upstream=asked).problems == (expected,)


def test_a_url_stands_for_the_default_remote(work: Work) -> None:
    work.git("remote", "set-head", "origin", "trunk")
    assert Remote(work.repository, str(work.bare)).default_tip() == work.second
    work.git("remote", "remove", "origin")
    assert Remote(work.repository, str(work.bare)).default_tip() == ""
    # Asked, it speaks for itself.
    assert ask(Remote(work.repository, str(work.bare))).default_tip() == work.second


def test_a_commit_forks_off_where_it_left_the_default_branch(work: Work) -> None:
    work.git("remote", "set-head", "origin", "trunk")
    work.git("checkout", "--quiet", "-b", "topic", work.first)
    assert work.origin.fork_point(work.commit()) == work.first
    work.git("checkout", "--quiet", "--orphan", "unrelated")
    assert work.origin.fork_point(work.commit()) == work.second


def test_what_an_update_replaces(work: Work) -> None:
    def replaced(remote_oid: str, branch: str = "trunk", origin: Remote = work.origin, certain: bool = True) -> str:
        ref = f"refs/heads/{branch}"
        return origin.replaced_tip(
            RefUpdate(local_ref=ref, local_oid=work.second, remote_ref=ref, remote_oid=remote_oid, certain=certain)
        )

    assert replaced(work.first) == work.first
    assert replaced("1" * 40, "never-fetched") == ""
    assert replaced("") == ""  # a new ref, although refs/remotes/origin/trunk is there
    # pre-commit names an ancestor if the ref is new: without an answer, only a tip that was seen counts.
    assert replaced(work.second, certain=False) == work.second
    assert replaced(work.first, certain=False) == ""
    assert replaced(work.first, "new", certain=False) == ""
    # The remote knows better than what was seen.
    theirs = work.commit_elsewhere()
    asked = ask(work.origin)
    assert replaced(work.first, "new", asked, certain=False) == ""
    assert replaced(work.second, "trunk", asked, certain=False) == theirs
    # A commit that nobody has fetched is fetched.
    theirs = work.commit_elsewhere()
    assert replaced(theirs) == theirs
    theirs = work.commit_elsewhere()
    work.bare.rename(work.bare.with_suffix(".gone"))
    assert replaced(theirs) == work.second  # the tip that was fetched last stands for it
