"""Configurations of coverage that count the same."""

from __future__ import annotations

import pytest

from covgate.measure.coverage_config import CoverageConfig, Sections, read_coverage_config
from covgate.measure.same_counting import counts_the_same, omits, with_branches, without_new_exclusions


def ini(text: str) -> CoverageConfig:
    return read_coverage_config({".coveragerc": text.encode()})


def toml(text: str) -> CoverageConfig:
    return read_coverage_config({"pyproject.toml": text.encode()})


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (ini(""), ini(""), True),
        (ini(""), CoverageConfig(), True),
        (ini("[run]\nbranch = true\n"), toml("[tool.coverage.run]\nbranch = true\n"), True),
        (ini("[run]\nbranch = true\n"), ini(""), False),
        (ini("[run]\nbranch = false\n"), ini(""), True),
        (ini("[run]\nomit = a.py, b.py\n"), toml('[tool.coverage.run]\nomit = ["b.py", "a.py"]\n'), True),
        (ini("[run]\nomit = a.py\n"), ini(""), False),
        (ini("[run]\nsource = a\n"), ini("[run]\nsource = b\n"), False),
        (ini("[report]\nexclude_also = x\n"), ini(""), False),
        (ini("[report]\nshow_missing = true\nfail_under = 90\n"), ini(""), True),
        (ini("[html]\ndirectory = x\n"), ini("[paths]\nsource = a\n"), True),
    ],
)
def test_which_options_change_a_number(one: CoverageConfig, other: CoverageConfig, expected: bool) -> None:
    assert counts_the_same(one, other) is counts_the_same(other, one) is expected


@pytest.mark.parametrize(
    ("pattern", "matching", "others"),
    [
        ("pkg/old.py", ["pkg/old.py"], ["pkg/old_py", "lib/pkg/old.py"]),
        ("pkg/*", ["pkg/a.py", "pkg/sub/a.py"], ["lib/pkg/a.py", "pkg2/a.py"]),
        ("*/old.py", ["old.py", "pkg/old.py", "a/b/old.py"], ["a/old.pyx"]),
        ("pkg/*.py", ["pkg/a.py"], ["pkg/sub/a.py"]),
        ("**/gen/**", ["gen/a.py", "a/b/gen/c/d.py"], ["agen/a.py"]),
        ("pkg/?.py", ["pkg/a.py"], ["pkg/ab.py"]),
        ("./pkg/a.py", ["pkg/a.py"], []),
    ],
)
@pytest.mark.parametrize("section", ["run", "report"])
def test_what_is_omitted(section: str, pattern: str, matching: list[str], others: list[str]) -> None:
    config = ini(f"[{section}]\nomit =\n    none.py\n    {pattern}\n")
    assert [each for each in [*matching, *others] if omits(config, each)] == matching


@pytest.mark.parametrize("on", [True, False])
@pytest.mark.parametrize("config", [ini("[run]\nomit = a.py\n"), toml("[tool.coverage.run]\nbranch = false\n")])
def test_branches_are_switched(config: CoverageConfig, on: bool) -> None:
    changed = with_branches(config, on)
    assert changed.branch is on
    name, text = changed.render()
    again = read_coverage_config({"pyproject.toml" if name.endswith(".toml") else ".coveragerc": text.encode()})
    assert (again.branch, again.values("run", "omit")) == (on, config.values("run", "omit"))


@pytest.mark.parametrize(
    ("own", "base", "report"),
    [
        (ini("[report]\nexclude_also = a\n"), ini("[report]\nexclude_also = a\n  b\n"), None),
        (ini(""), ini("[report]\nexclude_also = a\n"), None),
        (ini("[report]\nexclude_also = a\n  b\n"), ini("[report]\nexclude_also = a\n"), {"exclude_also": "a"}),
        (ini("[report]\nprecision = 2\nexclude_also = a\n"), ini(""), {"precision": "2"}),
        (ini("[report]\nexclude_lines = a\n"), ini(""), {}),
        (
            toml('[tool.coverage.report]\nexclude_also = ["a"]\n'),
            ini("[report]\nexclude_lines = c\n  d\n"),
            {"exclude_lines": ["c", "d"]},
        ),
        (
            ini("[report]\nexclude_also = a\n"),
            toml('[tool.coverage.report]\nexclude_also = ["c", "d"]\n'),
            {"exclude_also": "c\nd"},
        ),
    ],
)
def test_what_only_the_push_excludes_counts(
    own: CoverageConfig, base: CoverageConfig, report: dict[str, object] | None
) -> None:
    found: Sections = without_new_exclusions(own, base).sections
    assert found.get("report") == (own.sections.get("report") if report is None else report)
