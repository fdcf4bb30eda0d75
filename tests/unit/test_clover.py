"""Clover XML in its three dialects: PHPUnit's, Istanbul's and OpenClover's."""

from __future__ import annotations

import pytest

from covgate.errors import ToolError
from covgate.measure.reports import parse
from covgate.measure.reports.values import FileLines
from covgate.model.numbers import Numbers
from helpers.report_samples import ISTANBUL_CLOVER, OPENCLOVER, PHPUNIT


def clover(lines: str, metrics: str = "", *, more: str = "", totals: str = "") -> bytes:
    return (
        f'<coverage clover="1"><project>{totals}<file name="a.php">{lines}{metrics}</file>{more}</project></coverage>'
    ).encode()


def metrics(statements: str, conditionals: str = "0/0") -> str:
    (covered, count), (true, both) = statements.split("/"), conditionals.split("/")
    return (
        f'<metrics statements="{count}" coveredstatements="{covered}" conditionals="{both}"'
        f' coveredconditionals="{true}"/>'
    )


def line(number: int, count: int | str = 1, kind: str = "stmt", *conditions: int | str) -> str:
    counts = f' truecount="{conditions[0]}" falsecount="{conditions[1]}"' if conditions else ""
    own = "" if count == "" else f' count="{count}"'
    return f'<line num="{number}" type="{kind}"{own}{counts}/>'


def only(data: bytes) -> FileLines:
    (lines,) = parse(data, "r").files.values()
    return lines


def remarks(data: bytes) -> tuple[str, ...]:
    return parse(data, "r").remarks


def refused(data: bytes) -> str:
    with pytest.raises(ToolError) as caught:
        parse(data, "r")
    assert caught.value.hint.startswith("make it again (phpunit --coverage-clover, ")
    return caught.value.message.removeprefix("r can't be read as a coverage report: ")


@pytest.mark.parametrize(
    ("text", "name", "branches"),
    [
        (PHPUNIT, "/srv/project/src/A.php", {}),
        (ISTANBUL_CLOVER, "/srv/project/src/a.js", {2: (1, 2)}),
        (OPENCLOVER, "/srv/project/src/A.java", {2: (1, 2)}),
    ],
)
def test_where_the_branches_are(text: str, name: str, branches: dict[int, tuple[int, int]]) -> None:
    parsed = parse(text.encode(), "r")
    assert list(parsed.files) == [name]
    assert dict(parsed.files[name].counted_branches) == branches
    assert parsed.files[name].numbers == (
        None if branches else Numbers(statements=3, executed_statements=2, branches=2, executed_branches=1)
    )


@pytest.mark.parametrize(
    ("lines", "statements", "branches"),
    [
        ([line(1), line(2, 0)], {1: True, 2: False}, {}),
        ([line(1, 7, "method"), line(2, 0, "method")], {}, {}),
        # Several statements on a line.
        ([line(1, 0), line(1, 3)], {1: True}, {}),
        # Istanbul: so many branches were executed, and so many not.
        ([line(1, 5, "cond", 2, 3)], {1: True}, {1: (2, 5)}),
        ([line(1, 0, "cond", 0, 2)], {1: False}, {1: (0, 2)}),
        # OpenClover: the condition was true so often, and false so often.
        ([line(1), line(1, "", "cond", 50, 0)], {1: True}, {1: (1, 2)}),
        ([line(1, "", "cond", 0, 7), line(1, "", "cond", 1, 1)], {}, {1: (3, 4)}),
    ],
)
def test_lines(lines: list[str], statements: dict[int, bool], branches: dict[int, tuple[int, int]]) -> None:
    found = only(clover("".join(lines)))
    assert (dict(found.statements), dict(found.counted_branches)) == (statements, branches)


LINES = line(1) + line(1, 0) + line(2, 0)


@pytest.mark.parametrize(
    ("told", "counts", "differs"),
    [
        ("", (1, 2), False),
        (metrics("1/2"), (1, 2), False),
        (metrics("1/3"), (1, 3), False),  # each statement of a line
        (metrics("1/2", "3/8"), (4, 10), False),  # branches that are on no line
        (metrics("0/2"), (1, 2), True),
        (metrics("0/1", "1/1"), (1, 2), True),
        ('<metrics statements="x" coveredstatements="1"/>', (1, 2), False),
    ],
)
def test_the_metrics_of_a_file(told: str, counts: tuple[int, int], differs: bool) -> None:
    data = clover(LINES, told)
    found = only(data)
    numbers = found.numbers or found.counts
    assert (numbers.executed, numbers.executable) == counts
    expected = "in a file, the lines differ from the metrics; covgate counts the lines: a.php"
    assert remarks(data) == ((expected,) if differs else ())


ONE_LINERS = b"""<?php
class A {
    function one() { return 1; }
    function two() { if (1) { return 2; } }
    abstract function three();
    function four() {}
    function five()
    {
        return 5;
    }
}
"""


@pytest.mark.parametrize(
    ("told", "source", "statements"),
    [
        ("2/3", ONE_LINERS, {3: True, 4: False, 9: True}),
        ("1/2", ONE_LINERS, {9: True}),  # which of them is the other statement?
        ("2/3", ONE_LINERS.replace(b"{}", b"{ g(); }"), {9: True}),
        ("2/3", b"<?php\n", {9: True}),
        ("2/3", None, {9: True}),
    ],
)
def test_phpunit_hides_a_statement_on_the_line_of_its_method(
    told: str, source: bytes | None, statements: dict[int, bool]
) -> None:
    methods = "".join(line(number, number == 3, "method") for number in range(3, 8))
    data = clover(methods.replace("True", "1").replace("False", "0") + line(9), metrics(told))
    parsed = parse(data, "r")
    assert parsed.remarks == ()
    assert parsed.refine is not None
    lines = parsed.refine("a.php", parsed.files["a.php"], lambda: source)
    assert dict(lines.statements) == statements
    assert lines.numbers is not None
    assert f"{lines.numbers.executed_statements}/{lines.numbers.statements}" == told


def test_metrics_that_no_method_explains() -> None:
    method = line(3, 1, "method")
    assert remarks(clover(method + line(9), metrics("0/2"))) != ()
    assert remarks(clover(method + line(9, 0), metrics("2/2"))) != ()
    assert refused(clover(method + line(9), metrics("1/3"))) == "it counts 3 statements of a.php, and lists 1"


def test_the_totals_of_a_project() -> None:
    same, other = clover(LINES, totals=metrics("1/2")), clover(LINES, totals=metrics("2/2"))
    assert remarks(same) == ()
    assert remarks(other) == ("its totals differ from those of its files; covgate counts the files",)
    assert refused(clover(LINES, totals=metrics("1/9"))) == "it counts 9 statements, and lists 2: files are missing"
    assert refused(clover(LINES, metrics("1/9"))) == "it counts 9 statements of a.php, and lists 3"


def test_a_file_that_is_there_twice() -> None:
    more = f'<file name="a.php">{line(2)}{line(3, 0)}</file>'
    assert dict(only(clover(LINES, more=more)).statements) == {1: True, 2: True, 3: False}


def test_the_tests_of_openclover_do_not_count() -> None:
    assert remarks(OPENCLOVER.encode()) == ("1 test file in its testproject not counted: /srv/project/test/ATest.java",)


@pytest.mark.parametrize("count", ["-1", "x", "", "1e999"])
def test_invalid_counts_count_as_not_executed(count: str) -> None:
    data = clover(line(1).replace('count="1"', f'count="{count}"'))
    assert only(data).statements == {1: False}
    assert remarks(data)[0].startswith("a count is no number, and counts as not executed: ")
    conditions = clover(line(1, 1, "cond", count, 1))
    assert only(conditions).counts.branches == 0
    assert remarks(conditions)[0].endswith(f"truecount={count} falsecount=1 at a.php:1")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (clover(line(1))[:-9], "unclosed token"),
        (clover('<line num="1" count="1"/>'), "it has no type"),
        (clover('<line num="1" type="stmt"/>'), "it has no count"),
        (clover('<line num="x" count="1" type="stmt"/>'), "x is not a line number of a.php"),
        (clover('<line num="1" count="1" type="other"/>'), "other is no type of a line: stmt, cond or method"),
        (clover('<line num="1" type="cond" truecount="1"/>'), "it has no falsecount"),
        (clover("", more="<file/>"), "it has no name"),
        (clover(LINES, metrics("3/2")), "more executed than there is to execute"),
        (b'<coverage clover="1"><project/></coverage>', "it has neither files nor totals"),
        (b'<!DOCTYPE x [<!ENTITY a "b">]><coverage clover="1"/>', "it declares XML entities"),
    ],
)
def test_damaged(data: bytes, words: str) -> None:
    assert words in refused(data)
