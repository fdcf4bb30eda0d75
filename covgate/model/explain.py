"""Explains the difference between two measurements, statement by statement."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from covgate.model.changes import FileChange
from covgate.model.explanation import Explanation, FileExplanation, UncountedReason
from covgate.model.lines import Line, excluded, statements
from covgate.model.measurement import FileResult, Measurement
from covgate.model.numbers import Numbers, total


def explain(
    before: Measurement,
    after: Measurement,
    changes: Collection[FileChange],
    touched: Mapping[str, Collection[int]] | None = None,
) -> Explanation:
    """Explain the difference between ``before`` and ``after``, whose trees differ by ``changes``.

    ``touched``: by path now, the first lines of statements of which only a later line was changed.
    """
    files = (
        _explain_file(change, old, new, (touched or {}).get(change.path, ()) if new else ())
        for change, old, new in _file_pairs(before, after, changes)
    )
    ordered = sorted(
        (each for each in files if each.changed), key=lambda each: (-each.more_missing, -each.lost, each.name)
    )
    explanation = Explanation(before=before.numbers, after=after.numbers, files=tuple(ordered))
    return replace(explanation, unexplained=_unexplained(explanation))


def _file_pairs(
    before: Measurement, after: Measurement, changes: Collection[FileChange]
) -> Iterator[tuple[FileChange, FileResult | None, FileResult | None]]:
    """Each file that may have changed, with its results before and now; None where it was not measured."""
    old, new = {each.path: each for each in before.files}, {each.path: each for each in after.files}
    by_path = {change.path: change for change in changes if change.path}
    deleted = {change.old_path for change in changes if not change.path}
    for path, result in new.items():
        change = by_path.get(path, FileChange(old_path=path, path=path))
        # If the file that it was made from still exists, this is a new file.
        if change.old_path != path and change.old_path in new:
            change = replace(change, old_path="")
        was = old.pop(change.old_path, None)
        if was is None or change.hunks or was.lines != result.lines:  # most files are the same
            yield change, was, result
    moved = {change.old_path: change for change in by_path.values()}
    for path, was in old.items():
        unmeasured = moved.get(path, FileChange(old_path=path, path=path))
        yield FileChange(old_path=path, path="") if path in deleted else unmeasured, was, None


def _unexplained(explanation: Explanation) -> tuple[int, int]:
    gone = explanation.removed + explanation.no_longer_counted
    new = explanation.added + explanation.counted_anew
    before, after = explanation.before, explanation.after
    executed = before.executed - gone.executed + new.executed - explanation.lost + explanation.gained
    executable = before.executable - gone.executable + new.executable
    return after.executed - executed, after.executable - executable


@dataclass(slots=True)
class _Terms:
    """The terms of one file, collected line by line."""

    added: list[Line] = field(default_factory=list)
    removed: list[Line] = field(default_factory=list)
    counted_anew: list[Line] = field(default_factory=list)
    no_longer_counted: list[Line] = field(default_factory=list)
    lost_lines: list[Line] = field(default_factory=list)
    no_longer_counted_lines: dict[UncountedReason, list[int]] = field(default_factory=dict)
    lost: int = 0
    gained: int = 0


def _explain_file(
    change: FileChange, old: FileResult | None, new: FileResult | None, touched: Collection[int]
) -> FileExplanation:
    terms = _collect_terms(change, old, new, touched)
    return FileExplanation(
        path=change.path,
        old_path=change.old_path,
        before=old.numbers if old else None,
        after=new.numbers if new else None,
        added=_sum(terms.added),
        removed=_sum(terms.removed),
        counted_anew=_sum(terms.counted_anew),
        no_longer_counted=_sum(terms.no_longer_counted),
        lost=terms.lost,
        gained=terms.gained,
        uncovered=tuple(each for each in terms.added if not each.whole),
        lost_lines=tuple(terms.lost_lines),
        no_longer_counted_lines=tuple(
            (reason, tuple(numbers)) for reason, numbers in terms.no_longer_counted_lines.items()
        ),
    )


def _collect_terms(
    change: FileChange, old: FileResult | None, new: FileResult | None, touched: Collection[int]
) -> _Terms:
    now = {each.number: each for each in statements(new.lines)} if new else {}
    excluded_now = frozenset(excluded(new.lines)) if new else frozenset()
    terms = _Terms()
    kept: set[int] = set()
    for line in statements(old.lines) if old else ():
        number = change.now_at(line.number)
        if number is None or number in touched:
            terms.removed.append(line)
        elif number in now:
            kept.add(number)
            _compare(line, now[number], terms)
        else:
            terms.no_longer_counted.append(line)
            reason = UncountedReason.EXCLUDED if number in excluded_now else UncountedReason.NOT_EXECUTABLE
            reason = UncountedReason.OMITTED if new is None else reason
            terms.no_longer_counted_lines.setdefault(reason, []).append(number)
    for number, line in now.items():
        if number not in kept:
            existed = number not in touched and change.was_at(number) is not None
            (terms.counted_anew if existed else terms.added).append(line)
    return terms


def _compare(before: Line, now: Line, terms: _Terms) -> None:
    """Add what one untouched statement lost and gained to ``terms``."""
    differences = [int(now.executed) - int(before.executed)]
    if before.branches == now.branches:
        differences.append(now.executed_branches - before.executed_branches)
    else:
        # A change elsewhere gave the statement other branches: the old ones are gone, the new ones are new.
        for term, line in ((terms.no_longer_counted, before), (terms.counted_anew, now)):
            if line.branches:
                term.append(_BranchesOnly(line.number, False, line.executed_branches, line.branches))
    lost = -sum(each for each in differences if each < 0)
    terms.lost += lost
    terms.gained += sum(each for each in differences if each > 0)
    if lost:
        terms.lost_lines.append(now)


class _BranchesOnly(Line):
    """The branches of a statement, without the statement."""

    __slots__ = ()

    @property
    def numbers(self) -> Numbers:
        return Numbers(branches=self.branches, executed_branches=self.executed_branches)


def _sum(lines: Iterable[Line]) -> Numbers:
    return total(each.numbers for each in lines)
