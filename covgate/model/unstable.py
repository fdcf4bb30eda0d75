"""Chance: what two runs of one tree did not execute alike is charged to nobody."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from covgate.model import lines as text_of
from covgate.model.explain import Explanation
from covgate.model.measurement import FileResult, Measurement
from covgate.model.numbers import HUNDRED, total
from covgate.model.verdict import Rule, Verdict

# Percentage points below which a difference may be chance even where nobody can tell which lines it is about.
_SMALL = Fraction(1, 10)


def may_be_chance(verdict: Verdict, story: Explanation | None) -> bool:
    """Whether the push fails by its baseline only through lines that it has not touched, or by very little."""
    if verdict.failed != (Rule.BASELINE,) or verdict.baseline is None or verdict.measured is None:
        return False
    least = verdict.baseline.percent if verdict.adjusted is None else verdict.adjusted
    if verdict.policy.epsilon <= 0 and least - verdict.measured < _SMALL:
        return True
    if story is None or not story.lost:
        return False
    executed = min(story.after.executed + story.lost, story.after.executable)
    return HUNDRED * executed / story.after.executable >= least - max(verdict.policy.epsilon, Fraction(0))


def united(one: Measurement, other: Measurement) -> Measurement:
    """Two runs of a tree as one measurement: executed is what either executed, ``unstable`` what only one did."""
    files = {each.path: each for each in one.files}
    unstable = {path: set(lines) for path, lines in one.unstable}
    for result in other.files:
        known = files.setdefault(result.path, result)
        if known.lines == result.lines:
            continue
        lines = text_of.either(known.lines, result.lines)
        files[result.path] = FileResult(path=result.path, numbers=text_of.numbers(lines), lines=lines)
        differing = text_of.differing(known.lines, result.lines)
        unstable.setdefault(result.path, set()).update(differing)
    return replace(
        one,
        files=tuple(files[path] for path in sorted(files)),
        numbers=total(each.numbers for each in files.values()),
        runs=one.runs + other.runs,
        unstable=tuple((path, tuple(sorted(unstable[path]))) for path in sorted(unstable)),
    )
