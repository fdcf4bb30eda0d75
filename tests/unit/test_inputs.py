"""Which files can change the number of a component."""

from __future__ import annotations

import re

import pytest

from covgate.measure.inputs import glob_regex


@pytest.mark.parametrize(
    ("glob", "matches", "others"),
    [
        ("shared/**", ["shared/a", "shared/b/c.h"], ["shared", "other/shared/a", "sharedx/a"]),
        ("shared", ["shared", "shared/a", "shared/b/c.h"], ["sharedx", "a/shared"]),
        ("shared/", ["shared/a"], ["sharedx"]),
        ("*.toml", ["a.toml"], ["b/a.toml", "a.toml.bak"]),
        ("**/*.toml", ["a.toml", "b/a.toml", "b/c/a.toml"], ["a.tom"]),
        ("packages/*/src", ["packages/a/src/b.py", "packages/a/src"], ["packages/a/b/src/c", "packages/src"]),
        ("./a/b.c", ["a/b.c"], ["b.c"]),
        ("a?.c", ["ab.c"], ["a/.c", "abc.c"]),
        ("a[1].c", ["a[1].c"], ["a1.c"]),
        ("**", ["a", "a/b"], []),
    ],
)
def test_globs(glob: str, matches: list[str], others: list[str]) -> None:
    found = re.compile(glob_regex(glob)).fullmatch
    assert [path for path in [*matches, *others] if found(path)] == matches
