"""What to measure, and what a run gives if its tests fail."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from covgate.measure.interpreter import Interpreter
from covgate.measure.reports.located import Commit
from covgate.measure.sources import Sources


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What to measure, and how.

    ``tree`` is the checked-out directory and ``tree_oid`` the id of its git tree, or of the inputs of a component.
    ``directory`` is the directory of the tree where the programs run, "" for the top. ``scratch`` is an empty directory
    for covgate's own files. ``timeout`` is in seconds, for the whole measurement. ``report`` is the path of the report
    that ``command`` writes, relative to that directory; "" if covgate measures. ``report_format`` is its format, "" to
    find it by its first bytes. ``report_paths`` says where in the repository the paths in it are, and ``committed``
    gives the commit that it is checked against; without one, nothing is checked. ``sources``: what is measured unless
    coverage's own configuration says it. ``counts``: whether the file at a path belongs to what is measured, if its
    component is one of several. ``isolated`` is true if the project is installed from another directory than
    ``tree``: from one of ``checkouts``, the other worktrees of the repository. ``package_roots`` are the directories of
    the tree that hold packages, "" for the top. ``coverage_config`` is the file name and the text of a configuration of
    coverage that replaces the one in the tree. ``tick`` is called several times a second while a program runs.
    """

    tree: Path
    tree_oid: str
    scratch: Path
    interpreter: Interpreter
    environ: Mapping[str, str]
    timeout: float
    directory: str = ""
    command: tuple[str, ...] | None = None
    report: str = ""
    report_format: str = ""
    report_paths: Mapping[str, str] = field(default_factory=dict)
    committed: Callable[[], Commit] | None = None
    sources: Sources = field(default_factory=Sources)
    counts: Callable[[str], bool] = field(default=lambda _: True)
    setup: tuple[str, ...] | None = None
    isolated: bool = False
    checkouts: tuple[Path, ...] = ()
    package_roots: tuple[str, ...] = ("",)
    coverage_config: tuple[str, str] | None = None
    tick: Callable[[], None] = field(default=lambda: None)

    @property
    def place(self) -> Path:
        """Where the programs run."""
        return self.tree / self.directory


@dataclass(frozen=True, slots=True, kw_only=True)
class TestsFailed:
    """The tests did not pass, so there is no measurement.

    ``summary`` is one sentence, ``output`` the last lines that the tests printed.
    """

    summary: str
    output: str
