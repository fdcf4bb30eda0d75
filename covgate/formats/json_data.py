"""The same values for programs. Every object carries ``format``; 1 is the first.

What a judged commit looks like is documented in docs/verdict.schema.json. Keys are added without a new number; one
that is renamed, removed or means something else gets one.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from covgate.model.baseline import Baseline
from covgate.model.measurement import FileResult, Toolchain
from covgate.model.numbers import COUNTS, Numbers, format_exact, format_percent

if TYPE_CHECKING:
    from covgate.formats import Context
    from covgate.model.explanation import Explanation, FileExplanation
    from covgate.model.lines import Line
    from covgate.model.outcome import Outcome
    from covgate.model.patch import Patch

FORMAT = 1


def render(outcome: Outcome, context: Context) -> str:
    return json.dumps(verdict_data(outcome), indent=2) + "\n"


def verdict_data(outcome: Outcome, known: dict[tuple[str, str], dict[str, Any]] | None = None) -> dict[str, Any]:
    """A judged commit; percentages are texts with at least two decimals, counts are integers.

    ``components`` has each component by its name, with the same fields; it is null in a repository without components.
    ``known``: files that were rendered before, by path and lines; those of a component are also those of the whole.
    """
    from covgate.formats.losses import losses

    known = {} if known is None else known
    verdict, measurement = outcome.verdict, outcome.measurement
    return {
        "format": FORMAT,
        "status": verdict.status.value,
        "failed": [rule.value for rule in verdict.failed],
        "reasons": list(verdict.reasons),
        "excuse": verdict.excuse or None,
        "exit_code": outcome.exit_code,
        "error": outcome.error or None,
        "hint": outcome.hint or None,
        "output": outcome.output or None,
        "commit": outcome.commit,
        "tree": outcome.tree,
        "branch": outcome.branch or None,
        "base": outcome.base or None,
        "component": None if outcome.parts else outcome.component,
        "components": {each.component: verdict_data(each, known) for each in outcome.parts} or None,
        "measured_coverage": format_percent(verdict.measured) or None,
        "numbers": numbers_data(outcome.numbers) if outcome.numbers else None,
        **_rules_data(outcome),
        "cached": outcome.cached,
        "carried_from": outcome.carried_from or None,
        "preview": outcome.preview._asdict() if outcome.preview else None,
        "toolchain": _toolchain_data(measurement.toolchain) if measurement and not outcome.parts else None,
        "notices": list(outcome.notices),
        **_new_code_data(outcome),
        "patch": _patch_data(outcome.patch) if outcome.patch else None,
        "explanation": _explanation_data(outcome.explanation) if outcome.explanation else None,
        "changed_tests": [
            {"path": each.path, "change": each.change.value, "now": each.now or None} for each in outcome.changed_tests
        ],
        "lines": [
            {"path": each.path, "why": each.kind.value, **_places(each.missing, each.partial)}
            for each in losses(outcome.patch, outcome.explanation)
        ],
        "runs": measurement.runs if measurement and not outcome.parts else None,
        "unstable": [
            {"path": path, "lines": list(lines)} for path, lines in (measurement.unstable if measurement else ())
        ],
        "files": [_file_data(each, known) for each in (measurement.files if measurement else ())],
    }


def _rules_data(outcome: Outcome) -> dict[str, Any]:
    """What the commit is compared with."""
    verdict, policy = outcome.verdict, outcome.verdict.policy
    return {
        "baseline": baseline_data(verdict.baseline),
        "baseline_commit": outcome.baseline_commit or None,
        "baseline_here": format_percent(verdict.here) or None,
        "adjusted": format_percent(verdict.adjusted) or None,
        "raised": baseline_data(outcome.raised),
        "delta": format_percent(verdict.delta),
        "floor": format_exact(policy.floor),
        "epsilon": format_exact(policy.epsilon),
        "patch_floor": format_exact(policy.patch_floor) if policy.patch_floor is not None else None,
        "patch_min_lines": policy.patch_min_lines,
        "policy": policy.kind.value,
        "removed_code": policy.removed_code.value,
        "bootstrap": verdict.bootstrap,
    }


def _new_code_data(outcome: Outcome) -> dict[str, Any]:
    """What a reviewer should know about the code that is new against the base."""
    return {
        "unmeasured": [{"path": each.path, "old_path": each.old_path or None} for each in outcome.unmeasured],
        "newly_excluded": [{"path": each.path, "lines": list(each.lines)} for each in outcome.newly_excluded],
        "excused_branches": [{"path": each.path, "lines": list(each.lines)} for each in outcome.excused_branches],
        "never_covered": [{"path": each.path, "lines": list(each.lines)} for each in outcome.never_covered],
    }


def _toolchain_data(toolchain: Toolchain) -> dict[str, str]:
    return {"python": toolchain.python, "coverage": toolchain.coverage, "platform": toolchain.platform}


def numbers_data(numbers: Numbers) -> dict[str, int]:
    return dict(zip(COUNTS, numbers.counts(), strict=True))


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


def _file_data(result: FileResult, known: dict[tuple[str, str], dict[str, Any]]) -> dict[str, Any]:
    from covgate.model.lines import statements

    key = result.path, result.lines
    if key not in known:
        partial = (line for line in statements(result.lines) if line.executed and not line.whole)
        known[key] = _places(result.missing_lines, partial)
    return {"path": result.path, **numbers_data(result.numbers), **known[key]}


def _patch_data(patch: Patch) -> dict[str, Any]:
    return {
        "percent": format_percent(patch.numbers.percent) or None,
        **numbers_data(patch.numbers),
        "files": [
            {
                "path": each.path,
                **numbers_data(each.numbers),
                "lines": [line.number for line in each.lines],
                **_lines_data(each.missing),
            }
            for each in patch.files
        ],
        "unmeasured": list(patch.unmeasured),
    }


def _explanation_data(explanation: Explanation) -> dict[str, Any]:
    return {
        "before": numbers_data(explanation.before),
        **_terms_data(explanation),
        "untold": {"executed": explanation.unexplained[0], "executable": explanation.unexplained[1]},
        "after": numbers_data(explanation.after),
        "files": [_file_explanation_data(each) for each in explanation.files],
    }


def _terms_data(explanation: Explanation | FileExplanation) -> dict[str, Any]:
    """What lies between before and after."""
    return {
        "removed": numbers_data(explanation.removed),
        "no_longer_counted": numbers_data(explanation.no_longer_counted),
        "added": numbers_data(explanation.added),
        "counted_anew": numbers_data(explanation.counted_anew),
        "lost": explanation.lost,
        "gained": explanation.gained,
    }


def _file_explanation_data(explanation: FileExplanation) -> dict[str, Any]:
    return {
        "path": explanation.path or None,
        "old_path": explanation.old_path or None,
        "before": numbers_data(explanation.before) if explanation.before else None,
        **_terms_data(explanation),
        "after": numbers_data(explanation.after) if explanation.after else None,
        "added_lines": _lines_data(explanation.uncovered),
        "lost_lines": _lines_data(explanation.lost_lines),
        "no_longer_counted_lines": [
            {"why": why.value, "lines": list(lines)} for why, lines in explanation.no_longer_counted_lines
        ],
    }


def _lines_data(lines: Iterable[Line]) -> dict[str, Any]:
    listed = list(lines)
    return _places((each.number for each in listed if not each.executed), (each for each in listed if each.executed))


def _places(missing: Iterable[int], partial: Iterable[Line]) -> dict[str, Any]:
    """What was not executed, and what not wholly."""
    return {
        "missing_lines": list(missing),
        "partial_branches": [
            {"line": each.number, "executed": each.executed_branches, "branches": each.branches} for each in partial
        ],
    }
