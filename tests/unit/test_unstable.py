"""Unstable lines: when the tests run again, and how the runs of one tree are joined."""

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
from covgate.model.verdict import judge


def counted(executed: int, executable: int) -> Numbers:
    return Numbers(statements=executable, executed_statements=executed)


def explanation(executable: int, *, executed: int, lost: int) -> Explanation:
    """From 800 of 1000 to ``executed`` of ``executable``, with ``lost`` lines that the push did not touch."""
    files = (FileExplanation(path="a.py", lost=lost),)
    return Explanation(before=counted(800, 1000), after=counted(executed, executable), files=files)


BASELINE = Baseline(executed=800, executable=1000)
TEN_REMOVED = Removal(of=1000, removed=counted(100, 100), added=Numbers())  # leaves a baseline of 700/900


def rules(*, epsilon: str = "0", floor: str = "0") -> Policy:
    return Policy(epsilon=Fraction(epsilon), floor=Fraction(floor))


@pytest.mark.parametrize(
    ("executed", "executable", "policy", "removal", "lost", "touches", "expected"),
    [
        # The lines that were lost without being touched would make up for what is missing.
        (795, 1000, rules(), None, 5, True, True),
        (795, 1000, rules(), None, 6, True, True),
        (794, 1000, rules(), None, 5, True, False),
        (795, 1000, rules(), None, 0, True, False),
        (795, 1000, rules(), None, None, True, False),  # nobody knows which lines
        # What is more than a few lines, or than a point, is lost by the change: unless nothing was changed.
        (790, 1000, rules(), None, 10, True, True),
        (789, 1000, rules(), None, 11, True, False),
        (789, 1000, rules(), None, 11, False, True),
        (630, 1000, rules(), None, 170, True, False),
        (630, 1000, rules(), None, 170, False, True),
        (79_900, 100_000, rules(), None, 100, True, False),
        (79_900, 100_000, rules(), None, 100, False, True),
        (79_900, 100_000, rules(epsilon="0.06"), None, 50, True, True),
        (79_900, 100_000, rules(epsilon="0.06"), None, 51, True, False),
        # Epsilon counts, and a negative one counts as 0.
        (785, 1000, rules(epsilon="1"), None, 5, True, True),
        (784, 1000, rules(epsilon="1"), None, 5, True, False),
        (795, 1000, rules(epsilon="-1"), None, 5, True, True),
        # Removed code lowers the baseline that has to be held.
        (699, 900, rules(), TEN_REMOVED, 1, True, True),
        (698, 900, rules(), TEN_REMOVED, 1, True, False),
        # A difference of less than a tenth of a point, unless epsilon absorbs it already.
        (79_990, 100_000, rules(), None, None, True, True),
        (79_901, 100_000, rules(), None, None, True, True),
        (79_900, 100_000, rules(), None, None, True, False),
        (79_999, 100_000, rules(epsilon="-1"), None, None, True, True),
        (79_949, 100_000, rules(epsilon="0.05"), None, None, True, False),
        (79_000, 100_000, rules(epsilon="0.95"), None, None, True, False),
        # Another run can't help: another rule fails, too, nothing fails, or nothing was measured.
        (795, 1000, rules(floor="79.8"), None, 5, True, False),
        (900, 1000, rules(), None, 5, True, False),
        (0, 0, rules(), None, 5, True, False),
    ],
)
def test_when_another_run_may_pass(
    executed: int,
    executable: int,
    policy: Policy,
    removal: Removal | None,
    lost: int | None,
    touches: bool,
    expected: bool,
) -> None:
    verdict = judge(counted(executed, executable), BASELINE, policy, removal=removal)
    known = None if lost is None else explanation(executable, executed=executed, lost=lost)
    assert may_be_chance(verdict, known, touches=touches) is expected


def test_what_holds_here_is_what_another_run_has_to_reach() -> None:
    verdict = judge(counted(745, 1000), BASELINE, rules(), here=Fraction(75))
    assert may_be_chance(verdict, explanation(1000, executed=745, lost=5))
    assert not may_be_chance(verdict, explanation(1000, executed=745, lost=4))


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
