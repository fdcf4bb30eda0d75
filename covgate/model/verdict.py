"""The verdict on a push: a pure function of what was measured, the baseline and the policy. It never raises."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from fractions import Fraction
from functools import partial
from typing import TYPE_CHECKING, Protocol

from covgate.model import verdict_reasons as reasons
from covgate.model.baseline import Baseline, Removal, without_removed
from covgate.model.numbers import format_exact, format_percent
from covgate.model.policy import Policy, RemovedCode
from covgate.model.verdict_inputs import as_baseline, few_lines, limits, percent_of

if TYPE_CHECKING:
    from covgate.model.patch import Patch


class Status(Enum):
    """The result of judging a push, by the word that notes and reports use for it."""

    PASS = "PASS"
    FAIL = "FAIL"
    NOT_APPLICABLE = "N/A"


class Rule(Enum):
    """A rule that a push can fail."""

    TESTS = "tests"
    FLOOR = "floor"
    BASELINE = "baseline"
    PATCH_FLOOR = "patch_floor"
    INPUTS = "inputs"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Pass, fail or not applicable, with every reason.

    ``measured``, ``here``, ``adjusted`` and ``patch`` are exact percentages, ``delta`` is in percentage points.
    ``failed``: the rules that the push fails. ``here``: what the baseline requires under the present circumstances,
    None if these are its record's. ``adjusted``: the same without the removed code, None if it was not needed.
    ``patch``: the coverage of the changed lines, None if they are unknown or none is executable. ``patch_too_small``:
    the patch floor does not apply, because too few executable lines were changed. ``excuse``: why it passes although it
    failed these rules (`covgate.model.excused_verdict`), "" if it is not excused.
    ``bootstrap``: the policy uses a baseline and there is none yet.
    """

    status: Status
    reasons: tuple[str, ...]
    failed: tuple[Rule, ...] = ()
    measured: Fraction | None = None
    baseline: Baseline | None = None
    here: Fraction | None = None
    adjusted: Fraction | None = None
    patch: Fraction | None = None
    patch_too_small: bool = False
    delta: Fraction = Fraction(0)
    bootstrap: bool = False
    excuse: str = ""
    policy: Policy = field(default_factory=Policy)

    @property
    def passed(self) -> bool:
        """Whether nothing is to be blocked: the status is PASS or N/A."""
        return self.status is not Status.FAIL

    @property
    def minimum(self) -> Fraction | None:
        """The final requirement of the baseline: for the remaining code, under the present circumstances."""
        known = (self.adjusted, self.here, self.baseline.percent if self.baseline else None)
        return next((each for each in known if each is not None), None)

    @property
    def reason(self) -> str:
        """All reasons in one line."""
        return "; ".join(self.reasons)


def not_applicable(reason: str) -> Verdict:
    """The verdict where nothing is judged: out of scope, disabled, or nothing new."""
    return Verdict(status=Status.NOT_APPLICABLE, reasons=(reason,))


def tests_failed(summary: str, policy: Policy, baseline: Baseline | None) -> Verdict:
    """The verdict on failing tests: they block under every policy, because their coverage is not a measurement."""
    return Verdict(status=Status.FAIL, reasons=(summary,), failed=(Rule.TESTS,), baseline=baseline, policy=policy)


def judge(
    measured: object,
    baseline: object,
    policy: Policy,
    *,
    patch: object = None,
    removal: Removal | None = None,
    here: object = None,
) -> Verdict:
    """Judge what was measured by ``policy``.

    ``measured``: a Measurement, Numbers, or a percentage. ``baseline``: a Baseline, a percentage, or None if there is
    none. ``patch``: a Patch, Numbers, or a percentage of the changed lines, None if they are unknown. ``removal``: the
    code that was removed since the baseline was reached, None if that is unknown. ``here``: the percentage that the
    baseline requires under the present circumstances, None if these are its record's.

    Returns the verdict. Never raises: any other type, or a percentage outside 0 to 100, fails with ``bad inputs``.
    """
    try:
        return _judge(percent_of(measured), as_baseline(baseline), policy, patch, removal, here)
    except Exception as error:
        # A gate that crashes gets bypassed: inputs that can't be understood fail instead.
        return _bad_inputs(error)


def without_bootstrap(verdict: Verdict) -> Verdict:
    """``verdict`` where it is not known that there is no baseline."""
    told = (each.replace(reasons.NO_BASELINE, reasons.BASELINE_UNKNOWN) for each in verdict.reasons)
    return replace(verdict, bootstrap=False, reasons=tuple(told))


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


def judge_push(
    measured: object, baseline: object, policies: Sequence[Policy], evidence: Evidence, *, here: object = None
) -> Verdict:
    """Judge a push by each of ``policies``, all of which have to pass, and ask for evidence when a rule needs it.

    ``measured``, ``baseline`` and ``here``: as for `judge`. ``policies``: the push's own, then the base's if that is
    stricter.

    Returns the verdict of the last policy that fails; if all pass, that of the last one.
    Raises what ``evidence`` raises, and nothing else: other inputs that can't be understood fail with ``bad inputs``.
    """
    try:
        policies = tuple(policies)
        if not policies or not all(isinstance(each, Policy) for each in policies):
            raise ValueError("a push is judged by one policy or more")
    except Exception as error:
        return _bad_inputs(error)
    judge_by_all = partial(_judge_by_all, measured, baseline, policies, here=here)
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
    here: object = None,
) -> Verdict:
    verdicts = [judge(measured, baseline, each, patch=patch, removal=removal, here=here) for each in reversed(policies)]
    return next((each for each in verdicts if not each.passed), verdicts[0])


def _judge(
    measured: Fraction | None,
    baseline: Baseline | None,
    policy: Policy,
    patch: object,
    removal: Removal | None,
    here: object,
) -> Verdict:
    floor, epsilon, patch_floor = limits(policy)
    changed = None if patch is None else percent_of(getattr(patch, "numbers", patch))
    few = few_lines(patch, policy)
    compared = baseline if policy.kind.uses_baseline else None
    required = None if here is None or compared is None else percent_of(here)
    adjusted = None
    failures: dict[Rule, str] = {}
    if measured is None:
        if policy.kind.uses_floor and floor > 0:
            failures[Rule.FLOOR] = reasons.nothing_measured("floor", format_exact(floor))
        if compared is not None:
            failures[Rule.BASELINE] = reasons.nothing_measured("baseline", format_percent(compared.percent))
    else:
        if policy.kind.uses_floor and measured < floor - epsilon:
            failures[Rule.FLOOR] = reasons.below_floor(measured, floor, epsilon)
        if compared is not None and measured < (compared.percent if required is None else required) - epsilon:
            # Only after a failure: removed code can turn a failure into a pass, never a pass into a failure.
            adjusted = _adjusted(compared, policy, removal, required)
            if adjusted is None or measured < adjusted - epsilon:
                failures[Rule.BASELINE] = reasons.below_baseline(measured, compared.percent, epsilon, required)
    if patch_floor is not None and changed is not None and changed < patch_floor and not few:
        failures[Rule.PATCH_FLOOR] = reasons.below_patch_floor(changed, patch_floor)
    why = list(failures.values())
    if not failures:
        why.append(reasons.passes(measured, baseline, policy, adjusted, required))
        if patch_floor is not None:
            why.append(reasons.patch_passes(changed, policy, known=patch is not None, few=few))
    return Verdict(
        status=Status.FAIL if failures else Status.PASS,
        reasons=tuple(why),
        failed=tuple(failures),
        measured=measured,
        baseline=baseline,
        here=required,
        adjusted=adjusted,
        patch=changed,
        patch_too_small=few > 0,
        delta=_delta(measured, baseline, floor),
        bootstrap=policy.kind.uses_baseline and baseline is None,
        policy=policy,
    )


def _adjusted(baseline: Baseline, policy: Policy, removal: Removal | None, here: Fraction | None) -> Fraction | None:
    """The baseline without the code that was removed; None if nothing was removed or the policy counts it."""
    if removal and removal.removed.executable and policy.removed_code is RemovedCode.ADJUST:
        return without_removed(baseline, removal, here)
    return None


def _delta(measured: Fraction | None, baseline: Baseline | None, floor: Fraction) -> Fraction:
    """The distance from the higher of baseline and floor, in percentage points; 0 if there is neither."""
    minimums = [each for each in (baseline.percent if baseline else None, floor or None) if each is not None]
    return measured - max(minimums) if minimums and measured is not None else Fraction(0)


def _bad_inputs(error: Exception) -> Verdict:
    try:
        described = str(error) or type(error).__name__
    except Exception:
        described = type(error).__name__
    return Verdict(status=Status.FAIL, reasons=(f"bad inputs: {described}",), failed=(Rule.INPUTS,))
