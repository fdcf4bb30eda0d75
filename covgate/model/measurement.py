"""The result of a test run under coverage: counts and lines of each file, and the toolchain."""

from __future__ import annotations

from dataclasses import dataclass

from covgate.model.lines import missing
from covgate.model.numbers import Numbers


@dataclass(frozen=True, slots=True, kw_only=True)
class FileResult:
    """The result for one file.

    ``path`` is relative to the tree, with ``/``. ``lines`` is in the text that `covgate.model.lines` reads; "" if only
    the counts are known.
    """

    path: str
    numbers: Numbers
    lines: str = ""

    @property
    def missing_lines(self) -> tuple[int, ...]:
        """The first lines of the statements that were not executed, ascending."""
        return missing(self.lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class Toolchain:
    """The versions that the counts of statements and branches depend on; "" for unknown."""

    python: str = ""
    coverage: str = ""
    platform: str = ""

    def __str__(self) -> str:
        coverage = f"coverage {self.coverage}" if self.coverage else ""
        return ", ".join(part for part in (self.python, coverage) if part)

    @classmethod
    def parse(cls, text: str) -> Toolchain:
        """The toolchain that a record has as this ``text``; it has no platform."""
        python, named, coverage = text.rpartition("coverage ")
        return cls(python=python.removesuffix(", "), coverage=coverage) if named else cls(python=text)

    def differs(self, other: Toolchain) -> bool:
        """Whether one of the versions is known for both, and is another one."""
        pairs = ((self.python, other.python), (self.coverage, other.coverage))
        return any(one and two and one != two for one, two in pairs)


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """The result of running the tests of one git tree under coverage.

    ``tree`` is its oid. ``seconds``: how long the run took; only for the progress line, never in a record. ``notices``:
    what the user should know about this run. ``runs``: how many runs are joined in it. ``unstable``: by path, the first
    lines of the statements that only some of these runs executed. ``complete``: every file that is to be measured is in
    it, executed or not; a report may leave some out.
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
    complete: bool = True
