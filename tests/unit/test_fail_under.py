"""The minimum that a project has set for coverage, or for pytest-cov."""

from __future__ import annotations

from pathlib import Path

import pytest

from covgate.measure.fail_under import fail_under_in


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        (".coveragerc", "[report]\nfail_under = 97\n", "97"),
        ("setup.cfg", "[coverage:report]\nfail_under = 97.5\n", "97.50"),
        (".coveragerc", "[report]\nfail_under = 9.7e1\n", "97"),
        ("pyproject.toml", "[tool.coverage.report]\nfail_under = 100\n", "100"),
        ("pyproject.toml", "[tool.pytest.ini_options]\naddopts = '--cov=pkg --cov-fail-under=80'\n", "80"),
        ("tox.ini", "[pytest]\naddopts = --cov-fail-under 80\n[coverage:report]\nfail_under = 90\n", "90"),
        ("tox.ini", "[pytest]\naddopts = --cov --cov-config=x.cfg\n[coverage:report]\nfail_under = 90\n", ""),
        (".coveragerc", "[report]\nfail_under = 0\n", ""),
        (".coveragerc", "[report]\nfail_under = ${MINIMUM}\n", ""),
        (".coveragerc", "[report]\nfail_under = 101\n", ""),
        (".coveragerc", "[report]\nfail_under = nan\n", ""),
        (".coveragerc", "[report]\nfail_under = -5\n", ""),
        (".coveragerc", "[run]\nbranch = true\n", ""),
        ("README", "", ""),
    ],
)
def test_the_highest_minimum(tmp_path: Path, name: str, text: str, expected: str) -> None:
    (tmp_path / name).write_text(text)
    assert fail_under_in(tmp_path, {}) == expected
