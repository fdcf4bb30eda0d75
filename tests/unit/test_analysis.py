"""What coverage says about the files it could not parse."""

from __future__ import annotations

from pathlib import Path

import pytest

from covgate.errors import ToolError
from covgate.measure.analysis import by_hand, left_out, left_out_notices

TREE = Path("/tree")


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        ("", ()),
        ("Wrote JSON report to coverage.json", ()),
        ("report.py:1: CoverageWarning: Couldn't parse Python file '/tree/a.py' (couldnt-parse); see https", ("a.py",)),
        (
            "CoverageWarning: Couldn't parse '/tree/t/a.html': No source for code: '/tree/t/a.html'. (couldnt-parse)",
            ("t/a.html",),
        ),
        (
            "Couldn't parse '/tree/b': invalid or missing encoding declaration (couldnt-parse)\n"
            "Couldn't parse '/tree/it's': x (couldnt-parse)\nCouldn't parse '/tree/b': x (couldnt-parse)",
            ("b", "it's"),
        ),
        ("Couldn't parse '/treehouse/a': x (couldnt-parse)", ("/treehouse/a",)),
    ],
)
def test_files_that_are_left_out(output: str, expected: tuple[str, ...]) -> None:
    assert left_out(output, TREE) == expected


@pytest.mark.parametrize("name", ["fast.pyx", "fast.pxd", "fast.pxi"])
def test_a_missing_plugin_is_no_reason_to_leave_a_file_out(name: str) -> None:
    with pytest.raises(ToolError, match=f"coverage can't read pkg/{name}"):
        left_out(f"Couldn't parse '/tree/pkg/{name}': No source for code: 'x'. (couldnt-parse)", TREE)


@pytest.mark.parametrize(
    ("count", "expected"),
    [(0, ""), (1, "a0"), (5, "a0, a1, a2, a3, a4"), (6, "a0, a1, a2, a3, a4 and 1 more")],
)
def test_how_they_are_named(count: int, expected: str) -> None:
    notices = left_out_notices([f"a{number}" for number in range(count)])
    assert notices == ((f"not counted, because coverage can't read it: {expected}",) if count else ())


@pytest.mark.parametrize(
    ("step", "commands"),
    [
        ("run", "coverage run -m pytest"),
        ("combine", "coverage run --parallel-mode -m pytest && coverage combine"),
        ("json", "coverage run -m pytest && coverage json"),
    ],
)
def test_the_step_that_failed_is_repeated_by_hand(step: str, commands: str) -> None:
    assert by_hand(step) == commands
