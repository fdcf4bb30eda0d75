"""git's objects, read one by one from a process that stays, or many at once."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from covgate.errors import ToolError
from covgate.git.execute import GIT


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
