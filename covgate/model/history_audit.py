"""Audits the history of the notes: what lowered a baseline without an override, or left a note that is not valid.

The notes commits are visited parents first. For each annotated commit, the audit keeps the versions of its note and
which version each came from. So a merge of notes is charged only with what it dropped itself, not with what came from
one of its sides. A finding stays a finding even if a later notes commit repaired it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from enum import Enum

from covgate.model.baseline import Baseline, join
from covgate.model.epochs import Epochs
from covgate.model.history import Read, Step, baselines_in, is_lower, why_lower
from covgate.model.note_versions import (
    Epoch,
    State,
    Version,
    changed_files,
    changed_judgements,
    highest_of,
    join_known,
    newest,
)


class FindingKind(Enum):
    """What a finding is about; the value is its name in every output."""

    FALL = "fall"  # a baseline is lower than before, and no new epoch explains it
    DELETED = "deleted"  # a note was removed
    INVALID = "unbelievable"  # a note, or a record in it, is not valid
    UNEXPLAINED_EPOCH = "unexplained-epoch"  # no override opened this epoch
    CHANGED = "changed"  # the judgement that was recorded with a baseline is another one
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
    """The ``findings`` in a history of ``steps`` notes commits, which now has ``notes`` notes.

    ``state`` is where the history ends: the current version of each note that it touched.
    """

    findings: tuple[Finding, ...] = ()
    steps: int = 0
    notes: int = 0
    state: State = field(default_factory=State, compare=False, repr=False)


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


def audit(
    steps: Sequence[Step], read: Read, *, epochs: Epochs | None = None, known: Mapping[str, State] | None = None
) -> Audit:
    """Audit ``steps``, which lead to one tip, parents first; ``read`` reads the note in a blob.

    If ``steps`` continue a history that was read before, ``known`` has the state at each parent that is not among them,
    and ``epochs`` has the epochs that are open there. Epochs that the steps open are added to ``epochs``.
    """
    auditor = _Auditor(read, Epochs() if epochs is None else epochs)
    states = {oid: state.copy() for oid, state in (known or {}).items()}
    children = Counter(parent for step in steps for parent in step.parents)
    state = State()
    for step in steps:
        sides = [states[parent] for parent in step.parents]
        for parent in step.parents:
            children[parent] -= 1
            if not children[parent]:
                del states[parent]
        # The last child of its first parent takes over that state; the others work on a copy.
        is_last = sides and step.parents[0] not in states
        before = {key for side in sides for key, count in side.closed.items() if count > 0}
        state = sides[0] if is_last else sides[0].copy() if sides else State()
        states[step.oid] = auditor.visit(step, sides or [State()], state, before)
    findings = tuple(replace(each, healed=auditor.is_healed(each, state)) for each in auditor.findings)
    notes = sum(1 for each in state.versions.values() if each.blob)
    return Audit(findings=findings, steps=len(steps), notes=notes, state=state)


class _Auditor:
    """Collects findings while it visits the steps."""

    def __init__(self, read: Read, epochs: Epochs) -> None:
        self.findings: list[Finding] = []
        self._read = read
        self._epochs = epochs
        # The same change made on two sides is one version: neither side is charged with dropping the other's.
        self._versions: dict[tuple[object, ...], Version] = {}

    def visit(self, step: Step, sides: Sequence[State], state: State, closed: Set[Epoch]) -> State:
        """Audit ``step``, whose parents have the states ``sides``; ``state``, the first of these, becomes its own.

        ``closed``: epochs that the notes already had although no override opened them.
        """
        changes = [
            _Change(step, commit, self._version_after(commit, files, sides))
            for commit, files in changed_files(step).items()
        ]
        # Overrides first: an override and what is based on it may come in one step.
        notes = [self._read(change.version.blob) for change in changes if change.version.blob]
        self._epochs.open(each for note in notes for each in baselines_in(note).items())
        for change in changes:
            came_from = change.version.came_from
            if change.is_new or len(came_from) > 1:
                self.findings += self._check(change, closed)
            state.put(change.commit, change.version)
        return state

    def _version_after(self, commit: str, files: dict[str, str], sides: Sequence[State]) -> Version:
        """The version that results from ``files`` (path -> blob, "" if removed), changed against the first side."""
        came_from = newest([side.versions[commit] for side in sides if commit in side.versions])
        first = sides[0].versions.get(commit)
        now = {path: blob for path, blob in {**(first.files if first else {}), **files}.items() if blob}
        key = (commit, *sorted(now.items()), *(each.number for each in came_from))
        if key not in self._versions:
            self._versions[key] = Version(len(self._versions), came_from, now)
        return self._versions[key]

    def _check(self, change: _Change, closed: Set[Epoch]) -> list[Finding]:
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
        for name, why in changed_judgements(version.kept, note) if change.is_new and not change.by_merge else ():
            findings.append(change.finding(FindingKind.CHANGED, why, component=name))
        version.closed = frozenset(
            (name, each.epoch) for name, each in after.items() if not self._epochs.is_open(name, each)
        )
        if change.is_new:
            findings += self._check_epochs(change, known, after, closed)
        believed = {name: each for name, each in after.items() if self._epochs.is_open(name, each)}
        version.known = {**known, **believed} if note.problems or len(believed) < len(after) else after
        version.merged = change.by_merge
        version.keep(note, self._epochs)
        return findings

    def _check_epochs(
        self,
        change: _Change,
        known: Mapping[str, Baseline],
        after: Mapping[str, Baseline],
        closed: Set[Epoch],
    ) -> Iterator[Finding]:
        for component, baseline in after.items():
            # Don't report an author who only builds on such an epoch.
            if (component, baseline.epoch) in change.version.closed - closed:
                why, before = self._epochs.why_not_open(component, baseline), known.get(component)
                yield change.finding(
                    FindingKind.UNEXPLAINED_EPOCH, why, component=component, before=before, after=baseline
                )

    def is_healed(self, finding: Finding, state: State) -> bool:
        """Whether the note is there now, valid as a whole, and no lower than before."""
        version = state.versions.get(finding.commit)
        note = self._read(version.blob) if version and version.blob else None
        known = baselines_in(note) if note else {}
        if finding.kind is FindingKind.UNEXPLAINED_EPOCH:
            baseline = known.get(finding.component)
            return baseline is None or self._epochs.is_open(finding.component, baseline)
        if finding.kind is FindingKind.CHANGED:
            is_kept = version and note and note.record(finding.component) == version.kept.get(finding.component)
            return bool(note and is_kept and not note.problems)
        if note is None:
            return finding.kind is FindingKind.INVALID and finding.before is None
        baseline = known.get(finding.component) if finding.component else join(*known.values())
        return not note.problems and (finding.before is None or not is_lower(baseline, finding.before))


def _check_removed(change: _Change) -> Iterator[Finding]:
    if not any(each.kept for each in change.earlier):
        return  # nothing in it was valid
    before = highest_of(change.earlier)
    if change.by_merge:
        yield change.finding(FindingKind.LOST, "the merge dropped the note of one side", before=before)
    else:
        yield change.finding(FindingKind.DELETED, "the note was removed", before=before)


def _check_lowered(
    change: _Change, known: Mapping[str, Baseline], after: Mapping[str, Baseline], *, partly_valid: bool
) -> Iterator[Finding]:
    """``partly_valid``: a component that is missing may be in the part of the note that is not valid."""
    for component, before in known.items():
        baseline = after.get(component)
        if not is_lower(baseline, before) or (baseline is None and partly_valid):
            continue
        kind, why = FindingKind.FALL, why_lower(before, baseline)
        if change.by_merge:
            kind, why = FindingKind.LOST, "the merge dropped the higher baseline of one side"
        yield change.finding(kind, why, component=component, before=before, after=baseline)
