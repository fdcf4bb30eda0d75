"""Where the measurement of a commit comes from: the cache, its note, a report, or a run of its tests."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from covgate.config import Config, Isolation
from covgate.errors import NothingMeasured, ToolError
from covgate.gate.bar import Bar
from covgate.gate.context import Session
from covgate.gate.decisions import measures_itself, unmentioned
from covgate.gate.surroundings import Surroundings
from covgate.model.baseline import Baseline
from covgate.model.measurement import Measurement
from covgate.model.numbers import Numbers
from covgate.model.record import Judgement, measurement_of
from covgate.model.verdict import Rule, Status, judge
from covgate.notes.records import Notes

if TYPE_CHECKING:
    from covgate.gate.order import Order
    from covgate.measure.job import TestsFailed
    from covgate.measure.side_by_side import Ran


class Carried(NamedTuple):
    """The judgement of an older ``commit`` that still holds: nothing that decides the number has changed."""

    commit: str
    judgement: Judgement


class Obtained(NamedTuple):
    """A measurement, or how the tests failed, or None if the tests would have to run but may not.

    ``cached``: no test ran for it. ``here``: this clone measured it, with the interpreter of the push. ``carried``: the
    judgement that is carried forward.
    """

    result: Measurement | TestsFailed | None
    cached: bool = False
    here: bool = True
    carried: Carried | None = None


class Source(NamedTuple):
    """The commit that is to be measured, with its tree, and how.

    ``published``: commits whose records, and those of their ancestors, are not the pusher's own claim.
    """

    session: Session
    notes: Notes
    bar: Bar
    commit: str
    tree: str
    published: Sequence[str] = ()

    def obtain(self, order: Order, baseline: Baseline | None, notices: list[str]) -> Obtained:
        """The measurement that ``order`` asks for.

        If the tests ran and left no data, the measurement is empty; with a ``baseline``, that is a valid result. Raises
        ToolError if the commit can't be measured.
        """
        measurer, config = self.session.measurer, self.bar.config
        if order.measured is not None:
            return self._reported(order.measured(config), baseline, notices)
        if config.component in order.ran:
            return self._run(lambda: _result_of(order.ran[config.component], notices), baseline, notices)
        known = order.known.get(config.component) or measurer.cached(self.commit, config)
        carried = self._carried(baseline) if self._trusts_records else None
        if carried is not None and (known is None or known.numbers == carried.judgement.numbers):
            result = known or measurement_of(carried.judgement)
            return Obtained(result=result, cached=True, here=known is not None, carried=carried)
        if known is not None:
            return Obtained(result=known, cached=True)
        recorded = self._recorded() if order.trusts_record else None
        if recorded is not None:
            return Obtained(result=recorded, cached=True, here=False)
        if not order.may_measure:
            return Obtained(result=None)
        return self._run(lambda: measurer.measure(self.commit, config, notices.append), baseline, notices)

    def needs_run(self, order: Order) -> bool:
        """Whether the tests have to run. A record to carry forward may still turn out to be below the baseline."""
        config = self.bar.config
        if order.measured is not None or not order.may_measure:
            return False
        if config.component in order.known or self.session.measurer.cached(self.commit, config) is not None:
            return False
        if self._trusts_records and self._carried(None) is not None:
            return False
        return not (order.trusts_record and self._recorded() is not None)

    def _run(
        self, measure: Callable[[], Measurement | TestsFailed], baseline: Baseline | None, notices: list[str]
    ) -> Obtained:
        """The result of ``measure``; an empty measurement if the tests ran and left no data."""
        try:
            return Obtained(result=measure())
        except NothingMeasured as error:
            if baseline is None:
                raise
            notices.append(error.message + (f" ({error.hint})" if error.hint else ""))
            return Obtained(result=Measurement(tree=self.tree, numbers=Numbers(), complete=False))

    @property
    def _trusts_records(self) -> bool:
        session = self.session
        closed = session.blocks_on_error(self.bar.config)
        return session.use_cache and not measures_itself(session.environ, fail_closed=closed)

    def _reported(self, measured: Measurement, baseline: Baseline | None, notices: list[str]) -> Obtained:
        """What reports say about the component. If they don't mention it, it is carried forward unless it has changed.

        CI sends reports only of what it has just measured, so there is no other number for the rest.
        """
        carried = None
        if not measured.files and not self.session.blocks_on_error(self.bar.config):
            carried = self._carried(baseline)
        elif not measured.files and self.bar.config.is_part:
            notices.append(
                "no report has a file of it, and under fail_closed no record is carried forward: give its report, too,"
                " or judge only the others (--component)"
            )
        if carried is None:
            return Obtained(result=measured, here=False)
        return Obtained(result=measurement_of(carried.judgement), here=False, cached=True, carried=carried)

    def _carried(self, baseline: Baseline | None) -> Carried | None:
        """The newest published record of the component, if it is about exactly these inputs and passed.

        None if it doesn't hold the ``baseline``: then the tests decide.
        """
        config = self.bar.config
        if not config.is_part or not self.published:
            return None
        found = self.notes.newest(self.published, config.component)
        if found is None or found[1].tree != self.tree or found[1].status is not Status.PASS:
            return None
        if config.enforced_paths and not self._has_enforced_inputs(found[0]):
            return None
        verdicts = (judge(found[1].numbers, baseline, each) for each in self.bar.policies)
        return None if any(Rule.BASELINE in each.failed for each in verdicts) else Carried(*found)

    def _has_enforced_inputs(self, commit: str) -> bool:
        """Whether ``commit`` has the same files as this one by the base's `paths`, which are more than its own."""
        here, enforced = bool(self.session.repository.commit(commit)), self.session.measurer.enforced_tree
        return here and enforced(commit, self.bar.config) == enforced(self.commit, self.bar.config)

    def _recorded(self) -> Measurement | None:
        """What another clone measured and published for exactly this tree, if that may replace a run."""
        if not self._trusts_records:
            return None
        note = self.notes.read(self.commit)
        record = note.record(self.bar.config.component) if note and not note.problems else None
        judgement = record.judgement if record else None
        return measurement_of(judgement) if judgement is not None and judgement.tree == self.tree else None


def _result_of(ran: Ran, notices: list[str]) -> Measurement | TestsFailed:
    """The result of a run that has ended. Raises the error that it ended with."""
    notices += ran.notices
    if isinstance(ran.result, ToolError):
        raise ran.result
    return ran.result


def with_unmentioned(around: Surroundings, measurement: Measurement) -> Measurement:
    """``measurement`` with the files that the baseline counted and that it may have left out."""
    if measurement.complete or around.baseline is None:
        return measurement
    before = around.before
    if before is None:
        around.notices.append(
            "the files that the baseline counted are not known here, so covgate can't check whether the report has"
            " them all"
        )
        return measurement
    mentioned = {each.path for each in measurement.files}
    missing = [each for each in before.files if each.path not in mentioned]
    missing = [each for each in missing if not around.baseline_commit.omitted_since(each.path)]
    if not missing:
        return measurement
    from covgate.model.source_files import measured_suffixes
    from covgate.model.unmentioned import count_unmentioned

    changed = around.changes_since_baseline(measured_suffixes(each.path for each in missing))
    measurement, added = count_unmentioned(measurement, replace(before, files=tuple(missing)), changed)
    around.notices += unmentioned(added)
    return measurement


def unmatched_paths(session: Session, commit: str, config: Config) -> list[str]:
    """A notice if globs of the component's `paths` match no file."""
    unmatched = session.measurer.inputs(commit, config).unmatched if config.paths else ()
    return [f"`paths` has globs that match no file of {commit[:10]}: {', '.join(unmatched)}"] if unmatched else []


def aside_notices(session: Session, commit: str, config: Config) -> list[str]:
    """A notice if ``commit`` has just been measured in the separate worktree because the checkout differs from it."""
    from covgate.measure.uncommitted import ANOTHER_COMMIT, measured_aside, why_aside

    why = why_aside(session.repository, commit, config, session.environ) if config.isolation is Isolation.AUTO else ""
    return [measured_aside(why)] if why not in ("", ANOTHER_COMMIT) else []
