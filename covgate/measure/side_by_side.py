"""Measure several components of a commit side by side, each in a worktree of its own."""

from __future__ import annotations

import queue
import threading
from collections.abc import Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import NamedTuple

from covgate.config import Config, Isolation
from covgate.errors import Interrupted, ToolError, unexpected
from covgate.git.repository import Repository
from covgate.measure.cache import Cache
from covgate.measure.commit import Measurer
from covgate.measure.job import TestsFailed
from covgate.measure.lock import lock
from covgate.measure.process_group import interruptible
from covgate.measure.progress import Progress, progress
from covgate.model.measurement import Measurement

_REDRAW = 0.2  # seconds


class Ran(NamedTuple):
    """How the run of a component ended, and notices about it."""

    result: Measurement | TestsFailed | ToolError
    notices: tuple[str, ...] = ()


def measure_side_by_side(measurer: Measurer, commit: str, configs: Sequence[Config], jobs: int) -> dict[str, Ran]:
    """Run the tests of each of ``configs``, at most ``jobs`` at a time. Returns how each ended, by component.

    Another covgate in this repository is waited for. Raises Interrupted if the user stops it: then no process is left.
    """
    state = measurer.repository.state_dir
    with interruptible(), lock(state) as scratch, progress(Cache(state).last_duration(), measurer.environ) as shown:
        try:
            return _Runs(measurer, commit, scratch, shown).run(configs, jobs)
        finally:
            measurer.look_again()


class _Runs:
    """The runs that are under way. Only the main thread draws."""

    def __init__(self, measurer: Measurer, commit: str, scratch: Path, shown: Progress) -> None:
        self._measurer = measurer
        self._commit = commit
        self._scratch = scratch
        self._shown = shown
        self._running: dict[str, Path] = {}
        self._stopped = threading.Event()
        self._worktrees: queue.SimpleQueue[str] = queue.SimpleQueue()

    def run(self, configs: Sequence[Config], jobs: int) -> dict[str, Ran]:
        for number in range(jobs):
            self._worktrees.put(f"tree-{number}" if number else "tree")
        with ThreadPoolExecutor(jobs) as pool:
            futures = {each.component: pool.submit(self._measure, each) for each in configs}
            try:
                self._wait(set(futures.values()))
            except BaseException:
                self._stopped.set()  # each run ends at its next tick
                pool.shutdown(cancel_futures=True)
                raise
        return {name: future.result() for name, future in futures.items()}

    def _wait(self, waiting: set[Future[Ran]]) -> None:
        while waiting:
            done, waiting = wait(waiting, timeout=_REDRAW, return_when=FIRST_COMPLETED)
            for each in done:
                each.result()  # raises what is no result
            self._shown.show(dict(self._running))

    def _measure(self, config: Config) -> Ran:
        """In a thread: with a repository of its own, since a reader of git objects serves one thread."""
        notices: list[str] = []
        worktree = self._worktrees.get()
        repository = Repository.discover(self._measurer.repository.top, self._measurer.repository.environ)
        try:
            known = self._measurer
            measurer = Measurer(
                repository=repository, environ=known.environ, use_cache=known.use_cache, worktree=worktree
            )
            aside = replace(config, isolation=Isolation.WORKTREE)
            # The covgate that held the lock may just have measured it.
            cached = measurer.cached(self._commit, config)
            if cached is not None:
                return Ran(cached)
            tick = partial(self._tick, config.component)
            run_tests = partial(measurer.run_tests, config=aside, scratch=self._scratch, tick=tick)
            result = measurer.run(self._commit, aside, run_tests, notices.append)
            return Ran(result, tuple(notices))
        except ToolError as error:
            return Ran(error, tuple(notices))
        except Interrupted:
            raise
        except Exception as error:  # the other components go on
            return Ran(unexpected(error), tuple(notices))
        finally:
            self._running.pop(config.component, None)
            repository.close()
            self._worktrees.put(worktree)

    def _tick(self, component: str, scratch: Path) -> None:
        if self._stopped.is_set():
            raise Interrupted("interrupted; nothing was recorded")
        self._running[component] = scratch
