"""A course at a glance, within the width that there is."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covgate.formats.sparkline import sparkline

BLOCKS = "▁▂▃▄▅▆▇█"


def drawn(*values: int, width: int = 80, unicode: bool = True) -> str:
    return sparkline([Fraction(each) for each in values], width, unicode=unicode)


def test_the_lowest_and_the_highest_are_told() -> None:
    assert drawn(*range(8)) == BLOCKS
    assert drawn(*range(8), unicode=False) == ".:-=+*#@"
    assert drawn(83, 100, 83) == "▁█▁"


def test_what_does_not_move_is_level() -> None:
    assert drawn(80, 80, 80) == "▅▅▅"
    assert drawn(80) == "▅"
    assert drawn() == ""


def test_more_values_than_room_keep_the_newest() -> None:
    assert drawn(*range(80), width=8) == BLOCKS
    assert drawn(*[0] * 99, 100, width=10) == "▁▁▁▁▁▁▁▁▁█"


@given(st.lists(st.fractions(0, 100)), st.integers(1, 200), st.booleans())
def test_it_always_fits_and_rises_where_the_values_do(values: list[Fraction], width: int, unicode: bool) -> None:
    line = sparkline(values, width, unicode=unicode)
    assert len(line) == min(len(values), width)
    assert unicode or line.isascii()
    rising = sparkline(sorted(values), width, unicode=True)
    assert list(rising) == sorted(rising)


@pytest.mark.parametrize("width", [1, 2, 7])
def test_a_narrow_terminal(width: int) -> None:
    assert len(drawn(*range(50), width=width)) == width
