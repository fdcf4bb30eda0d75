"""Which reader reads a report: the one whose format the first bytes show, or the one that is named."""

from __future__ import annotations

import json

import pytest

from covgate.errors import ToolError
from covgate.measure.reports import FORMATS, DataFile, parse, values
from covgate.model.numbers import Numbers
from helpers.parsers import COBERTURA, JACOCO, JSON_REPORT, LCOV
from helpers.report_samples import GO, ISTANBUL, ISTANBUL_CLOVER, LLVM_COV, OPENCLOVER, PHPUNIT, RESULTSET, SIMPLECOV

KNOWN = [
    ("coverage-json", "coverage JSON", JSON_REPORT),
    ("cobertura", "Cobertura XML", COBERTURA),
    ("jacoco", "JaCoCo XML", JACOCO),
    ("lcov", "LCOV", LCOV),
    ("lcov", "LCOV", LCOV[4:]),  # without a test name
    ("istanbul", "Istanbul JSON", json.dumps(ISTANBUL)),
    ("istanbul", "Istanbul JSON", json.dumps(ISTANBUL, indent=2, sort_keys=True)),
    ("llvm-cov", "llvm-cov JSON", json.dumps(LLVM_COV)),
    ("llvm-cov", "llvm-cov JSON", json.dumps(LLVM_COV, indent=2)),
    ("simplecov", "SimpleCov resultset", json.dumps(RESULTSET, indent=2)),
    ("simplecov", "SimpleCov JSON", json.dumps(SIMPLECOV, indent=2)),
    ("go", "Go cover profile", GO),
    ("clover", "Clover XML", PHPUNIT),
    ("clover", "Clover XML", ISTANBUL_CLOVER),
    ("clover", "Clover XML", OPENCLOVER),
]


@pytest.mark.parametrize(("key", "kind", "text"), KNOWN)
def test_the_first_bytes_show_the_format(key: str, kind: str, text: str) -> None:
    for mark in (b"", b"\xef\xbb\xbf"):
        assert parse(mark + text.encode(), "report").format == kind
    assert parse(text.encode(), "report", key).format == kind


@pytest.mark.parametrize(("key", "kind", "text"), KNOWN)
def test_a_report_that_is_not_in_the_named_format_is_refused(key: str, kind: str, text: str) -> None:
    for other in FORMATS:
        if other == key:
            continue
        with pytest.raises(ToolError) as caught:
            parse(text.encode(), "report", other)
        assert caught.value.message == f"report is not in the format {other}: it looks like {key}"
        assert "--report-format" in caught.value.hint


def test_a_data_file() -> None:
    with pytest.raises(DataFile):
        parse(b"SQLite format 3\0rest", "report", "coverage-data")
    for key in FORMATS[1:]:
        with pytest.raises(ToolError, match=f"report is not in the format {key}: it looks like coverage-data"):
            parse(b"SQLite format 3\0rest", "report", key)


@pytest.mark.parametrize("key", FORMATS)
def test_what_no_reader_recognises_is_read_in_the_named_format(key: str) -> None:
    with pytest.raises(ToolError) as caught:
        parse(b"hello", "report", key)
    assert caught.value.message.startswith(
        (f"report is not in the format {key}: it is in no", "report can't be read as a coverage report: ")
    )
    assert caught.value.hint


def test_the_first_bytes_may_not_show_a_format_that_is_named() -> None:
    comment = b"#" * 5000 + b"\n"
    with pytest.raises(ToolError, match="not in a known format"):
        parse(comment + LCOV.encode(), "report")
    assert parse(comment + LCOV.encode(), "report", "lcov").files


@pytest.mark.parametrize("data", [b"", b" \n", b"{}", b"{}\n", b"[]"])
def test_a_report_without_anything_in_it(data: bytes) -> None:
    with pytest.raises(ToolError) as caught:
        parse(data, "report")
    assert caught.value.message == "report can't be read as a coverage report: it is empty"
    assert "did the tests run" in caught.value.hint


@pytest.mark.parametrize(("key", "text"), [(key, text) for key, _, text in KNOWN])
def test_reports_are_bounded(key: str, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    parse(text.encode(), "r", key)
    monkeypatch.setattr(values, "MAX_LINES", 0)
    with pytest.raises(ToolError, match="has more than 0 lines or branches in it"):
        parse(text.encode(), "r", key)
    monkeypatch.undo()
    monkeypatch.setattr(values, "_MAX_TOTAL_LINES", 0)
    with pytest.raises(ToolError, match="it has more than 0 lines and branches: leave out the files that are not"):
        parse(text.encode(), "r", key)


@pytest.mark.parametrize(("key", "text"), [(key, text) for key, _, text in KNOWN[5:]])
def test_the_samples_have_the_same_numbers(key: str, text: str) -> None:
    (lines,) = parse(text.encode(), "report").files.values()
    branches = 0 if key == "go" else 2
    numbers = lines.numbers or lines.counts
    assert numbers == Numbers(
        statements=3,
        executed_statements=2,
        branches=branches,
        executed_branches=branches // 2,
        excluded=len(lines.excluded),
    )
    if key != "go":  # the lines of its blocks show only with the source
        assert dict(lines.statements) == {1: True, 2: True, 4: False}
