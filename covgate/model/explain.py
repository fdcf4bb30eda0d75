"""From one measurement to another, line by line: what was added, removed, lost, and no longer counted.

The terms add up exactly, in statements and branches alike::

    executed now   = executed before   - removed - dropped + added + appeared - lost + gained
    executable now = executable before - removed - dropped + added + appeared

A line that moved with its neighbours, or with its file, is the same line; one that was changed is removed and added.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum

from covgate.model import lines as text_of
from covgate.model.baseline import Removal
from covgate.model.changes import FileChange
from covgate.model.lines import Line
from covgate.model.measurement import FileResult, Measurement
from covgate.model.numbers import Numbers, total

_NOTHING = Numbers()


class Why(Enum):
    """Why lines that are still there count no longer."""

    EXCLUDED = "excluded"  # by a pragma or by exclude_also
    OMITTED = "omitted"  # their file is not measured any more
    NOT_EXECUTABLE = "not executable"  # to coverage, as it is now: another version, other branches


@dataclass(frozen=True, slots=True, kw_only=True)
class FileStory:
    """What became of one file. ``path`` is where it is now, ``old_path`` where it was; "" for nowhere.

    ``before`` and ``after`` are its counts, None where it was not measured. ``uncovered``: the added statements that
    are not wholly executed; ``lost``: the untouched ones that were, and are not; both as they are now. ``dropped``
    has the lines that count no longer, where they are now (where they were, for an omitted file), and why.
    """

    path: str = ""
    old_path: str = ""
    before: Numbers | None = None
    after: Numbers | None = None
    added: Numbers = _NOTHING
    removed: Numbers = _NOTHING
    appeared: Numbers = _NOTHING
    uncounted: Numbers = _NOTHING
    uncovered: tuple[Line, ...] = ()
    lost: tuple[Line, ...] = ()
    dropped: tuple[tuple[Why, tuple[int, ...]], ...] = ()
    lost_count: int = 0
    gained_count: int = 0

    @property
    def name(self) -> str:
        return self.path or self.old_path

    @property
    def more_missing(self) -> int:
        """How many more statements and branches are not executed than before."""
        return (self.after.missing if self.after else 0) - (self.before.missing if self.before else 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """The way from ``before`` to ``after``; ``files`` are those that anything happened to, the worst first.

    ``untold``: executed and executable that the lines of the files don't tell, (0, 0) as a rule.
    """

    before: Numbers
    after: Numbers
    files: tuple[FileStory, ...] = ()
    untold: tuple[int, int] = (0, 0)

    @property
    def added(self) -> Numbers:
        return total(each.added for each in self.files)

    @property
    def removed(self) -> Numbers:
        return total(each.removed for each in self.files)

    @property
    def dropped(self) -> Numbers:
        return total(each.uncounted for each in self.files)

    @property
    def appeared(self) -> Numbers:
        return total(each.appeared for each in self.files)

    @property
    def lost(self) -> int:
        """Statements and branches on untouched lines that were executed, and are not."""
        return sum(each.lost_count for each in self.files)

    @property
    def gained(self) -> int:
        return sum(each.gained_count for each in self.files)


def removal_in(story: Explanation) -> Removal:
    """What became of the code that the baseline was reached with, for the judgement."""
    return Removal(of=story.before.executable, removed=story.removed, added=story.added)


def explain(
    before: Measurement,
    after: Measurement,
    changes: Collection[FileChange],
    touched: Mapping[str, Collection[int]] | None = None,
) -> Explanation:
    """The way from ``before`` to ``after``, whose trees differ by ``changes``.

    ``touched``: path now -> the first lines of statements that were changed in a later line.
    """
    old, new = {each.path: each for each in before.files}, {each.path: each for each in after.files}
    by_path = {change.path: change for change in changes if change.path}
    deleted = {change.old_path for change in changes if not change.path}
    stories = []
    for path, result in new.items():
        change = by_path.get(path, FileChange(old_path=path, path=path))
        # A copy leaves its source where it was: what it has is new.
        if change.copied or (change.old_path != path and change.old_path in new):
            change = replace(change, old_path="", hunks=())
        was = old.pop(change.old_path, None) if change.old_path else None
        if was is not None and not change.hunks and was.lines == result.lines:
            continue  # nearly all of them
        stories.append(_story(change, was, result, (touched or {}).get(path, ())))
    moved = {change.old_path: change for change in by_path.values()}
    for path, was in old.items():
        gone = FileChange(old_path=path, path="")
        change = gone if path in deleted else moved.get(path, FileChange(old_path=path, path=path))
        stories.append(_story(change, was, None, ()))
    happened = sorted(
        (each for each in stories if _anything(each)),
        key=lambda each: (-each.more_missing, -each.lost_count, each.name),
    )
    whole = Explanation(before=before.numbers, after=after.numbers, files=tuple(happened))
    executed = whole.after.executed - (
        whole.before.executed
        - whole.removed.executed
        - whole.dropped.executed
        + whole.added.executed
        + whole.appeared.executed
        - whole.lost
        + whole.gained
    )
    executable = whole.after.executable - (
        whole.before.executable
        - whole.removed.executable
        - whole.dropped.executable
        + whole.added.executable
        + whole.appeared.executable
    )
    return replace(whole, untold=(executed, executable))


@dataclass(slots=True)
class _Tally:
    """One file's terms while its lines go by."""

    added: list[Line] = field(default_factory=list)
    removed: list[Line] = field(default_factory=list)
    appeared: list[Line] = field(default_factory=list)
    uncounted: list[Line] = field(default_factory=list)
    lost: list[Line] = field(default_factory=list)
    dropped: dict[Why, list[int]] = field(default_factory=dict)
    lost_count: int = 0
    gained_count: int = 0


def _story(
    change: FileChange, was: FileResult | None, result: FileResult | None, touched: Collection[int]
) -> FileStory:
    now = {each.number: each for each in text_of.statements(result.lines)} if result else {}
    excluded = frozenset(text_of.excluded(result.lines)) if result else frozenset()
    tally = _Tally()
    known: set[int] = set()
    for line in text_of.statements(was.lines) if was else ():
        place = change.now_at(line.number) if change.path else None
        if place is None or place in touched:
            tally.removed.append(line)
        elif place in now:
            known.add(place)
            _compare(line, now[place], tally)
        else:
            tally.uncounted.append(line)
            why = Why.OMITTED if result is None else Why.EXCLUDED if place in excluded else Why.NOT_EXECUTABLE
            tally.dropped.setdefault(why, []).append(place)
    for number, line in now.items():
        if number not in known:
            was_there = bool(change.old_path) and number not in touched and change.was_at(number) is not None
            (tally.appeared if was_there else tally.added).append(line)
    return FileStory(
        path=change.path,
        old_path=change.old_path,
        before=was.numbers if was else None,
        after=result.numbers if result else None,
        added=_sum(tally.added),
        removed=_sum(tally.removed),
        appeared=_sum(tally.appeared),
        uncounted=_sum(tally.uncounted),
        uncovered=tuple(each for each in tally.added if not each.whole),
        lost=tuple(tally.lost),
        dropped=tuple((why, tuple(places)) for why, places in tally.dropped.items()),
        lost_count=tally.lost_count,
        gained_count=tally.gained_count,
    )


def _compare(line: Line, now: Line, tally: _Tally) -> None:
    """One statement that was not touched, before and now."""
    changes = [int(now.executed) - int(line.executed)]
    if line.branches == now.branches:
        changes.append(now.executed_branches - line.executed_branches)
    else:
        # Where its branches lead has changed elsewhere: those are other branches. They have no line of their own.
        for kind, side in ((tally.uncounted, line), (tally.appeared, now)):
            if side.branches:
                kind.append(_Branches(side.number, False, side.executed_branches, side.branches))
    lost = -sum(each for each in changes if each < 0)
    tally.lost_count += lost
    tally.gained_count += sum(each for each in changes if each > 0)
    if lost:
        tally.lost.append(now)


class _Branches(Line):
    """The branches of a statement, without the statement."""

    __slots__ = ()

    @property
    def numbers(self) -> Numbers:
        return Numbers(branches=self.branches, executed_branches=self.executed_branches)


def _sum(found: list[Line]) -> Numbers:
    return total(each.numbers for each in found)


def _anything(story: FileStory) -> bool:
    terms = (story.added, story.removed, story.appeared, story.uncounted)
    return any(each != _NOTHING for each in terms) or bool(story.lost_count or story.gained_count)
