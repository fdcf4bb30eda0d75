"""Judging a push once: by which policies, and which evidence is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covgate.model.baseline import Baseline, Removal
from covgate.model.numbers import Numbers
from covgate.model.patch import Patch
from covgate.model.policy import Kind, Policy, RemovedCode
from covgate.model.verdict import Rule, Status, judge, judge_push


def counted(executed: int, executable: int) -> Numbers:
    return Numbers(statements=executable, executed_statements=executed)


@dataclass
class Known:
    """Evidence that is known; ``asked`` has what was asked for, in order."""

    found_removal: Removal | None = None
    found_patch: Patch | None = None
    error: Exception | None = None
    asked: list[str] = field(default_factory=list)

    def removal(self) -> Removal | None:
        return self._answer("removal", self.found_removal)

    def patch(self, *, required: bool) -> Patch | None:
        return self._answer("required patch" if required else "patch", self.found_patch)

    def _answer(self, name: str, found):  # type: ignore[no-untyped-def]
        self.asked.append(name)
        if self.error is not None:
            raise self.error
        return found


BASELINE = Baseline(executed=80, executable=100)
REMOVED = Removal(of=100, removed=counted(10, 10), added=Numbers())  # leaves a baseline of 70/90
PLAIN, PATCHED = Policy(), Policy(patch_floor=Fraction(50))
FLOOR_90, LENIENT = Policy(floor=Fraction(90)), Policy(epsilon=Fraction(50))
ABSOLUTE = Policy(kind=Kind.ABSOLUTE)
COUNTED = Policy(removed_code=RemovedCode.COUNT)
PASS, FAIL = Status.PASS, Status.FAIL


@pytest.mark.parametrize(
    ("measured", "policies", "removal", "patch", "status", "failed", "asked"),
    [
        # One policy: no evidence unless a rule needs it.
        (counted(80, 100), [PLAIN], REMOVED, None, PASS, [], []),
        (counted(80, 100), [FLOOR_90], REMOVED, None, FAIL, [Rule.FLOOR], []),
        (counted(1, 100), [ABSOLUTE], REMOVED, None, PASS, [], []),
        # Removed code can only turn a failed baseline comparison into a pass.
        (counted(70, 90), [PLAIN], REMOVED, None, PASS, [], ["removal"]),
        (counted(69, 90), [PLAIN], REMOVED, None, FAIL, [Rule.BASELINE], ["removal"]),
        (counted(70, 90), [PLAIN], None, None, FAIL, [Rule.BASELINE], ["removal"]),
        (counted(70, 90), [COUNTED], REMOVED, None, FAIL, [Rule.BASELINE], ["removal"]),
        (counted(70, 90), [FLOOR_90], REMOVED, None, FAIL, [Rule.FLOOR], ["removal"]),
        # The patch is asked for by a patch floor alone, and is required where nothing else has failed.
        (counted(80, 100), [PATCHED], None, counted(1, 2), PASS, [], ["required patch"]),
        (counted(80, 100), [PATCHED], None, counted(1, 3), FAIL, [Rule.PATCH_FLOOR], ["required patch"]),
        (counted(80, 100), [PATCHED], None, None, PASS, [], ["required patch"]),
        (counted(70, 90), [PATCHED], REMOVED, counted(1, 2), PASS, [], ["removal", "required patch"]),
        (counted(70, 90), [PATCHED], None, counted(0, 2), FAIL, [Rule.BASELINE, Rule.PATCH_FLOOR],
            ["removal", "patch"]),
        # Two policies: both have to pass, and evidence is asked for once.
        (counted(80, 100), [PLAIN, FLOOR_90], None, None, FAIL, [Rule.FLOOR], []),
        (counted(80, 100), [FLOOR_90, PLAIN], None, None, FAIL, [Rule.FLOOR], []),
        (counted(70, 100), [LENIENT, PLAIN], None, None, FAIL, [Rule.BASELINE], ["removal"]),
        (counted(70, 90), [PLAIN, COUNTED], REMOVED, None, FAIL, [Rule.BASELINE], ["removal"]),
        (counted(70, 90), [PLAIN, PLAIN], REMOVED, None, PASS, [], ["removal"]),
        (counted(80, 100), [PLAIN, PATCHED], None, counted(0, 1), FAIL, [Rule.PATCH_FLOOR], ["required patch"]),
        (counted(80, 100), [PATCHED, PLAIN], None, counted(0, 1), FAIL, [Rule.PATCH_FLOOR], ["required patch"]),
        (counted(80, 100), [PATCHED, PATCHED], None, counted(1, 1), PASS, [], ["required patch"]),
        (counted(70, 90), [PATCHED, ABSOLUTE], None, counted(1, 1), FAIL, [Rule.BASELINE], ["removal", "patch"]),
    ],
)  # fmt: skip
def test_a_push_is_judged_by_every_policy_and_evidence_is_asked_for_when_needed(
    measured: Numbers,
    policies: Sequence[Policy],
    removal: Removal | None,
    patch: Numbers | None,
    status: Status,
    failed: list[Rule],
    asked: list[str],
) -> None:
    evidence = Known(removal, Patch(numbers=patch) if patch else None)
    verdict = judge_push(measured, BASELINE, policies, evidence)
    assert (verdict.status, list(verdict.failed), evidence.asked) == (status, failed, asked)


@pytest.mark.parametrize(
    ("policies", "shown"),
    [
        ([LENIENT, PLAIN], 1),  # both pass: the base's
        ([FLOOR_90, PLAIN], 0),  # only the push's own fails
        ([PLAIN, FLOOR_90], 1),  # only the base's fails
        ([FLOOR_90, Policy(floor=Fraction(95))], 1),  # both fail: the base's
    ],
)
def test_the_verdict_is_the_bases_unless_only_the_own_policy_fails(policies: list[Policy], shown: int) -> None:
    assert judge_push(counted(80, 100), BASELINE, policies, Known()).policy is policies[shown]


percentages = st.fractions(0, 100, max_denominator=20)
policies = st.builds(
    Policy,
    kind=st.sampled_from(Kind),
    floor=percentages,
    epsilon=st.sampled_from([Fraction(0), Fraction(10)]),
    patch_floor=st.none() | percentages,
    removed_code=st.sampled_from(RemovedCode),
)
counts = st.integers(0, 10).flatmap(lambda most: st.builds(counted, st.integers(0, most), st.just(most)))


@given(
    measured=counts,
    baseline=st.none() | st.builds(lambda executed: Baseline(executed=executed, executable=10), st.integers(0, 10)),
    rules=st.lists(policies, min_size=1, max_size=2),
    removed=st.none() | st.integers(0, 10),
    patch=st.none() | counts,
)
def test_it_passes_exactly_if_it_passes_by_each_policy_with_all_evidence_at_hand(
    measured: Numbers, baseline: Baseline | None, rules: list[Policy], removed: int | None, patch: Numbers | None
) -> None:
    removal = None if removed is None else Removal(of=20, removed=counted(removed, removed), added=Numbers())
    found = None if patch is None else Patch(numbers=patch)
    verdicts = [judge(measured, baseline, each, patch=found, removal=removal) for each in rules]
    verdict = judge_push(measured, baseline, rules, Known(removal, found))
    assert verdict.passed is all(each.passed for each in verdicts)
    if len(rules) == 1 and rules[0].patch_floor is not None:
        assert verdict == verdicts[0]


@pytest.mark.parametrize(("measured", "policy"), [(counted(70, 90), PLAIN), (counted(80, 100), PATCHED)])
def test_an_error_of_the_evidence_is_raised_as_it_is(measured: Numbers, policy: Policy) -> None:
    error = LookupError("no diff")
    with pytest.raises(LookupError) as caught:
        judge_push(measured, BASELINE, [policy], Known(error=error))
    assert caught.value is error


def test_the_policies_may_be_any_iterable() -> None:
    verdict = judge_push(counted(80, 100), BASELINE, iter([FLOOR_90]), Known())  # type: ignore[arg-type]
    assert verdict.failed == (Rule.FLOOR,)


class NoSequence:
    def __iter__(self) -> object:
        raise RuntimeError("no items")


@pytest.mark.parametrize(
    ("measured", "baseline", "policies"),
    [
        ("much", None, [PLAIN]),
        (None, BASELINE, [PATCHED]),
        (counted(1, 2), "high", [PLAIN, PATCHED]),
        (counted(1, 2), None, []),
        (counted(1, 2), None, None),
        (counted(1, 2), None, NoSequence()),
        (counted(1, 2), None, [PLAIN, None]),
        (counted(1, 2), None, ["both", FLOOR_90]),
        (counted(1, 2), None, [Policy(epsilon="little")]),  # type: ignore[arg-type]
        (counted(1, 2), None, [PLAIN, Policy(patch_floor="high")]),  # type: ignore[arg-type]
    ],
)
def test_bad_inputs_fail_and_ask_for_no_evidence(
    measured: object, baseline: object, policies: Sequence[Policy]
) -> None:
    evidence = Known(REMOVED, Patch(numbers=counted(1, 1)))
    verdict = judge_push(measured, baseline, policies, evidence)
    assert (verdict.status, verdict.failed, evidence.asked) == (FAIL, (Rule.INPUTS,), [])
    assert verdict.reason.startswith("bad inputs: ")


def test_bad_evidence_fails_too() -> None:
    strange = Known(found_patch=Patch(numbers="none"))  # type: ignore[arg-type]
    assert judge_push(counted(1, 2), None, [PATCHED], strange).failed == (Rule.INPUTS,)


@pytest.mark.parametrize(
    ("executed", "here", "removal", "reason"),
    [
        (79, None, None, "79.00% is below the baseline of 80.00%"),
        (79, Fraction(78), None, "79.00% holds the baseline of 80.00%, which is 78.00% here"),
        (77, Fraction(78), None, "77.00% is below the baseline of 80.00%, which is 78.00% here"),
        (81, Fraction(82), None, "81.00% is below the baseline of 80.00%, which is 82.00% here"),
        (82, Fraction(82), None, "82.00% holds the baseline of 80.00%, which is 82.00% here"),
        (76, Fraction(78), REMOVED, "76.00% holds the baseline of 80.00%, which is 78.00% here and 75.56%"
            " without the code that was removed"),
    ],
)  # fmt: skip
def test_what_the_baseline_requires_here_decides(
    executed: int, here: Fraction | None, removal: Removal | None, reason: str
) -> None:
    verdict = judge_push(counted(executed, 100), BASELINE, [Policy(kind=Kind.BASELINE)], Known(removal), here=here)
    assert verdict.reason == reason
    assert (verdict.here, verdict.passed) == (here, "holds" in reason)
    assert verdict.minimum == (verdict.adjusted or here or BASELINE.percent)


def test_a_policy_without_a_baseline_is_judged_the_same_everywhere() -> None:
    verdict = judge(counted(1, 2), BASELINE, Policy(kind=Kind.ABSOLUTE), here=Fraction(99))
    assert (verdict.passed, verdict.here) == (True, None)
    assert judge(counted(1, 2), BASELINE, Policy(), here="much").failed == (Rule.INPUTS,)
