"""What the note of a commit holds: records, one per component, and how they join."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import NamedTuple

from covgate.model.baseline import Baseline, join, merge_baseline
from covgate.model.measurement import Measurement, Toolchain
from covgate.model.numbers import Numbers, format_exact, format_percent
from covgate.model.verdict import Status, Verdict

DEFAULT_COMPONENT = "default"


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What one run measured and the verdict on it.

    ``floor``, ``epsilon`` (percentage points) and ``delta`` are texts, as they were rendered; "" if unknown.
    """

    status: Status
    numbers: Numbers
    tree: str
    toolchain: str = ""
    floor: str = ""
    policy: str = ""
    epsilon: str = ""
    delta: str = ""
    reason: str = ""

    @property
    def order(self) -> tuple[object, ...]:
        """A total order, so that clones that disagree on one commit choose the same: the better measurement wins."""
        numbers = self.numbers
        return (
            numbers.percent if numbers.percent is not None else Fraction(-1),
            numbers.executable,
            self.status is Status.PASS,
            (numbers.statements, numbers.executed_statements, numbers.excluded),
            (self.tree, self.toolchain, self.floor, self.policy, self.epsilon, self.delta, self.reason),
        )

    def same_result(self, other: Judgement) -> bool:
        """Whether both judge the same numbers of the same tree by the same rules, with the same status.

        ``delta``, ``reason`` and ``toolchain`` may differ.
        """
        return (self.status, self.numbers, self.tree, self.policy, self.floor, self.epsilon) == (
            other.status,
            other.numbers,
            other.tree,
            other.policy,
            other.floor,
            other.epsilon,
        )


class Excuse(NamedTuple):
    """Why a commit passes although it fails. It holds for ``tree`` alone, which names what was measured.

    Their order is a total one, so that clones that excuse one commit choose the same.
    """

    tree: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """The baseline, the judgement and the excuse of one component at one commit; any may be missing, not all."""

    component: str = DEFAULT_COMPONENT
    baseline: Baseline | None = None
    judgement: Judgement | None = None
    excuse: Excuse | None = None

    @property
    def is_empty(self) -> bool:
        """Whether it says nothing."""
        return self.baseline is None and self.judgement is None and self.excuse is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """The note of a commit: its valid records, and a line for each problem.

    ``other_format``: whether a record was left out because another version of covgate wrote it, not because it is
    damaged.
    """

    records: tuple[Record, ...] = ()
    problems: tuple[str, ...] = ()
    other_format: bool = False

    def record(self, component: str = DEFAULT_COMPONENT) -> Record | None:
        """The record of ``component``; None if there is none."""
        return next((each for each in self.records if each.component == component), None)


def record_of(
    verdict: Verdict,
    numbers: Numbers,
    tree: str,
    toolchain: str,
    baseline: Baseline | None,
    *,
    component: str = DEFAULT_COMPONENT,
) -> Record:
    """The record of a judged measurement, with ``baseline`` as the one that holds from this commit on."""
    return Record(
        component=component,
        baseline=baseline,
        judgement=Judgement(
            status=verdict.status,
            numbers=numbers,
            tree=tree,
            toolchain=toolchain,
            floor=format_exact(verdict.policy.floor),
            policy=verdict.policy.kind.value,
            epsilon=format_exact(verdict.policy.epsilon),
            delta=format_percent(verdict.delta),
            reason=verdict.reason,
        ),
    )


def measurement_of(judgement: Judgement) -> Measurement:
    """The measurement that was judged: its totals and toolchain, without files and lines."""
    toolchain = Toolchain.parse(judgement.toolchain)
    return Measurement(tree=judgement.tree, numbers=judgement.numbers, toolchain=toolchain)


def merge_record(note: Note, record: Record, contents: str = "") -> Note:
    """``note`` with the new ``record`` of a component in it; the records of other components stay.

    Baselines join. A pass that was recorded with a baseline stays while that holds (`lasting_judgement`). Any other
    judgement is replaced by the new one, unless both have the same result: then the old one stays, with the reason that
    was given first, so that a ratchet that runs twice writes the same bytes.

    An excuse stays with its tree: that of the judgement, or ``contents``, what the commit's own configuration names. If
    a base enforces other sources, the judgement is about these.
    """
    record = replace(record, excuse=lasting_excuse(_trees(record.judgement, contents), record.excuse))
    known = note.record(record.component)
    if known is None:
        return join_notes(note, Note(records=(record,)))
    old, new = known.judgement, record.judgement
    baseline = merge_baseline(known.baseline, record.baseline)
    if new is None or (old is not None and new.same_result(old)):
        new = old
    judgement = lasting_judgement(known, baseline, new) or new
    excuse = lasting_excuse(_trees(judgement, contents), known.excuse, record.excuse)
    merged = Record(component=record.component, baseline=baseline, judgement=judgement, excuse=excuse)
    others = tuple(each for each in note.records if each.component != record.component)
    return Note(records=(*others, merged))


def _trees(judgement: Judgement | None, contents: str) -> set[str]:
    return {judgement.tree, contents} if judgement is not None else set()


def excused_note(note: Note, entry: Record) -> Note:
    """``note`` with the excuse of ``entry``, which replaces one for another tree: that came with a copied note."""
    known = note.record(entry.component)
    if known is not None and known.excuse is not None and entry.excuse and known.excuse.tree != entry.excuse.tree:
        others = tuple(each for each in note.records if each.component != entry.component)
        note = replace(note, records=(*others, replace(known, excuse=None)))
    return join_notes(note, Note(records=(entry,)))


def lasting_excuse(trees: Collection[str], *excuses: Excuse | None) -> Excuse | None:
    """The join of ``excuses``; of those for one of ``trees`` alone, unless that is empty."""
    known = [each for each in excuses if each is not None]
    return max((each for each in known if not trees or each.tree in trees), default=None)


def lasting_judgement(known: Record, baseline: Baseline | None, new: Judgement | None) -> Judgement | None:
    """The judgement of ``known`` if no ``new`` one replaces it; else None.

    That is a pass that was recorded with a baseline, as long as ``baseline``, the one that holds now, is on the same
    level: later commits are compared with its counts (docs/adr/0015). A judgement of another tree came with a note
    that git copied from another commit, and does not stay.
    """
    old = known.judgement
    if old is None or old.status is not Status.PASS or known.baseline is None or baseline is None:
        return None
    same_tree = new is None or new.tree == old.tree
    return old if same_tree and known.baseline.level == baseline.level else None


def contradict(one: Note, other: Note) -> bool:
    """Whether both notes have a pass that stays with the same baseline, and the passes differ."""
    for record in one.records:
        against = other.record(record.component)
        mine = lasting_judgement(record, against.baseline, against.judgement) if against else None
        if against and mine and lasting_judgement(against, record.baseline, mine) not in (None, mine):
            return True
    return False


def join_records(one: Record, other: Record) -> Record:
    """The join of two records of one commit and component: the higher baseline, and the better judgement.

    Which judgement is better can't depend on the baseline: the join would not be associative, since an override has no
    judgement. Which of them was recorded first is in the history of the notes alone.
    """
    judgements = [each.judgement for each in (one, other) if each.judgement is not None]
    return Record(
        component=one.component,
        baseline=join(one.baseline, other.baseline),
        judgement=max(judgements, key=lambda each: each.order, default=None),
        excuse=lasting_excuse((), one.excuse, other.excuse),
    )


def join_published(published: Note, ours: Note) -> Note:
    """The join of a ``published`` note and one of ``ours``.

    A pass goes with the baseline that it was recorded with. If both sides have one for the same baseline, the published
    one stays: it was there first.
    """
    joined = []
    for record in join_notes(published, ours).records:
        for side in filter(None, (published.record(record.component), ours.record(record.component))):
            stays = lasting_judgement(side, record.baseline, record.judgement)
            if stays is not None:
                record = replace(record, judgement=stays)
                break
        joined.append(record)
    return Note(records=tuple(joined))


def join_notes(*notes: Note) -> Note:
    """The join of ``notes``, component by component, with the records sorted by component.

    Commutative, associative and idempotent: clones that exchange notes in any order end with the same one.
    """
    joined: dict[str, Record] = {}
    for note in notes:
        for record in note.records:
            known = joined.get(record.component)
            joined[record.component] = join_records(known, record) if known else record
    return Note(records=tuple(joined[name] for name in sorted(joined)))
