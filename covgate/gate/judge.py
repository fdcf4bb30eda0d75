"""One commit: find its baseline, measure it, judge it, and record the verdict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from covgate.errors import (
    ConfigurationError,
    Interrupted,
    NothingMeasured,
    ToolError,
    UsageError,
    as_notice,
    unexpected,
)
from covgate.gate.bar import Bar
from covgate.gate.context import Session
from covgate.gate.decisions import baseline_to_reach, may_raise, measured_nothing, unstable_lines
from covgate.gate.evidence import Evidence
from covgate.gate.known_baseline import find_baseline, repair_notes
from covgate.gate.obtain import Obtained, Source, aside_notices, unmatched_paths, with_unmentioned
from covgate.gate.order import Order
from covgate.gate.overridden import circumstances, deciding_variables, override_notices
from covgate.gate.recording import Recorded, Recorder
from covgate.gate.surroundings import Surroundings
from covgate.model.baseline import Baseline
from covgate.model.measurement import Measurement
from covgate.model.outcome import Outcome
from covgate.model.verdict import Rule, Verdict, judge_push, not_applicable, tests_failed, without_bootstrap

if TYPE_CHECKING:
    from covgate.measure.job import TestsFailed
    from covgate.model.changed_tests import ChangedTest


def judge_commit(
    session: Session, commit: str, bar: Bar, tips: Sequence[str], order: Order, recorder: Recorder | None = None
) -> Outcome:
    """Measure ``commit``, judge it against ``bar`` and the records on its ancestors and those of ``tips``, record it.

    ``recorder`` collects what is to be recorded; without one, it is written at once. An error becomes part of the
    outcome: the caller decides whether it blocks. Raises ConfigurationError, Interrupted.
    """
    judging = _Judging(session, commit, bar, order, recorder)
    try:
        return judging.judge(tips)
    except (ConfigurationError, UsageError, Interrupted):
        raise
    except Exception as unknown:
        error = unknown if isinstance(unknown, ToolError) else unexpected(unknown)
        return replace(
            judging.not_judged(f"not measured: {error.message}"),
            error=error.message,
            hint=error.hint,
            output=error.output,
            blocks=session.blocks_on_error(bar.config),
        )


class _Judging:
    """The judgement of one commit, step by step; ``notices`` collects what the user should know."""

    def __init__(self, session: Session, commit: str, bar: Bar, order: Order, recorder: Recorder | None) -> None:
        self.session = session
        self.commit = commit
        self.bar = bar
        self.order = order
        self.tree = ""
        self.unknown_baseline = False
        self.notes = session.notes
        self.recorder = recorder or Recorder(session=session, commit=commit, at_once=True)
        runs_tests = order.measured is None
        self.overridden = deciding_variables(session, bar.config, runs_tests=runs_tests)
        around = circumstances(session, bar.config, runs_tests=runs_tests)
        self.notices: list[str] = [*override_notices(self.overridden, bar.config, around), *bar.notices]

    def judge(self, tips: Sequence[str]) -> Outcome:
        """The steps, in order. Raises ToolError if the commit can't be judged."""
        self.tree = self.session.measurer.tree(self.commit, self.bar.config)
        self.notices += unmatched_paths(self.session, self.commit, self.bar.config)
        repair_notes(self.session, self.notes, self.bar, self.notices)
        known = find_baseline(self.session, self.notes, self.commit, tips, self.bar)
        if known.unrelated:
            self.notices = [each for each in self.notices if each not in self.bar.notices]
            return self.not_judged(known.unrelated)
        self.notices += known.notices
        self.unknown_baseline = known.unknown
        baseline = baseline_to_reach(known.lookup)
        # What has been merged is published, or will be by somebody who has the right to.
        published = known.tips if self.order.trusts_record else (*self.bar.bases, *known.tips[1:])
        source = Source(
            session=self.session,
            notes=self.notes,
            bar=self.bar,
            commit=self.commit,
            tree=self.tree,
            published=published,
        )
        obtained = source.obtain(self.order, baseline, self.notices)
        result = obtained.result
        if result is None:
            return self.not_judged("its tree is not measured yet; the next push measures it")
        if not isinstance(result, Measurement):
            return self._tests_failed(result, baseline)
        self.notices += result.notices
        around = self._surroundings(result, baseline, known.tips, published, here=obtained.here)
        verdict, evidence = self._judge_measurement(around, result)
        earned = False
        # From here on, no error may turn a failing push into a pass.
        with as_notice(self.notices, "the baseline's commit could not be compared"):
            verdict, evidence, earned = self._compare_like_with_like(verdict, evidence)
        with as_notice(self.notices, "the tests could not run again"):
            if around.may_measure and result.files and not verdict.passed:
                from covgate.gate.flaky import rerun_if_flaky  # late: most pushes pass

                verdict, evidence = rerun_if_flaky(around, verdict, evidence, self._judge_measurement)
        if measured_nothing(verdict, evidence.measurement):
            raise NothingMeasured("there is no statement to measure", hint="name what is to be measured: `source`")
        with as_notice(self.notices, "some facts about this commit could not be found"):
            self.notices += unstable_lines(evidence.measurement)
        recorded = Recorded(unrecorded=True)
        with as_notice(self.notices, "nothing was recorded"):
            recorded = self._record(known.lookup.seen, verdict, evidence.measurement, obtained, earned=earned)
        return self._outcome(verdict, evidence, recorded, obtained)

    def _surroundings(
        self,
        measured: Measurement,
        baseline: Baseline | None,
        tips: tuple[str, ...],
        published: tuple[str, ...],
        *,
        here: bool,
    ) -> Surroundings:
        return Surroundings(
            session=self.session,
            notes=self.notes,
            bar=self.bar,
            commit=self.commit,
            tips=tips,
            published=published,
            baseline=baseline,
            measured=measured,
            measured_here=here,
            may_measure=self.order.may_measure and self.order.measured is None,
            notices=self.notices,
        )

    def not_judged(self, why_not: str) -> Outcome:
        return Outcome(
            verdict=not_applicable(why_not),
            component=self.bar.config.component,
            commit=self.commit,
            tree=self.tree,
            notices=tuple(self.notices),
        )

    def _tests_failed(self, failed: TestsFailed, baseline: Baseline | None) -> Outcome:
        ran_with = ""
        if not self.bar.config.report:  # what writes it may have nothing to do with Python
            with as_notice(self.notices, "the interpreter could not be found"):
                interpreter = self.session.measurer.interpreter(self.bar.config)
                ran_with = f"{interpreter.path} ({interpreter.origin})"
                self.notices += interpreter.notices
        return Outcome(
            verdict=tests_failed(failed.summary, self.bar.config.policy, baseline),
            component=self.bar.config.component,
            commit=self.commit,
            tree=self.tree,
            base=self.bar.base,
            output=failed.output,
            ran_with=ran_with,
            notices=tuple(self.notices),
        )

    def _judge_measurement(self, around: Surroundings, measurement: Measurement) -> tuple[Verdict, Evidence]:
        evidence = Evidence(around, with_unmentioned(around, measurement))
        here = around.required_here
        verdict = judge_push(evidence.measurement, around.baseline, self.bar.policies, evidence, here=here)
        return without_bootstrap(verdict) if self.unknown_baseline else verdict, evidence

    def _compare_like_with_like(self, verdict: Verdict, evidence: Evidence) -> tuple[Verdict, Evidence, bool]:
        """The verdict under the present circumstances, and whether the baseline may rise to what was measured."""
        around, baseline = evidence.around, evidence.around.baseline
        earned = True
        above = baseline is not None and verdict.measured is not None and verdict.measured > baseline.percent
        if not verdict.passed or (self.order.ratchets and above):
            # Late: most pushes neither fail nor raise anything.
            from covgate.gate.like_with_like import compare_before_a_block, compare_before_a_rise

            if verdict.passed:
                earned = compare_before_a_rise(around, evidence)
            else:
                compare_before_a_block(around, verdict, evidence)
        if around.here is not None:
            verdict, evidence = self._judge_measurement(around, around.measured)
        return verdict, evidence, earned

    def _record(
        self, seen: Baseline | None, verdict: Verdict, measurement: Measurement, obtained: Obtained, *, earned: bool
    ) -> Recorded:
        # A report made elsewhere is judged, but the next merge must not reuse it.
        if self.order.measured is not None or not self.order.records:
            return Recorded()
        if self.overridden:
            return Recorded(unrecorded=True)
        earned = earned and not self.unknown_baseline
        raises = earned and may_raise(verdict, measurement, ratchets=self.order.ratchets)
        carried = obtained.carried.judgement if obtained.carried and verdict.passed else None
        return self.recorder.add(self.bar.config.component, verdict, measurement, seen, raises=raises, carried=carried)

    def _excused(self, verdict: Verdict) -> Verdict:
        """``verdict``, as a pass if somebody has excused this commit. The record keeps what the rules say."""
        if verdict.passed:
            return verdict
        from covgate.gate.excusing import excused_by_record

        with as_notice(self.notices, "it is unknown whether this commit is excused"):
            commit = self.order.excused_by or self.commit
            return excused_by_record(self.session, commit, self.bar.config, verdict)
        return verdict

    def _outcome(self, verdict: Verdict, evidence: Evidence, recorded: Recorded, obtained: Obtained) -> Outcome:
        baseline_commit, held = "", False
        changed_tests: tuple[ChangedTest, ...] = ()
        if self.order.explains or not verdict.passed:
            evidence.patch()
            evidence.explanation()
            with as_notice(self.notices, "the baseline's commit could not be found"):
                baseline_commit = evidence.around.baseline_commit.oid
                held = evidence.around.baseline_commit.stands_in
            with as_notice(self.notices, "where the commit was measured is not known"):
                if not (verdict.passed or obtained.cached) and evidence.around.measured_here:
                    self.notices += aside_notices(self.session, self.commit, self.bar.config)
            with as_notice(self.notices, "changed tests could not be listed"):
                if {Rule.BASELINE, Rule.FLOOR} & {*verdict.failed}:
                    changed_tests = evidence.changed_tests()
        measurement = evidence.measurement
        return Outcome(
            verdict=self._excused(verdict),
            component=self.bar.config.component,
            commit=self.commit,
            tree=self.tree,
            base=self.bar.base,
            numbers=measurement.numbers,
            toolchain=str(measurement.toolchain),
            measurement=measurement if measurement.files else None,
            cached=obtained.cached,
            carried_from=obtained.carried.commit if obtained.carried else "",
            baseline_commit=baseline_commit,
            baseline_held=held,
            patch=evidence.found_patch,
            explanation=evidence.found_explanation,
            changed_tests=changed_tests,
            raised=recorded.raised,
            notices=tuple(dict.fromkeys([*self.notices, *recorded.notices])),
            unrecorded=recorded.unrecorded,
        )
