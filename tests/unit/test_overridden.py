"""Which environment variables change what a test run executes or counts, and what is said about them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from covgate.config import Config
from covgate.gate.overridden import override_notices
from covgate.measure.deciding_variables import DECIDING, deciding_variables

TOP = Path("/home/ada/work")
# A variable, a value without an effect, a value with one.
VALUES = [
    ("COVERAGE_CORE", "", "sysmon"),
    ("COVERAGE_RCFILE", "", "other.ini"),
    ("PYTEST_PLUGINS", " ", "evil"),
    ("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "", "1"),
    ("PYTHONOPTIMIZE", "0", "1"),
    ("PYTHONPATH", "/home/ada/work/src", "/opt/lib"),
    ("PYTHONPATH", "src" + os.pathsep + ".", "src" + os.pathsep + ".."),
    ("PYTHONPATH", "/home/ada/work" + os.pathsep, "/home/ada/work2"),
    ("PYTEST_ADDOPTS", "--color=yes -vv -ra --tb short -p no:cacheprovider", "--color=yes -k not_slow"),
    ("PYTEST_ADDOPTS", "-n auto --dist=loadfile -x", "--cov-config other.ini"),
    ("PYTEST_ADDOPTS", "-n4 --junit-xml=out.xml --durations=10", "tests/unit"),
    ("PYTEST_ADDOPTS", "-pno:sugar --no-header", "-p no:cov"),
    ("PYTEST_ADDOPTS", "-q", "--deselect 'x"),
    ("PYTEST_ADDOPTS", "--basetemp /tmp/x", "--no-cov"),
    ("HOME", "/anywhere", ""),
    ("PYTHONHASHSEED", "0", ""),
]


@pytest.mark.parametrize(("name", "harmless", "deciding"), VALUES)
def test_a_variable_decides_by_its_value(name: str, harmless: str, deciding: str) -> None:
    assert deciding_variables({name: harmless}, [TOP]) == ()
    if name in DECIDING:
        assert deciding_variables({name: deciding}, [TOP]) == (name,)


def test_the_main_worktree_is_the_repository_too() -> None:
    environ = {"PYTHONPATH": "/home/ada/main/src"}
    assert deciding_variables(environ, [TOP]) == ("PYTHONPATH",)
    assert deciding_variables(environ, [TOP, Path("/home/ada/main")]) == ()


# The variables that decide, all that are set; the notices.
NOTICES: list[tuple[tuple[str, ...], tuple[str, ...], list[str]]] = [
    ((), (), []),
    ((), ("COVGATE_TIMEOUT", "COVGATE_SYNC"), ["set in the environment: COVGATE_TIMEOUT, COVGATE_SYNC"]),
    (
        ("COVGATE_FLOOR",),
        ("COVGATE_FLOOR",),
        ["COVGATE_FLOOR changes what is run, counted or judged here: nothing is recorded, and no baseline rises"],
    ),
    (
        ("COVGATE_FLOOR", "PYTEST_ADDOPTS"),
        ("COVGATE_FLOOR", "COVGATE_TIMEOUT"),
        [
            "COVGATE_FLOOR, PYTEST_ADDOPTS change what is run, counted or judged here: nothing is recorded,"
            " and no baseline rises (COVGATE_TIMEOUT set, too)"
        ],
    ),
]


@pytest.mark.parametrize(("deciding", "overrides", "notices"), NOTICES)
def test_one_line_names_them(deciding: tuple[str, ...], overrides: tuple[str, ...], notices: list[str]) -> None:
    assert override_notices(deciding, Config(overrides=overrides)) == notices
