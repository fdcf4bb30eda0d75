"""What a judgement rests on beyond the counts: the lines of the push, and what changed since the baseline."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from covgate.errors import ConfigurationError, CovgateError, Interrupted, ToolError
from covgate.gate.bar import Bar
from covgate.gate.context import Session
from covgate.git.environment import without_local_environment
from covgate.model.baseline import Baseline, Removal
from covgate.model.measurement import Measurement
from covgate.model.record import DEFAULT_COMPONENT
from covgate.notes.records import Notes
from covgate.notes.ref import FILES_REF

# Late imports below: a push that passes by its counts alone needs neither diffs nor lines.
if TYPE_CHECKING:
    from covgate.model.changes import FileChange
    from covgate.model.explanation import Explanation
    from covgate.model.patch import Patch


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


class Evidence:
    """What supports or excuses one measurement of the commit, looked up when a rule or a format asks for it.

    A look-up that fails counts as no evidence, and its error becomes a notice.
    """

    def __init__(self, around: Surroundings, measurement: Measurement) -> None:
        self.around = around
        self.measurement = measurement
        self.found_patch: Patch | None = None
        self.found_explanation: Explanation | None = None
        self._asked: set[str] = set()

    def patch(self, *, required: bool = False) -> Patch | None:
        """The coverage of the lines that are new here; None if there is nothing to compare with.

        ``required``: raise an error. A push that passes otherwise must not pass because git could not show the patch.
        """
        if "patch" not in self._asked:
            self._asked.add("patch")
            try:
                self.found_patch = self._find_patch()
            except Interrupted:
                raise
            except Exception as error:
                if required:
                    raise
                self.around.notices.append(_not_explained(error))
        return self.found_patch

    def explanation(self) -> Explanation | None:
        """What changed from the baseline's measurement to this one; None if the former's lines are not known."""
        if "explanation" not in self._asked:
            self._asked.add("explanation")
            try:
                self.found_explanation = self._find_explanation()
            except Interrupted:
                raise
            except Exception as error:
                self.around.notices.append(_not_explained(error))
        return self.found_explanation

    def removal(self) -> Removal | None:
        """The code that was removed and added since the baseline was reached; None if that is not known."""
        explanation = self.explanation()
        if explanation is None:
            return None
        from covgate.model.explanation import removal_in

        return removal_in(explanation)

    def _find_patch(self) -> Patch | None:
        from covgate.git.diff import added_lines
        from covgate.model.patch import patch_coverage
        from covgate.model.source_files import measured_suffixes

        files = self.measurement.files
        bases = self.around.bases if files else []
        if not bases:
            return None
        suffixes = measured_suffixes(each.path for each in files)
        added = added_lines(self.around.session.repository, bases, self.around.commit, suffixes)
        known = {each.path for each in files}
        return patch_coverage(files, added, self.around.first_lines([path for path in added if path in known]))

    def _find_explanation(self) -> Explanation | None:
        before = self.around.before if self.measurement.files else None
        if before is None:
            return None
        from covgate.git.diff import changes
        from covgate.model.explain import explain
        from covgate.model.source_files import measured_suffixes

        suffixes = measured_suffixes(each.path for each in (*before.files, *self.measurement.files))
        changed = changes(self.around.session.repository, self.around.baseline_commit, self.around.commit, suffixes)
        return explain(before, self.measurement, changed, self._changed_in_later_lines(changed))

    def _changed_in_later_lines(self, changes: tuple[FileChange, ...]) -> dict[str, set[int]]:
        """Path -> the first lines of statements of which only a later line was changed."""
        known = {each.path for each in self.measurement.files}
        changed = [each for each in changes if each.hunks and each.old_path and each.path in known]
        first = self.around.first_lines([each.path for each in changed])
        return {
            each.path: {first[each.path][line] for line in each.added if line in first.get(each.path, {})}
            for each in changed
        }


def _not_explained(error: Exception) -> str:
    """The notice for a look-up that failed with ``error`` while a blocked push was explained."""
    reason = error.message if isinstance(error, CovgateError) else f"{type(error).__name__}: {error}"
    return f"not everything can be explained: {reason}"
