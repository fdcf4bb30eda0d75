"""Cobertura XML (coverage-04.dtd), as ``coverage xml`` and many other tools write it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

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

_FORMAT = "Cobertura XML"
_CONDITIONS = re.compile(r"[^(]*\((\d{1,9})/(\d{1,9})\)\s*")
_TRUE = ("true", "1")
_LINE = ("class", "lines", "line")  # a line of a class; the lines of its methods repeat these


def read(data: bytes) -> Parsed:
    """What the XML in ``data`` says."""
    document = _Document()
    feed_xml(data, start=document.start, end=document.end, text=document.text)
    return document.parsed()


READER = Reader(
    key="cobertura",
    format=_FORMAT,
    recognises=lambda head: head.startswith(b"<") and b"<coverage" in head,
    read=read,
    made_by="coverage xml, gcovr, jest, nyc, or Coverlet",
)


@dataclass
class _File:
    """The lines of one file. ``listed`` counts them once for each time that they are listed."""

    statements: dict[int, bool] = field(default_factory=dict)
    conditions: dict[int, tuple[int, int]] = field(default_factory=dict)
    listed: list[int] = field(default_factory=lambda: [0, 0, 0, 0])

    def lines(self) -> FileLines:
        return FileLines(format=_FORMAT, statements=self.statements, counted_branches=self.conditions)

    def listed_numbers(self) -> Numbers:
        statements, executed, branches, executed_branches = self.listed
        return Numbers(
            statements=statements,
            executed_statements=executed,
            branches=branches,
            executed_branches=executed_branches,
        )


class _Document:
    """What has been read of the XML so far."""

    def __init__(self) -> None:
        self._path: list[str] = []
        self._root: Mapping[str, str] = {}
        self._sources: list[str] = []
        self._text: list[str] = []
        self._files: dict[str, _File] = {}
        self._name = ""
        self._odd = Odd()
        self._budget = LineBudget()

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if not self._path:
            if tag != "coverage":
                raise Malformed(f"its root is <{shown(tag, 40)}>, not <coverage>")
            self._root = attributes
        self._path.append(tag)
        if tag == "line" and tuple(self._path[-3:]) == _LINE:
            self._line(attributes)
        elif tag == "class":
            self._name = attributes["filename"]
            self._files.setdefault(self._name, _File())
        elif tag == "source":
            self._text = []

    def text(self, text: str) -> None:
        if self._path[-1:] == ["source"]:
            self._text.append(text)

    def end(self, tag: str) -> None:
        self._path.pop()
        if tag == "source" and self._path[-1:] == ["sources"]:
            self._sources += filter(None, ["".join(self._text).strip()])

    def _line(self, attributes: Mapping[str, str]) -> None:
        name, file = self._name, self._files[self._name]
        number = parse_line_number(attributes["number"], name)
        executed = self._odd.executed(attributes["hits"], name, number)
        self._budget.spend(number not in file.statements)
        file.statements[number] = executed or file.statements.get(number, False)
        check_lines(name, len(file.statements))
        file.listed[0] += 1
        file.listed[1] += executed
        if attributes.get("branch", "").lower() in _TRUE:
            self._branches(attributes.get("condition-coverage", ""), file, number)

    def _branches(self, text: str, file: _File, number: int) -> None:
        """Read the ``condition-coverage`` of a line: "50% (1/2)"."""
        match = _CONDITIONS.fullmatch(text)
        if match is None:
            # A few tools mark branches and don't count them.
            self._odd.add(f"condition-coverage={shown(text, 20)!r} at {shown(self._name)}:{number}")
            return
        executed, count = int(match[1]), int(match[2])
        if executed > count:
            raise Malformed(f"{shown(self._name)}:{number}: {executed} of {count} conditions are executed")
        # The report doesn't say which of them were executed. Of two lines, take the better count.
        known = file.conditions.get(number, (0, 0))
        file.conditions[number] = max(executed, known[0]), max(count, known[1])
        file.listed[2] += count
        file.listed[3] += executed

    def parsed(self) -> Parsed:
        if not self._files and "lines-valid" not in self._root:
            raise Malformed("it has neither classes nor totals")
        listed = {name: each.listed_numbers() for name, each in self._files.items()}
        merged = {name: each.lines() for name, each in self._files.items()}
        files, remarks = _with_totals(_Totals.of(self._root), merged, listed)
        return Parsed(
            format=_FORMAT,
            files=files,
            sources=tuple(dict.fromkeys(self._sources)),
            remarks=(*self._odd.remarks(), *remarks),
        )


@dataclass(frozen=True)
class _Totals:
    """The totals that a report gives about itself: executed, of how many; None for one that it doesn't give."""

    lines: tuple[int | None, int | None]
    branches: tuple[int | None, int | None]

    @classmethod
    def of(cls, root: Mapping[str, str]) -> _Totals:
        def count(key: str) -> int | None:
            text = root.get(key, "")
            return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else None

        def pair(covered: str, valid: str) -> tuple[int | None, int | None]:
            # Some tools write 0 for what they don't count.
            return (count(covered), count(valid)) if count(valid) else (None, None)

        return cls(pair("lines-covered", "lines-valid"), pair("branches-covered", "branches-valid"))

    def differ_from(self, numbers: Numbers) -> str:
        """A clause that names the totals that differ from ``numbers``; "" if none does."""
        found = (numbers.executed_statements, numbers.statements), (numbers.executed_branches, numbers.branches)
        differing = [
            f"{own[0]} of {own[1]} {kind}, not {'?' if told[0] is None else told[0]} of {told[1]}"
            for kind, told, own in zip(("lines", "branches"), (self.lines, self.branches), found, strict=True)
            if any(total not in (None, count) for total, count in zip(told, own, strict=True))
        ]
        return " and ".join(differing)


def _with_totals(
    totals: _Totals, files: Mapping[str, FileLines], listed: Mapping[str, Numbers]
) -> tuple[Mapping[str, FileLines], list[str]]:
    """``files`` with the numbers that the report itself counts, and a remark if its totals differ.

    Some tools list a line once for each template instance, class or statement in it, and count it as often. Raises
    Malformed if the totals have more lines than are listed: then the report has lost some lines.
    """
    merged = totals.differ_from(total(each.counts for each in files.values()))
    if not merged:
        return files, []
    if not totals.differ_from(total(listed.values())):
        return {name: replace(each, numbers=listed[name]) for name, each in files.items()}, []
    count, told = sum(each.statements for each in listed.values()), totals.lines[1]
    if told is not None and told > count:
        raise Malformed(
            f"it counts {told} lines and lists {count}: files are missing in it, or lines of them (coverage xml loses"
            " files of the same name below two sources: give what coverage json writes)"
        )
    return files, [f"it lists {merged} as its own totals say; covgate counts what it lists"]
