"""Where coverage was lost, line by line: every format shows this in its own way."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum

from covgate.model.explanation import Explanation, UncountedReason
from covgate.model.lines import Line, line_list
from covgate.model.patch import Patch


class LossKind(Enum):
    """Why lines are shown; the value is the word for it."""

    NEW = "new"
    EARLIER = "added earlier"
    LOST = "lost"
    EXCLUDED = "excluded"
    OMITTED = "omitted"
    NOT_EXECUTABLE = "not executable"


MEANING = {
    LossKind.NEW: "added or changed by this push, and not executed",
    LossKind.EARLIER: "added since the baseline, before this push, and not executed",
    LossKind.LOST: "executed at the baseline, not touched since, and not executed any more",
    LossKind.EXCLUDED: "counted at the baseline, and excluded from the measurement now",
    LossKind.OMITTED: "counted at the baseline; their file is not measured any more",
    LossKind.NOT_EXECUTABLE: "counted at the baseline; to coverage they are no statements any more",
}
_DROPPED = {
    UncountedReason.EXCLUDED: LossKind.EXCLUDED,
    UncountedReason.OMITTED: LossKind.OMITTED,
    UncountedReason.NOT_EXECUTABLE: LossKind.NOT_EXECUTABLE,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """Some lines of ``path``, ascending: ``missing`` were not executed, of ``partial`` not all branches were.

    What counts no longer is in ``missing``.
    """

    path: str
    kind: LossKind
    missing: tuple[int, ...] = ()
    partial: tuple[Line, ...] = ()

    @property
    def lines(self) -> str:
        """``lines 3-7, 12; line 20: 1 of 2 branches``."""
        parts = [line_list(self.missing)] if self.missing else []
        parts += [
            f"line {each.number}: {each.executed_branches} of {each.branches} branches" for each in self.partial[:4]
        ]
        return "; ".join(parts) + ("; ..." if len(self.partial) > 4 else "")


def losses(patch: Patch | None, explanation: Explanation | None) -> list[Loss]:
    """All losses, file by file, in the order of ``explanation``, else of ``patch``."""
    new = {each.path: each.missing for each in patch.files} if patch else {}
    explained = {each.name: each for each in explanation.files} if explanation else {}
    found: list[Loss] = []
    for path in {**explained, **new}:
        mine = {line.number for line in new.get(path, ())}
        found += _some(path, LossKind.NEW, new.get(path, ()))
        file = explained.get(path)
        if file is not None:
            found += _some(path, LossKind.EARLIER, (line for line in file.uncovered if line.number not in mine))
            found += _some(path, LossKind.LOST, (line for line in file.lost_lines if line.number not in mine))
            found += [Loss(path=path, kind=_DROPPED[why], missing=lines) for why, lines in file.no_longer_counted_lines]
    return found


def _some(path: str, kind: LossKind, lines: Iterable[Line]) -> Iterator[Loss]:
    found = list(lines)
    if found:
        yield Loss(
            path=path,
            kind=kind,
            missing=tuple(each.number for each in found if not each.executed),
            partial=tuple(each for each in found if each.executed),
        )
