"""What the path of a file says about it."""

from __future__ import annotations

import pytest

from covgate.model.source_files import uncommitted_notice


@pytest.mark.parametrize(
    ("files", "notice"),
    [
        ({}, ""),
        ({"README.md": "modified", "data.json": "new"}, ""),
        ({"pkg/mod.py": "modified"}, "not committed, and so not measured: pkg/mod.py (modified)"),
        # Tests come first: they are the likeliest reason why somebody expected a pass.
        (
            {"pkg/mod.py": "modified", "tests/test_mod.py": "new"},
            "not committed, and so not measured: tests/test_mod.py (new), pkg/mod.py (modified)",
        ),
        (
            {f"pkg/{name}.py": "deleted" for name in "abcde"},
            "not committed, and so not measured: pkg/a.py (deleted), pkg/b.py (deleted), pkg/c.py (deleted) and 2 more",
        ),
    ],
)
def test_what_is_not_committed_is_named(files: dict[str, str], notice: str) -> None:
    assert uncommitted_notice(files) == notice
