"""Which policy is weaker than another: the base's holds for a push whose own is weaker."""

from __future__ import annotations

import math
import re
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covgate.model.policy import Kind, Policy, RemovedCode, exact_percent, parse_decimal, weakened
from covgate.model.verdict import judge

ABSOLUTE, BASELINE, BOTH = Kind
ADJUST, COUNT = RemovedCode

percents = st.fractions(0, 100, max_denominator=20)
policies = st.builds(
    Policy,
    kind=st.sampled_from(Kind),
    floor=percents,
    epsilon=st.fractions(0, 3, max_denominator=20),
    patch_floor=st.none() | percents,
    patch_min_lines=st.integers(0, 3),
    removed_code=st.sampled_from(RemovedCode),
)


def policy(
    kind: Kind = BOTH,
    *,
    floor: int = 0,
    epsilon: int = 0,
    patch_floor: int | None = None,
    min_lines: int = 0,
    removed: RemovedCode = ADJUST,
) -> Policy:
    return Policy(
        kind=kind,
        floor=Fraction(floor),
        epsilon=Fraction(epsilon),
        patch_floor=None if patch_floor is None else Fraction(patch_floor),
        patch_min_lines=min_lines,
        removed_code=removed,
    )


def test_the_defaults() -> None:
    assert Policy() == policy(BOTH, floor=0, epsilon=0, patch_floor=None, removed=ADJUST)


@pytest.mark.parametrize(
    ("base", "own", "expected"),
    [
        (policy(), policy(), ()),
        (policy(floor=80, epsilon=1, patch_floor=90), policy(floor=80, epsilon=1, patch_floor=90), ()),
        (policy(ABSOLUTE), policy(ABSOLUTE), ()),
        (policy(BASELINE), policy(BASELINE), ()),
        (policy(removed=COUNT), policy(removed=COUNT), ()),
        (policy(BOTH), policy(ABSOLUTE), ("policy both -> absolute",)),
        (policy(BOTH), policy(BASELINE), ("policy both -> baseline",)),
        (policy(BASELINE), policy(ABSOLUTE), ("policy baseline -> absolute",)),
        (policy(ABSOLUTE), policy(BASELINE), ("policy absolute -> baseline",)),
        # Both asks for all that one of them asks for.
        (policy(ABSOLUTE), policy(BOTH), ()),
        (policy(BASELINE), policy(BOTH), ()),
        (policy(floor=80), policy(floor=10), ("floor 80.00 -> 10.00",)),
        (policy(floor=80), policy(floor=90), ()),
        (policy(), policy(epsilon=30), ("epsilon 0.00 -> 30.00",)),
        (policy(epsilon=2), policy(epsilon=1), ()),
        (policy(patch_floor=100), policy(patch_floor=10), ("patch_floor 100.00 -> 10.00",)),
        (policy(patch_floor=0), policy(), ("patch_floor 0.00 -> none",)),
        (policy(), policy(patch_floor=10), ()),
        (policy(patch_floor=10), policy(patch_floor=100), ()),
        (policy(patch_floor=10), policy(patch_floor=10, min_lines=5), ("patch_min_lines 0 -> 5",)),
        (policy(patch_floor=10, min_lines=5), policy(patch_floor=20, min_lines=9), ("patch_min_lines 5 -> 9",)),
        (policy(patch_floor=10, min_lines=5), policy(patch_floor=10, min_lines=4), ()),
        (policy(), policy(patch_floor=10, min_lines=5), ()),  # there was no patch floor
        (policy(removed=COUNT), policy(), ("removed_code count -> adjust",)),
        (policy(), policy(removed=COUNT), ()),
        (
            policy(floor=80, patch_floor=90, removed=COUNT),
            policy(ABSOLUTE, floor=70, epsilon=1),
            (
                "policy both -> absolute",
                "floor 80.00 -> 70.00",
                "epsilon 0.00 -> 1.00",
                "patch_floor 90.00 -> none",
                "removed_code count -> adjust",
            ),
        ),
    ],
)
def test_what_is_weaker_is_named(base: Policy, own: Policy, expected: tuple[str, ...]) -> None:
    assert weakened(own, base) == expected


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("80", Fraction(80)),
        (" +.5\n", Fraction(1, 2)),
        ("-1.e1", Fraction(-10)),
        ("0" * 39 + "7", Fraction(7)),
        ("0" * 40 + "7", None),  # too long to be meant
        ("1e100", None),
        ("1_000", None),
        ("1/2", None),
        ("nan", None),
        (".", None),
        ("", None),
    ],
)
def test_decimal_numbers(text: str, value: Fraction | None) -> None:
    if value is not None:
        assert parse_decimal(text) == value
    else:
        with pytest.raises(ValueError, match="is not a decimal number"):
            parse_decimal(text)


@pytest.mark.parametrize(
    ("value", "percent"),
    [
        (84.7, Fraction(847, 10)),  # not the binary fraction
        (Decimal("84.70"), Fraction(847, 10)),
        (85, Fraction(85)),
        (Fraction(250, 3), Fraction(250, 3)),
        (0, Fraction(0)),
        (100.0, Fraction(100)),
        (100.01, None),
        (-0.01, None),
        (math.nan, None),
        (True, None),
        ("85", None),
        (None, None),
    ],
)
def test_exact_percentages(value: object, percent: Fraction | None) -> None:
    if percent is not None:
        assert exact_percent(value) == percent
    else:
        with pytest.raises(ValueError, match=f"{re.escape(str(value))}.* is not "):
            exact_percent(value)


@given(policies, policies, percents, st.none() | percents)
def test_what_is_not_weaker_passes_no_more(own: Policy, base: Policy, now: Fraction, before: Fraction | None) -> None:
    if not weakened(own, base) and judge(now, before, own).passed:
        assert judge(now, before, base).passed
