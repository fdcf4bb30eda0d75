"""git's objects, read one by one from a process that stays, or many at once."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from covgate.errors import ToolError
from covgate.git.execute import GIT

_OID = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")
_SMALL = 1 << 16  # bytes of a file that is kept


class GitObject(NamedTuple):
    """An object: its id, its kind ("commit", "tree", "blob", "tag"), its content."""

    oid: str
    kind: str
    data: bytes


class ObjectReader:
    """Reads objects by name through one `git cat-file --batch`, which starts with the first object."""

    def __init__(self, cwd: Path, environ: Mapping[str, str]) -> None:
        self._cwd = cwd
        self._environ = environ
        self._process: subprocess.Popen[bytes] | None = None

    def read(self, name: bytes) -> GitObject | None:
        """The object that ``name`` leads to (gitrevisions(7)); None if there is none.

        Raises ToolError if git can't read it.
        """
        if b"\n" in name or not name:
            return None
        if self._process is None:
            self._process = subprocess.Popen(
                [*GIT, "cat-file", "--batch"],
                cwd=self._cwd,
                env=dict(self._environ),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None and stdout is not None
        stdin.write(name + b"\n")
        stdin.flush()
        header = stdout.readline()
        fields = header.split()
        if not header:
            raise self._ended(name)
        if len(fields) != 3 or not fields[2].isdigit():
            return None  # "<name> missing", "<name> ambiguous"
        data = stdout.read(int(fields[2]))
        if len(data) < int(fields[2]) or not stdout.read(1):
            raise self._ended(name)
        return GitObject(oid=fields[0].decode(), kind=fields[1].decode(), data=data)

    def close(self) -> None:
        """End the process. The next object starts another one."""
        if self._process is not None:
            assert self._process.stdin is not None and self._process.stdout is not None
            self._process.stdin.close()
            self._process.stdout.close()
            self._process.wait()
            self._process = None

    def _ended(self, name: bytes) -> ToolError:
        """git exits at a damaged object."""
        self.close()
        shown = name[:80].decode(errors="replace")
        return ToolError(f"git can't read the object {shown}", hint="`git fsck` shows what is damaged")


class FileReader:
    """Reads trees and files of commits. What an oid leads to stays the same, so it is read once, unless it is large."""

    def __init__(self, objects: ObjectReader) -> None:
        self._objects = objects
        self._trees: dict[str, str] = {}
        self._directories: dict[tuple[str, bytes], dict[bytes, str]] = {}
        self._files: dict[str, bytes] = {}

    def tree(self, commit: str) -> str:
        """The oid of a commit's tree. Raises ToolError if it can't be read."""
        if commit in self._trees:
            return self._trees[commit]
        found = self._objects.read(b"%s^{tree}" % os.fsencode(commit))
        if found is None:
            raise ToolError(f"the tree of {commit[:10]} can't be read", hint="`git fsck` shows what is damaged")
        if is_oid(commit):
            self._trees[commit] = found.oid
            self._directories[commit, b""] = entries_in(found)
        return found.oid

    def file(self, commit: str, path: str) -> bytes | None:
        """The content of a file at ``commit``; None if there is no such file."""
        # Paths in git are bytes, whatever encoding the locale gives to file names.
        name = path.encode("utf-8", "surrogateescape")
        directory, _, last = name.rpartition(b"/")
        oid = ""
        if _is_plain(name) and self._knows_tree(commit):
            oid = self._directory(commit, directory).get(last, "")
            if not oid or oid in self._files:
                return self._files.get(oid)
        found = self._objects.read(oid.encode() or b"%s:%s" % (os.fsencode(commit), name))
        data = found.data if found and found.kind == "blob" else None
        if oid and data is not None and len(data) <= _SMALL:
            self._files[oid] = data
        return data

    def _directory(self, commit: str, path: bytes) -> dict[bytes, str]:
        """Name -> oid of what is in a directory of ``commit``, whose tree was read; empty if there is none."""
        if (commit, path) not in self._directories:
            found = self._objects.read(b"%s:%s" % (commit.encode(), path))
            self._directories[commit, path] = entries_in(found) if found and found.kind == "tree" else {}
        return self._directories[commit, path]

    def _knows_tree(self, commit: str) -> bool:
        """Whether ``commit`` is an oid whose tree could be read."""
        with contextlib.suppress(ToolError):
            return is_oid(commit) and bool(self.tree(commit))
        return False


def is_oid(name: str) -> bool:
    """Whether ``name`` is a full oid."""
    return bool(_OID.fullmatch(name))


def _is_plain(path: bytes) -> bool:
    """Whether git takes ``path`` as it is, from the top."""
    return not {b"", b".", b".."} & {*path.split(b"/")}


def parents_in(commit: GitObject) -> list[str]:
    """The oids of the parents of ``commit``."""
    header = commit.data.partition(b"\n\n")[0].decode("ascii", "replace")
    return [line.removeprefix("parent ") for line in header.split("\n") if line.startswith("parent ")]


def entries_in(tree: GitObject) -> dict[bytes, str]:
    """Name -> oid of what is directly in ``tree``."""
    size, found, place = len(tree.oid) // 2, {}, 0
    while (end := tree.data.find(b"\0", place)) >= 0:
        name = tree.data[place:end].partition(b" ")[2]
        place = end + 1 + size
        found[name] = tree.data[end + 1 : place].hex()
    return found


def blobs_in(batch: bytes) -> Iterator[tuple[str, bytes]]:
    """Id and content of each blob in the output of `git cat-file --batch`; a blob that was cut off is left out."""
    place = 0
    while (end := batch.find(b"\n", place)) >= 0:
        fields = batch[place:end].split()
        place = end + 1
        if len(fields) == 3 and fields[2].isdigit() and len(fields[2]) < 16:
            size = int(fields[2])
            data = batch[place : place + size]
            place += size + 1
            if fields[1] == b"blob" and place <= len(batch):
                yield fields[0].decode("ascii", "replace"), data
