"""Istanbul's JSON (coverage-final.json), as nyc, c8, jest and vitest write it.

Istanbul counts statements, of which a line may have several, and lines. covgate counts lines, as Istanbul does: a line
is one on which a statement begins, and it was executed if one of these statements was. Each path of a branch counts.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from covgate.measure.reports.json_values import as_line, as_list, as_object, is_executed
from covgate.measure.reports.values import FileLines, LineBudget, Malformed, Odd, Parsed, Reader, check_lines, shown

_FORMAT = "Istanbul JSON"
_MAPS = (b'"statementMap"', b'"branchMap"', b'"fnMap"')


def read(data: bytes) -> Parsed:
    """What the JSON in ``data`` says."""
    odd, budget = Odd(), LineBudget()
    files: dict[str, FileLines] = {}
    for name, value in as_object(json.loads(data), "the report").items():
        entry = as_object(value, name)
        lines = files[name] = FileLines(
            format=_FORMAT, statements=_lines(entry, name, odd), branches=_branches(entry, name, odd)
        )
        check_lines(name, max(len(lines.statements), len(lines.branches)))
        budget.spend(len(lines.statements) + len(lines.branches))
    return Parsed(format=_FORMAT, files=files, remarks=tuple(odd.remarks()))


READER = Reader(
    key="istanbul",
    format=_FORMAT,
    recognises=lambda head: head.startswith(b"{") and any(each in head for each in _MAPS),
    read=read,
    made_by="nyc, c8, jest or vitest with the reporter json",
)


def _counted(entry: Mapping[str, Any], places: str, counts: str, name: str) -> list[tuple[dict[str, Any], Any]]:
    """The parts that the map ``places`` describes, each with its count."""
    described, counted = as_object(entry[places], places), as_object(entry[counts], counts)
    if described.keys() != counted.keys():
        raise Malformed(f"{shown(name)}: {places} and {counts} don't have the same keys")
    return [(as_object(place, places), counted[key]) for key, place in described.items()]


def _lines(entry: Mapping[str, Any], name: str, odd: Odd) -> dict[int, bool]:
    lines: dict[int, bool] = {}
    for place, count in _counted(entry, "statementMap", "s", name):
        line = as_line(place["start"]["line"], name)
        lines[line] = is_executed(count, odd, name, line) or lines.get(line, False)
    return lines


def _branches(entry: Mapping[str, Any], name: str, odd: Odd) -> dict[tuple[int, ...], bool]:
    """The paths of the branches. Each is identified by its place, because two runs of c8 number them differently."""
    branches: dict[tuple[int, ...], bool] = {}
    seen: dict[tuple[int, ...], int] = {}
    for branch, counts in _counted(entry, "branchMap", "b", name):
        where = _place(branch, name)
        same = seen[where] = seen.get(where, -1) + 1
        for path, count in enumerate(as_list(counts, "b")):
            branches[(*where, same, path)] = is_executed(count, odd, name, where[0])
    return branches


def _place(branch: Mapping[str, Any], name: str) -> tuple[int, int, int, int]:
    """Line and column of the start and of the end. A column, and the whole end, may be unknown: -1."""
    place = branch.get("loc") or as_list(branch["locations"], "locations")[0]
    start, end = as_object(place["start"], "start"), as_object(place.get("end") or {}, "end")
    numbers = (start.get("column"), end.get("line"), end.get("column"))
    column, last, end_column = (each if type(each) is int else -1 for each in numbers)
    return as_line(start.get("line", branch.get("line")), name), column, last, end_column
