"""Check the inputs of a verdict: exact numbers within their bounds. Each function raises ValueError otherwise."""

from __future__ import annotations

from fractions import Fraction

from covgate.model.baseline import Baseline
from covgate.model.measurement import Measurement
from covgate.model.numbers import Numbers
from covgate.model.policy import Kind, Policy, exact_percent


def limits(policy: Policy) -> tuple[Fraction, Fraction, Fraction | None]:
    """Floor, epsilon and patch floor of ``policy``, exact and within their bounds."""
    if not isinstance(policy, Policy) or not isinstance(policy.kind, Kind):
        raise ValueError("the policy is none")
    if isinstance(policy.epsilon, bool) or not isinstance(policy.epsilon, (int, Fraction)):
        raise ValueError(f"epsilon {policy.epsilon!r} is not an exact number")
    patch_floor = None if policy.patch_floor is None else exact_percent(policy.patch_floor)
    return exact_percent(policy.floor), max(Fraction(policy.epsilon), Fraction(0)), patch_floor


def percent_of(measured: object) -> Fraction | None:
    if isinstance(measured, Measurement):
        return measured.numbers.percent
    if isinstance(measured, Numbers):
        return measured.percent
    return exact_percent(measured)


def as_baseline(baseline: object) -> Baseline | None:
    if baseline is None or isinstance(baseline, Baseline):
        return baseline
    ratio = exact_percent(baseline) / 100
    return Baseline(executed=ratio.numerator, executable=ratio.denominator)
