"""What an excuse does to a verdict: one commit passes although it fails a rule. Nothing else changes."""

from __future__ import annotations

from dataclasses import replace

from covgate.model.verdict import Rule, Status, Verdict

# Failing tests give no measurement, and bad inputs no verdict: nobody can know what would be excused.
_EXCUSABLE = frozenset({Rule.FLOOR, Rule.BASELINE, Rule.PATCH_FLOOR})


def can_be_excused(verdict: Verdict) -> bool:
    """Whether ``verdict`` fails, and only rules that an excuse lets a commit pass."""
    return not verdict.passed and _EXCUSABLE.issuperset(verdict.failed)


def excused(verdict: Verdict, reason: str) -> Verdict:
    """``verdict`` as a pass that is excused for ``reason``; itself if it passes or can't be excused.

    The reasons and the rules that failed stay.
    """
    return replace(verdict, status=Status.PASS, excuse=reason) if reason and can_be_excused(verdict) else verdict
