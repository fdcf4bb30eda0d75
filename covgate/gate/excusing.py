"""An excuse: somebody lets one commit pass a rule that it fails, for a reason. The baseline stays."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from covgate.config import Config
from covgate.errors import UsageError
from covgate.gate.components import chosen
from covgate.gate.context import Session
from covgate.gate.exchange import fetch, publish, syncs
from covgate.gate.override import recorded_reason
from covgate.git.remote import Remote
from covgate.model.excused_verdict import excused
from covgate.model.record import DEFAULT_COMPONENT, Excuse, Note, Record, excused_note
from covgate.model.verdict import Status, Verdict
from covgate.notes.repair import repair


@dataclass(frozen=True, slots=True, kw_only=True)
class Excused:
    """The components that were excused, and notices about the exchange of the notes."""

    components: tuple[str, ...]
    notices: tuple[str, ...] = ()


def excuse_commit(session: Session, commit: str, reason: str, remote: str, components: Collection[str] = ()) -> Excused:
    """Record that ``commit`` may pass the rules that it fails, and publish that to ``remote`` ("" for none).

    ``components``: those that are excused, all that fail if it is empty. Raises UsageError if ``reason`` is empty or
    too long, or if there is nothing to excuse.
    """
    reason = recorded_reason(reason, "an excuse", "covgate excuse REASON [REV]")
    config = session.config_at(commit)
    target, notices = fetch(config, Remote(session.repository, remote), [commit])
    notes = session.notes
    notices += repair(notes)
    entries = [_entry(session, commit, part, reason) for part in _to_excuse(session, commit, config, components)]
    names = [each.component for each in entries]
    of = "" if names == [DEFAULT_COMPONENT] else f" ({', '.join(names)})"
    message = f"covgate: {commit[:10]}{of} excused: {reason}"
    notes.update(commit, lambda note: _with_entries(note, entries), message)
    if syncs(config, target):
        notices += publish(target).notices
    return Excused(components=tuple(names), notices=tuple(notices))


def excused_by_record(session: Session, commit: str, config: Config, verdict: Verdict) -> Verdict:
    """``verdict`` on the component of ``config``, as a pass if the record of ``commit`` excuses it."""
    reason = excuse_of(session, commit, config)
    return excused(verdict, reason) if reason else verdict


def excuse_of(session: Session, commit: str, config: Config) -> str:
    """Why the component of ``config`` may fail at ``commit``; "" if it is not excused.

    An excuse names the inputs by the commit's own configuration: a base may enforce others.
    """
    note = session.notes.read(commit)
    record = note.record(config.component) if note else None
    excuse = record.excuse if record else None
    if excuse is None:
        return ""
    own = session.own_config(commit, config)
    return excuse.reason if excuse.tree == session.measurer.tree(commit, own) else ""


def _entry(session: Session, commit: str, part: Config, reason: str) -> Record:
    name = part.component
    # The baseline that its ancestors reached: a record has to say something that older versions of covgate know.
    seen = session.notes.baseline([commit], name).seen
    tree = session.measurer.tree(commit, part)
    return Record(component=name, baseline=seen, excuse=Excuse(tree=tree, reason=reason))


def _with_entries(note: Note, entries: Sequence[Record]) -> Note:
    for each in entries:
        note = excused_note(note, each)
    return note


def _to_excuse(session: Session, commit: str, config: Config, names: Collection[str]) -> Sequence[Config]:
    """The components to excuse. Raises UsageError if none fails; one that was not judged here may fail elsewhere."""
    parts = chosen(config, names)
    found = {each.component: _status(session, commit, each) for each in parts}
    failing = [each for each in parts if found[each.component] is Status.FAIL]
    unknown = [each for each in parts if found[each.component] is None]
    passing = [name for name, status in found.items() if status is Status.PASS]
    if names and passing:
        raise UsageError(f"{passing[0]} passes at {commit[:10]}: there is nothing to excuse")
    if names or (len(parts) == 1 and unknown):
        return parts
    if failing:
        return failing
    if unknown:
        raise UsageError(
            f"no component is known to fail at {commit[:10]}, and {len(unknown)} were not judged here",
            hint=f"covgate check {commit[:10]} judges them; or name one: --component {unknown[0].component}",
        )
    raise UsageError(f"{commit[:10]} passes: there is nothing to excuse", hint="an excuse holds for one commit")


def _status(session: Session, commit: str, part: Config) -> Status | None:
    """How ``commit`` was judged, None if that is not recorded."""
    note = session.notes.read(commit)
    record = note.record(part.component) if note else None
    judgement = record.judgement if record else None
    if judgement is None:
        return None
    # If a base enforces other sources, the judgement is about these. An excuse for a commit that passes does nothing.
    fails = judgement.status is Status.FAIL
    return judgement.status if fails or judgement.tree == session.measurer.tree(commit, part) else None
