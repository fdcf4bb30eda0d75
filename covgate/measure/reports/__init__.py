"""Coverage reports, one reader module per format. A new format needs its module and an entry in READERS.

A damaged report is a ToolError that names the report. It never becomes a number: a missing total is not zero.
"""

from __future__ import annotations

from pathlib import Path

from covgate.measure.reports import cobertura, coverage_json, lcov
from covgate.measure.reports.values import FileLines, Reader, Report, combine, readable, report_error

__all__ = ["READERS", "DataFile", "FileLines", "Reader", "Report", "combine", "parse_coverage_json", "parse_report"]

# The first reader that recognises the head of a report reads it.
READERS: tuple[Reader, ...] = (coverage_json.READER, cobertura.READER, lcov.READER)

_SQLITE = b"SQLite format 3\0"
_HEAD = 1024  # bytes that a reader may look at to recognise its format


class DataFile(Exception):
    """The bytes are a coverage data file. Only coverage itself can analyse it, next to the sources."""


def parse_report(data: bytes, tree: Path, name: str) -> Report:
    """The report in ``data``, in any of the known formats, about the files under ``tree``.

    ``name`` is the report's name in messages. Raises ToolError if the report is damaged or its format is unknown,
    and DataFile if it is a coverage data file.
    """
    if data.startswith(_SQLITE):
        raise DataFile(name)
    head = data[:_HEAD].lstrip(b"\xef\xbb\xbf \t\r\n")
    for reader in READERS:
        if reader.recognises(head):
            with readable(name):
                return reader.read(data, tree)
    formats = ", ".join(reader.format for reader in READERS)
    raise report_error(name, f"it is not in a known format ({formats}, or a coverage data file)")


def parse_coverage_json(data: bytes, tree: Path, name: str) -> Report:
    """What ``coverage json`` wrote about ``tree``; without the lines that ``combine`` needs.

    Raises ToolError if it is damaged.
    """
    with readable(name):
        return coverage_json.read(data, tree, keep_lines=False)
