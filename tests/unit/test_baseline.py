"""The ratchet and its join: laws that clones rely on when they exchange their notes in any order."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covgate.model.baseline import Baseline, join, override, ratchet
from covgate.model.numbers import Numbers


@st.composite
def baselines(draw: st.DrawFn) -> Baseline:
    # Small numbers, so that equal heights with other counts, epochs and reasons meet often.
    executable = draw(st.integers(1, 6))
    return Baseline(
        epoch=draw(st.integers(0, 2)),
        executed=draw(st.integers(0, executable)),
        executable=executable,
        override=draw(st.sampled_from(["", "a", "b"])),
    )


@st.composite
def measured(draw: st.DrawFn) -> Numbers:
    statements, branches = draw(st.integers(0, 9)), draw(st.integers(0, 4))
    return Numbers(
        statements=statements,
        executed_statements=draw(st.integers(0, statements)),
        branches=branches,
        executed_branches=draw(st.integers(0, branches)),
    )


maybe = st.none() | baselines()


@given(one=maybe, other=maybe, third=maybe)
def test_join_is_commutative_associative_and_idempotent(
    one: Baseline | None, other: Baseline | None, third: Baseline | None
) -> None:
    assert join(one, other) == join(other, one)
    assert join(one, join(other, third)) == join(join(one, other), third) == join(one, other, third)
    assert join(one, one) == one
    assert join(one, None) == one


@given(st.lists(maybe), st.randoms(use_true_random=False))
def test_join_of_many_is_one_of_them_and_the_highest(many: list[Baseline | None], random: object) -> None:
    joined = join(*many)
    known = [each for each in many if each is not None]
    assert joined in (known or [None])
    assert all(joined is not None and joined.level >= each.level for each in known)
    random.shuffle(many)  # type: ignore[attr-defined]
    assert join(*many) == joined


def test_the_epoch_comes_before_the_ratio() -> None:
    lowered = Baseline(epoch=1, executed=1, executable=10)
    assert join(Baseline(executed=9, executable=10), lowered) == lowered


def test_ratios_are_compared_exactly() -> None:
    many = 10**15
    lower, higher = Baseline(executed=many - 1, executable=many), Baseline(executed=many, executable=many + 1)
    assert lower.executed / lower.executable == higher.executed / higher.executable  # as floats
    assert join(higher, lower) == join(lower, higher) == higher
    assert ratchet(lower, Numbers(statements=many + 1, executed_statements=many)) == higher


@given(baseline=maybe, numbers=measured())
def test_the_ratchet_never_falls_in_an_epoch_and_keeps_it(baseline: Baseline | None, numbers: Numbers) -> None:
    risen = ratchet(baseline, numbers)
    if baseline is not None:
        assert risen is not None
        assert risen.level >= baseline.level
        assert risen.epoch == baseline.epoch
    if numbers.percent is not None:
        assert risen is not None
        assert risen.percent >= numbers.percent


@given(baseline=maybe, numbers=measured())
def test_the_ratchet_is_idempotent(baseline: Baseline | None, numbers: Numbers) -> None:
    risen = ratchet(baseline, numbers)
    assert ratchet(risen, numbers) == risen


@given(baseline=maybe, runs=st.lists(measured(), max_size=6), random=st.randoms(use_true_random=False))
def test_runs_ratchet_to_one_height_in_any_order(
    baseline: Baseline | None, runs: list[Numbers], random: object
) -> None:
    def height(order: list[Numbers]) -> object:
        stands = baseline
        for numbers in order:
            stands = ratchet(stands, numbers)
        return stands and stands.level

    expected = height(runs)
    random.shuffle(runs)  # type: ignore[attr-defined]
    assert height(runs) == expected


@given(baseline=maybe)
def test_nothing_to_execute_raises_nothing(baseline: Baseline | None) -> None:
    assert ratchet(baseline, Numbers(excluded=3)) == baseline


def test_an_equal_value_changes_nothing() -> None:
    stands = Baseline(epoch=2, executed=1, executable=2, override="why")
    assert ratchet(stands, Numbers(statements=4, executed_statements=2)) is stands


def test_the_first_measurement_bootstraps() -> None:
    assert ratchet(None, Numbers(statements=4, executed_statements=3)) == Baseline(executed=3, executable=4)


def test_rising_leaves_the_reason_of_the_override_behind() -> None:
    stands = Baseline(epoch=1, executed=1, executable=2, override="why")
    risen = ratchet(stands, Numbers(statements=4, executed_statements=3))
    assert risen == Baseline(epoch=1, executed=3, executable=4)


@given(baseline=maybe, percent=st.fractions(0, 100, max_denominator=50))
def test_an_override_opens_an_epoch_above_all_others(baseline: Baseline | None, percent: Fraction) -> None:
    opened = override(baseline, percent, "why")
    assert opened.percent == percent
    assert opened.override == "why"
    assert opened.epoch == (baseline.epoch if baseline else 0) + 1
    assert join(baseline, opened) == opened


@pytest.mark.parametrize(
    "values",
    [
        {"executed": 2, "executable": 1},
        {"executed": -1, "executable": 1},
        {"executed": 0, "executable": 0},
        {"executed": 0.5, "executable": 1},
        {"executed": True, "executable": 1},
        {"executed": 1, "executable": 1.0},
        {"executed": 1, "executable": 1, "epoch": -1},
        {"executed": 1, "executable": 1, "epoch": 1.0},
        {"executed": 1, "executable": 1, "epoch": None},
    ],
)
def test_what_is_no_baseline(values: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"."):
        Baseline(**values)  # type: ignore[arg-type]
