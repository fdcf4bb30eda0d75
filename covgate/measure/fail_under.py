"""The minimum that a project has set for itself: coverage's fail_under, or pytest-cov's."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path

from covgate.measure.coverage_config import coverage_config_in
from covgate.measure.pytest_config import read_pytest_config
from covgate.model.numbers import format_exact
from covgate.model.policy import parse_decimal


def fail_under_in(top: Path, environ: Mapping[str, str]) -> str:
    """The highest minimum in the configuration in ``top``, in percent; "" if there is none, or none that is valid."""
    pytest = read_pytest_config(top, (), environ)
    report = coverage_config_in(top, pytest.cov_config).sections.get("report", {})
    asked = (str(report.get("fail_under", "")).strip(), pytest.cov_fail_under)
    highest = max(map(_percent, asked))
    if not highest:
        return ""
    return str(highest) if highest.denominator == 1 else format_exact(highest)


def _percent(text: str) -> Fraction:
    """``text`` as a percentage; 0, which is no minimum, if it is not one."""
    try:
        value = parse_decimal(text)
    except ValueError:
        return Fraction(0)
    return value if 0 < value <= 100 else Fraction(0)
