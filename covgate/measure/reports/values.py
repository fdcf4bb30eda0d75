"""What a report is read into, and what all readers share: paths in the tree, counts, errors."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, TypeVar

from covgate.errors import ToolError
from covgate.model.lines import from_maps
from covgate.model.measurement import FileResult
from covgate.model.numbers import Numbers

_Key = TypeVar("_Key")


@dataclass(frozen=True, slots=True, kw_only=True)
class FileLines:
    """The statements and branches of one file: number or key -> whether it was executed.

    The key of a branch starts with its line number. The rest is comparable only between reports of the same
    ``format``.
    """

    format: str
    statements: Mapping[int, bool]
    branches: Mapping[tuple[int, ...], bool]
    excluded: frozenset[int] = frozenset()

    def result(self, path: str) -> FileResult:
        """The same with counts, as the result of the file at ``path``."""
        numbers = Numbers(
            statements=len(self.statements),
            executed_statements=sum(self.statements.values()),
            branches=len(self.branches),
            executed_branches=sum(self.branches.values()),
            excluded=len(self.excluded),
        )
        return FileResult(path=path, numbers=numbers, lines=self.text)

    @property
    def text(self) -> str:
        """The lines as `covgate.model.lines` writes them."""
        branches: dict[int, tuple[int, int]] = {}
        for (line, *_), was_executed in self.branches.items():
            executed, count = branches.get(line, (0, 0))
            branches[line] = executed + was_executed, count + 1
        return from_maps(self.statements, branches, self.excluded - self.statements.keys())


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One report. ``files`` are sorted by path; their paths are relative to the tree.

    ``outside`` names the files that are not in the tree, as the report names them. ``left_out`` names those that
    coverage could not parse. ``lines`` (path -> lines) is what
    ``combine`` needs; it may be empty.
    """

    files: tuple[FileResult, ...]
    outside: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    coverage_version: str = ""
    lines: Mapping[str, FileLines] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """One format: its name, how to recognise it by the first bytes of a report, and how to read it.

    ``read`` gets the report and the tree. It raises Malformed, ValueError, LookupError, TypeError, AttributeError or
    RecursionError if the report is damaged.
    """

    format: str
    recognises: Callable[[bytes], bool]
    read: Callable[[bytes, Path], Report]


class Malformed(Exception):
    """What is wrong with a report, as a clause: "it has no totals"."""


class FileEntry(NamedTuple):
    """What a report says about one file: the name it uses, and the path in the tree (None if it is outside)."""

    name: str
    path: str | None
    lines: FileLines


class TreePaths:
    """Converts the paths of a report to paths relative to ``tree``, with ``/``."""

    def __init__(self, tree: Path) -> None:
        self.tree = tree
        self._roots = list(dict.fromkeys([str(tree), os.path.realpath(tree)]))

    def relative(self, path: str) -> str | None:
        """``path`` relative to the tree; None if it is outside."""
        for root in self._roots:
            absolute = os.path.normpath(os.path.join(root, path))
            if absolute.startswith(root + os.sep):
                return absolute[len(root) + 1 :].replace(os.sep, "/")
        return None


def report_of(entries: Iterable[FileEntry]) -> Report:
    """The report that ``entries`` make; several entries for one file are combined."""
    lines: dict[str, FileLines] = {}
    outside = []
    for entry in entries:
        if entry.path is None:
            outside.append(entry.name)
        else:
            _add(lines, entry.path, entry.lines)
    return _report(lines, outside)


def combine(reports: Sequence[Report]) -> Report:
    """Several reports about one commit as one: a line or branch is executed if any of them executed it.

    Raises ToolError if two of them give branches for the same file in different formats.
    """
    if len(reports) == 1:
        return reports[0]
    lines: dict[str, FileLines] = {}
    for report in reports:
        for path, more in report.lines.items():
            _add(lines, path, more)
    return _report(lines, [path for report in reports for path in report.outside])


def parse_count(text: str) -> int:
    """A line number or a number of hits; Malformed if ``text`` is anything else."""
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise Malformed(f"{text[:20]!r} is not a count")
    return int(text)


@contextlib.contextmanager
def readable(name: str) -> Iterator[None]:
    """Inside the block, everything that a reader raises on a damaged report becomes a ToolError about ``name``."""
    try:
        yield
    except (Malformed, ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise report_error(name, _reason(error)) from None


def report_error(name: str, reason: str) -> ToolError:
    """The error for a report that can't be read."""
    return ToolError(
        f"{name} can't be read as a coverage report: {reason}",
        hint="create it again with coverage json, coverage xml or coverage lcov",
    )


def _report(lines: Mapping[str, FileLines], outside: Iterable[str]) -> Report:
    files = tuple(lines[path].result(path) for path in sorted(lines))
    return Report(files=files, outside=tuple(dict.fromkeys(outside)), lines=lines)


def _add(lines: dict[str, FileLines], path: str, more: FileLines) -> None:
    """Add ``more`` to what is known about ``path``."""
    known = lines.get(path)
    if known is None:
        lines[path] = more
        return
    if known.format != more.format and (known.branches or more.branches):
        raise ToolError(
            f"the branches of {path} can't be combined from {known.format} and {more.format}",
            hint="give reports of one format",
        )
    lines[path] = FileLines(
        format=known.format,
        statements=_either(known.statements, more.statements),
        branches=_either(known.branches, more.branches),
        excluded=(known.excluded | more.excluded) - known.statements.keys() - more.statements.keys(),
    )


def _either(one: Mapping[_Key, bool], other: Mapping[_Key, bool]) -> dict[_Key, bool]:
    return {key: one.get(key, False) or other.get(key, False) for key in {**one, **other}}


def _reason(error: Exception) -> str:
    if isinstance(error, KeyError):
        return f"it has no {error.args[0]}"
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    return str(error).splitlines()[0] if str(error) else type(error).__name__
