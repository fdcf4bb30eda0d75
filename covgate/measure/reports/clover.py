"""Clover XML, as PHPUnit, nyc, jest, vitest and OpenClover write it (clover.xsd).

A statement is a line of type ``stmt``; one of type ``method`` isn't. OpenClover writes a line of type ``cond`` for a
condition and says how often it was true and false: two branches. Istanbul writes one for a statement with branches: it
has a ``count``, and says how many branches were executed and not. The metrics of a file decide how many there are. With
PHPUnit, they count branches that are on no line (--path-coverage), and statements that share the line of their method.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from covgate.measure.reports.joining import join_lines
from covgate.measure.reports.values import (
    FileLines,
    LineBudget,
    Malformed,
    Odd,
    Parsed,
    Reader,
    check_lines,
    parse_line_number,
    shown,
)
from covgate.measure.reports.xml_events import feed_xml
from covgate.model.numbers import Numbers, total

_FORMAT = "Clover XML"
_ROOT = re.compile(rb"<coverage\b[^>]*(?:\sclover=|>\s*<project\b)")
_COUNTS = ("coveredstatements", "statements", "coveredconditionals", "conditionals")
_DIGITS = 9
_BODY = re.compile(rb"\{[^{}\w]*\w[^{]*\Z")  # something after the last brace that opens


def read(data: bytes) -> Parsed:
    """What the XML in ``data`` says."""
    document = _Document()
    feed_xml(data, start=document.start, end=document.end)
    return document.parsed()


READER = Reader(
    key="clover",
    format=_FORMAT,
    recognises=lambda head: bool(_ROOT.search(head)),
    read=read,
    made_by="phpunit --coverage-clover, OpenClover, or nyc, jest or vitest with the reporter clover",
)


@dataclass
class _File:
    """One file element. ``listed`` counts its lines once for each time that they are listed."""

    name: str = ""
    statements: dict[int, bool] = field(default_factory=dict)
    conditions: dict[int, tuple[int, int]] = field(default_factory=dict)
    listed: list[int] = field(default_factory=lambda: [0, 0])
    methods: dict[int, bool] = field(default_factory=dict)
    metrics: Numbers | None = None

    def lines(self) -> FileLines:
        """What it says. Raises Malformed if its metrics count more statements than it can have."""
        lines = FileLines(format=_FORMAT, statements=self.statements, counted_branches=self.conditions)
        told, own = self.metrics, lines.counts
        if told is None or told == own:
            return lines
        if self.hidden > len(self.methods):
            raise Malformed(f"it counts {told.statements} statements of {shown(self.name)}, and lists {self.listed[1]}")
        statements = (told.executed_statements, told.statements)
        is_known = statements in ((own.executed_statements, own.statements), tuple(self.listed))
        if is_known or 0 <= told.executed_statements - self.listed[0] <= self.hidden:
            return replace(lines, numbers=told)
        return lines

    @property
    def hidden(self) -> int:
        """How many statements are only in the metrics: PHPUnit lists a line once, as that of the method on it."""
        return self.metrics.statements - self.listed[1] if self.metrics else 0

    def with_hidden(self, lines: FileLines, source: bytes) -> FileLines:
        """``lines`` with those of methods that are written on one line, if it is clear which these are."""
        texts = source.split(b"\n")
        bodies = {
            number: executed
            for number, executed in self.methods.items()
            if 0 < number <= len(texts) and _BODY.search(texts[number - 1])
        }
        if len(bodies) != self.hidden:
            return lines
        return replace(lines, statements={**lines.statements, **bodies})


class _Document:
    """What has been read of the XML so far."""

    def __init__(self) -> None:
        self._path: list[str] = []
        self._file = _File()
        self._files: dict[str, FileLines] = {}
        self._hiding: dict[str, _File] = {}
        self._differing: list[str] = []
        self._tests: list[str] = []
        self._totals: Numbers | None = None
        self._odd = Odd()
        self._budget = LineBudget()

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        if not self._path and tag != "coverage":
            raise Malformed(f"its root is <{shown(tag, 40)}>, not <coverage>")
        inside = self._path[-1] if self._path else ""
        self._path.append(tag)
        if tag == "file":
            self._file = _File(name=attributes.get("path") or attributes["name"])
        elif tag == "line" and inside == "file":
            self._line(attributes)
        elif tag == "metrics" and inside == "file":
            self._file.metrics = self._metrics(attributes)
        elif tag == "metrics" and inside == "project":
            self._totals = self._metrics(attributes)

    def end(self, tag: str) -> None:
        self._path.pop()
        if tag != "file":
            return
        if "testproject" in self._path:
            self._tests.append(self._file.name)
            return
        name, lines = self._file.name, self._file.lines()
        if self._file.metrics not in (None, lines.numbers or lines.counts):
            self._differing.append(name)
        if self._file.hidden > 0:
            self._hiding[name] = self._file
        known = self._files.get(name)
        self._files[name] = join_lines(name, known, lines) if known else lines

    def _refined(self, name: str, lines: FileLines, source: Callable[[], bytes | None]) -> FileLines:
        file = self._hiding.get(name)
        content = source() if file else None
        return file.with_hidden(lines, content) if file and content is not None else lines

    def _line(self, attributes: Mapping[str, str]) -> None:
        file, kind = self._file, attributes["type"]
        if kind not in ("stmt", "cond", "method"):
            raise Malformed(f"{shown(kind, 20)} is no type of a line: stmt, cond or method")
        number = parse_line_number(attributes["num"], file.name)
        count = attributes["count"] if kind == "stmt" else attributes.get("count")
        if kind == "cond":
            executed, branches = self._branches(attributes, number, is_statement=count is not None)
            known = file.conditions.get(number, (0, 0))
            file.conditions[number] = known[0] + executed, known[1] + branches
        if kind == "method":
            file.methods[number] = self._odd.executed(count or "0", file.name, number)
        elif count is not None:
            was_executed = self._odd.executed(count, file.name, number)
            self._budget.spend(number not in file.statements)
            file.statements[number] = was_executed or file.statements.get(number, False)
            file.listed[0] += was_executed
            file.listed[1] += 1
        check_lines(file.name, max(len(file.statements), len(file.conditions), len(file.methods)))

    def _branches(self, attributes: Mapping[str, str], number: int, *, is_statement: bool) -> tuple[int, int]:
        """How many branches were executed, and of how many."""
        true, false = attributes["truecount"], attributes["falsecount"]
        if not is_statement:
            self._budget.spend(1)
            return sum(self._odd.executed(each, self._file.name, number) for each in (true, false)), 2
        executed, missing = (_count(each) for each in (true, false))
        if executed is None or missing is None:
            self._odd.add(
                f"truecount={shown(true, 20)} falsecount={shown(false, 20)} at {shown(self._file.name)}:{number}"
            )
            return 0, 0
        return executed, executed + missing

    def _metrics(self, attributes: Mapping[str, str]) -> Numbers | None:
        executed, statements, executed_branches, branches = (_count(attributes.get(key, "")) for key in _COUNTS)
        if executed is None or statements is None:
            return None
        return Numbers(
            statements=statements,
            executed_statements=executed,
            branches=branches or 0,
            executed_branches=executed_branches or 0,
        )

    def parsed(self) -> Parsed:
        remarks = self._odd.remarks()
        if not self._files and self._totals is None:
            raise Malformed("it has neither files nor totals")
        own = total(each.numbers or each.counts for each in self._files.values())
        if self._totals is not None and self._totals.statements > own.statements:
            raise Malformed(
                f"it counts {self._totals.statements} statements, and lists {own.statements}: files are missing"
            )
        if self._differing:
            where = "a file" if len(self._differing) == 1 else f"{len(self._differing)} files"
            remarks.append(
                f"in {where}, the lines differ from the metrics; covgate counts the lines: {shown(self._differing[0])}"
            )
        elif self._totals not in (None, own):
            remarks.append("its totals differ from those of its files; covgate counts the files")
        if self._tests:
            which = "1 test file" if len(self._tests) == 1 else f"{len(self._tests)} test files"
            remarks.append(f"{which} in its testproject not counted: {shown(self._tests[0])}")
        refine = self._refined if self._hiding else None
        return Parsed(format=_FORMAT, files=self._files, remarks=tuple(remarks), refine=refine)


def _count(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _DIGITS else None
