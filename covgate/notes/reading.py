"""What is new in the history of the notes: who lowered or removed what, and the notes that should be there instead.

The history is audited once, from its beginning; later only the notes commits that are new. A merge by git's own
commands is judged by all that led to it, so that then the whole history is read once more.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from covgate.model.history import Read, Step
from covgate.model.history_audit import Finding, audit
from covgate.model.note_text import render_note
from covgate.model.note_versions import State, Version, changed_files, kept_beside, notes_to_repair
from covgate.model.record import Note
from covgate.notes.records import Notes
from covgate.notes.seen import Seen
from covgate.notes.steps import note_reader, read_steps


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What reading up to a tip has shown.

    ``findings``: what must not be followed, the oldest first. ``repairs``: the bytes that a note should have, None if
    it should not be there. ``read``: the commits of which the note was read. ``seen``: what to remember.
    """

    findings: tuple[Finding, ...] = ()
    repairs: Mapping[str, bytes | None] = field(default_factory=dict)
    read: frozenset[str] = frozenset()
    seen: Seen


def read_news(notes: Notes, tip: str, seen: Seen) -> Reading:
    """Read the history that leads to ``tip`` and not to ``seen``. Raises ToolError if git can't."""
    repository = notes.repository
    after = seen.tip if repository.commit(seen.tip) else ""
    steps = read_steps(repository, tip, after)
    new = {each.oid for each in steps}
    if after and any(len(each.parents) > 1 for each in steps):
        steps, after = read_steps(repository, tip), ""
    read, epochs = note_reader(repository, steps), seen.epochs()
    known = _known_states(notes, steps, seen, read) if after else {}
    found = audit(steps, read, epochs=epochs, known=known)
    repairs = _changed_bytes(notes, found.state, notes_to_repair(found.state, read))
    beside = kept_beside(found.state, read)
    entries = notes.entries(tip)
    before = {commit: note for commit, note in seen.beside.items() if _lacks(read, entries.get(commit, ""), note)}
    return Reading(
        findings=tuple(
            each
            for each in found.findings
            if each.step.oid in new and not each.healed and (each.commit in repairs or each.commit in beside)
        ),
        repairs=repairs,
        read=frozenset(found.state),
        seen=Seen(tip=tip, opened=epochs.opened, charged=epochs.charged, beside={**before, **beside}),
    )


def _known_states(notes: Notes, steps: Sequence[Step], seen: Seen, read: Read) -> dict[str, State]:
    """The state at each parent that is not among ``steps``, as far as these change it."""
    oids = {each.oid for each in steps}
    touched = sorted({commit for each in steps for commit in changed_files(each)})
    epochs = seen.epochs()
    states: dict[str, State] = {}
    for parent in sorted({parent for each in steps for parent in each.parents} - oids):
        entries, paths = notes.listed(parent)
        states[parent] = {}
        for number, commit in enumerate(touched):
            version = Version(-number - 1, (), {paths[commit]: entries[commit]} if commit in entries else {})
            note = read(version.blob) if version.blob else Note()
            if note.problems or not version.blob:
                version.keep(seen.beside.get(commit, Note()), epochs)
            version.keep(note, epochs)
            version.known = {name: each.baseline for name, each in version.kept.items() if each.baseline}
            states[parent][commit] = version
    return states


def _lacks(read: Read, blob: str, note: Note) -> bool:
    found = read(blob) if blob else Note()
    return any(found.record(each.component) != each for each in note.records)


def _changed_bytes(notes: Notes, state: State, repairs: Mapping[str, Note]) -> dict[str, bytes | None]:
    """The bytes of ``repairs``, without those that are in ``state`` already."""
    changed: dict[str, bytes | None] = {}
    for commit, note in repairs.items():
        blob = state[commit].blob
        found = notes.repository.object(blob) if blob else None
        data = render_note(note.records).encode() if note.records else None
        if data != (found.data if found else None):
            changed[commit] = data
    return changed
