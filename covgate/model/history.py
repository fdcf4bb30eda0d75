"""The history of the notes, judged: what took a baseline down, or left a note that can't be believed.

A fold over the notes commits, parents first. Of every annotated commit it keeps the versions of its note and
which came from which, so that a merge of notes answers for what it drops itself, and not for what only came
from its other side. A finding is a fact of the history: that it was put right later doesn't undo it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from fractions import Fraction

from covgate.model.baseline import Baseline, join
from covgate.model.record import Note

_LOWER_SIDE = "the merge dropped the higher baseline of one side"
_ANNOTATED = re.compile(r"(?:[0-9a-f]{40}|[0-9a-f]{64})")
# The paths of a notes tree that changed, each with the blob that it holds now; "" for none.
Changes = Mapping[str, str]
Read = Callable[[str], Note]


class Kind(Enum):
    """What a finding is about."""

    FALL = "fall"  # a baseline is lower than it was, and no new epoch explains it
    DELETED = "deleted"  # a note is gone
    UNBELIEVABLE = "unbelievable"  # a note, or a record in it, can't be believed
    UNEXPLAINED_EPOCH = "unexplained-epoch"  # an epoch that no override opened
    LOST = "lost"  # a merge of notes dropped what one of its sides knew
    CUT = "cut"  # the ref left a history that it had been seen with


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One notes commit; ``changes`` has one entry for each parent, a root has one against nothing."""

    oid: str
    parents: tuple[str, ...] = ()
    author: str = ""
    email: str = ""
    date: str = ""
    changes: tuple[Changes, ...] = ({},)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What the notes commit ``step`` did to the note of ``commit``.

    ``component`` is "" where the whole note is meant. ``before`` and ``after`` are baselines, None for none.
    ``healed``: the notes as they stand now hold all that was lost.
    """

    kind: Kind
    commit: str
    step: Step
    why: str
    component: str = ""
    before: Baseline | None = None
    after: Baseline | None = None
    healed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """The ``findings`` of a history of ``steps`` notes commits that now holds ``notes`` notes."""

    findings: tuple[Finding, ...] = ()
    steps: int = 0
    notes: int = 0


class _Version:
    """A note at some time. ``known``: the baselines that it last was believed to have, gone or torn since or not."""

    __slots__ = ("blob", "came_from", "files", "known", "number")

    def __init__(self, number: int, came_from: Sequence[_Version], files: dict[str, str]) -> None:
        self.number = number
        self.came_from = came_from
        self.files = files
        # As readers of a tree with two files for one commit do: the last one counts.
        self.blob = files[max(files)] if files else ""
        self.known = _joined(came_from)


_State = dict[str, _Version]


def audit(steps: Sequence[Step], read: Read) -> Audit:
    """Judge ``steps``, which lead from the roots to one tip, each after its parents; ``read`` reads a note's blob."""
    fold = _Fold(read)
    states: dict[str, _State] = {}
    waiting = Counter(parent for step in steps for parent in step.parents)
    state: _State = {}
    for step in steps:
        sides = [states[parent] for parent in step.parents]
        for parent in step.parents:
            waiting[parent] -= 1
            if not waiting[parent]:
                del states[parent]
        # Where nobody else begins at the first parent, its state is carried on; else a copy is.
        carried_on = sides and step.parents[0] not in states
        state = sides[0] if carried_on else dict(sides[0]) if sides else {}
        states[step.oid] = fold.take(step, sides or [{}], state)
    findings = tuple(replace(each, healed=_is_healed(each, state, read)) for each in fold.findings)
    return Audit(findings=findings, steps=len(steps), notes=sum(1 for each in state.values() if each.blob))


def annotated(path: str) -> str:
    """The commit whose note lies at ``path`` in a notes tree, whatever the fan-out; "" for a file that is no note."""
    commit = path.replace("/", "")
    return commit if _ANNOTATED.fullmatch(commit) else ""


def missing(here: Mapping[str, str], seen: Mapping[str, str], read: Read) -> list[str]:
    """The commits of which the notes ``seen`` (commit -> blob) know a baseline that those ``here`` don't reach."""
    lower = []
    for commit, blob in seen.items():
        if here.get(commit) != blob:
            note = read(here[commit]) if commit in here else Note()
            known = _baselines(note)
            if any(_is_lower(known.get(name), before) for name, before in _baselines(read(blob)).items()):
                lower.append(commit)
    return lower


class _Fold:
    """What is known while the steps go by."""

    def __init__(self, read: Read) -> None:
        self.findings: list[Finding] = []
        self._read = read
        # The same change made on two sides is one version: neither side answers for dropping the other's.
        self._versions: dict[tuple[object, ...], _Version] = {}
        # The lowest that an override opened each epoch at; nothing that rests on it is lower. Or: found already.
        self._opened: dict[tuple[str, int], Fraction] = {}

    def take(self, step: Step, sides: Sequence[_State], state: _State) -> _State:
        """Judge ``step``, whose parents have the states ``sides``; ``state``, the first of them, becomes its own."""
        changed: dict[str, dict[str, str]] = {}
        for number, changes in enumerate(step.changes):
            for path, blob in changes.items():
                commit = annotated(path)
                if commit:
                    own = changed.setdefault(commit, {})
                    if number == 0:
                        own[path] = blob
        todo = []
        for commit, files in changed.items():
            versions = _newest([side[commit] for side in sides if commit in side])
            first = sides[0].get(commit)
            now = {path: blob for path, blob in {**(first.files if first else {}), **files}.items() if blob}
            key = (commit, *sorted(now.items()), *(each.number for each in versions))
            version = self._versions.get(key)
            if version is None:
                version = self._versions[key] = _Version(len(self._versions), versions, now)
            todo.append((commit, version))
            for name, height in _baselines(self._read(version.blob)).items() if version.blob else ():
                if height.override:
                    self._open(name, height)
        # Judged when all is seen: an override and what rests on it may come in one step.
        for commit, version in todo:
            if version.blob not in {each.blob for each in version.came_from} or len(version.came_from) > 1:
                self._judge(step, commit, version)
            state[commit] = version
        return state

    def _judge(self, step: Step, commit: str, version: _Version) -> None:
        before, known = version.came_from, _joined(version.came_from)
        merges = len(step.parents) > 1
        there = [each for each in before if each.blob]
        if not version.blob:
            if there and merges:
                self._find(Kind.LOST, step, commit, "the merge dropped the note of one side", before=_top(there))
            elif there:
                self._find(Kind.DELETED, step, commit, "the note was removed", before=_top(there))
            return
        note = self._read(version.blob)
        after = _baselines(note)
        new = all(each.blob != version.blob for each in before)
        if note.problems and new:
            why = "; ".join(note.problems)
            self._find(Kind.UNBELIEVABLE, step, commit, why, before=_top(there), after=_highest(after))
        # A note of which a part is torn says nothing on what else it held: that stays known.
        for name, was in known.items():
            height = after.get(name)
            if _is_lower(height, was) and not (height is None and note.problems):
                kind, why = (Kind.LOST, _LOWER_SIDE) if merges else (Kind.FALL, _fall(was, height))
                self._find(kind, step, commit, why, component=name, before=was, after=height)
        for name, height in after.items():
            opened = self._opened.get((name, height.epoch))
            if new and height.epoch and (opened is None or height.percent < opened):
                self._open(name, height)  # who carries it on is not to blame
                why = f"no override opened epoch {height.epoch}" + ("" if opened is None else " so low")
                had = known.get(name)
                self._find(Kind.UNEXPLAINED_EPOCH, step, commit, why, component=name, before=had, after=height)
        version.known = {**known, **after} if note.problems else after

    def _open(self, component: str, height: Baseline) -> None:
        key = component, height.epoch
        self._opened[key] = min(self._opened.get(key, height.percent), height.percent)

    def _find(
        self,
        kind: Kind,
        step: Step,
        commit: str,
        why: str,
        *,
        component: str = "",
        before: Baseline | None = None,
        after: Baseline | None = None,
    ) -> None:
        self.findings.append(
            Finding(kind=kind, commit=commit, step=step, why=why, component=component, before=before, after=after)
        )


def _fall(before: Baseline, after: Baseline | None) -> str:
    if after is None:
        return "the baseline was taken out"
    if after.epoch < before.epoch:
        return f"the baseline went back to epoch {after.epoch}"
    return "the baseline was lowered without an override"


def _newest(versions: Iterable[_Version]) -> list[_Version]:
    """Those of ``versions`` that no other one came from: more than one where sides changed a note apart."""
    unique = list(dict.fromkeys(versions))
    if len(unique) < 2:
        return unique
    return [each for each in unique if not any(_led_to(each, other) for other in unique if other is not each)]


def _led_to(version: _Version, later: _Version) -> bool:
    todo, seen = [later], set()
    while todo:
        each = todo.pop()
        if each is version:
            return True
        if each.number > version.number and each.number not in seen:
            seen.add(each.number)
            todo.extend(each.came_from)
    return False


def _joined(versions: Sequence[_Version]) -> dict[str, Baseline]:
    """What ``versions`` know together; of several, one that was removed has no more to say."""
    if len(versions) == 1:
        return versions[0].known
    known: dict[str, Baseline] = {}
    for version in versions:
        for name, baseline in version.known.items() if version.blob else ():
            known[name] = join(known.get(name), baseline) or baseline
    return known


def _baselines(note: Note) -> dict[str, Baseline]:
    return {each.component: each.baseline for each in note.records if each.baseline is not None}


def _highest(known: Mapping[str, Baseline]) -> Baseline | None:
    return join(*known.values())


def _top(versions: Sequence[_Version]) -> Baseline | None:
    return join(*(_highest(each.known) for each in versions))


def _is_lower(after: Baseline | None, before: Baseline) -> bool:
    return after is None or after.height < before.height


def _is_healed(finding: Finding, state: _State, read: Read) -> bool:
    """Whether the note stands now, whole, and no lower than before."""
    version = state.get(finding.commit)
    if finding.kind is Kind.UNEXPLAINED_EPOCH or version is None or not version.blob:
        return False
    note = read(version.blob)
    known = _baselines(note)
    height = known.get(finding.component) if finding.component else _highest(known)
    return not note.problems and (finding.before is None or not _is_lower(height, finding.before))
