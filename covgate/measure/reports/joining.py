"""Several reports about one commit as one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

from covgate.errors import ToolError
from covgate.measure.reports.values import FileLines, Report

_Key = TypeVar("_Key")


def combine(reports: Sequence[Report]) -> Report:
    """``reports`` as one: a line or branch is executed if any of them executed it.

    Raises ToolError if two of them give branches for the same file in different formats.
    """
    if len(reports) == 1:
        return reports[0]
    lines: dict[str, FileLines] = {}
    for report in reports:
        for path, more in report.lines.items():
            lines[path] = join_lines(path, lines[path], more) if path in lines else more
    return report_of(
        lines,
        outside=(name for report in reports for name in report.outside),
        notices=(notice for report in reports for notice in report.notices),
        left_out=(name for report in reports for name in report.left_out),
        coverage_version=next((each.coverage_version for each in reports if each.coverage_version), ""),
        unused=sorted(set.intersection(*(set(each.unused) for each in reports))),
    )


def report_of(
    lines: Mapping[str, FileLines],
    *,
    outside: Iterable[str] = (),
    notices: Iterable[str] = (),
    left_out: Iterable[str] = (),
    coverage_version: str = "",
    unused: Iterable[str] = (),
) -> Report:
    """The report with these ``lines`` (path -> lines)."""
    return Report(
        files=tuple(lines[path].result(path) for path in sorted(lines)),
        outside=tuple(dict.fromkeys(outside)),
        left_out=tuple(dict.fromkeys(left_out)),
        coverage_version=coverage_version,
        lines=lines,
        notices=tuple(dict.fromkeys(notices)),
        unused=tuple(unused),
    )


def join_lines(path: str, one: FileLines, other: FileLines) -> FileLines:
    """What two reports say about the file at ``path``, taken together."""
    if one == other:
        return one
    if one.format != other.format and one.has_branches and other.has_branches:
        raise ToolError(
            f"the branches of {path} can't be combined from {one.format} and {other.format}",
            hint="give reports of one format about it",
        )
    counted = dict(one.counted_branches)
    for line, (executed, count) in other.counted_branches.items():
        known = counted.get(line, (0, 0))
        # The reports don't say which of them were executed. Take the better count.
        counted[line] = max(executed, known[0]), max(count, known[1])
    same = one.format == other.format
    return FileLines(
        format=one.format if one.has_branches else other.format,
        statements=_either(one.statements, other.statements),
        branches=_either(one.branches, other.branches),
        counted_branches=counted,
        blocks=_join_blocks(one.blocks, other.blocks) if same else {},
        excluded=(one.excluded | other.excluded) - one.statements.keys() - other.statements.keys(),
    )


def _join_blocks(
    one: Mapping[tuple[int, ...], tuple[int, bool]], other: Mapping[tuple[int, ...], tuple[int, bool]]
) -> dict[tuple[int, ...], tuple[int, bool]]:
    joined = dict(one)
    for where, (count, executed) in other.items():
        known = joined.get(where, (0, False))
        joined[where] = max(count, known[0]), executed or known[1]
    return joined


def _either(one: Mapping[_Key, bool], other: Mapping[_Key, bool]) -> dict[_Key, bool]:
    joined = dict(one)
    for key, executed in other.items():
        joined[key] = executed or joined.get(key, False)
    return joined
