"""Read what is new in the history of the notes: who lowered or removed what, and which notes should replace it.

covgate audits the history once from its beginning, and later only the new notes commits. In these cases they can't be
judged alone, and it reads the whole history once more: after a merge by git's own commands, if a note was removed or
damaged before, if an epoch is claimed
without a reason, and if a judgement was changed: a repair looks the same if what it repaired was read before.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from covgate.model.history import Read, Step, baselines_in
from covgate.model.history_audit import Audit, Finding, FindingKind, audit
from covgate.model.note_text import render_note
from covgate.model.note_versions import State, Version, believed, changed_files, left_to_others, notes_to_repair
from covgate.model.record import Note
from covgate.notes.records import Notes
from covgate.notes.seen import Seen
from covgate.notes.steps import note_reader, read_steps


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """The result of reading up to a tip.

    ``findings``: the changes to ignore, the oldest first. ``repairs``: the bytes that a note should have, None if it
    should not exist. ``read``: the commits whose notes were read. ``seen``: what to store.
    """

    findings: tuple[Finding, ...] = ()
    repairs: Mapping[str, bytes | None] = field(default_factory=dict)
    read: frozenset[str] = frozenset()
    seen: Seen


def read_news(notes: Notes, tip: str, seen: Seen) -> Reading:
    """Read the history that leads to ``tip`` and not to ``seen``. Raises ToolError if git can't."""
    repository = notes.repository
    after = [each for each in (seen.tip, *seen.others) if repository.commit(each)]
    steps = read_steps(repository, tip, after)
    new = {each.oid for each in steps}
    read, epochs = note_reader(repository, steps), seen.epochs()
    known = _known_states(notes, steps, seen, read) if after else {}
    found = None if known is None else audit(steps, read, epochs=epochs, known=known)
    if found is None or (after and (+found.state.closed or _has_changed_judgements(found))):
        steps, epochs = read_steps(repository, tip), seen.epochs()
        read = note_reader(repository, steps)
        found = audit(steps, read, epochs=epochs)
    repairs = changed_bytes(notes, found.state, notes_to_repair(found.state, read))
    beside = left_to_others(found.state, read)
    return Reading(
        findings=tuple(
            each
            for each in found.findings
            if each.step.oid in new and not each.healed and (each.commit in repairs or each.commit in beside)
        ),
        repairs=repairs,
        read=frozenset(found.state.versions),
        seen=Seen(
            tip=tip,
            others=_not_behind(steps, seen),
            opened=epochs.opened,
            beside={**seen.beside, **beside},
        ),
    )


def _has_changed_judgements(found: Audit) -> bool:
    return any(each.kind is FindingKind.CHANGED for each in found.findings)


def _not_behind(steps: Sequence[Step], seen: Seen) -> tuple[str, ...]:
    """The tips of ``seen`` that ``steps`` may not descend from."""
    behind = {parent for each in steps for parent in each.parents}
    return tuple(each for each in dict.fromkeys([*seen.others, seen.tip]) if each and each not in behind)


def _known_states(notes: Notes, steps: Sequence[Step], seen: Seen, read: Read) -> dict[str, State] | None:
    """For each parent that is not among ``steps``: the state there of the notes that the steps change.

    None if the notes there don't show everything that is in their history: one was merged, removed or damaged.
    """
    if any(len(each.parents) > 1 for each in steps):
        return None
    oids, epochs, here = {each.oid for each in steps}, seen.epochs(), notes.entries(seen.tip)
    touched = sorted({commit for each in steps for commit in changed_files(each)})
    states: dict[str, State] = {}
    for parent in sorted({parent for each in steps for parent in each.parents} - oids):
        entries, paths = notes.listed(parent)
        states[parent] = State()
        for commit in touched:
            note = read(entries[commit]) if commit in entries else Note()
            if note.problems or (commit in here and commit not in entries) or believed(note, epochs) != note:
                return None
            if commit in entries:
                version = Version(len(states), (), {paths[commit]: entries[commit]})
                version.keep(note, epochs)
                version.known = baselines_in(note)
                states[parent].put(commit, version)
    return states


def changed_bytes(notes: Notes, state: State, repairs: Mapping[str, Note]) -> dict[str, bytes | None]:
    """The bytes of ``repairs``, without those that are in ``state`` already."""
    changed: dict[str, bytes | None] = {}
    for commit, note in repairs.items():
        blob = state.versions[commit].blob
        found = notes.repository.object(blob) if blob else None
        data = render_note(note.records).encode() if note.records else None
        if data != (found.data if found else None):
            changed[commit] = data
    return changed
