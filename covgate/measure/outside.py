"""Code of the project that was imported from outside the measured tree.

A copy that a tool such as tox has just installed from the tree is the same code, and counts as the file of the tree.
Any other code is an error; it never changes the number.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from covgate.errors import ToolError
from covgate.measure.inside.covgate_seen import is_installed
from covgate.measure.reports import Report
from covgate.measure.suite import INSIDE

_HINT = (
    "an installed copy of the project was imported instead of the commit's: install it editable "
    '(pip install -e .), or build it for the measured tree with `setup`, or use isolation = "in-place"'
)


def from_other_checkout(scratch: Path) -> str:
    """A module that the tests imported from another checkout of the repository; "" if there is none.

    ``scratch`` has what the processes of the run reported.
    """
    return next((file for seen in _reports(scratch) for file in _strings(seen.get("elsewhere"))), "")


def check_checkouts(scratch: Path) -> None:
    """Raise ToolError if a module came from another checkout of the repository: then the tests didn't test this one."""
    file = from_other_checkout(scratch)
    if file:
        raise ToolError(
            f"measured outside the tree: {file} was imported, from another checkout of this repository",
            hint="covgate can't redirect this install to the measured tree: build the project there with `setup`,"
            ' or check the commit out and set isolation = "in-place"',
        )


def check_outside(report: Report) -> None:
    """Raise ToolError if a file was executed that is not in the measured tree."""
    # covgate's own plugin runs under coverage, too, and without a source, coverage counts every file that runs.
    outside = [path for path in report.outside if not path.startswith(str(INSIDE))]
    if outside:
        raise ToolError(f"measured outside the tree: {outside[0]} was executed", hint=_HINT)


class Copies:
    """The installed copies of files of ``tree``, whose packages are in its directories ``roots`` ("" for the top)."""

    def __init__(self, tree: Path, roots: Sequence[str]) -> None:
        self._tree = tree
        self._roots = roots
        self._counted: set[str] = set()

    def place(self, file: str) -> str | None:
        """The path in the tree of what ``file``, a path in an environment, is a copy of; None if it is none."""
        parts = Path(file).parts
        installed = [position for position, part in enumerate(parts) if is_installed([part])]
        if not installed:
            return None
        rest = "/".join(parts[installed[-1] + 1 :])
        for root in self._roots:
            path = f"{root}/{rest}" if root else rest
            if same_content(file, self._tree / path):
                self._counted.add(os.path.realpath(file))
                return path
        return None

    def check(self, report: Report, scratch: Path) -> None:
        """Raise ToolError if a module was imported from elsewhere and doesn't count as the file of the tree."""
        known = {each.path for each in report.files}
        is_empty = not any(each.numbers.executable for each in report.files)
        for seen in _reports(scratch):
            for file, relative in _pairs(seen.get("copies")):
                is_same = same_content(file, self._tree / relative)
                is_measured = relative in known or is_empty
                if is_measured and not (is_same and (file in self._counted or _is_empty(file))):
                    raise ToolError(f"measured outside the tree: {file} was imported for {relative}", hint=_HINT)


def same_content(one: str, other: Path) -> bool:
    """Whether both files can be read and have the same bytes."""
    try:
        return Path(one).read_bytes() == other.read_bytes()
    except (OSError, ValueError):
        return False


def _is_empty(file: str) -> bool:
    """Whether a module has nothing to measure: coverage need not list it."""
    return not Path(file).read_bytes().strip()


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
