"""The context of a commit: its bases, and what changed since the baseline was reached."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING

from covgate.gate.bar import Bar
from covgate.gate.context import Session
from covgate.git.environment import without_local_environment
from covgate.model.baseline import Baseline, level_by_base, level_here
from covgate.model.measurement import Measurement
from covgate.notes.records import Notes

# Late imports below: a push that passes by its counts alone needs neither diffs nor lines.
if TYPE_CHECKING:
    from covgate.gate.baseline_commit import BaselineCommit
    from covgate.model.changes import FileChange

_MOST_ORIGINS = 20


@dataclass(kw_only=True)
class Surroundings:
    """The context of a commit. Each part is looked up when it is needed.

    ``baseline`` is what the commit must reach; ``tips`` or their ancestors reached it. ``published`` are those of the
    tips that are not new: the records of what is pushed may be anybody's. ``measured`` is the commit's
    measurement, ``measured_here`` whether this clone made it. ``may_measure`` allows test runs. ``here`` is what the
    baseline's commit measures, if the present circumstances differ from its record's. ``notices`` collects what went
    wrong.
    """

    session: Session
    notes: Notes
    bar: Bar
    commit: str
    tips: tuple[str, ...]
    published: tuple[str, ...]
    baseline: Baseline | None
    measured: Measurement
    measured_here: bool
    may_measure: bool
    here: Measurement | None = None
    notices: list[str] = field(default_factory=list)

    @cached_property
    def baseline_commit(self) -> BaselineCommit:
        """The commit that reached the baseline; its oid is "" if there is none, or if its record is hidden."""
        if self.baseline is None:
            return self._seen_from_here("")
        component = self.bar.config.component
        published = self.notes.origin(self.published, self.baseline, component) if self.published else ""
        if published:
            return self._seen_from_here(published)
        return self._seen_from_here(self.notes.origin(self.tips, self.baseline, component), is_published=False)

    def measured_before(self) -> BaselineCommit | None:
        """Another commit that reached the baseline, and that was already measured under the present circumstances.

        If two circumstances take turns, the newest such commit was measured only under the other ones. Each push would
        then measure it again.
        """
        known: Iterable[str] = ()
        if self.baseline and self.published:
            known = self.notes.all_origins(self.published, self.baseline, self.bar.config.component)
        seen = (self._seen_from_here(oid) for oid in itertools.islice(known, _MOST_ORIGINS))
        return next((each for each in seen if each.known_here is not None), None)

    def stand_in(self) -> BaselineCommit | None:
        """The base that has landed, if it held the baseline: for one whose own commit can't be measured here."""
        base = self._seen_from_here(self.bar.bases[-1] if self.bar.bases else "", stands_in=True)
        held = self.baseline is not None and base.oid != self.baseline_commit.oid and base.held(self.baseline)
        return base if held else None

    def use(self, baseline_commit: BaselineCommit) -> None:
        """Compare with this commit instead."""
        self.baseline_commit = baseline_commit
        self.__dict__.pop("changed_paths", None)

    def _seen_from_here(self, oid: str, *, is_published: bool = True, stands_in: bool = False) -> BaselineCommit:
        from covgate.gate.baseline_commit import BaselineCommit

        return BaselineCommit(
            is_published=is_published,
            stands_in=stands_in,
            session=self.session,
            notes=self.notes,
            bar=self.bar,
            oid=oid,
            judged=self.commit,
            measured=self.measured,
            measured_here=self.measured_here,
            may_measure=self.may_measure,
            notices=self.notices,
        )

    @property
    def required_here(self) -> Fraction | None:
        """What the baseline requires under the present circumstances; None if they are those of its record."""
        return self.level(self.here) if self.here is not None else None

    def level(self, here: Measurement) -> Fraction | None:
        """What the baseline requires if its commit measures ``here``; None if its record has no counts."""
        recorded = self.baseline_commit.recorded
        if self.baseline is None or recorded is None:
            return None
        if self.baseline_commit.stands_in:
            epsilon = max(policy.epsilon for policy in self.bar.policies)
            return level_by_base(self.baseline, recorded.numbers, here.numbers, epsilon)
        return level_here(self.baseline, recorded.numbers, here.numbers)

    @cached_property
    def bases(self) -> list[str]:
        """The merge bases with the push's base and with the default branch.

        If the default branch is merged into a branch that was pushed before, the merged code is not new.
        """
        return merge_bases(self.session, self.bar, self.commit)

    @property
    def before(self) -> Measurement | None:
        """The baseline's measurement, line by line; None if nobody has it.

        It comes from a measurement here, else the notes, else the cache, else a new run. The verdict may depend on code
        that was removed since then, so it must not depend on what this clone happens to have.
        """
        if self.here is not None:
            return self.here
        return self.baseline_commit.recorded_lines or self.baseline_commit.measure("its lines are not known here")

    @cached_property
    def changed_paths(self) -> tuple[str, ...]:
        """Every path that differs from the baseline's commit."""
        from covgate.git.changed_files import changed_paths

        return changed_paths(self.session.repository, self.baseline_commit.oid, self.commit)

    @property
    def touches(self) -> bool:
        """Whether anything that can change coverage was changed since the baseline's commit."""
        from covgate.model.source_files import is_prose

        return not self.baseline_commit.exists or not all(map(is_prose, self.changed_paths))

    def changes_since_baseline(self, suffixes: Collection[str]) -> tuple[FileChange, ...]:
        """What changed in files with one of ``suffixes`` since the baseline's commit."""
        from covgate.git.diff import changes

        return changes(self.session.repository, self.baseline_commit.oid, self.commit, suffixes)

    def first_lines(self, paths: list[str]) -> Mapping[str, Mapping[int, int]]:
        """By path, the first line of the statement for each of its later lines."""
        return first_lines(self.session, self.bar, self.commit, paths)


def merge_bases(session: Session, bar: Bar, commit: str) -> list[str]:
    """The merge bases of ``commit`` with the base of ``bar`` and with the default branch."""
    repository, remote = session.repository, bar.remote
    targets = {bar.base, remote.fork_point(commit) if remote else ""}
    found = [repository.merge_base(commit, each) or each for each in sorted(targets) if each]
    return list(dict.fromkeys(found))


def first_lines(session: Session, bar: Bar, commit: str, paths: Iterable[str]) -> Mapping[str, Mapping[int, int]]:
    """By path, the first line of the statement for each of its later lines."""
    from covgate.measure.statements import first_lines

    repository = session.repository
    return first_lines(
        {path: repository.file(commit, path) or b"" for path in paths},
        lambda: session.measurer.interpreter(bar.config),
        repository.top,
        without_local_environment(session.environ),
    )
