"""covgate's pytest plugin: it reports how far the run is, how it ended, and which files took part.

pytest loads it by its name, like any plugin (``-p covgate_guard``). PYTEST_DONT_REWRITE: it has no assertions.
Standard library only, Python 3.8 and newer.
"""

import json
import os
import re
import time

import covgate_seen  # type: ignore[import-not-found]  # beside this file
import pytest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, Generator

SPEC = json.loads(os.environ.get("COVGATE_GUARD", "{}"))
_NOT_FOUND = re.compile("(?:file or directory )?not found: (.*)")
_PROGRESS_INTERVAL = 0.2  # seconds
_session: "Dict[str, Any]" = {"done": 0, "total": 0, "written": 0.0, "broken": ""}


@pytest.hookimpl(hookwrapper=True, tryfirst=True)  # before pytest-cov, whose hook is tryfirst but no wrapper
def pytest_load_initial_conftests(early_config: "Any") -> "Generator[None, Any, None]":
    """Make pytest-cov write no report, ignore its fail-under, and count files that no test imports.

    Also report a conftest.py that can't be imported.
    """
    options = early_config.known_args_namespace
    if hasattr(options, "cov_source"):
        options.cov_report = {"": None}
        options.cov_fail_under = 0
        if options.cov_source == [True] and SPEC.get("source"):
            options.cov_source = list(SPEC["source"])
    outcome = yield
    if outcome.excinfo is not None and outcome.excinfo[0].__name__ == "ConftestImportFailure":
        conftest = str(getattr(outcome.excinfo[1], "path", "conftest.py"))
        tree = SPEC.get("tree", "")
        if os.path.realpath(conftest).startswith(tree + os.sep):
            conftest = os.path.relpath(os.path.realpath(conftest), tree)
        _write("finished", {"status": 4, "broken": "%s can't be imported" % conftest})


@pytest.hookimpl(hookwrapper=True)
def pytest_collection() -> "Generator[None, Any, None]":
    """Note which files and tests were to run but do not exist: pytest reports them as a usage error."""
    outcome = yield
    if outcome.excinfo is not None and issubclass(outcome.excinfo[0], pytest.UsageError):
        missing = [_NOT_FOUND.match(str(each)) for each in outcome.excinfo[1].args]
        names = [os.path.relpath(found.group(1), SPEC.get("tree") or None) for found in missing if found]
        _session["broken"] = "%s not found" % ", ".join(names) if names else ""


def pytest_collection_finish(session: "Any") -> None:
    """Count the tests."""
    _session["total"] = len(session.items)


def pytest_runtest_logreport(report: "Any") -> None:
    """Report the progress, from time to time."""
    if report.when != "teardown":
        return
    _session["done"] += 1
    now = time.monotonic()
    if now - _session["written"] > _PROGRESS_INTERVAL:
        _session["written"] = now
        _write("progress-%d" % os.getpid(), [_session["done"], _session["total"]])


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: "Any", exitstatus: int) -> None:
    """Report how the session ended, and which files took part."""
    if SPEC.get("directory"):
        covgate_seen.write(SPEC, session)
    if not hasattr(session.config, "workerinput"):
        collected = getattr(session, "testscollected", 0)
        _write("finished", {"status": int(exitstatus), "collected": collected, "broken": _session["broken"]})


def _write(name: str, value: "Any") -> None:
    """Write ``value`` as JSON to a file for covgate, in one step."""
    directory = SPEC.get("directory")
    if not directory:
        return
    path = os.path.join(directory, name)
    with open(path + ".new", "w", encoding="utf-8") as file:
        json.dump(value, file)
    os.replace(path + ".new", path)
