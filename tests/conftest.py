"""Fixtures: a sealed environment, and new projects in it."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from filelock import FileLock
from hypothesis import HealthCheck, settings

from helpers.known_trees import KnownTrees
from helpers.project import Project
from helpers.sealed import CHECKOUT, run, sealed_environment

# A shell that runs the tests in the background makes them ignore interrupts, and their processes inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)

# A few examples while you work, many where the checks run. No deadline: how long an example takes depends on how busy
# the machine is. Tests that start processes ask for a part of them, see `helpers.properties`.
for name, examples in (("dev", 25), ("ci", 100)):
    settings.register_profile(
        name, max_examples=examples, deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
    )
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE") or ("ci" if os.environ.get("CI") == "true" else "dev"))

if TYPE_CHECKING:
    from helpers.browser import Browser


# Their tests rest on git, processes or a browser. Those that rest on Python, too, say so with the marker `each_python`.
_ON_ONE_PYTHON = {CHECKOUT / "tests" / "end_to_end", CHECKOUT / "tests" / "integration"}
# A test of these takes longest. If one started last, the other workers would wait for it.
_LONGEST = {
    *("test_killed", "test_exchange", "test_concurrency", "test_monorepo", "test_readme", "test_real_projects"),
    *("test_notes_lookup", "test_notes_history", "test_diff_cover", "test_in_place_or_aside", "test_versions"),
}


@pytest.hookimpl(tryfirst=True)  # before `-m` chooses
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that each Python runs, and start those that take longest first."""
    for item in items:
        if item.path.parent not in _ON_ONE_PYTHON:
            item.add_marker(pytest.mark.each_python)
    items.sort(key=lambda item: (item.get_closest_marker("each_python") is not None, item.path.stem not in _LONGEST))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int | None:
    """One worker more than there are processors: now and then a test waits for a process or a clock."""
    return None if os.environ.get("PYTEST_XDIST_AUTO_NUM_WORKERS") else (os.cpu_count() or 1) + 1


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """One directory for all workers of a run that is spread over several."""
    own = tmp_path_factory.getbasetemp()
    return own if worker_id == "master" else own.parent


@pytest.fixture(scope="session")
def environ(tmp_path_factory: pytest.TempPathFactory, shared: Path) -> dict[str, str]:
    """The sealed environment of the whole session; hook environments are built once for all workers."""
    sealed = sealed_environment(tmp_path_factory.mktemp("home"))
    return {**sealed, "PRE_COMMIT_HOME": str(shared / "pre-commit")}


@pytest.fixture(scope="session")
def known_trees(tmp_path_factory: pytest.TempPathFactory, environ: dict[str, str]) -> KnownTrees:
    """The measurements that tests with the marker ``known_trees`` find in the cache."""
    return KnownTrees(tmp_path_factory.mktemp("known"), environ)


@pytest.fixture
def make_project(
    request: pytest.FixtureRequest, tmp_path: Path, environ: dict[str, str], known_trees: KnownTrees
) -> Callable[..., Project]:
    """Makes projects in the test's own directory."""
    known = known_trees if request.node.get_closest_marker("known_trees") else None

    def make(name: str = "project", **options: Any) -> Project:
        return Project.create(tmp_path / name, environ, known_trees=known, **options)

    return make


@pytest.fixture
def project(make_project: Callable[..., Project], known_trees: KnownTrees) -> Project:
    """A project whose first commit is measured already. Tests of that first run use `make_project`."""
    project = make_project()
    known_trees.remember(project)
    return project


@pytest.fixture(scope="session")
def source(shared: Path, environ: dict[str, str]) -> Path:
    """covgate's checkout as a repository that pre-commit can clone, uncommitted work included.

    One for the run: pre-commit builds one environment for it, which every test shares.
    """
    directory = shared / "covgate"
    with FileLock(shared / "covgate.lock"):
        if not directory.exists():
            partial = shared / "covgate.partial"
            _copy_checkout(partial, environ)
            partial.rename(directory)
    return directory


def _copy_checkout(directory: Path, environ: dict[str, str]) -> None:
    listed = run(["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"], CHECKOUT, environ)
    for name in filter(None, listed.text.split("\0")):
        if (CHECKOUT / name).is_file() and not name.startswith(("tests/", "docs/")):
            (directory / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(CHECKOUT / name, directory / name)
    for argv in (
        ["init", "--quiet"],
        ["add", "--all"],
        ["commit", "--quiet", "-m", "covgate"],
        ["tag", "v0.1.0"],
    ):
        assert run(["git", *argv], directory, environ).status == 0


@pytest.fixture
def installed(make_project: Callable[..., Project], source: Path) -> Project:
    """A project that `covgate init` has set up with pre-commit."""
    project = make_project(hooks="none")
    done = project.covgate("init", "--no-measure", "--repo", str(source), "--rev", "v0.1.0")
    assert done.status == 0, done.text
    project.commit("set covgate up")
    return project


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory, environ: dict[str, str]) -> Iterator[Browser]:
    """A real Chromium, started once for all tests of a worker."""
    from helpers.browser import Browser, why_no_browser

    why_not = why_no_browser()
    if why_not:
        pytest.skip(why_not)
    opened = Browser(tmp_path_factory.mktemp("chromium"), environ)
    yield opened
    opened.close()
