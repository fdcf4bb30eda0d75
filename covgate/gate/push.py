"""The two stories of covgate, readable from top to bottom: a push is judged, a merge ratchets.

What a story needs is imported where it needs it: a push that has nothing to measure pays for nothing else.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from covgate.config import Config
from covgate.errors import ToolError, UsageError
from covgate.gate.bar import Bar, bar_of, base_of_push, replaced_tip
from covgate.gate.context import Session
from covgate.model.ref_update import RefUpdate, matches, why_not_gated
from covgate.notes.ref import FILES_REF, NOTES_REF

if TYPE_CHECKING:
    from covgate.gate.judge import Outcome
    from covgate.model.baseline import Baseline
    from covgate.model.measurement import Measurement


_NOT_FETCHED = "judged by the notes that are here"
_NOT_PUBLISHED = "they stay here, and go with the next push of somebody who may write there"


@dataclass(frozen=True, slots=True)
class _Gated:
    """An update that is judged, by ``bar`` and the records that ``tip``, which it replaces, leads to, too."""

    update: RefUpdate
    bar: Bar
    tip: str


def gate_push(session: Session, updates: Sequence[RefUpdate], remote: str) -> list[Outcome]:
    """Judge every update of a push to ``remote``; publish the notes where all may pass."""
    repository = session.repository
    skipped: list[tuple[RefUpdate, str]] = []
    gated: list[_Gated] = []
    for update in updates:
        # Only what may be gated is worth a configuration: a tag or a deletion is waved through as it is.
        why_not = why_not_gated(update, ["*"])
        commit = repository.commit(update.local_oid)
        if not why_not and not commit:
            why_not = f"{update.local_ref} is no commit"
        if not why_not:
            update = replace(update, local_oid=commit)
            bar = bar_of(session, commit, base_of_push(repository, update, remote), remote, update.branch)
            why_not = why_not_gated(update, bar.config.branches) if bar.config.enabled else "disabled"
        if why_not:
            skipped.append((update, why_not))
        else:
            gated.append(_Gated(update, bar, replaced_tip(repository, update, remote)))
    syncing = bool(remote) and bool(gated) and all(each.bar.config.sync for each in gated)
    with _fetching(session, remote if syncing else ""):
        # While the notes travel, all is imported and looked up that needs none.
        from covgate.gate.catch_up import behind, catch_up, remember
        from covgate.gate.judge import Order, Outcome, judge_commit
        from covgate.model.verdict import not_applicable

        known = [_remembered(session, each.update.local_oid, each.bar.config) for each in gated]
        ratchets = [is_ratchet_branch(session, each.bar.config, each.update.branch, remote) for each in gated]
        late = behind(repository, gated[0].bar.config, remote) if gated else {}
    if syncing:
        lines = [[each.update.local_oid, each.tip] for each in gated]
        _deepen(session, remote, *lines, *([tip] for tip in late.values()))
    own = {each.update.local_oid for each, moves in zip(gated, ratchets, strict=True) if moves}
    catch_up(session, late, remote, leave=own)
    outcomes = [
        Outcome(verdict=not_applicable(why_not), commit=update.local_oid, branch=update.branch)
        for update, why_not in skipped
    ]
    for each, measurement, moves in zip(gated, known, ratchets, strict=True):
        session.notices += each.bar.said
        order = Order(ratchets=moves, known=measurement)
        outcome = judge_commit(session, each.update.local_oid, each.bar, [each.tip], order)
        outcomes.append(replace(outcome, branch=each.update.branch, on_block=each.bar.config.on_block))
    remember(repository, late)
    # A push that itself brings the notes would find its ref moved by us.
    publishing = syncing and all(update.remote_ref not in (NOTES_REF, FILES_REF) for update in updates)
    if publishing and not any(outcome.stops for outcome in outcomes):
        _publish(session, remote)
    return outcomes


def ratchet_merge(session: Session, *, rewritten: bool = False) -> Outcome:
    """After a merge: raise the baseline at HEAD, where a ratchet branch is checked out, and where no hook did.

    ``rewritten``: commits were amended or rebased. They are not published yet, and their push measures them: no
    test is run for them here, unless they came with a pull.
    """
    from covgate.gate.catch_up import behind, catch_up, remember
    from covgate.gate.judge import Outcome
    from covgate.model.verdict import not_applicable

    repository = session.repository
    head = repository.commit("HEAD")
    branch = repository.current_branch()
    if not head:
        return Outcome(verdict=not_applicable("nothing is committed yet"))
    config = session.config_at(head)
    remote = repository.default_remote(branch)
    if not config.enabled:
        return Outcome(verdict=not_applicable("disabled"), commit=head, branch=branch)
    late = behind(repository, config, remote)
    ratchets = bool(branch) and is_ratchet_branch(session, config, branch, remote)
    if late or ratchets:
        synchronised(session, config, remote, head, *late.values())
    catch_up(session, late, remote, leave=(head,) if ratchets and not rewritten else ())
    if ratchets:
        outcome = _raise(session, head, config, remote, may_measure=not rewritten)
    else:
        why_not = f"{branch} is no ratchet branch" if branch else "no branch is checked out"
        outcome = Outcome(verdict=not_applicable(why_not), commit=head)
    remember(repository, late)
    if (late or ratchets) and remote and config.sync and outcome.error is None:
        _publish(session, remote)
    return replace(outcome, branch=branch)


def ratchet_commit(session: Session, commit: str, config: Config, remote: str) -> Outcome:
    """Raise the baseline at ``commit`` to what it measures, with the newest notes of ``remote``."""
    synchronised(session, config, remote, commit)
    outcome = _raise(session, commit, config, remote)
    if remote and config.sync and outcome.error is None:
        _publish(session, remote)
    return outcome


def _raise(session: Session, commit: str, config: Config, remote: str, *, may_measure: bool = True) -> Outcome:
    from covgate.gate.judge import Order, judge_commit

    order = Order(ratchets=True, may_measure=may_measure, believes_record=True)
    return judge_commit(session, commit, Bar(config=config, remote=remote), [], order)


def set_baseline(session: Session, commit: str, value: str, reason: str, remote: str) -> Baseline:
    """Open a new epoch at ``value`` percent on ``commit``, for ``reason``; published where there is a remote."""
    from covgate.model.baseline import override
    from covgate.model.numbers import format_percent
    from covgate.model.policy import exact_percent, parse_decimal
    from covgate.model.record import Note, Record, join_notes
    from covgate.notes.records import Notes

    try:
        percent = exact_percent(parse_decimal(value.strip().removesuffix("%")))
    except ValueError:
        raise UsageError(f"{value!r} is not a percentage", hint="give a number from 0 to 100, such as 84.5") from None
    reason = " ".join(reason.split())
    if not reason:
        raise UsageError("an override needs a reason", hint="covgate baseline set VALUE --reason TEXT")
    if len(reason) > 500:
        raise UsageError("the reason is longer than 500 characters", hint="shorten it")
    config = session.config_at(commit)
    synchronised(session, config, remote, commit)
    notes = Notes(session.repository)
    opened = override(notes.baseline([commit]).baseline, percent, reason)
    entry = Note(records=(Record(baseline=opened),))
    told = f"covgate: baseline set to {format_percent(percent)}% at {commit[:10]}: {reason}"
    notes.update(commit, lambda note: join_notes(note, entry), told)
    _keep_what_is_remembered(session, commit, config)
    if remote and config.sync:
        _publish(session, remote)
    return opened


def _keep_what_is_remembered(session: Session, commit: str, config: Config) -> None:
    """The lines of a commit that a baseline is set on by hand, where it was measured here: what comes is compared."""
    from covgate.gate.judge import keep_lines

    known = _remembered(session, commit, config)
    if known is not None:
        keep_lines(session, commit, known)


def is_ratchet_branch(session: Session, config: Config, branch: str, remote: str) -> bool:
    """Whether the ratchet moves on ``branch``: one of the configured, else the remote's default branch."""
    if config.ratchet_branches is not None:
        return matches(branch, config.ratchet_branches)
    return branch == session.repository.default_branch(remote)


def synchronised(session: Session, config: Config, remote: str, *commits: str) -> None:
    """Fetch the notes of ``remote``, and in a shallow clone the ancestors of ``commits`` whose records decide.

    So the newest ratchet judges; a failure is a notice.
    """
    if remote and config.sync:
        from covgate.notes.publish import fetch_notes

        with _journey(session, _NOT_FETCHED):
            fetch_notes(session.repository, remote)
        _deepen(session, remote, *([commit] for commit in commits))


@contextlib.contextmanager
def _journey(session: Session, otherwise: str) -> Iterator[None]:
    """Notes that can't travel now travel later: a warning with what happens ``otherwise``, never a failed push."""
    try:
        yield
    except ToolError as error:
        session.notices.append(f"WARNING: {error.message}; {otherwise}")


def _remembered(session: Session, commit: str, config: Config) -> Measurement | None:
    try:
        return session.remembered(commit, config)
    except ToolError:
        return None  # said when the commit itself is judged


@contextlib.contextmanager
def _fetching(session: Session, remote: str) -> Iterator[None]:
    """Fetch and join the notes of ``remote`` while the block runs; nothing for no remote."""
    if not remote:
        yield
        return
    from covgate.notes.fetch import start_fetch

    fetch = start_fetch(session.repository, remote)
    try:
        yield
    finally:
        from covgate.notes.publish import join_fetched

        with _journey(session, _NOT_FETCHED):
            join_fetched(session.repository, fetch)


def _deepen(session: Session, remote: str, *lines: Sequence[str]) -> None:
    """In a shallow clone, fetch the ancestors that decide for each of ``lines``: commits whose records join."""
    if not session.repository.shallow:
        return
    from covgate.git.remote import without_credentials
    from covgate.notes.deepen import deepen

    fetched = 0
    try:
        for line in lines:
            known = [each for each in map(session.repository.commit, line) if each]
            fetched += deepen(session.repository, remote, known)
    except ToolError as error:
        where = without_credentials(remote)
        session.notices.append(f"WARNING: the ancestors could not be fetched from {where}: {error.message}")
    if fetched:
        session.notices.append(f"this clone was shallow: {fetched} ancestors were fetched to find the baseline")


def _publish(session: Session, remote: str) -> None:
    """Bring the notes to ``remote``; who may not write there is told so, and gated all the same."""
    from covgate.notes.fetch import tracking_ref
    from covgate.notes.publish import publish

    with _journey(session, _NOT_PUBLISHED):
        session.unpublished = True
        lines = session.repository.commit(FILES_REF) != session.repository.commit(tracking_ref(remote, FILES_REF))
        publish(session.repository, remote, NOTES_REF, *([FILES_REF] if lines else []))
        session.unpublished = False
