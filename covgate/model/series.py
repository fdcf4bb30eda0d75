"""What a log of the baseline shows: rises, overrides, excuses, and what each annotated commit measured.

The rises are in the order in which the notes were written. The points are in the order of the commits, ancestors first,
with the baseline that results from all records up to there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from covgate.model.baseline import Baseline, join
from covgate.model.history import Read, Step, annotated_commit
from covgate.model.record import Excuse, Judgement, Note, Record


@dataclass(frozen=True, slots=True, kw_only=True)
class Commit:
    """An annotated commit as git knows it; all fields but ``oid`` are "" if the commit is not in this clone."""

    oid: str
    author: str = ""
    date: str = ""
    subject: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rise:
    """The notes commit ``step`` raised the highest baseline of ``component`` to ``after``, in the note of ``commit``.

    ``override``: the reason given for a new epoch; "" if the epoch of ``after`` was open already. ``excuse``: why the
    commit passes although it fails; then the baseline stays, and both are None if there is none. Else it is "".
    """

    commit: str
    component: str
    step: Step
    before: Baseline | None
    after: Baseline | None
    override: str = ""
    excuse: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """What the note of ``commit`` has on one component.

    ``baseline``: the one that holds there; for a commit ``on_other_branch``, the one in its own record. ``override``:
    the reason of the epoch that was opened here; "" if none was. ``excuse``: why the commit passes although it fails;
    "" if it is not excused.
    """

    commit: str
    judgement: Judgement | None = None
    baseline: Baseline | None = None
    override: str = ""
    excuse: str = ""
    on_other_branch: bool = False


def rises(steps: Sequence[Step], read: Read) -> list[Rise]:
    """Each rise, override and excuse, the oldest first; a merge of notes has those that it adds to its first parent."""
    highest: dict[str, Baseline] = {}
    excused: set[tuple[str, str, Excuse]] = set()
    found = []
    for step in _first_parents(steps):
        for path, blob in step.changes[0].items():
            commit = annotated_commit(path)
            for record in read(blob).records if commit and blob else ():
                before, after = highest.get(record.component), record.baseline
                key = (commit, record.component, record.excuse) if record.excuse else None
                if key is not None and key not in excused:
                    excused.add(key)
                    found.append(_excused(record, commit, step, before))
                if after is None or (before is not None and after.level <= before.level):
                    continue
                highest[record.component] = after
                # Only once per epoch: a later rise on the same commit keeps the reason in its record.
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


def _excused(record: Record, commit: str, step: Step, baseline: Baseline | None) -> Rise:
    reason = record.excuse.reason if record.excuse else ""
    return Rise(commit=commit, component=record.component, step=step, before=baseline, after=baseline, excuse=reason)


def _first_parents(steps: Sequence[Step]) -> list[Step]:
    """The steps that lead to the last one by first parents, the root first."""
    known = {each.oid: each for each in steps}
    step = steps[-1] if steps else None
    line = []
    while step is not None:
        line.append(step)
        step = known.get(step.parents[0]) if step.parents else None
    return line[::-1]


def recording_order(steps: Iterable[Step]) -> dict[str, int]:
    """Each commit that ever had a note, with its place in the order of first notes, from 0 on."""
    order: dict[str, int] = {}
    for step in steps:
        for changes in step.changes:
            for commit in filter(None, map(annotated_commit, changes)):
                order.setdefault(commit, len(order))
    return order


def interleave(branch: Iterable[str], others: Iterable[str], places: Mapping[str, int]) -> list[tuple[str, bool]]:
    """The commits of ``branch`` in their order, and each of ``others`` before the first that was recorded later.

    ``places``: as `recording_order` gives them. Returns each commit with whether it is one of ``others``.
    """
    last = len(places)
    waiting = sorted(others, key=lambda each: (places.get(each, last), each), reverse=True)
    order = []
    for commit in branch:
        while waiting and places.get(waiting[-1], last) < places.get(commit, last):
            order.append((waiting.pop(), True))
        order.append((commit, False))
    return order + [(commit, True) for commit in reversed(waiting)]


def points_by_component(order: Iterable[tuple[str, bool]], note_of: Callable[[str], Note]) -> dict[str, list[Point]]:
    """The points of each component, in ``order``: each commit, and whether it is on another branch."""
    baselines: dict[str, Baseline | None] = {}
    shown = set()
    found: dict[str, list[Point]] = {}
    for commit, on_other_branch in order:
        for record in note_of(commit).records:
            name, own = record.component, record.baseline
            if not on_other_branch:
                baselines[name] = join(baselines.get(name), own)
            override = ""
            # Later records repeat a baseline with its reason: the first of them opened the epoch.
            if own is not None and own.override and (name, own.epoch, own.override, on_other_branch) not in shown:
                shown.add((name, own.epoch, own.override, on_other_branch))
                override = own.override
            point = Point(
                commit=commit,
                judgement=record.judgement,
                baseline=own if on_other_branch else baselines[name],
                override=override,
                excuse=record.excuse.reason if record.excuse else "",
                on_other_branch=on_other_branch,
            )
            found.setdefault(name, []).append(point)
    return found
