"""A push: each of its updates is judged, and the notes are published if all may pass."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from covgate.errors import ToolError
from covgate.gate.bar import Bar, bar_of, base_of_push
from covgate.gate.context import Session
from covgate.gate.decisions import is_ratchet_branch
from covgate.gate.exchange import deepen, fetching, publish_in_use, syncs
from covgate.git.remote import Remote
from covgate.model.outcome import Outcome
from covgate.model.ref_update import RefUpdate, why_not_gated
from covgate.notes.ref import FILES_REF, NOTES_REF

# Late imports below: a push with nothing to judge does not load what judges.
if TYPE_CHECKING:
    from covgate.model.measurement import Measurement


@dataclass(frozen=True, slots=True, kw_only=True)
class PushReport:
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
        own = (notice for outcome in self.outcomes for notice in outcome.notices)
        return tuple(dict.fromkeys([*self.notices, *own, *self.publishing]))


@dataclass(frozen=True, slots=True, kw_only=True)
class _GatedUpdate:
    """An update to judge, against ``bar`` and the notes reachable from ``tip``, the remote tip that it replaces."""

    update: RefUpdate
    bar: Bar
    tip: str

    @property
    def commit(self) -> str:
        return self.update.local_oid


def gate_push(session: Session, updates: Sequence[RefUpdate], remote: str) -> PushReport:
    """Judge every update of a push to ``remote`` (a name or URL, "" for none), and publish the notes if all may pass.

    Raises ConfigurationError if a pushed configuration is invalid.
    """
    target = Remote(session.repository, remote)
    gated, skipped = _sort(session, updates, target)
    if not gated:
        return PushReport(outcomes=tuple(skipped))
    sync = all(syncs(each.bar.config, target) for each in gated)
    notices: list[str] = []
    with fetching(target, notices) if sync else contextlib.nullcontext():
        # Done while the notes travel: imports and look-ups that don't need them.
        from covgate.gate.catch_up import behind, catch_up, save_bookmarks
        from covgate.gate.judge import Order, judge_commit
        from covgate.gate.new_code import with_unmeasured

        orders = [Order(ratchets=_may_raise_baseline(each), known=_cached(session, each)) for each in gated]
        unseen = behind(gated[0].bar.config, target)
    if sync:
        notices += deepen(target, [*([each.commit, each.tip] for each in gated), *([tip] for tip in unseen.values())])
    own = {each.commit for each, order in zip(gated, orders, strict=True) if order.ratchets}
    notices += catch_up(session, unseen, target, skip=own)
    outcomes = list(skipped)
    for each, order in zip(gated, orders, strict=True):
        outcome = with_unmeasured(judge_commit(session, each.commit, each.bar, [each.tip], order), each.bar)
        outcomes.append(replace(outcome, branch=each.update.branch, on_block=each.bar.config.on_block))
    save_bookmarks(session.repository, unseen)
    # A push that brings the notes itself would find that we have moved its ref.
    brings_notes = any(update.remote_ref in (NOTES_REF, FILES_REF) for update in updates)
    publishing: list[str] = []
    if sync and not brings_notes and not any(outcome.blocked for outcome in outcomes):
        published = publish_in_use(session, [each.commit for each in gated], target)
        publishing = list(published.notices)
    return PushReport(outcomes=tuple(outcomes), notices=tuple(notices), publishing=tuple(publishing))


def _sort(session: Session, updates: Sequence[RefUpdate], remote: Remote) -> tuple[list[_GatedUpdate], list[Outcome]]:
    """The updates to judge, and the outcomes of the others."""
    from covgate.model.verdict import not_applicable

    gated: list[_GatedUpdate] = []
    skipped: list[Outcome] = []
    for update in updates:
        # Tags and deletions are skipped before the configuration is read.
        why_not = why_not_gated(update, ["*"])
        commit = session.repository.commit(update.local_oid)
        if not why_not and not commit:
            why_not = f"{update.local_ref} is no commit"
        if not why_not:
            update = replace(update, local_oid=commit)
            bar = bar_of(session, commit, base_of_push(remote, update), remote, update.branch)
            why_not = why_not_gated(update, bar.config.branches) if bar.config.enabled else "disabled"
        if why_not:
            skipped.append(Outcome(verdict=not_applicable(why_not), commit=update.local_oid, branch=update.branch))
        else:
            gated.append(_GatedUpdate(update=update, bar=bar, tip=remote.replaced_tip(update)))
    return gated, skipped


def _cached(session: Session, gated: _GatedUpdate) -> Measurement | None:
    try:
        return session.measurer.cached(gated.commit, gated.bar.config)
    except ToolError:
        return None  # reported when the commit itself is judged


def _may_raise_baseline(gated: _GatedUpdate) -> bool:
    """Whether a pass raises the baseline: a merge may have happened elsewhere."""
    return is_ratchet_branch(gated.bar.config, gated.update.branch, gated.bar.remote.default_branch)
