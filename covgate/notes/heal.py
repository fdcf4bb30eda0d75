"""Native merges of notes: what `git notes merge` dropped or tore is joined back from the sides of the merge.

git merges notes as text. The strategies `ours` and `theirs` drop one side, `union` glues two records,
`cat_sort_uniq` sorts their lines. The sides are still in the history of the notes ref, and covgate itself never
makes a merge there: below the tip that was healed last, only what others merged since is looked at.
"""

from __future__ import annotations

from covgate.errors import RefMoved
from covgate.model.note_text import render_note
from covgate.model.record import join_notes
from covgate.notes.records import Notes
from covgate.notes.retry import tries


def heal(notes: Notes) -> None:
    """Join into the tip of ``notes`` whatever the merges below it know beyond it."""
    for _ in tries():
        tip, healed = notes.tip(), notes.healed()
        if not tip or tip == healed:
            return
        todo = _lost(notes, tip, _merges(notes, tip, healed))
        try:
            if todo:
                new = notes.build(tip, todo, "covgate: join what a merge of notes dropped")
                notes.move(tip, new)
                tip = new
        except RefMoved:
            continue
        notes.remember_healed(tip)
        return


def _merges(notes: Notes, tip: str, healed: str) -> list[list[str]]:
    """Each merge in the history of ``tip`` that is not in that of ``healed``, and its parents."""
    seen = [f"^{healed}"] if healed and notes.repository.commit(healed) else []
    listed = notes.repository.run("rev-list", "--min-parents=2", "--parents", tip, *seen, "--")
    return [line.split() for line in listed.decode().splitlines()]


def _lost(notes: Notes, tip: str, merges: list[list[str]]) -> dict[str, bytes]:
    """The notes of ``tip`` as they are to be: with the records of the sides of ``merges``."""
    if not merges:
        return {}
    here = notes.entries(tip)
    blobs: dict[str, set[str]] = {}
    for merge, *parents in merges:
        kept = notes.entries(merge).items()
        for parent in parents:
            # A side that the merge kept as it was has lost nothing, whatever became of the note later.
            for commit, blob in notes.entries(parent).items() - kept:
                blobs.setdefault(commit, set()).add(blob)
    todo = {}
    for commit, sides in blobs.items():
        own = here.get(commit, "")
        read = [notes.read_blob(each) for each in sorted(sides | {own} - {""})]
        whole = [note for note in read if not note.problems]
        # What a newer covgate has written is not torn: it reads the sides itself.
        if not whole or (own and notes.read_blob(own).other_format):
            continue
        data = render_note(join_notes(*whole).records).encode()
        before = notes.repository.object(own) if own else None
        if before is None or before.data != data:
            todo[commit] = data
    return todo
