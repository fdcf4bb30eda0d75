"""Repair the local notes: report changes that covgate didn't make, and ignore them.

Somebody may edit or remove a note by hand, move or delete the ref, or merge notes as text (git's strategies `ours` and
`theirs` drop one side, `union` appends one record to another, `cat_sort_uniq` sorts their lines). The previous notes
are still in the history of the ref, or at the tip that this clone saw last.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from covgate.errors import RefMoved, ToolError
from covgate.git.repository import Repository
from covgate.notes.ref import NOTES_REF, is_broken
from covgate.notes.retry import tries

# Late imports below: if no ref has moved, nothing is read.
if TYPE_CHECKING:
    from covgate.model.history import Read
    from covgate.model.history_audit import Finding
    from covgate.notes.records import Notes
    from covgate.notes.ref import NotesRef
    from covgate.notes.seen import Seen


def repair(notes: Notes) -> list[str]:
    """Restore what was lost or lowered in the local ``notes`` since the last call. Returns a notice for each change.

    Raises ToolError if the notes can't be read or written.
    """
    if _is_as_seen(notes):
        return []
    from covgate.notes.notices import finding_notices
    from covgate.notes.settle import settle

    notices = repair_ref(notes, known_seen(notes).tip)
    for _ in tries():
        seen, tip = known_seen(notes), notes.tip()
        try:
            if tip == seen.tip:
                break
            cut = find_cut(notes, tip, seen.tip)
            if not tip:
                notes.move("", seen.tip)
                notices += finding_notices([cut] if cut else [])
                break
            settled = settle(notes, seen.tip, tip, seen)
            if settled.tip != tip:
                notes.move(tip, settled.tip)
        except RefMoved:
            continue
        notes.save_seen(settled.seen)
        notices += finding_notices([*settled.findings, *([cut] if cut else [])])
        break
    return notices


def changes_to_repair(notes: Notes) -> list[str]:
    """A line for each thing that `repair` would repair; changes nothing."""
    if _is_as_seen(notes):
        return []
    from covgate.notes.notices import finding_line
    from covgate.notes.reading import read_news
    from covgate.notes.ref_faults import find_fault

    fault = find_fault(notes)
    if fault is not None:
        return [f"{notes.ref} {fault.what}"]
    seen, tip = known_seen(notes), notes.tip()
    cut = find_cut(notes, tip, seen.tip)
    findings = read_news(notes, tip, seen).findings if tip else ()
    return [finding_line(each) for each in (*findings, *([cut] if cut else []))]


def _is_as_seen(notes: Notes) -> bool:
    tip = notes.repository.commit(notes.ref)
    return tip == notes.seen.tip and (bool(tip) or not is_broken(notes.repository, notes.ref))


def find_cut(notes: Notes, tip: str, seen: str, read: Read | None = None) -> Finding | None:
    """A finding if the ref at ``tip`` ("" for none) is not in the history of ``seen``, and lacks a baseline of it."""
    from covgate.model.history import Step, lowered_notes
    from covgate.model.history_audit import Finding, FindingKind

    if not seen or not notes.repository.commit(seen) or (tip and notes.repository.is_ancestor(seen, tip)):
        return None
    lower = lowered_notes(notes.entries(tip), notes.entries(seen), read or notes.read_blob)
    if not lower:
        return None
    count = f"{len(lower)} note" + ("" if len(lower) == 1 else "s")
    where = f"moved to a history without {seen[:10]}" if tip else f"was deleted; it was at {seen[:10]}"
    return Finding(
        kind=FindingKind.CUT,
        commit=lower[0] if len(lower) == 1 else "",
        step=Step(oid=tip),
        why=f"{notes.ref} {where}, which has a higher baseline in {count}",
    )


def repair_ref(notes: NotesRef, seen: str = "") -> list[str]:
    """If the local ref doesn't lead to notes, point it at the notes commit ``seen``. Returns a notice."""
    from covgate.notes.ref_faults import find_fault, replace_faulty

    fault = find_fault(notes)
    if fault is None:
        return []
    replace_faulty(notes, fault, fault.tip or seen)
    instead = "the notes that it leads to" if fault.tip else "those that were here last" if seen else "the remote's"
    return [f"WARNING: {notes.ref} {fault.what}: {instead} are used instead"]


def repair_unreadable(repository: Repository, refs: Iterable[str]) -> Iterator[str]:
    """Repair those of ``refs`` whose object is missing: with such a ref, git fetches nothing. Returns notices."""
    for ref in refs:
        if not repository.commit(ref) and repository.object(ref) is None and is_broken(repository, ref):
            from covgate.notes.records import Notes

            notes = Notes(repository, ref)
            try:
                yield from repair(notes) if ref == NOTES_REF else repair_ref(notes)
            except ToolError as error:
                yield f"WARNING: {error.message}"


def known_seen(notes: Notes) -> Seen:
    """How far the history was read; empty if the notes commit that was seen last is no longer here."""
    from covgate.notes.seen import Seen

    seen = notes.seen
    return seen if notes.repository.commit(seen.tip) else Seen()
