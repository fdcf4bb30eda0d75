"""One notes ref: what it holds, and how it moves, whatever its notes say.

`git notes add` reads, changes and writes without a lock: concurrent writers lose notes. Here the new
notes commit is built aside by fast-import, and the ref moves only if it still stands where the change was made on.
"""

from __future__ import annotations

import contextlib
import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from covgate.errors import RefMoved, ToolError
from covgate.files import write_atomically
from covgate.git.messages import lock_exists, lost_race
from covgate.git.repository import Repository
from covgate.notes.locks import OWN_LOCKS, remove_stale_locks
from covgate.notes.retry import PATIENCE, tries

# Records, and the lines of measured files: what both hold is in covgate.model.record and covgate.model.detail.
NOTES_REF = "refs/notes/coverage"
FILES_REF = "refs/notes/coverage-files"


class NotesRef(ABC):
    """The notes at ``ref`` of ``repository``; every method reads the ref anew."""

    def __init__(self, repository: Repository, ref: str) -> None:
        self.repository = repository
        self.ref = ref
        self._listed: tuple[str, dict[str, str], dict[str, str]] = ("", {}, {})

    @abstractmethod
    def join_blobs(self, blobs: Sequence[bytes]) -> bytes | None:
        """One note for all of ``blobs``, in whatever order they come; None where one of them can't be understood."""

    def tip(self) -> str:
        """The oid of the notes commit; "" where there are no notes. A ref that leads nowhere is not none."""
        tip = self.repository.commit(self.ref)
        if not tip and (self.repository.common_dir / self.ref).is_file():
            tip = self.repository.commit(self.ref)  # it may have come into being between the two looks
            if not tip:
                raise ToolError(
                    f"{self.ref} is broken: it leads to no commit",
                    hint=f"delete {self.repository.common_dir / self.ref}; `covgate sync` brings what the remote has",
                )
        return tip

    def entries(self, tip: str | None = None) -> dict[str, str]:
        """Annotated commit -> blob oid, whatever the fan-out."""
        return self._list(self.tip() if tip is None else tip)[0]

    def _list(self, tip: str) -> tuple[dict[str, str], dict[str, str]]:
        """The blob of each annotated commit, and the path in the notes tree where it lies."""
        if not tip:
            return {}, {}
        if tip != self._listed[0]:
            listed = self.repository.run("ls-tree", "-r", "-z", "--full-tree", tip).decode(errors="replace")
            entries, paths = {}, {}
            for line in listed.split("\0"):
                if line.startswith("100644 blob "):
                    meta, _, path = line.partition("\t")
                    commit = path.replace("/", "")
                    entries[commit], paths[commit] = meta[12:], path
            self._listed = tip, entries, paths
        return self._listed[1:]

    def write(self, changes: Callable[[Mapping[str, str]], Mapping[str, bytes]], message: str) -> bool:
        """Apply ``changes(entries)`` (commit -> new bytes) on the newest notes; retried when the ref moves."""
        for _ in tries():
            tip = self.tip()
            todo = changes(self.entries(tip))
            if not todo:
                return False
            new = self.build(tip, todo, message)
            try:
                self.move(tip, new)
            except RefMoved:
                continue
            if tip and tip == self.repaired_tip():
                self.save_repaired_tip(new)
            return True
        raise ToolError(f"{self.ref} kept moving for {PATIENCE:.0f} seconds while it was written", hint="try again")

    def build(self, parent: str, todo: Mapping[str, bytes], message: str) -> str:
        """A notes commit on ``parent`` with the notes ``todo``; no ref moves."""
        scratch = f"refs/notes/covgate-{os.urandom(8).hex()}"
        text = message.encode()
        parts = [
            f"feature done\ncommit {scratch}\nmark :1\ncommitter {self._committer()}\ndata {len(text)}\n".encode(),
            text,
            b"\n",
        ]
        if parent:
            parts.append(f"from {parent}\n".encode())
        paths = self._list(parent)[1]
        for commit, data in todo.items():
            # By path, not fast-import's own `N`: that knows nothing of notes on commits which are absent here,
            # and puts a second note beside one that git's own fan-out had placed elsewhere.
            path = paths.get(commit) or _path(commit, len(paths))
            parts.append(f"M 100644 inline {path}\ndata {len(data)}\n".encode() + data + b"\n")
        # The branch is reset to nothing before fast-import ends: only objects are left, never a ref.
        nothing = "0" * len(next(iter(todo)))
        parts.append(f"reset {scratch}\nfrom {nothing}\n\nget-mark :1\ndone\n".encode())
        out = self.repository.run("fast-import", "--quiet", "--cat-blob-fd=1", input=b"".join(parts))
        return out.decode().strip()

    def move(self, old: str, new: str) -> None:
        """Move the ref from ``old`` ("" for absent) to ``new``; RefMoved where it stands elsewhere."""
        expected = old or "0" * len(new)
        argv = ("update-ref", "-m", "covgate", "--create-reflog", self.ref, new, expected)
        status, _, err = self.repository.attempt(*argv)
        if status:
            if lock_exists(err):
                remove_stale_locks(self.repository.common_dir, *OWN_LOCKS)
            if lost_race(err):
                raise RefMoved(argv, status, err)
            reason = (err.splitlines() or ["no message"])[0].rpartition(f"'{self.ref}': ")[2]
            raise ToolError(
                f"{self.ref} can't be written: {reason}",
                hint="may you write to .git/refs, and is no other ref in the way?",
            )

    def repaired_tip(self) -> str:
        """The tip up to which all merges are repaired (`covgate.notes.repair`); "" if that is unknown."""
        try:
            return self._repaired_file.read_text("ascii").strip()
        except (OSError, ValueError):
            return ""

    def save_repaired_tip(self, tip: str) -> None:
        """Forgetting it costs a look at the history, nothing else."""
        with contextlib.suppress(OSError):
            write_atomically(self._repaired_file, f"{tip}\n".encode())

    @property
    def _repaired_file(self) -> Path:
        return self.repository.state_dir / f"healed-{self.ref.replace('/', '-')}"

    def _committer(self) -> str:
        ident = self.repository.text("var", "GIT_COMMITTER_IDENT")
        if ident:
            return ident
        import time

        return f"covgate <covgate@localhost> {int(time.time())} +0000"


def _path(commit: str, count: int) -> str:
    """Where the note of ``commit`` goes among ``count`` others: two digits a directory for each 256-fold."""
    parts = []
    while count > 255:
        count >>= 8
        parts.append(commit[:2])
        commit = commit[2:]
    return "/".join([*parts, commit])
