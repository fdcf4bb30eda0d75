"""JaCoCo's XML: reports on several modules, and classes without line numbers."""

from __future__ import annotations

import pytest

from covgate.errors import ToolError
from covgate.measure.reports import parse

CLASS = (
    '<class name="{name}"><method name="f"><counter type="INSTRUCTION" missed="3" covered="4"/></method>{own}</class>'
)
COUNTERS = (
    '<counter type="INSTRUCTION" missed="3" covered="4"/>',
    '<counter type="LINE" missed="1" covered="1"/>',
)


def report(inside: str, *, totals: str = "") -> bytes:
    return f'<report name="x">{inside}{totals}</report>'.encode()


def package(lines: str, *, name: str = "com/acme", file: str = "Main.java", classes: str = "") -> str:
    return f'<package name="{name}">{classes}<sourcefile name="{file}">{lines}</sourcefile></package>'


def line(number: int, executed: int) -> str:
    return f'<line nr="{number}" mi="1" ci="{executed}" mb="0" cb="0"/>'


def group(name: str, inside: str) -> str:
    return f'<group name="{name}">{inside}</group>'


def test_groups_are_modules() -> None:
    inside = group("core", package(line(1, 1))) + group("web", group("api", package(line(2, 0), file="Api.java")))
    parsed = parse(report(inside, totals='<counter type="LINE" missed="1" covered="1"/>'), "r")
    assert list(parsed.files) == ["com/acme/Main.java", "com/acme/Api.java"]
    assert parsed.remarks == ()


def test_two_modules_with_a_file_of_the_same_name() -> None:
    one = group("core", package(line(1, 1) + line(2, 0)))
    with pytest.raises(ToolError) as caught:
        parse(report(one + group("web", group("api", package(line(1, 1) + line(3, 0))))), "r")
    assert caught.value.message == (
        "r can't be read as a coverage report: its groups core and web/api have different files that are called"
        " com/acme/Main.java: give the report of each module instead"
    )
    # The same lines may be one file, which is compiled in both.
    parsed = parse(report(one + group("web", package(line(1, 0) + line(2, 7)))), "r")
    assert dict(parsed.files["com/acme/Main.java"].statements) == {1: True, 2: True}


def test_a_file_that_is_there_twice() -> None:
    parsed = parse(report(package(line(1, 1) + line(2, 0)) + package(line(2, 1) + line(3, 0))), "r")
    assert dict(parsed.files["com/acme/Main.java"].statements) == {1: True, 2: True, 3: False}


def test_the_default_package() -> None:
    assert list(parse(report(package(line(1, 1), name="")), "r").files) == ["Main.java"]


def test_classes_without_line_numbers() -> None:
    without = CLASS.format(name="com/acme/A", own=COUNTERS[0])
    known = CLASS.format(name="com/acme/B", own="".join(COUNTERS))
    empty = CLASS.format(name="com/acme/C", own="").replace(COUNTERS[0], "")
    assert parse(report(package(line(1, 1), classes=known + empty)), "r").remarks == ()
    some = parse(report(package(line(1, 1), classes=known + without)), "r")
    what = "has no line numbers: compile with debug information (javac -g)"
    assert some.remarks == (f"not counted, because the class com/acme/A {what}",)
    two = parse(report(package(line(1, 1), classes=without * 2)), "r")
    assert "2 classes (com/acme/A, ...) have no line numbers" in two.remarks[0]
    with pytest.raises(ToolError, match="the class com/acme/A has no line numbers: compile with debug information"):
        parse(report(package("", classes=without)), "r")
