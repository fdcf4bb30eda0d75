"""LCOV's tracefile, as geninfo(1) describes it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from covgate.measure.reports.values import (
    FileEntry,
    FileLines,
    Malformed,
    Reader,
    Report,
    TreePaths,
    parse_count,
    report_of,
)

_FORMAT = "LCOV"


def read(data: bytes, tree: Path) -> Report:
    """The report in ``data``."""
    return report_of(_entries(data.decode("utf-8"), TreePaths(tree)))


READER = Reader(format=_FORMAT, recognises=lambda head: head.startswith((b"TN:", b"SF:")), read=read)


def _entries(text: str, paths: TreePaths) -> Iterator[FileEntry]:
    name = ""
    statements: dict[int, bool] = {}
    branches: dict[tuple[int, ...], bool] = {}
    indexes: dict[str, int] = {}
    for raw in text.splitlines():
        key, colon, value = raw.strip().partition(":")
        if key == "SF" and colon:
            if name:
                raise Malformed(f"{name} has no end_of_record")
            name, statements, branches, indexes = value, {}, {}, {}
        elif key == "DA" and name:
            number, hits = value.split(",")[:2]
            line = parse_count(number)
            statements[line] = statements.get(line, False) or parse_count(hits) > 0
        elif key == "BRDA" and name:
            number, branch, hits = _branch(value)
            # A branch may be named by any text; only whether two names differ matters.
            where = (parse_count(number), indexes.setdefault(branch, len(indexes)))
            branches[where] = branches.get(where, False) or (hits != "-" and parse_count(hits) > 0)
        elif raw.strip() == "end_of_record":
            if not name:
                raise Malformed("an end_of_record without SF")
            lines = FileLines(format=_FORMAT, statements=statements, branches=branches)
            yield FileEntry(name, paths.relative(name), lines)
            name = ""
    if name:
        raise Malformed(f"it is cut short: {name} has no end_of_record")


def _branch(value: str) -> tuple[str, str, str]:
    """The line number, the branch (its block and its name, which may contain commas), and the hits."""
    fields = value.split(",")
    if len(fields) < 4:
        raise Malformed(f"BRDA:{value[:20]} has too few fields")
    return fields[0], ",".join(fields[1:-1]), fields[-1]
