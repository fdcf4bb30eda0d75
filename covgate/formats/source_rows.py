"""The source of one file as rows for its page: number, sign, why it is marked, and the line itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

from covgate.formats.touched import State, Touched

# Larger pages help nobody and are slow on a phone.
WHOLE_FILE = 5_000
AROUND = 25
LINE_SHOWN = 1_000
_TAB = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceRow:
    """One line of source. Its texts are not escaped: the template does that.

    ``skipped`` is how many lines are left out before it, ``state`` is the value of its `State` or "none", ``classes``
    are its CSS classes, ``next_stop`` is the line that its word links to, 0 for none. ``pieces`` has the text if a part
    of it would hide or turn text: each piece is a string, and whether this is the number of such a character
    (``U+202E``). ``cut`` is how many characters are left out at its end, "" for none.
    """

    number: int
    skipped: int
    state: str
    classes: str
    word: str
    next_stop: int
    text: str
    pieces: tuple[tuple[str, bool], ...]
    cut: str
    branches: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """The rows of a file; ``skipped`` lines follow the last one, and ``widest`` is the longest line, in columns."""

    rows: tuple[SourceRow, ...]
    skipped: int
    widest: int


def source_listing(file: Touched, source: Sequence[str]) -> Listing:
    """All lines of ``source``; of a huge file, those around the lines to look at."""
    words = file.words
    firsts = [first for first, _ in file.stops]
    following = dict(pairwise([*firsts, firsts[0]])) if len(firsts) > 1 else {}
    stops = frozenset(firsts)
    rows: list[SourceRow] = []
    widest = 0
    before = 0
    for number in shown_lines(len(source), file.to_look_at):
        line = source[number - 1].expandtabs(_TAB)
        widest = max(widest, min(len(line), LINE_SHOWN + 30))
        word = words.get(number, "")
        state = file.states.get(number)
        text = line[:LINE_SHOWN]
        rows.append(
            SourceRow(
                number=number,
                skipped=number - before - 1,
                state=state.value if state else "none",
                classes=_classes(state, word, stop=number in stops),
                word=word,
                next_stop=following.get(number, 0),
                text=text,
                pieces=() if text.isprintable() else tuple(_pieces(text)),
                cut=f"{len(line) - LINE_SHOWN:,}" if len(line) > LINE_SHOWN else "",
                branches=_branches(file, number) if state is State.PARTIAL else "",
            )
        )
        before = number
    return Listing(rows=tuple(rows), skipped=len(source) - before, widest=widest)


def shown_lines(count: int, marked: Sequence[int]) -> list[int]:
    """The lines of a file of ``count`` lines that are shown: all, or of a huge file those around ``marked``."""
    if count <= WHOLE_FILE:
        return list(range(1, count + 1))
    found: list[int] = []
    for number in marked or [1]:
        start = max(number - AROUND, 1, found[-1] + 1 if found else 1)
        found.extend(range(start, min(number + AROUND, count) + 1))
        if len(found) > WHOLE_FILE:
            break
    return found[:WHOLE_FILE]


def _pieces(line: str) -> Iterator[tuple[str, bool]]:
    for visible, characters in groupby(line, lambda each: each.isprintable() or each == "\u00a0"):
        if visible:
            yield "".join(characters), False
        else:
            yield from ((f"U+{ord(each):04X}", True) for each in characters)


def _classes(state: State | None, word: str, *, stop: bool) -> str:
    marked = (f" t-{word.replace(' ', '-')}" if word else "") + (" stop" if stop else "")
    return (state.value if state else "none") + marked


def _branches(file: Touched, number: int) -> str:
    line = file.branches[number]
    return f"{line.executed_branches} of {line.branches} branches"
