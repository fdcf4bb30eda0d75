"""Coverage reports, one reader module per format. A new format needs its module and an entry in READERS.

A damaged report is a ToolError that names the report. It never becomes a number: a missing total is not zero.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

from covgate.errors import NothingMeasured, ToolError
from covgate.measure.reports import (
    clover,
    cobertura,
    coverage_json,
    go_cover,
    istanbul,
    jacoco,
    lcov,
    llvm_cov,
    simplecov,
)
from covgate.measure.reports.damage import damaged, readable
from covgate.measure.reports.joining import combine, join_lines, report_of
from covgate.measure.reports.values import MAX_BYTES, FileLines, Parsed, Reader, Report

__all__ = [
    "DATA_FILE",
    "FORMATS",
    "READERS",
    "DataFile",
    "FileLines",
    "Parsed",
    "Reader",
    "Report",
    "combine",
    "parse",
    "parse_report",
    "read_bytes",
]

# The first reader that recognises the head of a report reads it: coverage JSON and Cobertura XML come after the others.
READERS: tuple[Reader, ...] = (
    istanbul.READER,
    simplecov.READER,
    llvm_cov.READER,
    coverage_json.READER,
    jacoco.READER,
    clover.READER,
    cobertura.READER,
    go_cover.READER,
    lcov.READER,
)

DATA_FILE = "coverage-data"
# What `report_format` may be.
FORMATS: tuple[str, ...] = (DATA_FILE, *(reader.key for reader in READERS))

_SQLITE = b"SQLite format 3\0"
_EMPTY = (b"", b"{}", b"[]")
_HEAD = 4096  # bytes that a reader may look at to recognise its format
_XML_DECLARATION = re.compile(r"\A\s*<\?xml[^>]*>")
_UTF_8, _UTF_16 = b"\xef\xbb\xbf", (b"\xff\xfe", b"\xfe\xff")


class DataFile(Exception):
    """The bytes are a coverage data file. Only coverage itself can analyse it, next to the sources."""


def parse(data: bytes, name: str, report_format: str = "") -> Parsed:
    """What the report in ``data`` says. ``name`` is the report's name in messages.

    ``report_format`` is one of FORMATS, or "" for the one that the first bytes show. Raises ToolError if the report is
    damaged, of an unknown format or not of the named one, and DataFile if it is a coverage data file.
    """
    is_data_file = data.startswith(_SQLITE)
    data = data if is_data_file else _without_mark(data)
    head = data[:_HEAD].lstrip(b" \t\r\n")
    if head.rstrip() in _EMPTY:
        raise NothingMeasured(
            f"{name} can't be read as a coverage report: it is empty", hint="did the tests run before it was made?"
        )
    found = DATA_FILE if is_data_file else next((each.key for each in READERS if each.recognises(head)), "")
    if found and report_format not in ("", found):
        raise _of_another_format(name, report_format, f"it looks like {found}")
    if is_data_file:
        raise DataFile(name)
    for reader in READERS:
        if reader.key == (report_format or found):
            with readable(name, f"make it again ({reader.made_by})"):
                parsed = reader.read(data)
            if parsed.files or found:
                return parsed
    if report_format:
        raise _of_another_format(name, report_format, "it is in no known format")
    formats = ", ".join(reader.format for reader in READERS)
    raise damaged(
        name,
        f"it is not in a known format ({formats}, or a coverage data file)",
        hint="let the tool that makes it write one of these",
    )


def _of_another_format(name: str, report_format: str, what: str) -> ToolError:
    return ToolError(
        f"{name} is not in the format {report_format}: {what}",
        hint="correct `report_format` or --report-format, or leave it out: the first bytes of a report show its format",
    )


def parse_report(data: bytes, tree: Path, name: str, report_format: str = "") -> Report:
    """The report in ``data``, in any of the known formats or in the named one, about the files under ``tree``.

    Its names are relative to ``tree`` or to a directory that the report names, or absolute; nothing is checked against
    a commit. ``name`` is the report's name in messages. Raises ToolError if the report is damaged or its format is
    unknown, and DataFile if it is a coverage data file.
    """
    return _report_in(parse(data, name, report_format), tree, name, f"make {name} again")


def parse_coverage_json(
    data: bytes, tree: Path, directory: str = os.curdir, place: Callable[[str], str | None] = lambda file: None
) -> Report:
    """What ``coverage json`` wrote about ``tree`` in a run of covgate's own, in the ``directory`` of the tree.

    ``place`` gives the path in the tree of a file that is a copy. Raises ToolError if the JSON is damaged.
    """
    name = "what coverage json wrote about this run"
    hint = "run coverage json by hand in the project's environment; another version of coverage may help"
    with readable(name, hint):
        parsed = replace(coverage_json.read(data, every_branch=False), sources=(directory,))
    return _report_in(parsed, tree, name, hint, place)


def read_bytes(path: Path, name: str) -> bytes:
    """The content of a report. Raises OSError if it can't be read, and ToolError if it is too large."""
    with path.open("rb") as file:
        data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise ToolError(
            f"{name} has more than {MAX_BYTES // 1024**2} MB, which is the limit",
            hint="leave out the files that are not yours where it is made (lcov --remove, gcovr --filter, omit)",
        )
    return data


def _report_in(
    parsed: Parsed, tree: Path, name: str, hint: str, place: Callable[[str], str | None] = lambda file: None
) -> Report:
    """``parsed`` as a report on the files under ``tree``, whose names are taken as they are, except for copies."""
    paths = _TreePaths(tree)
    lines: dict[str, FileLines] = {}
    outside: list[str] = []
    with readable(name, hint):
        for each, found in parsed.files.items():
            path = paths.relative(each, parsed.sources)
            path = place(os.path.join(tree, path or each)) or path
            if path is None:
                outside.append(each)
                continue
            found = parsed.refine(each, found, partial(_content, tree / path)) if parsed.refine else found
            lines[path] = join_lines(path, lines[path], found) if path in lines else found
    return report_of(
        lines,
        outside=outside,
        notices=(f"{name}: {remark}" for remark in parsed.remarks),
        coverage_version=parsed.coverage_version,
    )


class _TreePaths:
    """Converts the names of a report to paths relative to ``tree``, with ``/``."""

    def __init__(self, tree: Path) -> None:
        self._tree = tree
        self._roots = list(dict.fromkeys([str(tree), os.path.realpath(tree)]))

    def relative(self, name: str, sources: tuple[str, ...]) -> str | None:
        """The path of ``name``; None if it is outside. It is relative to one of ``sources``, where it exists there."""
        candidates = [self._inside(os.path.join(source, name)) for source in sources] + [self._inside(name)]
        return next((one for one in candidates if one and _exists(self._tree / one)), candidates[-1])

    def _inside(self, path: str) -> str | None:
        for root in self._roots:
            absolute = os.path.normpath(os.path.join(root, path))
            if absolute.startswith(root + os.sep):
                return absolute[len(root) + 1 :].replace(os.sep, "/")
        return None


def _exists(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # a name that is too long, or that no file can have
        return False


def _content(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except (OSError, ValueError):
        return None


def _without_mark(data: bytes) -> bytes:
    """``data`` as UTF-8 without the byte order mark that some programs write."""
    if data.startswith(_UTF_8):
        return data[len(_UTF_8) :]
    if data.startswith(_UTF_16):
        text = _XML_DECLARATION.sub("", data.decode("utf-16", "replace"), count=1)  # it names the encoding
        return text.encode("utf-8", "replace")
    return data
