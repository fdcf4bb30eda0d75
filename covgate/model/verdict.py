"""The judgement: a pure function that answers for any input and never raises."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum
from fractions import Fraction
from functools import partial
from typing import TYPE_CHECKING, Protocol

from covgate.model.baseline import Baseline, Removal, without_removed
from covgate.model.measurement import Measurement
from covgate.model.numbers import Numbers, format_exact, format_percent
from covgate.model.policy import Kind, Policy, RemovedCode, exact_percent, weakened

if TYPE_CHECKING:
    from covgate.model.patch import Patch


class Status(Enum):
    PASS = "PASS"
    FAIL = "FAIL"
    NOT_APPLICABLE = "N/A"


class Rule(Enum):
    """What a push can fail by."""

    TESTS = "tests"
    FLOOR = "floor"
    BASELINE = "baseline"
    PATCH_FLOOR = "patch_floor"
    INPUTS = "inputs"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Pass, fail or not applicable, with every reason.

    ``measured``, ``baseline``, ``adjusted``, ``patch`` and ``delta`` are exact percentages (points for delta); None
    where unknown. ``failed``: the rules that don't hold. ``bootstrap`` tells that there is no baseline yet.
    ``adjusted``: the baseline less what was removed, where that was asked for. ``patch``: of the changed lines;
    None where they are not known, or hold nothing to execute.
    """

    status: Status
    reasons: tuple[str, ...]
    failed: tuple[Rule, ...] = ()
    measured: Fraction | None = None
    baseline: Baseline | None = None
    adjusted: Fraction | None = None
    patch: Fraction | None = None
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
    return Verdict(status=Status.FAIL, reasons=(summary,), failed=(Rule.TESTS,), baseline=baseline, policy=policy)


def judge(
    measured: object, baseline: object, policy: Policy, *, patch: object = None, removal: Removal | None = None
) -> Verdict:
    """Judge what was measured by ``policy``.

    ``measured``: a Measurement, Numbers, or a percentage. ``baseline``: a Baseline, a percentage, or
    None where there is none. ``patch``: a Patch, Numbers or a percentage of the changed lines, None where they are not
    known. ``removal``: what was removed since the baseline, where that is known. Anything else, or out of 0..100,
    fails with ``bad inputs``.
    """
    try:
        return _judge(_measured_percent(measured), _as_baseline(baseline), policy, patch, removal)
    except Exception as error:
        # A gate that raises is a gate that somebody routes around; what can't be understood fails.
        return _bad_inputs(error)


def _bad_inputs(error: Exception) -> Verdict:
    return Verdict(status=Status.FAIL, reasons=(f"bad inputs: {_describe(error)}",), failed=(Rule.INPUTS,))


def _judge(
    measured: Fraction | None, baseline: Baseline | None, policy: Policy, patch: object, removal: Removal | None
) -> Verdict:
    if not isinstance(policy, Policy) or not isinstance(policy.kind, Kind):
        raise ValueError("the policy is none")
    floor = exact_percent(policy.floor)
    if isinstance(policy.epsilon, bool) or not isinstance(policy.epsilon, (int, Fraction)):
        raise ValueError(f"epsilon {policy.epsilon!r} is not an exact number")
    epsilon = max(Fraction(policy.epsilon), Fraction(0))
    kind = policy.kind
    bars = [bar for bar in (baseline.percent if baseline else None, floor or None) if bar is not None]
    delta = measured - max(bars) if bars and measured is not None else Fraction(0)
    failures: dict[Rule, str] = {}
    adjusted = None
    if measured is None:
        nothing = "nothing was measured: no executable statement, with a"
        if kind.uses_floor and floor > 0:
            failures[Rule.FLOOR] = f"{nothing} floor of {format_exact(floor)}%"
        if kind.uses_baseline and baseline is not None:
            failures[Rule.BASELINE] = f"{nothing} baseline of {format_percent(baseline.percent)}%"
    else:
        if kind.uses_floor and measured < floor - epsilon:
            failures[Rule.FLOOR] = _below(measured, "floor", floor, epsilon, exact=True)
        if kind.uses_baseline and baseline is not None and measured < baseline.percent - epsilon:
            # Consulted only after a failure, and only able to turn it into a pass.
            if removal and removal.removed.executable and policy.removed_code is RemovedCode.ADJUST:
                adjusted = without_removed(baseline, removal)
            if adjusted is None or measured < adjusted - epsilon:
                failures[Rule.BASELINE] = _below(measured, "baseline", baseline.percent, epsilon)
    changed = _patch_percent(patch)
    if policy.patch_floor is not None:
        least = exact_percent(policy.patch_floor)
        if changed is not None and changed < least:
            failures[Rule.PATCH_FLOOR] = _below(
                changed, "patch floor", least, Fraction(0), exact=True, of="changed lines"
            )
    reasons = list(failures.values()) or _why_passed(measured, baseline, policy, adjusted, patch, changed)
    return Verdict(
        status=Status.FAIL if failures else Status.PASS,
        reasons=tuple(reasons),
        failed=tuple(failures),
        measured=measured,
        baseline=baseline,
        adjusted=adjusted,
        patch=changed,
        delta=delta,
        bootstrap=kind.uses_baseline and baseline is None,
        policy=policy,
    )


class Evidence(Protocol):
    """What a rule may need beyond the numbers. Each method is called at most once, and only if a rule needs it."""

    def removal(self) -> Removal | None:
        """The code that was removed and added since the baseline was reached; None if that is unknown.

        Called only if the baseline comparison fails.
        """

    def patch(self, *, required: bool) -> Patch | None:
        """The coverage of the changed lines; None if there is no base to compare with.

        Called only if a policy has a patch floor. ``required``: the push passes every other rule, so the patch decides
        and an error must be raised. Otherwise the push has failed already and stays failed: an error may be reported
        and None returned.
        """


def judge_push(measured: object, baseline: object, policies: Sequence[Policy], evidence: Evidence) -> Verdict:
    """Judge a push by each of ``policies``, all of which have to pass, and ask for evidence when a rule needs it.

    ``measured`` and ``baseline``: as for `judge`. ``policies``: the push's own, then the base's if that is stricter.

    Returns the verdict of the last policy that fails; if all pass, that of the last one.
    Raises what ``evidence`` raises, and nothing else: other inputs that can't be understood fail with ``bad inputs``.
    """
    try:
        policies = tuple(policies)
        if not policies or not all(isinstance(each, Policy) for each in policies):
            raise ValueError("a push is judged by one policy or more")
    except Exception as error:
        return _bad_inputs(error)
    judge_by_all = partial(_judge_by_all, measured, baseline, policies)
    verdict = judge_by_all()
    if Rule.INPUTS in verdict.failed:
        return verdict
    removal = None
    if Rule.BASELINE in verdict.failed:
        removal = evidence.removal()
        verdict = judge_by_all(removal=removal)
    if any(each.patch_floor is not None for each in policies):
        patch = evidence.patch(required=verdict.passed)
        verdict = judge_by_all(removal=removal, patch=patch)
    return verdict


def _judge_by_all(
    measured: object,
    baseline: object,
    policies: Sequence[Policy],
    *,
    patch: object = None,
    removal: Removal | None = None,
) -> Verdict:
    verdicts = [judge(measured, baseline, each, patch=patch, removal=removal) for each in reversed(policies)]
    return next((each for each in verdicts if not each.passed), verdicts[0])


def judge_both(
    measured: object,
    baseline: object,
    policy: Policy,
    base: Policy | None,
    *,
    patch: object = None,
    removal: Removal | None = None,
) -> Verdict:
    """Judge by ``policy``, and by that of the base where it asks for more: both have to pass.

    The verdict is the base's, unless only the push's own policy fails.
    """
    own = judge(measured, baseline, policy, patch=patch, removal=removal)
    if base is None or not weakened(policy, base):
        return own
    held = judge(measured, baseline, base, patch=patch, removal=removal)
    return own if held.passed and not own.passed else held


def _below(
    measured: Fraction, name: str, bar: Fraction, epsilon: Fraction, *, exact: bool = False, of: str = ""
) -> str:
    places = _places(measured, bar)
    shown = format_exact(bar, places) if exact else format_percent(bar, places)
    what = f"{format_percent(measured, places)}%" + (f" of the {of}" if of else "")
    return f"{what} is below the {name} of {shown}%{_slack(epsilon)}"


def _why_passed(
    measured: Fraction | None,
    baseline: Baseline | None,
    policy: Policy,
    adjusted: Fraction | None,
    patch: object,
    changed: Fraction | None,
) -> list[str]:
    reasons = [_why_held(measured, baseline, policy, adjusted)]
    if policy.patch_floor is None:
        return reasons
    if changed is not None:
        places = _places(changed, policy.patch_floor)
        least = format_exact(policy.patch_floor, places)
        reasons.append(f"{format_percent(changed, places)}% of the changed lines holds the patch floor of {least}%")
    elif patch is None:
        reasons.append("the patch floor is not judged: there is no base to compare with")
    else:
        reasons.append("no executable line was changed")
    return reasons


def _why_held(measured: Fraction | None, baseline: Baseline | None, policy: Policy, adjusted: Fraction | None) -> str:
    if measured is None:
        return "nothing to measure: no executable statement"
    floor = policy.floor if policy.kind.uses_floor else Fraction(0)
    bar = baseline.percent if baseline and policy.kind.uses_baseline else None
    places = max(_places(measured, each) for each in (floor, floor if bar is None else bar, adjusted or floor))
    held = []
    if bar is not None:
        held.append(f"the baseline of {format_percent(bar, places)}%")
        if adjusted is not None:
            held[-1] += f", which is {format_percent(adjusted, places)}% without the code that was removed"
    if floor:
        held.append(f"the floor of {format_exact(floor, places)}%")
    reason = f"{format_percent(measured, places)}%"
    if held:
        reason += " holds " + " and ".join(held)
    if policy.kind.uses_baseline and baseline is None:
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


def _patch_percent(patch: object) -> Fraction | None:
    if patch is None:
        return None
    return _measured_percent(getattr(patch, "numbers", patch))


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
