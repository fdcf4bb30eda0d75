"""Counts, and how percentages are shown: never 100 or 0 unless they are exactly that."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covgate.model.measurement import Toolchain
from covgate.model.numbers import COUNTS, Numbers, format_exact, format_percent, format_reached, total

counts = st.builds(
    lambda statements, missed, branches, lost, excluded: Numbers(
        statements=statements + missed,
        executed_statements=statements,
        branches=branches + lost,
        executed_branches=branches,
        excluded=excluded,
    ),
    *[st.integers(0, 10**6)] * 5,
)


@given(st.integers(0, 10**9), st.integers(0, 10**9), st.integers(0, 6))
def test_never_shown_as_all_or_nothing_unless_it_is(executed: int, missing: int, places: int) -> None:
    if not executed + missing:
        return
    shown = Fraction(format_percent(Fraction(100 * executed, executed + missing), places))
    assert (shown == 100) is (missing == 0)
    assert (shown == 0) is (executed == 0)


@given(st.fractions(-100, 100), st.integers(0, 8))
def test_shown_within_one_unit_of_the_last_place(value: Fraction, places: int) -> None:
    assert abs(Fraction(format_percent(value, places)) - value) < Fraction(1, 10**places)


@pytest.mark.parametrize(
    "value, places, shown",
    [
        (Fraction(99999, 1000), 2, "99.99"),
        (Fraction(1, 10**6), 2, "0.01"),
        (Fraction(9999, 100), 0, "99"),
        (Fraction(1, 100), 0, "1"),
        (Fraction(100), 2, "100.00"),
        (Fraction(0), 2, "0.00"),
        (Fraction(250, 3), 2, "83.33"),
        (Fraction(-5), 2, "-5.00"),
        (Fraction(-1, 20), 2, "-0.05"),
        (Fraction(-1, 10**6), 2, "0.00"),
        (Fraction(-5), 0, "-5"),
        (None, 2, ""),
    ],
)
def test_format_percent(value: Fraction | None, places: int, shown: str) -> None:
    assert format_percent(value, places) == shown


@given(st.decimals(-100, 100, places=6))
def test_a_decimal_is_shown_with_all_its_digits(value: object) -> None:
    exact = Fraction(value)  # type: ignore[arg-type]
    shown = format_exact(exact)
    assert Fraction(shown) == exact
    assert len(shown.partition(".")[2]) >= 2


@pytest.mark.parametrize(
    "value, places, shown",
    [
        (Fraction(80), 2, "80.00"),
        (Fraction(80), 0, "80"),
        (Fraction(80), 3, "80.000"),
        (Fraction(1, 8), 2, "0.125"),
        (Fraction(1, 3), 2, "0.33"),
        (Fraction(2, 3), 3, "0.667"),
        (Fraction(1, 10**30), 2, f"0.{'0' * 29}1"),
        (Fraction(1, 10**31), 2, "0.00"),
    ],
)
def test_format_exact(value: Fraction, places: int, shown: str) -> None:
    assert format_exact(value, places) == shown
    if places == 2:
        assert format_exact(value) == shown


@given(st.lists(counts, max_size=5))
def test_a_total_adds_every_count(files: list[Numbers]) -> None:
    whole = total(files)
    assert whole.executed == sum(each.executed for each in files)
    assert whole.executable == sum(each.executable for each in files)
    assert whole.executed + whole.missing == whole.executable
    assert whole.excluded == sum(each.excluded for each in files)
    assert whole == total(reversed(files))


def test_coverage_counts_statements_and_branches() -> None:
    numbers = Numbers(statements=8, executed_statements=5, branches=4, executed_branches=3)
    assert numbers.percent == Fraction(200, 3)


def test_nothing_to_execute_is_unknown_not_zero() -> None:
    assert Numbers(excluded=7).percent is None


def test_the_counts_keep_the_order_of_the_stored_formats() -> None:
    assert COUNTS == ("statements", "executed_statements", "branches", "executed_branches", "excluded")
    numbers = Numbers(statements=8, executed_statements=5, branches=4, executed_branches=3, excluded=2)
    assert numbers.counts() == (8, 5, 4, 3, 2)
    assert Numbers.from_counts(numbers.counts()) == numbers


@pytest.mark.parametrize("counts", [(), (8, 5, 4, 3), (8, 5, 4, 3, 2, 1), "85432", {"statements": 8}, (5, 8, 0, 0, 0)])
def test_what_is_not_five_valid_counts_is_refused(counts: Iterable[int]) -> None:
    with pytest.raises(ValueError, match=r"."):
        Numbers.from_counts(counts)


@pytest.mark.parametrize("name", COUNTS)
@pytest.mark.parametrize("bad", [-1, 1.0, "1", None, True])
def test_counts_are_integers_of_at_least_0(name: str, bad: object) -> None:
    with pytest.raises(ValueError, match=name):
        Numbers(**{name: bad})  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["executed_statements", "executed_branches"])
def test_no_more_executed_than_there_is(name: str) -> None:
    with pytest.raises(ValueError, match="more executed"):
        Numbers(statements=0 if name == "executed_statements" else 5, branches=0, **{name: 1})


def test_the_toolchain_in_words() -> None:
    assert str(Toolchain(python="CPython 3.12", coverage="7.6")) == "CPython 3.12, coverage 7.6"
    assert str(Toolchain()) == ""


@given(st.fractions(0, 100))
def test_what_is_rounded_down_is_reached(value: Fraction) -> None:
    shown = format_reached(value)
    assert value - Fraction(1, 100) < Fraction(shown) <= value
