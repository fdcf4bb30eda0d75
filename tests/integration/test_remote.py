"""A remote as a value: its default branch, its tips, and what an update replaces there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from covgate.git.remote import Remote
from covgate.git.repository import Repository
from covgate.model.ref_update import RefUpdate
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


def test_a_default_branch_that_was_never_fetched_is_asked_for(work: Work) -> None:
    theirs = work.commit_elsewhere()
    assert work.origin.default_branch() == ""
    assert work.origin.default_tip() == theirs
    # The remote can't be asked any more: what it gave last counts.
    work.bare.rename(work.bare.with_suffix(".gone"))
    work.git("update-ref", "refs/covgate/remotes/origin/HEAD", work.first)
    assert work.origin.default_tip() == work.first


def test_a_url_stands_for_the_default_remote(work: Work) -> None:
    work.git("remote", "set-head", "origin", "trunk")
    assert Remote(work.repository, str(work.bare)).default_tip() == work.second
    work.git("remote", "remove", "origin")
    assert Remote(work.repository, str(work.bare)).default_tip() == ""


def test_a_commit_forks_off_where_it_left_the_default_branch(work: Work) -> None:
    work.git("remote", "set-head", "origin", "trunk")
    work.git("checkout", "--quiet", "-b", "topic", work.first)
    assert work.origin.fork_point(work.commit()) == work.first
    work.git("checkout", "--quiet", "--orphan", "unrelated")
    assert work.origin.fork_point(work.commit()) == work.second


def test_what_an_update_replaces(work: Work) -> None:
    def replaced(remote_oid: str, branch: str = "trunk") -> str:
        ref = f"refs/heads/{branch}"
        return work.origin.replaced_tip(
            RefUpdate(local_ref=ref, local_oid=work.second, remote_ref=ref, remote_oid=remote_oid)
        )

    assert replaced(work.first) == work.first
    # Nobody has fetched this commit: the tip that was fetched last stands for it.
    assert replaced(work.commit_elsewhere()) == work.second
    assert replaced("1" * 40, "never-fetched") == ""
    assert replaced("") == ""  # a new ref, although refs/remotes/origin/trunk is there
