"""What a judgement rests on beyond the counts: the lines of the push, and what changed since the baseline."""

from __future__ import annotations

from typing import TYPE_CHECKING

from covgate.errors import CovgateError, Interrupted
from covgate.gate.surroundings import Surroundings
from covgate.model.baseline import Removal
from covgate.model.measurement import Measurement

# Late imports below: a push that passes by its counts alone needs neither diffs nor lines.
if TYPE_CHECKING:
    from covgate.model.changed_tests import ChangedTest
    from covgate.model.changes import FileChange
    from covgate.model.explanation import Explanation
    from covgate.model.patch import Patch


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

    def changed_tests(self) -> tuple[ChangedTest, ...]:
        """The changed tests and test configuration that may be the reason; empty if only new code can be it."""
        explanation = self.explanation()
        since = self.around.baseline_commit.oid or self.around.bar.base
        if not since or (explanation is not None and not explanation.lost):
            return ()
        from covgate.git.changed_files import changed_files
        from covgate.model.changed_tests import changed_tests

        changed = changed_files(self.around.session.repository, since, self.around.commit)
        concerns = self.around.bar.config.concerns
        return changed_tests(each for each in changed if concerns(each[1]) or concerns(each[2]))

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
        config = self.around.bar.config
        added = {path: lines for path, lines in added.items() if config.concerns(path)}
        known = {each.path for each in files}
        return patch_coverage(files, added, self.around.first_lines([path for path in added if path in known]))

    def _find_explanation(self) -> Explanation | None:
        before = self.around.before if self.measurement.files else None
        if before is None:
            return None
        from covgate.model.explain import explain
        from covgate.model.source_files import measured_suffixes

        suffixes = measured_suffixes(each.path for each in (*before.files, *self.measurement.files))
        changed = self.around.changes_since_baseline(suffixes)
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
