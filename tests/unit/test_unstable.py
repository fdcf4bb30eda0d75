"""Chance: when a tree is measured once more, and what its runs are together."""

from __future__ import annotations

from fractions import Fraction

import pytest

from covgate.model.baseline import Baseline, Removal
from covgate.model.explanation import Explanation, FileExplanation
from covgate.model.lines import Line, encode, numbers_of
from covgate.model.measurement import FileResult, Measurement
from covgate.model.numbers import Numbers, total
from covgate.model.policy import Policy
from covgate.model.unstable import join_runs, may_be_chance
from covgate.model.verdict import Verdict, judge


def counted(executed: int, executable: int) -> Numbers:
    return Numbers(statements=executable, executed_statements=executed)


def story(before: tuple[int, int], after: tuple[int, int], *, lost: int) -> Explanation:
    files = (FileExplanation(path="a.py", lost=lost),)
    return Explanation(before=counted(*before), after=counted(*after), files=files)


def failing(executed: int, executable: int, *, baseline: str = "80", **rules: Fraction) -> Verdict:
    return judge(counted(executed, executable), Fraction(baseline), Policy(**rules))


def test_lines_that_nobody_touched_may_have_been_missed_by_chance() -> None:
    assert may_be_chance(failing(75, 100), story((80, 100), (75, 100), lost=5))


def test_what_is_missing_besides_is_not_chance() -> None:
    assert not may_be_chance(failing(74, 100), story((80, 100), (74, 100), lost=5))


def test_a_loss_that_was_touched_is_not_chance() -> None:
    assert not may_be_chance(failing(75, 100), story((80, 100), (75, 100), lost=0))
    assert not may_be_chance(failing(75, 100), None)


def test_epsilon_is_part_of_what_is_asked_for() -> None:
    verdict = failing(74, 100, epsilon=Fraction(1))
    assert may_be_chance(verdict, story((80, 100), (74, 100), lost=5))
    negative = failing(75, 100, epsilon=Fraction(-1))  # counts as 0
    assert may_be_chance(negative, story((80, 100), (75, 100), lost=5))


def test_the_baseline_without_removed_code_is_what_must_be_held() -> None:
    removal = Removal(of=100, removed=counted(10, 10), added=Numbers())  # leaves a baseline of 70/90
    verdict = judge(counted(69, 90), Fraction(80), Policy(), removal=removal)
    assert may_be_chance(verdict, story((80, 100), (69, 90), lost=1))


@pytest.mark.parametrize(
    "executed, epsilon, again",
    [
        (79_990, "0", True),
        (79_901, "0", True),
        (79_900, "0", False),
        (79_950, "0.01", False),  # epsilon absorbs chance already
        (79_000, "0.95", False),
    ],
)
def test_a_difference_below_a_tenth_of_a_point(executed: int, epsilon: str, again: bool) -> None:
    verdict = failing(executed, 100_000, epsilon=Fraction(epsilon))
    assert not verdict.passed
    assert may_be_chance(verdict, None) is again


def test_a_push_that_fails_by_its_floor_too_is_not_run_again() -> None:
    verdict = failing(75, 100, floor=Fraction(78))
    assert not may_be_chance(verdict, story((80, 100), (75, 100), lost=5))


def test_nothing_measured_and_nothing_failed_is_not_chance() -> None:
    assert may_be_chance(judge(Numbers(), Baseline(executed=1, executable=2), Policy()), None) is False
    assert not may_be_chance(failing(90, 100), story((80, 100), (90, 100), lost=5))


def run(**files: list[Line]) -> Measurement:
    results = []
    for name, lines in sorted(files.items()):
        text = encode(lines)
        results.append(FileResult(path=f"{name}.py", numbers=numbers_of(text), lines=text))
    return Measurement(tree="f" * 40, numbers=total(each.numbers for each in results), files=tuple(results))


def test_two_runs_are_one_measurement() -> None:
    one = run(a=[Line(1, True), Line(2, False), Line(3, False)], b=[Line(1, True)])
    other = run(a=[Line(1, True), Line(2, True), Line(3, False)], b=[Line(1, True)])
    both = join_runs(one, other)
    assert (both.runs, both.unstable) == (2, (("a.py", (2,)),))
    assert both.numbers == counted(3, 4)
    assert [each.missing_lines for each in both.files] == [(3,), ()]


def test_a_third_run_adds_to_what_is_unstable() -> None:
    runs = [run(a=[Line(line, line == executed) for line in (1, 2, 3)]) for executed in (1, 2, 0)]
    both = join_runs(join_runs(runs[0], runs[1]), runs[2])
    assert (both.runs, both.unstable) == (3, (("a.py", (1, 2)),))


def test_files_and_lines_are_sorted_whichever_run_has_them_first() -> None:
    one = run(b=[Line(1, True), Line(8, True)])
    other = run(a=[Line(1, True)], b=[Line(1, False), Line(8, False)])
    both = join_runs(one, other)
    assert [each.path for each in both.files] == ["a.py", "b.py"]
    assert both.unstable == (("b.py", (1, 8)),)
    assert join_runs(both, run(a=[Line(1, False)])).unstable == (("a.py", (1,)), ("b.py", (1, 8)))


def test_two_runs_alike_change_nothing() -> None:
    one = run(a=[Line(1, True), Line(2, False)])
    both = join_runs(one, one)
    assert (both.files, both.numbers, both.unstable, both.runs) == (one.files, one.numbers, (), 2)
