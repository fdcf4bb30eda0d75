"""Unstable lines: statements that one run of a tree executed and another did not. They don't make a push fail."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from covgate.model.explanation import Explanation
from covgate.model.lines import differing, executed_in_either, numbers_of
from covgate.model.measurement import FileResult, Measurement
from covgate.model.numbers import HUNDRED, total
from covgate.model.verdict import Rule, Verdict

# Percentage points: a smaller difference may be chance even if nobody knows which lines it comes from.
_SMALL = Fraction(1, 10)
# The largest loss that may be chance although something was changed: statements and branches, and percentage points.
_FEW = 50
_LITTLE = Fraction(1)


def may_be_chance(verdict: Verdict, explanation: Explanation | None, *, touches: bool = True) -> bool:
    """Whether another run of the same tests may pass, so that it is worth a try.

    True only if the push fails nothing but the baseline. In addition, it must be below the baseline by less than a
    tenth of a point (with no epsilon set), or it must reach the baseline if the lost lines that it did not touch count
    as executed. If the push ``touches`` what can change coverage, these lines must be few: a change loses more.
    """
    minimum = verdict.minimum
    if verdict.failed != (Rule.BASELINE,) or minimum is None or verdict.measured is None:
        return False
    if verdict.policy.epsilon <= 0 and minimum - verdict.measured < _SMALL:
        return True
    if explanation is None or not explanation.lost:
        return False
    if touches and explanation.lost > min(Fraction(_FEW), _LITTLE * explanation.after.executable / HUNDRED):
        return False
    after = explanation.after
    executed = min(after.executed + explanation.lost, after.executable)
    return HUNDRED * executed / after.executable >= minimum - max(verdict.policy.epsilon, Fraction(0))


def join_runs(one: Measurement, other: Measurement) -> Measurement:
    """Two runs of one tree as one measurement: what either executed counts as executed.

    ``unstable`` of the result has the statements that only some of the runs executed.
    """
    files = {each.path: each for each in one.files}
    unstable = {path: set(numbers) for path, numbers in one.unstable}
    for result in other.files:
        known = files.setdefault(result.path, result)
        if known.lines == result.lines:
            continue
        joined = executed_in_either(known.lines, result.lines)
        files[result.path] = FileResult(path=result.path, numbers=numbers_of(joined), lines=joined)
        unstable.setdefault(result.path, set()).update(differing(known.lines, result.lines))
    return replace(
        one,
        files=tuple(files[path] for path in sorted(files)),
        numbers=total(each.numbers for each in files.values()),
        runs=one.runs + other.runs,
        unstable=tuple((path, tuple(sorted(unstable[path]))) for path in sorted(unstable)),
    )
