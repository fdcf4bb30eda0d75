"""What is known of the notes at a notes ref without parsing them all, shared by the look-ups of all components."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from covgate.errors import GitError
from covgate.model.record import Note
from covgate.notes.index import (
    Change,
    RecordIndex,
    Row,
    Summary,
    load_summary,
    row_of,
    save_summary,
    summarize,
    updated,
)
from covgate.notes.ref import NotesRef

_KEPT = 100  # notes; a full pass must not hold them all in memory


class _Noted(NamedTuple):
    """A commit that has a note, and the note's blob."""

    commit: str
    blob: str


class _Walk:
    """The notes on a way back through history: those that were ``found`` so far, and the ``rest``."""

    def __init__(self, rest: Iterator[_Noted]) -> None:
        self.found: list[_Noted] = []
        self.rest = rest


class KnownNotes:
    """What is known of ``notes``. Tips are oids of notes commits, so that what was found stays valid."""

    def __init__(self, notes: NotesRef, read: Callable[[str], Note]) -> None:
        self._notes = notes
        self._read = read
        self._index = RecordIndex(notes.repository.state_dir, self._read_for_index)
        self._summary: Summary | None = None
        self._all: tuple[str, dict[str, Row]] = ("", {})
        self._walks: dict[tuple[str, tuple[str, ...]], _Walk] = {}  # by tip and the commits where it starts
        self._parsed: dict[str, Note] = {}

    def note(self, blob: str) -> Note:
        """The note in ``blob``, parsed once."""
        if blob not in self._parsed:
            self._parsed[blob] = self._read(blob)
        return self._parsed[blob]

    def row(self, blob: str) -> Row:
        """What the note in ``blob`` says about baselines."""
        return self._index.row(blob)

    def save(self) -> None:
        """Save what was parsed, if that is worth it."""
        self._index.save()

    def summary(self, tip: str) -> Summary:
        """The summary of the notes at ``tip``: the one that was saved, with what has changed since."""
        summary = self._saved_summary()
        if summary.tip == tip:
            return summary
        found = None
        if summary.tip and tip and self._notes.repository.commit(summary.tip):
            now, earlier = self._notes.entries(tip), self._notes.entries(summary.tip)
            changed = {commit for commit, _ in now.items() ^ earlier.items()}
            changes = [Change(self._row_in(earlier, each), self._row_in(now, each)) for each in changed]
            found = updated(summary, tip, changes)
        found = found or summarize(tip, self.all_rows(tip).values())
        self._save_summary(found)
        self.save()
        return found

    def has_written(self, old: str, new: str, written: Mapping[str, Note]) -> None:
        """``written``, by commit, are the notes that the notes commit ``new`` has instead of those at ``old``."""
        summary = self._saved_summary()
        if old != summary.tip:
            return
        before = self._notes.entries(old)
        changes = [Change(self._row_in(before, commit), row_of(note)) for commit, note in written.items()]
        found = updated(summary, new, changes)
        if found is not None:
            self._save_summary(found)

    def all_rows(self, tip: str) -> dict[str, Row]:
        """What all notes at ``tip`` say, by commit."""
        if self._all[0] != tip:
            self._all = tip, {commit: self.row(blob) for commit, blob in self._notes.entries(tip).items()}
            self.save()
        return self._all[1]

    def rows(self, commits: Sequence[str], tip: str) -> Iterator[Row]:
        """What the notes of ``commits`` and then all notes on the way back from them say."""
        entries = self._notes.entries(tip)
        own = (_Noted(each, entries[each]) for each in commits if each in entries)
        for each in itertools.chain(own, self.walk(commits, tip)):
            yield self.row(each.blob)
        self.save()

    def walk(self, commits: Sequence[str], tip: str) -> Iterator[_Noted]:
        """Those of ``commits`` and their ancestors that have a note, newest first, each with the note's blob.

        It goes only as far as it is asked to. Raises GitError if git can't read them all.
        """
        key = tip, tuple(commits)
        if key not in self._walks:
            entries = self._notes.entries(tip)
            passed = self._notes.repository.walk(commits) if entries else iter(())
            self._walks[key] = _Walk(_Noted(each, entries[each]) for each in passed if each in entries)
        walk = self._walks[key]
        for place in itertools.count():
            if place == len(walk.found):
                try:
                    walk.found.append(next(walk.rest))
                except StopIteration:
                    return
                except GitError:
                    del self._walks[key]  # what can't be read must not look like the end
                    raise
            yield walk.found[place]

    def _row_in(self, entries: Mapping[str, str], commit: str) -> Row:
        return self.row(entries[commit]) if commit in entries else Row()

    def _read_for_index(self, blob: str) -> Note:
        note = self._parsed.get(blob) or self._read(blob)
        if len(self._parsed) < _KEPT:
            self._parsed[blob] = note
        return note

    def _saved_summary(self) -> Summary:
        if self._summary is None:
            self._summary = load_summary(self._summary_file)
        return self._summary

    def _save_summary(self, summary: Summary) -> None:
        self._summary = summary
        save_summary(self._summary_file, summary)

    @property
    def _summary_file(self) -> Path:
        return self._notes.repository.state_dir / f"highest-{self._notes.ref.replace('/', '-')}.json"
