"""The lines of a file as a text: written and read back, and refused if not valid."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covgate.model.lines import (
    Line,
    differing,
    encode,
    excluded,
    executed_in_either,
    from_maps,
    line_list,
    missing,
    numbers_of,
    ranges,
    statements,
)
from covgate.model.numbers import Numbers, total


@st.composite
def lines(draw: st.DrawFn) -> tuple[list[Line], set[int]]:
    where = draw(st.lists(st.integers(0, 60), unique=True, max_size=40))
    cut = draw(st.integers(0, len(where)))
    found = []
    for number in where[:cut]:
        branches = draw(st.sampled_from([0, 0, 2, 3, 11]))
        found.append(Line(number, draw(st.booleans()), draw(st.integers(0, branches)), branches))
    return found, set(where[cut:])


@given(lines())
def test_a_text_gives_back_its_lines(given_lines: tuple[list[Line], set[int]]) -> None:
    known, left_out = given_lines
    text = encode(known, left_out)
    assert list(statements(text)) == sorted(known)
    assert list(excluded(text)) == sorted(left_out)
    counted = total(each.numbers for each in known)
    assert numbers_of(text) == counted + Numbers(excluded=len(left_out))


@given(lines())
def test_one_text_for_one_set_of_lines(given_lines: tuple[list[Line], set[int]]) -> None:
    known, left_out = given_lines
    assert encode(reversed(known), sorted(left_out)) == encode(known, left_out)


@given(lines(), lines())
def test_two_runs_together(one: tuple[list[Line], set[int]], other: tuple[list[Line], set[int]]) -> None:
    texts = encode(*one), encode(*other)
    assert executed_in_either(*texts) == executed_in_either(*reversed(texts))
    assert executed_in_either(texts[0], texts[0]) == texts[0]
    executed = {each.number for side in (one, other) for each in side[0] if each.executed}
    assert {each.number for each in statements(executed_in_either(*texts)) if each.executed} == executed


def test_the_text_is_short_and_readable() -> None:
    text = encode(
        [Line(3, True), Line(4, True), *(Line(each, False) for each in range(5, 9)), Line(9, True, 1, 2)], [11]
    )
    assert text == "3.2+4-%.x"
    assert missing(text) == (5, 6, 7, 8)


def test_every_symbol() -> None:
    every = [
        Line(1, True),
        Line(2, False),
        Line(3, True, 2, 2),
        Line(4, True, 1, 2),
        Line(5, False, 0, 2),
        Line(7, True, 1, 3),
        Line(8, False, 1, 2),
    ]
    text = ".+-*%ox[+1/3][-1/2]"
    assert encode(every, [6]) == text
    assert (list(statements(text)), list(excluded(text))) == (every, [6])


def test_lines_far_apart_cost_nothing() -> None:
    assert encode([Line(10**9, True)]) == "1000000000.+"
    assert list(statements("1000000000.+")) == [Line(10**9, True)]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("3+?", "can't be read at '\\?'"),
        ("3", "can't be read at '3'"),
        ("+?123456789abc", "can't be read at '\\?123456789'$"),
        ("[+1/", "can't be read"),
        ("[+3/2]", "more executed"),
        ("99999999999+", "more than"),
        ("1000001+", "more than 1000000 lines"),
        ("1000000-.x", "more than 1000000 lines"),
        ("1" * 16 + ".", "16 digits"),
        (f"[+1/{'1' * 17}]", "17 digits"),
        (f"[+{'1' * 18}/1]", "18 digits"),
        ("٣+", "can't be read"),
    ],
)
def test_an_invalid_text_is_refused(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        numbers_of(text)


def test_the_most_that_a_text_may_have() -> None:
    assert numbers_of("1000000-") == Numbers(statements=1_000_000)
    assert numbers_of(f"{'9' * 15}.[+0/{'1' * 15}]").branches == int("1" * 15)


@pytest.mark.parametrize(
    ("one", "other", "together"),
    [
        (Line(1, True, 1, 2), Line(1, False, 0, 2), Line(1, True, 1, 2)),
        (Line(1, True, 2, 4), Line(1, True, 3, 4), Line(1, True, 3, 4)),
        (Line(1, True, 2, 2), Line(1, True, 1, 3), Line(1, True, 2, 3)),
    ],
)
def test_a_statement_of_two_runs_has_the_branches_of_the_better_one(one: Line, other: Line, together: Line) -> None:
    assert executed_in_either(encode([one]), encode([other])) == encode([together])


def test_lines_excluded_in_one_run_alone() -> None:
    assert executed_in_either(encode([Line(1, False)], [2]), encode([Line(3, True)], [1])) == ".-x+"


def test_unstable_lines_are_those_that_two_runs_differ_in() -> None:
    first, second = encode([Line(1, True), Line(2, True, 1, 2)]), encode([Line(1, False), Line(2, True, 1, 2)])
    assert differing(first, second) == (1,)
    assert differing(first, first) == ()
    assert differing(encode([Line(1, True), Line(8, True)]), encode([Line(1, False), Line(8, False)])) == (1, 8)


def test_lines_and_their_branches_from_a_report() -> None:
    assert from_maps({2: False, 1: True, 4: True}, {1: (1, 2)}, [3]) == ".%-x+"


def test_ranges() -> None:
    assert ranges([1, 2, 3, 7, 9, 10]) == [(1, 3), (7, 7), (9, 10)]
    assert ranges([]) == []


@pytest.mark.parametrize(
    ("lines", "text"),
    [
        ([], ""),
        ([3], "line 3"),
        ([3, 4], "lines 3-4"),
        ([3, 5, 6], "lines 3, 5-6"),
        (range(1, 16, 2), "lines 1, 3, 5, 7, 9, 11, 13, 15"),
        (range(1, 18, 2), "lines 1, 3, 5, 7, 9, 11, 13, 15, ..."),
    ],
)
def test_line_numbers_in_a_message(lines: Iterable[int], text: str) -> None:
    assert line_list(lines) == text


def test_how_many_line_numbers_a_message_has() -> None:
    assert line_list([1, 3, 5], at_most=2) == "lines 1, 3, ..."
    assert line_list([1, 3, 5], at_most=3) == "lines 1, 3, 5"


def test_a_long_number_is_refused_at_once() -> None:
    # A search, instead of a match at this very place, would try again from each of its digits.
    with pytest.raises(ValueError, match=r"can't be read at '1111111111'$"):
        numbers_of("1" * 1_000_000)
