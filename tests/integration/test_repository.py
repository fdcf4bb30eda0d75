"""A repository is found, and its objects are read, by real git."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from covgate.errors import GitError, ToolError, UsageError
from covgate.git.repository import Repository
from helpers.sealed import run


def git(where: Path, environ: dict[str, str], *argv: str) -> str:
    done = run(["git", *argv], where, environ)
    assert done.status == 0, done.text
    return done.text.strip()


@contextmanager
def opened(directory: Path, environ: dict[str, str]) -> Iterator[Repository]:
    repository = Repository.discover(directory, environ)
    try:
        yield repository
    finally:
        repository.close()


def make(top: Path, environ: dict[str, str]) -> str:
    """A repository with one file, and its first commit."""
    git(top.parent, environ, "init", "--quiet", str(top))
    (top / "file").write_bytes(b"one\n")
    git(top, environ, "add", "file")
    git(top, environ, "commit", "--quiet", "--message", "first")
    return git(top, environ, "rev-parse", "HEAD")


@pytest.mark.parametrize("name", ["plain", "a space", "a\nnewline", "two\n\nnewlines\n", "ümlaut"])
def test_a_repository_and_its_worktrees_are_found_whatever_their_names(
    name: str, tmp_path: Path, environ: dict[str, str]
) -> None:
    top, beside = tmp_path / name, tmp_path / f"beside {name}"
    commit = make(top, environ)
    (top / "inside").mkdir()
    git(top, environ, "worktree", "add", "--quiet", "--detach", str(beside))
    with opened(top / "inside", environ) as here, opened(beside, environ) as linked:
        assert (here.top, here.git_dir, here.common_dir) == (top, top / ".git", top / ".git")
        assert (linked.top, linked.common_dir) == (beside, top / ".git")
        assert linked.git_dir.parent == top / ".git" / "worktrees"
        assert here.commit("HEAD") == linked.commit("HEAD") == commit
        assert not here.shallow


@pytest.mark.parametrize(
    ("prepare", "message"),
    [
        (lambda directory, environ: None, "is not in a git repository"),
        (lambda directory, environ: git(directory, environ, "init", "--quiet", "--bare"), "is a bare repository"),
        (lambda directory, environ: directory.rmdir(), "is no directory"),
    ],
)
def test_where_there_is_no_repository_to_work_in(
    prepare: Callable[[Path, dict[str, str]], object], message: str, tmp_path: Path, environ: dict[str, str]
) -> None:
    directory = tmp_path / "directory"
    directory.mkdir()
    prepare(directory, environ)
    with pytest.raises((UsageError, ToolError), match=f"{directory} {message}"):
        Repository.discover(directory, environ)


def test_names_that_lead_to_commits_or_nowhere(tmp_path: Path, environ: dict[str, str]) -> None:
    top = tmp_path / "top"
    commit = make(top, environ)
    git(top, environ, "tag", "-a", "-m", "annotated", "v1")
    with opened(top, environ) as repository:
        names = ("HEAD", "refs/heads/main", "main", "v1", "refs/tags/v1", commit, commit[:10], "HEAD^0", "@")
        assert {repository.commit(name) for name in names} == {commit}
        nowhere = (
            "",
            "HEAD^",
            "@{upstream}",
            "refs/heads/other",
            "1" * 40,
            "--all",
            "HEAD^{tree}",
            "HEAD:file",
            "a\nb",
        )
        assert {repository.commit(name) for name in nowhere} == {""}
        assert repository.file(commit, "file") == b"one\n"
        assert repository.file(commit, "other") is None
        assert repository.file(commit, "") is None  # the tree is no file
        with pytest.raises(ToolError, match="the tree of 1111111111 can't be read"):
            repository.tree("1" * 40)


def test_a_damaged_object_is_an_error_and_the_next_one_is_read(tmp_path: Path, environ: dict[str, str]) -> None:
    top = tmp_path / "top"
    commit = make(top, environ)
    with opened(top, environ) as repository:
        blob = git(top, environ, "rev-parse", "HEAD:file")
        path = top / ".git" / "objects" / blob[:2] / blob[2:]
        path.chmod(0o644)
        path.write_bytes(path.read_bytes()[:-3])
        with pytest.raises(ToolError, match="git can't read the object"):
            repository.object(blob)
        found = repository.object(commit)
        assert found is not None
        assert (found.oid, found.kind) == (commit, "commit")
        assert list(repository.blobs([blob])) == []


def test_history_that_a_shallow_clone_hides(tmp_path: Path, environ: dict[str, str]) -> None:
    top, clone = tmp_path / "top", tmp_path / "clone"
    first = make(top, environ)
    git(top, environ, "commit", "--quiet", "--allow-empty", "--message", "second")
    second = git(top, environ, "rev-parse", "HEAD")
    git(tmp_path, environ, "clone", "--quiet", "--depth=1", top.as_uri(), str(clone))
    with opened(clone, environ) as repository:
        assert repository.shallow
        assert repository.shallow_boundary() == {second}
        assert list(repository.walk([second])) == [second]
        git(clone, environ, "fetch", "--quiet", "--unshallow")
        repository.refresh()
        assert not repository.shallow
        assert repository.shallow_boundary() == frozenset()
        assert list(repository.walk([second])) == [second, first]
        assert repository.is_ancestor(first, second) and not repository.is_ancestor(second, first)
        with pytest.raises(GitError):
            repository.is_ancestor("1" * 40, second)
        with pytest.raises(GitError):
            list(repository.walk(["1" * 40]))


def test_a_list_of_hidden_history_that_cannot_be_read_is_an_error(tmp_path: Path, environ: dict[str, str]) -> None:
    make(tmp_path / "top", environ)
    with opened(tmp_path / "top", environ) as repository:
        (repository.common_dir / "shallow").mkdir()
        with pytest.raises(ToolError, match=r"shallow can't be read: Is a directory"):
            repository.shallow_boundary()


def test_a_walk_that_is_left_early_leaves_no_process(tmp_path: Path, environ: dict[str, str]) -> None:
    commit = make(tmp_path / "top", environ)
    with opened(tmp_path / "top", environ) as repository:
        before = psutil.Process().children()
        walk = repository.walk([commit])
        assert next(walk) == commit
        assert len(psutil.Process().children()) == len(before) + 1
        walk.close()  # type: ignore[attr-defined]
        assert psutil.Process().children() == before


def test_a_merge_base_near_and_far(tmp_path: Path, environ: dict[str, str]) -> None:
    top = tmp_path / "top"
    first = make(top, environ)
    git(top, environ, "checkout", "--quiet", "-b", "side")
    git(top, environ, "commit", "--quiet", "--allow-empty", "--message", "side")
    side = git(top, environ, "rev-parse", "HEAD")
    git(top, environ, "checkout", "--quiet", "-b", "topic", first)
    for number in range(12):
        git(top, environ, "commit", "--quiet", "--allow-empty", "--message", f"{number}")
    far = git(top, environ, "rev-parse", "HEAD")
    git(top, environ, "merge", "--quiet", "--no-edit", "side")
    merged = git(top, environ, "rev-parse", "HEAD")
    git(top, environ, "checkout", "--quiet", "--orphan", "other")
    git(top, environ, "commit", "--quiet", "--allow-empty", "--message", "unrelated")
    unrelated = git(top, environ, "rev-parse", "HEAD")
    with opened(top, environ) as repository:
        for one, other, expected in (
            (side, side, side),
            (side, first, first),
            (first, side, first),
            (far, first, first),
            (far, side, first),
            (merged, side, side),
            (merged, far, far),
            (unrelated, far, ""),
            ("0" * 40, first, ""),
        ):
            assert repository.merge_base(one, other) == expected


def test_files_at_the_top_of_commits(tmp_path: Path, environ: dict[str, str]) -> None:
    top = tmp_path / "top"
    first = make(top, environ)
    (top / "directory").mkdir()
    (top / "directory/file").write_bytes(b"inside\n")
    (top / "link").symlink_to("file")
    (top / "file").write_bytes(b"two\n")
    (top / "ümlaut").write_bytes(b"")
    git(top, environ, "add", "--all")
    git(top, environ, "commit", "--quiet", "--message", "second")
    second = git(top, environ, "rev-parse", "HEAD")
    with opened(top, environ) as repository:
        for _ in range(2):
            assert [repository.file(each, "file") for each in (first, second, "HEAD")] == [b"one\n", b"two\n", b"two\n"]
            names = ("ümlaut", "link", "directory", "directory/file", "none", "")
            assert [repository.file(second, name) for name in names] == [b"", b"file", None, b"inside\n", None, None]
            assert repository.file("0" * 40, "file") is None
        (top / "file").write_bytes(b"three\n")
        git(top, environ, "commit", "--quiet", "--all", "--message", "third")
        assert repository.file("HEAD", "file") == b"three\n"
