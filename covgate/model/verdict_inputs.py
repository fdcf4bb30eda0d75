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
    if type(policy.patch_min_lines) is not int:
        raise ValueError(f"patch_min_lines {policy.patch_min_lines!r} is not a whole number")
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


def few_lines(patch: object, policy: Policy) -> int:
    """How many executable lines were changed, if they are too few for the patch floor; else 0.

    It applies if only the percentage of the changed lines is known.
    """
    counted = patch if isinstance(patch, Numbers) else getattr(patch, "numbers", None)
    if policy.patch_floor is None or not isinstance(counted, Numbers):
        return 0
    return counted.statements if counted.statements < policy.patch_min_lines else 0


def as_baseline(baseline: object) -> Baseline | None:
    if baseline is None or isinstance(baseline, Baseline):
        return baseline
    ratio = exact_percent(baseline) / 100
    return Baseline(executed=ratio.numerator, executable=ratio.denominator)
