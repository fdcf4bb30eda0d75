"""git's own merges of notes are repaired: records that they dropped are joined back in.

git merges notes as text. The strategies `ours` and `theirs` drop one side, `union` appends one record to another,
`cat_sort_uniq` sorts their lines. Both sides are still in the history of the notes ref. covgate itself never makes a
merge commit there, so only merges above the tip that was repaired last are read.
"""

from __future__ import annotations

from covgate.errors import RefMoved
from covgate.model.note_text import render_note
from covgate.model.record import join_notes
from covgate.notes.records import Notes
from covgate.notes.retry import tries


def repair_merges(notes: Notes) -> None:
    """Join the records that a merge in the history of ``notes`` dropped or tore into its tip."""
    for _ in tries():
        tip, repaired = notes.tip(), notes.repaired_tip()
        if not tip or tip == repaired:
            return
        changed = _repaired_notes(notes, tip, _merges(notes, tip, repaired))
        try:
            if changed:
                new = notes.build(tip, changed, "covgate: join what a merge of notes dropped")
                notes.move(tip, new)
                tip = new
        except RefMoved:
            continue
        notes.save_repaired_tip(tip)
        return


def _merges(notes: Notes, tip: str, repaired: str) -> list[list[str]]:
    """Each merge commit that leads to ``tip`` and not to ``repaired``, followed by its parents."""
    excluded = [f"^{repaired}"] if repaired and notes.repository.commit(repaired) else []
    listed = notes.repository.run("rev-list", "--min-parents=2", "--parents", tip, *excluded, "--")
    return [line.split() for line in listed.decode().splitlines()]


def _repaired_notes(notes: Notes, tip: str, merges: list[list[str]]) -> dict[str, bytes]:
    """The notes of ``tip`` that lack something of the parents of ``merges``: annotated commit -> bytes to write."""
    if not merges:
        return {}
    current = notes.entries(tip)
    changed = {}
    for commit, sides in _changed_by_merges(notes, merges).items():
        own = current.get(commit, "")
        valid = [note for note in map(notes.read_blob, sorted(sides | {own} - {""})) if not note.problems]
        # A note that a newer covgate wrote is not torn: that covgate reads the sides itself.
        if not valid or (own and notes.read_blob(own).other_format):
            continue
        data = render_note(join_notes(*valid).records).encode()
        before = notes.repository.object(own) if own else None
        if before is None or before.data != data:
            changed[commit] = data
    return changed


def _changed_by_merges(notes: Notes, merges: list[list[str]]) -> dict[str, set[str]]:
    """Annotated commit -> the blobs that it had in a parent of a merge and that the merge did not keep."""
    blobs: dict[str, set[str]] = {}
    for merge, *parents in merges:
        # A note that the merge kept has lost nothing here, even if it was changed later.
        kept = notes.entries(merge).items()
        for parent in parents:
            for commit, blob in notes.entries(parent).items() - kept:
                blobs.setdefault(commit, set()).add(blob)
    return blobs
