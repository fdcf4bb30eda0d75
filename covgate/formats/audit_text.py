"""What an audit of the notes found, for a person and for a program."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from covgate.formats.json_data import FORMAT, baseline_data
from covgate.formats.paint import plain
from covgate.model.history import Step, shown_change
from covgate.model.history_audit import Audit, Finding, FindingKind
from covgate.model.record import DEFAULT_COMPONENT
from covgate.model.series import Rise


def audit_data(audit: Audit, ref: str, hidden: str, excuses: Sequence[Rise] = ()) -> dict[str, Any]:
    """``hidden``: the notes commit before which the history can't be seen; "" where all of it can.

    ``excuses`` are listed, and are no findings.
    """
    return {
        "format": FORMAT,
        "ref": ref,
        "notes_commits": audit.steps,
        "notes": audit.notes,
        "shallow_at": hidden or None,
        "counts": {kind.value: count for kind, count in _counts(audit).items()},
        "findings": [_finding_data(each) for each in audit.findings],
        "excuses": [
            {"commit": each.commit, "component": each.component, "reason": each.excuse, **_step_data(each.step)}
            for each in excuses
        ],
    }


def audit_text(audit: Audit, ref: str, hidden: str, excuses: Sequence[Rise] = ()) -> str:
    """A block for each finding and each of the ``excuses``, and a last line that counts the findings."""
    blocks = [_block(each) + "\n" for each in audit.findings]
    blocks += [_excuse(each) + "\n" for each in excuses]
    if hidden:
        blocks.append(
            f"covgate: the history of {ref} is shallow: what was before {hidden[:10]} can't be seen\n"
            "  git fetch --unshallow brings it\n"
        )
    return "".join(blocks) + _summary(audit, ref)


def _finding_data(finding: Finding) -> dict[str, Any]:
    step = finding.step
    return {
        "kind": finding.kind.value,
        "commit": finding.commit or None,
        "component": finding.component or None,
        "from": baseline_data(finding.before),
        "to": baseline_data(finding.after),
        "why": finding.why,
        "healed": finding.healed,
        **_step_data(step),
    }


def _step_data(step: Step) -> dict[str, Any]:
    return {"notes_commit": step.oid or None, "author": step.author, "email": step.email, "date": step.date}


def _block(finding: Finding) -> str:
    step = finding.step
    what = [finding.kind.value]
    if finding.commit:
        what.append(finding.commit[:10])
    if finding.before is not None or finding.after is not None:
        what.append(shown_change(finding.before, finding.after))
    if finding.component and finding.component != DEFAULT_COMPONENT:
        what.append(f"({finding.component})")
    lines = ["  ".join(what), f"  {finding.why}"]
    if finding.healed:
        lines.append("  it was corrected later")
    if step.oid:
        lines.append(_shown_step(step))
    return "".join(plain(line) + "\n" for line in lines)


def _excuse(excuse: Rise) -> str:
    of = "" if excuse.component == DEFAULT_COMPONENT else f"  ({excuse.component})"
    lines = [f"remark  {excuse.commit[:10]}{of}", f"  excused: {excuse.excuse}", _shown_step(excuse.step)]
    return "".join(plain(line) + "\n" for line in lines)


def _shown_step(step: Step) -> str:
    return f"  notes commit {step.oid[:10]}  {step.author} <{step.email}>  {step.date[:16].replace('T', ' ')}"


def _summary(audit: Audit, ref: str) -> str:
    seen = f"{_many(audit.steps, 'notes commit')} of {ref}, {_many(audit.notes, 'note')} now"
    if not audit.findings:
        return f"covgate: {seen}: no baseline fell, every record is valid, no note was deleted\n"
    counts = ", ".join(f"{count} {kind.value}" for kind, count in _counts(audit).items() if count)
    healed = sum(each.healed for each in audit.findings)
    later = f"; {healed} corrected later" if healed else ""
    return f"covgate: {seen}: {_many(len(audit.findings), 'finding')} ({counts}){later}\n"


def _counts(audit: Audit) -> dict[FindingKind, int]:
    found = Counter(each.kind for each in audit.findings)
    return {kind: found[kind] for kind in FindingKind}


def _many(count: int, word: str) -> str:
    return f"{count} {word}" if count == 1 else f"{count} {word}s"
