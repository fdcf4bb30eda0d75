"""One commit: measured, judged against the records on its ancestors, and its record kept."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from covgate.config import Config
from covgate.errors import (
    EXIT_BLOCKED,
    EXIT_PASSED,
    EXIT_TOOL_ERROR,
    ConfigurationError,
    CovgateError,
    Interrupted,
    ToolError,
)
from covgate.gate.bar import Bar
from covgate.gate.context import Session
from covgate.gate.evidence import Evidence
from covgate.model.baseline import Baseline, merge_baseline, ratchet
from covgate.model.measurement import Measurement, Toolchain
from covgate.model.numbers import Numbers
from covgate.model.record import DEFAULT_COMPONENT, Judgement, Note, Record, join_notes, record_of
from covgate.model.verdict import Rule, Status, Verdict, judge_both, not_applicable, tests_failed
from covgate.notes.heal import heal
from covgate.notes.records import Lookup, Notes

if TYPE_CHECKING:
    from covgate.formats.shown import Shown
    from covgate.measure.job import TestsFailed
    from covgate.model.explain import Explanation
    from covgate.model.patch import Patch

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one commit: the verdict, and what it rests on.

    ``numbers`` is None where nothing was measured. ``measurement`` has the detail, where this machine knows it;
    ``patch`` tells of the changed lines, ``story`` the way here from where the baseline was reached: both where they
    were asked for, and where the push is blocked. ``base`` is the commit whose policy holds, too, or "". ``error``
    tells why there is no verdict. ``raised`` is the baseline after a ratchet that changed it. ``ran_with`` is the
    interpreter of tests that failed. ``on_block``: the command that wants to know where this stops a push.
    """

    verdict: Verdict
    commit: str = ""
    tree: str = ""
    branch: str = ""
    base: str = ""
    numbers: Numbers | None = None
    toolchain: str = ""
    measurement: Measurement | None = None
    cached: bool = False
    baseline_commit: str = ""
    patch: Patch | None = None
    story: Explanation | None = None
    output: str = ""
    ran_with: str = ""
    error: ToolError | None = None
    blocks_on_error: bool = False
    raised: Baseline | None = None
    on_block: tuple[str, ...] | None = None

    @property
    def blocked(self) -> bool:
        return self.error is None and self.verdict.status is Status.FAIL

    @property
    def stops(self) -> bool:
        """Whether this keeps a push from passing: a regression, or an error where errors block."""
        return self.blocked or (self.error is not None and self.blocks_on_error)


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """How a commit is to be judged.

    ``ratchets``: whether a pass raises the baseline here. ``believes_record``: whether the numbers in the commit's
    own note spare the run: after a merge, never at a push, which would then judge itself. ``known``: the
    remembered measurement, where it was looked up already. ``measured``: gives the measurement instead of a
    test run. ``explains``: whether a pass is explained, too.
    """

    ratchets: bool
    may_measure: bool = True
    believes_record: bool = False
    known: Measurement | None = None
    measured: Callable[[], Measurement] | None = None
    explains: bool = False


def judge_commit(session: Session, commit: str, bar: Bar, tips: Sequence[str], order: Order) -> Outcome:
    """Measure ``commit``, judge it by ``bar`` and the records on its ancestors and those of ``tips``, keep the record.

    A tool error is in the outcome, not raised: it is for the caller to block on or to pass.
    """
    try:
        return _judge_commit(session, commit, bar, tips, order)
    except ConfigurationError:
        raise
    except ToolError as error:
        return Outcome(
            verdict=not_applicable(f"not measured: {error.message}"),
            commit=commit,
            error=error,
            blocks_on_error=session.blocks_on_error(bar.config),
        )


def _judge_commit(session: Session, commit: str, bar: Bar, tips: Sequence[str], order: Order) -> Outcome:
    repository, notes, config = session.repository, Notes(session.repository), bar.config
    tree = repository.tree(commit)
    heal(notes)
    known_tips = [each for each in (repository.commit(name) for name in (commit, *tips)) if each]
    lookup = _looked_up(session, notes, known_tips, config)
    result, cached = _result(session, notes, commit, tree, config, order)
    if result is None:
        why = "its tree is not measured yet; the next push does it"
        return Outcome(verdict=not_applicable(why), commit=commit, tree=tree)
    baseline = lookup.baseline
    if lookup.hidden and lookup.seen and baseline and lookup.seen.percent > baseline.percent:
        baseline = lookup.seen  # an override that may be another branch's lowers nothing
    if not isinstance(result, Measurement):
        interpreter = session.interpreter(config)
        return Outcome(
            verdict=tests_failed(result.summary, config.policy, baseline),
            commit=commit,
            tree=tree,
            base=bar.base,
            output=result.output,
            ran_with=f"{interpreter.path} ({interpreter.found})",
        )
    evidence = Evidence(
        session=session,
        notes=notes,
        bar=bar,
        commit=commit,
        tips=tuple(known_tips),
        baseline=baseline,
        may_measure=order.may_measure and order.measured is None,
    )
    judged = _judged(evidence, result)
    if evidence.may_measure and result.files:
        judged = _looked_at_again(evidence, judged)
    result, verdict = judged.measurement, judged.verdict
    _tell_of(session, notes, bar, result)
    passed = verdict.status is Status.PASS
    if passed and judged.patch and judged.patch.unmeasured:
        session.notices.append(f"changed, but not measured: {', '.join(judged.patch.unmeasured)}")
    # What may belong to another branch judges, but is not written down as a height of this one.
    seen = lookup.seen
    # What one of two runs did not execute is no height to hold from now on.
    rises = order.ratchets and passed and not result.unstable
    stands = ratchet(seen, result.numbers) if rises else seen
    # A push that is blocked replaces nothing: what its branch held there is no height of this commit, which may
    # well be on another branch already.
    kept = stands if passed else notes.baseline([commit]).seen
    # A report that was made elsewhere is judged, not believed by the next merge.
    record = record_of(verdict, result.numbers, tree, str(result.toolchain), kept)
    recorded = order.measured is None and _record(session, notes, commit, record)
    if recorded and rises and stands is not None and result.numbers.percent == stands.percent:
        keep_lines(session, commit, result)
    explained = order.explains or not passed
    return Outcome(
        verdict=verdict,
        commit=commit,
        tree=tree,
        base=bar.base,
        numbers=result.numbers,
        toolchain=str(result.toolchain),
        measurement=result if result.files else None,
        cached=cached,
        baseline_commit=evidence.origin if explained else "",
        patch=judged.patch or (_told(session, partial(evidence.patch, result)) if explained else None),
        story=judged.story or (_told(session, partial(evidence.story, result)) if explained else None),
        raised=stands if recorded and stands != seen else None,
    )


def _looked_up(session: Session, notes: Notes, commits: Sequence[str], config: Config) -> Lookup:
    """The baseline, and what is to be said of the notes that it was looked up in."""
    lookup = notes.baseline(commits)
    if lookup.problems and session.blocks_on_error(config):
        raise ToolError(lookup.problems[0], hint="git notes --ref=coverage remove <commit> takes it away")
    session.notices += lookup.problems
    if lookup.hidden:
        session.notices.append(
            "this clone is shallow and hides ancestors: judged by every record there is"
            " (git fetch --unshallow shows them)"
        )
    return lookup


def _result(
    session: Session, notes: Notes, commit: str, tree: str, config: Config, order: Order
) -> tuple[Measurement | TestsFailed | None, bool]:
    """The measurement, and whether no test ran for it; None where it would have to be made, and may not."""
    if order.measured is not None:
        return order.measured(), False
    known = order.known or session.remembered(commit, config)
    if known is None and order.believes_record and session.use_cache:
        # What another clone measured and published for this very tree spares the run.
        judged = _recorded(notes, commit, tree)
        known = _without_detail(judged) if judged is not None else None
    if known is not None:
        return known, True
    return (session.measure(commit, config) if order.may_measure else None), False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Judged:
    """A measurement and its verdict; ``patch`` and ``story`` where the verdict needed them."""

    measurement: Measurement
    verdict: Verdict
    patch: Patch | None = None
    story: Explanation | None = None


def _judged(evidence: Evidence, measurement: Measurement) -> _Judged:
    bar = evidence.bar
    policies = [each for each in (bar.config.policy, bar.base_policy) if each is not None]
    judge = partial(judge_both, baseline=evidence.baseline, policy=policies[0], base=bar.base_policy)
    patch = None
    if any(each.patch_floor is not None for each in policies):
        if judge(measurement).passed:
            patch = evidence.patch(measurement)
        else:  # what fails without the patch must not pass because git could not tell it
            patch = _told(evidence.session, partial(evidence.patch, measurement))
    judge = partial(judge, patch=patch)
    verdict, story = judge(measurement), None
    if Rule.BASELINE in verdict.failed:
        story = _told(evidence.session, partial(evidence.story, measurement))
        if story is not None:
            from covgate.model.explain import removal_in

            verdict = judge(measurement, removal=removal_in(story))
    return _Judged(measurement=measurement, verdict=verdict, patch=patch, story=story)


def _told(session: Session, tell: Callable[[], _T | None]) -> _T | None:
    """What ``tell`` tells of a push that has failed; where it can't, that is said, and the push still has failed."""
    try:
        return tell()
    except Interrupted:
        raise
    except Exception as error:
        said = error.message if isinstance(error, CovgateError) else f"{type(error).__name__}: {error}"
        session.notices.append(f"not everything can be explained: {said}")
        return None


def _looked_at_again(evidence: Evidence, judged: _Judged) -> _Judged:
    """Where chance may have lost what was lost, the tests run again: what two runs differ in is not charged."""
    from covgate.model.unstable import may_be_chance

    session, bar = evidence.session, evidence.bar
    while judged.measurement.runs <= bar.config.retries and may_be_chance(judged.verdict, judged.story):
        print("covgate: what was lost may be chance: the tests run once more", file=sys.stderr, flush=True)
        try:
            again = session.measure(evidence.commit, bar.config, known=judged.measurement)
        except ToolError as error:
            session.notices.append(f"the tests ran once more: {error.message}; the first run is judged")
            break
        if not isinstance(again, Measurement):
            session.notices.append(f"the tests ran once more: {again.summary}; the first run is judged")
            break
        judged = _judged(evidence, again)
    return judged


def _tell_of(session: Session, notes: Notes, bar: Bar, result: Measurement) -> None:
    for path, lines in result.unstable:
        from covgate.model.lines import line_list

        session.notices.append(
            f"unstable, and not charged: {path} {line_list(lines)}: executed in one of {result.runs} runs, not in all"
        )
    session.notices += _newly_excluded(notes, bar.base, result.numbers)


def _record(session: Session, notes: Notes, commit: str, record: Record) -> bool:
    """Write ``record`` down; whether that could be done."""
    told = f"covgate: {record.judgement.status.value if record.judgement else ''} {commit[:10]}"
    try:
        notes.update(commit, lambda note: _with(note, record), told)
    except ToolError as error:
        # The verdict stands: that it can't be written down must not turn a regression into "not measured".
        session.unrecorded = True
        hint = f" ({error.hint})" if error.hint else ""
        session.notices.append(f"WARNING: nothing was recorded: {error.message}{hint}")
        return False
    return True


def keep_lines(session: Session, commit: str, measurement: Measurement) -> None:
    """Every line of a commit that reached the baseline, for whoever is compared with it."""
    from covgate.notes.line_notes import DetailNotes

    if measurement.files:
        try:
            DetailNotes(session.repository).keep(commit, DEFAULT_COMPONENT, measurement)
        except ToolError as error:
            session.notices.append(f"the lines of {commit[:10]} were not kept: {error.message}")


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
        component=record.component, baseline=merge_baseline(known.baseline, record.baseline), judgement=new or old
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


def shown(outcome: Outcome, notices: Iterable[str] = ()) -> Shown:
    """What every format gets of ``outcome``."""
    from covgate.formats.shown import Shown

    error = outcome.error
    return Shown(
        verdict=outcome.verdict,
        commit=outcome.commit,
        tree=outcome.tree,
        branch=outcome.branch,
        numbers=outcome.numbers,
        measurement=outcome.measurement,
        base=outcome.base,
        patch=outcome.patch,
        story=outcome.story,
        baseline_commit=outcome.baseline_commit,
        output=error.output if error else outcome.output,
        ran_with=outcome.ran_with,
        raised=outcome.raised,
        cached=outcome.cached,
        error=error.message if error else "",
        hint=error.hint if error else "",
        blocks=error is not None and outcome.blocks_on_error,
        exit_code=exit_code([outcome]),
        notices=tuple(dict.fromkeys(notices)),
    )


def exit_code(outcomes: Sequence[Outcome]) -> int:
    """A regression outweighs what could not be measured, and that outweighs a pass."""
    if any(outcome.blocked for outcome in outcomes):
        return EXIT_BLOCKED
    if any(outcome.error is not None and outcome.blocks_on_error for outcome in outcomes):
        return EXIT_TOOL_ERROR
    return EXIT_PASSED
