"""One commit: find its baseline, measure it, judge it, and record the verdict."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from covgate.errors import ConfigurationError, ToolError
from covgate.gate.bar import Bar
from covgate.gate.context import Session
from covgate.gate.decisions import baseline_to_reach, may_raise, newly_excluded, reaches, runs_again
from covgate.gate.evidence import Evidence, Surroundings
from covgate.model.baseline import Baseline, ratchet
from covgate.model.measurement import Measurement
from covgate.model.outcome import Outcome
from covgate.model.record import DEFAULT_COMPONENT, Record, measurement_of, merge_record, record_of
from covgate.model.verdict import Status, Verdict, judge_push, not_applicable, tests_failed
from covgate.notes.records import Lookup, Notes
from covgate.notes.repair import repair_merges

if TYPE_CHECKING:
    from covgate.measure.job import TestsFailed


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
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

    A ToolError becomes part of the outcome: the caller decides whether it blocks. Raises ConfigurationError.
    """
    judging = _Judging(session, commit, bar, order)
    try:
        return judging.judge(tips)
    except ConfigurationError:
        raise
    except ToolError as error:
        return Outcome(
            verdict=not_applicable(f"not measured: {error.message}"),
            commit=commit,
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
        self.notes = Notes(session.repository)
        self.notices: list[str] = list(bar.notices)
        self.unrecorded = False

    def judge(self, tips: Sequence[str]) -> Outcome:
        """The steps, in order. Raises ToolError if the commit can't be judged."""
        self.tree = self.session.repository.tree(self.commit)
        repair_merges(self.notes)
        known_tips = tuple(filter(None, map(self.session.repository.commit, (self.commit, *tips))))
        lookup = self._find_baseline(known_tips)
        result, cached = self._find_measurement()
        if result is None:
            why_not = "its tree is not measured yet; the next push does it"
            return Outcome(
                verdict=not_applicable(why_not), commit=self.commit, tree=self.tree, notices=tuple(self.notices)
            )
        baseline = baseline_to_reach(lookup)
        if not isinstance(result, Measurement):
            return self._tests_failed(result, baseline)
        around = Surroundings(
            session=self.session,
            notes=self.notes,
            bar=self.bar,
            commit=self.commit,
            tips=known_tips,
            baseline=baseline,
            may_measure=self.order.may_measure and self.order.measured is None,
            notices=self.notices,
        )
        verdict, evidence = self._judge_measurement(around, result)
        if around.may_measure and result.files:
            verdict, evidence = self._rerun_if_flaky(verdict, evidence)
        self._report_lines(verdict, evidence)
        raised = self._record(lookup.seen, verdict, evidence.measurement)
        return self._outcome(verdict, evidence, cached=cached, raised=raised)

    def _find_baseline(self, tips: Sequence[str]) -> Lookup:
        lookup = self.notes.baseline(tips)
        if lookup.problems and self.session.blocks_on_error(self.bar.config):
            raise ToolError(lookup.problems[0], hint="git notes --ref=coverage remove <commit> takes it away")
        self.notices += lookup.problems
        if lookup.hidden:
            self.notices.append(
                "this clone is shallow and hides ancestors: judged by every record there is"
                " (git fetch --unshallow shows them)"
            )
        return lookup

    def _find_measurement(self) -> tuple[Measurement | TestsFailed | None, bool]:
        """The measurement, and whether no test ran for it; None if the tests would have to run and may not."""
        order, measurer = self.order, self.session.measurer
        if order.measured is not None:
            return order.measured(), False
        known = order.known or measurer.cached(self.commit, self.bar.config)
        if known is None and order.trusts_record and self.session.use_cache:
            known = self._recorded()
        if known is not None:
            return known, True
        if not order.may_measure:
            return None, False
        return measurer.measure(self.commit, self.bar.config, self.notices.append), False

    def _recorded(self) -> Measurement | None:
        """What another clone measured and published for this very tree."""
        note = self.notes.read(self.commit)
        record = note.record(DEFAULT_COMPONENT) if note and not note.problems else None
        judgement = record.judgement if record else None
        return measurement_of(judgement) if judgement is not None and judgement.tree == self.tree else None

    def _tests_failed(self, failed: TestsFailed, baseline: Baseline | None) -> Outcome:
        interpreter = self.session.measurer.interpreter(self.bar.config)
        return Outcome(
            verdict=tests_failed(failed.summary, self.bar.config.policy, baseline),
            commit=self.commit,
            tree=self.tree,
            base=self.bar.base,
            output=failed.output,
            ran_with=f"{interpreter.path} ({interpreter.origin})",
            notices=tuple(self.notices),
        )

    def _judge_measurement(self, around: Surroundings, measurement: Measurement) -> tuple[Verdict, Evidence]:
        evidence = Evidence(around, measurement)
        return judge_push(measurement, around.baseline, self.bar.policies, evidence), evidence

    def _rerun_if_flaky(self, verdict: Verdict, evidence: Evidence) -> tuple[Verdict, Evidence]:
        """Run the tests again while the loss may be chance: lines that differ between runs are not charged."""
        while runs_again(verdict, evidence.explanation, evidence.measurement, self.bar.config.retries):
            print("covgate: what was lost may be chance: the tests run once more", file=sys.stderr, flush=True)
            try:
                again = self.session.measurer.measure(
                    self.commit, self.bar.config, self.notices.append, earlier=evidence.measurement
                )
            except ToolError as error:
                self.notices.append(f"the tests ran once more: {error.message}; the first run is judged")
                break
            if not isinstance(again, Measurement):
                self.notices.append(f"the tests ran once more: {again.summary}; the first run is judged")
                break
            verdict, evidence = self._judge_measurement(evidence.around, again)
        return verdict, evidence

    def _report_lines(self, verdict: Verdict, evidence: Evidence) -> None:
        """Notices about unstable lines, newly excluded lines, and changed files that nothing measures."""
        measurement = evidence.measurement
        for path, lines in measurement.unstable:
            from covgate.model.lines import line_list

            self.notices.append(
                f"unstable, and not charged: {path} {line_list(lines)}:"
                f" executed in one of {measurement.runs} runs, not in all"
            )
        note = self.notes.read(self.bar.base) if self.bar.base and measurement.numbers.excluded else None
        record = note.record() if note else None
        if record and record.judgement:
            self.notices += newly_excluded(record.judgement.numbers, measurement.numbers, self.bar.base)
        if verdict.status is Status.PASS and evidence.found_patch and evidence.found_patch.unmeasured:
            self.notices.append(f"changed, but not measured: {', '.join(evidence.found_patch.unmeasured)}")

    def _record(self, seen: Baseline | None, verdict: Verdict, measurement: Measurement) -> Baseline | None:
        """Write the commit's record, and its lines if it reached the baseline. Returns a baseline that was raised."""
        if self.order.measured is not None:
            return None  # a report that was made elsewhere is judged, but the next merge must not trust it
        raises = may_raise(verdict, measurement, ratchets=self.order.ratchets)
        stands = ratchet(seen, measurement.numbers) if raises else seen
        # A blocked push replaces nothing: the baseline of the tip that it would replace is not recorded here.
        kept = stands if verdict.status is Status.PASS else self.notes.baseline([self.commit]).seen
        record = record_of(verdict, measurement.numbers, self.tree, str(measurement.toolchain), kept)
        self.unrecorded = not self._write(record)
        if self.unrecorded:
            return None
        if raises and reaches(measurement, stands):
            self.notices += keep_lines(self.session, self.commit, measurement)
        return stands if stands != seen else None

    def _write(self, record: Record) -> bool:
        """Merge ``record`` into the commit's note; False if that failed, since the verdict stands all the same."""
        status = record.judgement.status.value if record.judgement else ""
        try:
            self.notes.update(
                self.commit, lambda note: merge_record(note, record), f"covgate: {status} {self.commit[:10]}"
            )
        except ToolError as error:
            hint = f" ({error.hint})" if error.hint else ""
            self.notices.append(f"WARNING: nothing was recorded: {error.message}{hint}")
            return False
        return True

    def _outcome(self, verdict: Verdict, evidence: Evidence, *, cached: bool, raised: Baseline | None) -> Outcome:
        explained = self.order.explains or not verdict.passed
        if explained:
            evidence.patch()
            evidence.explanation()
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
            baseline_commit=evidence.around.baseline_commit if explained else "",
            patch=evidence.found_patch,
            explanation=evidence.found_explanation,
            raised=raised,
            notices=tuple(self.notices),
            unrecorded=self.unrecorded,
        )


def keep_lines(session: Session, commit: str, measurement: Measurement) -> list[str]:
    """Keep every line of a commit that reached the baseline: later pushes are compared with it. Returns notices."""
    from covgate.notes.line_notes import DetailNotes

    if measurement.files:
        try:
            DetailNotes(session.repository).add(commit, DEFAULT_COMPONENT, measurement)
        except ToolError as error:
            return [f"the lines of {commit[:10]} were not kept: {error.message}"]
    return []
