"""Which excluded lines are newly excluded: by the lines of the base, else by the text of the change."""

from __future__ import annotations

import coverage.config
import pytest

from covgate.measure.coverage_config import read_coverage_config
from covgate.model.changes import FileChange, Hunk
from covgate.model.exclusion import (
    ExcusedBranches,
    NewlyExcluded,
    branch_notices,
    compared_with_lines,
    compared_with_text,
    exclusion_notices,
    excused_branches,
)
from covgate.model.lines import Line, encode
from covgate.model.measurement import FileResult
from covgate.model.numbers import Numbers

PRAGMA = read_coverage_config({}).exclusions


def hiding(*lines: int) -> FileResult:
    return FileResult(path="a.py", numbers=Numbers(excluded=len(lines)), lines=encode([Line(99, True)], lines))


def change(*hunks: tuple[int, int, int, int], old_path: str = "a.py") -> FileChange:
    found = tuple(Hunk(old=old, removed=removed, new=new, added=added) for old, removed, new, added in hunks)
    return FileChange(old_path=old_path, path="a.py", hunks=found)


# The lines that are excluded now, those that were at the base (None: unknown), the change; what is newly excluded.
LINES: dict[str, tuple[list[int], list[int] | None, FileChange, tuple[int, ...]]] = {
    "nothing": ([], [], change(), ()),
    "the same": ([3, 4], [3, 4], change(), ()),
    "moved down": ([5, 6], [3, 4], change((1, 0, 2, 2)), ()),
    "a line that was there": ([3, 4], [4], change(), (3,)),
    "as many are included elsewhere": ([3, 4], [8, 9], change(), (3, 4)),
    "new lines": ([3, 4], [], change((2, 0, 3, 2)), (3, 4)),
    "a head with a pragma, and its body": ([3, 4, 5], [], change((3, 1, 3, 1)), (3, 4, 5)),
    "an edit of excluded code": ([3, 4, 5], [3, 4, 5], change((4, 1, 4, 1)), ()),
    "more code in an excluded block": ([3, 4, 5, 6], [3, 4], change((3, 0, 4, 2)), ()),
    "code after an excluded block": ([3, 4, 5], [3, 4], change((4, 0, 5, 1)), (5,)),
    "a new file": ([1, 2], None, change((0, 0, 1, 9), old_path=""), (1, 2)),
    "a file that was not measured": ([1, 2], None, change(), ()),
}


@pytest.mark.parametrize("name", list(LINES))
def test_lines_are_compared(name: str) -> None:
    now, before, changed, expected = LINES[name]
    text = None if before is None else encode([Line(99, True)], before)
    assert compared_with_lines(hiding(*now), changed, text) == NewlyExcluded(path="a.py", lines=expected)


SOURCE = """\
@decorated
def f():  # pragma: no cover
    return 1

    return 2
def g(
    a,
):  # pragma: no cover
    return 3
if DEBUG:
    print("x")
x = 1  # pragma: no cover
# in a comment: pragma: no cover
""".rstrip()
HIDDEN = [1, 2, 3, 5, 6, 9, 10, 11, 12]
# The change, the new patterns; what is newly excluded.
TEXTS: dict[str, tuple[FileChange, list[str], tuple[int, ...]]] = {
    "no line of it": (change(), [], ()),
    "a new pragma at a head": (change((2, 1, 2, 1)), [], (1, 2, 3, 5)),
    "a new pragma at the end of a head": (change((8, 1, 8, 1)), [], (6, 9)),
    "a new pragma at one line": (change((12, 1, 12, 1)), [], (12,)),
    "a new line in an excluded block": (change((3, 1, 3, 1)), [], ()),
    "a pragma that excludes nothing": (change((13, 1, 13, 1)), [], ()),
    "a new pattern": (change(), ["if DEBUG"], (10, 11)),
    "a pattern of several lines": (change(), [r"if DEBUG:\n.*x"], (10, 11)),
    "an invalid pattern": (change(), ["("], ()),
}


@pytest.mark.parametrize("name", list(TEXTS))
def test_without_the_lines_of_the_base_the_text_decides(name: str) -> None:
    changed, new, expected = TEXTS[name]
    assert compared_with_text(hiding(*HIDDEN), changed, SOURCE, PRAGMA, new).lines == expected


BRANCHES = """\
while on():  # pragma: no branch
    f()
if (
    a or
    b
):  # pragma: no branch
    g()
# pragma: no branch
if DEBUG:
    h()
x = 1  # pragma: no branch
if x:  # pragma: no branch
""".rstrip()
# The change, the text at the base, the new patterns; the lines whose branches newly count as executed.
EXCUSED: dict[str, tuple[FileChange, str, list[str], tuple[int, ...]]] = {
    "no line of it": (change(), BRANCHES, [], ()),
    "a new pragma": (change((1, 1, 1, 1)), "while on():", [], (1,)),
    "a new pragma at the end of a head": (change((6, 1, 6, 1)), "(\n" * 5 + "):", [], (3,)),
    "a new line with a pragma": (change((0, 0, 1, 2)), "", [], (1,)),
    "an edit of a line with a pragma": (change((1, 1, 1, 1)), "while off():  # pragma: no branch", [], ()),
    "a new file": (change((0, 0, 1, 12), old_path=""), "", [], (1, 3, 12)),
    "pragmas at lines without a branch": (change((8, 1, 8, 1), (11, 1, 11, 1)), "", [], ()),
    "a line that was not executed": (change((12, 1, 12, 1)), "", [], (12,)),
    "a new pattern": (change(), BRANCHES, ["if DEBUG"], (9,)),
    "an invalid pattern": (change(), BRANCHES, ["("], ()),
}  # fmt: skip


@pytest.mark.parametrize("name", list(EXCUSED))
def test_the_branches_that_a_push_excuses(name: str) -> None:
    changed, before, new, lines = EXCUSED[name]
    branching = [Line(1, True, 2, 2), Line(3, True, 4, 4), Line(9, True, 2, 2)]
    others = [*(Line(each, True) for each in (2, 7, 11)), Line(12, False)]
    now = FileResult(path="a.py", numbers=Numbers(), lines=encode([*branching, *others]))
    patterns = [*read_coverage_config({}).partial, *new]
    found = excused_branches(now, changed, BRANCHES, before, patterns, new)
    assert found == ExcusedBranches(path="a.py", lines=lines)


def test_the_notice_about_branches() -> None:
    assert branch_notices([]) == []
    found = [ExcusedBranches(path=f"{name}.py", lines=(3, 4)) for name in "abcdefg"]
    assert branch_notices([ExcusedBranches(path="a.py", lines=(4,))]) == [
        "the branches of 1 line newly count as executed, whatever the tests execute: a.py line 4"
        " (`pragma: no branch` or partial_branches in this push)"
    ]
    assert branch_notices(found) == [
        "the branches of 14 lines newly count as executed, whatever the tests execute: "
        + "; ".join(f"{name}.py lines 3-4" for name in "abcde")
        + " and 2 more files (`pragma: no branch` or partial_branches in this push)"
    ]


def test_one_notice_names_the_files() -> None:
    assert exclusion_notices([]) == []
    found = [NewlyExcluded(path=f"{name}.py", lines=(1, 2, 3, 7)) for name in "abcdefg"]
    assert exclusion_notices([NewlyExcluded(path="a.py", lines=(4,))]) == [
        "1 line is newly excluded from the measurement: a.py line 4 (pragmas or exclude_also in this push)"
    ]
    assert exclusion_notices(found) == [
        "28 lines are newly excluded from the measurement: "
        + "; ".join(f"{name}.py lines 1-3, 7" for name in "abcde")
        + " and 2 more files (pragmas or exclude_also in this push)"
    ]


PATTERNS = [
    (b"", "", PRAGMA),
    (b"[report]\nexclude_also =\n    a,b\n    c\n", ".coveragerc", (*PRAGMA, "a,b", "c")),
    (b"[report]\nexclude_lines = x\nexclude_also = y\n", ".coveragerc", ("x", "y")),
    (b'[tool.coverage.report]\nexclude_lines = ["x, y"]\n', "pyproject.toml", ("x, y",)),
    (b"[tool.coverage.report]\nexclude_also = 3\n", "pyproject.toml", PRAGMA),
]


@pytest.mark.parametrize(("data", "name", "expected"), PATTERNS)
def test_the_patterns_of_a_configuration(data: bytes, name: str, expected: tuple[str, ...]) -> None:
    assert read_coverage_config({name: data}).exclusions == expected


PRAGMA_OF_BRANCHES = read_coverage_config({}).partial
PARTIAL = [
    (b"[report]\npartial_also = x\n", (*PRAGMA_OF_BRANCHES, "x")),
    (b"[report]\npartial_branches = y\npartial_branches_always = z\n", ("y", "z")),
]


@pytest.mark.parametrize(("data", "expected"), PARTIAL)
def test_the_patterns_of_branches_in_a_configuration(data: bytes, expected: tuple[str, ...]) -> None:
    assert read_coverage_config({".coveragerc": data}).partial == expected
    assert [*PRAGMA_OF_BRANCHES] == coverage.config.DEFAULT_PARTIAL
