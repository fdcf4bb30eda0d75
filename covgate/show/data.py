"""The same values for programs. Every object carries ``format``; 1 is the first."""

from __future__ import annotations

from typing import Any

from covgate.model.baseline import Baseline
from covgate.model.results import Measurement, Numbers, format_exact, format_percent
from covgate.model.verdict import Verdict

FORMAT = 1


def verdict_data(
    verdict: Verdict,
    *,
    commit: str,
    tree: str,
    numbers: Numbers | None,
    measurement: Measurement | None,
    cached: bool,
    notices: list[str],
    error: str = "",
) -> dict[str, Any]:
    """A judged commit; percentages are texts with two decimals, counts are integers."""
    toolchain = measurement.toolchain if measurement else None
    return {
        "format": FORMAT,
        "status": verdict.status.value,
        "reasons": list(verdict.reasons),
        "error": error or None,
        "commit": commit,
        "tree": tree,
        "component": "default",
        "measured_coverage": format_percent(verdict.measured) or None,
        "numbers": numbers_data(numbers) if numbers else None,
        "baseline": baseline_data(verdict.baseline),
        "delta": format_percent(verdict.delta),
        "floor": format_exact(verdict.policy.floor),
        "epsilon": format_exact(verdict.policy.epsilon),
        "policy": verdict.policy.kind.value,
        "bootstrap": verdict.bootstrap,
        "cached": cached,
        "toolchain": {
            "python": toolchain.python,
            "coverage": toolchain.coverage,
            "platform": toolchain.platform,
        }
        if toolchain
        else None,
        "notices": notices,
        "files": [
            {"path": each.path, **numbers_data(each.numbers), "missing_lines": list(each.missing_lines)}
            for each in (measurement.files if measurement else ())
        ],
    }


def numbers_data(numbers: Numbers) -> dict[str, int]:
    return {
        "statements": numbers.statements,
        "executed_statements": numbers.executed_statements,
        "branches": numbers.branches,
        "executed_branches": numbers.executed_branches,
        "excluded": numbers.excluded,
    }


def baseline_data(baseline: Baseline | None, commit: str = "") -> dict[str, Any] | None:
    if baseline is None:
        return None
    data: dict[str, Any] = {
        "epoch": baseline.epoch,
        "executed": baseline.executed,
        "executable": baseline.executable,
        "percent": format_percent(baseline.percent),
        "override": baseline.override,
    }
    if commit:
        data["commit"] = commit
    return data
