"""An override: somebody sets the baseline by hand, for a reason, and so opens a new epoch."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from fractions import Fraction

from covgate.errors import ToolError, UsageError
from covgate.gate.context import Session
from covgate.gate.exchange import fetch, publish, syncs
from covgate.gate.recording import keep_lines
from covgate.git.remote import Remote
from covgate.model.baseline import Baseline, override
from covgate.model.numbers import format_percent
from covgate.model.policy import exact_percent, parse_decimal
from covgate.model.record import Note, Record, join_notes
from covgate.notes.records import Notes
from covgate.notes.repair import repair

_MAX_REASON = 500  # characters


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """The new baseline, and notices about its exchange."""

    baseline: Baseline
    notices: tuple[str, ...] = ()


def set_baseline(session: Session, commit: str, value: str, reason: str, remote: str) -> Baseline:
    """The baseline that ``override_baseline`` sets; its notices are dropped."""
    return override_baseline(session, commit, value, reason, remote).baseline


def override_baseline(session: Session, commit: str, value: str, reason: str, remote: str) -> Override:
    """Open a new epoch at ``value`` percent on ``commit``, and publish it to ``remote`` ("" for none).

    Raises UsageError if ``value`` is no percentage, or if ``reason`` is empty or too long.
    """
    percent = _percent(value)
    reason = " ".join(reason.split())
    if not reason:
        raise UsageError("an override needs a reason", hint="covgate baseline set VALUE --reason TEXT")
    if len(reason) > _MAX_REASON:
        raise UsageError(f"the reason is longer than {_MAX_REASON} characters", hint="shorten it")
    config = session.config_at(commit)
    target, notices = fetch(config, Remote(session.repository, remote), [commit])
    notes = Notes(session.repository)
    notices += repair(notes)
    opened = override(notes.baseline([commit]).baseline, percent, reason)
    entry = Note(records=(Record(baseline=opened),))
    message = f"covgate: baseline set to {format_percent(percent)}% at {commit[:10]}: {reason}"
    notes.update(commit, lambda note: join_notes(note, entry), message)
    with contextlib.suppress(ToolError):  # without an interpreter, the override holds all the same
        measured = session.measurer.cached(commit, config)
        if measured is not None:  # later pushes are compared with its lines
            notices += keep_lines(session.repository, commit, measured)
    if syncs(config, target):
        notices += publish(target).notices
    return Override(baseline=opened, notices=tuple(notices))


def _percent(value: str) -> Fraction:
    try:
        return exact_percent(parse_decimal(value.strip().removesuffix("%")))
    except ValueError:
        raise UsageError(f"{value!r} is not a percentage", hint="give a number from 0 to 100, such as 84.5") from None
