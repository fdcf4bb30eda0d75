"""llvm-cov's JSON: lines from segments, branches by their places, and the counts of its own report."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from covgate.errors import ToolError
from covgate.measure.reports import parse
from covgate.measure.reports.values import FileLines
from covgate.model.numbers import Numbers
from helpers.report_samples import LLVM_COV

NAME = "/srv/project/src/a.c"


def export(*, totals: bool = True, **parts: Any) -> bytes:
    """A report about one file; without a summary among ``parts``, with one that fits it."""
    value = copy.deepcopy(LLVM_COV)
    (data,) = value["data"]
    (file,) = data["files"]
    file.update(parts)
    if totals:
        data["totals"] = file["summary"]
    return json.dumps(value).encode()


def only(data: bytes) -> FileLines:
    (lines,) = parse(data, "r", "llvm-cov").files.values()
    return lines


def segment(line: int, count: int, flags: str = "ce") -> list[object]:
    """``flags``: c it has a count, e a region begins, g it is a gap."""
    return [line, 1, count, "c" in flags, "e" in flags, "g" in flags]


@pytest.mark.parametrize(
    ("segments", "text"),
    [
        # The lines up to the next segment belong to the one before it.
        ([segment(2, 1), segment(5, 0, "")], "2.4+"),
        ([segment(2, 0), segment(5, 1), segment(6, 0, "")], "2.3-2+"),
        # A region that begins and ends within a line is the line's, too.
        ([segment(2, 0), segment(3, 1), segment(3, 0, "c"), segment(5, 0, "")], "2.-+2-"),
        # The count of a gap is not that of the line on which it begins.
        ([segment(2, 0), segment(3, 7, "ceg"), segment(4, 0), segment(5, 0, "")], "2.2-+-"),
        # Skipped by the preprocessor.
        ([segment(2, 1), segment(3, 0, "e"), segment(4, 1), segment(5, 0, "")], "2.+.2+"),
        ([], ""),
    ],
)
def test_the_lines_of_segments(segments: list[object], text: str) -> None:
    lines = only(export(segments=segments, branches=[], summary={"lines": {"count": 0, "covered": 0}}))
    assert lines.text == text
    assert lines.numbers == Numbers(statements=0, executed_statements=0)


@pytest.mark.parametrize(
    ("branches", "expansions", "counted"),
    [
        ([[2, 1, 2, 5, 9, 0, 0, 0, 4]], [], (1, 2)),
        # Two instances of a template: each side was executed in one of them.
        ([[2, 1, 2, 5, 1, 0, 0, 0, 4], [2, 1, 2, 5, 0, 1, 0, 0, 4]], [], (2, 2)),
        # A macro that is used on two lines.
        (
            [],
            [
                {"source_region": [line, 3, line, 9, 1, 0, 1, 1], "branches": [[1, 9, 1, 12, line - 3, 1, 1, 0, 4]]}
                for line in (3, 4)
            ],
            (3, 4),
        ),
        ([[2, 1, 2, 5, 9, 0]], [{"source_region": [3, 1, 3, 2]}], (1, 2)),
    ],
)
def test_branches(branches: list[object], expansions: list[object], counted: tuple[int, int]) -> None:
    counts = only(export(branches=branches, expansions=expansions)).counts
    assert (counts.executed_branches, counts.branches) == counted


def test_the_branches_of_a_macro_are_where_it_is_used() -> None:
    used = {"source_region": [4, 3, 4, 9, 1, 0, 1, 1], "branches": [[1, 9, 1, 12, 1, 0, 1, 0, 4]]}
    assert {key[0] for key in only(export(branches=[], expansions=[used])).branches} == {4}


def test_before_llvm_12_there_are_no_branches() -> None:
    value = json.loads(export(summary={"lines": {"count": 3, "covered": 2}}))
    for key in ("branches", "expansions"):
        del value["data"][0]["files"][0][key]
    for each in value["data"][0]["files"][0]["segments"]:
        each[3:] = [int(each[3]), int(each[4])]  # and no gaps
    lines = only(json.dumps(value).encode())
    assert (lines.text, lines.numbers) == (".2+.-", Numbers(statements=3, executed_statements=2))


def test_an_invalid_count_counts_as_not_executed() -> None:
    data = export(branches=[[2, 1, 2, 5, -1, "x", 0, 0, 4]])
    assert only(data).counts.executed_branches == 0
    assert "2 counts are no numbers" in parse(data, "r").remarks[0]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (json.dumps(LLVM_COV).encode()[:-9], "Expecting"),
        (b'{"data": {}}', "data is not a JSON list"),
        (b'{"data": [{}]}', "it has no files"),
        (export(segments=[]), f"{NAME} has lines in its summary, and none in it"),
        (export(segments=[[1, 1]]), "not enough values"),
        (export(segments=[segment(4, 1), segment(2, 1)]), f"the segments of {NAME} are in no order"),
        (export(segments=[segment(2, 1), segment(3, 1), segment(2, 1)]), "are in no order"),
        (export(segments=[segment(1, 1), segment(10**8, 1)]), "has more than 1000000 lines"),
        (export(segments=[segment(-1, 1)]), f"-1 is not a line number of {NAME}"),
        (export(branches=[[1, 2]]), "not enough values"),
        (export(branches=[["1", 1, 2, 5, 9, 0]]), "'1' is not a line number"),
        (export(summary={"lines": {"count": 2, "covered": 3}}), "more executed than"),
        (
            export(summary={"lines": {"count": 4, "covered": 2}}, totals=False),
            "its totals are not the sum of its files",
        ),
    ],
)
def test_damaged(data: bytes, words: str) -> None:
    with pytest.raises(ToolError) as caught:
        parse(data, "r")
    assert caught.value.message.startswith("r can't be read as a coverage report: ")
    assert words in caught.value.message
    assert caught.value.hint == "make it again (llvm-cov export)"


def test_summaries_alone_are_refused() -> None:
    value = copy.deepcopy(LLVM_COV)
    del value["data"][0]["files"][0]["segments"]
    with pytest.raises(ToolError, match="it has no lines, only summaries: leave out -summary-only"):
        parse(json.dumps(value).encode(), "r")
    value["data"][0]["files"] *= 2
    with pytest.raises(ToolError):
        parse(json.dumps(value).encode(), "r")
