"""What SimpleCov keeps (.resultset.json), and its JSON report (coverage.json).

Ruby counts the lines that have code, and each way out of a branch. The resultset has the counts of each test suite, as
Ruby gives them; SimpleCov leaves out what comments in the source ask for when it makes a report, and so does covgate.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from covgate.measure.reports.joining import join_lines
from covgate.measure.reports.json_values import as_line, as_list, as_object, is_executed
from covgate.measure.reports.ruby_comments import without_skipped
from covgate.measure.reports.values import FileLines, LineBudget, Malformed, Odd, Parsed, Reader, check_lines, shown
from covgate.model.numbers import total

_FORMAT = "SimpleCov JSON"
_RESULTSET = "SimpleCov resultset"
_SUITE = re.compile(rb'\{\s*"(?:[^"\\]|\\.)*"\s*:\s*\{\s*"coverage"\s*:')
# Its kind, its number, line and column of its start and of its end: [:if, 0, 4, 4, 4, 26]
_PLACE = re.compile(r'\[:"?[^\s"]{1,20}"?, (\d{1,9}), (\d{1,9}), (\d{1,9}), (\d{1,9}), (\d{1,9})\]')


def read(data: bytes) -> Parsed:
    """What the JSON in ``data`` says."""
    value = as_object(json.loads(data), "the report")
    reading = _Reading()
    if "meta" in value:
        for name, entry in as_object(value["coverage"], "coverage").items():
            reading.add(name, _listed(as_object(entry, name), name, reading.odd))
        return reading.parsed(_FORMAT, _totals(value))
    for suite, result in value.items():
        coverage = as_object(as_object(result, suite)["coverage"], "coverage")
        for name, entry in coverage.items():
            # Until 0.18 it had only the lines.
            parts = {"lines": entry} if isinstance(entry, list) else as_object(entry, name)
            reading.add(name, _kept(parts, name, reading.odd))
    return reading.parsed(_RESULTSET, None)


READER = Reader(
    key="simplecov",
    format=_FORMAT,
    recognises=lambda head: bool(_SUITE.match(head)) or (head.startswith(b"{") and b'"simplecov_version"' in head),
    read=read,
    made_by="SimpleCov",
)


class _Reading:
    """The files of a report; those of several suites are joined."""

    def __init__(self) -> None:
        self.odd = Odd()
        self._files: dict[str, FileLines] = {}
        self._budget = LineBudget()

    def add(self, name: str, lines: FileLines) -> None:
        known = self._files.get(name)
        if known:
            lines = join_lines(name, _as_loaded(known, lines), _as_loaded(lines, known))
        self._files[name] = lines
        check_lines(name, max(len(lines.statements), len(lines.branches)))
        self._budget.spend(len(lines.statements) + len(lines.branches))

    def parsed(self, kind: str, totals: Mapping[str, int] | None) -> Parsed:
        remarks = self.odd.remarks()
        own = total(each.counts for each in self._files.values())
        differing = [key for key, count in (totals or {}).items() if count != getattr(own, key)]
        if differing:
            remarks.append("its totals differ from what it lists; covgate counts what it lists")
        return Parsed(
            format=kind,
            files=self._files,
            remarks=tuple(remarks),
            refine=without_skipped if kind == _RESULTSET else None,
        )


def _as_loaded(lines: FileLines, other: FileLines) -> FileLines:
    """``lines`` of a file; if its suite has never loaded it, only those that ``other`` counts, whose suite has.

    Until 1.0, SimpleCov takes each line of a file that was not loaded for code, unless it is empty or a comment.
    """
    if any(lines.statements.values()) or not any(other.statements.values()):
        return lines
    return replace(lines, statements=dict.fromkeys(lines.statements.keys() & other.statements.keys(), False))


def _totals(value: Mapping[str, Any]) -> dict[str, int]:
    """The totals that a coverage.json gives about itself, by the name that covgate has for them; since 1.0."""
    totals = as_object(value.get("total", {}), "total")
    names = (("lines", "statements"), ("branches", "branches"))
    return {
        covgates: totals[kind][key]
        for kind, own in names
        if kind in totals
        for key, covgates in (("total", own), ("covered", f"executed_{own}"))
    }


def _lines(values: Iterable[object], name: str, odd: Odd) -> tuple[dict[int, bool], frozenset[int]]:
    """The lines with code, and those that were left out."""
    lines: dict[int, bool] = {}
    excluded: set[int] = set()
    for number, count in enumerate(values, 1):
        if count == "ignored":
            excluded.add(number)
        elif count is not None:
            lines[number] = is_executed(count, odd, name, number)
    return lines, frozenset(excluded)


def _kept(entry: Mapping[str, Any], name: str, odd: Odd) -> FileLines:
    """A file of the resultset. The key of a branch: the line of its condition, two numbers, its first and last line."""
    lines, excluded = _lines(as_list(entry["lines"], "lines"), name, odd)
    branches: dict[tuple[int, ...], bool] = {}
    for condition, ways in as_object(entry.get("branches") or {}, "branches").items():
        number, line, *_ = _place(condition, name)
        for way, count in as_object(ways, "a branch").items():
            own, first, _, last, _ = _place(way, name)
            branches[line, number, own, first, last] = is_executed(count, odd, name, line)
    return FileLines(format=_RESULTSET, statements=lines, branches=branches, excluded=excluded)


def _place(text: str, name: str) -> tuple[int, ...]:
    match = _PLACE.fullmatch(text)
    if match is None:
        raise Malformed(f"{shown(text, 60)} is no place of a branch of {shown(name)}")
    return tuple(map(int, match.groups()))


def _listed(entry: Mapping[str, Any], name: str, odd: Odd) -> FileLines:
    """A file of the JSON report. It doesn't say where a condition is, so a branch is on the line where it is shown."""
    lines, excluded = _lines(as_list(entry["lines"], "lines"), name, odd)
    branches: dict[tuple[int, ...], bool] = {}
    for number, branch in enumerate(as_list(entry.get("branches") or [], "branches")):
        line = as_line(as_object(branch, "a branch").get("report_line", branch["start_line"]), name)
        if branch["coverage"] != "ignored":
            branches[line, number] = is_executed(branch["coverage"], odd, name, line)
    return FileLines(format=_FORMAT, statements=lines, branches=branches, excluded=excluded)
