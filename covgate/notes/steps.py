"""The history of the notes ref as git tells it: each notes commit, and what it changed against each of its parents.

Two git processes whatever the length: one log against first parents, and one diff-tree for the other parents
of merges.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from covgate.errors import GitError, ToolError
from covgate.git.repository import Repository
from covgate.model.history import Changes, Read, Step
from covgate.model.note_text import parse_note
from covgate.model.record import Note
from covgate.notes.records import Notes

_HINT = "`git fsck` tells what is damaged; `git fetch` from a clone that has it whole repairs it"
# The header of a commit has as many fields as this: nothing that a name holds can pass for another one.
_FORMAT = ("%H", "%P", "%an", "%ae", "%aI")
_AT_ONCE = 5000  # blobs, some 700 bytes each
_DIFF = ("-r", "--raw", "-z", "--no-abbrev", "--no-renames")


def steps(repository: Repository, tip: str) -> list[Step]:
    """The notes commits that lead to ``tip``, each after its parents; ToolError where git can't read them."""
    argv = (
        *("log", "--topo-order", "--reverse", "--root", "--diff-merges=first-parent", *_DIFF),
        # What a user may have configured to be printed in between.
        *("--no-show-signature", "--no-color", "--encoding=UTF-8"),
        *(f"--format={'%x00'.join(_FORMAT)}", tip, "--"),
    )
    found = []
    fields = iter(_run(repository, *argv).split("\0"))
    field = next(fields)
    while field:
        oid, parents, author, email, date = field, *(next(fields) for _ in _FORMAT[1:])
        changes, field = _changes(fields)
        found.append((oid, tuple(parents.split()), author, email, date, changes))
    others = _other_sides(repository, {oid: parents for oid, parents, *_ in found if len(parents) > 1})
    return [
        Step(oid=oid, parents=parents, author=author, email=email, date=date, changes=(first, *others.get(oid, ())))
        for oid, parents, author, email, date, first in found
    ]


def reader(repository: Repository, history: Iterable[Step]) -> Read:
    """A function that reads the note in a blob. Those of ``history`` are read at once; an unreadable one is invalid."""
    notes = Notes(repository)
    known: dict[str, Note] = {}
    wanted = list({blob: None for step in history for changes in step.changes for blob in changes.values() if blob})
    for start in range(0, len(wanted), _AT_ONCE):
        for blob, data in repository.blobs(wanted[start : start + _AT_ONCE]):
            known[blob] = parse_note(data)

    def read(blob: str) -> Note:
        if blob not in known:
            try:
                known[blob] = notes.read_blob(blob)
            except ToolError as error:
                known[blob] = Note(problems=(f"{error.message} ({error.hint})",))
        return known[blob]

    return read


def boundary(repository: Repository, oids: Iterable[str]) -> list[str]:
    """Those of ``oids`` whose parents a shallow clone hides."""
    if not repository.shallow:
        return []
    try:
        hidden = (repository.common_dir / "shallow").read_text("ascii").split()
    except OSError as error:
        raise ToolError(f"{error.filename} can't be read: {error.strerror}", hint="git fetch --unshallow") from None
    return sorted({*hidden}.intersection(oids))


def _other_sides(repository: Repository, merges: dict[str, tuple[str, ...]]) -> dict[str, list[Changes]]:
    """For each of ``merges`` (oid -> parents): what it changed against its second parent, its third, and so on."""
    if not merges:
        return {}
    asked = [(oid, parent) for oid, parents in merges.items() for parent in parents[1:]]
    lines = "".join(f"{oid} {parent}\n" for oid, parent in asked)
    fields = iter(_run(repository, "diff-tree", "--stdin", "--always", *_DIFF, input=lines.encode()).split("\0"))
    others: dict[str, list[Changes]] = {}
    field = next(fields)
    for oid, _ in asked:
        if field != oid:
            raise ToolError(f"git diff-tree said nothing about the notes commit {oid[:10]}", hint=_HINT)
        changes, field = _changes(fields)
        others.setdefault(oid, []).append(changes)
    return others


def _changes(fields: Iterator[str]) -> tuple[Changes, str]:
    """Path -> blob now, from raw diff lines; and the field after them, "" at the end."""
    changes: dict[str, str] = {}
    for field in fields:
        meta = field.removeprefix("\n")
        if not meta.startswith(":"):
            return changes, field
        # A link or a program is no note to any reader.
        _, mode, _, blob, _ = meta.split(" ")
        changes[next(fields)] = blob if mode == "100644" else ""
    return changes, ""


def _run(repository: Repository, *argv: str, input: bytes | None = None) -> str:
    status, out, err = repository.attempt(*argv, input=input)
    if status:
        raise GitError(argv, status, err, hint=_HINT)
    return out.decode(errors="replace")
