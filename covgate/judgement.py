"""One commit: measured, judged against the records on its ancestors, and its record kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from covgate.bar import Bar
from covgate.config import Config
from covgate.errors import ConfigurationError, ToolError
from covgate.model.baseline import Baseline, ratchet, risen_here
from covgate.model.record import DEFAULT_COMPONENT, Judgement, Note, Record, join_notes, record_of
from covgate.model.results import Measurement, Numbers, Toolchain
from covgate.model.verdict import Status, Verdict, judge_both, not_applicable, tests_failed
from covgate.session import Session
from covgate.store.heal import heal
from covgate.store.notes import Notes, UnbelievableNote


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one commit: the verdict, and what it rests on.

    ``numbers`` is None where nothing was measured. ``measurement`` has the detail, where this machine knows
    it, ``before`` that of the commit it is best compared with. ``error`` tells why there is no verdict.
    ``raised`` is the baseline after a ratchet that changed it. ``ran_with`` is the interpreter of tests that failed.
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
    ran_with: str = ""
    error: ToolError | None = None
    blocks_on_error: bool = False
    raised: Baseline | None = None

    @property
    def blocked(self) -> bool:
        return self.error is None and self.verdict.status is Status.FAIL

    @property
    def stops(self) -> bool:
        """Whether this keeps a push from passing: a regression, or an error where errors block."""
        return self.blocked or (self.error is not None and self.blocks_on_error)


def judge_commit(
    session: Session,
    commit: str,
    config: Config,
    tips: Sequence[str],
    *,
    ratchets: bool,
    may_measure: bool = True,
    believes_record: bool = False,
    known: Measurement | None = None,
    measured: Callable[[], Measurement] | None = None,
    bar: Bar | None = None,
) -> Outcome:
    """Measure ``commit``, judge it against the records on its ancestors and those of ``tips``, keep the record.

    ``ratchets``: whether a pass raises the baseline here. ``believes_record``: whether the numbers in the commit's
    own note spare the run: after a merge, never at a push, which would then judge itself. ``known``: the
    remembered measurement, where it was looked up already. ``measured``: gives the measurement instead of a
    test run. ``bar``: what a stricter base adds to ``config``. A tool error is in the outcome, not raised: it is
    for the caller to block on or to pass.
    """
    try:
        return _judge_commit(
            session, commit, config, tips, ratchets, may_measure, believes_record, known, measured, bar
        )
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
    believes_record: bool,
    known: Measurement | None,
    measured: Callable[[], Measurement] | None,
    bar: Bar | None,
) -> Outcome:
    repository, notes = session.repository, Notes(session.repository)
    tree = repository.tree(commit)
    heal(notes)
    known_tips = [each for each in (repository.commit(name) for name in (commit, *tips)) if each]
    lookup = notes.baseline(known_tips)
    if lookup.problems and session.blocks_on_error(config):
        raise ToolError(lookup.problems[0], hint="git notes --ref=coverage remove <commit> takes it away")
    session.notices += lookup.problems
    if lookup.hidden:
        session.notices.append(
            "this clone is shallow and hides ancestors: judged by every record there is"
            " (git fetch --unshallow shows them)"
        )
    if known is None and measured is None:
        known = session.remembered(commit, config)
    cached = known is not None
    result: object = known
    if measured is not None:
        result = measured()
    elif known is None and believes_record and session.use_cache:
        # What another clone measured and published for this very tree spares the run.
        judged = _recorded(notes, commit, tree)
        if judged is not None:
            result, cached = _without_detail(judged), True
    if result is None:
        if not may_measure:
            why = "its tree is not measured yet; the next push does it"
            return Outcome(verdict=not_applicable(why), commit=commit, tree=tree)
        result = session.measure(commit, config)
    baseline = lookup.baseline
    if lookup.hidden and lookup.seen and baseline and lookup.seen.percent > baseline.percent:
        baseline = lookup.seen  # an override that may be another branch's lowers nothing
    if not isinstance(result, Measurement):
        interpreter = session.interpreter(config)
        return Outcome(
            verdict=tests_failed(getattr(result, "summary", ""), config.policy, baseline),
            commit=commit,
            tree=tree,
            output=getattr(result, "output", ""),
            ran_with=f"{interpreter.path} ({interpreter.found})",
        )
    verdict = judge_both(result, baseline, config.policy, bar.base_policy if bar else None)
    if bar is not None:
        session.notices += _newly_excluded(notes, bar.base, result.numbers)
    passed = verdict.status is Status.PASS
    # What may belong to another branch judges, but is not written down as a height of this one.
    seen = lookup.seen
    stands = ratchet(seen, result.numbers) if ratchets and passed else seen
    # A push that is blocked replaces nothing: what its branch held there is no height of this commit, which may
    # well be on another branch already.
    kept = stands if passed else notes.baseline([commit]).seen
    toolchain = str(result.toolchain)
    base_commit = ""
    if not verdict.passed and baseline is not None:
        base_commit = notes.origin(known_tips, baseline)
    record = record_of(verdict, result.numbers, tree, toolchain, kept)
    try:
        # A report that was made elsewhere is judged, not believed by the next merge.
        if measured is None:
            notes.update(commit, lambda note: _with(note, record), f"covgate: {verdict.status.value} {commit[:10]}")
    except UnbelievableNote as error:
        # The verdict stands: a note that somebody spoilt must not turn it into "not measured".
        session.notices.append(f"nothing was recorded: {error.message} ({error.hint})")
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
        raised=stands if stands != seen else None,
    )


def _newly_excluded(notes: Notes, base: str, now: Numbers) -> list[str]:
    """Lines taken out of the measurement by pragmas or exclude_also are no regression, but worth a look."""
    note = notes.read(base) if base and now.excluded else None
    record = note.record() if note else None
    before = record.judgement.numbers.excluded if record and record.judgement else None
    if before is None or now.excluded <= before:
        return []
    return [
        f"{now.excluded - before} more lines are excluded from the measurement than at the base {base[:10]}"
        f" ({before} -> {now.excluded}): pragmas or exclude_also in this push"
    ]


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
    merged = Record(
        component=record.component, baseline=risen_here(known.baseline, record.baseline), judgement=new or old
    )
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
    from covgate.measure.cache import Cache

    repository = session.repository
    cache = Cache(repository.state_dir)
    for name in (commits[0], f"{commits[-1]}^"):
        commit = repository.commit(name)
        found = cache.any_of(repository.tree(commit)) if commit and commit != commits[-1] else None
        if found is not None:
            return found
    return None
