"""The history of the notes ref: each notes commit, and what it changed against each of its parents.

Two git processes read it, whatever its length: one log against first parents, and one diff-tree for the other parents
of merges.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from covgate.errors import GitError, ToolError
from covgate.git.repository import Repository
from covgate.model.history import Changes, Read, Step
from covgate.model.note_text import parse_note
from covgate.model.record import Note
from covgate.notes.records import Notes

_HINT = "`git fsck` shows what is damaged; fetch the notes from a clone where they are complete"
# The fields of a commit. No value contains a NUL, so none can be taken for another field.
_FORMAT = ("%H", "%P", "%an", "%ae", "%aI")
_BATCH = 5000  # blobs that are read at once, some 700 bytes each
_DIFF = ("-r", "--raw", "-z", "--no-abbrev", "--no-renames")


def read_steps(repository: Repository, tip: str, after: Sequence[str] = ()) -> list[Step]:
    """The notes commits that lead to ``tip`` and to none of ``after``, each after its parents.

    Raises ToolError if git can't read them.
    """
    argv = (
        *("log", "--topo-order", "--reverse", "--root", "--diff-merges=first-parent", *_DIFF),
        # Against configuration that would print more.
        *("--no-show-signature", "--no-color", "--encoding=UTF-8"),
        *(f"--format={'%x00'.join(_FORMAT)}", tip, *(f"^{each}" for each in after), "--"),
    )
    found = []
    fields = iter(_run(repository, *argv).split("\0"))
    field = next(fields)
    while field:
        oid, parents, author, email, date = field, *(next(fields) for _ in _FORMAT[1:])
        changes, field = _parse_changes(fields)
        found.append((oid, tuple(parents.split()), author, email, date, changes))
    others = _changes_against_other_parents(
        repository, {oid: parents for oid, parents, *_ in found if len(parents) > 1}
    )
    return [
        Step(oid=oid, parents=parents, author=author, email=email, date=date, changes=(first, *others.get(oid, ())))
        for oid, parents, author, email, date, first in found
    ]


def note_reader(repository: Repository, history: Iterable[Step]) -> Read:
    """A function that returns the note in a blob. The blobs of ``history`` are read now, by few git processes.

    A blob that git can't read gives a note with a problem.
    """
    notes = Notes(repository)
    known: dict[str, Note] = {}
    wanted = list({blob: None for step in history for changes in step.changes for blob in changes.values() if blob})
    for start in range(0, len(wanted), _BATCH):
        for blob, data in repository.blobs(wanted[start : start + _BATCH]):
            known[blob] = parse_note(data)

    def read(blob: str) -> Note:
        if blob not in known:
            try:
                known[blob] = notes.read_blob(blob)
            except ToolError as error:
                known[blob] = Note(problems=(f"{error.message} ({error.hint})",))
        return known[blob]

    return read


def _changes_against_other_parents(
    repository: Repository, merges: dict[str, tuple[str, ...]]
) -> dict[str, list[Changes]]:
    """For each of ``merges`` (oid -> parents): what it changed against its second parent, its third, and so on."""
    if not merges:
        return {}
    pairs = [(oid, parent) for oid, parents in merges.items() for parent in parents[1:]]
    lines = "".join(f"{oid} {parent}\n" for oid, parent in pairs)
    fields = iter(_run(repository, "diff-tree", "--stdin", "--always", *_DIFF, input=lines.encode()).split("\0"))
    others: dict[str, list[Changes]] = {}
    field = next(fields)
    for oid, _ in pairs:
        if field != oid:
            raise ToolError(f"git diff-tree printed nothing about the notes commit {oid[:10]}", hint=_HINT)
        changes, field = _parse_changes(fields)
        others.setdefault(oid, []).append(changes)
    return others


def _parse_changes(fields: Iterator[str]) -> tuple[Changes, str]:
    """Path -> blob now, from raw diff lines; and the field that follows them, "" at the end."""
    changes: dict[str, str] = {}
    for field in fields:
        meta = field.removeprefix("\n")
        if not meta.startswith(":"):
            return changes, field
        # Only plain files are notes: a symbolic link or an executable counts as removed.
        _, mode, _, blob, _ = meta.split(" ")
        changes[next(fields)] = blob if mode == "100644" else ""
    return changes, ""


def _run(repository: Repository, *argv: str, input: bytes | None = None) -> str:
    status, out, err = repository.attempt(*argv, input=input)
    if status:
        raise GitError(argv, status, err, hint=_HINT)
    return out.decode(errors="replace")
