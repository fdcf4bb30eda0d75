"""Measure a commit: one covgate at a time, from the cache if possible, in place if that is sound, else aside."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from covgate.config import Config
from covgate.errors import ToolError
from covgate.git.environment import without_local_environment
from covgate.git.repository import Repository
from covgate.streams import say

# Late imports below: a push of a measured tree looks into the cache, and loads nothing that runs tests.
if TYPE_CHECKING:
    from covgate.git.worktree import Checkout
    from covgate.measure.interpreter import Interpreter
    from covgate.measure.job import TestsFailed
    from covgate.measure.place import Run
    from covgate.measure.sources import Sources
    from covgate.model.measurement import Measurement


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurer:
    """Measures commits of ``repository`` in the environment ``environ``.

    ``use_cache`` False runs the tests even if the tree has been measured. Each interpreter is looked up once.
    """

    repository: Repository
    environ: Mapping[str, str]
    use_cache: bool = True
    _interpreters: dict[tuple[str, tuple[str, ...]], Interpreter] = field(
        default_factory=dict, repr=False, compare=False
    )

    @property
    def roots(self) -> list[Path]:
        """Where a virtual environment may be: the worktree covgate was called in, then the main worktree."""
        common = self.repository.common_dir
        main = [common.parent] if common.name == ".git" else []
        return list(dict.fromkeys([self.repository.top, *main]))

    def interpreter(self, config: Config) -> Interpreter:
        """The project's interpreter. Raises ToolError if there is none."""
        from covgate.measure.environments.candidates import MEASURING
        from covgate.measure.interpreter import find_interpreter

        needs: tuple[str, ...] = MEASURING
        if config.command is not None or config.report:
            from covgate.measure.program import needs_of

            needs = needs_of(config.command, config.report)
        key = (config.python, needs)
        if key not in self._interpreters:
            self._interpreters[key] = find_interpreter(config.python, self.roots, self.environ, needs)
        return self._interpreters[key]

    def sources(self, commit: str, config: Config) -> Sources:
        """What is measured at ``commit``, unless coverage's own configuration names sources."""
        from covgate.measure.sources import (
            configured_sources,
            default_sources,
            dropped_products,
            product_at,
        )

        if config.source:
            return configured_sources(config.source)
        product, tree = product_at(self.repository, commit)
        return default_sources((*product, *dropped_products(product, config.base_product, tree)), tree)

    def cached(self, commit: str, config: Config) -> Measurement | None:
        """The cached measurement of the commit's tree, made under the same circumstances; None if there is none."""
        if not self.use_cache:
            return None
        from covgate.measure.cache import Cache

        return Cache(self.repository.state_dir).find(self.repository.tree(commit), self._cache_key(config))

    def failed_before(self, commit: str, config: Config) -> str:
        """How the commit's tests failed under the same circumstances, as `keep_failure` stored it; "" if unknown."""
        if not self.use_cache:
            return ""
        from covgate.measure.cache import Cache

        return Cache(self.repository.state_dir).failure(self.repository.tree(commit), self._cache_key(config))

    def keep_failure(self, commit: str, config: Config, summary: str) -> None:
        """Store that the commit's tests failed, for `failed_before`; a push itself always runs them again."""
        from covgate.measure.cache import Cache

        with contextlib.suppress(OSError):  # then they run again
            tree = self.repository.tree(commit)
            Cache(self.repository.state_dir).keep_failure(tree, self._cache_key(config), summary)

    def measure(
        self, commit: str, config: Config, notify: Callable[[str], None], *, earlier: Measurement | None = None
    ) -> Measurement | TestsFailed:
        """Run the tests of ``commit`` under coverage; another covgate in this repository is waited for.

        ``notify`` gets a sentence for the user if the commit had to be measured twice. ``earlier`` is a run of the same
        tree: the result then joins both. Raises ToolError if the tests can't be measured, Interrupted if the user
        stops them.
        """
        from covgate.measure.cache import Cache
        from covgate.measure.place import Place
        from covgate.measure.process_group import interruptible
        from covgate.measure.progress import progress
        from covgate.model.measurement import Measurement
        from covgate.model.unstable import join_runs

        cache = Cache(self.repository.state_dir)
        with interruptible(), self._lock() as scratch:
            # The covgate that held the lock may just have measured this tree.
            cached = self.cached(commit, config)
            if cached is not None and cached.runs > (earlier.runs if earlier else 0):
                return cached
            with progress(cache.last_duration(), self.environ) as shown:
                run_tests = partial(self._run_tests, config=config, scratch=scratch, tick=shown.tick)
                result = Place(
                    repository=self.repository,
                    commit=commit,
                    config=config,
                    environ=self.environ,
                    run_tests=run_tests,
                    notify=notify,
                ).measure()
            if isinstance(result, Measurement):
                result = join_runs(earlier, result) if earlier is not None else result
                if result.tests_collected:
                    with contextlib.suppress(OSError):  # the next push measures again
                        cache.keep(result, self._cache_key(config))
            return result

    def _run_tests(self, checkout: Checkout, config: Config, scratch: Path, tick: Callable[[Path], None]) -> Run:
        import tempfile

        from covgate.git.worktree import checkouts
        from covgate.measure.committed import commit_of
        from covgate.measure.import_roots import package_roots
        from covgate.measure.job import Job
        from covgate.measure.place import Run
        from covgate.measure.run import measure
        from covgate.measure.uncommitted import read_seen

        own = Path(tempfile.mkdtemp(dir=scratch))
        job = Job(
            tree=checkout.path,
            tree_oid=self.repository.tree(checkout.commit),
            scratch=own,
            interpreter=self.interpreter(config),
            environ=without_local_environment(self.environ),
            timeout=config.timeout,
            command=config.command,
            report=config.report,
            report_paths=dict(config.report_paths),
            committed=partial(commit_of, self.repository, checkout.commit, [checkout.path, *self.roots]),
            sources=self.sources(checkout.commit, config),
            setup=config.setup,
            coverage_config=config.coverage_config,
            # If an editable install points to a worktree, it is the main one.
            isolated=checkout.path != self.roots[-1],
            checkouts=tuple(each for each in checkouts(self.repository) if each != checkout.path),
            package_roots=package_roots(checkout.contents.paths()),
            tick=lambda: tick(own),
        )
        result: Measurement | TestsFailed | ToolError
        try:
            result = measure(job)
        except ToolError as error:
            result = error
        except OSError as error:
            result = _not_written(error, own)
        return Run(result=result, seen=read_seen(own, checkout.path, self.environ))

    @contextlib.contextmanager
    def _lock(self) -> Iterator[Path]:
        """Hold the repository's lock. Yields a scratch directory, which is removed afterwards."""
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
                say("waiting for another covgate in this repository")
                lock.acquire()
        except OSError as error:
            raise _not_written(error, state) from None
        try:
            # Left by a killed run: nobody else works here while the lock is held.
            shutil.rmtree(scratch, ignore_errors=True)
            try:
                scratch.mkdir()
            except OSError as error:
                raise _not_written(error, scratch) from None
            yield scratch
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
            lock.release()

    def _cache_key(self, config: Config) -> dict[str, object]:
        """Everything beside the tree that decides the measurement."""
        from covgate.measure.deciding_variables import key_values
        from covgate.measure.interpreter import fingerprint, site_directories

        interpreter = self.interpreter(config)
        pinned = self.roots[0] / ".python-version"
        return {
            "command": config.command,
            "report": config.report,
            **({"report-paths": config.report_paths} if config.report_paths else {}),
            "source": config.source,
            **({"base-product": config.base_product} if config.base_product else {}),
            "setup": config.setup,
            **({"coverage-config": config.coverage_config} if config.coverage_config else {}),
            "interpreter": fingerprint(interpreter, site_directories(interpreter, self.environ)),
            "python-version": pinned.read_bytes().hex() if pinned.is_file() else "",
            "platform": [sys.platform, os.uname().machine if hasattr(os, "uname") else ""],
            "environment": {
                **key_values(self.environ, self.roots, config.command),
                "PYENV_VERSION": self.environ.get("PYENV_VERSION", ""),
            },
        }


def _not_written(error: OSError, place: Path) -> ToolError:
    """The error for a disk that is full, or a directory that can't be written."""
    return ToolError(
        f"{error.filename or place} can't be written: {error.strerror or error}",
        hint="covgate keeps its scratch files there: make room, or correct the permissions",
    )
