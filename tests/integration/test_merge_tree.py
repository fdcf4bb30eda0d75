"""The merge of two commits, made without touching anything of the user."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from covgate.git.diff import added_lines
from covgate.git.merge_tree import merge_trees, write_merge
from covgate.git.repository import Repository
from covgate.git.worktree import kept_worktree
from helpers.sealed import run

LINES = "".join(f"line {number}\n" for number in range(20))


class Work:
    """A repository whose branches ``main`` and ``topic`` have parted. ``topic`` is checked out."""

    def __init__(self, directory: Path, environ: dict[str, str]) -> None:
        self.top, self.environ = directory / "work", environ
        self.top.mkdir()
        self.git("init", "--quiet")
        self.write("mod.py", LINES)
        self.commit()
        self.git("branch", "topic")
        self.repository = Repository.discover(self.top, environ)

    def git(self, *argv: str, cwd: Path | None = None) -> str:
        done = run(["git", *argv], cwd or self.top, self.environ)
        assert done.status == 0, done.text
        return done.text.strip()

    def write(self, name: str, text: str) -> None:
        (self.top / name).parent.mkdir(exist_ok=True)
        (self.top / name).write_text(text)

    def commit(self) -> str:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", "more")
        return self.git("rev-parse", "HEAD")

    def merge(self) -> str:
        """The commit of the merge of topic into main."""
        target, commit = self.git("rev-parse", "main", "topic").split()
        tree, why_not = merge_trees(self.repository, target, commit)
        assert not why_not
        return write_merge(self.repository, tree, target, commit)


@pytest.fixture
def work(tmp_path: Path, environ: dict[str, str]) -> Iterator[Work]:
    made = Work(tmp_path, environ)
    with closing(made.repository):
        yield made


def test_it_is_what_git_merges_and_touches_nothing(work: Work) -> None:
    work.write("of-main", "")
    work.environ = {**work.environ, "GIT_COMMITTER_DATE": "2040-01-01T00:00:00Z"}
    target = work.commit()
    work.environ.pop("GIT_COMMITTER_DATE")
    work.git("checkout", "--quiet", "topic")
    work.write("of-topic", "")
    commit = work.commit()
    work.write("mod.py", "not committed")
    work.write("staged", "")
    work.git("add", "staged")

    def state() -> list[str]:
        asked = (["for-each-ref"], ["status", "--porcelain"], ["ls-files", "--stage"], ["reflog"])
        return [work.git(*argv) for argv in asked]

    before = state()
    merge = work.merge()
    assert work.merge() == merge
    assert state() == before
    assert sorted(path.name for path in work.top.iterdir()) == [".git", "mod.py", "of-topic", "staged"]
    assert work.git("rev-list", "--parents", "-1", merge).split() == [merge, target, commit]
    dates = work.git("log", "--no-walk", "--format=%ct", merge, target, commit).split()
    assert dates[0] == dates[1] == max(dates)
    assert work.repository.merge_base(merge, target) == target
    assert work.repository.merge_base(merge, commit) == commit

    work.git("stash", "--include-untracked", "--quiet")
    work.git("checkout", "--quiet", "main")
    work.git("merge", "--quiet", "--no-edit", "topic")
    assert work.repository.tree("HEAD") == work.repository.tree(merge)


def test_a_renamed_file_keeps_the_lines_of_the_other_side(work: Work) -> None:
    work.git("mv", "mod.py", "core.py")
    target = work.commit()
    work.git("checkout", "--quiet", "topic")
    work.write("mod.py", f"{LINES}one more\n")
    work.commit()
    merge = work.merge()
    assert work.repository.paths(merge) == ["core.py"]
    added = added_lines(work.repository, [target], merge, [".py"])
    assert {path: list(lines) for path, lines in added.items()} == {"core.py": [21]}


def test_the_submodule_of_the_merge_is_checked_out(work: Work, tmp_path: Path) -> None:
    library = tmp_path / "library"
    work.git("init", "--quiet", str(library))
    work.git("commit", "--quiet", "--allow-empty", "--message", "old", cwd=library)
    work.git("submodule", "--quiet", "add", str(library), "lib")
    work.commit()
    work.git("branch", "--force", "topic")
    (library / "new.py").write_text("")
    work.git("add", "--all", cwd=library)
    work.git("commit", "--quiet", "--message", "new", cwd=library)
    work.git("-C", "lib", "pull", "--quiet", "origin", "HEAD")
    work.commit()
    work.git("checkout", "--quiet", "topic")
    work.git("submodule", "--quiet", "update")
    work.write("of-topic", "")
    work.commit()
    assert not (work.top / "lib/new.py").exists()
    with closing(kept_worktree(work.repository, work.merge())) as checkout:
        assert (checkout.path / "lib/new.py").is_file()
        assert (checkout.path / "of-topic").is_file()
        # While the merge is checked out there, git keeps its objects.
        work.git("gc", "--quiet", "--prune=now")
        assert checkout.difference() == ""


def test_a_conflict_is_named(work: Work) -> None:
    names = ("a", "b", "c", "d")
    for branch in ("main", "topic"):
        work.git("checkout", "--quiet", branch)
        for name in names:
            work.write(name, branch)
        work.commit()
    found = merge_trees(work.repository, "main", "topic")
    assert found == ("", "they conflict in a, b, c and 1 more")


def test_an_old_git_and_one_that_fails(work: Work, tmp_path: Path) -> None:
    """A git before 2.38 knows merge-tree only with three trees, and prints its usage."""
    real = work.git("--exec-path") + "/git"
    usage = "usage: git merge-tree <base-tree> <branch1> <branch2>"
    old = tmp_path / "bin" / "git"
    old.parent.mkdir()
    old.write_text(f'#!/bin/sh\ncase "$*" in *merge-tree*) echo "{usage}" >&2; exit 129;; esac\nexec "{real}" "$@"\n')
    old.chmod(0o755)
    environ = {**work.environ, "PATH": f"{old.parent}:{work.environ['PATH']}"}
    with closing(Repository.discover(work.top, environ)) as repository:
        assert merge_trees(repository, "main", "topic").why_not == (
            "git merge-tree --write-tree needs git 2.38 or newer"
        )
    failed = merge_trees(work.repository, "main", "no-such-branch").why_not
    assert failed.startswith("git merge-tree failed: ")
