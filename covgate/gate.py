"""The two stories of covgate, readable from top to bottom: a push is judged, a merge ratchets."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from covgate.config import Config
from covgate.errors import ConfigurationError, ToolError, UsageError
from covgate.measure.cache import Cache
from covgate.model.baseline import Baseline, join, override, ratchet
from covgate.model.policy import exact_percent, parse_decimal
from covgate.model.push import RefUpdate, matches, why_not_gated
from covgate.model.record import DEFAULT_COMPONENT, Judgement, Note, Record, join_notes, record_of
from covgate.model.results import Measurement, Numbers, Toolchain, format_percent
from covgate.model.verdict import Status, Verdict, judge, not_applicable, tests_failed
from covgate.session import Session
from covgate.store.notes import Notes


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one commit: the verdict, and what it rests on.

    ``numbers`` is None where nothing was measured. ``measurement`` has the detail, where this machine knows
    it, ``before`` that of the commit it is best compared with. ``error`` tells why there is no verdict.
    ``raised`` is the baseline after a ratchet that changed it.
    """

    verdict: Verdict
    commit: str = ""
    tree: str = ""
    branch: str = ""
    numbers: Numbers | None = None
    toolchain: str = ""
    measurement: Measurement | None = None
    cached: bool = False
    baseline_commit: str = ""
    before: Measurement | None = None
    output: str = ""
    error: ToolError | None = None
    blocks_on_error: bool = False
    raised: Baseline | None = None

    @property
    def blocked(self) -> bool:
        return self.error is None and self.verdict.status is Status.FAIL


def gate_push(session: Session, updates: Sequence[RefUpdate], remote: str) -> list[Outcome]:
    """Judge every update of a push to ``remote``; publish the notes where all may pass."""
    outcomes = []
    gated: list[tuple[RefUpdate, Config]] = []
    for update in updates:
        # Only what may be gated is worth a configuration: a tag or a deletion is waved through as it is.
        why_not = why_not_gated(update, ["*"])
        commit = session.repository.commit(update.local_oid)
        if not why_not and not commit:
            why_not = f"{update.local_ref} is no commit"
        config = session.config_at(commit) if not why_not else None
        if config is not None and not config.enabled:
            why_not = "disabled"
        elif config is not None:
            why_not = why_not_gated(update, config.branches)
        if why_not or config is None:
            outcomes.append(Outcome(verdict=not_applicable(why_not), commit=commit, branch=update.branch))
        else:
            gated.append((replace(update, local_oid=commit), config))
    syncing = bool(remote) and bool(gated) and all(config.sync for _, config in gated)
    with _fetching(session, remote if syncing else ""):
        # What needs no notes is looked up while they travel.
        prepared = [
            (
                _remembered(session, update.local_oid, config),
                is_ratchet_branch(session, config, update.branch, remote),
            )
            for update, config in gated
        ]
    for (update, config), (known, ratchets) in zip(gated, prepared, strict=True):
        tips = [update.remote_oid, f"refs/remotes/{remote}/{update.branch}"]
        outcome = judge_commit(session, update.local_oid, config, tips, ratchets=ratchets, known=known)
        outcomes.append(replace(outcome, branch=update.branch))
    if syncing and not any(outcome.blocked for outcome in outcomes):
        with _journey(session):
            _publish(session, remote)
    return outcomes


def ratchet_merge(session: Session, *, may_measure: bool = True) -> Outcome:
    """After a merge: raise the baseline at HEAD, where a ratchet branch is checked out."""
    head = session.repository.commit("HEAD")
    branch = session.repository.current_branch()
    if not head or not branch:
        return Outcome(verdict=not_applicable("no branch is checked out"))
    config = session.config_at(head)
    remote = session.repository.default_remote(branch)
    if not config.enabled:
        return Outcome(verdict=not_applicable("disabled"), commit=head, branch=branch)
    if not is_ratchet_branch(session, config, branch, remote):
        return Outcome(verdict=not_applicable(f"{branch} is no ratchet branch"), commit=head, branch=branch)
    return replace(ratchet_commit(session, head, config, remote, may_measure=may_measure), branch=branch)


def ratchet_commit(session: Session, commit: str, config: Config, remote: str, *, may_measure: bool = True) -> Outcome:
    """Raise the baseline at ``commit`` to what it measures, with the newest notes of ``remote``."""
    synchronised(session, config, remote)
    outcome = judge_commit(session, commit, config, [], ratchets=True, may_measure=may_measure)
    if remote and config.sync and outcome.error is None:
        with _journey(session):
            _publish(session, remote)
    return outcome


def judge_commit(
    session: Session,
    commit: str,
    config: Config,
    tips: Sequence[str],
    *,
    ratchets: bool,
    may_measure: bool = True,
    known: Measurement | None = None,
    measured: Callable[[], Measurement] | None = None,
) -> Outcome:
    """Measure ``commit``, judge it against the records on its ancestors and those of ``tips``, keep the record.

    ``ratchets``: whether a pass raises the baseline here. ``known``: the remembered measurement, where it was
    looked up already. ``measured``: gives the measurement instead of a
    test run. A tool error is in the outcome, not raised: it is for the caller to block on or to pass.
    """
    try:
        return _judge_commit(session, commit, config, tips, ratchets, may_measure, known, measured)
    except ConfigurationError:
        raise
    except ToolError as error:
        return Outcome(
            verdict=not_applicable(f"not measured: {error.message}"),
            commit=commit,
            error=error,
            blocks_on_error=session.blocks_on_error(config),
        )


def _judge_commit(
    session: Session,
    commit: str,
    config: Config,
    tips: Sequence[str],
    ratchets: bool,
    may_measure: bool,
    known: Measurement | None,
    measured: Callable[[], Measurement] | None,
) -> Outcome:
    repository, notes = session.repository, Notes(session.repository)
    tree = repository.tree(commit)
    known_tips = [each for each in (repository.commit(name) for name in (commit, *tips)) if each]
    lookup = notes.baseline(known_tips)
    if lookup.problems and session.blocks_on_error(config):
        raise ToolError(lookup.problems[0], hint="git notes --ref=coverage remove <commit> takes it away")
    session.notices += lookup.problems
    if repository.shallow and lookup.baseline is not None:
        session.notices.append(
            "this clone is shallow: judged by every record there is (git fetch --unshallow shows the ancestors)"
        )
    if known is None and measured is None:
        known = session.remembered(commit, config)
    cached = known is not None
    result: object = known
    if measured is not None:
        result = measured()
    elif known is None and ratchets:
        # What another clone measured and published for this very tree spares the run.
        judged = _recorded(notes, commit, tree)
        if judged is not None and session.use_cache:
            result, cached = _without_detail(judged), True
    if result is None:
        if not may_measure:
            why = "its tree is not measured yet; the next push does it"
            return Outcome(verdict=not_applicable(why), commit=commit, tree=tree)
        result = session.measure(commit, config)
    baseline = lookup.baseline
    if not isinstance(result, Measurement):
        return Outcome(
            verdict=tests_failed(getattr(result, "summary", ""), config.policy, baseline),
            commit=commit,
            tree=tree,
            output=getattr(result, "output", ""),
        )
    verdict = judge(result, baseline, config.policy)
    stands = ratchet(baseline, result.numbers) if ratchets and verdict.status is Status.PASS else baseline
    toolchain = str(result.toolchain)
    base_commit = ""
    if not verdict.passed and baseline is not None:
        base_commit = notes.origin(known_tips, baseline)
    record = record_of(verdict, result.numbers, tree, toolchain, stands)
    notes.update(commit, lambda note: _with(note, record), f"covgate: {verdict.status.value} {commit[:10]}")
    return Outcome(
        verdict=verdict,
        commit=commit,
        tree=tree,
        numbers=result.numbers,
        toolchain=toolchain,
        measurement=result if result.files else None,
        cached=cached,
        baseline_commit=base_commit,
        before=None if verdict.passed else _measured_before(session, base_commit, commit),
        raised=stands if stands != baseline else None,
    )


def set_baseline(session: Session, commit: str, value: str, reason: str, remote: str) -> Baseline:
    """Open a new epoch at ``value`` percent on ``commit``, for ``reason``; published where there is a remote."""
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
    synchronised(session, config, remote)
    notes = Notes(session.repository)
    opened = override(notes.baseline([commit]).baseline, percent, reason)
    entry = Note(records=(Record(baseline=opened),))
    told = f"covgate: baseline set to {format_percent(percent)}% at {commit[:10]}: {reason}"
    notes.update(commit, lambda note: join_notes(note, entry), told)
    if remote and config.sync:
        with _journey(session):
            _publish(session, remote)
    return opened


def is_ratchet_branch(session: Session, config: Config, branch: str, remote: str) -> bool:
    """Whether the ratchet moves on ``branch``: one of the configured, else the remote's default branch."""
    if config.ratchet_branches is not None:
        return matches(branch, config.ratchet_branches)
    return branch == session.repository.default_branch(remote)


def _with(note: Note, record: Record) -> Note:
    """``note`` with ``record`` in it: baselines join, the newest judgement stays.

    The same numbers that passed again change nothing: what they were first judged by stays readable, and a
    ratchet that runs twice writes the same bytes.
    """
    known = note.record(record.component)
    if known is None:
        return join_notes(note, Note(records=(record,)))
    old, new = known.judgement, record.judgement
    if old is not None and new is not None and _alike(old, new):
        new = old
    merged = Record(component=record.component, baseline=join(known.baseline, record.baseline), judgement=new or old)
    others = tuple(each for each in note.records if each.component != record.component)
    return Note(records=(*others, merged))


def _alike(old: Judgement, new: Judgement) -> bool:
    return (old.status, old.numbers, old.tree, old.policy, old.floor, old.epsilon) == (
        new.status,
        new.numbers,
        new.tree,
        new.policy,
        new.floor,
        new.epsilon,
    )


def _recorded(notes: Notes, commit: str, tree: str) -> Judgement | None:
    note = notes.read(commit)
    record = note.record(DEFAULT_COMPONENT) if note and not note.problems else None
    judged = record.judgement if record else None
    return judged if judged is not None and judged.tree == tree else None


def _without_detail(judged: Judgement) -> Measurement:
    python, _, coverage = judged.toolchain.partition(", coverage ")
    return Measurement(tree=judged.tree, numbers=judged.numbers, toolchain=Toolchain(python=python, coverage=coverage))


def _measured_before(session: Session, *commits: str) -> Measurement | None:
    """The remembered measurement of the first of ``commits``, for the explanation; the last one's parent else."""
    repository = session.repository
    cache = Cache(repository.state_dir)
    for name in (commits[0], f"{commits[-1]}^"):
        commit = repository.commit(name)
        found = cache.any_of(repository.tree(commit)) if commit and commit != commits[-1] else None
        if found is not None:
            return found
    return None


def synchronised(session: Session, config: Config, remote: str) -> None:
    """Fetch the notes of ``remote``, so that the newest ratchet judges; a failure is a notice."""
    if remote and config.sync:
        with _journey(session):
            _fetch(session, remote)


@contextlib.contextmanager
def _journey(session: Session) -> Iterator[None]:
    """Notes that can't travel now travel later: a warning, never a failed push."""
    try:
        yield
    except ToolError as error:
        session.notices.append(f"WARNING: {error.message}; the gate goes by the notes that are here")


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
    from covgate.store.sync import join_fetched, start_fetch

    fetch = start_fetch(session.repository, remote)
    try:
        yield
    finally:
        with _journey(session):
            join_fetched(session.repository, fetch)


def _fetch(session: Session, remote: str) -> None:
    from covgate.store.sync import fetch_notes

    fetch_notes(session.repository, remote)


def _publish(session: Session, remote: str) -> None:
    from covgate.store.sync import publish

    publish(session.repository, remote)
