"""SimpleCov's resultset and its coverage.json, and what comments leave out of them."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from covgate.errors import ToolError
from covgate.measure.reports import parse
from covgate.measure.reports.values import FileLines
from covgate.model.lines import encode, statements
from helpers.report_samples import RESULTSET, SIMPLECOV

NAME = "/srv/project/lib/a.rb"


def resultset(*suites: dict[str, Any]) -> bytes:
    return json.dumps({f"suite {n}": {"coverage": each, "timestamp": 1} for n, each in enumerate(suites)}).encode()


def report(**parts: Any) -> bytes:
    value = copy.deepcopy(SIMPLECOV)
    value.update(parts)
    return json.dumps(value).encode()


def files(data: bytes) -> dict[str, FileLines]:
    return dict(parse(data, "r", "simplecov").files)


@pytest.mark.parametrize(
    ("lines", "text"),
    [([1, 0, None, 7], "1.+-1.+"), ([None], ""), ([], ""), ([0, "ignored", 3], "1.-x+")],
)
def test_lines(lines: list[object], text: str) -> None:
    expected = encode(statements(text), [2] if "x" in text else [])
    for data in (resultset({NAME: {"lines": lines}}), report(coverage={NAME: {"lines": lines}}, total={})):
        assert files(data)[NAME].text == expected
    # Until SimpleCov 0.18 there were only lines.
    assert files(resultset({NAME: lines}))[NAME].text == expected


def test_several_suites_are_one_report() -> None:
    ways = {"[:then, 1, 2, 4, 2, 5]": 0, "[:else, 2, 2, 6, 2, 9]": 5}
    other = {NAME: {"lines": [1, 0, 0, None], "branches": {"[:if, 0, 2, 4, 2, 9]": ways}}, "b.rb": {"lines": [1]}}
    found = files(resultset(RESULTSET["RSpec"]["coverage"], other))
    assert list(found) == [NAME, "b.rb"]
    assert dict(found[NAME].statements) == {1: True, 2: True, 3: False, 4: False}
    assert set(found[NAME].branches.values()) == {True}


def test_a_suite_that_never_loads_a_file_does_not_know_its_lines() -> None:
    never: dict[str, Any] = {NAME: {"lines": [0, 0, 0, 0, None], "branches": {}}}
    loaded = {NAME: {"lines": [1, 0, None, 2, None]}}
    for suites in ((never, loaded), (loaded, never), (never, loaded, never), (never, never, loaded)):
        assert dict(files(resultset(*suites))[NAME].statements) == {1: True, 2: False, 4: True}
    assert dict(files(resultset(never, never))[NAME].statements) == dict.fromkeys((1, 2, 3, 4), False)
    # Both have loaded it, by different ways.
    other = {NAME: {"lines": [1, None, 0, 0, None]}}
    assert dict(files(resultset(loaded, other))[NAME].statements) == {1: True, 2: False, 3: False, 4: True}


@pytest.mark.parametrize(
    ("condition", "ways", "lines"),
    [
        ("[:if, 0, 2, 4, 2, 9]", ["[:then, 1, 2, 4, 2, 9]", "[:else, 2, 2, 4, 2, 9]"], [2, 2]),  # with an empty body
        ("[:case, 0, 3, 4, 9, 7]", ["[:when, 1, 4, 4, 5, 9]", "[:else, 2, 3, 4, 9, 7]"], [3, 3]),
        ('[:"&.", 5, 7, 4, 7, 9]', ["[:then, 6, 7, 4, 7, 9]"], [7]),
        ("[:while, 5, 7, 4, 8, 9]", ["[:body, 6, 8, 4, 8, 9]"], [7]),
    ],
)
def test_branches_are_on_the_line_of_their_condition(condition: str, ways: list[str], lines: list[int]) -> None:
    entry = {"lines": [1], "branches": {condition: dict.fromkeys(ways, 1)}}
    assert [key[0] for key in files(resultset({NAME: entry}))[NAME].branches] == lines


def test_branches_of_a_report_are_on_the_line_that_shows_them() -> None:
    branches = [
        {"type": "then", "start_line": 3, "end_line": 3, "coverage": 1, "report_line": 2},
        {"type": "else", "start_line": 5, "end_line": 5, "coverage": 0},  # before 0.22.1
        {"type": "then", "start_line": 7, "end_line": 7, "coverage": "ignored"},
    ]
    found = files(report(coverage={NAME: {"lines": [1], "branches": branches}}, total={}))
    assert dict(found[NAME].branches) == {(2, 0): True, (5, 1): False}


SOURCE = b"""class A
  # :nocov:
  def a
    x ? 1 : 2
  end
  # :nocov:
  raise "absurd" # simplecov:disable
  # simplecov:disable line, method the reason
  b
  # simplecov:enable
  c
  # simplecov:disable branch
  d
  # simplecov: enable branch
  e # simplecov:enable
  # :nocov:
  f
end
"""


def test_comments_leave_lines_and_branches_out_of_the_resultset() -> None:
    ways = {
        f"[:if, {line}, {line}, 4, {line}, 9]": {f"[:then, {line}, {line}, 4, {line}, 9]": 1}
        for line in (1, 4, 7, 9, 11, 13, 15, 17)
    }
    entry = {"lines": [1] * 18, "branches": ways}
    parsed = parse(resultset({NAME: entry}), "r")
    assert parsed.refine is not None
    found = parsed.refine(NAME, parsed.files[NAME], lambda: SOURCE)
    assert sorted(found.statements) == [1, 11, 12, 13, 14, 15]
    assert sorted(found.excluded) == [2, 3, 4, 5, 6, 7, 8, 9, 10, 16, 17, 18]
    assert sorted(key[0] for key in found.branches) == [1, 9, 11, 15]
    for content in (None, SOURCE.replace(b":nocov", b":cov").replace(b"simplecov", b"simple")):
        assert parsed.refine(NAME, parsed.files[NAME], lambda content=content: content) == parsed.files[NAME]
    # The report has no such lines.
    assert parse(report(), "r").refine is None


def test_a_block_that_is_never_enabled_again() -> None:
    parsed = parse(resultset({NAME: {"lines": [1, 1, 1]}}), "r")
    assert parsed.refine is not None
    for source in (
        b"a\n# simplecov:disable\nb\n",
        b"a\n# simplecov:disable\n# simplecov:disable\n# simplecov:enable\n",
    ):
        found = parsed.refine(NAME, parsed.files[NAME], lambda source=source: source)
        assert sorted(found.statements) == [1]


def test_the_totals_of_a_report() -> None:
    assert parse(report(), "r").remarks == ()
    other = {"lines": {"covered": 3, "total": 3}}
    expected = ("its totals differ from what it lists; covgate counts what it lists",)
    assert parse(report(total=other), "r").remarks == expected


@pytest.mark.parametrize("count", [-1, "1", True, [], 1e999])
def test_invalid_counts_count_as_not_executed(count: object) -> None:
    branch = {"start_line": 1, "end_line": 1, "coverage": count}
    for data in (
        resultset({NAME: {"lines": [count], "branches": {"[:if, 0, 1, 4, 2, 9]": {"[:then, 1, 1, 4, 1, 9]": count}}}}),
        report(coverage={NAME: {"lines": [count], "branches": [branch]}}, total={}),
    ):
        assert files(data)[NAME].counts.executed == 0
        assert "2 counts are no numbers, and count as not executed" in parse(data, "r").remarks[0]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (json.dumps(RESULTSET).encode()[:-9], "Expecting"),
        (b'{"RSpec": {"coverage": []}}', "coverage is not a JSON object"),
        (b'{"RSpec": {"coverage": {}}, "x": 1}', "x is not a JSON object"),
        (b'{"RSpec": {"coverage": {}}, "x": {}}', "it has no coverage"),
        (resultset({"a.rb": 1}), "a.rb is not a JSON object"),
        (resultset({"a.rb": {}}), "it has no lines"),
        (resultset({"a.rb": {"lines": {}}}), "lines is not a JSON list"),
        (resultset({"a.rb": {"lines": [], "branches": {"x": {}}}}), "x is no place of a branch of a.rb"),
        (resultset({"a.rb": {"lines": [], "branches": {"[:if, 0, 2, 4, 2, 9]": 1}}}), "a branch is not a JSON object"),
        (report(coverage=1), "coverage is not a JSON object"),
        (report(total=1), "total is not a JSON object"),
        (report(total={"lines": {}}), "it has no total"),
        (report(coverage={"a.rb": {"lines": [], "branches": [{}]}}), "it has no start_line"),
        (report(coverage={"a.rb": {"lines": [], "branches": [{"start_line": -1}]}}), "-1 is not a line number of a.rb"),
    ],
)
def test_damaged(data: bytes, words: str) -> None:
    with pytest.raises(ToolError) as caught:
        parse(data, "r")
    assert caught.value.message.startswith("r can't be read as a coverage report: ")
    assert words in caught.value.message
    assert caught.value.hint == "make it again (SimpleCov)"
