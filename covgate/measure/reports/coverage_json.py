"""What ``coverage json`` writes: format 2 and 3 of coverage.py's JSON report."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from covgate.measure.reports.values import (
    FileLines,
    LineBudget,
    Malformed,
    Parsed,
    Reader,
    check_lines,
    shown,
)
from covgate.model.numbers import Numbers, total

_FORMAT = "coverage JSON"
_PARTS = (b'"meta"', b'"files"', b'"totals"')
_MAX_LINE_NUMBER = 10**9


def read(data: bytes, *, every_branch: bool = True) -> Parsed:
    """What the JSON in ``data`` says. ``every_branch``: each branch that is counted must be listed."""
    value = json.loads(data)
    version = str(value["meta"]["version"])
    files: dict[str, FileLines] = {}
    counts: list[Numbers] = []
    budget = LineBudget()
    for name, entry in value["files"].items():
        numbers = _numbers(entry["summary"])
        counts.append(numbers)
        lines = files[name] = _lines(entry, numbers)
        if every_branch and len(lines.branches) != numbers.branches:
            raise Malformed(f"{shown(name)}: the listed branches do not match the counts of the summary")
        check_lines(name, len(lines.statements) + len(lines.excluded))
        budget.spend(len(lines.statements) + len(lines.branches))
    if total(counts) != _numbers(value["totals"]):
        raise Malformed("its totals are not the sum of its files")
    return Parsed(format=_FORMAT, files=files, coverage_version=version, refine=_only_statements)


READER = Reader(
    key="coverage-json",
    format=_FORMAT,
    recognises=lambda head: head.startswith(b"{") and any(each in head for each in _PARTS),
    read=read,
    made_by="coverage json",
)


def _numbers(summary: Mapping[str, Any]) -> Numbers:
    has_branches = "num_branches" in summary
    return Numbers(
        statements=summary["num_statements"],
        executed_statements=summary["covered_lines"],
        branches=summary["num_branches"] if has_branches else 0,
        executed_branches=summary["covered_branches"] if has_branches else 0,
        excluded=summary["excluded_lines"],
    )


def _lines(entry: Mapping[str, Any], numbers: Numbers) -> FileLines:
    branches: dict[tuple[int, ...], bool] = {}
    for key, was_executed in (("missing_branches", False), ("executed_branches", True)):
        for pair in entry.get(key, ()):
            line, target = pair
            if type(target) is not int:
                raise Malformed("the end of a branch is not an integer")
            branches[_line_numbers([line])[0], target] = was_executed
    executed, missing = _line_numbers(entry["executed_lines"]), _line_numbers(entry["missing_lines"])
    statements = {**dict.fromkeys(executed, True), **dict.fromkeys(missing, False)}
    if len(statements) != len(executed) + len(missing):
        raise Malformed("a line is listed twice, or both as executed and as missing")
    excluded = frozenset(_line_numbers(entry.get("excluded_lines", [])))
    return FileLines(format=_FORMAT, statements=statements, branches=branches, excluded=excluded, numbers=numbers)


def _line_numbers(values: object) -> list[int]:
    if not isinstance(values, list) or not all(type(each) is int for each in values):
        raise Malformed("a line number is not an integer")
    if values and not 0 <= min(values) <= max(values) < _MAX_LINE_NUMBER:
        raise Malformed("a line number is out of range")
    return values


def _only_statements(name: str, lines: FileLines, source: Callable[[], bytes | None]) -> FileLines:
    """``lines`` without the executed lines that are not statements. ``source`` gives the content of the file ``name``.

    Before 7.13.1, coverage lists executed lines that it does not count: excluded lines, docstrings, and the one line of
    an empty module. The summary is right in every version. Lines without such an explanation stay: the counts come
    from the summary anyway. Raises Malformed if there are fewer lines than the summary counts.
    """
    numbers, listed = lines.numbers or lines.counts, lines.statements
    if len(listed) > numbers.statements:
        surplus = {line for line, executed in listed.items() if executed and line in lines.excluded}
        if len(listed) - len(surplus) > numbers.statements:
            surplus |= {line for line, executed in listed.items() if executed} if not numbers.statements else set()
            surplus |= _docstring_lines(source()) & listed.keys()
        listed = {line: executed for line, executed in listed.items() if line not in surplus}
        lines = replace(lines, statements=listed)
    missing = len(listed) - sum(listed.values())
    if len(listed) < numbers.statements or missing != numbers.statements - numbers.executed_statements:
        raise Malformed(f"{shown(name)}: the listed lines do not match the counts of the summary")
    return lines


def _docstring_lines(source: bytes | None) -> set[int]:
    """The first line of each docstring in Python source; empty if there is none, or if it can't be parsed."""
    import ast

    from covgate.compat import parse_python

    try:
        tree = parse_python(source or b"")
    except ValueError:
        return set()
    scopes = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    return {
        node.body[0].lineno
        for node in ast.walk(tree)
        if isinstance(node, scopes) and ast.get_docstring(node, clean=False) is not None
    }
