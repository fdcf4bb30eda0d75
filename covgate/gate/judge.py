"""One commit: find its baseline, measure it, judge it, and record the verdict."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from covgate.errors import ConfigurationError, Interrupted, NothingMeasured, ToolError, UsageError, as_notice
from covgate.gate.bar import Bar
from covgate.gate.context import Session
from covgate.gate.decisions import baseline_to_reach, may_raise, measured_nothing, runs_again
from covgate.gate.evidence import Evidence
from covgate.gate.known_baseline import find_baseline, repair_notes
from covgate.gate.obtain import Source, aside_notices, with_unmentioned
from covgate.gate.overridden import circumstances, deciding_variables, override_notices
from covgate.gate.recording import Recorded, record_verdict
from covgate.gate.surroundings import Surroundings
from covgate.model.baseline import Baseline
from covgate.model.measurement import Measurement
from covgate.model.outcome import Outcome
from covgate.model.verdict import Rule, Verdict, judge_push, not_applicable, tests_failed, without_bootstrap
from covgate.notes.records import Notes
from covgate.streams import say

if TYPE_CHECKING:
    from covgate.measure.job import TestsFailed
    from covgate.model.changed_tests import ChangedTest


class Order(NamedTuple):
    """How to judge a commit.

    ``ratchets``: a pass raises the baseline here. ``may_measure``: the tests may run. ``trusts_record``: the counts in
    the commit's own note replace a run; after a merge only, since a push would judge itself. ``known`` is the cached
    measurement if it was looked up already. ``measured`` gives a measurement made elsewhere. ``explains``: find the
    patch and the explanation of a pass, too.
    """

    ratchets: bool
    may_measure: bool = True
    trusts_record: bool = False
    known: Measurement | None = None
    measured: Callable[[], Measurement] | None = None
    explains: bool = False


def judge_commit(session: Session, commit: str, bar: Bar, tips: Sequence[str], order: Order) -> Outcome:
    """Measure ``commit``, judge it against ``bar`` and the records on its ancestors and those of ``tips``, record it.

    An error becomes part of the outcome: the caller decides whether it blocks. Raises ConfigurationError, Interrupted.
    """
    judging = _Judging(session, commit, bar, order)
    try:
        return judging.judge(tips)
    except (ConfigurationError, UsageError, Interrupted):
        raise
    except Exception as unknown:
        from covgate.defect import unexpected

        error = unknown if isinstance(unknown, ToolError) else unexpected(unknown)
        return Outcome(
            verdict=not_applicable(f"not measured: {error.message}"),
            commit=commit,
            tree=judging.tree,
            error=error.message,
            hint=error.hint,
            output=error.output,
            blocks=session.blocks_on_error(bar.config),
            notices=tuple(judging.notices),
        )


class _Judging:
    """The judgement of one commit, step by step; ``notices`` collects what the user should know."""

    def __init__(self, session: Session, commit: str, bar: Bar, order: Order) -> None:
        self.session = session
        self.commit = commit
        self.bar = bar
        self.order = order
        self.tree = ""
        self.unknown_baseline = False
        self.notes = Notes(session.repository)
        runs_tests = order.measured is None
        self.overridden = deciding_variables(session, bar.config, runs_tests=runs_tests)
        around = circumstances(session, bar.config, runs_tests=runs_tests)
        self.notices: list[str] = [*override_notices(self.overridden, bar.config, around), *bar.notices]

    def judge(self, tips: Sequence[str]) -> Outcome:
        """The steps, in order. Raises ToolError if the commit can't be judged."""
        self.tree = self.session.repository.tree(self.commit)
        repair_notes(self.session, self.notes, self.bar, self.notices)
        known = find_baseline(self.session, self.notes, self.commit, tips, self.bar)
        if known.unrelated:
            self.notices = [each for each in self.notices if each not in self.bar.notices]
            return self._not_judged(known.unrelated)
        self.notices += known.notices
        self.unknown_baseline = known.unknown
        baseline = baseline_to_reach(known.lookup)
        source = Source(session=self.session, notes=self.notes, bar=self.bar, commit=self.commit, tree=self.tree)
        obtained = source.obtain(self.order, baseline, self.notices)
        result = obtained.result
        if result is None:
            return self._not_judged("its tree is not measured yet; the next push does it")
        if not isinstance(result, Measurement):
            return self._tests_failed(result, baseline)
        self.notices += result.notices
        around = Surroundings(
            session=self.session,
            notes=self.notes,
            bar=self.bar,
            commit=self.commit,
            tips=known.tips,
            # What has been merged is published, or will be by somebody who may.
            published=known.tips if self.order.trusts_record else (*self.bar.bases, *known.tips[1:]),
            baseline=baseline,
            measured=result,
            measured_here=obtained.here,
            may_measure=self.order.may_measure and self.order.measured is None,
            notices=self.notices,
        )
        verdict, evidence = self._judge_measurement(around, result)
        earned = False
        # From here on, no error may turn a failing push into a pass.
        with as_notice(self.notices, "the baseline's commit could not be compared"):
            verdict, evidence, earned = self._compare_like_with_like(verdict, evidence)
        with as_notice(self.notices, "the tests could not run again"):
            if around.may_measure and result.files:
                verdict, evidence = self._rerun_if_flaky(verdict, evidence, result)
        if measured_nothing(verdict, evidence.measurement):
            raise NothingMeasured("there is no statement to measure", hint="name what is to be measured: `source`")
        with as_notice(self.notices, "some facts about this commit could not be found"):
            self._report_lines(evidence)
        recorded = Recorded(unrecorded=True)
        with as_notice(self.notices, "nothing was recorded"):
            recorded = self._record(known.lookup.seen, verdict, evidence.measurement, earned=earned)
        return self._outcome(verdict, evidence, recorded, cached=obtained.cached)

    def _not_judged(self, why_not: str) -> Outcome:
        return Outcome(verdict=not_applicable(why_not), commit=self.commit, tree=self.tree, notices=tuple(self.notices))

    def _tests_failed(self, failed: TestsFailed, baseline: Baseline | None) -> Outcome:
        ran_with = ""
        with as_notice(self.notices, "the interpreter could not be found"):
            interpreter = self.session.measurer.interpreter(self.bar.config)
            ran_with = f"{interpreter.path} ({interpreter.origin})"
            self.notices += interpreter.notices
        return Outcome(
            verdict=tests_failed(failed.summary, self.bar.config.policy, baseline),
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

    def _rerun_if_flaky(
        self, verdict: Verdict, evidence: Evidence, measurement: Measurement
    ) -> tuple[Verdict, Evidence]:
        """Run the tests again while the loss may be chance: lines that differ between runs are not charged."""
        retries = self.bar.config.retries
        around = evidence.around
        while runs_again(verdict, evidence.explanation, evidence.measurement, retries, touches=lambda: around.touches):
            say("what was lost may be chance: the tests run once more")
            try:
                again = self.session.measurer.measure(
                    self.commit, self.bar.config, self.notices.append, earlier=measurement
                )
            except ToolError as error:
                self.notices.append(f"the tests ran once more: {error.message}; the first run is judged")
                break
            if not isinstance(again, Measurement):
                self.notices.append(f"the tests ran once more: {again.summary}; the first run is judged")
                break
            measurement = again
            verdict, evidence = self._judge_measurement(around, again)
        return verdict, evidence

    def _report_lines(self, evidence: Evidence) -> None:
        """Notices about unstable lines."""
        measurement = evidence.measurement
        for path, lines in measurement.unstable:
            from covgate.model.lines import line_list

            self.notices.append(
                f"unstable, and not charged: {path} {line_list(lines)}:"
                f" executed in one of {measurement.runs} runs, not in all"
            )

    def _record(self, seen: Baseline | None, verdict: Verdict, measurement: Measurement, *, earned: bool) -> Recorded:
        # A report made elsewhere is judged, but the next merge must not reuse it.
        if self.order.measured is not None:
            return Recorded()
        if self.overridden:
            return Recorded(unrecorded=True)
        earned = earned and not self.unknown_baseline
        raises = earned and may_raise(verdict, measurement, ratchets=self.order.ratchets)
        return record_verdict(self.notes, self.commit, verdict, measurement, seen, raises=raises)

    def _outcome(self, verdict: Verdict, evidence: Evidence, recorded: Recorded, *, cached: bool) -> Outcome:
        baseline_commit, held = "", False
        changed_tests: tuple[ChangedTest, ...] = ()
        if self.order.explains or not verdict.passed:
            evidence.patch()
            evidence.explanation()
            with as_notice(self.notices, "the baseline's commit could not be found"):
                baseline_commit = evidence.around.baseline_commit.oid
                held = evidence.around.baseline_commit.stands_in
            with as_notice(self.notices, "where the commit was measured is not known"):
                if not (verdict.passed or cached) and evidence.around.measured_here:
                    self.notices += aside_notices(self.session, self.commit, self.bar.config)
            with as_notice(self.notices, "changed tests could not be listed"):
                if {Rule.BASELINE, Rule.FLOOR} & {*verdict.failed}:
                    changed_tests = evidence.changed_tests()
        measurement = evidence.measurement
        return Outcome(
            verdict=verdict,
            commit=self.commit,
            tree=self.tree,
            base=self.bar.base,
            numbers=measurement.numbers,
            toolchain=str(measurement.toolchain),
            measurement=measurement if measurement.files else None,
            cached=cached,
            baseline_commit=baseline_commit,
            baseline_held=held,
            patch=evidence.found_patch,
            explanation=evidence.found_explanation,
            changed_tests=changed_tests,
            raised=recorded.raised,
            notices=tuple(dict.fromkeys([*self.notices, *recorded.notices])),
            unrecorded=recorded.unrecorded,
        )
