"""What ``coverage json`` writes: format 2 and 3 of coverage.py's JSON report."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from covgate.measure.reports.values import FileLines, Malformed, Reader, Report, TreePaths
from covgate.model.measurement import FileResult
from covgate.model.numbers import Numbers, total

_FORMAT = "coverage JSON"


def read(data: bytes, tree: Path, *, keep_lines: bool = True) -> Report:
    """The report in ``data``. Its lines, which ``combine`` needs, are checked and kept only with ``keep_lines``."""
    value = json.loads(data)
    version = str(value["meta"]["version"])
    paths = TreePaths(tree)
    results: dict[str, FileResult] = {}
    kept: dict[str, FileLines] = {}
    outside = []
    counts: list[Numbers] = []
    for name, entry in value["files"].items():
        numbers = _numbers(entry["summary"])
        counts.append(numbers)
        path = paths.relative(name)
        lines = _only_statements(_lines(entry), numbers, tree / path if path else None)
        missing = len(lines.statements) - sum(lines.statements.values())
        if len(lines.statements) < numbers.statements or missing != numbers.statements - numbers.executed_statements:
            raise Malformed(f"{name}: the listed lines do not match the counts of the summary")
        if path is None:
            outside.append(name)
            continue
        if path in results:
            raise Malformed(f"{path} is listed twice")
        results[path] = FileResult(path=path, numbers=numbers, lines=lines.text)
        if keep_lines:
            if len(lines.branches) != numbers.branches:
                raise Malformed(f"{name}: the listed branches do not match the counts of the summary")
            kept[path] = lines
    if total(counts) != _numbers(value["totals"]):
        raise Malformed("its totals are not the sum of its files")
    files = tuple(results[path] for path in sorted(results))
    return Report(files=files, outside=tuple(outside), coverage_version=version, lines=kept)


READER = Reader(format=_FORMAT, recognises=lambda head: head.startswith(b"{"), read=read)


def _numbers(summary: Mapping[str, Any]) -> Numbers:
    has_branches = "num_branches" in summary
    return Numbers(
        statements=summary["num_statements"],
        executed_statements=summary["covered_lines"],
        branches=summary["num_branches"] if has_branches else 0,
        executed_branches=summary["covered_branches"] if has_branches else 0,
        excluded=summary["excluded_lines"],
    )


def _lines(entry: Mapping[str, Any]) -> FileLines:
    branches: dict[tuple[int, ...], bool] = {}
    for key, was_executed in (("missing_branches", False), ("executed_branches", True)):
        branches.update((tuple(_integers(pair)), was_executed) for pair in entry.get(key, ()))
    executed, missing = _integers(entry["executed_lines"]), _integers(entry["missing_lines"])
    statements = {**dict.fromkeys(executed, True), **dict.fromkeys(missing, False)}
    if len(statements) != len(executed) + len(missing):
        raise Malformed("a line is listed twice, or both as executed and as missing")
    excluded = frozenset(_integers(entry.get("excluded_lines", [])))
    return FileLines(format=_FORMAT, statements=statements, branches=branches, excluded=excluded)


def _integers(values: object) -> list[int]:
    if not isinstance(values, list) or not all(type(each) is int for each in values):
        raise Malformed("a line number is not an integer")
    return values


def _only_statements(lines: FileLines, numbers: Numbers, source: Path | None) -> FileLines:
    """``lines`` without the executed lines that are not statements.

    Before 7.13.1, coverage lists executed lines that it does not count: excluded lines, docstrings, and the one line of
    an empty module. ``numbers``, the file's summary, is right in every version. Lines that can't be explained stay:
    the counts come from the summary in any case.
    """
    listed = lines.statements
    if len(listed) <= numbers.statements:
        return lines
    surplus = {line for line, executed in listed.items() if executed and line in lines.excluded}
    if len(listed) - len(surplus) > numbers.statements:
        surplus |= {line for line, executed in listed.items() if executed} if not numbers.statements else set()
        surplus |= _docstring_lines(source) & listed.keys() if source else set()
    return replace(lines, statements={line: executed for line, executed in listed.items() if line not in surplus})


def _docstring_lines(source: Path) -> set[int]:
    """The first line of each docstring in a Python file; empty if the file can't be read or parsed."""
    import ast

    try:
        tree = ast.parse(source.read_bytes())
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
        return set()
    scopes = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    return {
        node.body[0].lineno
        for node in ast.walk(tree)
        if isinstance(node, scopes) and ast.get_docstring(node, clean=False) is not None
    }
