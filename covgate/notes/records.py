"""The records in the notes, and the baseline that they give a commit."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from covgate.errors import ToolError
from covgate.git.repository import Repository
from covgate.model.baseline import Baseline, join
from covgate.model.history import baselines_in
from covgate.model.note_text import parse_note, render_note
from covgate.model.record import DEFAULT_COMPONENT, Judgement, Note, join_notes, join_published
from covgate.notes.index import Known, RecordIndex
from covgate.notes.ref import NOTES_REF, NotesRef
from covgate.notes.seen import Seen, load_seen, save_seen


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
        # What `newest` has read so far: the components of a commit ask for the same notes one after the other.
        self._walked_from: tuple[str, tuple[str, ...]] = ("", ())
        self._walked: list[tuple[str, Note]] = []
        self._walk: Iterator[tuple[str, Note]] = iter(())

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
        seen = self.seen
        if old == seen.tip:  # nobody else's change is in between
            epochs = seen.epochs()
            epochs.open(each for data in changed.values() for each in baselines_in(parse_note(data)).items())
            self.save_seen(replace(seen, tip=new, opened=epochs.opened))

    @cached_property
    def _index(self) -> RecordIndex:
        return RecordIndex.load(self.repository.state_dir)

    def read(self, commit: str) -> Note | None:
        """The note of ``commit``; None if it has none."""
        blob = self.entries().get(commit)
        return self.read_blob(blob) if blob else None

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
        entries = self.entries()
        if not entries or not commits:
            return Lookup()
        known = self._index.baselines(entries.values(), component, self.read_blob)
        self._index.save()
        by_commit = {commit: known[blob] for commit, blob in entries.items()}
        if any(problem for _, problem in by_commit.values()):
            by_commit |= self._known_beside(by_commit, component)
        boundary = self.repository.shallow_boundary() if self.repository.shallow else frozenset()
        reached, hidden = self._records_on_ancestors(commits, by_commit, boundary)
        seen = _join_records(reached.items())
        if not hidden:
            return seen
        everything = _join_records(by_commit.items())
        return everything._replace(seen=seen.baseline, hidden=everything.baseline != seen.baseline)

    def has_baseline(self, component: str = DEFAULT_COMPONENT) -> bool:
        """Whether any commit has a baseline."""
        known = self._index.baselines(self.entries().values(), component, self.read_blob)
        return any(baseline is not None for baseline, _ in known.values())

    def _known_beside(self, by_commit: Mapping[str, Known], component: str) -> dict[str, Known]:
        """The stored records of notes that are not valid: their last baseline still applies."""
        found = {}
        for commit, note in self.seen.beside.items():
            baseline, problem = by_commit.get(commit, (None, ""))
            record = note.record(component)
            if problem and record:
                found[commit] = join(baseline, record.baseline), problem
        return found

    def _records_on_ancestors(
        self, commits: Sequence[str], records: Mapping[str, Known], boundary: frozenset[str]
    ) -> tuple[dict[str, Known], bool]:
        """Those of ``records`` (by commit) on ``commits`` and their ancestors, and whether a shallow clone hides some.

        The walk ends early if no record that is left can be higher. That is exact, and if the highest record is a
        recent one, as usual, the time doesn't depend on the length of the history.
        """
        highest = max((baseline.order for baseline, _ in records.values() if baseline is not None), default=None)
        any_problem = any(problem for _, problem in records.values())
        waiting = dict(records)
        reached: dict[str, Known] = {}
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
        for commit, note in self._newest_notes(tuple(commits)):
            record = note.record(component) if not note.problems else None
            if record is not None and record.judgement is not None:
                return commit, record.judgement
        return None

    def _newest_notes(self, commits: tuple[str, ...]) -> Iterator[tuple[str, Note]]:
        """The notes of ``commits`` and their ancestors, newest first; only as many are read as are asked for."""
        tip = self.tip()
        if (tip, commits) != self._walked_from:
            self._walked_from, self._walked = (tip, commits), []
            entries = self.entries(tip)
            walk = self.repository.walk(commits) if entries else iter(())
            self._walk = ((each, self.read_blob(entries[each])) for each in walk if each in entries)
        yield from self._walked
        for found in self._walk:
            self._walked.append(found)
            yield found

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
        entries = self.entries()
        known = self._index.baselines(entries.values(), component, self.read_blob)
        for oid in self.repository.walk(commits):
            blob = entries.get(oid)
            found = known[blob][0] if blob else None
            if blob is None or found is None or found.level != baseline.level:
                continue
            record = self.read_blob(blob).record(component)
            judgement = record.judgement if record else None
            measured = not found.override and judgement and judgement.numbers.percent == found.percent
            yield oid, bool(measured)

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
            return {} if before and before.data == after else {commit: after}

        return self.write(changed_notes, message)


def _join_records(records: Iterable[tuple[str, Known]]) -> Lookup:
    """The join of ``records``, pairs of commit and record, as if no ancestor was hidden."""
    best: Baseline | None = None
    problems = []
    for commit, (baseline, problem) in records:
        best = join(best, baseline)
        if problem:
            problems.append(f"the note of {commit[:10]} is ignored: {problem}")
    return Lookup(baseline=best, seen=best, problems=tuple(problems))
