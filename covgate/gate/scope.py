"""Which updates of a push are judged, by which rules, and why the others are not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from covgate.config import Config
from covgate.errors import ToolError
from covgate.gate.bar import Bar, bars_of_push
from covgate.gate.context import Session
from covgate.gate.decisions import is_ratchet_branch
from covgate.git.remote import Remote
from covgate.model.outcome import Outcome
from covgate.model.ref_update import RefUpdate, matches, review_target, why_not_gated


class GatedUpdate(NamedTuple):
    """An update to judge, against a bar for each component, and the notes reachable from ``tip``, which it replaces."""

    update: RefUpdate
    bars: tuple[Bar, ...]
    tip: str

    @property
    def bar(self) -> Bar:
        """The bar of the first component, for what holds for all of them: branches, bases and switches."""
        return self.bars[0]

    @property
    def commit(self) -> str:
        return self.update.local_oid

    @property
    def may_raise_baseline(self) -> bool:
        """Whether a pass raises the baseline: a merge may have happened elsewhere."""
        branch = self.update.branch  # "" for a commit for review, which has not landed
        return bool(branch) and is_ratchet_branch(self.bar.config, branch, self.bar.remote.default_branch)


def sort_updates(session: Session, updates: Sequence[RefUpdate]) -> tuple[list[RefUpdate], list[Outcome]]:
    """The updates to judge unless the configuration leaves them out, and the outcomes of those never judged."""
    from covgate.model.verdict import not_applicable

    candidates: list[RefUpdate] = []
    skipped: list[Outcome] = []
    switched_off = session.switched_off
    for update in updates:
        # Tags and deletions are skipped before the configuration is read.
        why_not = why_not_gated(update, ["*"])
        commit = "" if why_not else session.repository.commit(update.local_oid)
        if not why_not and not commit:
            why_not = _no_commit(session, update)
        if not why_not and switched_off:
            why_not = f"disabled by {switched_off}"
        if why_not:
            skipped.append(Outcome(verdict=not_applicable(why_not), commit=update.local_oid, branch=update.branch))
        else:
            candidates.append(replace(update, local_oid=commit))
    return candidates, skipped


def _no_commit(session: Session, update: RefUpdate) -> str:
    """Why an update to something other than a commit is not gated. Raises ToolError if its object is not here."""
    found = session.repository.object(update.local_oid)
    if found is None:
        raise ToolError(
            f"{update.local_ref} leads to {update.local_oid[:10]}, which is not here",
            hint="git fsck shows what is lost",
        )
    return f"{update.local_ref} is no commit, but a {found.kind}"


def why_left_out(update: RefUpdate, config: Config) -> str:
    """Why ``config`` leaves ``update`` out; "" if it gates it."""
    return why_not_gated(update, config.branches) if config.enabled else "disabled: enabled = false"


def matches_nothing(remote: Remote, globs: Sequence[str]) -> bool:
    """Whether the remote has branches, and none of them matches one of ``globs``."""
    heads = remote.answer.heads if remote.answer else {}
    return bool(heads) and not any(matches(each, globs) for each in heads)


def find_rules(
    session: Session, candidates: Sequence[RefUpdate], remote: Remote, skipped: list[Outcome]
) -> list[GatedUpdate]:
    """The updates to judge, with their rules. The outcomes of those that the rules leave out go to ``skipped``."""
    from covgate.model.verdict import not_applicable

    gated: list[GatedUpdate] = []
    for update in candidates:
        if not update.branch:
            heads = remote.answer.heads if remote.answer else ()
            update = replace(update, target=review_target(update.remote_ref, heads, remote.default_branch()))
        bars = bars_of_push(session, remote, update)
        bar = bars[0]
        why_not = why_left_out(update, bar.config)
        if why_not and bar.config.enabled and matches_nothing(remote, bar.config.branches):
            why_not += f", which matches no branch of {remote.shown}: no push is gated"
        if why_not:
            outcome = Outcome(verdict=not_applicable(why_not), commit=update.local_oid, branch=update.shown)
            skipped.append(outcome)
        else:
            gated.append(GatedUpdate(update=update, bars=bars, tip=remote.replaced_tip(update)))
    return gated
