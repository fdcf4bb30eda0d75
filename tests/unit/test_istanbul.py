"""Istanbul's JSON: lines on which statements begin, and the paths of branches."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from covgate.errors import ToolError
from covgate.measure.reports import parse
from covgate.measure.reports.joining import join_lines
from covgate.measure.reports.values import FileLines
from helpers.report_samples import ISTANBUL

(NAME,) = ISTANBUL
LOC = {"start": {"line": 2, "column": 0}, "end": {"line": 2, "column": 9}}


def changed(**parts: Any) -> bytes:
    value = copy.deepcopy(ISTANBUL)
    value[NAME].update(parts)
    return json.dumps(value).encode()


def only(data: bytes) -> FileLines:
    (lines,) = parse(data, "r", "istanbul").files.values()
    return lines


@pytest.mark.parametrize(
    ("counts", "lines"),
    [
        ([1, 7, 0, 0], {1: True, 2: True, 4: False}),
        ([0, 0, 1, 2.0], {1: False, 2: True, 4: True}),
        ([10**30, 0, 0, 0], {1: True, 2: False, 4: False}),
    ],
)
def test_a_line_is_executed_if_a_statement_on_it_was(counts: list[float], lines: dict[int, bool]) -> None:
    data = changed(s=dict(zip("0123", counts, strict=True)))
    assert dict(only(data).statements) == lines


def test_a_report_of_long_files_is_recognised() -> None:
    places = {str(number): LOC for number in range(999)}
    parsed = parse(changed(statementMap=places, s=dict.fromkeys(places, 1)), "r")
    assert (parsed.format, dict(parsed.files[NAME].statements)) == ("Istanbul JSON", {2: True})


def test_lines_are_numbered_from_0() -> None:
    assert dict(only(changed(statementMap={"0": {"start": {"line": 0}}}, s={"0": 1})).statements) == {0: True}


@pytest.mark.parametrize("count", [None, -1, "1", True, [], float("nan"), float("inf")])
def test_invalid_counts_count_as_not_executed(count: object) -> None:
    data = changed(s={"0": count, "1": 0, "2": 0, "3": 0}, b={"0": [count, 0]})
    assert dict(only(data).statements) == {1: False, 2: False, 4: False}
    assert only(data).counts.executed_branches == 0
    (remark,) = parse(data, "r").remarks
    assert remark.startswith("2 counts are no numbers, and count as not executed; the first is ")
    assert remark.endswith(f" at {NAME}:1")


@pytest.mark.parametrize(
    ("branch", "line"),
    [
        ({"loc": LOC, "line": 9}, 2),
        ({"locations": [LOC, LOC]}, 2),
        ({"loc": {"start": {}, "end": {}}, "line": 3}, 3),
        ({"loc": {"start": {"line": 2, "column": None}, "end": {"line": None, "column": None}}}, 2),
        ({"loc": {"start": {"line": 2, "column": 0}}}, 2),
    ],
)
def test_where_a_branch_is(branch: dict[str, Any], line: int) -> None:
    assert [key[0] for key in only(changed(branchMap={"0": branch})).branches] == [line, line]


def test_two_runs_that_number_the_branches_differently() -> None:
    """V8 tells c8 only of the branches that it saw."""
    other = {"start": {"line": 4, "column": 0}, "end": {"line": 4, "column": 9}}
    one = only(changed(branchMap={"0": {"loc": LOC}, "1": {"loc": other}}, b={"0": [0], "1": [1]}))
    two = only(changed(branchMap={"0": {"loc": other}}, b={"0": [0]}))
    both = join_lines("a.js", one, two)
    assert (both.counts.executed_branches, both.counts.branches) == (1, 2)
    # Branches at one place stay apart: source maps may take them there.
    same = only(changed(branchMap={"0": {"loc": LOC}, "1": {"loc": LOC}}, b={"0": [0], "1": [1]}))
    assert (same.counts.executed_branches, same.counts.branches) == (1, 2)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (json.dumps(ISTANBUL).encode()[:-9], "Expecting"),
        (b'{"a.js": 1, "statementMap": 1}', "a.js is not a JSON object"),
        (b'{"statementMap":' * 100_000, ""),
        (b'["statementMap"]', "the report is not a JSON object"),
        (changed(s=[1, 2]), "s is not a JSON object"),
        (changed(s={"0": 1}), "statementMap and s don't have the same keys"),
        (changed(b={}), "branchMap and b don't have the same keys"),
        (changed(b={"0": 1}), "b is not a JSON list"),
        (changed(statementMap={}, s={"0": 1}), "statementMap and s don't have the same keys"),
        (changed(statementMap={"0": {"start": {"line": -1}}}, s={"0": 1}), "-1 is not a line number of"),
        (changed(statementMap={"0": {"start": {"line": True}}}, s={"0": 1}), "True is not a line number of"),
        (changed(statementMap={"0": {"start": {"line": 10**9}}}, s={"0": 1}), "1000000000 is not a line number"),
        (changed(statementMap={"0": {"start": {}}}, s={"0": 1}), "it has no line"),
        (changed(branchMap={"0": {}}), "it has no locations"),
        (changed(branchMap={"0": {"locations": []}}), "list index out of range"),
        (json.dumps({NAME: {"statementMap": {}}}).encode(), "it has no s"),
    ],
)
def test_damaged(data: bytes, words: str) -> None:
    with pytest.raises(ToolError) as caught:
        parse(data, "r", "istanbul")
    assert caught.value.message.startswith("r can't be read as a coverage report: ")
    assert words in caught.value.message
    assert caught.value.hint == "make it again (nyc, c8, jest or vitest with the reporter json)"
