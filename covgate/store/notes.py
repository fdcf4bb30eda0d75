"""The notes ref: read, looked up along ancestry, written by compare-and-swap.

`git notes add` reads, changes and writes without a lock: concurrent writers lose notes. Here the new
notes commit is built aside by fast-import, which handles the fan-out, and the ref moves only if it
still stands where the change was made on.
"""

from __future__ import annotations

import contextlib
import itertools
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from covgate.errors import GitError, RefMoved, ToolError
from covgate.files import write_atomically
from covgate.model.baseline import Baseline, join
from covgate.model.record import DEFAULT_COMPONENT, Note, parse_note, render_note
from covgate.store.index import Known, RecordIndex
from covgate.store.locks import OWN_LOCKS, remove_stale
from covgate.store.repository import NOTES_REF, Repository
from covgate.store.retry import PATIENCE, tries


class UnbelievableNote(ToolError):
    """The note that was to be changed can't be believed; it is left in place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lookup:
    """A baseline, and the records on the way to it that could not be believed.

    ``seen`` is what the visible ancestors hold. It is the baseline, unless a shallow clone hides some
    (``hidden``) and a record elsewhere is higher: it may be that of an ancestor, and judges until that is known.
    """

    baseline: Baseline | None = None
    problems: tuple[str, ...] = ()
    seen: Baseline | None = None
    hidden: bool = False


class Notes:
    """The notes at one ref of ``repository``; every method reads the ref anew."""

    def __init__(self, repository: Repository, ref: str = NOTES_REF) -> None:
        self.repository = repository
        self.ref = ref
        self._listed: tuple[str, dict[str, str], dict[str, str]] = ("", {}, {})

    @cached_property
    def index(self) -> RecordIndex:
        return RecordIndex.load(self.repository.state_dir)

    def tip(self) -> str:
        """The oid of the notes commit; "" where there are no notes."""
        return self.repository.commit(self.ref)

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

    def read(self, commit: str) -> Note | None:
        """The note of ``commit``; None where it has none."""
        blob = self.entries().get(commit)
        return self.read_blob(blob) if blob else None

    def read_blob(self, blob: str) -> Note:
        found = self.repository.object(blob)
        if found is None:
            return Note(problems=(f"the note's blob {blob[:10]} can't be read",))
        return parse_note(found.data)

    def baseline(self, commits: Sequence[str], component: str = DEFAULT_COMPONENT) -> Lookup:
        """The join of the records on ``commits`` and all their ancestors.

        Where a shallow clone hides ancestors, every record counts, so that none is missed.
        """
        entries = self.entries()
        if not entries or not commits:
            return Lookup()
        heights = self.index.baselines(entries.values(), component, self.read_blob)
        self.index.save()
        waiting = {each: heights[blob] for each, blob in entries.items()}
        everything = dict(waiting) if self.repository.shallow else {}
        # The walk may end when nothing that is still ahead could be higher: exact, and it makes the
        # usual look-up, whose highest record is a recent one, independent of the length of history.
        top = max((known.order for known, _ in waiting.values() if known is not None), default=None)
        unread = any(problem for _, problem in waiting.values())
        edge = self.repository.edge() if everything else frozenset()
        hidden = False
        seen: list[tuple[str, Known]] = []
        for oid in itertools.chain(commits, self.repository.walk(commits)):
            hidden = hidden or oid in edge
            if oid in waiting:
                known, problem = waiting.pop(oid)
                seen.append((oid, (known, problem)))
                if not waiting or (known is not None and known.order == top and not unread):
                    break
        visible = _highest(seen)
        if not hidden:
            return visible
        every = _highest(everything.items())
        return replace(every, seen=visible.baseline, hidden=every.baseline != visible.baseline)

    def origin(self, commits: Sequence[str], baseline: Baseline, component: str = DEFAULT_COMPONENT) -> str:
        """The newest of ``commits`` and their ancestors that reached ``baseline``: measured it, or had it set.

        Later records carry a baseline on; for the reader it comes from where it was reached. "" where that
        record is hidden or gone.
        """
        entries = self.entries()
        heights = self.index.baselines(entries.values(), component, self.read_blob)
        carried = ""
        for oid in self.repository.walk(commits):
            blob = entries.get(oid)
            known = heights[blob][0] if blob else None
            if blob is None or known is None or known.height != baseline.height:
                continue
            record = self.read_blob(blob).record(component)
            judged = record.judgement if record else None
            if not known.override and judged and judged.numbers.percent == known.percent:
                return oid
            carried = oid
        return carried

    def update(self, commit: str, change: Callable[[Note], Note], message: str) -> bool:
        """Replace the note of ``commit`` by ``change`` of it; True where that changed its bytes.

        A note that can't be believed is left in place: UnbelievableNote names it.
        """

        def changes(entries: Mapping[str, str]) -> dict[str, bytes]:
            blob = entries.get(commit)
            before = self.repository.object(blob) if blob else None
            note = parse_note(before.data) if before else Note()
            if note.problems:
                raise UnbelievableNote(
                    f"the note of {commit[:10]} can't be believed: {note.problems[0]}; it is left as it is",
                    hint=f"git notes --ref=coverage show {commit[:10]} shows it, "
                    f"git notes --ref=coverage remove {commit[:10]} takes it away",
                )
            after = render_note(change(note).records).encode()
            return {} if before and before.data == after else {commit: after}

        return self.write(changes, message)

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
            if tip and tip == self.healed():
                self.remember_healed(new)
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
            moved = "cannot lock ref" in err or "is at" in err or "reference already exists" in err
            if "File exists" in err:
                remove_stale(self.repository.common_dir, *OWN_LOCKS)
            raise (RefMoved if moved else GitError)(argv, status, err)

    def healed(self) -> str:
        """The tip below which no merge of notes has dropped anything (see `heal`); "" where that is unknown."""
        try:
            return self._bookmark.read_text("ascii").strip()
        except (OSError, ValueError):
            return ""

    def remember_healed(self, tip: str) -> None:
        """Forgetting it costs a look at the history, nothing else."""
        with contextlib.suppress(OSError):
            write_atomically(self._bookmark, f"{tip}\n".encode())

    @property
    def _bookmark(self) -> Path:
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


def _highest(records: Iterable[tuple[str, Known]]) -> Lookup:
    best: Baseline | None = None
    problems = []
    for commit, (known, problem) in records:
        best = join(best, known)
        if problem:
            problems.append(f"the note of {commit[:10]} is not believed: {problem}")
    return Lookup(baseline=best, seen=best, problems=tuple(problems))
