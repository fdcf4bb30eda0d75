"""What is known around a commit: its bases, the baseline's commit, and the lines that were measured there."""

from __future__ import annotations

import sys
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from covgate.errors import ConfigurationError, ToolError
from covgate.gate.bar import Bar
from covgate.gate.context import Session
from covgate.git.environment import without_local_environment
from covgate.model.baseline import Baseline
from covgate.model.measurement import Measurement
from covgate.model.record import DEFAULT_COMPONENT
from covgate.notes.records import Notes
from covgate.notes.ref import FILES_REF

# Late imports below: a push that passes by its counts alone needs neither diffs nor lines.
if TYPE_CHECKING:
    from covgate.model.changes import FileChange


@dataclass(kw_only=True)
class Surroundings:
    """What is known around a commit, looked up when it is asked for.

    ``baseline`` is what the commit must reach; ``tips`` or their ancestors reached it. ``may_measure`` allows measuring
    the baseline's commit again if nobody knows its lines any more. ``notices`` collects what went wrong on the way.
    """

    session: Session
    notes: Notes
    bar: Bar
    commit: str
    tips: tuple[str, ...]
    baseline: Baseline | None
    may_measure: bool
    notices: list[str] = field(default_factory=list)

    @cached_property
    def baseline_commit(self) -> str:
        """The commit that reached the baseline; "" if there is none, or if its record is hidden."""
        return self.notes.origin(self.tips, self.baseline) if self.baseline else ""

    @cached_property
    def bases(self) -> list[str]:
        """The merge bases with the push's base and with the default branch.

        What a merge of the default branch brings into a branch that was pushed before is new to neither.
        """
        repository, remote = self.session.repository, self.bar.remote
        targets = {self.bar.base, remote.fork_point(self.commit) if remote else ""}
        found = [repository.text("merge-base", self.commit, each) or each for each in sorted(targets) if each]
        return list(dict.fromkeys(found))

    @cached_property
    def before(self) -> Measurement | None:
        """The baseline's measurement, line by line; None if nobody has it.

        From the notes, else from the cache, else measured again: the verdict may depend on what was removed since, and
        must not depend on what this clone happens to know.
        """
        commit = self.session.repository.commit(self.baseline_commit)
        if not commit:
            return None
        note = self.notes.read(commit)
        record = note.record() if note else None
        recorded = record.judgement.numbers if record and record.judgement else None
        for find in (self._lines_in_notes, self._lines_in_cache):
            known = find(commit)
            # Lines that don't match the record are not used: anybody who may push notes can write them.
            if known is not None and (recorded is None or known.numbers == recorded):
                return known
        return self._measure_again(commit)

    def changes_since_baseline(self, suffixes: Collection[str]) -> tuple[FileChange, ...]:
        """What changed in files with one of ``suffixes`` since the baseline's commit."""
        from covgate.git.diff import changes

        return changes(self.session.repository, self.baseline_commit, self.commit, suffixes)

    def first_lines(self, paths: list[str]) -> Mapping[str, Mapping[int, int]]:
        """By path, the first line of the statement for each of its later lines."""
        from covgate.measure.statements import first_lines

        repository = self.session.repository
        sources = {path: repository.file(self.commit, path) or b"" for path in paths}
        return first_lines(
            sources,
            lambda: self.session.measurer.interpreter(self.bar.config),
            repository.top,
            without_local_environment(self.session.environ),
        )

    def _lines_in_notes(self, commit: str) -> Measurement | None:
        """The lines that travel with the notes, fetched if this clone has none."""
        from covgate.notes.fetch import SyncError
        from covgate.notes.join import fetch_notes
        from covgate.notes.line_notes import DetailNotes

        repository = self.session.repository
        details = DetailNotes(repository)
        try:
            found = details.read(commit)
            if not found and self.bar.remote and self.bar.config.sync:
                fetch_notes(self.bar.remote, FILES_REF)
                found = details.read(commit)
        except SyncError:
            return None
        except ValueError as error:
            self.notices.append(f"the lines of {commit[:10]} in {FILES_REF} are ignored: {error}")
            return None
        known = found.get(DEFAULT_COMPONENT)
        return known if known is not None and known.tree == repository.tree(commit) else None

    def _lines_in_cache(self, commit: str) -> Measurement | None:
        from covgate.measure.cache import Cache

        repository = self.session.repository
        return Cache(repository.state_dir).any_of(repository.tree(commit))

    def _measure_again(self, commit: str) -> Measurement | None:
        if not self.may_measure or commit == self.commit:
            return None
        print(
            f"covgate: of {commit[:10]}, where the baseline was reached, no lines are known here: its tests run, too",
            file=sys.stderr,
            flush=True,
        )
        try:
            found = self.session.measurer.measure(commit, self.session.config_at(commit), self.notices.append)
        except (ToolError, ConfigurationError) as error:
            self.notices.append(f"{commit[:10]}, where the baseline was reached: not measured: {error.message}")
            return None
        return found if isinstance(found, Measurement) else None
