"""Code of the project that was imported from outside the measured tree: that is an error, never a number."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from covgate.errors import ToolError
from covgate.measure.reports import Report
from covgate.measure.suite import INSIDE

_HINT = (
    "an installed copy of the project was imported instead of the commit's: install it editable "
    '(pip install -e .), or build it for the measured tree with `setup`, or use isolation = "in-place"'
)


def check_checkouts(scratch: Path) -> None:
    """Raise ToolError if a module came from another checkout of the repository: the tests say nothing about this one.

    ``scratch`` has what the processes of the run reported.
    """
    for seen in _reports(scratch):
        for file in _strings(seen.get("elsewhere")):
            raise ToolError(
                f"measured outside the tree: {file} was imported, from another checkout of this repository",
                hint="covgate can't lead this install to the measured tree: build the project there with `setup`,"
                ' or check the commit out and set isolation = "in-place"',
            )


def check_outside(report: Report) -> None:
    """Raise ToolError if a file was executed that is not in the measured tree."""
    # covgate's own plugin runs under coverage, too, and without a source, coverage counts every file that runs.
    outside = [path for path in report.outside if not path.startswith(str(INSIDE))]
    if outside:
        raise ToolError(f"measured outside the tree: {outside[0]} was executed", hint=_HINT)


def check_copies(report: Report, scratch: Path) -> None:
    """Raise ToolError if a module was imported from elsewhere that the measured tree has, too."""
    known = {each.path for each in report.files}
    is_empty = not any(each.numbers.executable for each in report.files)
    for seen in _reports(scratch):
        for file, relative in _pairs(seen.get("copies")):
            if relative in known or is_empty:
                raise ToolError(f"measured outside the tree: {file} was imported for {relative}", hint=_HINT)


def _reports(scratch: Path) -> Iterator[dict[str, Any]]:
    for path in sorted(scratch.glob("seen-*")):
        try:
            value = json.loads(path.read_text(encoding="utf-8", errors="surrogateescape"))
        except (OSError, ValueError):
            continue
        if isinstance(value, dict):
            yield value


def _strings(value: object) -> list[str]:
    return [str(each) for each in value] if isinstance(value, list) else []


def _pairs(value: object) -> list[tuple[str, str]]:
    pairs = value if isinstance(value, list) else []
    return [(str(each[0]), str(each[1])) for each in pairs if isinstance(each, list) and len(each) == 2]
