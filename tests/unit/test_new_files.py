"""Which new files count as source files that nothing measures, and how they are named."""

from __future__ import annotations

import pytest

from covgate.model.new_files import NewFile, changed_notices, new_unmeasured, unmeasured_notices, unmeasured_paths

# The new paths, the measured ones, and those that are source files which nothing measures.
NEW: dict[str, tuple[list[str], list[str], list[str]]] = {
    "nothing is new": ([], ["pkg/a.py"], []),
    "measured": (["pkg/b.py"], ["pkg/a.py", "pkg/b.py"], []),
    "in another directory": (["tools/b.py"], ["pkg/a.py"], ["tools/b.py"]),
    "in a package": (["other/__init__.py"], ["pkg/a.py"], ["other/__init__.py"]),
    "tests and tools": (["tests/test_b.py", "tests/data.py", "conftest.py", "setup.py"], ["pkg/a.py"], []),
    "of another kind": (["pkg/b.json", "web/index.js", "README"], ["pkg/a.py"], []),
    "of a second measured kind": (["web/index.js", "b.py"], ["a.py", "web/main.js"], ["web/index.js", "b.py"]),
    "without a suffix": (["LICENSE", "b.py"], ["bin/run", "a.py"], ["b.py"]),
    "nothing is measured": (["b.py"], [], ["b.py"]),
}


@pytest.mark.parametrize("name", list(NEW))
def test_new_source_files_that_nothing_measures(name: str) -> None:
    paths, measured, expected = NEW[name]
    assert unmeasured_paths(paths, measured) == expected


def test_new_files_are_sorted_and_know_where_they_were() -> None:
    found = new_unmeasured(["b.py", "a.py"], {"a.py": "src/a.py", "c.py": "d.py"})
    assert found == (NewFile(path="a.py", old_path="src/a.py"), NewFile(path="b.py"))


MANY = tuple(NewFile(path=f"{number}.py") for number in range(1, 11))
NOTICES: dict[str, tuple[tuple[NewFile, ...], list[str]]] = {
    "none": ((), []),
    "one": (
        (NewFile(path="a.py"),),
        ["1 new source file is not measured: a.py (if it should count, change `source` or `omit`)"],
    ),
    "moved": (
        (NewFile(path="a.py", old_path="src/a.py"), NewFile(path="b.py")),
        [
            "2 new source files are not measured: a.py (moved from src/a.py), b.py"
            " (if they should count, change `source` or `omit`)"
        ],
    ),
    "many": (
        MANY,
        [
            "10 new source files are not measured: 1.py, 2.py, 3.py, 4.py, 5.py, 6.py, 7.py, 8.py and 2 more"
            " (if they should count, change `source` or `omit`)"
        ],
    ),
}


@pytest.mark.parametrize("name", list(NOTICES))
def test_one_notice_names_them(name: str) -> None:
    files, expected = NOTICES[name]
    assert unmeasured_notices(files) == expected


def test_changed_files_are_named_in_one_notice() -> None:
    assert changed_notices([]) == []
    assert changed_notices(["b.py", "a.py"]) == ["changed, but not measured: a.py, b.py"]
    names = [f"{number}.py" for number in range(1, 10)]
    assert changed_notices(names) == [f"changed, but not measured: {', '.join(names[:8])} and 1 more"]
