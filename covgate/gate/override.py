"""An override: somebody sets the baseline by hand, for a reason, and so opens a new epoch."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from fractions import Fraction

from covgate.config import Config
from covgate.errors import ToolError, UsageError
from covgate.gate.components import chosen
from covgate.gate.context import Session
from covgate.gate.exchange import fetch, publish, syncs
from covgate.gate.recording import keep_lines
from covgate.git.remote import Remote
from covgate.model.baseline import Baseline, override
from covgate.model.numbers import format_percent
from covgate.model.policy import exact_percent, parse_decimal
from covgate.model.record import DEFAULT_COMPONENT, Note, Record, join_notes
from covgate.notes.repair import repair

_MAX_REASON = 500  # characters


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """The new baseline, and notices about its exchange."""

    baseline: Baseline
    notices: tuple[str, ...] = ()


def set_baseline(session: Session, commit: str, value: str, reason: str, remote: str, component: str = "") -> Baseline:
    """The baseline that ``override_baseline`` sets; its notices are dropped."""
    return override_baseline(session, commit, value, reason, remote, component).baseline


def override_baseline(
    session: Session, commit: str, value: str, reason: str, remote: str, component: str = ""
) -> Override:
    """Open a new epoch at ``value`` percent for ``component`` on ``commit``, and publish it to ``remote``.

    ``component`` may be "" if there is only one, ``remote`` "" for none. Raises UsageError if ``value`` is no
    percentage, if ``reason`` is empty or too long, or if there is no such component.
    """
    percent = _percent(value)
    reason = recorded_reason(reason, "an override", "covgate baseline set VALUE --reason TEXT")
    config = session.config_at(commit)
    part = _component(config, component)
    target, notices = fetch(config, Remote(session.repository, remote), [commit])
    notes, name = session.notes, part.component
    notices += repair(notes)
    opened = override(notes.baseline([commit], name).baseline, percent, reason)
    entry = Note(records=(Record(component=name, baseline=opened),))
    what = "baseline" if name == DEFAULT_COMPONENT else f"baseline of {name}"
    message = f"covgate: {what} set to {format_percent(percent)}% at {commit[:10]}: {reason}"
    notes.update(commit, lambda note: join_notes(note, entry), message)
    with contextlib.suppress(ToolError):  # without an interpreter, the override holds all the same
        measured = session.measurer.cached(commit, part)
        if measured is not None:  # later pushes are compared with its lines
            notices += keep_lines(session.repository, commit, {name: measured})
    if syncs(config, target):
        notices += publish(target).notices
    return Override(baseline=opened, notices=tuple(notices))


def recorded_reason(text: str, what: str, usage: str) -> str:
    """``text`` as it is recorded, in one line. Raises UsageError if it is empty or too long."""
    reason = " ".join(text.split())
    if not reason:
        raise UsageError(f"{what} needs a reason", hint=usage)
    if len(reason) > _MAX_REASON:
        raise UsageError(f"the reason is longer than {_MAX_REASON} characters", hint="shorten it")
    return reason


def _component(config: Config, name: str) -> Config:
    """The component ``name``; the only one if it is "". Raises UsageError."""
    if not name and config.components:
        known = ", ".join(each.component for each in config.parts)
        raise UsageError("each component has a baseline of its own", hint=f"add --component NAME, one of: {known}")
    return chosen(config, [name] if name else [])[0]


def _percent(value: str) -> Fraction:
    try:
        return exact_percent(parse_decimal(value.strip().removesuffix("%")))
    except ValueError:
        raise UsageError(f"{value!r} is not a percentage", hint="give a number from 0 to 100, such as 84.5") from None
