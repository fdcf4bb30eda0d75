"""The source of one file as rows of HTML: number, sign, why it is marked, and the line itself."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from itertools import pairwise

from covgate.formats.touched import State, Touched

# Beyond these a page is no help to anybody, and a burden to a phone.
WHOLE_FILE = 5_000
AROUND = 25
LINE_SHOWN = 1_000
_TAB = 4
_SIGNS = {
    State.EXECUTED: ("executed", "&#10003;"),
    State.PARTIAL: ("partial", "&#189;"),
    State.MISSING: ("missing", "&#10007;"),
    State.EXCLUDED: ("excluded", "x"),
}


def rows(file: Touched, source: Sequence[str]) -> tuple[str, int]:
    """The rows, and how many columns the longest line has; of a huge file those around what is to be looked at."""
    words = file.words
    firsts = [first for first, _ in file.stops]
    following = dict(pairwise([*firsts, firsts[0]])) if len(firsts) > 1 else {}
    stops = frozenset(firsts)
    made: list[str] = []
    widest = 0
    before = 0
    for number in shown_lines(len(source), file.to_look_at):
        if number > before + 1:
            made.append(_gap(number - before - 1))
        before = number
        line = source[number - 1].expandtabs(_TAB)
        widest = max(widest, min(len(line), LINE_SHOWN + 30))
        made.append(_row(file, number, line, words.get(number, ""), following.get(number, 0), stop=number in stops))
    if before < len(source):
        made.append(_gap(len(source) - before))
    if not source:
        made.append("<p class=gap>This file is empty.</p>")
    return "\n".join(made), widest


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


def _gap(count: int) -> str:
    return f"<p class=gap>{count:,} {'line is' if count == 1 else 'lines are'} not shown</p>"


def _row(file: Touched, number: int, line: str, word: str, following: int, *, stop: bool) -> str:
    state = file.states.get(number)
    kind, sign = _SIGNS[state] if state else ("none", "")
    tag = word.replace(" ", "-")
    hint = ""
    if state is State.PARTIAL:
        branches = file.branches[number]
        hint = f"<em>{branches.executed_branches} of {branches.branches} branches</em>"
    if following:
        told = f"<a class=w href='#L{following}' title='to the next one, line {following}'>{word or 'next'}</a>"
    else:
        told = f"<span class=w>{word}</span>" if word else "<span class=w></span>"
    title = f" title='{state.value}'" if state else ""
    marked = (f" t-{tag}" if tag else "") + (" stop" if stop else "")
    return (
        f"<div class='l {kind}{marked}' id=L{number}><span class=g><a class=no href='#L{number}'>{number}</a>"
        f"<i{title}>{sign}</i>{told}</span><code>{visible(line)}</code>{hint}</div>"
    )


def visible(line: str) -> str:
    """A line of source as HTML, with whatever would hide or turn something around shown by its number."""
    cut = ""
    if len(line) > LINE_SHOWN:
        cut = f"<em>and {len(line) - LINE_SHOWN:,} more characters</em>"
        line = line[:LINE_SHOWN]
    if line.isprintable():
        return escape(line) + cut
    shown = (
        escape(each) if each.isprintable() or each == "\u00a0" else f"<b class=u>U+{ord(each):04X}</b>" for each in line
    )
    return "".join(shown) + cut
