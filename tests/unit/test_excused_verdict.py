"""Which verdicts an excuse turns into a pass."""

from __future__ import annotations

from fractions import Fraction

import pytest

from covgate.model.baseline import Baseline
from covgate.model.excused_verdict import can_be_excused, excused
from covgate.model.policy import Policy
from covgate.model.verdict import Rule, Status, Verdict, judge, not_applicable
from covgate.model.verdict import tests_failed as failing

HIGH = Baseline(executed=9, executable=10)
ALL = Policy(floor=Fraction(80), patch_floor=Fraction(80))


@pytest.mark.parametrize(
    ("verdict", "passes"),
    [
        (judge(50, HIGH, Policy()), True),
        (judge(50, None, ALL), True),
        (judge(95, HIGH, ALL, patch=Fraction(10)), True),
        (judge(50, HIGH, ALL, patch=Fraction(10)), True),
        (judge("many", HIGH, ALL), False),
        (failing("the tests failed", ALL, HIGH), False),
        (Verdict(status=Status.FAIL, reasons=("",), failed=(Rule.FLOOR, Rule.TESTS)), False),
    ],
)
def test_what_can_be_excused(verdict: Verdict, passes: bool) -> None:
    found = excused(verdict, "why")
    assert can_be_excused(verdict) is passes is found.passed
    assert (found.failed, found.reasons, found.baseline) == (verdict.failed, verdict.reasons, verdict.baseline)
    assert found.excuse == ("why" if passes else "")
    assert excused(verdict, "") == verdict


@pytest.mark.parametrize("verdict", [judge(95, HIGH, ALL), not_applicable("disabled")])
def test_what_passes_needs_no_excuse(verdict: Verdict) -> None:
    assert excused(verdict, "why") == verdict
    assert not can_be_excused(verdict)
