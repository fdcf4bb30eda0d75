"""Removed code: the exact percentage that is required once it is taken out of the baseline."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covgate.model.baseline import Baseline, Removal, level_by_base, level_here, without_removed
from covgate.model.numbers import Numbers
from covgate.model.policy import Kind, Policy, RemovedCode
from covgate.model.verdict import Rule, judge


def counted(executed: int, executable: int) -> Numbers:
    return Numbers(statements=executable, executed_statements=executed)


def verdict_on(
    before: tuple[int, int], removed: tuple[int, int], added: tuple[int, int], policy: Policy | None = None
) -> tuple[bool, Fraction | None]:
    """``before`` a baseline of these counts; ``removed`` and ``added`` since, nothing else happened."""
    now = counted(before[0] - removed[0] + added[0], before[1] - removed[1] + added[1])
    removal = Removal(of=before[1], removed=counted(*removed), added=counted(*added))
    verdict = judge(now, Baseline(executed=before[0], executable=before[1]), policy or Policy(), removal=removal)
    return verdict.passed, verdict.adjusted


# Codecov's published cases: docs.codecov.com, "Coverage Offset" and "Removed Code Behavior".


def test_three_of_four_lines_and_a_covered_one_goes() -> None:
    assert verdict_on((3, 4), (1, 1), (0, 0)) == (True, Fraction(200, 3))


def test_nine_of_ten_lines_three_covered_ones_go_and_a_covered_one_comes() -> None:
    passes, adjusted = verdict_on((9, 10), (3, 3), (1, 1))
    assert passes
    assert adjusted is not None and Fraction(600, 7) <= adjusted < Fraction(700, 8)


def test_nine_of_ten_lines_three_covered_ones_go_and_an_uncovered_one_comes() -> None:
    assert verdict_on((9, 10), (3, 3), (0, 1))[0] is False


@pytest.mark.parametrize("removed, passes", [((10, 10), True), ((10, 12), True), ((0, 10), True), ((5, 10), True)])
def test_removing_alone_never_fails(removed: tuple[int, int], passes: bool) -> None:
    assert verdict_on((80, 100), removed, (0, 0))[0] is passes


@given(st.data())
def test_removing_alone_passes_for_any_removed_lines(data: st.DataObject) -> None:
    executable = data.draw(st.integers(2, 200))
    executed = data.draw(st.integers(0, executable))
    gone = data.draw(st.integers(0, executable - 1))
    least = max(0, gone - (executable - executed))
    gone_executed = data.draw(st.integers(least, min(gone, executed)))
    assert verdict_on((executed, executable), (gone_executed, gone), (0, 0))[0]


@given(st.data())
def test_if_nothing_is_added_it_is_codecovs_definition(data: st.DataObject) -> None:
    executable = data.draw(st.integers(2, 200))
    executed = data.draw(st.integers(0, executable))
    gone = data.draw(st.integers(1, executable - 1))
    gone_executed = data.draw(st.integers(max(0, gone - (executable - executed)), min(gone, executed)))
    removal = Removal(of=executable, removed=counted(gone_executed, gone), added=Numbers())
    expected = Fraction(100 * (executed - gone_executed), executable - gone)
    assert without_removed(Baseline(executed=executed, executable=executable), removal) == expected


@given(st.data())
def test_a_regression_that_removes_nothing_always_fails(data: st.DataObject) -> None:
    executable = data.draw(st.integers(1, 100))
    executed = data.draw(st.integers(1, executable))
    removal = Removal(of=executable, removed=Numbers(), added=counted(0, data.draw(st.integers(0, 50))))
    now = counted(executed - 1, executable + removal.added.executable)
    verdict = judge(now, Baseline(executed=executed, executable=executable), Policy(), removal=removal)
    assert (verdict.passed, verdict.adjusted) == (False, None)


def test_covered_code_can_not_be_replaced_by_code_covered_no_better_than_the_rest() -> None:
    # 90 % of 1000; 800 covered lines give way to 800 of which half are covered. What is left of the old code has 50 %,
    # and so has all of the new tree: it holds the baseline less what was removed, and yet it is a regression.
    passes, adjusted = verdict_on((900, 1000), (800, 800), (400, 800))
    assert not passes
    assert adjusted == Fraction(100 * (100 + 720), 1000)


def test_removed_lines_do_not_excuse_a_lost_line() -> None:
    removal = Removal(of=100, removed=counted(10, 10), added=Numbers())
    baseline = Baseline(executed=80, executable=100)
    assert judge(counted(70, 90), baseline, Policy(), removal=removal).passed
    assert not judge(counted(69, 90), baseline, Policy(), removal=removal).passed


def test_count_leaves_the_baseline_as_it_is() -> None:
    assert verdict_on((3, 4), (1, 1), (0, 0), Policy(removed_code=RemovedCode.COUNT)) == (False, None)


def test_a_pass_is_never_turned_into_a_failure() -> None:
    # The uncovered half goes: what is left is covered better, and the adjusted baseline is not even asked for.
    assert verdict_on((50, 100), (0, 50), (0, 0)) == (True, None)


def test_epsilon_holds_for_the_adjusted_baseline_too() -> None:
    removal = Removal(of=100, removed=counted(10, 10), added=Numbers())
    baseline, policy = Baseline(executed=80, executable=100), Policy(epsilon=Fraction(2))
    assert judge(counted(69, 90), baseline, policy, removal=removal).passed
    assert not judge(counted(68, 90), baseline, policy, removal=removal).passed


def test_the_floor_is_not_adjusted() -> None:
    removal = Removal(of=4, removed=counted(1, 1), added=Numbers())
    verdict = judge(counted(2, 3), Baseline(executed=3, executable=4), Policy(floor=Fraction(70)), removal=removal)
    assert verdict.failed == (Rule.FLOOR,)


def test_a_baseline_that_was_set_by_hand_is_adjusted_by_the_code_it_was_set_on() -> None:
    # 84.5 % on 200 lines: 169 of them; ten covered ones go.
    removal = Removal(of=200, removed=counted(10, 10), added=Numbers())
    by_hand = Baseline(epoch=1, executed=169, executable=200, override="why")
    ratio = Baseline(epoch=1, executed=1690, executable=2000, override="why")
    assert without_removed(by_hand, removal) == without_removed(ratio, removal) == Fraction(15900, 190)


@pytest.mark.parametrize(
    ("executed", "removed", "added", "expected"),
    [
        # 60 % were set by hand where all of 100 were executed: what is left needs 60 % as before.
        (100, (50, 50), (0, 0), Fraction(60)),
        (100, (99, 99), (0, 0), Fraction(60)),
        # 80 of 100 were executed, and 50 of these go: 30 of 50 are left, of which three quarters are required.
        (80, (50, 50), (0, 0), Fraction(45)),
        (80, (50, 50), (0, 50), Fraction(100 * (60 - Fraction(75, 2) + 30), 100)),
        # What was not executed goes: what is left is covered better.
        (80, (0, 20), (0, 0), Fraction(75)),
        # The baseline is what was executed, or nobody knows what was.
        (60, (50, 50), (0, 0), Fraction(20)),
        (None, (50, 50), (0, 0), Fraction(20)),
        # More is required than was executed, or nothing was executed.
        (40, (20, 50), (0, 0), Fraction(60)),
        (0, (0, 50), (0, 0), Fraction(100)),
    ],
)
def test_a_baseline_below_what_was_executed_is_scaled(
    executed: int | None, removed: tuple[int, int], added: tuple[int, int], expected: Fraction
) -> None:
    baseline = Baseline(epoch=1, executed=60, executable=100, override="why")
    removal = Removal(of=100, executed=executed, removed=counted(*removed), added=counted(*added))
    assert without_removed(baseline, removal) == expected


@given(st.data())
def test_a_baseline_set_by_hand_asks_for_its_share_of_what_is_left(data: st.DataObject) -> None:
    """Nothing but removing happens: what is required is the same share of what is executed as before."""
    of = data.draw(st.integers(2, 100))
    executed = data.draw(st.integers(1, of))
    gone = data.draw(st.integers(1, of - 1))
    gone_executed = data.draw(st.integers(max(0, gone - (of - executed)), min(gone, executed)))
    baseline = Baseline(epoch=1, executed=data.draw(st.integers(0, executed)), executable=of, override="why")
    removal = Removal(of=of, executed=executed, removed=counted(gone_executed, gone), added=Numbers())
    left = Fraction(100 * (executed - gone_executed), of - gone)
    assert without_removed(baseline, removal) == left * Fraction(baseline.executed, executed)


@pytest.mark.parametrize(
    ("baseline", "recorded", "here", "expected"),
    [
        # What the baseline's commit measures here.
        ((80, 100, ""), (80, 100), (159, 200), Fraction(159, 2)),
        ((80, 100, ""), (160, 200), (90, 100), Fraction(90)),
        # A record that did not reach it: its counts may be anybody's.
        ((80, 100, ""), (90, 100), (45, 100), Fraction(80)),
        ((80, 100, ""), (40, 100), (30, 100), Fraction(80)),
        # Set by hand: no more than was set, and not less where that was more than was measured.
        ((60, 100, "why"), (80, 100), (50, 100), Fraction(50)),
        ((60, 100, "why"), (60, 100), (50, 100), Fraction(50)),
        ((60, 100, "why"), (80, 100), (90, 100), Fraction(60)),
        ((60, 100, "why"), (59, 100), (50, 100), Fraction(60)),
        # Nothing to compare with.
        ((60, 100, ""), (0, 0), (90, 100), Fraction(60)),
        ((60, 100, ""), (60, 100), (0, 0), Fraction(60)),
    ],
)
def test_what_a_baseline_requires_under_other_circumstances(
    baseline: tuple[int, int, str], recorded: tuple[int, int], here: tuple[int, int], expected: Fraction
) -> None:
    executed, executable, reason = baseline
    known = Baseline(executed=executed, executable=executable, override=reason)
    assert level_here(known, counted(*recorded), counted(*here)) == expected


@pytest.mark.parametrize(
    ("baseline", "recorded", "here", "epsilon", "expected"),
    [
        # The base was as high as the baseline, or higher: what it measures here.
        ((80, 100, ""), (80, 100), (70, 100), "0", "70"),
        ((80, 100, ""), (90, 100), (70, 100), "0", "70"),
        ((80, 100, ""), (80, 100), (90, 100), "0.5", "90"),
        # It was lower, by epsilon: epsilon can't be spent twice.
        ((80, 100, ""), (795, 1000), (70, 100), "0.5", "70.5"),
        ((80, 100, ""), (797, 1000), (70, 100), "0.5", "70.3"),
        # It was lower by more, which passed under its own circumstances.
        ((80, 100, ""), (60, 100), (60, 100), "0.5", "60.5"),
        ((80, 100, ""), (60, 100), (60, 100), "0", "60"),
        ((80, 100, ""), (60, 100), (60, 100), "-1", "60"),
        ((100, 100, ""), (99, 100), (100, 100), "1", "100"),
        # Set by hand: no more than was set.
        ((60, 100, "why"), (80, 100), (70, 100), "0", "60"),
        ((60, 100, "why"), (80, 100), (50, 100), "0", "50"),
        # Nothing to compare with.
        ((60, 100, ""), (0, 0), (50, 100), "0", "60"),
        ((60, 100, ""), (60, 100), (0, 0), "0", "60"),
    ],
)
def test_what_a_baseline_requires_if_only_the_base_can_be_measured(
    baseline: tuple[int, int, str], recorded: tuple[int, int], here: tuple[int, int], epsilon: str, expected: str
) -> None:
    executed, executable, reason = baseline
    known = Baseline(executed=executed, executable=executable, override=reason)
    assert level_by_base(known, counted(*recorded), counted(*here), Fraction(epsilon)) == Fraction(expected)


@pytest.mark.parametrize(
    ("baseline", "of", "removed", "expected"),
    [
        ((1, 2), 10, (5, 10), None),  # nothing is left
        ((1, 2), 9, (5, 10), None),
        # The removed code does not fit the baseline: the result is a percentage all the same.
        ((1, 10), 10, (5, 5), Fraction(0)),
        ((9, 10), 10, (0, 5), Fraction(100)),
    ],
)
def test_the_baseline_without_removed_code(
    baseline: tuple[int, int], of: int, removed: tuple[int, int], expected: Fraction | None
) -> None:
    removal = Removal(of=of, removed=counted(*removed), added=Numbers())
    assert without_removed(Baseline(executed=baseline[0], executable=baseline[1]), removal) == expected


def test_the_reason_has_both_numbers() -> None:
    removal = Removal(of=4, removed=counted(1, 1), added=Numbers())
    verdict = judge(counted(2, 3), Baseline(executed=3, executable=4), Policy(kind=Kind.BASELINE), removal=removal)
    assert verdict.reason == "66.67% holds the baseline of 75.00%, which is 66.67% without the code that was removed"
