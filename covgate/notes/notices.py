"""Notices about the notes: one line for each change that covgate ignored."""

from __future__ import annotations

from collections.abc import Sequence

from covgate.model.history import shown_change
from covgate.model.history_audit import Finding, FindingKind
from covgate.model.record import DEFAULT_COMPONENT

_SHOWN = 5  # a few lines are enough to show who removed all notes


def finding_notices(findings: Sequence[Finding]) -> list[str]:
    """A line for each of ``findings``, which were ignored; if there are many, the newest few and a count."""
    if not findings:
        return []
    notices = [f"WARNING: not accepted: {finding_line(each)}" for each in findings[-_SHOWN:]]
    if len(findings) > _SHOWN:
        notices.append(f"{len(findings) - _SHOWN} more changes of the notes were not accepted (`covgate audit`)")
    notices.append(
        "covgate has repaired the notes here; to lower a baseline on purpose: covgate baseline set VALUE --reason TEXT"
    )
    return notices


def finding_line(finding: Finding) -> str:
    """What happened to which note, and who did it in which notes commit."""
    if finding.kind is FindingKind.CUT:
        return finding.why
    parts = [f"the note of {finding.commit[:10]}: {finding.why}"]
    if finding.before is not None or finding.after is not None:
        name = "" if finding.component in ("", DEFAULT_COMPONENT) else f"{finding.component}, "
        parts.append(f"({name}{shown_change(finding.before, finding.after)})")
    step = finding.step
    parts.append(f"by {step.author} <{step.email}> in notes commit {step.oid[:10]}")
    return " ".join(parts)
