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
    # Small numbers, so that equal levels with other counts, epochs and reasons are frequent.
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
def test_runs_ratchet_to_one_level_in_any_order(baseline: Baseline | None, runs: list[Numbers], random: object) -> None:
    def level_after(order: list[Numbers]) -> object:
        stands = baseline
        for numbers in order:
            stands = ratchet(stands, numbers)
        return stands and stands.level

    expected = level_after(runs)
    random.shuffle(runs)  # type: ignore[attr-defined]
    assert level_after(runs) == expected


def at(executed: int, executable: int, epoch: int = 0, why: str = "") -> Baseline:
    return Baseline(epoch=epoch, executed=executed, executable=executable, override=why)


@pytest.mark.parametrize(
    ("baseline", "executed", "statements", "expected"),
    [
        (None, 3, 4, at(3, 4)),  # the first measurement sets it
        (None, 0, 4, at(0, 4)),
        (None, 0, 0, None),
        (at(1, 2), 3, 4, at(3, 4)),
        (at(1, 2), 1, 4, at(1, 2)),
        (at(1, 2), 2, 4, at(1, 2)),  # an equal ratio changes nothing, not even the counts
        (at(1, 2), 0, 0, at(1, 2)),
        (at(1, 2, 2, "why"), 2, 4, at(1, 2, 2, "why")),
        (at(1, 2, 2, "why"), 3, 4, at(3, 4, 2)),  # a rise leaves the reason of the override behind
        (at(9, 10, 1), 10**15 - 1, 10**15, at(10**15 - 1, 10**15, 1)),
    ],
)
def test_the_ratchet(baseline: Baseline | None, executed: int, statements: int, expected: Baseline | None) -> None:
    measured = Numbers(statements=statements, executed_statements=executed)
    assert ratchet(baseline, measured) == expected


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (None, None, None),
        (at(1, 2), None, at(1, 2)),
        (at(1, 2), at(3, 4), at(3, 4)),
        (at(9, 10), at(1, 10, 1), at(1, 10, 1)),  # the epoch comes before the ratio
        (at(1, 2), at(2, 4), at(2, 4)),  # on one level, every clone picks the same
        (at(1, 2), at(1, 2, why="why"), at(1, 2, why="why")),
        (at(1, 2, why="a"), at(1, 2, why="b"), at(1, 2, why="b")),
        (at(2, 4, why="a"), at(1, 2, why="b"), at(1, 2, why="b")),
    ],
)
def test_the_join(one: Baseline | None, other: Baseline | None, expected: Baseline | None) -> None:
    assert join(one, other) == join(other, one) == expected


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
