"""The components of a commit: each is judged by itself, and all of them are recorded together."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Collection, Sequence
from dataclasses import replace

from covgate.config import Config, Isolation
from covgate.errors import ConfigurationError, NeedsCheckout, ToolError, UsageError, as_notice
from covgate.gate.bar import Bar
from covgate.gate.context import Session
from covgate.gate.judge import judge_commit
from covgate.gate.order import Order
from covgate.gate.recording import Recorder
from covgate.model.combined import combine
from covgate.model.numbers import format_percent, format_reached
from covgate.model.outcome import Outcome
from covgate.model.record import DEFAULT_COMPONENT

_NAMED = 5


def judge_components(session: Session, commit: str, bars: Sequence[Bar], tips: Sequence[str], order: Order) -> Outcome:
    """Judge each component of ``commit`` against its bar, and record all of them in one notes commit.

    For the arguments, and for what it raises, see `judge_commit`. One component that can't be measured takes nothing
    from the others.
    """
    notices: list[str] = []
    with as_notice(notices, "new, removed and renamed components could not be found"):
        notices += changed_components(session, commit, bars)
    if len(bars) == 1 and bars[0].config.component == DEFAULT_COMPONENT:
        outcome = judge_commit(session, commit, bars[0], tips, order)
        return replace(outcome, is_part=bars[0].config.is_part, notices=(*notices, *outcome.notices))
    if order.jobs > 1:
        with as_notice(notices, "the components are measured one after the other"):
            order = _measure_ahead(session, commit, bars, tips, order)
    recorder = Recorder(session=session, commit=commit)
    parts = [replace(judge_commit(session, commit, bar, tips, order, recorder), is_part=True) for bar in bars]
    written, about_notes = False, list[str]()
    with as_notice(about_notes, "nothing was recorded"):
        written, about_notes = recorder.write()
    if not written:
        parts = [replace(each, raised=None, unrecorded=True) for each in parts]
    policy = session.config_at(commit).policy
    about_files = [each for bar, part in zip(bars, parts, strict=True) for each in _no_inputs(bar.config, part)]
    return combine(parts, policy, session.repository.tree(commit), [*notices, *about_files, *about_notes])


def _no_inputs(config: Config, part: Outcome) -> list[str]:
    """A notice about files that the component counts although a change there doesn't run its tests."""
    files = part.measurement.files if part.measurement and not part.carried_from and config.is_part else ()
    foreign = [each.path for each in files if not config.owns(each.path)]
    if not foreign:
        return []
    from covgate.measure.inputs import glob_regex  # late: most components count their own files only

    globs = [re.compile(glob_regex(each)) for each in config.paths]
    found = [path for path in foreign if not any(glob.fullmatch(path) for glob in globs)]
    if not found:
        return []
    more = f" and {len(found) - 1} more" if len(found) > 1 else ""
    return [
        f"{config.component} counts {found[0]}{more}, but a change there doesn't run its tests: add it to `paths`, or"
        " leave it out by `source`"
    ]


def _measure_ahead(session: Session, commit: str, bars: Sequence[Bar], tips: Sequence[str], order: Order) -> Order:
    """``order`` with the results of all components whose tests have to run: these are run side by side.

    Components with `isolation = "in-place"` are left out: only one can run in the checkout at a time.
    """
    from covgate.gate.obtain import Source

    waiting = []
    for bar in bars:
        source = Source(
            session=session,
            notes=session.notes,
            bar=bar,
            commit=commit,
            tree=session.measurer.tree(commit, bar.config),
            published=(commit, *tips) if order.trusts_record else (*bar.bases, *tips),
        )
        with contextlib.suppress(ToolError):  # reported when the component itself is judged
            if bar.config.isolation is not Isolation.IN_PLACE and source.needs_run(order):
                waiting.append(bar.config)
    if len(waiting) < 2:
        return order
    from covgate.measure.side_by_side import measure_side_by_side

    ran = measure_side_by_side(session.measurer, commit, waiting, min(order.jobs, len(waiting)))
    alone = {name: each for name, each in ran.items() if not isinstance(each.result, NeedsCheckout)}
    return order._replace(ran=alone)


def chosen(config: Config, names: Collection[str]) -> tuple[Config, ...]:
    """The configurations of the components ``names``, all of them if it is empty.

    Raises UsageError if there is no such component.
    """
    known = [each.component for each in config.parts]
    unknown = [name for name in names if name not in known]
    if unknown:
        raise UsageError(
            f"there is no component {unknown[0]!r} here", hint=f"components of this commit: {', '.join(known)}"
        )
    return tuple(each for each in config.parts if not names or each.component in names)


def changed_components(session: Session, commit: str, bars: Sequence[Bar]) -> list[str]:
    """Notices about the components that ``commit`` has and its base doesn't, and the other way round."""
    base = bars[0].base
    if not base or base == commit:
        return []
    try:
        before, now = session.config_at(base), session.config_at(commit)
    except ConfigurationError:
        return []
    if not (before.components or now.components):
        return []
    was = {each.component for each in before.parts}
    names = {each.component for each in now.parts}
    # Without a configuration, covgate was not in use.
    new = [name for name in names if name not in was and before.configured]
    notices = []
    if new:
        notices.append(f"new components, without a baseline yet: {_some(sorted(new))}")
    gone = sorted(was - names)
    if gone == [DEFAULT_COMPONENT] and not before.components:
        notices += _about_the_whole(session, base)
    elif gone:
        notices.append(f"removed components, whose baselines no longer apply: {_some(gone)}")
        notices += _about_renamed(session, base, [each for each in before.parts if each.component in gone], now)
    return notices


def _about_renamed(session: Session, base: str, gone: Sequence[Config], now: Config) -> list[str]:
    """What becomes of the baselines of the ``gone`` components whose files another one measures ``now``."""
    names = {(each.directory, each.source): each.component for each in now.parts}
    notices = []
    for old in gone:
        new = names.get((old.directory, old.source))
        baseline = session.notes.baseline([base], old.component).baseline if new else None
        if baseline is not None:
            shown, exact = format_percent(baseline.percent), format_reached(baseline.percent)
            notices.append(
                f"{new} measures what {old.component} measured, without the baseline of {shown}% (to carry it over:"
                f' covgate baseline set {exact} --component {new} --reason "carried over from {old.component}")'
            )
    return notices[:_NAMED]


def _about_the_whole(session: Session, base: str) -> list[str]:
    """What becomes of the baseline of a repository that begins to use components."""
    baseline = session.notes.baseline([base]).baseline
    if baseline is None:
        return []
    shown, exact = format_percent(baseline.percent), format_reached(baseline.percent)
    return [
        f"this push begins to use components: the baseline of {shown}% stays that of {DEFAULT_COMPONENT}, and"
        f" applies to none of them (to carry it over: covgate baseline set {exact} --component NAME"
        ' --reason "carried over")'
    ]


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:_NAMED]) + (f" and {len(names) - _NAMED} more" if len(names) > _NAMED else "")
