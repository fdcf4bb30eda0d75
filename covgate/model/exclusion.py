"""Which lines and branches a push newly excludes from the measurement: a reviewer should look at them.

covgate compares lines, not totals, because the push may include as many other lines again.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from covgate.model.changes import FileChange, Hunk
from covgate.model.lines import excluded, line_list, statements
from covgate.model.measurement import FileResult

_SHOWN = 5
_LONGEST_HEAD = 50  # lines


@dataclass(frozen=True, slots=True, kw_only=True)
class NewlyExcluded:
    """The lines of one file that the push newly excludes, ascending."""

    path: str
    lines: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExcusedBranches:
    """The lines of one file, ascending, whose branches newly count as executed, whatever the tests execute."""

    path: str
    lines: tuple[int, ...]


def compared_with_lines(now: FileResult, change: FileChange, before: str | None) -> NewlyExcluded:
    """The excluded lines of ``now`` that were not excluded before; ``change`` maps them to their old places.

    ``before`` is the text of the file's lines at the base (`covgate.model.lines`), None if it was not measured there:
    then only new lines count. Lines that replace excluded lines, or are inserted between them, are not newly excluded.
    """
    was = frozenset(excluded(before)) if before is not None else frozenset()

    def is_new(line: int) -> bool:
        old = change.was_at(line)
        if old is not None:
            return before is not None and old not in was
        hunk = next((each for each in change.hunks if line in each.after), None)
        return hunk is None or not _inside(hunk, was)

    return NewlyExcluded(path=now.path, lines=tuple(line for line in excluded(now.lines) if is_new(line)))


def compared_with_text(
    now: FileResult, change: FileChange, source: str, patterns: Sequence[str], new_patterns: Sequence[str]
) -> NewlyExcluded:
    """The excluded lines of ``now`` that seem to be newly excluded, if the lines of the base are unknown.

    They are in blocks that start at a new line with one of ``patterns``, or at any line with one of ``new_patterns``.
    These are regular expressions, as in coverage's options ``exclude_lines`` and ``exclude_also``.
    """
    marked = {line for line in _matching(source, patterns) if change.was_at(line) is None}
    marked |= _matching(source, new_patterns)
    hidden = frozenset(excluded(now.lines))
    found = _blocks(source.split("\n"), marked, hidden)
    return NewlyExcluded(path=now.path, lines=tuple(sorted(found)))


def exclusion_notices(found: Sequence[NewlyExcluded]) -> list[str]:
    """A notice that names the first files of ``found`` with their lines; nothing if there are none."""
    number = sum(len(each.lines) for each in found)
    if not number:
        return []
    what = "line is" if number == 1 else "lines are"
    return [
        f"{number} {what} newly excluded from the measurement: {_places(found)} (pragmas or exclude_also in this push)"
    ]


def excused_branches(
    now: FileResult, change: FileChange, source: str, before: str, patterns: Sequence[str], new_patterns: Sequence[str]
) -> ExcusedBranches:
    """The branches of ``now`` that the push excuses: by a line with one of ``patterns``, or by ``new_patterns``.

    ``source`` and ``before`` are the texts of the file now and at the base. A line that replaces one that had a pattern
    is not new. The patterns are those of coverage's options ``partial_branches`` and ``partial_also``.
    """
    # Coverage doesn't list such a branch if it was not executed, so a line that was not executed may have some.
    branching = {each.number for each in statements(now.lines) if each.branches or not each.executed}
    was = _matching(before, [each for each in patterns if each not in new_patterns])

    def is_new(line: int) -> bool:
        hunk = next((each for each in change.hunks if line in each.after), None)
        return change.was_at(line) is None and not (hunk and any(each in was for each in hunk.before))

    marked = {line for line in _matching(source, patterns) if is_new(line)} | _matching(source, new_patterns)
    lines = source.split("\n")
    found = sorted({_head(lines, line, branching) for line in marked} - {0})
    return ExcusedBranches(path=now.path, lines=tuple(found))


def matches_any(source: str, patterns: Sequence[str]) -> bool:
    """Whether one of ``patterns`` matches somewhere in ``source``."""
    return bool(_matching(source, patterns))


def branch_notices(found: Sequence[ExcusedBranches]) -> list[str]:
    """A notice that names the first files of ``found`` with their lines; nothing if there are none."""
    number = sum(len(each.lines) for each in found)
    if not number:
        return []
    what = "1 line" if number == 1 else f"{number} lines"
    return [
        f"the branches of {what} newly count as executed, whatever the tests execute: {_places(found)}"
        " (`pragma: no branch` or partial_branches in this push)"
    ]


def _places(found: Sequence[NewlyExcluded | ExcusedBranches]) -> str:
    names = [f"{each.path} {line_list(each.lines)}" for each in found[:_SHOWN]]
    return "; ".join(names) + (f" and {len(found) - _SHOWN} more files" if len(found) > _SHOWN else "")


def _inside(hunk: Hunk, was: Collection[int]) -> bool:
    """Whether a hunk replaces excluded lines, or is between two of them."""
    if any(line in was for line in hunk.before):
        return True
    return hunk.before.start - 1 in was and hunk.before.stop in was


def _matching(source: str, patterns: Iterable[str]) -> set[int]:
    """The lines on which a match of one of ``patterns`` begins or ends."""
    ends = [match.start() for match in re.finditer("\n", source)]
    found = set()
    for pattern in patterns:
        try:
            compiled = re.compile(pattern, re.MULTILINE)
        except re.error:  # coverage reports it
            continue
        for match in compiled.finditer(source):
            last = max(match.end() - 1, match.start())
            found |= {bisect_left(ends, match.start()) + 1, bisect_left(ends, last) + 1}
    return found


def _blocks(lines: Sequence[str], marked: Iterable[int], hidden: Collection[int]) -> set[int]:
    """The ``hidden`` lines in the blocks that start at ``marked`` lines: their heads, and more indented lines."""
    found: set[int] = set()
    for first in filter(None, (_head(lines, line, hidden) for line in marked)):
        found.add(first)
        above = first - 1
        while above in hidden and lines[above - 1].lstrip().startswith("@"):  # decorators
            found.add(above)
            above -= 1
        indent = _indent(lines[first - 1])
        below = first + 1
        # A closing bracket is indented like the head that it belongs to.
        while below <= len(lines) and (lines[below - 1].strip()[:1] in ("", ")") or _indent(lines[below - 1]) > indent):
            if below in hidden:
                found.add(below)
            below += 1
    return found


def _head(lines: Sequence[str], line: int, hidden: Collection[int]) -> int:
    """The hidden line that a mark in ``line`` belongs to, the same one or where its bracket opened; 0 for none."""
    depth = 0
    for number in range(line, max(line - _LONGEST_HEAD, 0), -1):
        if number != line:
            depth += lines[number - 1].count("(") - lines[number - 1].count(")")
        if number in hidden:
            return number if number == line or depth > 0 else 0
    return 0


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())
