"""What a judgement rests on beyond the numbers: the lines that were changed, and the way from the baseline to here."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from covgate.errors import ConfigurationError, ToolError
from covgate.gate.bar import Bar, fork_point
from covgate.gate.context import Session
from covgate.git.repository import without_local_environment
from covgate.model.baseline import Baseline
from covgate.model.measurement import Measurement
from covgate.model.record import DEFAULT_COMPONENT
from covgate.notes.records import Notes
from covgate.notes.ref import FILES_REF

if TYPE_CHECKING:
    from covgate.model.changes import FileChange
    from covgate.model.explain import Explanation
    from covgate.model.patch import Patch


@dataclass(kw_only=True)
class Evidence:
    """All that is known around ``commit``, looked up when it is asked for.

    ``baseline`` is the one it has to hold, reached by ``tips`` or their ancestors. ``may_measure``: whether the
    baseline's commit may be measured anew where nobody knows its lines any more.
    """

    session: Session
    notes: Notes
    bar: Bar
    commit: str
    tips: tuple[str, ...]
    baseline: Baseline | None
    may_measure: bool

    @cached_property
    def origin(self) -> str:
        """The commit that reached the baseline; "" where there is none, or its record is hidden."""
        return self.notes.origin(self.tips, self.baseline) if self.baseline else ""

    def patch(self, measurement: Measurement) -> Patch | None:
        """The coverage of the lines that are new here; None where there is nothing to compare with."""
        from covgate.git.diff import added_lines
        from covgate.model.patch import patch_coverage
        from covgate.model.source_files import measured_suffixes

        bases = self._bases if measurement.files else []
        if not bases:
            return None
        suffixes = measured_suffixes(each.path for each in measurement.files)
        added = added_lines(self.session.repository, bases, self.commit, suffixes)
        known = {each.path for each in measurement.files}
        return patch_coverage(measurement.files, added, self._first_lines([path for path in added if path in known]))

    def story(self, measurement: Measurement) -> Explanation | None:
        """The way from the baseline's measurement to ``measurement``; None where the former's lines are not known."""
        before = self.before if measurement.files else None
        if before is None:
            return None
        from covgate.model.explain import explain

        changes = self._changes_since_origin(before, measurement)
        return explain(before, measurement, changes, self._touched(changes, measurement))

    @cached_property
    def before(self) -> Measurement | None:
        """What was measured where the baseline was reached, line by line; None where that can't be had.

        Kept with the notes, else remembered on this machine, else measured anew: what was removed since decides, and
        it shall not depend on what happens to be known here.
        """
        origin = self.session.repository.commit(self.origin)
        if not origin:
            return None
        note = self.notes.read(origin)
        record = note.record() if note else None
        judged = record.judgement.numbers if record and record.judgement else None
        for find in (self._kept, self._remembered):
            known = find(origin)
            # Lines that the record doesn't know excuse nothing: anybody may have written them.
            if known is not None and (judged is None or known.numbers == judged):
                return known
        return self._measured_anew(origin)

    @cached_property
    def _bases(self) -> list[str]:
        """What was there before: the target that is pushed to, and the default branch, where the commit left them.

        What a merge of the default branch brings into a branch that was pushed before is new to neither.
        """
        repository = self.session.repository
        targets = {self.bar.base, fork_point(repository, self.commit, self.bar.remote) if self.bar.remote else ""}
        found = [repository.text("merge-base", self.commit, each) or each for each in sorted(targets) if each]
        return list(dict.fromkeys(found))

    def _changes_since_origin(self, before: Measurement, measurement: Measurement) -> tuple[FileChange, ...]:
        from covgate.git.diff import changes
        from covgate.model.source_files import measured_suffixes

        suffixes = measured_suffixes(each.path for each in (*before.files, *measurement.files))
        return changes(self.session.repository, self.origin, self.commit, suffixes)

    def _touched(self, changes: tuple[FileChange, ...], measurement: Measurement) -> dict[str, set[int]]:
        """Path -> the first lines of statements that were changed in a later line only."""
        known = {each.path for each in measurement.files}
        changed = [each for each in changes if each.hunks and each.old_path and each.path in known]
        first = self._first_lines([each.path for each in changed])
        touched: dict[str, set[int]] = {}
        for change in changed:
            starts = first.get(change.path, {})
            touched[change.path] = {starts[line] for line in change.added if line in starts}
        return touched

    def _first_lines(self, paths: list[str]) -> Mapping[str, Mapping[int, int]]:
        from covgate.measure.statements import first_lines

        repository = self.session.repository
        sources = {path: repository.file(self.commit, path) or b"" for path in paths}
        return first_lines(
            sources,
            lambda: self.session.interpreter(self.bar.config),
            repository.top,
            without_local_environment(self.session.environ),
        )

    def _kept(self, commit: str) -> Measurement | None:
        """The detail that travels with the notes; fetched where this clone has none."""
        from covgate.notes.line_notes import DetailNotes
        from covgate.notes.publish import SyncError, fetch_notes

        session = self.session
        details = DetailNotes(session.repository)
        try:
            found = details.read(commit)
            if not found and self.bar.remote and self.bar.config.sync:
                fetch_notes(session.repository, self.bar.remote, FILES_REF)
                found = details.read(commit)
        except SyncError:
            return None
        except ValueError as error:
            session.notices.append(f"the lines of {commit[:10]} in {FILES_REF} are not believed: {error}")
            return None
        kept = found.get(DEFAULT_COMPONENT)
        return kept if kept is not None and kept.tree == session.repository.tree(commit) else None

    def _remembered(self, commit: str) -> Measurement | None:
        from covgate.measure.cache import Cache

        repository = self.session.repository
        return Cache(repository.state_dir).any_of(repository.tree(commit))

    def _measured_anew(self, commit: str) -> Measurement | None:
        if not self.may_measure or commit == self.commit:
            return None
        print(
            f"covgate: of {commit[:10]}, where the baseline was reached, no lines are known here: its tests run, too",
            file=sys.stderr,
            flush=True,
        )
        try:
            found = self.session.measure(commit, self.session.config_at(commit))
        except (ToolError, ConfigurationError) as error:
            self.session.notices.append(f"{commit[:10]}, where the baseline was reached: not measured: {error.message}")
            return None
        return found if isinstance(found, Measurement) else None
