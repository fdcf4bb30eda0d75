"""Audits the history of the notes: what lowered a baseline without an override, or left a note that is not valid.

The notes commits are visited parents first. For each annotated commit, the audit keeps the versions of its note and
which version each came from. So a merge of notes is charged only with what it dropped itself, not with what came from
one of its sides. A finding stays a finding even if a later notes commit repaired it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from fractions import Fraction

from covgate.model.baseline import Baseline, join
from covgate.model.history import Read, Step, baselines_in, is_lower
from covgate.model.note_versions import State, Version, changed_files, highest_of, join_known, newest
from covgate.model.record import Note


class FindingKind(Enum):
    """What a finding is about; the value is its name in every output."""

    FALL = "fall"  # a baseline is lower than before, and no new epoch explains it
    DELETED = "deleted"  # a note was removed
    INVALID = "unbelievable"  # a note, or a record in it, is not valid
    UNEXPLAINED_EPOCH = "unexplained-epoch"  # no override opened this epoch
    LOST = "lost"  # a merge of notes dropped what one of its sides had
    CUT = "cut"  # the ref no longer contains a commit that this clone saw it at


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What the notes commit ``step`` did to the note of ``commit``.

    ``component`` is "" if the whole note is meant. ``before`` and ``after`` are the baselines, None for none.
    ``healed``: the current notes have everything again that was lost.
    """

    kind: FindingKind
    commit: str
    step: Step
    why: str
    component: str = ""
    before: Baseline | None = None
    after: Baseline | None = None
    healed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """The ``findings`` in a history of ``steps`` notes commits, which now has ``notes`` notes."""

    findings: tuple[Finding, ...] = ()
    steps: int = 0
    notes: int = 0


@dataclass(frozen=True, slots=True)
class _Change:
    """What one step did to the note of one commit."""

    step: Step
    commit: str
    version: Version

    @property
    def earlier(self) -> list[Version]:
        """The versions that it replaced, without those that were removed."""
        return [each for each in self.version.came_from if each.blob]

    @property
    def by_merge(self) -> bool:
        """Whether the step merges several histories of the notes."""
        return len(self.step.parents) > 1

    @property
    def is_new(self) -> bool:
        """Whether the note differs from every version that it came from."""
        return all(each.blob != self.version.blob for each in self.version.came_from)

    def finding(
        self,
        kind: FindingKind,
        why: str,
        *,
        component: str = "",
        before: Baseline | None = None,
        after: Baseline | None = None,
    ) -> Finding:
        return Finding(
            kind=kind, commit=self.commit, step=self.step, why=why, component=component, before=before, after=after
        )


def audit(steps: Sequence[Step], read: Read) -> Audit:
    """Audit ``steps``, which lead from the roots to one tip, parents first; ``read`` reads the note in a blob."""
    auditor = _Auditor(read)
    states: dict[str, State] = {}
    children = Counter(parent for step in steps for parent in step.parents)
    state: State = {}
    for step in steps:
        sides = [states[parent] for parent in step.parents]
        for parent in step.parents:
            children[parent] -= 1
            if not children[parent]:
                del states[parent]
        # The last child of its first parent takes over that state; the others work on a copy.
        is_last = sides and step.parents[0] not in states
        state = sides[0] if is_last else dict(sides[0]) if sides else {}
        states[step.oid] = auditor.visit(step, sides or [{}], state)
    findings = tuple(replace(each, healed=_is_healed(each, state, read)) for each in auditor.findings)
    return Audit(findings=findings, steps=len(steps), notes=sum(1 for each in state.values() if each.blob))


class _Auditor:
    """Collects findings while it visits the steps."""

    def __init__(self, read: Read) -> None:
        self.findings: list[Finding] = []
        self._read = read
        # The same change made on two sides is one version: neither side is charged with dropping the other's.
        self._versions: dict[tuple[object, ...], Version] = {}
        # By component and epoch: the lowest percentage that an override, or a finding, opened the epoch with.
        self._opened: dict[tuple[str, int], Fraction] = {}

    def visit(self, step: Step, sides: Sequence[State], state: State) -> State:
        """Audit ``step``, whose parents have the states ``sides``; ``state``, which is the first, becomes its own."""
        changes = [
            _Change(step, commit, self._version_after(commit, files, sides))
            for commit, files in changed_files(step).items()
        ]
        # Overrides first: an override and what is based on it may come in one step.
        for change in changes:
            note = self._read(change.version.blob) if change.version.blob else Note()
            for component, baseline in baselines_in(note).items():
                if baseline.override:
                    self._open_epoch(component, baseline)
        for change in changes:
            came_from = change.version.came_from
            if change.is_new or len(came_from) > 1:
                self.findings += self._check(change)
            state[change.commit] = change.version
        return state

    def _version_after(self, commit: str, files: dict[str, str], sides: Sequence[State]) -> Version:
        """The version that results from ``files`` (path -> blob, "" if removed), changed against the first side."""
        came_from = newest([side[commit] for side in sides if commit in side])
        first = sides[0].get(commit)
        now = {path: blob for path, blob in {**(first.files if first else {}), **files}.items() if blob}
        key = (commit, *sorted(now.items()), *(each.number for each in came_from))
        if key not in self._versions:
            self._versions[key] = Version(len(self._versions), came_from, now)
        return self._versions[key]

    def _open_epoch(self, component: str, baseline: Baseline) -> None:
        key = component, baseline.epoch
        self._opened[key] = min(self._opened.get(key, baseline.percent), baseline.percent)

    def _check(self, change: _Change) -> list[Finding]:
        version, known = change.version, join_known(change.version.came_from)
        if not version.blob:
            return list(_check_removed(change))
        note = self._read(version.blob)
        after = baselines_in(note)
        findings = []
        if note.problems and change.is_new:
            why = "; ".join(note.problems)
            before = highest_of(change.earlier)
            findings.append(change.finding(FindingKind.INVALID, why, before=before, after=join(*after.values())))
        findings += _check_lowered(change, known, after, partly_valid=bool(note.problems))
        if change.is_new:
            findings += self._check_epochs(change, known, after)
        version.known = {**known, **after} if note.problems else after
        return findings

    def _check_epochs(
        self, change: _Change, known: Mapping[str, Baseline], after: Mapping[str, Baseline]
    ) -> Iterator[Finding]:
        for component, baseline in after.items():
            opened = self._opened.get((component, baseline.epoch))
            if baseline.epoch and (opened is None or baseline.percent < opened):
                self._open_epoch(component, baseline)  # whoever builds on it is not charged again
                why = f"no override opened epoch {baseline.epoch}" + ("" if opened is None else " so low")
                before = known.get(component)
                yield change.finding(
                    FindingKind.UNEXPLAINED_EPOCH, why, component=component, before=before, after=baseline
                )


def _check_removed(change: _Change) -> Iterator[Finding]:
    before = highest_of(change.earlier)
    if change.earlier and change.by_merge:
        yield change.finding(FindingKind.LOST, "the merge dropped the note of one side", before=before)
    elif change.earlier:
        yield change.finding(FindingKind.DELETED, "the note was removed", before=before)


def _check_lowered(
    change: _Change, known: Mapping[str, Baseline], after: Mapping[str, Baseline], *, partly_valid: bool
) -> Iterator[Finding]:
    """``partly_valid``: a component that is missing may be in the part of the note that is not valid."""
    for component, before in known.items():
        baseline = after.get(component)
        if not is_lower(baseline, before) or (baseline is None and partly_valid):
            continue
        kind, why = FindingKind.FALL, _why_lower(before, baseline)
        if change.by_merge:
            kind, why = FindingKind.LOST, "the merge dropped the higher baseline of one side"
        yield change.finding(kind, why, component=component, before=before, after=baseline)


def _why_lower(before: Baseline, after: Baseline | None) -> str:
    if after is None:
        return "the baseline was taken out"
    if after.epoch < before.epoch:
        return f"the baseline went back to epoch {after.epoch}"
    return "the baseline was lowered without an override"


def _is_healed(finding: Finding, state: State, read: Read) -> bool:
    """Whether the note is there now, valid as a whole, and no lower than before."""
    version = state.get(finding.commit)
    if finding.kind is FindingKind.UNEXPLAINED_EPOCH or version is None or not version.blob:
        return False
    note = read(version.blob)
    known = baselines_in(note)
    baseline = known.get(finding.component) if finding.component else join(*known.values())
    return not note.problems and (finding.before is None or not is_lower(baseline, finding.before))
