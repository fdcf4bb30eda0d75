"""The project's interpreter, however the hook's environment hides it."""

from __future__ import annotations

import os
import sys
import venv
from pathlib import Path

import pytest

from covgate.errors import ToolError
from covgate.measure.interpreter import (
    Interpreter,
    child_environment,
    find_interpreter,
    fingerprint,
    site_directories,
)


@pytest.fixture
def environment(tmp_path: Path) -> Path:
    venv.create(tmp_path / "activated", symlinks=True)
    return tmp_path / "activated"


def test_an_activated_environment_behind_the_hooks_own(
    environment: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """pre-commit puts its own environment first on PATH and into VIRTUAL_ENV."""
    venv.create(tmp_path / "py_env-python3", symlinks=True)
    own = tmp_path / "py_env-python3"
    monkeypatch.setattr(sys, "prefix", str(own))
    path = os.pathsep.join([str(own / "bin"), str(environment / "bin"), "/usr/bin"])
    environ = {"PRE_COMMIT": "1", "VIRTUAL_ENV": str(own), "PATH": path, "PRE_COMMIT_HOME": "/kept"}
    found = find_interpreter("", [tmp_path], environ)
    assert found.path == str(environment / "bin" / "python")
    child = child_environment(found, environ)
    assert child["VIRTUAL_ENV"] == str(environment)
    assert child["PATH"].split(os.pathsep) == [str(environment / "bin"), "/usr/bin"]
    assert child["PRE_COMMIT_HOME"] == "/kept"
    assert "PRE_COMMIT" not in child


def test_one_that_was_not_activated_lies_in_the_repository(tmp_path: Path) -> None:
    linked, main = tmp_path / "linked", tmp_path / "main"
    linked.mkdir()
    venv.create(main / ".venv", symlinks=True)
    found = find_interpreter("", [linked, main], {"PATH": "/usr/bin"})
    assert found.path == str(main / ".venv" / "bin" / "python")
    assert ".venv in the repository" in found.origin


def test_configured_wins_and_must_exist(environment: Path, tmp_path: Path) -> None:
    assert find_interpreter("activated", [tmp_path], {}).path == str(environment / "bin" / "python")
    assert find_interpreter(sys.executable, [tmp_path], {"VIRTUAL_ENV": str(environment)}).path == sys.executable
    with pytest.raises(ToolError, match="no such interpreter"):
        find_interpreter("elsewhere/python", [tmp_path], {})


def test_a_configured_program_is_looked_up_on_path(environment: Path, tmp_path: Path) -> None:
    environ = {"PATH": str(environment / "bin")}
    found = find_interpreter("python3", [tmp_path], environ)
    assert (found.path, found.environment) == (str(environment / "bin" / "python3"), str(environment))
    with pytest.raises(ToolError, match="no such interpreter"):
        find_interpreter("python3", [tmp_path], {"PATH": "/nowhere"})


def test_none_at_all(tmp_path: Path) -> None:
    with pytest.raises(ToolError, match="no Python interpreter"):
        find_interpreter("", [tmp_path], {"PATH": str(tmp_path)})


def test_nothing_of_the_call_reaches_the_tests(environment: Path) -> None:
    environ = {
        "PATH": "/usr/bin",
        "COVGATE_FLOOR": "1",
        "COVERAGE_FILE": "x",
        "COVERAGE_PROCESS_START": "x",
        "COVERAGE_CORE": "ctrace",
        "PRE_COMMIT_FROM_REF": "x",
        "PYTEST_CURRENT_TEST": "x",
        "LANG": "C",
    }
    child = child_environment(Interpreter(path=str(environment / "bin" / "python")), environ)
    assert child == {"PATH": "/usr/bin", "COVERAGE_CORE": "ctrace", "LANG": "C"}


def test_the_fingerprint_follows_what_is_installed(environment: Path, tmp_path: Path) -> None:
    found = find_interpreter(str(environment), [tmp_path], {})
    sites = site_directories(found)
    own = next(environment.glob("lib/python3*/site-packages"))
    assert str(own) in sites
    before = fingerprint(found, sites)
    assert fingerprint(found, sites) == before
    (own / "thing-1.0.dist-info").mkdir()
    after = fingerprint(found, sites)
    assert after != before
    (own / "thing-1.0.dist-info").rename(own / "thing-2.0.dist-info")
    assert fingerprint(found, sites) not in (before, after)
