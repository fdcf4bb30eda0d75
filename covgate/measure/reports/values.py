"""The content of a report as values: what the readers of all formats return, and the report made from it."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from covgate.model.lines import MAX_LINES, from_maps
from covgate.model.measurement import FileResult
from covgate.model.numbers import Numbers

MAX_BYTES = 256 * 1024 * 1024  # of one report
_MAX_TOTAL_LINES = 10_000_000  # statements and branches of one report: some hundred bytes of memory each
_MAX_LINE_DIGITS = 9
_NUMBER = re.compile(r"[0-9]{1,100}(\.[0-9]{0,100})?([eE][+-]?[0-9]{1,4})?")


@dataclass(frozen=True, slots=True, kw_only=True)
class FileLines:
    """The statements and branches of one file: number or key -> whether it was executed.

    The key of a branch starts with its line number. The rest is comparable only between reports of the same
    ``format``. ``counted_branches`` is for formats that say only how many branches of a line were executed, and of how
    many. ``blocks`` is for formats that count the statements of a block of code and not of a line: position of the
    block -> how many statements, and whether they were executed. ``numbers`` is what the report itself counts, if that
    is not the number of these lines and branches.
    """

    format: str
    statements: Mapping[int, bool]
    branches: Mapping[tuple[int, ...], bool] = field(default_factory=dict)
    counted_branches: Mapping[int, tuple[int, int]] = field(default_factory=dict)
    blocks: Mapping[tuple[int, ...], tuple[int, bool]] = field(default_factory=dict)
    excluded: frozenset[int] = frozenset()
    numbers: Numbers | None = None

    @property
    def has_branches(self) -> bool:
        """Whether the report has any branch of the file."""
        return bool(self.branches or self.counted_branches)

    @property
    def counts(self) -> Numbers:
        """The number of these lines and branches; with blocks, of the statements in them."""
        counted, blocks = self.counted_branches.values(), self.blocks.values()
        return Numbers(
            statements=sum(count for count, _ in blocks) if blocks else len(self.statements),
            executed_statements=sum(count for count, executed in blocks if executed)
            if blocks
            else sum(self.statements.values()),
            branches=len(self.branches) + sum(count for _, count in counted),
            executed_branches=sum(self.branches.values()) + sum(executed for executed, _ in counted),
            excluded=len(self.excluded),
        )

    def result(self, path: str) -> FileResult:
        """The same with counts, as the result of the file at ``path``."""
        return FileResult(path=path, numbers=self.numbers or self.counts, lines=self.text)

    @property
    def last_line(self) -> int:
        """The greatest line number; 0 without lines."""
        return max(max(self.statements, default=0), max((line for line, *_ in self.branches), default=0))

    @property
    def text(self) -> str:
        """The lines as `covgate.model.lines` writes them."""
        branches = dict(self.counted_branches)
        for (line, *_), was_executed in self.branches.items():
            executed, count = branches.get(line, (0, 0))
            branches[line] = executed + was_executed, count + 1
        return from_maps(self.statements, branches, self.excluded - self.statements.keys())


@dataclass(frozen=True, slots=True, kw_only=True)
class Parsed:
    """What the bytes of a report say, before its names are looked up.

    ``files``: by the name that the report uses. ``sources``: the directories that names may be relative to. ``varying``
    are the names that are listed several times, with different lines. ``remarks``: what the user should know, in
    clauses ("3 counts are no numbers"). ``refine`` corrects the lines of a file by its content: it gets the name, the
    lines and a function that gives the content; None if there is nothing to correct. ``modules``: the files of the
    repository that say what names begin with; None if no file does.
    """

    format: str
    files: Mapping[str, FileLines]
    sources: tuple[str, ...] = ()
    varying: frozenset[str] = frozenset()
    remarks: tuple[str, ...] = ()
    coverage_version: str = ""
    refine: Callable[[str, FileLines, Callable[[], bytes | None]], FileLines] | None = None
    modules: ModuleFiles | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ModuleFiles:
    """Files called ``name`` give the prefix that stands for their directory in a report: ``prefix`` reads it from one.

    It is "" if there is none in the file.
    """

    name: str
    prefix: Callable[[bytes], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One report. ``files`` are sorted by path; their paths are relative to the tree.

    ``outside`` names the files that are not in the tree, as the report names them. ``left_out`` names those that
    coverage could not parse. ``lines`` (path -> lines) is what ``combine`` needs. ``notices``: what the user should
    know about it. ``unused``: the prefixes in `report_paths` that no name in it begins with.
    """

    files: tuple[FileResult, ...]
    outside: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    coverage_version: str = ""
    lines: Mapping[str, FileLines] = field(default_factory=dict)
    notices: tuple[str, ...] = ()
    unused: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """One format: its name, how to recognise it by the first bytes of a report, and how to read it.

    ``key`` is the name that users give in `report_format`, ``format`` the one in messages. ``made_by`` names programs
    that write it. ``read`` raises Malformed, ValueError, LookupError, TypeError, AttributeError, RecursionError or
    OverflowError if the report is damaged.
    """

    key: str
    format: str
    recognises: Callable[[bytes], bool]
    read: Callable[[bytes], Parsed]
    made_by: str


class Malformed(Exception):
    """What is wrong with a report, as a clause: "it has no totals"."""


class Odd:
    """The invalid counts of a report: how many, and where the first one is."""

    def __init__(self) -> None:
        self.count = 0
        self.first = ""

    def executed(self, text: str, name: str, line: int) -> bool:
        """Whether the count ``text`` is above zero. Anything but a number of at least zero is invalid: False."""
        if text.isascii() and text.isdigit():
            return text.strip("0") != ""
        if _NUMBER.fullmatch(text) and math.isfinite(value := float(text)):
            return value > 0
        self.add(f"{shown(text, 20)} at {shown(name)}:{line}")
        return False

    def add(self, what: str) -> None:
        """Count something that can't be read."""
        self.count += 1
        self.first = self.first or what

    def remarks(self) -> list[str]:
        """The clause about them; empty if there are none."""
        if not self.count:
            return []
        if self.count == 1:
            return [f"a count is no number, and counts as not executed: {self.first}"]
        return [f"{self.count} counts are no numbers, and count as not executed; the first is {self.first}"]


class LineBudget:
    """Adds up the lines and branches of a report, so that no report uses up the memory."""

    def __init__(self) -> None:
        self._left = _MAX_TOTAL_LINES

    def spend(self, lines: int) -> None:
        """Raises Malformed if the report has more than fit."""
        self._left -= lines
        if self._left < 0:
            raise Malformed(
                f"it has more than {_MAX_TOTAL_LINES} lines and branches: leave out the files that are not yours"
            )


def check_lines(name: str, count: int) -> None:
    """Raises Malformed if ``count`` is more than the lines or branches that the file ``name`` may have."""
    if count > MAX_LINES:
        raise Malformed(f"{shown(name)} has more than {MAX_LINES} lines or branches in it")


def parse_line_number(text: str, name: str) -> int:
    """The number of a line of the file ``name``; Malformed if ``text`` is anything else."""
    if not text.isascii() or not text.isdigit() or len(text) > _MAX_LINE_DIGITS:
        raise Malformed(f"{shown(text, 20)} is not a line number of {shown(name)}")
    return int(text)


def shown(text: str, length: int = 200) -> str:
    """``text`` for a message: one line of printable characters, shortened in the middle."""
    if len(text) > length:
        text = f"{text[: length // 2]}...{text[-length // 2 + 3 :]}"
    return text if text.isprintable() else text.encode("unicode_escape", "backslashreplace").decode("ascii")
