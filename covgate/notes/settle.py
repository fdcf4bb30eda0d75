"""Join two sides of the notes: for each note take the higher baseline, and ignore changes that only lower one.

It proves nothing that one side descends from the other: whoever may push notes can remove a note, or write a lower one,
in an ordinary fast-forward.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from covgate.model.history_audit import Finding, audit
from covgate.model.note_text import parse_note, render_note
from covgate.model.note_versions import believed
from covgate.model.record import Note, contradict, join_notes
from covgate.notes.reading import Reading, read_news
from covgate.notes.records import Notes
from covgate.notes.ref import NotesRef
from covgate.notes.seen import Seen
from covgate.notes.steps import note_reader, read_steps


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """The notes commit ``tip`` has everything that both sides allow. ``findings``: the changes that were ignored."""

    tip: str
    seen: Seen
    findings: tuple[Finding, ...] = ()


def settle(notes: Notes, ours: str, theirs: str, seen: Seen) -> Settled:
    """Join the notes of the tip ``ours`` ("" for none) into those of ``theirs``. No ref moves.

    ``ours`` must be settled already. Only the part of the history of ``theirs`` that ``seen`` doesn't cover is read.
    """
    reading = read_news(notes, theirs, seen)
    repairs = {**_without_closed_epochs(notes, ours, theirs, reading), **reading.repairs}
    repairs |= _first_recorded(notes, ours, theirs, reading, repairs)
    beside = {commit: render_note(note.records).encode() for commit, note in seen.beside.items()}
    tip = build_join(notes, ours, theirs, repairs, beside)
    left = _left_to_others(notes, ours, tip, reading.seen.beside)
    return Settled(tip=tip, seen=replace(reading.seen, tip=tip, beside=left), findings=reading.findings)


def build_join(
    notes: NotesRef, ours: str, theirs: str, repairs: Mapping[str, bytes | None], beside: Mapping[str, bytes]
) -> str:
    """A notes commit on ``theirs`` with ``repairs`` and what only ``ours`` has; ``theirs`` itself without any.

    ``beside``: notes that count as ours instead of those that are there.
    """
    here, there = notes.entries(ours), notes.entries(theirs)
    changed: dict[str, bytes | None] = dict(repairs)
    for commit, blob in here.items():
        other = there.get(commit)
        if other == blob and commit not in repairs:
            continue
        mine = beside.get(commit) or _read(notes, blob)
        data = _join_note(notes, mine, repairs[commit] if commit in repairs else _read(notes, other))
        if data is not None:
            changed[commit] = data
    changed = {commit: data for commit, data in changed.items() if data != _read(notes, there.get(commit))}
    return notes.build(theirs, changed, "covgate: join notes") if changed else theirs


def _read(notes: NotesRef, blob: str | None) -> bytes | None:
    found = notes.repository.object(blob) if blob else None
    return found.data if found else None


def _join_note(notes: NotesRef, ours: bytes | None, theirs: bytes | None) -> bytes | None:
    """Join the bytes of a note from two sides, None for a side without the note. Returns None to keep theirs.

    A readable note replaces an unreadable one, unless another version of covgate wrote the unreadable one. If both are
    unreadable, theirs stays.
    """
    if ours is None or theirs is None:
        return ours
    joined = notes.join_published(theirs, ours)
    if joined is not None:
        return joined
    readable = notes.join_blobs([ours]) is not None
    other_readable = notes.join_blobs([theirs]) is not None
    return ours if readable and not other_readable and not notes.is_foreign(theirs) else None


def _without_closed_epochs(notes: Notes, ours: str, theirs: str, reading: Reading) -> dict[str, bytes | None]:
    """The notes of ``theirs`` that nothing new has touched, and that still contain a change that was ignored before."""
    epochs = reading.seen.epochs()
    changed: dict[str, bytes | None] = {}
    for commit, blob in notes.entries(theirs).items() - notes.entries(ours).items():
        if commit not in reading.read:
            note = notes.read_blob(blob)
            left = believed(note, epochs)
            if left != note:
                changed[commit] = render_note(left.records).encode() if left.records else None
    return changed


def _first_recorded(
    notes: Notes, ours: str, theirs: str, reading: Reading, repairs: Mapping[str, bytes | None]
) -> dict[str, bytes | None]:
    """The notes in which both sides have a different pass for the same baseline, as the history of ``theirs`` has them.

    Two clones may have measured the same commit before either published. Or somebody changed the note there, and this
    clone read that before: only the whole history shows which pass was the first. It is rarely read for this.
    """
    here, there = notes.entries(ours), notes.entries(theirs)
    differing = [commit for commit, blob in here.items() if commit in there and there[commit] != blob]
    contradicting = []
    for commit in differing:
        data = repairs[commit] if commit in repairs else _read(notes, there[commit])
        if data is not None and contradict(notes.read_blob(here[commit]), parse_note(data)):
            contradicting.append(commit)
    if not contradicting:
        return {}
    steps = read_steps(notes.repository, theirs)
    whole = audit(steps, note_reader(notes.repository, steps), epochs=reading.seen.epochs())
    versions = whole.state.versions
    kept = {commit: versions[commit].kept for commit in contradicting if commit in versions}
    return {commit: render_note(records.values()).encode() for commit, records in kept.items() if records}


def _left_to_others(notes: Notes, ours: str, tip: str, beside: Mapping[str, Note]) -> dict[str, Note]:
    """``beside`` and the notes of ``ours``, for commits whose note at ``tip`` is from another version of covgate."""
    there = notes.entries(tip)
    left = {
        commit: note
        for commit, note in beside.items()
        if commit in there and notes.read_blob(there[commit]).other_format
    }
    for commit, blob in notes.entries(ours).items() - there.items():
        if commit in there and notes.read_blob(there[commit]).other_format:
            left[commit] = join_notes(left.get(commit, Note()), parse_note(_read(notes, blob) or b""))
    return left
