"""The records in the notes, and the baseline that they give a commit."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from covgate.errors import ToolError
from covgate.git.repository import Repository
from covgate.model.baseline import Baseline, join
from covgate.model.history import baselines_in
from covgate.model.note_text import MAX_NOTE_BYTES, parse_note, render_note
from covgate.model.record import DEFAULT_COMPONENT, Judgement, Note, join_notes, join_published
from covgate.notes.known import KnownNotes
from covgate.notes.ref import NOTES_REF, NotesRef
from covgate.notes.seen import Seen, load_seen, save_seen

# The baseline of a component in a note, None if it has none, and why parts of the note are ignored, "" if none are.
_Known = tuple[Baseline | None, str]


class InvalidNote(ToolError):
    """The note that should be changed is invalid. It is left as it is."""


class Lookup(NamedTuple):
    """The baseline of some commits.

    ``problems``: a line for each note on the way that is ignored. ``seen``: the join of the records on the ancestors
    that are here. It equals ``baseline``, unless a shallow clone hides ancestors and another record is higher, which
    may be on one of them: then ``hidden`` is true, and ``baseline`` is the join of all records.
    """

    baseline: Baseline | None = None
    problems: tuple[str, ...] = ()
    seen: Baseline | None = None
    hidden: bool = False


class Notes(NotesRef):
    """The notes at ``refs/notes/coverage``, or at the ref that a remote's notes are fetched to."""

    def __init__(self, repository: Repository, ref: str = NOTES_REF) -> None:
        super().__init__(repository, ref)
        self._known = KnownNotes(self, self.read_blob)

    def join_blobs(self, blobs: Sequence[bytes]) -> bytes | None:
        # Sorted, so that of equal records the bytes don't depend on which side was here.
        notes = [parse_note(each) for each in sorted(blobs)]
        return None if any(note.problems for note in notes) else render_note(join_notes(*notes).records).encode()

    def join_published(self, published: bytes, ours: bytes) -> bytes | None:
        one, other = parse_note(published), parse_note(ours)
        return None if one.problems or other.problems else render_note(join_published(one, other).records).encode()

    def is_foreign(self, blob: bytes) -> bool:
        return parse_note(blob).other_format

    @property
    def seen(self) -> Seen:
        """How far this clone has read the history of these notes."""
        return load_seen(self._seen_file)

    def save_seen(self, seen: Seen) -> None:
        """Store ``seen``. If that fails, the next run reads more of the history."""
        save_seen(self._seen_file, seen)

    @property
    def _seen_file(self) -> Path:
        return self.repository.state_dir / f"seen-{self.ref.replace('/', '-')}.json"

    def has_written(self, old: str, new: str, changed: Mapping[str, bytes]) -> None:
        notes = {commit: parse_note(data) for commit, data in changed.items()}
        seen = self.seen
        if old == seen.tip:  # nobody else's change is in between
            epochs = seen.epochs()
            epochs.open(each for note in notes.values() for each in baselines_in(note).items())
            self.save_seen(replace(seen, tip=new, opened=epochs.opened))
        self._known.has_written(old, new, notes)

    def read(self, commit: str) -> Note | None:
        """The note of ``commit``; None if it has none."""
        blob = self.entries().get(commit)
        return self._known.note(blob) if blob else None

    def read_blob(self, blob: str) -> Note:
        """The note in ``blob``. A blob that is missing gives a note with a problem."""
        found = self.repository.object(blob)
        if found is None:
            return Note(problems=(f"the note's blob {blob[:10]} can't be read",))
        return parse_note(found.data)

    def baseline(self, commits: Sequence[str], component: str = DEFAULT_COMPONENT) -> Lookup:
        """The join of the records on ``commits`` and all their ancestors.

        If a shallow clone hides ancestors, it is the join of all records, so that none is missed.
        """
        tip = self.tip()
        if not commits or not self.entries(tip):
            return Lookup()
        summary = self._known.summary(tip)
        if self.repository.shallow or summary.damaged:
            return self._baseline_of_all(tip, commits, component)
        highest, found = summary.highest.get(component), None
        if highest is not None:
            for row in self._known.rows(commits, tip):
                found = join(found, row.baseline(component))
                if found == highest:
                    break
        return Lookup(baseline=found, seen=found)

    def _baseline_of_all(self, tip: str, commits: Sequence[str], component: str) -> Lookup:
        """The same, if some notes are damaged, or if a shallow clone hides ancestors."""
        rows = {commit: (row.baseline(component), row.problem) for commit, row in self._known.all_rows(tip).items()}
        if any(problem for _, problem in rows.values()):
            rows |= self._known_beside(rows, component)
        boundary = self.repository.shallow_boundary() if self.repository.shallow else frozenset()
        reached, hidden = self._records_on_ancestors(commits, rows, boundary)
        seen = _join_records(reached.items())
        if not hidden:
            return seen
        everything = _join_records(rows.items())
        return everything._replace(seen=seen.baseline, hidden=everything.baseline != seen.baseline)

    def has_baseline(self, component: str = DEFAULT_COMPONENT) -> bool:
        """Whether any commit has a baseline."""
        return self._known.summary(self.tip()).highest.get(component) is not None

    def _known_beside(self, by_commit: Mapping[str, _Known], component: str) -> dict[str, _Known]:
        """The stored records of notes that are not valid: their last baseline still applies."""
        found = {}
        for commit, note in self.seen.beside.items():
            baseline, problem = by_commit.get(commit, (None, ""))
            record = note.record(component)
            if problem and record:
                found[commit] = join(baseline, record.baseline), problem
        return found

    def _records_on_ancestors(
        self, commits: Sequence[str], records: Mapping[str, _Known], boundary: frozenset[str]
    ) -> tuple[dict[str, _Known], bool]:
        """Those of ``records`` (by commit) on ``commits`` and their ancestors, and whether a shallow clone hides some.

        The walk ends early if no record that is left can be higher. That is exact, and if the highest record is a
        recent one, as usual, the time doesn't depend on the length of the history.
        """
        highest = max((baseline.order for baseline, _ in records.values() if baseline is not None), default=None)
        any_problem = any(problem for _, problem in records.values())
        waiting = dict(records)
        reached: dict[str, _Known] = {}
        hidden = False
        for oid in itertools.chain(commits, self.repository.walk(commits)):
            hidden = hidden or oid in boundary
            if oid in waiting:
                reached[oid] = waiting.pop(oid)
                baseline = reached[oid][0]
                if not waiting or (baseline is not None and baseline.order == highest and not any_problem):
                    break
        return reached, hidden

    def newest(self, commits: Sequence[str], component: str) -> tuple[str, Judgement] | None:
        """The newest of ``commits`` and their ancestors with a judgement of ``component``, and that judgement."""
        tip = self.tip()
        if component in self._known.summary(tip).highest:
            for commit, blob in self._known.walk(commits, tip):
                note = self._known.note(blob)
                record = note.record(component) if not note.problems else None
                if record is not None and record.judgement is not None:
                    return commit, record.judgement
        return None

    def origin(self, commits: Sequence[str], baseline: Baseline, component: str = DEFAULT_COMPONENT) -> str:
        """The newest of ``commits`` and their ancestors that reached ``baseline``: measured it, or had it set by hand.

        Later records only carry the baseline on. If no record that reached it is found, this is the oldest one that
        carries it; "" if there is none.
        """
        carried = ""
        for oid, measured in self._with_baseline(commits, baseline, component):
            if measured:
                return oid
            carried = oid
        return carried

    def all_origins(
        self, commits: Sequence[str], baseline: Baseline, component: str = DEFAULT_COMPONENT
    ) -> Iterator[str]:
        """Each of ``commits`` and their ancestors that measured ``baseline``, newest first."""
        return (oid for oid, measured in self._with_baseline(commits, baseline, component) if measured)

    def _with_baseline(self, commits: Sequence[str], baseline: Baseline, component: str) -> Iterator[tuple[str, bool]]:
        """The commits whose record has ``baseline``, newest first, and whether each measured it."""
        tip = self.tip()
        for oid, blob in self._known.walk(commits, tip):
            known = self._known.row(blob).records.get(component)
            if known is not None and known.baseline is not None and known.baseline.level == baseline.level:
                yield oid, known.measured
        self._known.save()

    def update(self, commit: str, change: Callable[[Note], Note], message: str) -> bool:
        """Replace the note of ``commit`` by what ``change`` returns for it. Returns whether its bytes changed.

        ``change`` may be called several times, each time with the current note. Raises InvalidNote if the note is
        not valid, ToolError if it can't be written.
        """

        def changed_notes(entries: Mapping[str, str]) -> dict[str, bytes]:
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
            if len(after) > MAX_NOTE_BYTES:
                raise ToolError(
                    f"the note of {commit[:10]} would have {len(after)} bytes, more than {MAX_NOTE_BYTES}",
                    hint="use fewer components, or shorter reasons",
                )
            return {} if before and before.data == after else {commit: after}

        return self.write(changed_notes, message)


def _join_records(records: Iterable[tuple[str, _Known]]) -> Lookup:
    """The join of ``records``, pairs of commit and record, as if no ancestor was hidden."""
    best: Baseline | None = None
    problems = []
    for commit, (baseline, problem) in records:
        best = join(best, baseline)
        if problem:
            problems.append(f"the note of {commit[:10]} is ignored: {problem}")
    return Lookup(baseline=best, seen=best, problems=tuple(problems))
