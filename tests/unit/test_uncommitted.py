"""What files that the commit does not have mean for the measurement."""

from __future__ import annotations

import pytest

from covgate.measure.uncommitted import decides


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("conftest.py", True),
        ("tests/deep/conftest.py", True),
        ("pkg/test_mod.py", True),
        ("pkg/mod_test.py", True),
        (".coveragerc", True),
        (".coveragerc.toml", True),
        ("pytest.ini", True),
        (".pytest.ini", True),
        ("pytest.toml", True),
        ("setup.cfg", True),
        ("tox.ini", True),
        ("pyproject.toml", True),
        ("examples/setup.cfg", False),
        ("pkg/_version.py", False),
        ("tests/test_data.json", False),
        ("test_results/", False),
        (".venv/", False),
        (".coverage", False),
    ],
)
def test_ignored_files_that_decide_by_their_name(path: str, expected: bool) -> None:
    assert decides(path) == expected
