"""Measure a commit: one covgate at a time, from the cache if possible, in place if that is sound, else aside."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from covgate.config import Config
from covgate.errors import ToolError
from covgate.git.environment import without_local_environment
from covgate.git.repository import Repository

# Late imports below: a push of a measured tree looks into the cache, and loads nothing that runs tests.
if TYPE_CHECKING:
    from covgate.git.worktree import Checkout
    from covgate.measure.cache import Cache
    from covgate.measure.inputs import Inputs, InputsOf
    from covgate.measure.interpreter import Interpreter
    from covgate.measure.job import TestsFailed
    from covgate.measure.place import Run
    from covgate.measure.sources import Sources
    from covgate.model.measurement import Measurement


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurer:
    """Measures commits of ``repository`` in the environment ``environ``.

    ``use_cache`` False runs the tests even if the tree has been measured. Each interpreter is looked up once.
    ``worktree``: the name of the worktree of covgate's own that is used aside.
    """

    repository: Repository
    environ: Mapping[str, str]
    use_cache: bool = True
    worktree: str = "tree"
    _interpreters: dict[tuple[str, str, tuple[str, ...]], Interpreter] = field(
        default_factory=dict, repr=False, compare=False
    )
    _fingerprints: dict[Interpreter, str] = field(default_factory=dict, repr=False, compare=False)
    _inputs: list[InputsOf] = field(default_factory=list, repr=False, compare=False)

    @property
    def roots(self) -> list[Path]:
        """Where a virtual environment may be: the worktree covgate was called in, then the main worktree."""
        common = self.repository.common_dir
        main = [common.parent] if common.name == ".git" else []
        return list(dict.fromkeys([self.repository.top, *main]))

    def roots_of(self, config: Config) -> list[Path]:
        """The same for one component: its directory in each of these, then, unless it says where, these."""
        own = [root / config.directory for root in self.roots]
        return own if config.python else list(dict.fromkeys([*own, *self.roots]))

    def inputs(self, commit: str, config: Config) -> Inputs:
        """What decides the number of the component at ``commit``. Raises ToolError if git can't read the commit."""
        from covgate.measure.inputs import InputsOf

        if not self._inputs:
            self._inputs.append(InputsOf(self.repository))
        return self._inputs[0].find(commit, config)

    def tree(self, commit: str, config: Config) -> str:
        """The name of these inputs: the oid of the commit's tree, unless ``config`` is that of a component."""
        return self.inputs(commit, config).oid if config.is_part else self.repository.tree(commit)

    def enforced_tree(self, commit: str, config: Config) -> str:
        """The name of the inputs by the base's `paths`, which are more than the component's own."""
        return self.tree(commit, replace(config, paths=config.enforced_paths, enforced_paths=()))

    def interpreter(self, config: Config) -> Interpreter:
        """The project's interpreter. Raises ToolError if there is none."""
        from covgate.measure.environments.candidates import MEASURING
        from covgate.measure.interpreter import find_interpreter

        needs: tuple[str, ...] = MEASURING
        if config.command is not None or config.report:
            from covgate.measure.program import needs_of

            needs = needs_of(config.command, config.report)
        key = (config.directory, config.python, needs)
        if key not in self._interpreters:
            self._interpreters[key] = find_interpreter(config.python, self.roots_of(config), self.environ, needs)
        return self._interpreters[key]

    def look_again(self) -> None:
        """Forget what is installed: what ran may have changed it."""
        self._fingerprints.clear()

    def sources(self, commit: str, config: Config) -> Sources:
        """What is measured at ``commit``, unless coverage's own configuration names sources."""
        from covgate.measure.sources import configured_sources, default_sources, dropped_products, product_at

        if config.source:
            return configured_sources(config.source)
        product, tree = product_at(self.repository, commit, config.directory, config.others)
        return default_sources((*product, *dropped_products(product, config.base_product, tree)), tree)

    def cached(self, commit: str, config: Config) -> Measurement | None:
        """The cached measurement of the commit's tree, made under the same circumstances; None if there is none."""
        if not self.use_cache:
            return None
        return self._cache.find(self.tree(commit, config), self._cache_key(commit, config))

    def failed_before(self, commit: str, config: Config) -> str:
        """How the commit's tests failed under the same circumstances, as `keep_failure` stored it; "" if unknown."""
        if not self.use_cache:
            return ""
        return self._cache.failure(self.tree(commit, config), self._cache_key(commit, config))

    def keep_failure(self, commit: str, config: Config, summary: str) -> None:
        """Store that the commit's tests failed, for `failed_before`; a push itself always runs them again."""
        with contextlib.suppress(OSError):  # then they run again
            self._cache.keep_failure(self.tree(commit, config), self._cache_key(commit, config), summary)

    def measure(
        self, commit: str, config: Config, notify: Callable[[str], None], *, earlier: Measurement | None = None
    ) -> Measurement | TestsFailed:
        """Run the tests of ``commit`` under coverage; another covgate in this repository is waited for.

        ``notify`` gets a sentence for the user if the commit had to be measured twice. ``earlier`` is a run of the same
        tree: the result then joins both. Raises ToolError if the tests can't be measured, Interrupted if the user
        stops them.
        """
        from covgate.measure.lock import lock
        from covgate.measure.process_group import interruptible
        from covgate.measure.progress import progress

        with interruptible(), lock(self.repository.state_dir) as scratch:
            # The covgate that held the lock may just have measured this tree.
            cached = self.cached(commit, config)
            if cached is not None and cached.runs > (earlier.runs if earlier else 0):
                return cached
            expected = self._cache.last_duration()
            with progress(expected, self.environ) as shown:
                run_tests = partial(self.run_tests, config=config, scratch=scratch, tick=shown.tick)
                return self.run(commit, config, run_tests, notify, earlier=earlier)

    def run(
        self,
        commit: str,
        config: Config,
        run_tests: Callable[[Checkout], Run],
        notify: Callable[[str], None],
        *,
        earlier: Measurement | None = None,
    ) -> Measurement | TestsFailed:
        """Run the tests with ``run_tests``, in place or aside, and cache the result. The caller holds the lock.

        The other arguments are those of `measure`.
        """
        from covgate.measure.committed import require_code
        from covgate.measure.place import Place
        from covgate.model.measurement import Measurement
        from covgate.model.unstable import join_runs

        if config.directory and config.command is None and not config.report:
            require_code(self.repository, commit, config.directory)
        result = Place(
            repository=self.repository,
            commit=commit,
            config=config,
            environ=self.environ,
            run_tests=run_tests,
            notify=notify,
            worktree=self.worktree,
        ).measure()
        if isinstance(result, Measurement):
            result = join_runs(earlier, result) if earlier is not None else result
            self.look_again()
            if result.tests_collected:
                with contextlib.suppress(OSError):  # the next push measures again
                    self._cache.keep(result, self._cache_key(commit, config))
        return result

    def run_tests(self, checkout: Checkout, config: Config, scratch: Path, tick: Callable[[Path], None]) -> Run:
        """Run the tests in ``checkout``; ``tick`` gets the scratch directory of the run several times a second."""
        import tempfile

        from covgate.git.worktree import checkouts
        from covgate.measure.committed import commit_of, own_files
        from covgate.measure.import_roots import package_roots
        from covgate.measure.job import Job
        from covgate.measure.lock import not_written
        from covgate.measure.place import Run
        from covgate.measure.run import measure
        from covgate.measure.uncommitted import read_seen

        own = Path(tempfile.mkdtemp(dir=scratch))
        job = Job(
            tree=checkout.path,
            directory=config.directory,
            tree_oid=self.tree(checkout.commit, config),
            scratch=own,
            interpreter=self.interpreter(config),
            environ=without_local_environment(self.environ),
            timeout=config.timeout,
            command=config.command,
            report=config.report,
            report_format=config.report_format,
            report_paths=dict(config.report_paths),
            committed=partial(commit_of, self.repository, checkout.commit, [checkout.path, *self.roots]),
            sources=self.sources(checkout.commit, config),
            counts=own_files(self.repository, checkout.commit, config),
            setup=config.setup,
            coverage_config=config.coverage_config,
            isolated=checkout.path != self.roots[-1],  # the main worktree, where editable installs point to
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
            result = not_written(error, own)
        return Run(result=result, seen=read_seen(own, checkout.path, self.environ))

    @property
    def _cache(self) -> Cache:
        from covgate.measure.cache import Cache

        return Cache(self.repository.state_dir)

    def _cache_key(self, commit: str, config: Config) -> dict[str, object]:
        """Everything beside the tree that decides the measurement."""
        from covgate.measure.deciding_variables import key_values
        from covgate.measure.interpreter import fingerprint, site_directories

        interpreter, known = self.interpreter(config), self._fingerprints
        if interpreter not in known:
            known[interpreter] = fingerprint(interpreter, site_directories(interpreter, self.environ))
        pinned = self.roots_of(config)[0] / ".python-version"
        return {
            "command": config.command,
            "report": config.report,
            **({"report-format": config.report_format} if config.report_format else {}),
            **({"report-paths": config.report_paths} if config.report_paths else {}),
            "source": config.source,
            **({"directory": config.directory, "others": config.others} if config.is_part else {}),
            **({"base-product": config.base_product} if config.base_product else {}),
            **({"enforced": self.enforced_tree(commit, config)} if config.enforced_paths else {}),
            "setup": config.setup,
            **({"coverage-config": config.coverage_config} if config.coverage_config else {}),
            "interpreter": known[interpreter],
            "python-version": pinned.read_bytes().hex() if pinned.is_file() else "",
            "platform": [sys.platform, os.uname().machine if hasattr(os, "uname") else ""],
            "environment": {
                **key_values(self.environ, self.roots, config.command),
                "PYENV_VERSION": self.environ.get("PYENV_VERSION", ""),
            },
        }
