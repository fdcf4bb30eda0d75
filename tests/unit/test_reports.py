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
from covgate.measure import reports as reports_package
from covgate.measure.reports import DataFile, combine, parse_report, read_bytes, values
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
JACOCO = b"""<?xml version="1.0" encoding="UTF-8" standalone="yes"?><!DOCTYPE report PUBLIC
"-//JACOCO//DTD Report 1.1//EN" "report.dtd"><report name="x"><sessioninfo id="a" start="1" dump="2"/>
<package name="com/acme"><class name="com/acme/Foo" sourcefilename="Foo.java"><method name="a" desc="()V" line="3">
<counter type="LINE" missed="9" covered="9"/></method></class><sourcefile name="Foo.java">
<line nr="3" mi="0" ci="3" mb="0" cb="0"/><line nr="4" mi="1" ci="4" mb="1" cb="1"/>
<line nr="6" mi="2" ci="0" mb="0" cb="0"/>
<counter type="LINE" missed="1" covered="2"/></sourcefile></package>
<counter type="INSTRUCTION" missed="3" covered="7"/><counter type="BRANCH" missed="1" covered="1"/>
<counter type="LINE" missed="1" covered="2"/></report>"""
COVERLET = b"""<?xml version="1.0" encoding="utf-8"?>
<coverage line-rate="0.6666" branch-rate="0.5" version="1.9" timestamp="1700000000" lines-covered="3" lines-valid="4"
branches-covered="1" branches-valid="2"><sources><source>/somewhere/project/</source></sources><packages>
<package name="Lib" line-rate="0.6666"><classes><class name="Lib.A" filename="src/A.cs"><methods><method name="M">
<lines><line number="7" hits="2" branch="True" condition-coverage="50% (1/2)"/>
</lines></method></methods><lines>
<line number="6" hits="2" branch="False" />
<line number="7" hits="2" branch="True" condition-coverage="50% (1/2)">
<conditions><condition number="0" type="jump" coverage="50%" /></conditions></line>
<line number="9" hits="0" branch="False" />
</lines></class><class name="Lib.A/&lt;&gt;c" filename="src/A.cs"><methods/><lines>
<line number="7" hits="1" branch="False" /></lines></class></classes></package></packages></coverage>"""
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


def test_an_unknown_format_is_an_error_that_lists_the_known_ones() -> None:
    with pytest.raises(ToolError) as caught:
        parse_report(b"hello\n", TREE, "build/report")
    assert caught.value.message == (
        "build/report can't be read as a coverage report: it is not in a known format"
        " (Istanbul JSON, SimpleCov JSON, llvm-cov JSON, coverage JSON, JaCoCo XML, Clover XML, Cobertura XML,"
        " Go cover profile, LCOV, or a coverage data file)"
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
        "xml conditions": XML.replace(b"(1/2)", b"(3/2)"),
        "xml root": b"<html></html>",
        "xml empty": b"<coverage/>",
        "xml entities": b'<!DOCTYPE x [<!ENTITY a "b">]>' + XML.split(b"?>")[1],
        "lcov cut short": LCOV[:-15],
        "lcov branch": LCOV.replace(b"BRDA:2,0,jump to line 3,1", b"BRDA:2,0,1"),
        "lcov nested": LCOV.replace(b"DA:4,0", b"SF:other.py"),
        "lcov line number": LCOV.replace(b"DA:4,0", b"DA:four,0"),
        "lcov negative line number": LCOV.replace(b"DA:4,0", b"DA:-4,0"),
        "lcov endless line number": LCOV.replace(b"DA:4,0", b"DA:" + b"4" * 10 + b",0"),
        "lcov without hits": LCOV.replace(b"DA:4,0", b"DA:4"),
        "lcov without name": LCOV.replace(b"SF:pkg/mod.py", b"SF:"),
        "lcov line outside": b"TN:\nDA:4,0\n" + LCOV,
        "lcov branch outside": b"TN:\nBRDA:4,0,0,0\n" + LCOV,
        "xml line number": XML.replace(b'number="4"', b'number="four"'),
        "xml lost lines": XML.replace(b'lines-valid="3"', b'lines-valid="4"'),
        "xml lost files": b'<coverage lines-valid="4"/>',
        "jacoco cut short": JACOCO[:-20],
        "jacoco line number": JACOCO.replace(b'nr="4"', b'nr="-4"'),
        "jacoco without package": JACOCO.replace(b'package name="com/acme"', b"package"),
        "jacoco root": JACOCO.replace(b"<report name", b"<other name"),
        "jacoco entities": JACOCO.replace(b'"report.dtd"', b'"report.dtd" [<!ENTITY a "b">]'),
        "json line number": as_json().replace(b'"missing_lines": [4]', b'"missing_lines": [-4]'),
        "json endless line number": as_json().replace(b'"missing_lines": [4]', b'"missing_lines": [4000000000]'),
        "json branch": as_json().replace(b"[[2, 3]]", b"[[2, 3, 4]]"),
        "json branch to nowhere": as_json().replace(b"[[2, 3]]", b"[[2, null]]"),
        "json branches lost": as_json().replace(b"[[2, 3]]", b"[]"),
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


def test_jacocos_own_xml() -> None:
    (result,) = (report := parse_report(JACOCO, TREE, "report")).files
    assert (result.path, result.numbers, result.missing_lines) == ("com/acme/Foo.java", NUMBERS, (6,))
    assert report.notices == ()
    other = parse_report(
        JACOCO.replace(b'<counter type="BRANCH" missed="1"', b'<counter type="BRANCH" missed="2"'), TREE, "r"
    )
    assert other.notices == ("r: its totals (BRANCH) differ from what it lists; covgate counts what it lists",)
    odd = parse_report(JACOCO.replace(b'ci="4"', b'ci="-4"'), TREE, "r")
    assert odd.files[0].missing_lines == (4, 6)
    assert odd.notices[0] == "r: a count is no number, and counts as not executed: ci=-4 at com/acme/Foo.java:4"


def test_coverlets_cobertura() -> None:
    """It writes True and False, and lists a line once for each class that has code in it."""
    (result,) = (report := parse_report(COVERLET, TREE, "report")).files
    assert (result.path, result.missing_lines) == ("src/A.cs", (9,))
    assert result.numbers == Numbers(statements=4, executed_statements=3, branches=2, executed_branches=1)
    assert report.notices == ()


ODD = {
    "0": False,
    "000": False,
    "0.0": False,
    "7": True,
    "1.0": True,
    "1e3": True,
    "18446744073709551615": True,
    "9" * 400: True,
}


@pytest.mark.parametrize(("hits", "executed"), ODD.items(), ids=[each[:24] for each in ODD])
@pytest.mark.parametrize("data", [XML, LCOV], ids=["xml", "lcov"])
def test_a_count_is_zero_or_above_zero(data: bytes, hits: str, executed: bool) -> None:
    changed = data.replace(b"DA:4,0", f"DA:4,{hits}".encode()).replace(b'hits="0"', f'hits="{hits}"'.encode())
    report = parse_report(changed, TREE, "report")
    assert report.files[0].missing_lines == (() if executed else (4,))
    assert report.notices == ()


@pytest.mark.parametrize(
    "hits", ["-1", "-18446744073709551615", "NaN", "nan", "inf", "1e999", "many", "", "1,5", "٣", "1_0"]
)
@pytest.mark.parametrize("data", [XML, LCOV], ids=["xml", "lcov"])
def test_other_counts_count_as_not_executed_and_are_reported(data: bytes, hits: str) -> None:
    changed = data.replace(b"DA:2,1", f"DA:2,{hits}".encode()).replace(b'"2" hits="1"', f'"2" hits="{hits}"'.encode())
    report = parse_report(changed, TREE, "report")
    if data is LCOV and hits == "1,5":  # a checksum
        assert report.files[0].missing_lines == (4,)
        return
    assert report.files[0].missing_lines == (2, 4)
    (notice,) = report.notices
    assert notice.startswith("report: a count is no number, and counts as not executed: ")
    assert notice.endswith(" at pkg/mod.py:2")


def test_how_many_counts_are_odd() -> None:
    changed = LCOV.replace(b"DA:1,1", b"DA:1,-3").replace(b"DA:4,0", b"DA:4,NaN").replace(b"line 3,1", b"line 3,?")
    assert parse_report(changed, TREE, "report").notices == (
        "report: 3 counts are no numbers, and count as not executed; the first is -3 at pkg/mod.py:1",
    )


@pytest.mark.parametrize("text", ["true", "True", "TRUE", "1"])
def test_a_branch_in_any_spelling(text: str) -> None:
    report = parse_report(XML.replace(b'branch="true"', f'branch="{text}"'.encode()), TREE, "report")
    assert (report.files[0].numbers.branches, report.files[0].numbers.executed_branches) == (2, 1)


@pytest.mark.parametrize("text", ["false", "False", "0", ""])
def test_no_branch_in_any_spelling(text: str) -> None:
    report = parse_report(XML.replace(b'branch="true"', f'branch="{text}"'.encode()), TREE, "report")
    assert report.files[0].numbers.branches == 0


def test_a_branch_that_is_not_counted_is_reported() -> None:
    report = parse_report(XML.replace(b' condition-coverage="50% (1/2)"', b""), TREE, "report")
    assert report.files[0].numbers.branches == 0
    assert report.notices == (
        "report: a count is no number, and counts as not executed: condition-coverage='' at pkg/mod.py:2",
    )


def test_a_line_may_claim_many_branches_and_cost_nothing() -> None:
    report = parse_report(XML.replace(b"(1/2)", b"(1/999999999)"), TREE, "report")
    assert report.files[0].numbers.branches == 999_999_999


@pytest.mark.parametrize(
    "data",
    [
        b"\xef\xbb\xbf" + LCOV,
        LCOV.decode().encode("utf-16"),
        LCOV.replace(b"\n", b"\r\n"),
        b"# made by hand\n\n" + LCOV,
        b"VER:2\n" + LCOV,
        LCOV.replace(b"DA:1,1", b"VER:abc\n# a comment\nFNL:0,1\nFNA:0,1,main\nMCDC:1,2,t,1,0,a\nDA:1,1"),
        LCOV.replace(b"DA:1,1", b"  DA:1,1,checksum  "),
        LCOV.replace(b"DA:1,1", b"DA:1,0\nDA:1,1"),
        LCOV.replace(b"DA:1,1", b"LF:3\nLH:2\nBRF:2\nBRH:1\nDA:1,1"),
        b"\xef\xbb\xbf" + XML,
        b"<!-- made by hand -->" + XML.split(b"?>")[1],
        XML.decode().encode("utf-16"),
        XML.replace(b'version="1.0"', b'version="1.0" encoding="utf-16"').decode().encode("utf-16"),
        XML.replace(b"50% (1/2)", b"50.0 % (1/2)"),
        b"\xef\xbb\xbf" + as_json(),
    ],
)  # fmt: skip
def test_what_other_tools_write_around_it_changes_nothing(data: bytes) -> None:
    report = parse_report(data, TREE, "report")
    assert (report.files[0].numbers.executed, report.files[0].missing_lines) == (3, (4,))
    assert report.notices == ()


def test_a_name_in_a_report_is_bytes() -> None:
    (result,) = parse_report(LCOV.replace(b"pkg/mod", b"pkg/\xff\xed\xa0\x80"), TREE, "report").files
    assert result.path.encode("utf-8", "surrogateescape") == b"pkg/\xff\xed\xa0\x80.py"


@pytest.mark.parametrize("totals", [b"LF:4", b"LH:1", b"BRF:3", b"BRH:0", b"LF:many"])
def test_totals_of_lcov_that_are_not_those_of_its_lines_are_reported(totals: bytes) -> None:
    data = LCOV.replace(b"end_of", totals + b"\nend_of")
    report = parse_report(data, TREE, "report")
    assert report.files[0].numbers == NUMBERS
    (notice,) = report.notices
    assert notice.startswith("report: in a file, ")
    assert notice.endswith(": pkg/mod.py")
    twice = parse_report(data + data.replace(b"mod.py", b"other.py"), TREE, "report")
    assert twice.notices[0].startswith("report: in 2 files, ")


def test_lcov_of_an_empty_module_has_no_statement() -> None:
    """As coverage before 7.6.4 writes it."""
    report = parse_report(b"SF:mod.py\nDA:1,1,1B2M2Y8AsgTpgAmY7PhCfg\nLF:0\nLH:1\nend_of_record\n", TREE, "report")
    assert report.files[0].numbers.statements == 0 and not report.notices
    for lines in (b"DA:1,0", b"DA:2,1", b"DA:1,1\nDA:2,0"):
        other = parse_report(b"SF:mod.py\n" + lines + b"\nLF:0\nend_of_record\n", TREE, "report")
        assert other.files[0].numbers.statements == lines.count(b"DA") and other.notices


def test_totals_of_lcov_may_count_a_line_as_often_as_it_is_listed() -> None:
    data = LCOV.replace(b"DA:1,1", b"DA:1,1\nDA:1,1").replace(b"end_of", b"LF:4\nLH:3\nend_of")
    assert parse_report(data, TREE, "report").notices == ()


@pytest.mark.parametrize(
    ("totals", "words"),
    [
        ('lines-valid="3" lines-covered="2"', ""),
        ('lines-valid="3" lines-covered="2" branches-valid="2" branches-covered="1"', ""),
        ('lines-valid="0" lines-covered="0" branches-valid="0" branches-covered="0"', ""),
        ('lines-valid="many" lines-covered="-1"', ""),
        ('lines-valid="3" lines-covered="3"', "it lists 2 of 3 lines, not 3 of 3"),
        ('lines-valid="2" lines-covered="2"', "it lists 2 of 3 lines, not 2 of 2"),
        ('lines-valid="2"', "it lists 2 of 3 lines, not ? of 2"),
        ('branches-valid="4" branches-covered="2"', "it lists 1 of 2 branches, not 2 of 4"),
        ('lines-valid="2" branches-valid="3"', "it lists 2 of 3 lines, not ? of 2 and 1 of 2 branches, not ? of 3"),
    ],
)
def test_totals_of_cobertura_are_compared_with_its_lines(totals: str, words: str) -> None:
    report = parse_report(XML.replace(b'lines-valid="3"', totals.encode()), TREE, "report")
    assert report.files[0].numbers == NUMBERS
    notice = f"report: {words} as its own totals say; covgate counts what it lists"
    assert report.notices == ((notice,) if words else ())


def test_a_line_counts_as_often_as_the_report_itself_counts_it() -> None:
    """Gcovr lists a line of a template once for each of its instances, and Scoverage once for each statement."""
    twice = XML.replace(b'<line number="1" hits="1"/>', b'<line number="1" hits="1"/><line number="1" hits="0"/>')
    totals = b'lines-valid="4" lines-covered="2" branches-valid="2" branches-covered="1"'
    (result,) = parse_report(twice.replace(b'lines-valid="3"', totals), TREE, "report").files
    assert result.numbers == Numbers(statements=4, executed_statements=2, branches=2, executed_branches=1)
    assert result.lines == "2.+%"[1:] or result.missing_lines == (4,)
    (result,) = parse_report(twice, TREE, "report").files
    assert result.numbers == NUMBERS


@pytest.mark.parametrize(
    "line",
    [
        '<class name="a" filename="pkg/mod.py"><methods><method><lines>%s</lines></method></methods><lines/></class>',
        '<class name="a" filename="pkg/other.py"><lines><part>%s</part></lines></class>',
    ],
)
def test_only_the_lines_of_a_class_count(line: str) -> None:
    more = line % '<line number="9" hits="0"/>'
    report = parse_report(XML.replace(b"</classes>", more.encode() + b"</classes>"), TREE, "report")
    assert report.files[0].numbers == NUMBERS


def test_several_classes_of_one_file() -> None:
    inner = '<class name="In" filename="pkg/mod.py"><lines><line number="4" hits="3"/></lines></class>'
    (result,) = parse_report(XML.replace(b"</classes>", inner.encode() + b"</classes>"), TREE, "report").files
    assert result.missing_lines == ()


def test_a_report_may_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(values, "_MAX_TOTAL_LINES", 5)
    for data in (LCOV, XML, as_json()):
        assert parse_report(data, TREE, "report").files
    monkeypatch.setattr(values, "_MAX_TOTAL_LINES", 2)
    for data in (LCOV, XML, as_json()):
        with pytest.raises(ToolError, match="more than 2 lines and branches"):
            parse_report(data, TREE, "report")
    monkeypatch.setattr(values, "MAX_LINES", 2)
    with pytest.raises(ToolError, match=r"pkg/mod\.py has more than 2 lines"):
        parse_report(LCOV, TREE, "report")
    monkeypatch.setattr(reports_package, "MAX_BYTES", len(LCOV))
    (tmp_path / "lcov.info").write_bytes(LCOV)
    assert read_bytes(tmp_path / "lcov.info", "lcov.info") == LCOV
    (tmp_path / "lcov.info").write_bytes(LCOV + b"\n")
    with pytest.raises(ToolError, match=r"lcov\.info has more than 0 MB"):
        read_bytes(tmp_path / "lcov.info", "lcov.info")


def test_the_same_file_in_several_sections_counts_once_against_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(values, "_MAX_TOTAL_LINES", 5)
    (result,) = parse_report(LCOV * 20, TREE, "report").files
    assert result.numbers == NUMBERS


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
