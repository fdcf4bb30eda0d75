"""Which files can change the number of a component."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covgate.config import Config
from covgate.config.component_tables import is_inside, rooted
from covgate.git.contents import Entry
from covgate.measure.inputs import Files, glob_regex


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


NAMES = st.sampled_from(["a", "a-b", "b", "pyproject.toml", "conftest.py"])
PATHS = st.lists(NAMES, min_size=1, max_size=3).map("/".join)
GLOBS = st.lists(st.sampled_from(["a", "b", "*", "**", "a*", "?", "conftest.py"]), min_size=1, max_size=3).map("/".join)


@given(
    paths=st.sets(PATHS, max_size=12),
    directory=st.sampled_from(["", "a", "a/b"]),
    source=st.lists(st.sampled_from([".", "a", "b", "a/conftest.py"]), max_size=2),
    globs=st.lists(GLOBS, max_size=2),
)
def test_the_chosen_files_are_those_of_the_plain_definition(
    paths: set[str], directory: str, source: list[str], globs: list[str]
) -> None:
    entries = [Entry(path=each, mode="100644", oid="1" * 40) for each in _in_git(paths)]
    config = Config(component="one", directory=directory, source=tuple(source), paths=tuple(globs))
    inside = [rooted(directory, each) for each in source]
    # A source without files may be the name of a package, wherever that is.
    found = all(any(is_inside(path, each) for path in paths) for each in inside)
    inside += [] if globs and source and found else [directory]

    def is_chosen(path: str) -> bool:
        above, _, name = path.rpartition("/")
        configures = name in ("pyproject.toml", "conftest.py") and is_inside(directory, above)
        matches = any(re.fullmatch(glob_regex(each), path) for each in globs)
        return configures or matches or any(is_inside(path, each) for each in inside)

    chosen, unmatched = Files(entries).choose(config)
    assert chosen == [each for each in entries if is_chosen(each.path)]
    nothing = [each for each in globs if not any(re.fullmatch(glob_regex(each), path.path) for path in entries)]
    assert unmatched == tuple(dict.fromkeys(nothing))


def _in_git(paths: set[str]) -> list[str]:
    """``paths`` without those under a file, in the order in which git lists them."""
    return sorted(each for each in paths if not any(other.startswith(f"{each}/") for other in paths))
