"""Which environment variables change what a test run executes or counts, and what is said about them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from covgate.config import Config
from covgate.gate.overridden import override_notices
from covgate.measure.deciding_variables import circumstances, deciding_variables, key_values

TOP = Path("/home/ada/work")
# A variable, and the values of it that have no effect, that are circumstances, and that decide.
VALUES: list[tuple[str, list[str], list[str], list[str]]] = [
    ("COVERAGE_CORE", [""], ["sysmon", "pytrace"], []),
    ("COVERAGE_RCFILE", [""], ["ci.ini"], ["/etc/ci.ini", "../ci.ini", "none.ini", "src"]),
    ("DJANGO_SETTINGS_MODULE", [" "], ["shop.settings.test"], []),
    ("HYPOTHESIS_PROFILE", [""], ["ci"], []),
    ("PYTEST_PLUGINS", [" "], [], ["evil"]),
    ("PYTEST_DISABLE_PLUGIN_AUTOLOAD", [""], [], ["1"]),
    ("PYTHONOPTIMIZE", ["0"], [], ["1", "2"]),
    (
        "PYTHONPATH",
        ["TOP/src", "src" + os.pathsep + ".", "TOP" + os.pathsep],
        ["/opt/ros/lib", "src" + os.pathsep + "..", "TOP2"],
        [],
    ),
    ("HOME", ["/anywhere"], [], []),
    ("PYTHONHASHSEED", ["0"], [], []),
]
HARMLESS_OPTIONS = """\
--color=yes -vv -ra --tb short -p no:cacheprovider
-n auto --dist=loadfile -x
-n4 --junit-xml=out.xml --durations=10
-pno:sugar --no-header
-q
--basetemp /tmp/x
--timeout=60 --timeout-method thread --reruns 3 --reruns-delay=1
--disable-warnings --strict-markers --strict-config --maxfail=1
-o log_cli=true --log-cli-level=INFO --log-level DEBUG
-olog_cli=1 --override-ini=junit_family=xunit2 --override-ini console_output_style=count
--cov-report=xml --cov-report term -r fE""".splitlines()
DECIDING_OPTIONS = """\
--color=yes -k not_slow
--cov-config other.ini
tests/unit
-p no:cov
--deselect 'x
--no-cov
-o addopts=
-oaddopts=
-o
--override-ini=testpaths=one
--override-ini python_files=one
-m slow
--timeout
-p evil --color=yes
--color""".splitlines()
VALUES.append(("PYTEST_ADDOPTS", HARMLESS_OPTIONS, [], DECIDING_OPTIONS))


@pytest.mark.parametrize(("name", "harmless", "around", "deciding"), VALUES)
def test_a_variable_decides_by_its_value(
    tmp_path: Path, name: str, harmless: list[str], around: list[str], deciding: list[str]
) -> None:
    top = tmp_path / "work"
    (top / "src").mkdir(parents=True)
    (top / "ci.ini").touch()
    for values, circumstance, decides in ((harmless, (), ()), (around, (name,), ()), (deciding, (), (name,))):
        for value in values:
            environ = {name: value.replace("TOP", str(top))}
            found = circumstances(environ, [top]), deciding_variables(environ, [top])
            assert found == (circumstance, decides), value
            assert (name in key_values(environ, [top], None)) == (name == "PYTHONPATH" or bool(circumstance + decides))


# The command; the variables of the tools that it starts; whether they decide.
OF_COMMANDS = [
    (("tox",), {"TOXENV": "py311", "TOX_SKIP_ENV": "lint", "TOX_OVERRIDE": "testenv.commands="}, True),
    (("python", "-m", "tox", "run"), {"TOXENV": "py311"}, True),
    (("/usr/bin/tox", "-e", "py"), {"TOXENV": "lint"}, False),
    (("tox", "-e", "py"), {"TOX_OVERRIDE": "testenv.commands=", "TOX_SKIP_ENV": "py"}, True),
    (("sh", "-c", "cd src && tox; true"), {"TOXENV": "py311"}, True),
    (("pytest", "tests/tox"), {"TOXENV": "py311", "NOXSESSION": "tests", "MAKEFLAGS": "T=1"}, False),
    ((), {"TOXENV": "py311", "NOXSESSION": "tests", "MAKEFLAGS": "T=1"}, False),
    (("nox",), {"NOXSESSION": "lint"}, True),
    (("nox", "--session=tests"), {"NOXSESSION": "lint"}, False),
    (("make", "test"), {"MAKEFLAGS": " -- TESTS=one"}, True),
    (("make", "test"), {"MAKEFLAGS": "n"}, True),
    (("make", "test"), {"MAKEFLAGS": "i"}, True),
    (("make", "test"), {"MAKEFLAGS": "w -j4 --jobserver-auth=3,4"}, False),
    (("make", "test"), {"MAKEFLAGS": "ws --no-print-directory"}, False),
]


@pytest.mark.parametrize(("command", "environ", "decide"), OF_COMMANDS)
def test_the_variables_of_the_tools_that_the_command_starts(
    command: tuple[str, ...], environ: dict[str, str], decide: bool
) -> None:
    assert set(deciding_variables(environ, [TOP], command)) == (set(environ) if decide else set())
    assert set(key_values(environ, [TOP], command)) - {"PYTHONPATH"} == (set(environ) if decide else set())


def test_the_main_worktree_is_the_repository_too() -> None:
    environ = {"PYTHONPATH": "/home/ada/main/src"}
    assert circumstances(environ, [TOP]) == ("PYTHONPATH",)
    assert circumstances(environ, [TOP, Path("/home/ada/main")]) == ()


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


def test_circumstances_are_named_with_the_others() -> None:
    config = Config(overrides=("COVGATE_TIMEOUT",))
    assert override_notices((), config, ("PYTHONPATH",)) == ["set in the environment: COVGATE_TIMEOUT, PYTHONPATH"]
    assert "(COVGATE_TIMEOUT, PYTHONPATH set, too)" in override_notices(("TOXENV",), config, ("PYTHONPATH",))[0]
