"""Where a commit is measured: in the user's checkout if only the commit decides the number there, else aside.

"Aside" means in covgate's own worktree. Before the run, covgate compares the files with the commit. After the run, the
processes report which files took part.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from covgate.config import Config, Isolation
from covgate.errors import NeedsCheckout, ToolError
from covgate.git.others import Others
from covgate.git.repository import Repository
from covgate.git.worktree import Checkout, has_checked_out, in_place, kept_worktree
from covgate.measure.bytecode import remove_unsound_bytecode
from covgate.measure.generated import check_extensions, copy_generated, left_behind, newer_sources
from covgate.measure.job import TestsFailed
from covgate.measure.uncommitted import ANOTHER_COMMIT, Seen, foreign, measured_aside, settle, why_not_in_place
from covgate.model.measurement import Measurement

_NAMED = 10  # ignored files in a notice
_JEST_FOUND_NONE = "No files found in "  # Jest ignores every path with "/.git/" in it, and no option changes that


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """How a run of the tests ended, and which files took part in it."""

    result: Measurement | TestsFailed | ToolError
    seen: Seen


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Finds a place for ``commit``, and runs its tests there with ``run_tests``.

    ``environ`` is the environment of the tests. ``notify`` gets a sentence for the user. ``worktree``: the name of the
    worktree to use aside.
    """

    repository: Repository
    commit: str
    config: Config
    environ: Mapping[str, str]
    run_tests: Callable[[Checkout], Run]
    notify: Callable[[str], None]
    worktree: str = "tree"

    def measure(self) -> Measurement | TestsFailed:
        """Measure in place if the checkout equals the commit before and after the run, else aside.

        Tests that fail in place count as failing if the run aside gives no result. Raises ToolError if the commit can't
        be measured.
        """
        first: Measurement | TestsFailed | ToolError | None = None
        checkout, why_aside = self._exact_checkout()
        if checkout is not None:
            with contextlib.closing(checkout):
                run = self.run_tests(checkout)
                why = self._why_again(run, checkout)
                if not why:
                    return self._finish(run, checkout, checkout.others)
            if self.config.isolation is Isolation.IN_PLACE:
                error = ToolError(f'isolation is "in-place", but {why}', hint='set isolation = "auto"')
                return self._failed_anyway(run.result, error)
            self.notify(f"{why}: measured again in the separate worktree")
            first = run.result
        result: Measurement | TestsFailed | None = None
        try:
            with contextlib.closing(kept_worktree(self.repository, self.commit, self.worktree)) as checkout:
                result = self._measure_aside(checkout)
        except ToolError as error:
            result = self._failed_anyway(first, error)
        finally:
            if why_aside and not isinstance(result, Measurement):
                self.notify(measured_aside(why_aside))
        return result

    def _failed_anyway(self, result: Measurement | TestsFailed | ToolError | None, error: ToolError) -> TestsFailed:
        """``result`` if its tests failed: no problem with a run lets failing tests pass. Otherwise raises ``error``."""
        if not isinstance(result, TestsFailed):
            raise error
        self.notify(error.message + (f" ({error.hint})" if error.hint else ""))
        return result

    def _exact_checkout(self) -> tuple[Checkout | None, str]:
        """The user's checkout if the commit can be measured there; else None, and why not if that is no common case."""
        if self.config.isolation is Isolation.WORKTREE:
            return None, ""
        checkout, why_not = None, ANOTHER_COMMIT
        if has_checked_out(self.repository, self.commit):
            checkout = in_place(self.repository, self.commit)
            why_not = why_not_in_place(checkout, self.config, self.environ) or self._stale_bytecode(checkout)
        if why_not and checkout is not None:
            checkout.close()
        if why_not and self.config.isolation is Isolation.IN_PLACE:
            raise ToolError(
                f'isolation is "in-place", but {why_not}',
                hint='check the commit out and stash the rest, or set isolation = "auto"',
            )
        return (None, "" if why_not == ANOTHER_COMMIT else why_not) if why_not else (checkout, "")

    def _stale_bytecode(self, checkout: Checkout) -> str:
        """A clause about bytecode that may be stale and can't be removed; "" if there is none."""
        left = remove_unsound_bytecode(checkout.path, checkout.contents.paths(), self.environ)
        return f"{left} may be older than its source, and can't be removed" if left else ""

    def _why_again(self, run: Run, checkout: Checkout) -> str:
        """Why the run in the user's checkout does not count, as a clause; "" if it does."""
        found = foreign(run.seen, checkout.others, checkout.contents.paths())
        if found:
            return f"{found[0]} took part in the run, but is not in the commit"
        if isinstance(run.result, ToolError):
            return ""
        changed = checkout.difference()
        return f"the checkout changed while the tests ran ({changed})" if changed else ""

    def _measure_aside(self, checkout: Checkout) -> Measurement | TestsFailed:
        stale = self._stale_bytecode(checkout)
        if stale:
            raise ToolError(stale, hint="remove it by hand")
        copied = copy_generated(self.repository, checkout)
        if self.config.setup is None:
            check_extensions(self.repository, checkout, copied)
        while True:
            run = self.run_tests(checkout)
            others = Others(uncommitted=(), ignored=copied)
            found = foreign(run.seen, others, checkout.contents.paths())
            tests = [path for path in found if path in copied]
            if not tests:
                break
            # Tests with unusual names. The next run collects none of them.
            copied = tuple(path for path in copied if path not in tests)
            for path in tests:
                (checkout.path / path).unlink(missing_ok=True)
        if found:
            error = ToolError(
                f"{found[0]} took part in the run, but is not in the commit",
                hint="commit it, or let the tests run without it",
            )
            return self._failed_anyway(run.result, error)
        if isinstance(run.result, TestsFailed) and f"{_JEST_FOUND_NONE}{checkout.path}" in run.result.output:
            raise NeedsCheckout(
                "Jest finds no tests below a directory that is called .git, where covgate has its own worktree",
                hint="check the commit out, and commit, stash or ignore the other files: then the tests run there",
            )
        changed = "" if isinstance(run.result, ToolError) else checkout.changed_source()
        if changed:
            error = ToolError(
                f"the tests changed what they measure: {changed}",
                hint="let them work on a copy in a temporary directory",
            )
            return self._failed_anyway(run.result, error)
        if isinstance(run.result, TestsFailed):
            missing = left_behind(self.repository, checkout, copied)
            if missing:
                named = ", ".join(missing[:_NAMED]) + (f" and {len(missing) - _NAMED} more" * (len(missing) > _NAMED))
                self.notify(f"the separate worktree is without ignored files: {named}; `setup` can create them")
        return self._finish(run, checkout, others)

    def _finish(self, run: Run, checkout: Checkout, others: Others) -> Measurement | TestsFailed:
        if isinstance(run.result, ToolError):
            raise run.result
        committed = checkout.contents.paths()
        # Aside, all files are new; `check_extensions` has compared their contents.
        older = newer_sources(checkout.path, run.seen.modules, committed) if checkout.in_place else ""
        if isinstance(run.result, Measurement):
            return settle(run.result, run.seen, others, committed, older)
        if older:
            self.notify(older)
        return run.result
