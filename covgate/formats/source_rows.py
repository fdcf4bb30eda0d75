"""The source of one file as rows of a page: number, sign, why the line is marked, and the line itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from covgate.formats.touched import State, Touched

# A page with more lines than this helps nobody, and is a burden to a phone.
WHOLE_FILE = 5_000
AROUND = 25
LINE_SHOWN = 1_000
_TAB = 4
_SIGNS = {
    State.EXECUTED: ("executed", "✓"),
    State.PARTIAL: ("partial", "½"),
    State.MISSING: ("missing", "✗"),
    State.EXCLUDED: ("excluded", "x"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of a file.

    ``classes`` are its CSS classes, ``title`` the word for its ``sign``. ``word`` says why it is marked, "" for none;
    ``following`` is the next line to look at, 0 for none. ``pieces`` alternate between text and the names of characters
    that must not be printed. ``cut`` counts the characters that are left out, ``skipped`` the lines that are left out
    above. ``branches`` says how many branches were executed, "" if all were.
    """

    number: int
    classes: str
    pieces: tuple[str, ...]
    title: str = ""
    sign: str = ""
    word: str = ""
    following: int = 0
    cut: int = 0
    skipped: int = 0
    branches: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """The rows, the columns of the longest line, and how many lines are left out below."""

    rows: tuple[Row, ...]
    widest: int
    skipped: int


def source_listing(file: Touched, source: Sequence[str]) -> Listing:
    """The rows of a file; of a huge file only those around the lines to look at."""
    words = file.words
    firsts = [first for first, _ in file.stops]
    following = dict(pairwise([*firsts, firsts[0]])) if len(firsts) > 1 else {}
    rows: list[Row] = []
    widest = before = 0
    for number in shown_lines(len(source), file.to_look_at):
        line = source[number - 1].expandtabs(_TAB)
        widest = max(widest, min(len(line), LINE_SHOWN + 30))
        state = file.states.get(number)
        kind, sign = _SIGNS[state] if state else ("none", "")
        word = words.get(number, "")
        marked = (f" t-{word.replace(' ', '-')}" if word else "") + (" stop" if number in firsts else "")
        branches = ""
        if state is State.PARTIAL:
            taken = file.branches[number]
            branches = f"{taken.executed_branches} of {taken.branches} branches"
        rows.append(
            Row(
                number=number,
                classes=kind + marked,
                pieces=visible(line[:LINE_SHOWN]),
                title=state.value if state else "",
                sign=sign,
                word=word,
                following=following.get(number, 0),
                cut=max(len(line) - LINE_SHOWN, 0),
                skipped=number - before - 1,
                branches=branches,
            )
        )
        before = number
    return Listing(rows=tuple(rows), widest=widest, skipped=len(source) - before)


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


def visible(line: str) -> tuple[str, ...]:
    """``line`` in pieces: text, then the name of a character that must not be printed, text again, and so on."""
    if line.isprintable():
        return (line,)
    pieces = [""]
    for character in line:
        if character.isprintable() or character == "\u00a0":
            pieces[-1] += character
        else:
            pieces += [f"U+{ord(character):04X}", ""]
    return tuple(pieces)
