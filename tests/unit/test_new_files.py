"""Which new files count as source files that nothing measures, and how they are named."""

from __future__ import annotations

import pytest

from covgate.model.new_files import NewFile, changed_notices, find_unmeasured, may_be_unmeasured, unmeasured_notices

# The new paths, the moved ones (now: before), the measured ones, and those that are source files nothing measures.
NEW: dict[str, tuple[list[str], dict[str, str], list[str], list[str]]] = {
    "nothing is new": ([], {}, ["pkg/a.py"], []),
    "measured": (["pkg/b.py"], {}, ["pkg/a.py", "pkg/b.py"], []),
    "in another directory": (["tools/b.py"], {}, ["pkg/a.py"], ["tools/b.py"]),
    "in a package": (["other/__init__.py"], {}, ["pkg/a.py"], ["other/__init__.py"]),
    "tests and tools": (["tests/test_b.py", "tests/data.py", "conftest.py", "setup.py"], {}, ["pkg/a.py"], []),
    "of another kind": (["pkg/b.json", "web/index.js", "README"], {}, ["pkg/a.py"], []),
    "of a second measured kind": (["web/i.js", "b.py"], {}, ["a.py", "web/main.js"], ["b.py", "web/i.js"]),
    "without a suffix": (["LICENSE", "b.py"], {}, ["bin/run", "a.py"], ["b.py"]),
    "nothing is measured": (["b.py"], {}, [], ["b.py"]),
    "moved": (["old/b.py"], {"old/b.py": "pkg/b.py"}, ["pkg/a.py"], ["old/b.py"]),
    "moved within the sources": (["pkg/c.py"], {"pkg/c.py": "pkg/b.py"}, ["pkg/a.py", "pkg/c.py"], []),
    "moved into the tests": (["tests/b.py"], {"tests/b.py": "pkg/b.py"}, ["pkg/a.py"], ["tests/b.py"]),
    "moved to another kind": (["pkg/b.inc"], {"pkg/b.inc": "pkg/b.py"}, ["pkg/a.py"], ["pkg/b.inc"]),
    "moved to no kind": (["bin/b"], {"bin/b": "pkg/b.py"}, ["pkg/a.py"], ["bin/b"]),
    "of Cython": (["pkg/b.pyx", "pkg/b.pxd"], {}, ["pkg/a.py"], ["pkg/b.pyx"]),
    "a test that moved": (["tests/u/test_b.py"], {"tests/u/test_b.py": "tests/test_b.py"}, ["pkg/a.py"], []),
    "a tool that moved": (["docs/conf.py"], {"docs/conf.py": "doc/conf.py"}, ["pkg/a.py"], []),
}


@pytest.mark.parametrize("name", list(NEW))
def test_new_source_files_that_nothing_measures(name: str) -> None:
    added, moved, measured, expected = NEW[name]
    found = find_unmeasured(added, moved, measured)
    assert found == tuple(NewFile(path=path, old_path=moved.get(path, "")) for path in expected)
    if found:
        assert may_be_unmeasured(added, moved.values(), measured)


@pytest.mark.parametrize(
    ("added", "deleted", "expected"),
    [
        ([], ["pkg/b.py"], False),
        (["pkg/a.py"], ["pkg/b.py"], False),
        (["pkg/b.py"], [], True),
        (["tests/b.py"], [], False),
        (["tests/b.py"], ["pkg/b.py"], True),
        (["tests/b.py"], ["tests/c.py"], False),
        (["tests/b.txt"], ["pkg/b.py"], False),
        (["pkg/b.inc"], ["pkg/b.py"], True),
    ],
)
def test_most_pushes_need_no_second_look(added: list[str], deleted: list[str], expected: bool) -> None:
    assert may_be_unmeasured(added, deleted, ["pkg/a.py"]) is expected


MANY = tuple(NewFile(path=f"{number}.py") for number in range(1, 11))
NOTICES: dict[str, tuple[tuple[NewFile, ...], list[str]]] = {
    "none": ((), []),
    "one": (
        (NewFile(path="a.py"),),
        ["1 new source file is not measured: a.py (if it should count, change `source` or `omit`)"],
    ),
    "of a tool": (
        (NewFile(path="a.go"),),
        ["1 new source file is not measured: a.go (if it should count, configure the tool that writes the report)"],
    ),
    "of Node": (
        (NewFile(path="a.c"), NewFile(path="b.tsx")),
        [
            "2 new source files are not measured: a.c, b.tsx (if they should count, configure the tool that writes the"
            " report: collectCoverageFrom in Jest, coverage.include in Vitest, --all in c8 and nyc)"
        ],
    ),
    "of both": (
        (NewFile(path="a.py"), NewFile(path="b.go")),
        [
            "2 new source files are not measured: a.py, b.go"
            " (if they should count, change `source` or `omit`, or configure the tool that writes the report)"
        ],
    ),
    "moved": (
        (NewFile(path="a.py", old_path="src/a.py"), NewFile(path="b.py")),
        [
            "2 new source files are not measured: a.py (moved from src/a.py), b.py"
            " (if they should count, change `source` or `omit`)"
        ],
    ),
    "moved to another kind": (
        (NewFile(path="a.inc", old_path="a.py"),),
        ["1 new source file is not measured: a.inc (moved from a.py) (if it should count, change `source` or `omit`)"],
    ),
    "of Cython": (
        (NewFile(path="a.pyx"),),
        [
            "1 new source file is not measured: a.pyx"
            " (if it should count, change `source` or `omit`, or use the plugin Cython.Coverage)"
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
