"""Files that a measurement leaves out although the baseline counted them."""

from __future__ import annotations

import pytest

from covgate.model.changes import FileChange, Hunk
from covgate.model.lines import Line, encode, numbers_of, statements
from covgate.model.measurement import FileResult, Measurement
from covgate.model.numbers import Numbers, total
from covgate.model.unmentioned import count_unmentioned


def result(path: str, *lines: Line) -> FileResult:
    text = encode(lines)
    return FileResult(path=path, numbers=numbers_of(text), lines=text)


def measurement(*files: FileResult) -> Measurement:
    return Measurement(tree="f" * 40, numbers=total(each.numbers for each in files), files=files)


A = result("a.js", Line(1, True), Line(2, True, 1, 2), Line(5, False))
B = result("b.js", Line(1, True))
EMPTY = result("empty.js")
CHANGED = FileChange(old_path="a.js", path="a.js", hunks=(Hunk(old=1, removed=1, new=0, added=0),))
RENAMED = FileChange(old_path="a.js", path="lib/a.js")
DELETED = FileChange(old_path="a.js", path="")
COPIED = FileChange(old_path="", path="copy.js")
LEFT = [Line(1, False), Line(2, False, 0, 2), Line(5, False)]


@pytest.mark.parametrize(
    ("mentioned", "changes", "found"),
    [
        ([B], [], {"a.js": LEFT}),
        ([], [], {"a.js": LEFT, "b.js": [Line(1, False)]}),
        ([A, B], [], {}),
        ([B], [DELETED], {}),
        ([B], [RENAMED], {"lib/a.js": LEFT}),
        ([B, result("lib/a.js", Line(1, True))], [RENAMED], {}),
        ([B, result("copy.js", Line(1, True))], [COPIED], {"a.js": LEFT}),
        ([B], [CHANGED], {"a.js": [Line(1, False, 0, 2), Line(4, False)]}),
    ],
    ids=["left out", "nothing mentioned", "all there", "deleted", "renamed", "renamed and there", "copied", "changed"],
)
def test_what_still_exists_counts_as_not_executed(
    mentioned: list[FileResult], changes: list[FileChange], found: dict[str, list[Line]]
) -> None:
    now, paths = count_unmentioned(measurement(*mentioned), measurement(A, B, EMPTY), changes)
    assert list(paths) == sorted(found)
    assert {each.path: list(statements(each.lines)) for each in now.files if each not in mentioned} == found
    assert now.numbers == total(each.numbers for each in now.files)
    assert [each.path for each in now.files] == sorted(each.path for each in now.files)


def test_counts_without_lines_are_kept() -> None:
    counted = FileResult(path="c.c", numbers=Numbers(statements=9, executed_statements=8, branches=4))
    now, paths = count_unmentioned(measurement(), measurement(counted), [])
    assert paths == ("c.c",)
    assert now.numbers == Numbers(statements=9, branches=4)
