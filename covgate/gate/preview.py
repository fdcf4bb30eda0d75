"""The merge of a commit with its target, which is measured instead of the commit if the target has moved.

The commit of the merge exists only for covgate, and no note is written for it (docs/adr/0016). It is judged like a
commit that somebody made by merging the target: by the records on the ancestors of both, and by the lines that neither
the target nor an earlier push has.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import NamedTuple

from covgate.config import Isolation
from covgate.errors import ConfigurationError, as_notice
from covgate.gate.bar import Bar, bars_of_push
from covgate.gate.context import Session
from covgate.gate.order import Order
from covgate.gate.scope import GatedUpdate
from covgate.git.merge_tree import merge_trees, write_merge
from covgate.git.objects import parents_in
from covgate.git.remote import Remote
from covgate.git.repository import Repository
from covgate.model.merge_preview import Preview
from covgate.model.outcome import Outcome
from covgate.model.ref_update import RefUpdate


class Target(NamedTuple):
    """Where a commit is going to be merged: a branch and its present tip."""

    branch: str
    tip: str

    @property
    def shown(self) -> str:
        return f"{self.branch} at {self.tip[:10]}"


class Merge(NamedTuple):
    """The merge to judge instead of a commit: its ``commit``, a bar for each component, and what it is.

    ``is_real``: somebody else made it, and it is itself the commit that is to be judged.
    """

    commit: str
    bars: tuple[Bar, ...]
    preview: Preview
    is_real: bool = False

    def order(self, order: Order, commit: str) -> Order:
        """``order`` for the merge of ``commit``. Nothing is recorded on a commit that exists only for covgate."""
        return order if self.is_real else order._replace(known={}, records=False, excused_by=commit)

    def outcome_of(self, commit: str, outcome: Outcome) -> Outcome:
        """``outcome`` of the merge as that of ``commit``."""
        parts = tuple(replace(each, commit=commit, preview=self.preview) for each in outcome.parts)
        found = replace(outcome, commit=commit, preview=self.preview, parts=parts)
        if self.is_real:
            return found
        target = Target(self.preview.target, self.preview.commit)
        notice = f"{commit[:10]} is judged by its merge with {target.shown}, so nothing is recorded on it"
        return replace(found, notices=(*found.notices, notice))


def preview_push(session: Session, gated: GatedUpdate, notices: list[str]) -> Merge | None:
    """The merge to judge instead of the commit of ``gated``; None if the commit itself is judged.

    If it can't be merged with its target, ``notices`` gets the reason. Raises ConfigurationError if the merge's
    configuration is invalid.
    """
    update, remote = gated.update, gated.bar.remote
    target = _target_of(remote, update)
    return find_merge(
        session,
        gated.commit,
        target,
        lambda merge: bars_of_push(session, remote, replace(update, local_oid=merge)),
        notices,
    )


def _target_of(remote: Remote, update: RefUpdate) -> Target:
    """The branch that a commit for review names, else the default branch where changes land."""
    if update.target and update.target != remote.default_branch():
        return Target(update.target, remote.branch_tip(update.target))
    return default_target(remote)


def default_target(remote: Remote) -> Target:
    """The default branch where changes land."""
    return Target(remote.landing.default_branch(), remote.default_tip())


def find_merge(
    session: Session,
    commit: str,
    target: Target,
    bars_of_merge: Callable[[str], Sequence[Bar]],
    notices: list[str],
    *,
    never: str = "",
) -> Merge | None:
    """The merge of ``commit`` with ``target``; None if one of them contains the other, or if they can't be merged.

    ``bars_of_merge`` gives the bars of the merge's commit. ``never``: why a merge can't be measured at all. For
    ``notices`` and what it raises, see `preview_push`.
    """
    if not target.tip:
        notices.append(
            f"{commit[:10]} is measured by itself: no commit of the branch that it will be merged into is known"
        )
        return None
    written = _Written()
    with as_notice(notices, f"{commit[:10]} is measured without {target.shown}: they could not be merged"):
        written = _write(session.repository, commit, target, never)
    merge, why_not = written.merge, written.why_not
    bars = tuple(_valid_bars(merge, target, bars_of_merge)) if merge else ()
    if merge and not (bars and bars[0].config.enabled):
        why_not = "the configuration of their merge switches the gate off for it"
    elif merge and bars[0].config.isolation is Isolation.IN_PLACE:
        why_not = 'isolation = "in-place" measures only what is checked out'
    if why_not:
        notices.append(f"{commit[:10]} is measured without {target.shown}: {why_not}")
    if not merge or why_not:
        return None
    return Merge(commit=merge, bars=bars, preview=Preview(target=target.branch, commit=target.tip, tree=written.tree))


class _Written(NamedTuple):
    """The merge's commit and its tree, or ``why_not``; all are empty if there is nothing to merge."""

    merge: str = ""
    tree: str = ""
    why_not: str = ""


def _write(repository: Repository, commit: str, target: Target, never: str) -> _Written:
    parted = repository.merge_base(commit, target.tip)
    if parted in (commit, target.tip):
        return _Written()
    if not parted:
        hidden = "this clone is shallow and hides where they parted (git fetch --unshallow shows it)"
        return _Written(why_not=hidden if repository.shallow else "they have no history in common")
    if never:
        return _Written(why_not=never)
    tree, why_not = merge_trees(repository, target.tip, commit)
    if why_not:
        return _Written(why_not=why_not)
    return _Written(merge=write_merge(repository, tree, target.tip, commit), tree=tree)


def _valid_bars(merge: str, target: Target, bars_of_merge: Callable[[str], Sequence[Bar]]) -> Sequence[Bar]:
    try:
        return bars_of_merge(merge)
    except ConfigurationError as error:
        problems = [f"merged with {target.shown}: {each}" for each in error.problems]
        raise ConfigurationError(problems, hint=f"git merge {target.tip[:10]} brings it here; then fix it") from None


def merged_by_service(session: Session, commit: str, target: Target, bars: Sequence[Bar]) -> Merge | None:
    """The merge that ``commit`` is, if it looks like one that a CI service made; ``bars`` are its own.

    Its first parent is the present tip of the target, or a former one, and the target doesn't have the merge.
    """
    repository = session.repository
    found = repository.object(commit)
    parents = parents_in(found) if found is not None else []
    if len(parents) != 2 or not target.tip or repository.merge_base(commit, target.tip) == commit:
        return None
    first = parents[0]
    if first != target.tip and not (repository.commit(first) and repository.is_ancestor(first, target.tip)):
        return None
    preview = Preview(target=target.branch, commit=first, tree=repository.tree(commit))
    return Merge(commit=commit, bars=tuple(bars), preview=preview, is_real=True)
