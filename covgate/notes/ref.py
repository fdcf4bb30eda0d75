"""One notes ref: reading which notes it has, and moving it, whatever the notes contain.

`git notes add` reads, changes and writes without a lock, so concurrent writers lose notes. Here fast-import builds the
new notes commit without moving a ref. Then the ref moves, but only if it is still where the change was made
(compare-and-swap); otherwise the change is made again on the newer notes.
"""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence

from covgate.errors import RefMoved, ToolError
from covgate.git.messages import lock_exists, lost_race
from covgate.git.repository import Repository
from covgate.model.history import annotated_commit
from covgate.notes.locks import OWN_LOCKS, remove_stale_locks
from covgate.notes.retry import PATIENCE, tries

# The notes with records (covgate.model.record), and those with the lines of measured files (covgate.model.detail).
NOTES_REF = "refs/notes/coverage"
FILES_REF = "refs/notes/coverage-files"


class BrokenRef(ToolError):
    """A notes ref leads to something that is not a commit, or nowhere."""


class NotesRef(ABC):
    """The notes at ``ref`` of ``repository``. Every method reads the ref again."""

    def __init__(self, repository: Repository, ref: str) -> None:
        self.repository = repository
        self.ref = ref
        # By tip: the blob of each annotated commit, and its path.
        self._listed: dict[str, tuple[dict[str, str], dict[str, str]]] = {}

    @abstractmethod
    def join_blobs(self, blobs: Sequence[bytes]) -> bytes | None:
        """The note that joins ``blobs``, the same in any order; None if one of them is not valid."""

    def join_published(self, published: bytes, ours: bytes) -> bytes | None:
        """The note that joins a published one and one of ours; None if one of them is not valid."""
        return self.join_blobs([published, ours])

    def is_foreign(self, blob: bytes) -> bool:
        """Whether another version of covgate wrote the note ``blob``, which this one can't read."""
        return False

    def tip(self) -> str:
        """The oid of the notes commit; "" if there are no notes. Raises BrokenRef if the ref leads to no commit."""
        tip = self.repository.commit(self.ref)
        if not tip and is_broken(self.repository, self.ref):
            tip = self.repository.commit(self.ref)  # it may be new since the first try
            if not tip:
                raise BrokenRef(
                    f"{self.ref} is broken: it leads to no commit",
                    hint="`covgate sync` repairs it, and brings what the remote has",
                )
        return tip

    def entries(self, tip: str | None = None) -> dict[str, str]:
        """Annotated commit -> oid of its note's blob, at the notes commit ``tip`` (None: the current one)."""
        return self.listed(self.tip() if tip is None else tip)[0]

    def listed(self, tip: str) -> tuple[dict[str, str], dict[str, str]]:
        """The blob of each annotated commit at the notes commit ``tip``, and its path in the notes tree."""
        if not tip:
            return {}, {}
        if tip not in self._listed:
            listed = self.repository.run("ls-tree", "-r", "-z", "--full-tree", tip).decode(errors="replace")
            entries, paths = {}, {}
            for line in listed.split("\0"):
                if line.startswith("100644 blob "):
                    meta, _, path = line.partition("\t")
                    commit = annotated_commit(path)
                    if commit:
                        entries[commit], paths[commit] = meta[12:], path
            self._listed[tip] = entries, paths
        return self._listed[tip]

    def write(self, change: Callable[[Mapping[str, str]], Mapping[str, bytes]], message: str) -> bool:
        """Write the notes that ``change`` returns (commit -> bytes) for the current entries. False if it returns none.

        It is called again if another process moved the ref first. Raises ToolError if the ref can't be written.
        """
        for _ in tries():
            tip = self.tip()
            changed = change(self.entries(tip))
            if not changed:
                return False
            new = self.build(tip, changed, message)
            try:
                self.move(tip, new)
            except RefMoved:
                continue
            self.has_written(tip, new, changed)
            return True
        raise ToolError(f"{self.ref} kept moving for {PATIENCE:.0f} seconds while it was written", hint="try again")

    def has_written(self, old: str, new: str, changed: Mapping[str, bytes]) -> None:
        """Called after ``changed`` was written and the ref moved from ``old`` to ``new``."""
        return

    def build(self, parent: str, changed: Mapping[str, bytes | None], message: str) -> str:
        """The oid of a new notes commit on ``parent`` ("" for none) with the notes ``changed``, None to remove one.

        No ref moves.
        """
        paths = self.listed(parent)[1]
        # By path, not by fast-import's `N` command: that ignores notes on commits which are absent here, and adds a
        # second note beside one that git placed elsewhere.
        files = {paths.get(commit) or note_path(commit, len(paths)): data for commit, data in changed.items()}
        no_oid = "0" * len(next(iter(changed)))
        stream = _import_stream(parent, files, self._committer(), message.encode(), no_oid)
        return self.repository.run("fast-import", "--quiet", "--cat-blob-fd=1", input=stream).decode().strip()

    def move(self, old: str, new: str) -> None:
        """Move the ref from ``old`` ("" if it is absent) to ``new``.

        Raises RefMoved if another process moved or locked it first, ToolError if it can't be written.
        """
        expected = old or "0" * len(new)
        # Never write through a symbolic ref: it may lead to a branch of the user.
        argv = ("update-ref", "--no-deref", "-m", "covgate", "--create-reflog", self.ref, new)
        status, _, err = self.repository.attempt(*argv, expected)
        if status:
            if lock_exists(err):
                remove_stale_locks(self.repository.common_dir, *OWN_LOCKS)
            if lost_race(err):
                found = self.repository.object(self.ref)
                if old and found and found.kind == "tag" and self.repository.commit(self.ref) == old:
                    self.move(found.oid, new)  # somebody made a tag of the notes commit
                    return
                raise RefMoved(argv, status, err)
            reason = (err.splitlines() or ["no message"])[0].rpartition(f"'{self.ref}': ")[2]
            raise ToolError(
                f"{self.ref} can't be written: {reason}",
                hint="may you write to .git/refs, and is no other ref in the way?",
            )

    def _committer(self) -> str:
        """Name, address and time for the notes commit: the user's, else covgate's own."""
        ident = self.repository.text("var", "GIT_COMMITTER_IDENT")
        if ident:
            return ident
        import time

        return f"covgate <covgate@localhost> {int(time.time())} +0000"


def is_broken(repository: Repository, ref: str) -> bool:
    """Whether ``ref``, which leads to no commit, exists."""
    return repository.object(ref) is not None or (repository.common_dir / ref).is_file()


def note_path(commit: str, count: int) -> str:
    """The path of a new note of ``commit`` among ``count`` others: one directory level for each factor of 256."""
    parts = []
    while count > 255:
        count >>= 8
        parts.append(commit[:2])
        commit = commit[2:]
    return "/".join([*parts, commit])


def _import_stream(
    parent: str, files: Mapping[str, bytes | None], committer: str, message: bytes, no_oid: str
) -> bytes:
    """The input of `git fast-import` for one commit, whose oid it prints.

    Its temporary branch is reset to nothing before fast-import ends, so that no ref is left.
    """
    branch = f"refs/notes/covgate-{os.urandom(8).hex()}"
    parts = [
        f"feature done\ncommit {branch}\nmark :1\ncommitter {committer}\ndata {len(message)}\n".encode(),
        message,
        b"\n",
    ]
    if parent:
        parts.append(f"from {parent}\n".encode())
    for path, data in files.items():
        if data is None:
            parts.append(f"D {path}\n".encode())
        else:
            parts.append(f"M 100644 inline {path}\ndata {len(data)}\n".encode() + data + b"\n")
    parts.append(f"reset {branch}\nfrom {no_oid}\n\nget-mark :1\ndone\n".encode())
    return b"".join(parts)
