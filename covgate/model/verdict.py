"""The judgement: a pure function that answers for any input and never raises."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from fractions import Fraction

from covgate.model.baseline import Baseline
from covgate.model.policy import Kind, Policy, exact_percent, weakened
from covgate.model.results import Measurement, Numbers, format_exact, format_percent


class Status(Enum):
    PASS = "PASS"
    FAIL = "FAIL"
    NOT_APPLICABLE = "N/A"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Pass, fail or not applicable, with every reason.

    ``measured``, ``baseline`` and ``delta`` are exact percentages (points for delta); None where unknown.
    ``bootstrap`` tells that there is no baseline yet.
    """

    status: Status
    reasons: tuple[str, ...]
    measured: Fraction | None = None
    baseline: Baseline | None = None
    delta: Fraction = Fraction(0)
    bootstrap: bool = False
    policy: Policy = field(default_factory=Policy)

    @property
    def passed(self) -> bool:
        return self.status is not Status.FAIL

    @property
    def reason(self) -> str:
        return "; ".join(self.reasons)


def not_applicable(reason: str) -> Verdict:
    """Nothing to judge: outside the scope, switched off, nothing new."""
    return Verdict(status=Status.NOT_APPLICABLE, reasons=(reason,))


def tests_failed(summary: str, policy: Policy, baseline: Baseline | None) -> Verdict:
    """The coverage of a failing run is not a measurement: blocked, whatever the policy."""
    return Verdict(status=Status.FAIL, reasons=(summary,), baseline=baseline, policy=policy)


def judge(measured: object, baseline: object, policy: Policy) -> Verdict:
    """Judge what was measured by ``policy``.

    ``measured``: a Measurement, Numbers, or a percentage. ``baseline``: a Baseline, a percentage, or
    None where there is none. Anything else, or out of 0..100, fails with ``bad inputs``.
    """
    try:
        return _judge(_measured_percent(measured), _as_baseline(baseline), policy)
    except Exception as error:
        # A gate that raises is a gate that somebody routes around; what can't be understood fails.
        return Verdict(status=Status.FAIL, reasons=(f"bad inputs: {_describe(error)}",))


def _judge(measured: Fraction | None, baseline: Baseline | None, policy: Policy) -> Verdict:
    if not isinstance(policy, Policy) or not isinstance(policy.kind, Kind):
        raise ValueError("the policy is none")
    floor = exact_percent(policy.floor)
    if isinstance(policy.epsilon, bool) or not isinstance(policy.epsilon, (int, Fraction)):
        raise ValueError(f"epsilon {policy.epsilon!r} is not an exact number")
    epsilon = max(Fraction(policy.epsilon), Fraction(0))
    kind = policy.kind
    bars = [bar for bar in (baseline.percent if baseline else None, floor or None) if bar is not None]
    delta = measured - max(bars) if bars and measured is not None else Fraction(0)
    failures = []
    if measured is None:
        nothing = "nothing was measured: no executable statement, with a"
        if kind.uses_floor and floor > 0:
            failures.append(f"{nothing} floor of {format_exact(floor)}%")
        if kind.uses_baseline and baseline is not None:
            failures.append(f"{nothing} baseline of {format_percent(baseline.percent)}%")
    else:
        if kind.uses_floor and measured < floor - epsilon:
            places = _places(measured, floor)
            failures.append(
                f"{format_percent(measured, places)}% is below the floor of"
                f" {format_exact(floor, places)}%{_slack(epsilon)}"
            )
        if kind.uses_baseline and baseline is not None and measured < baseline.percent - epsilon:
            places = _places(measured, baseline.percent)
            failures.append(
                f"{format_percent(measured, places)}% is below the baseline of"
                f" {format_percent(baseline.percent, places)}%{_slack(epsilon)}"
            )
    bootstrap = kind.uses_baseline and baseline is None
    reasons = failures or [_why_passed(measured, baseline if kind.uses_baseline else None, floor, kind)]
    return Verdict(
        status=Status.FAIL if failures else Status.PASS,
        reasons=tuple(reasons),
        measured=measured,
        baseline=baseline,
        delta=delta,
        bootstrap=bootstrap,
        policy=policy,
    )


def judge_both(measured: object, baseline: object, policy: Policy, base: Policy | None) -> Verdict:
    """Judge by ``policy``, and by that of the base where it asks for more: both have to pass.

    The verdict is the base's, unless only the push's own policy fails.
    """
    own = judge(measured, baseline, policy)
    if base is None or not weakened(policy, base):
        return own
    held = judge(measured, baseline, base)
    return own if held.passed and not own.passed else held


def _why_passed(measured: Fraction | None, baseline: Baseline | None, floor: Fraction, kind: Kind) -> str:
    if measured is None:
        return "nothing to measure: no executable statement"
    floor = floor if kind.uses_floor else Fraction(0)
    places = max(_places(measured, bar) for bar in (floor, baseline.percent if baseline else floor))
    held = []
    if baseline is not None:
        held.append(f"the baseline of {format_percent(baseline.percent, places)}%")
    if floor:
        held.append(f"the floor of {format_exact(floor, places)}%")
    reason = f"{format_percent(measured, places)}%"
    if held:
        reason += " holds " + " and ".join(held)
    if kind.uses_baseline and baseline is None:
        return f"{reason}; no baseline yet (bootstrap)"
    return reason if held else f"{reason}; the floor is 0"


def _places(measured: Fraction, bar: Fraction) -> int:
    """How many decimals tell the two apart, however the bar is shown: "85.00% is below 85.00%" convinces nobody."""
    if measured == bar:
        return 2

    def told_apart(places: int) -> bool:
        return format_percent(measured, places) not in (format_percent(bar, places), format_exact(bar, places))

    return next((places for places in range(2, 31) if told_apart(places)), 2)


def _measured_percent(measured: object) -> Fraction | None:
    if isinstance(measured, Measurement):
        return measured.numbers.percent
    if isinstance(measured, Numbers):
        return measured.percent
    return exact_percent(measured)


def _as_baseline(baseline: object) -> Baseline | None:
    if baseline is None or isinstance(baseline, Baseline):
        return baseline
    ratio = exact_percent(baseline) / 100
    return Baseline(executed=ratio.numerator, executable=ratio.denominator)


def _slack(epsilon: Fraction) -> str:
    return f" (epsilon {format_exact(epsilon)})" if epsilon else ""


def _describe(error: Exception) -> str:
    try:
        return str(error) or type(error).__name__
    except Exception:
        return type(error).__name__
