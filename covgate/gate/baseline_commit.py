"""The commit that reached the baseline: its record, its lines, and what it measures under the present circumstances."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

from covgate.config import Config
from covgate.errors import ConfigurationError, ToolError
from covgate.gate.bar import Bar
from covgate.gate.context import Session
from covgate.model.baseline import Baseline
from covgate.model.measurement import Measurement
from covgate.model.policy import Kind
from covgate.model.record import Judgement
from covgate.model.verdict import Status
from covgate.notes.records import Notes
from covgate.streams import say

# Late imports below: a push that passes by its counts alone needs neither lines nor configurations of older commits.
if TYPE_CHECKING:
    from covgate.measure.coverage_config import CoverageConfig

# What these change is neither in the commit nor installed, like what coverage and pytest take from the environment: a
# comparison would excuse it.
_NOT_COMPARED = frozenset(f"COVGATE_{key}" for key in ("COMMAND", "SOURCE", "REPORT", "REPORT_PATHS", "SETUP"))

_USES_BASELINE = frozenset(kind.value for kind in Kind if kind.uses_baseline)


@dataclass(kw_only=True)
class BaselineCommit:
    """The commit ``oid`` ("" if it is unknown), for comparison with the commit ``judged``.

    ``is_published``: it is not part of what is pushed, so its record is not the pusher's own claim. ``measured`` is the
    measurement of the judged commit, ``measured_here`` whether this clone made it. ``may_measure`` allows test runs.
    ``notices`` collects what went wrong. ``failed``: its tests can't be run here. ``stands_in``: it did not reach the
    baseline, but held it, and stands in for a commit that can't be measured here.
    """

    session: Session
    notes: Notes
    bar: Bar
    oid: str
    judged: str
    is_published: bool
    measured: Measurement
    measured_here: bool
    may_measure: bool
    notices: list[str] = field(default_factory=list)
    failed: bool = False
    stands_in: bool = False

    @property
    def shown(self) -> str:
        """The commit, for messages."""
        return f"the base {self.oid[:10]}" if self.stands_in else f"the baseline's commit {self.oid[:10]}"

    @cached_property
    def exists(self) -> bool:
        """Whether this clone has the commit."""
        return bool(self.session.repository.commit(self.oid))

    @cached_property
    def recorded(self) -> Judgement | None:
        """What its record says; None if there is none with counts."""
        note = self.notes.read(self.oid) if self.oid else None
        record = note.record(self._component) if note else None
        return record.judgement if record else None

    def held(self, baseline: Baseline) -> bool:
        """Whether its record says that it passed against exactly this baseline."""
        note = self.notes.read(self.oid) if self.oid else None
        record = note.record(self._component) if note else None
        if record is None or record.baseline is None or record.judgement is None:
            return False
        passed = record.judgement.status is Status.PASS and record.judgement.policy in _USES_BASELINE
        return passed and record.baseline.level == baseline.level

    @cached_property
    def recorded_lines(self) -> Measurement | None:
        """Its measurement line by line, from the notes, else from the cache; None if it is in neither."""
        if not self.exists:
            return None
        from covgate.gate.known_lines import lines_in_cache, lines_in_notes, names_of_inputs

        trees = names_of_inputs(self.session, self.bar, self.oid)
        for find in (lines_in_notes, lines_in_cache):
            known = find(self.session, self.bar, self.oid, trees, self.notices)
            # Lines that don't match the record are not used: anybody who may push notes can write them.
            if known is not None and (self.recorded is None or known.numbers == self.recorded.numbers):
                return known
        return None

    @cached_property
    def known_here(self) -> Measurement | None:
        """What it measures under the present circumstances, if no test needs to run for that."""
        if not self.exists:
            return None
        # Reports that somebody gives are no measurement under the present circumstances.
        own_run = self.measured_here or self.may_measure
        if own_run and self.oid == self.judged:
            return self._with_unmentioned(self.measured)
        # By its own configuration: the inputs of a component don't contain it, and another command is another number.
        own = replace(self._own_config, python=self.bar.config.python)
        if own_run and self.session.measurer.tree(self.oid, own) == self.measured.tree:
            return self._with_unmentioned(self.measured)
        may = self.measured_here and not self.variables
        cached = self.session.measurer.cached(self.oid, self.config) if may else None
        return self._with_unmentioned(cached) if cached is not None else None

    def _with_unmentioned(self, here: Measurement) -> Measurement:
        """``here`` with the files that its record counts and that this run may have left out: as when it was recorded.

        Otherwise these files alone would make the circumstances look different.
        """
        recorded = None if here.complete else self.recorded_lines
        if recorded is None:
            return here
        from covgate.model.unmentioned import count_unmentioned

        return count_unmentioned(here, recorded, ())[0]

    @cached_property
    def same_configuration(self) -> bool:
        """Whether coverage's configuration counts the same at that commit as at the judged one."""
        if not self.exists:
            return True
        from covgate.measure.same_counting import counts_the_same

        return counts_the_same(*self._coverage_configs)

    @property
    def _component(self) -> str:
        return self.bar.config.component

    @cached_property
    def _own_config(self) -> Config:
        """Its own configuration of the component; the present one if that is invalid, or has no such component."""
        return self.session.own_config(self.oid, self.bar.config)

    @cached_property
    def config(self) -> Config:
        """How to measure it under the present circumstances.

        Its tests and commands are its own. Coverage's configuration, the sources and the interpreter are the present
        ones.
        """
        now = self.bar.config
        own = replace(self._own_config, python=now.python, timeout=now.timeout, coverage_config=None)
        repository = self.session.repository
        if all(repository.object(f"{self.oid}:{own.path(each.strip('/'))}") is not None for each in now.source):
            own = replace(own, source=now.source)
        branches = bool(self.measured.numbers.branches)
        if self.recorded and self.same_configuration and branches != bool(self.recorded.numbers.branches):
            from covgate.measure.same_counting import with_branches

            return replace(own, coverage_config=with_branches(self._coverage_configs[0], branches).render())
        return own if self.same_configuration else replace(own, coverage_config=self._coverage_configs[0].render())

    def measure(self, why: str) -> Measurement | None:
        """What it measures here; this may run its tests. None if it can't be measured.

        ``why`` is shown, because the user has to wait for the run.
        """
        if self.known_here is not None or not self._may_run():
            return self.known_here
        failed = self._run(why)
        if not failed:
            return self.known_here
        self.failed = True
        self.notices.append(f"{self.shown} can't be measured here: {failed}")
        return None

    def _run(self, why: str) -> str:
        """Run its tests and set ``known_here``, unless they failed under the same circumstances before.

        Returns why it is not known, "" if it is.
        """
        measurer = self.session.measurer
        try:
            if failed := measurer.failed_before(self.oid, self.config):
                return f"{failed}; this is from an earlier run, and `covgate check --no-cache` runs them again"
            say(f"{self.shown} is measured here, too: {why}")
            found = measurer.measure(self.oid, self.config, self.notices.append)
        except (ToolError, ConfigurationError) as error:
            return error.message
        if not isinstance(found, Measurement):
            measurer.keep_failure(self.oid, self.config, found.summary)
            return found.summary
        if not found.tests_collected:
            return "it has no tests"
        self.known_here = self._with_unmentioned(found)
        return ""

    def _may_run(self) -> bool:
        if self.failed or not (self.may_measure and self.measured_here and self.exists):
            return False
        if self.variables:
            self.failed = True
            names = ", ".join(self.variables)
            self.notices.append(f"the baseline's commit is not measured for a comparison while {names} is set")
        return not self.variables

    @cached_property
    def variables(self) -> tuple[str, ...]:
        """The variables because of which its tests don't run for a comparison."""
        from covgate.measure.deciding_variables import deciding_variables

        own = (name for name in self.bar.config.deciding_overrides if name in _NOT_COMPARED)
        command = self.bar.config.command
        return (*own, *deciding_variables(self.session.environ, self.session.measurer.roots, command))

    def omitted_since(self, path: str) -> bool:
        """Whether the configuration of coverage at the base, which has landed, omits the file that was counted."""
        from covgate.measure.same_counting import omits

        base = self.bar.base or self.oid
        directory = self._config_at(base).directory
        own = path.removeprefix(f"{directory}/") if directory else path
        return omits(self._coverage_config_at(base), own)

    def _config_at(self, commit: str) -> Config:
        return self.bar.config if commit == self.judged else self.session.own_config(commit, self.bar.config)

    def _coverage_config_at(self, commit: str) -> CoverageConfig:
        from covgate.measure.coverage_config import FILES, read_coverage_config

        config = self._config_at(commit)
        found = {name: self.session.repository.file(commit, config.path(name)) for name in FILES}
        return read_coverage_config({name: data for name, data in found.items() if data is not None})

    @cached_property
    def _coverage_configs(self) -> tuple[CoverageConfig, CoverageConfig]:
        """Coverage's present configuration, with what the base enforces, and the one of that commit.

        Lines that only the push excludes still count: code must not be excluded together with what its tests executed.
        """
        from covgate.measure.coverage_config import read_coverage_config
        from covgate.measure.same_counting import without_new_exclusions

        read = self._coverage_config_at
        enforced = self.bar.config.coverage_config
        if enforced is None:
            now = read(self.judged)
        else:
            name = "pyproject.toml" if enforced[0].endswith(".toml") else ".coveragerc"
            now = read_coverage_config({name: enforced[1].encode()})
        return without_new_exclusions(now, read(self.bar.base or self.oid)), read(self.oid)
