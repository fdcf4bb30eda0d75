"""The difference between two measurements, line by line: what was added, removed, lost, and is no longer counted.

The terms add up exactly, for statements and for branches::

    executed now   = executed before   - removed - no longer counted + added + counted anew - lost + gained
    executable now = executable before - removed - no longer counted + added + counted anew

A line that moved with its neighbours, or with its file, is the same line; a line that was changed is removed and added.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from covgate.model.baseline import Removal
from covgate.model.lines import Line
from covgate.model.numbers import Numbers, total

_ZERO = Numbers()


class UncountedReason(Enum):
    """Why lines that are still there are no longer counted."""

    EXCLUDED = "excluded"  # by a pragma or by exclude_also
    OMITTED = "omitted"  # their file is no longer measured
    NOT_EXECUTABLE = "not executable"  # as coverage sees it now: another version, or other branches


@dataclass(frozen=True, slots=True, kw_only=True)
class FileExplanation:
    """What changed in one file. ``path`` is where it is now, ``old_path`` where it was; "" if it is new or deleted.

    ``before`` and ``after`` are its counts, None where it was not measured. ``uncovered``: the added statements that
    are not fully executed. ``lost_lines``: the untouched statements that were executed more than they are now; both
    by their numbers now. ``lost`` and ``gained`` count statements and branches on untouched lines.
    ``no_longer_counted_lines``: by reason, the numbers of the lines now (before, for an omitted file).
    """

    path: str = ""
    old_path: str = ""
    before: Numbers | None = None
    after: Numbers | None = None
    added: Numbers = _ZERO
    removed: Numbers = _ZERO
    counted_anew: Numbers = _ZERO
    no_longer_counted: Numbers = _ZERO
    lost: int = 0
    gained: int = 0
    uncovered: tuple[Line, ...] = ()
    lost_lines: tuple[Line, ...] = ()
    no_longer_counted_lines: tuple[tuple[UncountedReason, tuple[int, ...]], ...] = ()

    @property
    def name(self) -> str:
        """Where the file is; where it was if it is gone."""
        return self.path or self.old_path

    @property
    def more_missing(self) -> int:
        """How many more statements and branches are not executed than before; negative for fewer."""
        return (self.after.missing if self.after else 0) - (self.before.missing if self.before else 0)

    @property
    def changed(self) -> bool:
        """Whether any term is not zero."""
        terms = (self.added, self.removed, self.counted_anew, self.no_longer_counted)
        return any(each != _ZERO for each in terms) or bool(self.lost or self.gained)


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """The difference between the counts ``before`` and ``after``; ``files`` are those that changed, the worst first.

    ``unexplained``: executed and executable that the lines of the files don't account for; (0, 0) unless a report has
    counts that differ from its lines.
    """

    before: Numbers
    after: Numbers
    files: tuple[FileExplanation, ...] = ()
    unexplained: tuple[int, int] = (0, 0)

    @property
    def added(self) -> Numbers:
        """The counts of the lines that are new."""
        return total(each.added for each in self.files)

    @property
    def removed(self) -> Numbers:
        """The counts of the lines that are gone."""
        return total(each.removed for each in self.files)

    @property
    def no_longer_counted(self) -> Numbers:
        """The counts of the lines that are still there but no longer counted."""
        return total(each.no_longer_counted for each in self.files)

    @property
    def counted_anew(self) -> Numbers:
        """The counts of the lines that were there before and are counted now."""
        return total(each.counted_anew for each in self.files)

    @property
    def lost(self) -> int:
        """Statements and branches on untouched lines that were executed, and no longer are."""
        return sum(each.lost for each in self.files)

    @property
    def gained(self) -> int:
        """Statements and branches on untouched lines that were not executed, and now are."""
        return sum(each.gained for each in self.files)


def removal_in(explanation: Explanation) -> Removal:
    """The code that was removed and added since the baseline was reached, as `judge` needs it."""
    before = explanation.before
    return Removal(of=before.executable, executed=before.executed, removed=explanation.removed, added=explanation.added)
