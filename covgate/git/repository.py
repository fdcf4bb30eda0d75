"""The user's repository: its objects, its history, its branches, its configuration."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from covgate.errors import GitError, ToolError
from covgate.git.execute import GIT, execute, finish, start
from covgate.git.location import Location, find_location
from covgate.git.objects import FileReader, GitObject, ObjectReader, blobs_in, is_oid, parents_in

if TYPE_CHECKING:
    from covgate.git.changed_files import Entry
    from covgate.model.changes import FileChange

_NEAR = 10  # commits
_PLAIN_NAME = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?|HEAD|refs/[A-Za-z0-9_./-]+")


class Repository:
    """One repository, found from a directory.

    ``top`` is the worktree that covgate was called in, ``git_dir`` its own git directory, ``common_dir`` the one that
    all worktrees share: covgate keeps its files under it. All are absolute paths. ``shallow``: whether history is cut
    off. ``environ`` leads git to this repository. ``configured``: how ssh is called, and the remotes (`Location`).
    """

    def __init__(self, location: Location) -> None:
        self.top = location.top
        self.git_dir = location.git_dir
        self.common_dir = location.common_dir
        self.shallow = location.shallow
        self.configured = location.configured
        self.environ = dict(location.environ)
        self._objects = ObjectReader(self.top, self.environ)
        self._files = FileReader(self._objects)
        self._commits: dict[str, str] = {}
        self._merge_bases: dict[tuple[str, str], str] = {}
        # The differences between two oids, which each component asks for: see `covgate.git.changed_files` and `diff`.
        self.entries: dict[tuple[str, ...], list[Entry]] = {}
        self.diffs: dict[tuple[str, str, frozenset[str]], tuple[FileChange, ...]] = {}

    @classmethod
    def discover(cls, directory: Path, environ: Mapping[str, str]) -> Repository:
        """The repository around ``directory``, or the one that GIT_DIR names, as git itself would choose.

        Raises UsageError if there is none that covgate can work in.
        """
        return cls(find_location(directory, environ))

    @property
    def state_dir(self) -> Path:
        """The directory of covgate's cache, its worktree and its temporary files; shared by all worktrees."""
        return self.common_dir / "covgate"

    # Running git

    def run(self, *args: str, input: bytes | None = None, cwd: Path | None = None) -> bytes:
        """The output of ``git args``, byte for byte. Raises GitError if it fails."""
        status, out, err = self.attempt(*args, input=input, cwd=cwd)
        if status:
            raise GitError(args, status, err)
        return out

    def attempt(self, *args: str, input: bytes | None = None, cwd: Path | None = None) -> tuple[int, bytes, str]:
        """Run ``git args`` and return its exit status, its output, its messages."""
        return execute([*GIT, *args], cwd or self.top, self.environ, input)

    def transfer(self, *args: str) -> tuple[int, bytes, str]:
        """Run ``git args``, which fetches or pushes. Like `attempt`, but given up after two minutes."""
        return finish(self.start(*args, own_group=True))

    def text(self, *args: str) -> str:
        """The output of a command that prints one line; "" if it fails."""
        status, out, _ = self.attempt(*args)
        return "" if status else os.fsdecode(out).removesuffix("\n")

    def start(self, *args: str, own_group: bool = False) -> subprocess.Popen[bytes]:
        """Start ``git args`` and return at once; the caller ends it with ``communicate``, or with `end_group`."""
        return start([*GIT, *args], self.top, self.environ, own_group=own_group)

    def close(self) -> None:
        """End the process that reads objects. May be called more than once."""
        self._objects.close()

    # Objects

    def object(self, name: str) -> GitObject | None:
        """The object that ``name`` leads to (gitrevisions(7)); None if there is none."""
        return self._objects.read(os.fsencode(name))

    def blobs(self, oids: Sequence[str]) -> Iterator[tuple[str, bytes]]:
        """Id and content of each blob of ``oids``, by one process. git stops at a damaged one."""
        return blobs_in(self.attempt("cat-file", "--batch", input="".join(f"{each}\n" for each in oids).encode())[1])

    def commit(self, name: str) -> str:
        """The oid of the commit that ``name`` leads to, also through a tag; "" if it leads to none."""
        if name in self._commits:
            return self._commits[name]
        if _PLAIN_NAME.fullmatch(name):
            found = self.object(f"{name}^{{commit}}")
            if found and self.is_oid(name):
                self._commits[name] = found.oid
            return found.oid if found else ""
        # The object reader exits at some names that lead nowhere (`@{upstream}` without one).
        return self.text("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}") if name else ""

    def tree(self, commit: str) -> str:
        """The oid of a commit's tree. Raises ToolError if it can't be read."""
        return self._files.tree(commit)

    def file(self, commit: str, path: str) -> bytes | None:
        """The content of a file at ``commit``; None if there is no such file."""
        return self._files.file(commit, path)

    def paths(self, commit: str) -> list[str]:
        """The paths of all files, links and submodules of ``commit``. Raises GitError if git can't list them."""
        listed = self.run("ls-tree", "-r", "-z", "--name-only", "--full-tree", commit)
        return listed.decode("utf-8", "surrogateescape").split("\0")[:-1]

    def is_oid(self, *names: str) -> bool:
        """Whether ``names`` are full oids: what they lead to stays the same."""
        return all(map(is_oid, names))

    # History

    def walk(self, commits: Sequence[str]) -> Iterator[str]:
        """The oids of ``commits`` and all their ancestors, newest first. The caller may stop early.

        Raises GitError if git can't read them all.
        """
        process = start([*GIT, "rev-list", "--stdin"], self.top, self.environ, stdin=subprocess.PIPE)
        assert process.stdin is not None and process.stdout is not None and process.stderr is not None
        finished = False
        try:
            process.stdin.write("".join(f"{each}\n" for each in commits).encode())
            process.stdin.close()
            for line in process.stdout:
                yield line[:-1].decode()
            finished = True
        finally:
            if not finished:
                process.kill()
            process.stdout.close()
            # At the end of the program, an unfinished walk may find its pipes closed.
            message = "" if process.stderr.closed else process.stderr.read().decode(errors="replace")
            process.stderr.close()
            status = process.wait()
        if status:
            raise GitError(["rev-list"], status, message)

    def merge_base(self, commit: str, other: str) -> str:
        """The best common ancestor of two commits; "" if there is none, or if a shallow clone hides it."""
        if (commit, other) not in self._merge_bases:
            # Most branches start at the tip of another one: then git need not be started.
            near = self._is_near(other, commit)
            self._merge_bases[commit, other] = other if near else self.text("merge-base", commit, other)
        return self._merge_bases[commit, other]

    def _is_near(self, ancestor: str, commit: str) -> bool:
        """Whether one of the first few parents of ``commit``, or itself, is ``ancestor``; False if that is unknown."""
        with contextlib.suppress(ToolError):
            for _ in range(_NEAR):
                found = self.object(commit) if is_oid(commit) and not self.shallow else None
                parents = parents_in(found) if found and found.kind == "commit" else []
                if ancestor in (commit, *parents):
                    return True
                if not parents:
                    break
                commit = parents[0]
        return False

    def is_ancestor(self, ancestor: str, commit: str) -> bool:
        """Whether ``commit`` is ``ancestor`` or descends from it. Raises GitError if git can't tell."""
        argv = ("merge-base", "--is-ancestor", ancestor, commit)
        status, _, err = self.attempt(*argv)
        if status > 1:
            raise GitError(argv, status, err)
        return status == 0

    def shallow_boundary(self) -> frozenset[str]:
        """The commits whose parents a shallow clone hides. Raises ToolError if git's list can't be read."""
        try:
            return frozenset((self.common_dir / "shallow").read_text("ascii").split())
        except FileNotFoundError:
            return frozenset()
        except OSError as error:
            raise ToolError(f"{error.filename} can't be read: {error.strerror}", hint="git fetch --unshallow") from None

    def refresh(self) -> None:
        """Read again what a fetch may have changed: where history is cut off."""
        self.shallow = bool(self.shallow_boundary())
        self._merge_bases.clear()
        self.close()

    # Branches, remotes, configuration

    def current_branch(self) -> str:
        """The checked-out branch's short name; "" on a detached HEAD."""
        return self.text("symbolic-ref", "--quiet", "--short", "HEAD")

    def remotes(self) -> list[str]:
        """The names of the configured remotes."""
        return self.text("remote").splitlines()

    def default_remote(self, branch: str = "") -> str:
        """The remote that ``branch`` follows, else ``origin``, else the only one; "" for none."""
        followed = self.config(f"branch.{branch}.remote") if branch else ""
        if followed and followed != ".":
            return followed
        remotes = self.remotes()
        return "origin" if "origin" in remotes else remotes[0] if len(remotes) == 1 else ""

    def config(self, key: str) -> str:
        """A value as the user configured it, without what covgate sets for its own calls; "" if there is none."""
        status, out, _ = execute(["git", "config", "--get", key], self.top, self.environ, None)
        return "" if status else os.fsdecode(out).removesuffix("\n")

    def config_scope(self, key: str) -> str:
        """The scope that a configured value comes from: "local", "global", "system", "worktree"; "" for none."""
        status, out, _ = execute(["git", "config", "--show-scope", "--get", key], self.top, self.environ, None)
        return "" if status else os.fsdecode(out).partition("\t")[0]

    def hooks_directory(self) -> Path:
        """Where git looks for hooks: core.hooksPath, which may be relative to the worktree, else git's own directory.

        Raises GitError if git can't tell.
        """
        status, out, err = execute(["git", "rev-parse", "--git-path", "hooks"], self.top, self.environ, None)
        if status:
            raise GitError(["rev-parse", "--git-path"], status, err)
        return self.top / os.fsdecode(out).removesuffix("\n")
