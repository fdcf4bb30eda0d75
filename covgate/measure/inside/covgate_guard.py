"""covgate's pytest plugin: it reports the progress of the run, how it ended, and which files took part.

pytest loads it by its name, like any plugin (``-p covgate_guard``). PYTEST_DONT_REWRITE: it has no assertions.
Standard library only, Python 3.8 and newer.
"""

import json
import os
import re
import time

import covgate_seen
import pytest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, Generator, List

SPEC = json.loads(os.environ.get("_COVGATE_GUARD", "{}"))
_NOT_FOUND = re.compile("(?:file or directory )?not found: (.*)")
_PROGRESS_INTERVAL = 0.2  # seconds
_MOST_NAMED = 3  # failed tests that are named; the others are counted
_session: "Dict[str, Any]" = {"done": 0, "total": 0, "written": 0.0, "broken": "", "failed": {}, "stopped": False}


@pytest.hookimpl(hookwrapper=True, tryfirst=True)  # before pytest-cov, whose hook is tryfirst but no wrapper
def pytest_load_initial_conftests(early_config: "Any") -> "Generator[None, Any, None]":
    """Make pytest-cov write no report, ignore its fail-under, and count files that no test imports.

    Also report a conftest.py that can't be imported.
    """
    options = early_config.known_args_namespace
    if hasattr(options, "cov_source"):
        options.cov_report = {"": None}
        options.cov_fail_under = 0
        is_bare = options.cov_source == [True]
        if SPEC.get("source") and (is_bare or SPEC["adds_cov"]):
            options.cov_source = list(SPEC["source"])
            # pytest-cov has no option for what to omit.
            options.cov_config = SPEC["omit_rcfile"] or options.cov_config
    outcome = yield
    if outcome.excinfo is not None and outcome.excinfo[0].__name__ == "ConftestImportFailure":
        conftest = str(getattr(outcome.excinfo[1], "path", "conftest.py"))
        tree = SPEC.get("tree", "")
        if os.path.realpath(conftest).startswith(tree + os.sep):
            conftest = os.path.relpath(os.path.realpath(conftest), tree)
        _write("finished-%d" % os.getpid(), {"status": 4, "broken": "%s can't be imported" % conftest})


def pytest_addoption(pluginmanager: "Any") -> None:
    """Check how the tests are measured, after the plugins and before the first conftest.py."""
    pluginmanager.register(BeforeConftests(), "covgate_before_conftests")


class BeforeConftests:
    """A plugin of its own, because one module can't implement a hook twice."""

    def pytest_load_initial_conftests(self, early_config: "Any") -> None:
        """By now, nearly every plugin has set its options, and no code of the project has run."""
        if not SPEC.get("late"):
            check_measuring(early_config, early_config.known_args_namespace, late=False)


def workers(options: "Any") -> "List[str]":
    """The options that start the workers of pytest-xdist; empty if there are none."""
    count, specs = getattr(options, "numprocesses", None), getattr(options, "tx", None) or []
    return ["--numprocesses=%s" % count] if count else ["--tx=%s" % each for each in specs]


@pytest.hookimpl(trylast=True)
def pytest_sessionstart(session: "Any") -> None:
    """Check again: a conftest.py may have switched pytest-cov on. By now, pytest-cov has read COVERAGE_FILE."""
    check_measuring(session.config, session.config.option, late=True)
    is_worker = hasattr(session.config, "workerinput")
    starts_workers = bool(workers(session.config.option)) and not is_worker
    if SPEC.get("hides_data_file") and (is_worker or SPEC["pid"] == os.getpid()) and not starts_workers:
        os.environ.pop("COVERAGE_FILE", None)


def check_measuring(config: "Any", options: "Any", late: bool) -> None:
    """Restart pytest if it is not measured as expected: plugins can switch pytest-cov and xdist on.

    If coverage ran inside coverage, the outer one would get no data.
    """
    if SPEC.get("pid") != os.getpid():  # a worker of xdist, or a pytest that the tests start
        return
    plugin = config.pluginmanager.getplugin("_cov")
    has_cov = getattr(plugin, "cov_controller", None) is not None
    distributed = workers(options)
    sees_workers = has_cov or not distributed or SPEC["measures_workers"]
    if has_cov == (SPEC["through"] == "pytest-cov") and sees_workers:
        return
    from covgate_programs import command_line, replace_process

    sources = getattr(options, "cov_source", None) or []
    found = {"cov": has_cov, "bare": sources in ([], [True]), "distributed": distributed, "late": late}
    os.environ["_COVGATE_FOUND"] = json.dumps(dict(found, tries=SPEC["tries"] + 1))
    capture = config.pluginmanager.getplugin("capturemanager")
    if capture is not None:  # otherwise the output would go to a file of this pytest
        capture.stop_global_capturing()
    replace_process(command_line()[1:])


@pytest.hookimpl(hookwrapper=True)
def pytest_collection() -> "Generator[None, Any, None]":
    """Note which files and tests were to run but do not exist: pytest reports them as a usage error."""
    outcome = yield
    if outcome.excinfo is not None and issubclass(outcome.excinfo[0], pytest.UsageError):
        missing = [_NOT_FOUND.match(str(each)) for each in outcome.excinfo[1].args]
        names = [os.path.relpath(found.group(1), SPEC.get("tree") or None) for found in missing if found]
        _session["broken"] = "%s not found" % ", ".join(names) if names else ""


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: "Any", error: "Any") -> None:
    """Record that a worker of xdist crashed: without any worker, pytest ends as if there were no tests."""
    if error:
        _session["broken"] = "a worker of pytest-xdist crashed"


def pytest_collection_finish(session: "Any") -> None:
    """Count the tests."""
    _session["total"] = len(session.items)


def pytest_collectreport(report: "Any") -> None:
    """Note what could not be collected."""
    if report.failed:
        _session["failed"][report.nodeid] = True


def pytest_runtest_logreport(report: "Any") -> None:
    """Note what failed, and report the progress, from time to time."""
    if report.failed:
        _session["failed"][report.nodeid] = True
    if report.when != "teardown":
        return
    _session["done"] += 1
    now = time.monotonic()
    if now - _session["written"] > _PROGRESS_INTERVAL:
        _session["written"] = now
        _write("progress-%d" % os.getpid(), [_session["done"], _session["total"]])


def pytest_keyboard_interrupt() -> None:
    """Note that pytest was stopped: by a key, or by pytest.exit(), which may give any exit status."""
    _session["stopped"] = True


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: "Any", exitstatus: int) -> None:
    """Report how the session ended, and which files took part."""
    if SPEC.get("directory"):
        covgate_seen.write(SPEC, session)
    failed = list(_session["failed"])
    ended_early = _session["stopped"] and not exitstatus and not failed
    if not hasattr(session.config, "workerinput") and not ended_early:
        collected = getattr(session, "testscollected", 0)
        facts = {
            "status": int(exitstatus) or int(_session["stopped"]),
            "collected": collected,
            "broken": _session["broken"],
        }
        facts.update({"failed": failed[:_MOST_NAMED], "failures": len(failed)})
        _write("finished-%d" % os.getpid(), facts)


def _write(name: str, value: "Any") -> None:
    """Write ``value`` as JSON to a file for covgate, in one step."""
    directory = SPEC.get("directory")
    if not directory:
        return
    path = os.path.join(directory, name)
    with open(path + ".new", "w", encoding="utf-8") as file:
        json.dump(value, file)
    os.replace(path + ".new", path)
