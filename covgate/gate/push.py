"""A push: each of its updates is judged, and the notes are published if all may pass."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NamedTuple

from covgate.errors import ToolError, as_notice, keeping_notices
from covgate.gate.context import Session
from covgate.gate.exchange import deepen, no_answer, publish_in_use, reaching, syncs
from covgate.gate.scope import GatedUpdate, find_rules, sort_updates, why_left_out
from covgate.gate.target import default_branch_notices, ratchet_notices
from covgate.git.remote import Remote
from covgate.model.outcome import Outcome
from covgate.model.ref_update import RefUpdate
from covgate.notes.ref import FILES_REF, NOTES_REF

# Late imports below: a push with nothing to judge does not load what judges.
if TYPE_CHECKING:
    from covgate.gate.order import Order
    from covgate.model.measurement import Measurement


class PushReport(NamedTuple):
    """What happened at a push: the outcome of each update, those that are not gated first.

    ``notices`` are about the whole push: what was fetched, and which merges were caught up with. ``publishing`` says
    what was published, or why nothing was.
    """

    outcomes: tuple[Outcome, ...]
    notices: tuple[str, ...] = ()
    publishing: tuple[str, ...] = ()

    @property
    def all_notices(self) -> tuple[str, ...]:
        """The notices in the order in which they arose, those of each outcome included; each only once."""
        own = (notice for outcome in self.outcomes for notice in outcome.all_notices)
        return tuple(dict.fromkeys([*self.notices, *own, *self.publishing]))


def gate_push(session: Session, updates: Sequence[RefUpdate], remote: str) -> PushReport:
    """Judge every update of a push to ``remote`` (a name or URL, "" for none), and publish the notes if all may pass.

    Raises ConfigurationError if a pushed configuration is invalid.
    """
    candidates, skipped = sort_updates(session, updates)
    if not candidates:
        return PushReport(outcomes=tuple(skipped))
    target = Remote(session.repository, remote, coming=tuple(each.branch for each in candidates if each.branch))
    ready = _prepare(session, candidates, target, skipped)
    skipped.sort(key=lambda outcome: not outcome.branch)  # a long list is shortened, so branches come first
    if not ready.gated:
        return PushReport(outcomes=tuple(skipped), notices=tuple(ready.notices))
    from covgate.gate.catch_up import save_bookmarks
    from covgate.model.combined import on_branch

    notices = list(ready.notices)
    with keeping_notices(notices):
        notices += _before_judging(session, ready)
    judged = []
    for each, order in zip(ready.gated, ready.orders, strict=True):
        outcome = _judge(session, each, order, notices)
        judged.append(replace(on_branch(outcome, each.update.shown), on_block=each.bar.config.on_block))
    # From here on, errors no longer change the verdicts.
    with as_notice(notices, "some facts about the baseline could not be found"):
        save_bookmarks(session.repository, ready.unseen)
        notices += _about_baselines(session, ready, judged)
    # A push that brings the notes itself would find that we have moved its ref.
    brings_notes = any(update.remote_ref in (NOTES_REF, FILES_REF) for update in updates)
    publishing: list[str] = []
    if ready.sync and not brings_notes and not any(outcome.blocked for outcome in judged):
        with as_notice(publishing, "the notes were not published"):
            publishing += publish_in_use(session, [each.commit for each in ready.gated], ready.target).notices
    return PushReport(outcomes=(*skipped, *judged), notices=tuple(notices), publishing=tuple(publishing))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ready:
    """What is judged, once the remote has answered and the notes have arrived.

    ``sync``: notes are exchanged. ``unseen``: the ratchet branches that have moved without a hook (`catch_up`).
    """

    target: Remote
    gated: Sequence[GatedUpdate] = ()
    orders: Sequence[Order] = ()
    unseen: dict[str, str] = field(default_factory=dict)
    sync: bool = False
    notices: Sequence[str] = ()


def _prepare(session: Session, candidates: Sequence[RefUpdate], target: Remote, skipped: list[Outcome]) -> _Ready:
    """Ask the remote, fetch the notes, and find the rules. Updates that the rules leave out go to ``skipped``."""
    own_rules = {update: session.config_at(update.local_oid) for update in candidates}
    sync = all(syncs(config, target) for config in own_rules.values())
    notices: list[str] = []
    with keeping_notices(notices), reaching(target, notices) as reached:
        # Fetch the notes only if the push's own rules gate something. The base may gate more, but this is rare.
        if sync and any(not why_left_out(update, config) for update, config in own_rules.items()):
            reached.fetch_notes()
        # While the remote answers and the notes are fetched: imports and look-ups that need neither.
        from covgate.gate.catch_up import behind
        from covgate.gate.order import Order
        from covgate.gate.overridden import deciding_variables

        target = reached.answered()
        gated = find_rules(session, candidates, target, skipped)
        if not gated:
            return _Ready(target=target, notices=notices)
        sync = sync and not no_answer(target)
        if sync:
            reached.fetch_notes()
        orders = [Order(ratchets=each.may_raise_baseline, known=_cached(session, each)) for each in gated]
        # If nothing may be recorded, leave these commits to a later hook.
        deciding = any(deciding_variables(session, bar.config) for bar in gated[0].bars)
        unseen = {} if deciding else behind(gated[0].bar.config, target)
    for remote in filter(None, (target, target.upstream)):
        notices += default_branch_notices(remote, gated[0].bar.config)
    notices += target.problems
    return _Ready(target=target, gated=gated, orders=orders, unseen=unseen, sync=sync, notices=notices)


def _before_judging(session: Session, ready: _Ready) -> list[str]:
    """Fetch hidden ancestors, and catch up with merges that no hook saw. Returns notices."""
    from covgate.gate.catch_up import catch_up

    notices = []
    if ready.sync:
        groups = [*([each.commit, each.tip] for each in ready.gated), *([tip] for tip in ready.unseen.values())]
        notices += deepen(ready.target, groups)
    own = {each.commit for each, order in zip(ready.gated, ready.orders, strict=True) if order.ratchets}
    return [*notices, *catch_up(session, ready.unseen, ready.target, skip=own)]


def _judge(session: Session, gated: GatedUpdate, order: Order, notices: list[str]) -> Outcome:
    """The outcome of an update: of its commit, or of the merge with its target (`preview_merge`)."""
    from covgate.gate.components import judge_components
    from covgate.gate.new_code import with_new_code

    merge, commit, bars = None, gated.commit, gated.bars
    # A push to a branch where changes land has nothing left to be merged into.
    previews = any(each.config.preview_merge for each in gated.bars)
    if previews and not (gated.bar.lands or order.ratchets):
        from covgate.gate.preview import preview_push

        merge = preview_push(session, gated, notices)
    if merge is not None:
        commit, bars, order = merge.commit, merge.bars, merge.order(order, gated.commit)
    outcome = judge_components(session, commit, bars, [gated.tip], order)
    with as_notice(notices, "new files that are not measured could not be listed"):
        outcome = with_new_code(session, outcome, bars)
    return outcome if merge is None else merge.outcome_of(gated.commit, outcome)


def _about_baselines(session: Session, ready: _Ready, judged: Sequence[Outcome]) -> list[str]:
    """Notices if there is no baseline, or if no push raises it."""
    from covgate.model.outcome import OutcomeKind

    if not any(outcome.kind is OutcomeKind.PASSED for outcome in judged):
        return []
    known = any(each.verdict.baseline or each.raised for outcome in judged for each in outcome.each)
    components = {bar.config.component for each in ready.gated for bar in each.bars}
    return ratchet_notices(
        ready.target,
        ready.gated[0].bar.config,
        [each.update.shown for each in ready.gated],
        lambda: known or bool(ready.target.not_fetched) or any(map(session.notes.has_baseline, components)),
    )


def _cached(session: Session, gated: GatedUpdate) -> dict[str, Measurement]:
    """The cached measurements of the components. An error is reported when the component itself is judged."""
    found = {}
    for bar in gated.bars:
        with contextlib.suppress(ToolError):
            known = session.measurer.cached(gated.commit, bar.config)
            if known is not None:
                found[bar.config.component] = known
    return found
