"""How far this clone has read the history of the notes, and what it has to store about it.

The file is in the git directory. If it is missing or can't be read, covgate reads the history once more from its
beginning. (Format 1 is the first.)
"""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

from covgate.files import write_atomically
from covgate.model.epochs import Epochs, Lowest
from covgate.model.record import Note

_FORMAT = 1
_FRACTION = re.compile(r"[0-9]{1,40}(/[0-9]{1,40})?")
_MOST_OTHERS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """The history up to ``tip``, "" for none. The notes at ``tip`` are what the whole history allows.

    ``others``: other tips that were read, which ``tip`` may not descend from: those of rewritten notes, and our own
    before they were rebuilt on other people's notes.
    ``opened``: the epochs, as `Epochs` has them. ``beside``: by commit, the records that apply although another version
    of covgate left a note there that this one can't read.
    """

    tip: str = ""
    others: tuple[str, ...] = ()
    opened: Lowest = field(default_factory=dict)
    beside: Mapping[str, Note] = field(default_factory=dict)

    def epochs(self) -> Epochs:
        """A copy of the epochs, which may be changed."""
        return Epochs(self.opened)


def load_seen(path: Path) -> Seen:
    """What was saved at ``path``; nothing if that can't be read."""
    try:
        stored = json.loads(path.read_bytes())
        if stored["format"] != _FORMAT or not isinstance(stored["tip"], str):
            return Seen()
        return Seen(
            tip=stored["tip"],
            others=tuple(map(str, stored["others"])),
            opened=_lowest(stored["opened"]),
            beside={str(commit): _note(text) for commit, text in stored["beside"].items()},
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError, ZeroDivisionError, RecursionError):
        return Seen()


def save_seen(path: Path, seen: Seen) -> None:
    """Store ``seen``. If that fails, the next run reads more of the history."""
    data = {
        "format": _FORMAT,
        "tip": seen.tip,
        "others": seen.others[-_MOST_OTHERS:],
        "opened": [[*key, str(percent)] for key, percent in sorted(seen.opened.items())],
        "beside": {commit: _text(note) for commit, note in sorted(seen.beside.items())},
    }
    with contextlib.suppress(OSError):
        write_atomically(path, json.dumps(data, separators=(",", ":")).encode())


def _lowest(rows: list[list[object]]) -> Lowest:
    return {(str(component), int(str(epoch))): _fraction(str(percent)) for component, epoch, percent in rows}


def _fraction(text: str) -> Fraction:
    """Parse the `str` of a Fraction. Raises ValueError for anything else, such as 1e999999999."""
    if not _FRACTION.fullmatch(text):
        raise ValueError(text)
    return Fraction(text)


# Late imports: there is rarely anything beside the notes.
def _note(text: str) -> Note:
    from covgate.model.note_text import parse_note

    note = parse_note(text.encode())
    if note.problems:
        raise ValueError(note.problems[0])
    return note


def _text(note: Note) -> str:
    from covgate.model.note_text import render_note

    return render_note(note.records)
