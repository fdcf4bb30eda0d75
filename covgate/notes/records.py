"""The records in the notes, looked up along ancestry."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from covgate.errors import ToolError
from covgate.git.repository import Repository
from covgate.model.baseline import Baseline, join
from covgate.model.note_text import parse_note, render_note
from covgate.model.record import DEFAULT_COMPONENT, Note, join_notes
from covgate.notes.index import Known, RecordIndex
from covgate.notes.ref import NOTES_REF, NotesRef


class InvalidNote(ToolError):
    """The note that was to be changed is invalid. It is left in place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lookup:
    """A baseline, and the invalid records on the way to it.

    ``seen`` is what the visible ancestors hold. It is the baseline, unless a shallow clone hides some
    (``hidden``) and a record elsewhere is higher: it may be that of an ancestor, and judges until that is known.
    """

    baseline: Baseline | None = None
    problems: tuple[str, ...] = ()
    seen: Baseline | None = None
    hidden: bool = False


class Notes(NotesRef):
    """The notes at ``refs/notes/coverage``, or at a ref that they are fetched to."""

    def __init__(self, repository: Repository, ref: str = NOTES_REF) -> None:
        super().__init__(repository, ref)

    def join_blobs(self, blobs: Sequence[bytes]) -> bytes | None:
        # Sorted: of equal records the bytes must not tell which side was here.
        notes = [parse_note(each) for each in sorted(blobs)]
        return None if any(note.problems for note in notes) else render_note(join_notes(*notes).records).encode()

    @cached_property
    def index(self) -> RecordIndex:
        return RecordIndex.load(self.repository.state_dir)

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
        edge = self.repository.shallow_boundary() if everything else frozenset()
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
            if blob is None or known is None or known.level != baseline.level:
                continue
            record = self.read_blob(blob).record(component)
            judged = record.judgement if record else None
            if not known.override and judged and judged.numbers.percent == known.percent:
                return oid
            carried = oid
        return carried

    def update(self, commit: str, change: Callable[[Note], Note], message: str) -> bool:
        """Replace the note of ``commit`` by ``change`` of it; True where that changed its bytes.

        An invalid note is left in place. Raises InvalidNote, which names it.
        """

        def changes(entries: Mapping[str, str]) -> dict[str, bytes]:
            blob = entries.get(commit)
            before = self.repository.object(blob) if blob else None
            note = parse_note(before.data) if before else Note()
            if note.problems:
                raise InvalidNote(
                    f"the note of {commit[:10]} is invalid: {note.problems[0]}; it is left as it is",
                    hint=f"git notes --ref=coverage show {commit[:10]} shows it, "
                    f"git notes --ref=coverage remove {commit[:10]} takes it away",
                )
            after = render_note(change(note).records).encode()
            return {} if before and before.data == after else {commit: after}

        return self.write(changes, message)


def _highest(records: Iterable[tuple[str, Known]]) -> Lookup:
    best: Baseline | None = None
    problems = []
    for commit, (known, problem) in records:
        best = join(best, known)
        if problem:
            problems.append(f"the note of {commit[:10]} is ignored: {problem}")
    return Lookup(baseline=best, seen=best, problems=tuple(problems))
