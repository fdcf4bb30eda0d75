"""A commit with submodules is measured aside with just the commits of them that it names."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from covgate.errors import ToolError
from covgate.git.repository import Repository
from covgate.git.worktree import Checkout, kept_worktree
from helpers.sealed import run


class Work:
    """A repository with the submodule ``libs/sub``, which has the submodule ``deep``. Each has one file."""

    def __init__(self, directory: Path, environ: dict[str, str], *init: str) -> None:
        self.directory, self.environ, self.top = directory, environ, directory / "work"
        for name in ("deep", "sub", "work"):
            self.git("init", "--quiet", *init, name, cwd=directory)
            self.commit(name, "first")
        self.git("submodule", "--quiet", "add", str(directory / "deep"), "deep", cwd=directory / "sub")
        self.commit("sub", "with deep")
        self.git("submodule", "--quiet", "add", str(directory / "sub"), "libs/sub")
        self.git("submodule", "--quiet", "update", "--init", "--recursive")
        self.commit("work", "with sub")

    def git(self, *argv: str, cwd: Path | None = None) -> str:
        done = run(["git", *argv], cwd or self.top, self.environ)
        assert done.status == 0, done.text
        return done.text.strip()

    def commit(self, place: str, text: str) -> str:
        top = self.directory / place
        (top / "file.py").write_text(f"# {text}\n")
        self.git("add", "--all", cwd=top)
        self.git("commit", "--quiet", "--message", text, cwd=top)
        return self.git("rev-parse", "HEAD", cwd=top)

    @contextmanager
    def aside(self, commit: str) -> Iterator[Checkout]:
        with (
            closing(Repository.discover(self.top, self.environ)) as repository,
            closing(kept_worktree(repository, repository.commit(commit))) as checkout,
        ):
            assert checkout.difference() == ""
            yield checkout


@pytest.fixture
def work(tmp_path: Path, environ: dict[str, str]) -> Work:
    return Work(tmp_path, environ)


def texts(checkout: Checkout) -> list[str]:
    return [(checkout.path / each / "file.py").read_text() for each in ("libs/sub", "libs/sub/deep")]


def test_commits_that_exist_only_here(work: Work) -> None:
    """Nobody has pushed them, and the user has already gone on."""
    for remote in ("deep", "sub"):
        (work.directory / remote).rename(work.directory / f"{remote}-gone")
    deep, sub = "work/libs/sub/deep", "work/libs/sub"
    work.commit(deep, "deep two")
    work.commit(sub, "sub two")
    first = work.commit("work", "two")
    work.commit(deep, "deep three")
    work.commit(sub, "sub three")
    second = work.commit("work", "three")
    before = work.git("status", "--porcelain"), (work.top / ".git/config").read_text()
    for commit, count in ((first, "two"), (second, "three"), (first, "two")):
        with work.aside(commit) as checkout:
            assert texts(checkout) == [f"# sub {count}\n", f"# deep {count}\n"]
            (checkout.path / "libs/sub/file.py").write_text("a test left this\n")
            (checkout.path / "libs/sub/left.py").write_text("")
    with work.aside(f"{first}~1") as checkout:
        assert texts(checkout) == ["# with deep\n", "# first\n"]
        assert not (checkout.path / "libs/sub/left.py").exists()
    with work.aside(f"{first}~2") as checkout:
        assert not (checkout.path / "libs/sub").exists()
    assert (work.git("status", "--porcelain"), (work.top / ".git/config").read_text()) == before


def test_a_commit_that_is_not_here_is_fetched(work: Work) -> None:
    oid = work.commit("sub", "from a colleague")
    work.git("update-index", "--cacheinfo", f"160000,{oid},libs/sub")
    work.git("commit", "--quiet", "--message", "bump")
    with work.aside("HEAD") as checkout:
        assert texts(checkout) == ["# from a colleague\n", "# first\n"]
    (work.directory / "sub").rename(work.directory / "sub-gone")
    work.git("update-index", "--cacheinfo", f"160000,{'1' * 40},libs/sub")
    work.git("commit", "--quiet", "--message", "bump")
    with pytest.raises(ToolError) as caught, work.aside("HEAD"):
        pass
    assert "the submodule libs/sub could not be updated for the measurement" in caught.value.message
    assert caught.value.hint.startswith("git submodule update --init libs/sub")


def test_a_submodule_that_the_user_does_not_have_stays_empty(work: Work) -> None:
    work.git("submodule", "--quiet", "deinit", "--force", "libs/sub")
    with work.aside("HEAD") as checkout:
        assert list((checkout.path / "libs/sub").iterdir()) == []


def test_the_repository_that_git_keeps_is_used(work: Work) -> None:
    """The user has checked out a commit without the submodule."""
    (work.directory / "sub").rename(work.directory / "sub-gone")
    work.commit("work/libs/sub", "only here")
    commit = work.commit("work", "with it")
    work.git("checkout", "--quiet", "--recurse-submodules", "HEAD~2")
    assert not (work.top / "libs").exists()
    with work.aside(commit) as checkout:
        assert texts(checkout) == ["# only here\n", "# first\n"]


def test_sha256(tmp_path: Path, environ: dict[str, str]) -> None:
    work = Work(tmp_path, environ, "--object-format=sha256")
    (work.directory / "sub").rename(work.directory / "sub-gone")
    with work.aside("HEAD") as checkout:
        assert texts(checkout) == ["# with deep\n", "# first\n"]
