"""JaCoCo's own XML (report.dtd). It names a file by its package and name, but doesn't say where the sources are."""

from __future__ import annotations

from collections.abc import Mapping

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
from covgate.model.numbers import total

_FORMAT = "JaCoCo XML"
_MAX_DIGITS = 9


def read(data: bytes) -> Parsed:
    """What the XML in ``data`` says."""
    document = _Document()
    feed_xml(data, start=document.start, end=document.end)
    return document.parsed()


READER = Reader(
    format=_FORMAT,
    recognises=lambda head: head.startswith(b"<") and (b"<report" in head or b"JACOCO" in head),
    read=read,
    made_by="jacoco:report",
)


class _Document:
    """What has been read of the XML so far."""

    def __init__(self) -> None:
        self._path: list[str] = []
        self._package = ""
        self._name = ""
        self._statements: dict[str, dict[int, bool]] = {}
        self._branches: dict[str, dict[int, tuple[int, int]]] = {}
        self._totals: dict[str, tuple[int, int]] = {}
        self._odd = Odd()
        self._budget = LineBudget()

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        if not self._path and tag != "report":
            raise Malformed(f"its root is <{shown(tag, 40)}>, not <report>")
        inside = self._path[-1] if self._path else ""
        self._path.append(tag)
        if tag == "package":
            self._package = attributes["name"]
        elif tag == "sourcefile":
            self._name = f"{self._package}/{attributes['name']}" if self._package else attributes["name"]
            self._statements.setdefault(self._name, {})
            self._branches.setdefault(self._name, {})
        elif tag == "line" and inside == "sourcefile":
            self._line(attributes)
        elif tag == "counter" and inside == "report":
            missed, covered = (self._count(attributes, key, 0) for key in ("missed", "covered"))
            self._totals[attributes["type"]] = covered, missed + covered

    def end(self, tag: str) -> None:
        self._path.pop()

    def _line(self, attributes: Mapping[str, str]) -> None:
        number = parse_line_number(attributes["nr"], self._name)
        statements, branches = self._statements[self._name], self._branches[self._name]
        self._budget.spend(number not in statements)
        statements[number] = self._count(attributes, "ci", number) > 0 or statements.get(number, False)
        check_lines(self._name, len(statements))
        missed, covered = (self._count(attributes, key, number) for key in ("mb", "cb"))
        if missed + covered:
            known = branches.get(number, (0, 0))
            branches[number] = max(covered, known[0]), max(missed + covered, known[1])

    def _count(self, attributes: Mapping[str, str], key: str, line: int) -> int:
        text = attributes.get(key, "0")
        if text.isascii() and text.isdigit() and len(text) <= _MAX_DIGITS:
            return int(text)
        self._odd.add(f"{key}={shown(text, 20)} at {shown(self._name)}:{line}")
        return 0

    def parsed(self) -> Parsed:
        files = {
            name: FileLines(format=_FORMAT, statements=statements, counted_branches=self._branches[name])
            for name, statements in self._statements.items()
        }
        own = total(each.counts for each in files.values())
        listed = {
            "LINE": (own.executed_statements, own.statements),
            "BRANCH": (own.executed_branches, own.branches),
        }
        differing = [kind for kind in listed if self._totals.get(kind, listed[kind]) != listed[kind]]
        remarks = self._odd.remarks()
        if differing:
            remarks.append(f"its totals ({', '.join(differing)}) are not those of what it lists, which is judged")
        return Parsed(format=_FORMAT, files=files, remarks=tuple(remarks))
