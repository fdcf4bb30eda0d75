"""What the note of a commit holds: records, one per component, and how they join."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """The baseline and the judgement of one component at one commit; either may be missing, not both."""

    component: str = DEFAULT_COMPONENT
    baseline: Baseline | None = None
    judgement: Judgement | None = None


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


def record_of(verdict: Verdict, numbers: Numbers, tree: str, toolchain: str, baseline: Baseline | None) -> Record:
    """The record of a judged measurement, with ``baseline`` as the one that holds from this commit on."""
    return Record(
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


def merge_record(note: Note, record: Record) -> Note:
    """``note`` with the new ``record`` of a component in it; the records of other components stay.

    Baselines join. The new judgement replaces the old one, unless it has the same result: then the old one stays, with
    the reason that was given first, so that a ratchet that runs twice writes the same bytes. What reached the baseline
    stays, too, if the same tree passes with other counts: it is what others are compared with (docs/adr/0015).
    """
    known = note.record(record.component)
    if known is None:
        return join_notes(note, Note(records=(record,)))
    old, new = known.judgement, record.judgement
    baseline = merge_baseline(known.baseline, record.baseline)
    if new is None or (old is not None and (new.same_result(old) or _is_what_counts(old, new, baseline))):
        new = old
    merged = Record(component=record.component, baseline=baseline, judgement=new)
    others = tuple(each for each in note.records if each.component != record.component)
    return Note(records=(*others, merged))


def _is_what_counts(old: Judgement, new: Judgement, baseline: Baseline | None) -> bool:
    """Whether ``old`` reached the ``baseline`` that holds now, or stands beside one that was set, and ``new`` does not.

    Only a pass with other counts of the same tree is turned down.
    """
    if baseline is None or new.numbers == old.numbers or new.numbers.percent == baseline.percent:
        return False
    both_pass = old.status is Status.PASS and new.status is Status.PASS
    reached = bool(baseline.override) or old.numbers.percent == baseline.percent
    return reached and both_pass and new.tree == old.tree


def join_records(one: Record, other: Record) -> Record:
    """The join of two records of one commit and component: the higher baseline, and the better judgement."""
    judgements = [each.judgement for each in (one, other) if each.judgement is not None]
    return Record(
        component=one.component,
        baseline=join(one.baseline, other.baseline),
        judgement=max(judgements, key=lambda each: each.order, default=None),
    )


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
