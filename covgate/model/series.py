"""The history to look at: where the baseline rose or was set by hand, and what each annotated commit measured.

Two orders are at work. The rises are told as the notes were written. The points stand as the commits do: along the
line of history, ancestors first, with the height that the join of all records up to there has.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from covgate.model.baseline import Baseline, join
from covgate.model.history import Read, Step, annotated
from covgate.model.record import Judgement, Note


@dataclass(frozen=True, slots=True, kw_only=True)
class Commit:
    """An annotated commit as git knows it; all but ``oid`` is "" where the commit is not in this clone."""

    oid: str
    author: str = ""
    date: str = ""
    subject: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rise:
    """The notes commit ``step`` took the highest baseline of ``component`` to ``after``, by the note of ``commit``.

    ``override``: the reason of who opened the epoch of ``after``; "" where that was open already.
    """

    commit: str
    component: str
    step: Step
    before: Baseline | None
    after: Baseline
    override: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """What the note of ``commit`` says of one component.

    ``baseline``: how high the line of history stands there; for a commit ``aside`` of it, what its record says.
    ``override``: the reason of the epoch that was opened here; "" where none was.
    """

    commit: str
    judgement: Judgement | None = None
    baseline: Baseline | None = None
    override: str = ""
    aside: bool = False


def rises(steps: Sequence[Step], read: Read) -> list[Rise]:
    """Each rise and each override, the oldest first; a merge of notes tells what it brings to its first parent."""
    highest: dict[str, Baseline] = {}
    found = []
    for step in _first_parents(steps):
        for path, blob in step.changes[0].items():
            commit = annotated(path)
            for record in read(blob).records if commit and blob else ():
                before, after = highest.get(record.component), record.baseline
                if after is None or (before is not None and after.height <= before.height):
                    continue
                highest[record.component] = after
                # Once an epoch: a rise on the same commit keeps its reason.
                opened = before is None or after.epoch > before.epoch
                found.append(
                    Rise(
                        commit=commit,
                        component=record.component,
                        step=step,
                        before=before,
                        after=after,
                        override=after.override if opened else "",
                    )
                )
    return found


def _first_parents(steps: Sequence[Step]) -> list[Step]:
    """Those of ``steps`` that lead to the last one by first parents, the root first."""
    known = {each.oid: each for each in steps}
    step = steps[-1] if steps else None
    line = []
    while step is not None:
        line.append(step)
        step = known.get(step.parents[0]) if step.parents else None
    return line[::-1]


def recorded(steps: Iterable[Step]) -> dict[str, int]:
    """The commits that ever had a note, each with its place in the order in which they got their first one."""
    order: dict[str, int] = {}
    for step in steps:
        for changes in step.changes:
            for commit in filter(None, map(annotated, changes)):
                order.setdefault(commit, len(order))
    return order


def woven(line: Iterable[str], others: Iterable[str], places: Mapping[str, int]) -> list[tuple[str, bool]]:
    """``line`` as it is, and each of ``others``, told by True, before whatever of it was recorded later."""
    last = len(places)
    waiting = sorted(others, key=lambda each: (places.get(each, last), each), reverse=True)
    order = []
    for commit in line:
        while waiting and places.get(waiting[-1], last) < places.get(commit, last):
            order.append((waiting.pop(), True))
        order.append((commit, False))
    return order + [(commit, True) for commit in reversed(waiting)]


def series(order: Iterable[tuple[str, bool]], note: Callable[[str], Note]) -> dict[str, list[Point]]:
    """The points of each component; ``order``: each commit, and whether it lies aside; ``note`` reads a commit's."""
    heights: dict[str, Baseline | None] = {}
    told = set()
    found: dict[str, list[Point]] = {}
    for commit, aside in order:
        for record in note(commit).records:
            name, own = record.component, record.baseline
            if not aside:
                heights[name] = join(heights.get(name), own)
            override = ""
            # Later records carry a height on, and its reason with it: it was opened where it stands first.
            if own is not None and own.override and (name, own.epoch, own.override, aside) not in told:
                told.add((name, own.epoch, own.override, aside))
                override = own.override
            found.setdefault(name, []).append(
                Point(
                    commit=commit,
                    judgement=record.judgement,
                    baseline=own if aside else heights[name],
                    override=override,
                    aside=aside,
                )
            )
    return found
