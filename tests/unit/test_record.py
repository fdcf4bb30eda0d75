"""Records: how they join and how a new one is merged into a note."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covgate.model.baseline import Baseline
from covgate.model.measurement import Measurement, Toolchain
from covgate.model.numbers import Numbers
from covgate.model.policy import Kind, Policy
from covgate.model.record import (
    Excuse,
    Judgement,
    Note,
    Record,
    contradict,
    excused_note,
    join_notes,
    join_published,
    join_records,
    lasting_judgement,
    measurement_of,
    merge_record,
    record_of,
)
from covgate.model.verdict import Status, judge

OLD = Judgement(
    status=Status.PASS,
    numbers=Numbers(statements=4, executed_statements=3),
    tree="a" * 40,
    toolchain="CPython 3.12.1, coverage 7.6",
    floor="50.00",
    policy="both",
    epsilon="0.00",
    delta="25.00",
    reason="75.00% holds the floor of 50.00%",
)


def of(executed: int, statements: int, executed_branches: int = 0, branches: int = 0, excluded: int = 0) -> Numbers:
    return Numbers.from_counts((statements, executed, branches, executed_branches, excluded))


def ratio(of: tuple[int, int] | None) -> Baseline | None:
    return Baseline(executed=of[0], executable=of[1]) if of else None


LOW, HIGH = Baseline(executed=1, executable=4), Baseline(executed=3, executable=4)
BY_HAND = Baseline(epoch=1, executed=1, executable=4, override="why")


@pytest.mark.parametrize(
    ("change", "same"),
    [
        ({"delta": "0.00", "reason": "75.00% holds the baseline of 75.00%"}, True),
        ({"toolchain": "CPython 3.13.0, coverage 7.7"}, True),
        ({"status": Status.FAIL}, False),
        ({"numbers": Numbers(statements=4, executed_statements=2)}, False),
        ({"numbers": Numbers(statements=8, executed_statements=6)}, False),
        ({"tree": "b" * 40}, False),
        ({"floor": "60.00"}, False),
        ({"policy": "absolute"}, False),
        ({"epsilon": "0.50"}, False),
    ],
)
def test_a_new_judgement_replaces_the_old_one_unless_it_has_the_same_result(
    change: dict[str, object], same: bool
) -> None:
    new = replace(OLD, **change)  # type: ignore[arg-type]
    assert OLD.same_result(new) is new.same_result(OLD) is same
    merged = merge_record(Note(records=(Record(judgement=OLD),)), Record(judgement=new))
    assert merged == Note(records=(Record(judgement=OLD if same else new),))


@pytest.mark.parametrize(
    ("change", "known", "baseline", "kept"),
    [
        ({"numbers": of(2, 4)}, (3, 4), (3, 4), True),
        ({"numbers": of(2, 4)}, (3, 4), (6, 8), True),
        ({"numbers": of(4, 4)}, (3, 4), (3, 4), True),
        ({"numbers": of(6, 8)}, (3, 4), (3, 4), True),
        ({"numbers": of(3, 4), "status": Status.FAIL}, (3, 4), (3, 4), True),
        ({"numbers": of(2, 4), "status": Status.FAIL}, (3, 4), (3, 4), True),
        ({"floor": "60.00"}, (3, 4), (3, 4), True),
        ({"numbers": of(2, 4)}, (3, 4), None, True),
        # It did not reach the baseline that it was recorded with: another one must not claim that later.
        ({"numbers": of(2, 4)}, (2, 4), (2, 4), True),
        ({"numbers": of(4, 4)}, (4, 4), (4, 4), True),
        # The baseline rose, there was none, or the note was copied from a commit with another tree.
        ({"numbers": of(4, 4)}, (3, 4), (4, 4), False),
        ({"numbers": of(2, 4)}, None, (2, 4), False),
        ({"numbers": of(2, 4)}, None, None, False),
        ({"numbers": of(2, 4), "tree": "b" * 40}, (3, 4), (3, 4), False),
    ],
)
def test_a_pass_stays_with_the_baseline_that_it_was_recorded_with(
    change: dict[str, object], known: tuple[int, int] | None, baseline: tuple[int, int] | None, kept: bool
) -> None:
    new = replace(OLD, **change)  # type: ignore[arg-type]
    note = Note(records=(Record(judgement=OLD, baseline=ratio(known)),))
    (merged,) = merge_record(note, Record(judgement=new, baseline=ratio(baseline))).records
    assert merged.judgement == (OLD if kept else new)


def test_a_failure_stays_with_no_baseline() -> None:
    failed = replace(OLD, status=Status.FAIL, numbers=of(1, 4))
    note = Note(records=(Record(judgement=failed, baseline=HIGH),))
    (merged,) = merge_record(note, Record(judgement=OLD, baseline=HIGH)).records
    assert merged == Record(judgement=OLD, baseline=HIGH)


records = st.builds(
    Record,
    component=st.sampled_from(["api", "web"]),
    baseline=st.sampled_from([None, LOW, HIGH, BY_HAND, replace(HIGH, epoch=1)]),
    judgement=st.sampled_from(
        [None, OLD, replace(OLD, status=Status.FAIL), *(replace(OLD, numbers=of(n, 4)) for n in (1, 2, 4))]
    ),
    excuse=st.sampled_from([None, *(Excuse(tree=tree * 40, reason=reason) for tree in "ab" for reason in "xy")]),
).filter(lambda each: not each.is_empty)
notes = st.lists(records, max_size=3).map(lambda many: join_notes(Note(records=tuple(many))))


@given(one=notes, other=notes, third=notes)
def test_the_join_of_notes_is_commutative_associative_and_idempotent(one: Note, other: Note, third: Note) -> None:
    assert join_notes(one, other) == join_notes(other, one)
    assert join_notes(one, join_notes(other, third)) == join_notes(join_notes(one, other), third)
    assert join_notes(one, one) == one


@given(published=notes, ours=notes, others=notes)
def test_all_clones_end_with_what_is_published(published: Note, ours: Note, others: Note) -> None:
    """Whoever joins first: the published passes stay, and the baselines are those of the join."""
    once = join_published(published, ours)
    twice = join_published(once, others)
    assert join_published(twice, ours) == join_published(twice, once) == join_published(twice, twice) == twice
    for note in (published, once):
        for record in note.records:
            found = twice.record(record.component)
            assert found is not None
            assert lasting_judgement(record, found.baseline, found.judgement) in (None, found.judgement)
    for record in join_notes(published, ours, others).records:
        found = twice.record(record.component)
        assert found is not None and found.baseline == record.baseline


@pytest.mark.parametrize(
    ("published", "ours", "stays", "differ"),
    [
        # executed of 4, and the baseline's 4ths
        ((2, 3), (4, 3), 2, True),
        ((4, 3), (2, 3), 4, True),
        ((2, 3), (2, 3), 2, False),
        ((2, 3), (4, 2), 2, False),
        ((4, 2), (3, 3), 3, False),  # the judgement of the higher baseline
        ((4, None), (3, 3), 3, False),
        ((4, None), (3, None), 4, False),
    ],
)
def test_a_published_pass_stays(
    published: tuple[int, int | None], ours: tuple[int, int | None], stays: int, differ: bool
) -> None:
    one, other = (
        Note(records=(Record(judgement=replace(OLD, numbers=of(executed, 4)), baseline=ratio(at and (at, 4))),))
        for executed, at in (published, ours)
    )
    (joined,) = join_published(one, other).records
    assert joined.judgement is not None and joined.judgement.numbers == of(stays, 4)
    assert contradict(one, other) is contradict(other, one) is differ


def test_the_texts_of_a_judgement_are_empty_if_they_are_not_known() -> None:
    bare = Judgement(status=Status.PASS, numbers=Numbers(), tree="a" * 40)
    assert (bare.toolchain, bare.floor, bare.policy, bare.epsilon, bare.delta, bare.reason) == ("",) * 6


FROM_WORST_TO_BEST = [
    replace(OLD, numbers=of(0, 0)),  # nothing to execute
    replace(OLD, numbers=of(0, 9)),
    replace(OLD, numbers=of(1, 2)),
    replace(OLD, numbers=of(3, 4), status=Status.FAIL),
    replace(OLD, numbers=of(3, 4)),
    replace(OLD, numbers=of(6, 8), status=Status.FAIL),
    # What is the same percentage of as many statements and branches has an order, too.
    replace(OLD, numbers=of(4, 6, 2, 2, excluded=1)),
    replace(OLD, numbers=of(5, 6, 1, 2)),
    replace(OLD, numbers=of(6, 6, 0, 2)),
    replace(OLD, numbers=of(5, 7, 1, 1)),
    replace(OLD, numbers=of(6, 8)),
    replace(OLD, numbers=of(6, 8, excluded=1)),
    *(
        replace(OLD, numbers=of(6, 8, excluded=1), **{field: "~"})  # type: ignore[arg-type]
        for field in ("reason", "delta", "epsilon", "policy", "floor", "toolchain", "tree")
    ),
]


@pytest.mark.parametrize(("worse", "better"), list(combinations(FROM_WORST_TO_BEST, 2)))
def test_of_two_judgements_of_a_commit_every_clone_keeps_the_better(worse: Judgement, better: Judgement) -> None:
    one, other = Record(component="api", judgement=worse), Record(component="api", judgement=better)
    assert join_records(one, other) == join_records(other, one) == other


def test_the_record_of_a_verdict() -> None:
    policy = Policy(kind=Kind.BASELINE, floor=Fraction(60), epsilon=Fraction(1, 2))
    verdict = judge(of(3, 4), LOW, policy)
    assert record_of(verdict, of(3, 4), "a" * 40, "CPython 3.12.1", HIGH) == Record(
        component="default",
        baseline=HIGH,
        judgement=Judgement(
            status=Status.PASS,
            numbers=of(3, 4),
            tree="a" * 40,
            toolchain="CPython 3.12.1",
            floor="60.00",
            policy="baseline",
            epsilon="0.50",
            delta="15.00",
            reason="75.00% holds the baseline of 25.00%",
        ),
    )


@pytest.mark.parametrize(
    ("known", "new", "merged"),
    [
        (None, LOW, LOW),
        (LOW, None, LOW),
        (LOW, HIGH, HIGH),
        (HIGH, LOW, HIGH),
        (HIGH, BY_HAND, BY_HAND),
        (BY_HAND, HIGH, BY_HAND),
        # A rise in the epoch that was opened here keeps the reason of that override.
        (BY_HAND, replace(HIGH, epoch=1), replace(HIGH, epoch=1, override="why")),
        (replace(HIGH, epoch=1), BY_HAND, replace(HIGH, epoch=1)),
        (BY_HAND, replace(HIGH, epoch=1, override="because"), replace(HIGH, epoch=1, override="because")),
        (BY_HAND, replace(HIGH, epoch=2), replace(HIGH, epoch=2)),
    ],
)
def test_baselines_join_when_a_record_is_merged(
    known: Baseline | None, new: Baseline | None, merged: Baseline | None
) -> None:
    note = Note(records=(Record(baseline=known, judgement=OLD),))
    assert merge_record(note, Record(baseline=new)) == Note(records=(Record(baseline=merged, judgement=OLD),))


def test_a_record_is_merged_into_its_own_component_alone() -> None:
    api, web = Record(component="api", baseline=LOW), Record(component="web", baseline=LOW)
    risen = replace(api, baseline=HIGH)
    assert set(merge_record(Note(records=(api, web)), risen).records) == {risen, web}
    assert merge_record(Note(records=(web,)), risen) == Note(records=(risen, web))


HERE, THERE, OWN = (Excuse(tree=each * 40, reason="why") for each in "abc")


@pytest.mark.parametrize(
    ("known", "judgement", "merged"),
    [
        (HERE, OLD, HERE),
        (HERE, replace(OLD, status=Status.FAIL, numbers=of(1, 4)), HERE),
        (HERE, None, HERE),
        (None, OLD, None),
        # The commit's own configuration names other inputs than a base that enforces more sources.
        (OWN, OLD, OWN),
        # The note was copied from a commit with another tree.
        (THERE, OLD, None),
        (THERE, None, THERE),
    ],
)
def test_an_excuse_stays_with_its_tree(
    known: Excuse | None, judgement: Judgement | None, merged: Excuse | None
) -> None:
    note = Note(records=(Record(baseline=LOW, excuse=known),))
    (found,) = merge_record(note, Record(judgement=judgement, baseline=LOW), OWN.tree).records
    assert (found.excuse, found.judgement, found.baseline) == (merged, judgement, LOW)


def test_an_excuse_is_added_to_a_note() -> None:
    judged = Record(baseline=LOW, judgement=OLD)
    entry = Record(baseline=LOW, excuse=HERE)
    for before in (judged, replace(judged, excuse=HERE), replace(judged, excuse=THERE)):
        assert excused_note(Note(records=(before,)), entry) == Note(records=(replace(judged, excuse=HERE),))
    api = replace(entry, component="api")
    assert excused_note(Note(records=(judged,)), api) == Note(records=(api, judged))


def test_the_measurement_of_a_judgement_has_its_totals_and_toolchain() -> None:
    toolchain = Toolchain(python="CPython 3.12.1", coverage="7.6")
    assert measurement_of(OLD) == Measurement(tree=OLD.tree, numbers=OLD.numbers, toolchain=toolchain)
    for text in ("", "CPython 3.12.1", "CPython 3.12.1, coverage 7.6"):
        assert str(measurement_of(replace(OLD, toolchain=text)).toolchain) == text
