"""The JSON of ``llvm-cov export -format=text``, for C, C++, Rust and Swift.

It describes a file in segments: from one to the next, the code was executed equally often. The lines are those that
``llvm-cov show`` makes of them. The counts are those of ``llvm-cov report``, which the JSON gives for each file: they
are added up by function, so they differ from the lines where functions are nested or made by macros. A branch region
has two branches: its condition was true, or false.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any, NamedTuple

from covgate.measure.reports.json_values import as_line, as_list, as_object, is_executed
from covgate.measure.reports.values import FileLines, LineBudget, Malformed, Odd, Parsed, Reader, check_lines, shown
from covgate.model.numbers import Numbers, total

_FORMAT = "llvm-cov JSON"


def read(data: bytes) -> Parsed:
    """What the JSON in ``data`` says."""
    value = as_object(json.loads(data), "the report")
    odd, budget = Odd(), LineBudget()
    files: dict[str, FileLines] = {}
    for export in as_list(value["data"], "data"):
        counts: list[Numbers] = []
        for each in as_list(export["files"], "files"):
            name = str(each["filename"])
            if name in files:
                raise Malformed(f"{shown(name)} is in it twice")
            lines = files[name] = _file(as_object(each, name), name, odd)
            check_lines(name, max(len(lines.statements), len(lines.branches)))
            budget.spend(len(lines.statements) + len(lines.branches))
            counts.append(lines.numbers or lines.counts)
        if total(counts) != _numbers(export["totals"]):
            raise Malformed("its totals are not the sum of its files")
    return Parsed(format=_FORMAT, files=files, remarks=tuple(odd.remarks()))


READER = Reader(
    key="llvm-cov",
    format=_FORMAT,
    recognises=lambda head: head.startswith(b"{") and head[1:].lstrip().startswith(b'"data"'),
    read=read,
    made_by="llvm-cov export",
)


def _file(entry: Mapping[str, Any], name: str, odd: Odd) -> FileLines:
    if "segments" not in entry:
        raise Malformed("it has no lines, only summaries: leave out -summary-only")
    numbers = _numbers(entry["summary"])
    lines = _lines([_segment(each, name, odd) for each in as_list(entry["segments"], "segments")], name)
    if numbers.statements and not lines:
        raise Malformed(f"{shown(name)} has lines in its summary, and none in it")
    return FileLines(format=_FORMAT, statements=lines, branches=_branches(entry, name, odd), numbers=numbers)


def _numbers(summary: Mapping[str, Any]) -> Numbers:
    lines, branches = summary["lines"], summary.get("branches", {"count": 0, "covered": 0})  # since LLVM 12
    return Numbers(
        statements=lines["count"],
        executed_statements=lines["covered"],
        branches=branches["count"],
        executed_branches=branches["covered"],
    )


class _Segment(NamedTuple):
    line: int
    executed: bool
    has_count: bool
    begins: bool
    is_gap: bool

    @property
    def begins_code(self) -> bool:
        return self.begins and self.has_count and not self.is_gap


def _segment(values: Sequence[Any], name: str, odd: Odd) -> _Segment:
    line, _, count, has_count, begins, *more = as_list(values, "a segment")
    line = as_line(line, name)
    executed = is_executed(count, odd, name, line)
    return _Segment(line, executed, bool(has_count), bool(begins), bool(more and more[0]))


def _lines(segments: Sequence[_Segment], name: str) -> dict[int, bool]:
    """The lines that have code, and whether it was executed: LineCoverageStats of LLVM's CoverageMapping.

    A line without a segment belongs to the last one before it.
    """
    lines: dict[int, bool] = {}
    last: _Segment | None = None
    for line, group in groupby(segments, key=lambda segment: segment.line):
        here = list(group)
        if last is not None:
            if line <= last.line:
                raise Malformed(f"the segments of {shown(name)} are in no order")
            check_lines(name, line - last.line)
            if last.has_count:
                lines.update(dict.fromkeys(range(last.line + 1, line), last.executed))
        begun = [each for each in here if each.begins_code]
        skipped = here[0].begins and not here[0].has_count
        has_code = any(each.begins and each.has_count for each in here)
        if has_code or (last is not None and last.has_count and not skipped):
            lines[line] = any(each.executed for each in (last, *begun) if each)
        check_lines(name, len(lines))
        last = here[-1]
    return lines


def _branches(entry: Mapping[str, Any], name: str, odd: Odd) -> dict[tuple[int, ...], bool]:
    """The branches by their places. Those of several instances of a template are the same branches.

    The branches of a macro are on the line that uses it.
    """
    branches: dict[tuple[int, ...], bool] = {}
    for used, branch in _regions(entry, name):
        line, column, last, end, true, false = as_list(branch, "a branch")[:6]
        where = (as_line(line, name), int(column), as_line(last, name), int(end))
        for side, count in enumerate((true, false)):
            key = (*used, *where, side) if used else (*where, side)
            branches[key] = is_executed(count, odd, name, key[0]) or branches.get(key, False)
    return branches


def _regions(entry: Mapping[str, Any], name: str) -> Iterator[tuple[tuple[int, ...], Any]]:
    for branch in as_list(entry.get("branches", []), "branches"):
        yield (), branch
    for expansion in as_list(entry.get("expansions", []), "expansions"):
        line, column = as_list(expansion["source_region"], "a source region")[:2]
        for branch in as_list(expansion.get("branches", []), "branches"):
            yield (as_line(line, name), int(column)), branch
