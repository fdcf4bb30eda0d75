"""Cobertura XML (coverage-04.dtd), as ``coverage xml`` and many other tools write it."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

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

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_FORMAT = "Cobertura XML"
_CONDITIONS = re.compile(r"\d+(?:\.\d+)?% \((\d{1,9})/(\d{1,9})\)")


def read(data: bytes, tree: Path) -> Report:
    """The report in ``data``."""
    from xml.etree import ElementTree

    if b"<!ENTITY" in data:
        raise Malformed("it declares XML entities")
    try:
        root = ElementTree.fromstring(data)
    except ElementTree.ParseError as error:
        raise Malformed(str(error)) from None
    if root.tag != "coverage":
        raise Malformed(f"its root is <{root.tag}>, not <coverage>")
    if root.find(".//class") is None and "lines-valid" not in root.attrib:
        raise Malformed("it has neither classes nor totals")
    return report_of(_entries(root, TreePaths(tree)))


READER = Reader(format=_FORMAT, recognises=lambda head: head.startswith(b"<"), read=read)


def _entries(root: Element, paths: TreePaths) -> Iterator[FileEntry]:
    sources = [each.text.strip() for each in root.iterfind("sources/source") if each.text and each.text.strip()]
    for each in root.iter("class"):
        name = each.attrib["filename"]
        candidates = [paths.relative(os.path.join(source, name)) for source in sources] + [paths.relative(name)]
        # The name is relative to one of the sources; the report does not say to which.
        path = next((one for one in candidates if one and (paths.tree / one).is_file()), candidates[-1])
        yield FileEntry(name, path, _lines(each, name))


def _lines(element: Element, name: str) -> FileLines:
    statements: dict[int, bool] = {}
    branches: dict[tuple[int, ...], bool] = {}
    for line in element.iterfind("lines/line"):
        number = parse_count(line.attrib["number"])
        statements[number] = statements.get(number, False) or parse_count(line.attrib["hits"]) > 0
        if line.attrib.get("branch") == "true":
            match = _CONDITIONS.fullmatch(line.attrib["condition-coverage"])
            if match is None or int(match[1]) > int(match[2]):
                raise Malformed(f"{name}: line {number}: condition-coverage can't be read")
            # The report gives only how many conditions were executed: count them as the first ones.
            branches.update(((number, index), index < int(match[1])) for index in range(int(match[2])))
    return FileLines(format=_FORMAT, statements=statements, branches=branches)
