"""LCOV's tracefile, as geninfo(1) describes it, and as other tools write it.

Comments and records that are not about lines and branches are skipped.
"""

from __future__ import annotations

import io
import re
from dataclasses import dataclass, field
from typing import TypeVar

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

_Key = TypeVar("_Key")

_FORMAT = "LCOV"
_BEGINS = re.compile(rb"(?:\A|\n)[ \t]*(?:TN:|SF:)")


def read(data: bytes) -> Parsed:
    """What the tracefile ``data`` says."""
    reading = _Reading()
    for raw in io.BytesIO(data):
        key, _, value = raw.strip().decode("utf-8", "surrogateescape").partition(":")
        if key == "DA":
            reading.line(value)
        elif key == "BRDA":
            reading.branch(value)
        elif key == "SF":
            reading.begin(value)
        elif key in _TOTALS:
            reading.record.totals[key] = value
        elif key == "end_of_record":
            reading.end()
    if reading.record.name:
        raise Malformed(f"it is cut short: {shown(reading.record.name)} has no end_of_record")
    return reading.parsed()


READER = Reader(
    key="lcov",
    format=_FORMAT,
    recognises=lambda head: bool(_BEGINS.search(head)),
    read=read,
    made_by="lcov, c8, nyc, jest, vitest, llvm-cov, or coverage lcov",
)


@dataclass
class _Record:
    """One section of the tracefile, from SF to end_of_record. ``listed`` counts its DA lines: all, and the executed."""

    name: str = ""
    statements: dict[int, bool] = field(default_factory=dict)
    branches: dict[tuple[int, ...], bool] = field(default_factory=dict)
    listed: list[int] = field(default_factory=lambda: [0, 0])
    totals: dict[str, str] = field(default_factory=dict)
    indexes: dict[str, int] = field(default_factory=dict)


class _Reading:
    """The sections of a tracefile, one after the other. A file may have several: one for each test name."""

    def __init__(self) -> None:
        self.record = _Record()
        self._files: dict[str, tuple[dict[int, bool], dict[tuple[int, ...], bool]]] = {}
        self._varying: set[str] = set()
        self._odd = Odd()
        self._budget = LineBudget()
        self._indexes: dict[str, dict[str, int]] = {}
        self._differing: list[str] = []

    def begin(self, name: str) -> None:
        if self.record.name:
            raise Malformed(f"{shown(self.record.name)} has no end_of_record")
        if not name:
            raise Malformed("it has an SF without a name")
        # A branch may be named by any text; only whether two names differ matters.
        self.record = _Record(name=name, indexes=self._indexes.setdefault(name, {}))

    def line(self, value: str) -> None:
        record = self._inside("DA", value)
        fields = value.split(",")
        if len(fields) < 2:
            raise Malformed(f"DA:{shown(value, 20)} has too few fields")
        number = parse_line_number(fields[0], record.name)
        executed = self._odd.executed(fields[1], record.name, number)
        record.listed[0] += 1
        record.listed[1] += executed
        record.statements[number] = executed or record.statements.get(number, False)
        check_lines(record.name, len(record.statements))

    def branch(self, value: str) -> None:
        record = self._inside("BRDA", value)
        number, comma, rest = value.partition(",")
        # Its block and its name, which may contain commas.
        branch, last, hits = rest.rpartition(",")
        if not comma or not last or "," not in branch:
            raise Malformed(f"BRDA:{shown(value, 20)} has too few fields")
        line = parse_line_number(number, record.name)
        where = (line, record.indexes.setdefault(branch, len(record.indexes)))
        executed = hits != "-" and self._odd.executed(hits, record.name, line)
        record.branches[where] = executed or record.branches.get(where, False)
        check_lines(record.name, len(record.branches))

    def end(self) -> None:
        """Add the section to what is known about its file."""
        record = self.record
        if not record.name:
            raise Malformed("it has an end_of_record without SF")
        if record.totals.get("LF") == "0" and record.statements == {1: True}:
            # coverage before 7.6.4 lists line 1 of an empty module, which is no statement.
            record.statements.clear()
        elif not _agrees(record):
            self._differing.append(record.name)
        if record.name in self._files:
            statements, branches = self._files[record.name]
            if statements.keys() != record.statements.keys():
                self._varying.add(record.name)
        else:
            statements, branches = self._files[record.name] = {}, {}
        self._budget.spend(-len(statements) - len(branches))
        _add_executed(statements, record.statements)
        _add_executed(branches, record.branches)
        self._budget.spend(len(statements) + len(branches))
        self.record = _Record()

    def parsed(self) -> Parsed:
        remarks = self._odd.remarks()
        if self._differing:
            where = "a file" if len(self._differing) == 1 else f"{len(self._differing)} files"
            remarks.append(
                f"in {where}, the lines or branches differ from the totals (LF, LH, BRF, BRH); covgate counts the lines"
                f" and branches: {shown(self._differing[0])}"
            )
        return Parsed(
            format=_FORMAT,
            files={
                name: FileLines(format=_FORMAT, statements=statements, branches=branches)
                for name, (statements, branches) in self._files.items()
            },
            varying=frozenset(self._varying),
            remarks=tuple(remarks),
        )

    def _inside(self, key: str, value: str) -> _Record:
        if not self.record.name:
            raise Malformed(f"{key}:{shown(value, 20)} is in no section: an SF is missing")
        return self.record


_TOTALS = ("LF", "LH", "BRF", "BRH")


def _agrees(record: _Record) -> bool:
    """Whether the section's own totals, if it has any, match what it lists."""
    merged = (len(record.statements), sum(record.statements.values()))
    branches = (len(record.branches), sum(record.branches.values()))
    for keys, possible in ((("LF", "LH"), (merged, tuple(record.listed))), (("BRF", "BRH"), (branches,))):
        told = [record.totals.get(key) for key in keys]
        matches = any(
            all(text is None or text == str(count) for text, count in zip(told, counts, strict=True))
            for counts in possible
        )
        if not matches:
            return False
    return True


def _add_executed(known: dict[_Key, bool], more: dict[_Key, bool]) -> None:
    for key, executed in more.items():
        known[key] = executed or known.get(key, False)
