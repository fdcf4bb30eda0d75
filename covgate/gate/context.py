"""One call of covgate in one repository: configuration, measuring, and who measures at a time."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from covgate.config import Config, Isolation, parse_config
from covgate.errors import ToolError
from covgate.git.repository import Repository, without_local_environment

if TYPE_CHECKING:
    from covgate.git.worktree import Checkout
    from covgate.measure.interpreter import Interpreter
    from covgate.measure.job import TestsFailed
    from covgate.measure.progress import Progress
    from covgate.model.measurement import Measurement

CONFIGURATION_FILES = ("pyproject.toml", ".covgate.toml")
# Variables by which the same tree may measure differently.
_DECIDING = ("PYTEST_ADDOPTS", "COVERAGE_CORE", "COVERAGE_RCFILE", "PYENV_VERSION", "PYTHONPATH")


@dataclass(slots=True, kw_only=True)
class Session:
    """``fail_closed`` overrides the configuration where it is not None; ``notices`` collects what to say.

    ``unrecorded``: a note should have been written, and could not be; ``unpublished``: nor could it go to the remote.
    """

    repository: Repository
    environ: Mapping[str, str]
    use_cache: bool = True
    fail_closed: bool | None = None
    notices: list[str] = field(default_factory=list)
    unrecorded: bool = False
    unpublished: bool = False

    @property
    def roots(self) -> list[Path]:
        """The worktree covgate was called in, then the main one: where a virtual environment may lie."""
        common = self.repository.common_dir
        main = [common.parent] if common.name == ".git" else []
        return list(dict.fromkeys([self.repository.top, *main]))

    def config_at(self, commit: str) -> Config:
        """The configuration that ``commit`` itself holds; ConfigurationError lists all that is wrong in it."""
        return parse_config(
            pyproject=self.repository.file(commit, CONFIGURATION_FILES[0]),
            own=self.repository.file(commit, CONFIGURATION_FILES[1]),
            environ=self.environ,
        )

    def blocks_on_error(self, config: Config) -> bool:
        return config.fail_closed if self.fail_closed is None else self.fail_closed

    def interpreter(self, config: Config) -> Interpreter:
        from covgate.measure.interpreter import find_interpreter

        return find_interpreter(config.python, self.roots, self.environ)

    def remembered(self, commit: str, config: Config) -> Measurement | None:
        """The measurement of the commit's tree, where one was made under the same circumstances."""
        if not self.use_cache:
            return None
        from covgate.measure.cache import Cache

        decided = self._decided_by(config, self.interpreter(config))
        return Cache(self.repository.state_dir).find(self.repository.tree(commit), decided)

    def measure(self, commit: str, config: Config, known: Measurement | None = None) -> Measurement | TestsFailed:
        """Run the tests of ``commit`` under coverage, wherever that is sound, one covgate at a time.

        ``known``: an earlier run of this tree, to be joined with another one.
        """
        from covgate.measure.cache import Cache
        from covgate.measure.process import interruptible
        from covgate.measure.progress import progress
        from covgate.model.measurement import Measurement
        from covgate.model.unstable import united

        state = self.repository.state_dir
        cache = Cache(state)
        with interruptible(), self._alone() as scratch:
            # Whoever held the lock may just have measured this tree.
            found = self.remembered(commit, config)
            if found is not None and found.runs > (known.runs if known else 0):
                return found
            with progress(cache.last_duration(), self.environ) as shown:
                result = self._measure_soundly(commit, config, scratch, shown)
            if known is not None and isinstance(result, Measurement):
                result = united(known, result)
            if isinstance(result, Measurement) and result.tests_collected:
                with contextlib.suppress(OSError):
                    cache.keep(result, self._decided_by(config, self.interpreter(config)))
            return result

    def _measure_soundly(
        self, commit: str, config: Config, scratch: Path, shown: Progress
    ) -> Measurement | TestsFailed:
        """In place where that is sound before and after the run, else in the kept worktree."""
        from covgate.git import worktree

        why_not = "isolation is worktree"
        if config.isolation is not Isolation.WORKTREE:
            why_not = worktree.why_not_in_place(self.repository, commit)
            if why_not and config.isolation is Isolation.IN_PLACE:
                raise ToolError(
                    f'isolation is "in-place", but {why_not}',
                    hint='check the commit out and stash the rest, or set isolation = "auto"',
                )
        if not why_not:
            checkout = worktree.in_place(self.repository, commit)
            result = self._measure_in(checkout, config, scratch, shown)
            changed = worktree.what_the_run_changed(checkout)
            if not changed:
                return result
            if config.isolation is Isolation.IN_PLACE:
                raise ToolError(f"the checkout changed while the tests ran: {changed}")
            self.notices.append(f"the checkout changed while the tests ran ({changed}): measured again aside")
        checkout = worktree.kept_worktree(self.repository, commit)
        try:
            result = self._measure_in(checkout, config, scratch, shown)
            changed = worktree.what_the_run_changed(checkout)
        finally:
            checkout.repository.close()
        if changed:
            raise ToolError(
                f"the tests changed what they measure: {changed}",
                hint="let them work on a copy in a temporary directory",
            )
        return result

    def _measure_in(
        self, checkout: Checkout, config: Config, scratch: Path, shown: Progress
    ) -> Measurement | TestsFailed:
        import tempfile

        from covgate.measure.job import Job
        from covgate.measure.run import measure

        own = Path(tempfile.mkdtemp(dir=scratch))
        return measure(
            Job(
                tree=checkout.path,
                tree_oid=self.repository.tree(checkout.commit),
                scratch=own,
                interpreter=self.interpreter(config),
                environ=without_local_environment(self.environ),
                timeout=config.timeout,
                command=config.command,
                report=config.report,
                source=config.source,
                setup=config.setup,
                coverage_config=config.coverage_config,
                # An editable install leads to the main worktree, if anywhere.
                isolated=checkout.path != self.roots[-1],
                tick=lambda: shown.tick(own),
            )
        )

    @contextlib.contextmanager
    def _alone(self) -> Iterator[Path]:
        """Hold the lock of the repository; gives a scratch directory that is gone afterwards."""
        import shutil

        from filelock import FileLock, Timeout

        state = self.repository.state_dir
        scratch = state / "tmp"
        try:
            state.mkdir(parents=True, exist_ok=True)
            lock = FileLock(state / "lock")
            try:
                lock.acquire(timeout=0)
            except Timeout:
                print("covgate: waiting for another covgate in this repository", file=sys.stderr, flush=True)
                lock.acquire()
        except OSError as error:
            raise ToolError(
                f"{state} can't be written: {error.strerror}", hint="covgate keeps its scratch files there"
            ) from None
        try:
            # What a killed run left; nobody else is at work while the lock is held.
            shutil.rmtree(scratch, ignore_errors=True)
            scratch.mkdir()
            yield scratch
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
            lock.release()

    def _decided_by(self, config: Config, interpreter: Interpreter) -> dict[str, object]:
        from covgate.measure.interpreter import fingerprint, site_directories

        pinned = self.roots[0] / ".python-version"
        return {
            "command": config.command,
            "report": config.report,
            "source": config.source,
            "setup": config.setup,
            **({"coverage-config": config.coverage_config} if config.coverage_config else {}),
            "interpreter": fingerprint(interpreter, site_directories(interpreter)),
            "python-version": pinned.read_bytes().hex() if pinned.is_file() else "",
            "platform": [sys.platform, os.uname().machine if hasattr(os, "uname") else ""],
            "environment": {name: self.environ.get(name, "") for name in _DECIDING},
        }
