"""Reports made by coverage tools, to FileResults: coverage JSON, Cobertura XML, LCOV.

Formats: coverage.py's ``coverage json`` (format 2 and 3), Cobertura's ``coverage-04.dtd`` as coverage.py writes
it, LCOV's tracefile (geninfo(1)). A report that is not what it should be is a ToolError that names it, never a
number: a missing total is not zero.
"""

from __future__ import annotations

import ast
import json
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from covgate.errors import ToolError
from covgate.model.lines import from_maps
from covgate.model.measurement import FileResult
from covgate.model.numbers import Numbers, total

_CONDITIONS = re.compile(r"\d+(?:\.\d+)?% \((\d{1,9})/(\d{1,9})\)")


class DataFile(Exception):
    """The bytes are a coverage data file: coverage itself has to analyse it, beside the sources."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lines:
    """One file's lines and branches, executed or not, as several reports can be united.

    ``branches`` keys are of the report's ``kind``: alike within a kind, without meaning across.
    """

    kind: str
    lines: Mapping[int, bool]
    branches: Mapping[tuple[int, ...], bool]
    excluded: frozenset[int] = frozenset()

    def result(self, path: str) -> FileResult:
        numbers = Numbers(
            statements=len(self.lines),
            executed_statements=sum(self.lines.values()),
            branches=len(self.branches),
            executed_branches=sum(self.branches.values()),
            excluded=len(self.excluded),
        )
        return FileResult(path=path, numbers=numbers, lines=self.text)

    @property
    def text(self) -> str:
        taken: dict[int, tuple[int, int]] = {}
        for (line, *_), executed in self.branches.items():
            known, every = taken.get(line, (0, 0))
            taken[line] = known + executed, every + 1
        return from_maps(self.lines, taken, self.excluded - self.lines.keys())


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """``files`` sorted by path, relative to the tree; ``outside``: those that lie elsewhere, as they are named."""

    files: tuple[FileResult, ...]
    outside: tuple[str, ...] = ()
    coverage_version: str = ""
    details: Mapping[str, Lines] = field(default_factory=dict)


class _Malformed(Exception):
    """What is wrong with the report."""


def parse_report(data: bytes, tree: Path, name: str) -> Report:
    """The report in ``data``, whichever kind it is, about the checkout at ``tree``; DataFile for coverage's own."""
    head = data[:200].lstrip(b"\xef\xbb\xbf \t\r\n")
    if data.startswith(b"SQLite format 3\0"):
        raise DataFile(name)
    if head.startswith(b"{"):
        return parse_coverage_json(data, tree, name, detailed=True)
    if head.startswith(b"<"):
        return parse_cobertura(data, tree, name)
    if head.startswith((b"TN:", b"SF:")):
        return parse_lcov(data, tree, name)
    raise _error(name, "it is none of coverage JSON, Cobertura XML, LCOV, or a coverage data file")


def parse_coverage_json(data: bytes, tree: Path, name: str = "coverage.json", *, detailed: bool = False) -> Report:
    """What ``coverage json`` writes. ``detailed`` keeps each line, for ``combine``."""
    try:
        return _coverage_json(data, _Paths(tree), detailed)
    except (_Malformed, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise _error(name, _why(error)) from None


def parse_cobertura(data: bytes, tree: Path, name: str = "coverage.xml") -> Report:
    """Cobertura's XML, as coverage.py and many others write it."""
    from xml.etree import ElementTree

    try:
        if b"<!ENTITY" in data:
            raise _Malformed("it declares XML entities")
        return _report(_cobertura(ElementTree.fromstring(data), _Paths(tree)))
    except (
        _Malformed,
        ElementTree.ParseError,
        ValueError,
        KeyError,
        TypeError,
        RecursionError,
        LookupError,
    ) as error:
        raise _error(name, _why(error)) from None


def parse_lcov(data: bytes, tree: Path, name: str = "lcov.info") -> Report:
    """An LCOV tracefile."""
    try:
        return _report(_lcov(data.decode("utf-8"), _Paths(tree)))
    except (_Malformed, ValueError, KeyError) as error:
        raise _error(name, _why(error)) from None


def combine(reports: Sequence[Report]) -> Report:
    """Several reports of one commit: executed is what any of them executed."""
    if len(reports) == 1:
        return reports[0]
    united: dict[str, Lines] = {}
    for report in reports:
        for path, more in report.details.items():
            known = united.get(path)
            united[path] = more if known is None else _unite(path, known, more)
    outside = tuple(dict.fromkeys(path for report in reports for path in report.outside))
    files = tuple(united[path].result(path) for path in sorted(united))
    return Report(files=files, outside=outside, details=united)


def _unite(path: str, one: Lines, other: Lines) -> Lines:
    if one.kind != other.kind and (one.branches or other.branches):
        raise ToolError(
            f"the branches of {path} can't be combined from {one.kind} and {other.kind}",
            hint="give reports of one kind",
        )
    return Lines(
        kind=one.kind,
        lines=_either(one.lines, other.lines),
        branches=_either(one.branches, other.branches),
        excluded=(one.excluded | other.excluded) - one.lines.keys() - other.lines.keys(),
    )


def _either(one: Mapping[Any, bool], other: Mapping[Any, bool]) -> dict[Any, bool]:
    return {key: one.get(key, False) or other.get(key, False) for key in {**one, **other}}


class _Paths:
    """Makes a report's path relative to the tree, with ``/``; None where it lies outside."""

    def __init__(self, tree: Path) -> None:
        self.tree = tree
        self.roots = list(dict.fromkeys([str(tree), os.path.realpath(tree)]))

    def relative(self, path: str) -> str | None:
        for root in self.roots:
            absolute = os.path.normpath(os.path.join(root, path))
            if absolute.startswith(root + os.sep):
                return absolute[len(root) + 1 :].replace(os.sep, "/")
        return None


def _coverage_json(data: bytes, paths: _Paths, detailed: bool) -> Report:
    value = json.loads(data)
    version = str(value["meta"]["version"])
    results: dict[str, FileResult] = {}
    details: dict[str, Lines] = {}
    outside = []
    every: list[Numbers] = []
    for name, entry in value["files"].items():
        numbers = _summary(entry["summary"])
        every.append(numbers)
        path = paths.relative(name)
        lines = _only_statements(_json_lines(entry), numbers, paths.tree / path if path else None)
        missing = len(lines.lines) - sum(lines.lines.values())
        if len(lines.lines) < numbers.statements or missing != numbers.statements - numbers.executed_statements:
            raise _Malformed(f"{name}: the lines are not as many as the counts say")
        if path is None:
            outside.append(name)
            continue
        if path in results:
            raise _Malformed(f"{path} is there twice")
        results[path] = FileResult(path=path, numbers=numbers, lines=lines.text)
        if detailed:
            if len(lines.branches) != numbers.branches:
                raise _Malformed(f"{name}: the branches are not as many as the counts say")
            details[path] = lines
    if total(every) != _summary(value["totals"]):
        raise _Malformed("its totals are not the sum of its files")
    files = tuple(results[path] for path in sorted(results))
    return Report(files=files, outside=tuple(outside), coverage_version=version, details=details)


def _json_lines(entry: Mapping[str, Any]) -> Lines:
    branches: dict[tuple[int, ...], bool] = {}
    for key, executed in (("missing_branches", False), ("executed_branches", True)):
        branches.update((tuple(_integers(pair)), executed) for pair in entry.get(key, ()))
    executed_lines, missing = _integers(entry["executed_lines"]), _integers(entry["missing_lines"])
    lines = {**dict.fromkeys(executed_lines, True), **dict.fromkeys(missing, False)}
    if len(lines) != len(executed_lines) + len(missing):
        raise _Malformed("a line that is both executed and missing, or there twice")
    excluded = frozenset(_integers(entry.get("excluded_lines", [])))
    return Lines(kind="coverage JSON", lines=lines, branches=branches, excluded=excluded)


def _only_statements(lines: Lines, numbers: Numbers, source: Path | None) -> Lines:
    """``lines`` without the executed lines that are not statements.

    Before 7.13.1, coverage lists executed lines that it does not count: excluded lines, docstrings, and the one line of
    an empty module. ``numbers``, the file's summary, is right in every version. Lines that can't be explained stay:
    the counts come from the summary in any case.
    """
    if len(lines.lines) <= numbers.statements:
        return lines
    surplus = {line for line, executed in lines.lines.items() if executed and line in lines.excluded}
    if len(lines.lines) - len(surplus) > numbers.statements:
        surplus |= {line for line, executed in lines.lines.items() if executed} if not numbers.statements else set()
        surplus |= docstring_lines(source) & lines.lines.keys() if source else set()
    return replace(lines, lines={line: executed for line, executed in lines.lines.items() if line not in surplus})


def docstring_lines(source: Path) -> set[int]:
    """The first line of each docstring in a Python file; empty if the file can't be read or parsed."""
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


def _summary(value: Mapping[str, Any]) -> Numbers:
    has_branches = "num_branches" in value
    return Numbers(
        statements=value["num_statements"],
        executed_statements=value["covered_lines"],
        branches=value["num_branches"] if has_branches else 0,
        executed_branches=value["covered_branches"] if has_branches else 0,
        excluded=value["excluded_lines"],
    )


def _integers(values: object) -> list[int]:
    if not isinstance(values, list) or not all(type(each) is int for each in values):
        raise _Malformed("line numbers that are none")
    return values


def _cobertura(root: Any, paths: _Paths) -> Iterable[tuple[str, str | None, Lines]]:
    if root.tag != "coverage":
        raise _Malformed(f"its root is <{root.tag}>, not <coverage>")
    sources = [each.text.strip() for each in root.iterfind("sources/source") if each.text and each.text.strip()]
    found = False
    for each in root.iter("class"):
        found = True
        name = each.attrib["filename"]
        candidates = [paths.relative(os.path.join(source, name)) for source in sources] + [paths.relative(name)]
        path = next((one for one in candidates if one and (paths.tree / one).is_file()), candidates[-1])
        lines: dict[int, bool] = {}
        branches: dict[tuple[int, ...], bool] = {}
        for line in each.iterfind("lines/line"):
            number = _count(line.attrib["number"])
            lines[number] = lines.get(number, False) or _count(line.attrib["hits"]) > 0
            if line.attrib.get("branch") == "true":
                match = _CONDITIONS.fullmatch(line.attrib["condition-coverage"])
                if match is None or int(match[1]) > int(match[2]):
                    raise _Malformed(f"{name}: line {number}: condition-coverage can't be read")
                # Which of the conditions were taken is not told: the first ones stand for them.
                branches.update(((number, index), index < int(match[1])) for index in range(int(match[2])))
        yield name, path, Lines(kind="Cobertura", lines=lines, branches=branches)
    if not found and "lines-valid" not in root.attrib:
        raise _Malformed("it has neither classes nor totals")


def _lcov(text: str, paths: _Paths) -> Iterable[tuple[str, str | None, Lines]]:
    name = ""
    lines: dict[int, bool] = {}
    branches: dict[tuple[int, ...], bool] = {}
    blocks: dict[str, int] = {}
    for raw in text.splitlines():
        key, colon, value = raw.strip().partition(":")
        if key == "SF" and colon:
            if name:
                raise _Malformed(f"{name} has no end_of_record")
            name, lines, branches, blocks = value, {}, {}, {}
        elif key == "DA" and name:
            number, hits = value.split(",")[:2]
            lines[_count(number)] = lines.get(_count(number), False) or _count(hits) > 0
        elif key == "BRDA" and name:
            number, block, branch, taken = value.rsplit(",", 3) if value.count(",") == 3 else _brda(value)
            # Blocks and branches may be named by any text; what counts is that they differ.
            where = (_count(number), blocks.setdefault(f"{block},{branch}", len(blocks)))
            branches[where] = branches.get(where, False) or (taken != "-" and _count(taken) > 0)
        elif raw.strip() == "end_of_record":
            if not name:
                raise _Malformed("an end_of_record without SF")
            yield name, paths.relative(name), Lines(kind="LCOV", lines=lines, branches=branches)
            name = ""
    if name:
        raise _Malformed(f"it is cut short: {name} has no end_of_record")


def _brda(value: str) -> tuple[str, str, str, str]:
    number, block, rest = value.split(",", 2)
    branch, _, taken = rest.rpartition(",")
    return number, block, branch, taken


def _report(entries: Iterable[tuple[str, str | None, Lines]]) -> Report:
    details: dict[str, Lines] = {}
    outside = []
    for name, path, lines in entries:
        if path is None:
            outside.append(name)
        else:
            known = details.get(path)
            details[path] = lines if known is None else _unite(path, known, lines)
    files = tuple(details[path].result(path) for path in sorted(details))
    return Report(files=files, outside=tuple(dict.fromkeys(outside)), details=details)


def _count(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise _Malformed(f"{text[:20]!r} is no count")
    return int(text)


def _why(error: Exception) -> str:
    if isinstance(error, KeyError):
        return f"it has no {error.args[0]}"
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    return str(error).splitlines()[0] if str(error) else type(error).__name__


def _error(name: str, why: str) -> ToolError:
    return ToolError(
        f"{name} can't be read as a coverage report: {why}",
        hint="make it anew, with coverage json, coverage xml or coverage lcov",
    )
