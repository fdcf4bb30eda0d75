"""The lines of one measured file, as a short text: which are statements, executed or not, and how they branch.

A measurement has some hundred thousand lines, and a verdict needs few of them: they are parsed only when needed, and
stay a text in memory, in the cache and in the notes. The text has one item for each run of equal lines, from line 0 on
(some tools number from 0): how many lines ("" for one) and a symbol for what they are::

    .  nothing to execute     +  executed, no branch     -  missing, no branch     x  excluded
    *  executed, 2 of 2 branches    %  executed, 1 of 2    o  missing, 0 of 2    [+e/n]  any other branches

``3.2+4-`` are two executed statements at lines 3 and 4, and four missing ones from line 5 on.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from covgate.model.numbers import COUNTS, Numbers

# Anybody may have written the text into the notes. A short one must not make covgate use much memory or time.
MAX_LINES = 1_000_000
_MAX_DIGITS = 15
# Longer numbers than the pattern allows can't be read at all.
_RUN = re.compile(r"(\d{0,18})(?:([.x+\-*%o])|\[([+-])(\d{1,18})/(\d{1,18})\])", re.ASCII)
_KINDS = {"+": (True, 0, 0), "-": (False, 0, 0), "*": (True, 2, 2), "%": (True, 1, 2), "o": (False, 0, 2)}
_SYMBOLS = {kind: symbol for symbol, kind in _KINDS.items()}


class Line(NamedTuple):
    """A statement: the number of its first line, whether it was executed, and how many of its branches were."""

    number: int
    executed: bool
    executed_branches: int = 0
    branches: int = 0

    @property
    def numbers(self) -> Numbers:
        """The counts of this statement and its branches."""
        return Numbers(
            statements=1,
            executed_statements=int(self.executed),
            branches=self.branches,
            executed_branches=self.executed_branches,
        )

    @property
    def whole(self) -> bool:
        """Whether the statement and all its branches were executed."""
        return self.executed and self.executed_branches == self.branches


def encode(statements: Iterable[Line], excluded: Iterable[int] = ()) -> str:
    """The text of ``statements`` and of the line numbers ``excluded``, in any order; no line may be in both."""
    marks: dict[int, str] = dict.fromkeys(excluded, "x")
    for line in statements:
        kind = (line.executed, line.executed_branches, line.branches)
        marks[line.number] = _SYMBOLS.get(kind) or f"[{'+' if kind[0] else '-'}{kind[1]}/{kind[2]}]"
    runs: list[str] = []
    at, pending, count = 0, "", 0
    for number in sorted(marks):
        mark = marks[number]
        if number > at or mark != pending:
            runs += [_run(count, pending), _run(number - at, ".")]
            pending, count = mark, 0
        count += 1
        at = number + 1
    return "".join([*runs, _run(count, pending)])


def _run(count: int, mark: str) -> str:
    return "" if not count else mark if count == 1 else f"{count}{mark}"


def statements(text: str) -> Iterator[Line]:
    """The statements in ``text``, ascending.

    Raises ValueError if the text can't be read.
    """
    for number, count, symbol, kind in _runs(text):
        if symbol not in (".", "x"):
            executed, taken, branches = kind
            for line in range(number, number + count):
                yield Line(line, executed, taken, branches)


def excluded(text: str) -> Iterator[int]:
    """The numbers of the excluded lines, ascending."""
    for number, count, symbol, _ in _runs(text):
        if symbol == "x":
            yield from range(number, number + count)


def missing(text: str) -> tuple[int, ...]:
    """The first lines of the statements that were not executed, ascending."""
    return tuple(each.number for each in statements(text) if not each.executed)


def numbers_of(text: str) -> Numbers:
    """The counts of all lines in ``text``.

    Raises ValueError if the text can't be read.
    """
    counts = [0] * len(COUNTS)
    for _, count, symbol, (executed, executed_branches, branches) in _runs(text):
        if symbol == "x":
            counts[4] += count
        elif symbol != ".":
            counts[0] += count
            counts[1] += count * executed
            counts[2] += count * branches
            counts[3] += count * executed_branches
    return Numbers.from_counts(counts)


def executed_in_either(one: str, other: str) -> str:
    """The text of two runs of the same file taken together: a statement that either executed is executed.

    A text has the number of executed branches, not which: the result has as many as the better run, the least that
    both can have executed together.
    """
    joined: dict[int, Line] = {each.number: each for each in statements(one)}
    for line in statements(other):
        known = joined.get(line.number, line)
        joined[line.number] = Line(
            line.number,
            line.executed or known.executed,
            max(line.executed_branches, known.executed_branches),
            max(line.branches, known.branches),
        )
    return encode(joined.values(), {*excluded(one), *excluded(other)} - joined.keys())


def differing(one: str, other: str) -> tuple[int, ...]:
    """The first lines of the statements on which two runs of the same file differ, ascending."""
    return tuple(sorted({each.number for each in {*statements(one)} ^ {*statements(other)}}))


def ranges(lines: Iterable[int]) -> list[tuple[int, int]]:
    """Ascending line numbers as pairs: the first and last of each run of consecutive ones."""
    found: list[tuple[int, int]] = []
    for number in lines:
        if found and number == found[-1][1] + 1:
            found[-1] = found[-1][0], number
        else:
            found.append((number, number))
    return found


def line_list(lines: Iterable[int], at_most: int = 8) -> str:
    """Ascending line numbers for a message: ``line 3``, ``lines 3-7, 12``; "" for none, ``...`` after ``at_most``."""
    found = ranges(lines)
    if not found:
        return ""
    texts = [f"{first}-{last}" if first != last else str(first) for first, last in found[:at_most]]
    more = ", ..." if len(found) > at_most else ""
    return ("lines " if len(found) > 1 or "-" in texts[0] else "line ") + ", ".join(texts) + more


def _runs(text: str) -> Iterator[tuple[int, int, str, tuple[bool, int, int]]]:
    """For each run of equal lines: the first line, how many, the symbol ("[" for ``[+e/n]``), and the statement."""
    place, at, lines = 0, 0, 0
    while match := _RUN.match(text, place):
        place = match.end()
        digits, symbol, sign, taken, branches = match.groups()
        longest = max(len(each or "") for each in (digits, taken, branches))
        if longest > _MAX_DIGITS:
            raise ValueError(f"a number of {longest} digits in the lines of a file")
        count = int(digits) if digits else 1
        kind = _KINDS.get(symbol, (False, 0, 0)) if symbol else (sign == "+", int(taken), int(branches))
        if symbol != ".":
            lines += count
            if lines > MAX_LINES:
                raise ValueError(f"more than {MAX_LINES} lines in a file")
        yield at, count, symbol or "[", kind
        at += count
    if place != len(text):
        raise ValueError(f"the lines of a file can't be read at {text[place : place + 10]!r}")


def from_maps(
    executed: Mapping[int, bool], branches: Mapping[int, tuple[int, int]], excluded: Iterable[int] = ()
) -> str:
    """The text of ``executed`` (line -> whether executed) and ``branches`` (line -> how many executed, of how many)."""
    return encode((Line(line, did, *branches.get(line, (0, 0))) for line, did in executed.items()), excluded)
