"""Reports are read exactly or not at all."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covgate.errors import ToolError
from covgate.measure.reports import READERS, DataFile, combine, parse_report
from covgate.model.numbers import Numbers

TREE = Path("/somewhere/project")

JSON: dict[str, Any] = {
    "meta": {"format": 3, "version": "7.17.3", "branch_coverage": True},
    "files": {
        "pkg/mod.py": {
            "executed_lines": [1, 2],
            "missing_lines": [4],
            "excluded_lines": [9],
            "executed_branches": [[2, 3]],
            "missing_branches": [[2, 4]],
            "summary": {
                "num_statements": 3,
                "covered_lines": 2,
                "missing_lines": 1,
                "excluded_lines": 1,
                "num_branches": 2,
                "covered_branches": 1,
            },
        }
    },
    "totals": {
        "num_statements": 3,
        "covered_lines": 2,
        "excluded_lines": 1,
        "num_branches": 2,
        "covered_branches": 1,
    },
}
XML = b"""<?xml version="1.0" ?>
<coverage lines-valid="3"><sources><source>/somewhere/project</source></sources><packages><package><classes>
<class filename="pkg/mod.py"><lines><line number="1" hits="1"/>
<line number="2" hits="1" branch="true" condition-coverage="50% (1/2)"/><line number="4" hits="0"/></lines></class>
</classes></package></packages></coverage>"""
LCOV = (
    b"TN:\nSF:pkg/mod.py\nDA:1,1\nDA:2,1\nDA:4,0\nBRDA:2,0,jump to line 3,1\nBRDA:2,0,jump to line 4,-\nend_of_record\n"
)
NUMBERS = Numbers(statements=3, executed_statements=2, branches=2, executed_branches=1)


def as_json(**changes: Any) -> bytes:
    return json.dumps({**JSON, **changes}).encode()


@pytest.mark.parametrize("data", [as_json(), XML, LCOV], ids=["json", "xml", "lcov"])
def test_the_same_numbers_from_each_format(data: bytes) -> None:
    report = parse_report(data, TREE, "report")
    (result,) = report.files
    assert result.path == "pkg/mod.py"
    assert result.missing_lines == (4,)
    counted = result.numbers
    assert (counted.statements, counted.executed_statements) == (3, 2)
    assert (counted.branches, counted.executed_branches) == (2, 1)


@pytest.mark.parametrize(
    "data", [as_json(), XML, LCOV, LCOV[4:]], ids=["json", "xml", "lcov", "lcov without test name"]
)
def test_exactly_one_reader_recognises_a_report(data: bytes) -> None:
    assert sum(reader.recognises(data) for reader in READERS) == 1


def test_an_unknown_format_is_an_error_that_lists_the_known_ones() -> None:
    with pytest.raises(ToolError) as caught:
        parse_report(b"mode: set\n", TREE, "build/report")
    assert caught.value.message == (
        "build/report can't be read as a coverage report: it is not in a known format"
        " (coverage JSON, Cobertura XML, LCOV, or a coverage data file)"
    )


def test_names_in_cobertura_are_relative_to_one_of_the_sources(tmp_path: Path) -> None:
    (tmp_path / "src" / "pkg").mkdir(parents=True)
    (tmp_path / "src" / "pkg" / "mod.py").write_text("")
    sources = "".join(f"<source>{each}</source>" for each in (tmp_path / "lib", tmp_path / "src", "src"))
    data = XML.replace(b"<source>/somewhere/project</source>", sources.encode())
    assert [each.path for each in parse_report(data, tmp_path, "report").files] == ["src/pkg/mod.py"]
    # A file that does not exist is taken to be relative to the tree.
    (tmp_path / "src" / "pkg" / "mod.py").unlink()
    assert [each.path for each in parse_report(data, tmp_path, "report").files] == ["pkg/mod.py"]


def test_absolute_paths_inside_and_outside() -> None:
    inside = LCOV.replace(b"SF:pkg", b"SF:/somewhere/project/pkg")
    assert parse_report(inside, TREE, "report").files[0].path == "pkg/mod.py"
    outside = LCOV.replace(b"SF:pkg", b"SF:/elsewhere/pkg")
    assert parse_report(outside, TREE, "report").outside == ("/elsewhere/pkg/mod.py",)
    assert parse_report(LCOV.replace(b"SF:pkg", b"SF:../pkg"), TREE, "report").outside == ("../pkg/mod.py",)


def test_a_data_file_is_for_coverage_to_read() -> None:
    with pytest.raises(DataFile):
        parse_report(b"SQLite format 3\0rest", TREE, "report")


def damaged() -> dict[str, bytes]:
    """Damaged reports, one for each kind of damage."""

    def summary(**changes: Any) -> bytes:
        value = copy.deepcopy(JSON)
        value["files"]["pkg/mod.py"]["summary"].update(changes)
        return json.dumps(value).encode()

    return {
        "empty": b"",
        "text": b"hello",
        "cut short": as_json()[:-20],
        "no totals": json.dumps({k: v for k, v in JSON.items() if k != "totals"}).encode(),
        "no files": json.dumps({k: v for k, v in JSON.items() if k != "files"}).encode(),
        "a list": b"[]",
        "files is a list": as_json(files=[]),
        "other totals": as_json(totals={**JSON["totals"], "num_statements": 4}),
        "string": summary(num_statements="3"),
        "boolean": summary(covered_lines=True),
        "float": summary(covered_lines=2.0),
        "nan": summary(covered_lines=float("nan")),
        "negative": summary(num_statements=-3),
        "more executed": summary(covered_lines=4),
        "missing disagree": summary(covered_lines=1),
        "deep": b'{"files":' * 100_000,
        "not utf-8": b'{"files": "\xff"}',
        "xml cut short": XML[:-30],
        "xml without hits": XML.replace(b' hits="0"', b""),
        "xml hits": XML.replace(b'hits="0"', b'hits="many"'),
        "xml conditions": XML.replace(b"(1/2)", b"(3/2)"),
        "xml root": b"<html></html>",
        "xml empty": b"<coverage/>",
        "xml entities": b'<!DOCTYPE x [<!ENTITY a "b">]>' + XML.split(b"?>")[1],
        "lcov cut short": LCOV[:-15],
        "lcov hits": LCOV.replace(b"DA:4,0", b"DA:4,x"),
        "lcov negative": LCOV.replace(b"DA:4,0", b"DA:4,-1"),
        "lcov branch": LCOV.replace(b"BRDA:2,0,jump to line 3,1", b"BRDA:2,0,1"),
        "lcov nested": LCOV.replace(b"DA:4,0", b"SF:other.py"),
    }


@pytest.mark.parametrize("name", list(damaged()))
def test_damaged_reports_are_errors_that_name_them(name: str) -> None:
    data = damaged()[name]
    with pytest.raises(ToolError) as caught:
        parse_report(data, TREE, "build/report")
    assert "build/report" in caught.value.message
    assert caught.value.hint


@given(
    st.sampled_from([as_json(), XML, LCOV]),
    st.integers(0, 400),
    st.integers(0, 12),
    st.binary(max_size=6),
)
def test_anything_is_a_report_or_an_error(data: bytes, at: int, drop: int, insert: bytes) -> None:
    mutated = data[:at] + insert + data[at + drop :]
    try:
        parse_report(mutated, TREE, "report")
    except ToolError as error:
        assert "report" in error.message
    except DataFile:
        assert mutated.startswith(b"SQLite")


def test_combined_executed_is_what_any_executed() -> None:
    other = LCOV.replace(b"DA:4,0", b"DA:4,2").replace(b"jump to line 4,-", b"jump to line 4,1")
    more = b"SF:pkg/other.py\nDA:1,0\nend_of_record\n"
    one, two = (parse_report(each, TREE, "report") for each in (LCOV, other + more))
    for reports in ([one, two], [two, one]):
        report = combine(reports)
        assert [each.path for each in report.files] == ["pkg/mod.py", "pkg/other.py"]
        assert report.files[0].numbers == Numbers(statements=3, executed_statements=3, branches=2, executed_branches=2)
        assert report.files[1].missing_lines == (1,)


def test_branches_of_different_kinds_are_not_mixed() -> None:
    with pytest.raises(ToolError, match=r"can't be combined"):
        combine([parse_report(LCOV, TREE, "a"), parse_report(XML, TREE, "b")])


OLD_SOURCE = '''"""A module."""


class A:
    """A class."""

    x = 1


def hidden():  # pragma: no cover
    return 1


def shown():
    return 2
'''


def old_json(path: str, executed: list[int], missing: list[int], excluded: list[int], statements: int) -> bytes:
    """What `coverage json` before 7.13.1 writes of one file."""
    summary = {
        "num_statements": statements,
        "covered_lines": statements - len(missing),
        "excluded_lines": len(excluded),
    }
    lines = {"executed_lines": executed, "missing_lines": missing, "excluded_lines": excluded}
    report = {"meta": {"version": "7.2.0"}, "files": {path: {**lines, "summary": summary}}, "totals": summary}
    return json.dumps(report).encode()


@pytest.mark.parametrize(
    ("name", "source", "executed", "missing", "excluded", "statements", "kept"),
    [
        ("an empty module", "", [1], [], [], 0, ""),
        ("an empty module, numbered from 0", "", [0], [], [], 0, ""),
        ("a docstring alone", '"""Nothing else."""\n', [1], [], [], 0, ""),
        # Statements are lines 4, 7, 14 and 15.
        ("all kinds at once", OLD_SOURCE, [1, 4, 5, 7, 10, 14], [15], [10, 11], 4, "4.+2.+2.2x2.+-"),
        ("unexplained lines", "", [1, 2, 3], [], [], 2, ".3+"),
    ],
)
def test_old_coverage_lists_lines_that_are_no_statements(
    tmp_path: Path,
    name: str,
    source: str,
    executed: list[int],
    missing: list[int],
    excluded: list[int],
    statements: int,
    kept: str,
) -> None:
    (tmp_path / "mod.py").write_text(source)
    report = parse_report(old_json("mod.py", executed, missing, excluded, statements), tmp_path, "report")
    (result,) = report.files
    assert result.numbers == Numbers(
        statements=statements, executed_statements=statements - len(missing), excluded=len(excluded)
    )
    assert result.lines == kept
    assert result.missing_lines == tuple(missing)


@pytest.mark.parametrize(("executed", "missing"), [([1], []), ([1, 2], [3])])
def test_too_few_lines_or_too_many_missing_ones_are_malformed(
    tmp_path: Path, executed: list[int], missing: list[int]
) -> None:
    data = json.loads(old_json("mod.py", executed, missing, [], 2))
    for summary in (data["totals"], data["files"]["mod.py"]["summary"]):
        summary["covered_lines"] = 2
    with pytest.raises(ToolError, match="do not match the counts"):
        parse_report(json.dumps(data).encode(), tmp_path, "report")
