"""Verdicts: tables of examples, general laws, and that bad inputs fail without an exception."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from covgate.model import verdict as verdicts
from covgate.model import verdict_reasons as reasons
from covgate.model.baseline import Baseline, Removal
from covgate.model.measurement import Measurement
from covgate.model.numbers import Numbers
from covgate.model.policy import Kind, Policy
from covgate.model.verdict import Rule, Status, Verdict, judge, not_applicable, without_bootstrap

percentages = st.fractions(0, 100, max_denominator=500)
epsilons = st.fractions(-3, 3, max_denominator=20)
policies = st.builds(Policy, kind=st.sampled_from(Kind), floor=percentages, epsilon=epsilons)


def policy(kind: str = "both", *, floor: str = "0", epsilon: str = "0") -> Policy:
    return Policy(kind=Kind(kind), floor=Fraction(floor), epsilon=Fraction(epsilon))


def exact(text: str | None) -> Fraction | None:
    return None if text is None else Fraction(text)


def numbers(executed: int, statements: int) -> Numbers:
    return Numbers(statements=statements, executed_statements=executed)


@pytest.mark.parametrize("kind", ["baseline", "both"])
@pytest.mark.parametrize(
    "measured, epsilon, passes",
    [
        ("84.7", "0.5", True),
        ("84.5", "0.5", True),  # exactly on the line
        ("84.4", "0.5", False),
        ("83.0", "0.5", False),
        ("85.0", "0", True),
        ("84.9999999999", "0", False),
        ("84.7", "-0.5", False),  # a negative epsilon counts as 0
        ("85.0", "-0.5", True),  # and does not raise the minimum
    ],
)
def test_against_a_baseline_or_a_floor_of_85(kind: str, measured: str, epsilon: str, passes: bool) -> None:
    verdict = judge(exact(measured), Fraction(85), policy(kind, epsilon=epsilon))
    assert verdict.passed is passes
    assert verdict.status is (Status.PASS if passes else Status.FAIL)
    assert judge(exact(measured), None, policy("absolute", floor="85", epsilon=epsilon)).passed is passes


@pytest.mark.parametrize(
    "kind, measured, baseline, floor, passes",
    [
        ("absolute", "79", "90", "80", False),
        ("absolute", "80", "90", "80", True),  # the baseline is ignored
        ("baseline", "70", "70", "80", True),  # the floor is ignored
        ("baseline", "69", "70", "0", False),
        ("baseline", "1", None, "80", True),
        ("both", "75", "70", "80", False),
        ("both", "85", "90", "80", False),
        ("both", "90", "90", "80", True),
        ("both", "80", None, "80", True),
        ("both", "79", None, "80", False),
    ],
)
def test_policies(kind: str, measured: str, baseline: str | None, floor: str, passes: bool) -> None:
    assert judge(exact(measured), exact(baseline), policy(kind, floor=floor)).passed is passes


@pytest.mark.parametrize("kind, bootstrap", [("absolute", False), ("baseline", True), ("both", True)])
def test_without_a_baseline_it_says_bootstrap(kind: str, bootstrap: bool) -> None:
    verdict = judge(Fraction(50), None, policy(kind))
    assert verdict.passed
    assert verdict.bootstrap is bootstrap
    assert ("bootstrap" in verdict.reason) is bootstrap
    assert not judge(Fraction(50), Fraction(40), policy(kind)).bootstrap
    unknown = without_bootstrap(verdict)
    assert not unknown.bootstrap and "bootstrap" not in unknown.reason
    assert ("the baseline is unknown" in unknown.reason) is bootstrap


def test_both_failures_are_named() -> None:
    verdict = judge(Fraction(60), Fraction(75), policy(floor="70.5", epsilon="0.5"))
    assert verdict.reasons == (
        "60.00% is below the floor of 70.50% (epsilon 0.50)",
        "60.00% is below the baseline of 75.00% (epsilon 0.50)",
    )
    assert verdict.reason == "; ".join(verdict.reasons)


@pytest.mark.parametrize(
    "measured, baseline, floor, delta",
    [
        ("85", "80", "70", 5),
        ("75", "80", "70", -5),
        ("75", "70", "80", -5),
        ("75", None, "70", 5),
        ("75", None, "0", 0),
    ],
)
@pytest.mark.parametrize("kind", [each.value for each in Kind])
def test_delta(kind: str, measured: str, baseline: str | None, floor: str, delta: int) -> None:
    assert judge(exact(measured), exact(baseline), policy(kind, floor=floor)).delta == delta


@pytest.mark.parametrize(
    "kind, measured, baseline, floor, reason",
    [
        ("both", "250/3", None, "50", "83.33% holds the floor of 50.00%; no baseline yet (bootstrap)"),
        ("both", "250/3", "80", "0", "83.33% holds the baseline of 80.00%"),
        ("both", "250/3", "80", "50", "83.33% holds the baseline of 80.00% and the floor of 50.00%"),
        ("both", "250/3", None, "0", "83.33%; no baseline yet (bootstrap)"),
        ("baseline", "250/3", None, "90", "83.33%; no baseline yet (bootstrap)"),
        ("absolute", "250/3", "90", "50", "83.33% holds the floor of 50.00%"),
        ("absolute", "250/3", "90", "0", "83.33%; the floor is 0"),
        ("absolute", "84.996", None, "85", "84.996% is below the floor of 85.000%"),
        ("absolute", "84.99996", None, "85", "84.99996% is below the floor of 85.00000%"),
        ("absolute", "85.1249", None, "85.125", "85.1249% is below the floor of 85.1250%"),
        ("baseline", "84.996", "85", "0", "84.996% is below the baseline of 85.000%"),
        ("baseline", "85.004", "85", "0", "85.004% holds the baseline of 85.000%"),
        ("both", "99.99999", "100", "0", "99.99% is below the baseline of 100.00%"),
        ("both", "85.004", "80", "85", "85.004% holds the baseline of 80.000% and the floor of 85.000%"),
        # As many decimals as show the difference, up to 30.
        ("baseline", f"84.{'9' * 30}", "85", "0", f"84.{'9' * 30}% is below the baseline of 85.{'0' * 30}%"),
        ("baseline", f"84.{'9' * 31}", "85", "0", "85.00% is below the baseline of 85.00%"),
    ],
)
def test_reasons(kind: str, measured: str, baseline: str | None, floor: str, reason: str) -> None:
    assert judge(exact(measured), exact(baseline), policy(kind, floor=floor)).reason == reason


def test_the_baseline_without_removed_code_gets_as_many_decimals() -> None:
    removal = Removal(of=100_000, removed=numbers(33_333, 33_333), added=Numbers())  # leaves 46_667/66_667
    verdict = judge(numbers(46_668, 66_667), Baseline(executed=80_000, executable=100_000), policy(), removal=removal)
    assert verdict.reason == (
        "70.002% holds the baseline of 80.000%, which is 70.000% without the code that was removed"
    )


def test_the_floor_beside_removed_code_gets_as_many_decimals_too() -> None:
    baseline = Baseline(executed=80, executable=100)
    assert reasons.passes(Fraction("70.004"), baseline, policy(floor="70"), Fraction(60)) == (
        "70.004% holds the baseline of 80.000%, which is 60.000% without the code that was removed"
        " and the floor of 70.000%"
    )


@pytest.mark.parametrize(
    "kind, baseline, floor, missed",
    [
        ("both", None, "0", []),
        ("both", None, "1", ["floor"]),
        ("both", "1", "0", ["baseline"]),
        ("both", "1", "1", ["floor", "baseline"]),
        ("absolute", "90", "0", []),
        ("absolute", None, "1", ["floor"]),
        ("baseline", "1", "0", ["baseline"]),
        ("baseline", None, "90", []),
    ],
)
def test_a_measurement_without_statements_reaches_no_minimum(
    kind: str, baseline: str | None, floor: str, missed: list[str]
) -> None:
    verdict = judge(Numbers(), exact(baseline), policy(kind, floor=floor))
    assert verdict.passed is (not missed)
    assert [each.value for each in verdict.failed] == missed
    assert verdict.measured is None
    assert verdict.delta == 0
    reasons = [f"nothing was measured: no executable statement, with a {name} of 1.00%" for name in missed]
    assert list(verdict.reasons) == (reasons or ["nothing to measure: no executable statement"])


@pytest.mark.parametrize(
    "patch, passes, reason",
    [
        ("75", True, "75.00% of the changed lines holds the patch floor of 50.00%"),
        ("50", True, "50.00% of the changed lines holds the patch floor of 50.00%"),
        ("49.996", False, "49.996% of the changed lines is below the patch floor of 50.000%"),
        (Numbers(), True, "no executable line was changed"),
        (None, True, "the patch floor is not judged: there is no base to compare with"),
    ],
)
def test_against_a_patch_floor_of_50(patch: object, passes: bool, reason: str) -> None:
    changed = Fraction(patch) if isinstance(patch, str) else patch
    verdict = judge(Fraction(90), None, Policy(patch_floor=Fraction(50)), patch=changed)
    assert (verdict.passed, verdict.reasons[-1]) == (passes, reason)
    assert verdict.patch == (changed if isinstance(changed, Fraction) else None)
    assert judge(Fraction(90), None, Policy(), patch=changed).reasons == ("90.00%; no baseline yet (bootstrap)",)


@pytest.mark.parametrize(
    "patch, too_small, reason",
    [
        (
            Numbers(statements=9),
            True,
            "of 50.00% does not apply: 9 executable lines are changed, fewer than 10",
        ),
        (
            Numbers(statements=1),
            True,
            "of 50.00% does not apply: 1 executable line is changed, fewer than 10",
        ),
        # Branches are no lines.
        (Numbers(statements=9, branches=20), True, "9 executable lines are changed, fewer than 10"),
        (Numbers(statements=10), False, "0.00% of the changed lines is below the patch floor of 50.00%"),
        (
            Numbers(statements=10, executed_statements=5),
            False,
            "50.00% of the changed lines holds the patch floor of 50.00%",
        ),
        (Numbers(), False, "no executable line was changed"),
        (None, False, "the patch floor is not judged: there is no base to compare with"),
        # Nobody knows how many lines a percentage is of.
        (Fraction(40), False, "40.00% of the changed lines is below the patch floor of 50.00%"),
    ],
)
def test_a_patch_floor_from_10_lines_on(patch: object, too_small: bool, reason: str) -> None:
    verdict = judge(Fraction(90), None, Policy(patch_floor=Fraction(50), patch_min_lines=10), patch=patch)
    assert verdict.reasons[-1].endswith(reason)
    assert verdict.patch_too_small is too_small
    assert verdict.passed is ("below" not in reason)


def test_a_small_patch_excuses_nothing_else() -> None:
    rules = Policy(floor=Fraction(95), patch_floor=Fraction(50), patch_min_lines=10)
    verdict = judge(Fraction(90), None, rules, patch=Numbers(statements=9))
    assert verdict.failed == (Rule.FLOOR,)
    assert verdict.patch_too_small


def test_a_measurement_and_its_numbers_give_the_same_verdict() -> None:
    counted = Numbers(statements=8, executed_statements=5, branches=4, executed_branches=3)
    verdict = judge(counted, Baseline(executed=2, executable=3), policy())
    assert verdict == judge(Measurement(tree="0" * 40, numbers=counted), Baseline(executed=2, executable=3), policy())
    assert verdict.measured == Fraction(200, 3)
    assert verdict.baseline == Baseline(executed=2, executable=3)
    assert verdict.passed


class Hostile:
    """Raises an error in every operation."""

    def __str__(self) -> str:
        raise RuntimeError("no text")

    __repr__ = __str__

    def __eq__(self, other: object) -> bool:
        raise RuntimeError("no comparison")

    __lt__ = __le__ = __gt__ = __ge__ = __eq__

    def __hash__(self) -> int:
        raise RuntimeError("no hash")

    def __bool__(self) -> bool:
        raise RuntimeError("no truth")


class HostileError(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no text")


class Raising:
    @property
    def __class__(self) -> type:  # called by isinstance
        raise HostileError


class Silent:
    @property
    def __class__(self) -> type:
        raise RuntimeError


BAD = [
    float("nan"), float("inf"), float("-inf"), -1, -0.001, 100.0001, 101, 10**400, 1e300,
    Decimal("NaN"), Decimal("sNaN"), Decimal("Infinity"), Fraction(-1, 3),
    True, "85", "", b"85", 85j, [], {}, (), object(), object, Hostile(),
]  # fmt: skip


@pytest.mark.parametrize("bad", [*BAD, None], ids=lambda bad: type(bad).__name__)
def test_a_bad_measurement_fails(bad: object) -> None:
    assert_bad_inputs(judge(bad, Fraction(10), policy()))


@pytest.mark.parametrize("bad", BAD, ids=lambda bad: type(bad).__name__)
def test_a_bad_baseline_fails(bad: object) -> None:
    assert_bad_inputs(judge(Fraction(100), bad, policy()))


@pytest.mark.parametrize("bad", [*BAD, None], ids=lambda bad: type(bad).__name__)
def test_a_bad_policy_fails(bad: object) -> None:
    for not_a_policy in (bad, Policy(kind=bad)):  # type: ignore[arg-type]
        assert judge(Fraction(100), None, not_a_policy).reason == "bad inputs: the policy is none"  # type: ignore[arg-type]
    assert_bad_inputs(judge(Fraction(100), None, Policy(floor=bad)))  # type: ignore[arg-type]
    if type(bad) is not int and not isinstance(bad, Fraction):  # epsilon has no upper or lower end
        assert_bad_inputs(judge(Fraction(100), None, Policy(epsilon=bad)))  # type: ignore[arg-type]


def test_a_value_whose_type_check_raises_fails() -> None:
    assert_bad_inputs(judge(Raising(), None, policy()))
    assert_bad_inputs(judge(Fraction(1), Raising(), policy()))
    assert_bad_inputs(judge(Fraction(1), None, Raising()))  # type: ignore[arg-type]
    assert judge(Raising(), None, policy()).reason == "bad inputs: HostileError"
    assert judge(Silent(), None, policy()).reason == "bad inputs: RuntimeError"


def assert_bad_inputs(verdict: Verdict) -> None:
    assert verdict.status is Status.FAIL
    assert verdict.reason.startswith("bad inputs: ")
    assert len(verdict.reason) > len("bad inputs: ")


anything = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.decimals(), st.fractions(), st.text(), st.binary(),
    st.complex_numbers(), st.lists(st.integers()),
    st.sampled_from([each for each in BAD if not isinstance(each, Hostile)]),
    st.builds(numbers, st.integers(0, 9), st.integers(9, 20)),
)  # fmt: skip


@given(measured=anything, baseline=anything, kind=anything | st.sampled_from(Kind), floor=anything, epsilon=anything)
def test_never_raises(measured: object, baseline: object, kind: object, floor: object, epsilon: object) -> None:
    given_policy = Policy(kind=kind, floor=floor, epsilon=epsilon)  # type: ignore[arg-type]
    verdict = judge(measured, baseline, given_policy)
    assert verdict.status in (Status.PASS, Status.FAIL)
    assert verdict.reasons


@given(one=percentages, other=percentages, baseline=st.none() | percentages, policy=policies)
def test_monotone_in_the_measurement(one: Fraction, other: Fraction, baseline: Fraction | None, policy: Policy) -> None:
    low, high = sorted((one, other))
    if judge(low, baseline, policy).passed:
        assert judge(high, baseline, policy).passed
    assert judge(low, baseline, policy).delta <= judge(high, baseline, policy).delta


@given(measured=percentages, baseline=percentages, policy=policies)
def test_never_a_pass_below_both_minimums(measured: Fraction, baseline: Fraction, policy: Policy) -> None:
    below = measured < min(baseline, policy.floor) - max(policy.epsilon, 0)
    above = measured >= max(baseline, policy.floor)
    passed = judge(measured, baseline, policy).passed
    assert not (below and passed)
    assert not (above and not passed)


@given(measured=percentages, baseline=st.none() | percentages, policy=policies)
def test_a_negative_epsilon_counts_as_zero(measured: Fraction, baseline: Fraction | None, policy: Policy) -> None:
    clamped = Policy(kind=policy.kind, floor=policy.floor, epsilon=max(policy.epsilon, Fraction(0)))
    one, other = judge(measured, baseline, policy), judge(measured, baseline, clamped)
    assert (one.status, one.reasons, one.delta) == (other.status, other.reasons, other.delta)


def test_an_epsilon_may_be_an_integer() -> None:
    assert judge(84, 85, Policy(epsilon=1)).passed  # type: ignore[arg-type]


@example(measured=Fraction(0), baseline=Fraction(0), policy=Policy(kind=Kind.ABSOLUTE, floor=Fraction(1, 201)))
@given(measured=percentages, baseline=percentages, policy=policies)
def test_a_failure_never_shows_two_equal_numbers(measured: Fraction, baseline: Fraction, policy: Policy) -> None:
    for reason in judge(measured, baseline, policy).reasons:
        shown = [word for word in reason.split() if word.endswith("%")]
        if " is below " in reason:
            assert Fraction(shown[0][:-1]) < Fraction(shown[1][:-1])


def test_verdicts_without_a_comparison() -> None:
    assert not_applicable("disabled").status is Status.NOT_APPLICABLE
    assert not_applicable("disabled").passed
    assert not_applicable("disabled").reasons == ("disabled",)
    baseline = Baseline(executed=1, executable=2)
    failed = verdicts.tests_failed("1 failed", policy(floor="80"), baseline)
    assert not failed.passed
    assert failed == Verdict(
        status=Status.FAIL,
        reasons=("1 failed",),
        failed=(Rule.TESTS,),
        measured=None,
        baseline=baseline,
        delta=Fraction(0),
        bootstrap=False,
        policy=policy(floor="80"),
    )


def test_the_words_that_notes_and_reports_use() -> None:
    assert [each.value for each in Status] == ["PASS", "FAIL", "N/A"]
    assert [each.value for each in Rule] == ["tests", "floor", "baseline", "patch_floor", "inputs"]
