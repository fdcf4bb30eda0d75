"""JaCoCo's own XML (report.dtd), as JaCoCo's tasks for Maven, Gradle and Ant write it, and Kover.

It names a file by its package and name, but doesn't say where the sources are. A report on several modules has a group
for each. A line is a statement if it has an instruction, and was executed if one of them was (JaCoCo's counter LINE).
"""

from __future__ import annotations

from collections.abc import Mapping

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
from covgate.model.numbers import total

_FORMAT = "JaCoCo XML"
_MAX_DIGITS = 9


def read(data: bytes) -> Parsed:
    """What the XML in ``data`` says."""
    document = _Document()
    feed_xml(data, start=document.start, end=document.end)
    return document.parsed()


READER = Reader(
    key="jacoco",
    format=_FORMAT,
    recognises=lambda head: head.startswith(b"<") and (b"<report" in head or b"JACOCO" in head),
    read=read,
    made_by="jacoco:report, jacocoTestReport, or koverXmlReport",
)


class _Document:
    """What has been read of the XML so far."""

    def __init__(self) -> None:
        self._path: list[str] = []
        self._groups: list[str] = []
        self._package = ""
        self._name = ""
        self._statements: dict[int, bool] = {}
        self._branches: dict[int, tuple[int, int]] = {}
        self._class = ""
        self._counters: set[str] = set()  # of the class
        self._without_lines: list[str] = []
        self._files: dict[str, FileLines] = {}
        self._group_of: dict[str, str] = {}
        self._totals: dict[str, tuple[int, int]] = {}
        self._odd = Odd()
        self._budget = LineBudget()

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        if not self._path and tag != "report":
            raise Malformed(f"its root is <{shown(tag, 40)}>, not <report>")
        inside = self._path[-1] if self._path else ""
        self._path.append(tag)
        if tag == "line" and inside == "sourcefile":
            self._line(attributes)
        elif tag == "counter" and inside == "class":
            self._counters.add(attributes["type"])
        elif tag == "class":
            self._class, self._counters = attributes["name"], set()
        elif tag == "sourcefile":
            self._name = f"{self._package}/{attributes['name']}" if self._package else attributes["name"]
            self._statements, self._branches = {}, {}
        elif tag == "package":
            self._package = attributes["name"]
        elif tag == "group":
            self._groups.append(attributes["name"])
        elif tag == "counter" and inside == "report":
            missed, covered = (self._count(attributes, key, 0) for key in ("missed", "covered"))
            self._totals[attributes["type"]] = covered, missed + covered

    def end(self, tag: str) -> None:
        self._path.pop()
        if tag == "sourcefile":
            self._add_file()
        elif tag == "class" and "INSTRUCTION" in self._counters and "LINE" not in self._counters:
            self._without_lines.append(self._class)
        elif tag == "group":
            self._groups.pop()

    def _line(self, attributes: Mapping[str, str]) -> None:
        number = parse_line_number(attributes["nr"], self._name)
        self._budget.spend(number not in self._statements)
        self._statements[number] = self._count(attributes, "ci", number) > 0 or self._statements.get(number, False)
        check_lines(self._name, len(self._statements))
        missed, covered = (self._count(attributes, key, number) for key in ("mb", "cb"))
        if missed + covered:
            known = self._branches.get(number, (0, 0))
            self._branches[number] = max(covered, known[0]), max(missed + covered, known[1])

    def _add_file(self) -> None:
        """Add the lines of a source file. Raises Malformed if another module has another file of this name."""
        name, group = self._name, "/".join(self._groups)
        lines = FileLines(format=_FORMAT, statements=self._statements, counted_branches=self._branches)
        known = self._files.get(name)
        if known and self._group_of[name] != group and known.statements.keys() != lines.statements.keys():
            raise Malformed(
                f"its groups {shown(self._group_of[name], 60)} and {shown(group, 60)} have different files that are"
                f" called {shown(name)}: give the report of each module instead"
            )
        self._files[name] = join_lines(name, known, lines) if known else lines
        self._group_of[name] = group

    def _count(self, attributes: Mapping[str, str], key: str, line: int) -> int:
        text = attributes.get(key, "0")
        if text.isascii() and text.isdigit() and len(text) <= _MAX_DIGITS:
            return int(text)
        self._odd.add(f"{key}={shown(text, 20)} at {shown(self._name)}:{line}")
        return 0

    def parsed(self) -> Parsed:
        own = total(each.counts for each in self._files.values())
        listed = {
            "LINE": (own.executed_statements, own.statements),
            "BRANCH": (own.executed_branches, own.branches),
        }
        differing = [kind for kind in listed if self._totals.get(kind, listed[kind]) != listed[kind]]
        remarks = self._odd.remarks()
        if differing:
            remarks.append(
                f"its totals ({', '.join(differing)}) differ from what it lists; covgate counts what it lists"
            )
        if self._without_lines:
            count, first = len(self._without_lines), shown(self._without_lines[0])
            which = f"the class {first} has" if count == 1 else f"{count} classes ({first}, ...) have"
            what = f"{which} no line numbers: compile with debug information (javac -g)"
            if not own.statements:
                raise Malformed(what)
            remarks.append(f"not counted, because {what}")
        return Parsed(format=_FORMAT, files=self._files, remarks=tuple(remarks))
