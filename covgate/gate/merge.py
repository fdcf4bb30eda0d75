"""A merge: the baseline rises to what the merged commit measures, and merges that no hook saw are caught up with."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace

from covgate.config import Config
from covgate.errors import as_notice
from covgate.gate.bar import Bar
from covgate.gate.catch_up import behind, catch_up, save_bookmarks
from covgate.gate.components import chosen, judge_components
from covgate.gate.context import Session
from covgate.gate.decisions import is_ratchet_branch
from covgate.gate.exchange import Published, fetch, publish, publish_in_use, syncs
from covgate.gate.order import Order
from covgate.gate.overridden import deciding_variables
from covgate.gate.target import why_no_ratchet_branch
from covgate.git.ask import ask
from covgate.git.remote import Remote
from covgate.model.outcome import Outcome
from covgate.model.verdict import not_applicable


def ratchet_merge(session: Session, *, rewritten: bool = False) -> Outcome:
    """Raise the baseline at HEAD if a ratchet branch is checked out, and at merges that no hook saw.

    ``rewritten`` means that commits were amended or rebased. They are not published yet, and their push measures them:
    their tests are not run here, unless they came with a pull.
    """
    repository = session.repository
    head, branch = repository.commit("HEAD"), repository.current_branch()
    if not head:
        return Outcome(verdict=not_applicable("nothing is committed yet"))
    if session.switched_off:
        return Outcome(verdict=not_applicable(f"disabled by {session.switched_off}"), commit=head, branch=branch)
    config = session.config_at(head)
    if not config.enabled:
        return Outcome(verdict=not_applicable("disabled: enabled = false"), commit=head, branch=branch)
    remote = Remote(repository, repository.default_remote(branch))
    if config.ratchet_branches is None and remote.needs_asking:
        remote = ask(remote)  # rarely: the answer is kept
        remote.postpone_asking()
    # If nothing may be recorded, leave these commits to a later hook.
    unseen = {} if any(deciding_variables(session, each) for each in config.parts) else behind(config, remote)
    ratchets = bool(branch) and is_ratchet_branch(config, branch, remote.default_branch)
    before: list[str] = []
    if unseen or ratchets:
        remote, before = fetch(config, remote, [head, *unseen.values()])
        # Its default branch may be another one by now.
        ratchets = bool(branch) and is_ratchet_branch(config, branch, remote.default_branch)
    before += catch_up(session, unseen, remote, skip=(head,) if ratchets and not rewritten else ())
    if ratchets:
        outcome = _raise_baseline(session, head, config.parts, remote, may_measure=not rewritten)
    else:
        outcome = Outcome(verdict=not_applicable(why_no_ratchet_branch(remote, branch, config)), commit=head)
    save_bookmarks(repository, unseen)
    outcome = replace(outcome, branch=branch, notices=(*before, *outcome.notices))
    if not unseen and not ratchets:
        return outcome
    return _publish(outcome, config, remote, lambda: publish_in_use(session, [head], remote))


def ratchet_commit(
    session: Session, commit: str, config: Config, remote: str, components: Collection[str] = (), *, jobs: int = 1
) -> Outcome:
    """Raise the baseline at ``commit`` to what it measures, by the newest notes of ``remote`` ("" for none).

    ``components``: those to ratchet, all of them if it is empty. ``jobs``: how many are
    measured at a time. Raises UsageError if there is no such component.
    """
    parts = chosen(config, components)
    source, before = fetch(config, Remote(session.repository, remote), [commit])
    outcome = _raise_baseline(session, commit, parts, source, jobs=jobs)
    return _publish(replace(outcome, notices=(*before, *outcome.notices)), config, source, lambda: publish(source))


def _raise_baseline(
    session: Session, commit: str, parts: Sequence[Config], remote: Remote, *, may_measure: bool = True, jobs: int = 1
) -> Outcome:
    order = Order(ratchets=True, may_measure=may_measure, trusts_record=True, jobs=jobs)
    return judge_components(session, commit, [Bar(config=each, remote=remote) for each in parts], [], order)


def _publish(outcome: Outcome, config: Config, remote: Remote, push: Callable[[], Published]) -> Outcome:
    """``outcome`` after its note was published, which an error prevents."""
    if outcome.error or not syncs(config, remote):
        return outcome
    notices, unpublished = list(outcome.notices), True
    with as_notice(notices, "the notes were not published"):
        published = push()
        notices += published.notices
        unpublished = published.failed
    return replace(outcome, notices=tuple(notices), unpublished=unpublished)
