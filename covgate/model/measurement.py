"""What a test run under coverage gave: counts and lines of each file, and the toolchain that counted."""

from __future__ import annotations

from dataclasses import dataclass

from covgate.model.lines import missing
from covgate.model.numbers import Numbers


@dataclass(frozen=True, slots=True, kw_only=True)
class FileResult:
    """One file: ``path`` relative to the tree, with ``/``; ``lines`` in the text that `covgate.model.lines` reads."""

    path: str
    numbers: Numbers
    lines: str = ""

    @property
    def missing_lines(self) -> tuple[int, ...]:
        """The first lines of the statements that were not executed, ascending."""
        return missing(self.lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class Toolchain:
    """What counted: statement and branch counts depend on it."""

    python: str = ""
    coverage: str = ""
    platform: str = ""

    def __str__(self) -> str:
        coverage = f"coverage {self.coverage}" if self.coverage else ""
        return ", ".join(part for part in (self.python, coverage) if part)


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """What running the tests of one tree under coverage gave.

    ``tree`` is the oid of the git tree; ``seconds`` how long the run took, for the progress
    line only (never in a record); ``notices`` what the user should know about this run. ``runs``: how many runs it
    joins; ``unstable``: path and lines of the statements that these did not execute alike.
    """

    tree: str
    numbers: Numbers
    files: tuple[FileResult, ...] = ()
    toolchain: Toolchain = Toolchain()
    seconds: float = 0.0
    tests_collected: bool = True
    notices: tuple[str, ...] = ()
    runs: int = 1
    unstable: tuple[tuple[str, tuple[int, ...]], ...] = ()
