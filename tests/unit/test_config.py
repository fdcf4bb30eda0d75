"""``parse_config``: what each key takes, and that every problem is listed and nothing else is ever raised."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import covgate
from covgate.config import Config, Isolation, parse_config
from covgate.config.keys import REPORT_FORMATS
from covgate.errors import EXIT_CONFIGURATION, ConfigurationError
from covgate.gate.overridden import override_notices
from covgate.measure import reports
from covgate.model.policy import Kind, Policy, RemovedCode


def read(name: str, data: bytes) -> Config:
    return parse_config(pyproject=data) if name == "pyproject.toml" else parse_config(own=data)


def table(text: str) -> Config:
    return parse_config(pyproject=f"[tool.covgate]\n{text}\n".encode())


def problems(text: str) -> tuple[str, ...]:
    with pytest.raises(ConfigurationError) as caught:
        table(text)
    assert caught.value.exit_code == EXIT_CONFIGURATION
    assert caught.value.hint
    return caught.value.problems


def problem(text: str) -> str:
    (only,) = problems(text)
    return only


def environment_problem(**environ: str) -> str:
    with pytest.raises(ConfigurationError) as caught:
        parse_config(environ=environ)
    (only,) = caught.value.problems
    return only


# Where the configuration comes from


@pytest.mark.parametrize("pyproject", [None, b"", b"[tool.black]\nline-length = 88\n", b"[project]\nname = 'x'\n"])
def test_nothing_configured_gives_the_defaults(pyproject: bytes | None) -> None:
    config = parse_config(pyproject=pyproject)
    assert config == Config()
    assert not config.configured
    assert config == Config(
        enabled=True,
        policy=Policy(kind=Kind.BOTH, floor=Fraction(0), epsilon=Fraction(0)),
        branches=("*",),
        ratchet_branches=None,
        source=(),
        command=None,
        report="",
        python="",
        setup=None,
        isolation=Isolation.AUTO,
        timeout=900,
        fail_closed=False,
        sync=True,
        configured=False,
    )


@pytest.mark.parametrize(
    ("pyproject", "own"), [(b"[tool.covgate]", None), (None, b""), (b"[tool.black]", b"floor = 0")]
)
def test_an_empty_table_or_file_counts_as_configured(pyproject: bytes | None, own: bytes | None) -> None:
    assert parse_config(pyproject=pyproject, own=own) == Config(configured=True)


EVERY_KEY = """
enabled = false
policy = "absolute"
floor = 80.55
epsilon = 0.5
branches = ["main", "release/*"]
ratchet_branches = ["main"]
source = ["src/app"]
command = ["python", "-m", "pytest"]
report = "coverage.xml"
python = ".venv/bin/python"
setup = "make 'all of it'"
isolation = "worktree"
timeout = 60
fail_closed = true
sync = false
patch_floor = 90.5
patch_min_lines = 5
removed_code = "count"
retries = 0
on_block = ["notify", "--channel", "ci"]
"""


@pytest.mark.parametrize("name", ["pyproject.toml", ".covgate.toml"])
def test_every_key_is_read(name: str) -> None:
    header = "[tool.covgate]" if name == "pyproject.toml" else ""
    assert read(name, (header + EVERY_KEY).encode()) == Config(
        enabled=False,
        policy=Policy(
            kind=Kind.ABSOLUTE,
            floor=Fraction(8055, 100),
            epsilon=Fraction(1, 2),
            patch_floor=Fraction(181, 2),
            patch_min_lines=5,
            removed_code=RemovedCode.COUNT,
        ),
        branches=("main", "release/*"),
        ratchet_branches=("main",),
        source=("src/app",),
        command=("python", "-m", "pytest"),
        report="coverage.xml",
        python=".venv/bin/python",
        setup=("make", "all of it"),
        isolation=Isolation.WORKTREE,
        timeout=60,
        fail_closed=True,
        sync=False,
        retries=0,
        on_block=("notify", "--channel", "ci"),
        configured=True,
    )


def test_two_places_are_one_too_many_and_both_are_checked() -> None:
    with pytest.raises(ConfigurationError) as caught:
        parse_config(pyproject=b"[tool.covgate]\nfloor = 101", own=b"epsilon = true")
    both, floor, epsilon = caught.value.problems
    assert "pyproject.toml" in both and ".covgate.toml" in both and "keep one" in both
    assert floor.startswith("pyproject.toml: floor = 101: ")
    assert epsilon.startswith(".covgate.toml: epsilon = true: ")


@pytest.mark.parametrize(
    ("pyproject", "shown"),
    [
        (b"tool = 5", "tool = 5"),
        (b"[[tool]]\n[tool.covgate]\nfloor = 80", "tool = [{...}]"),
        (b"tool.covgate = true", "tool.covgate = true"),
        (b"tool.covgate = 'on'", "tool.covgate = 'on'"),
        (b"[[tool.covgate]]\nfloor = 80", "tool.covgate = [{...}]"),
    ],
)
def test_what_is_no_table_is_an_error_and_not_passed_over(pyproject: bytes, shown: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        parse_config(pyproject=pyproject)
    assert caught.value.problems[0].startswith(f"pyproject.toml: {shown}: must be a table")


# What can't be read at all


@pytest.mark.parametrize("name", ["pyproject.toml", ".covgate.toml"])
def test_malformed_toml_names_file_line_and_column(name: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        read(name, b"[project]\nname = x\n")
    (only,) = caught.value.problems
    assert only.startswith(f"{name}: not valid TOML: ")
    assert "line 2, column 8" in only


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"[tool.covgate]\nfloor = 80 # \xe4", "not UTF-8 (byte 28)"),
        ("[tool.covgate]".encode("utf-16"), "not UTF-8 (byte 0)"),
        ("[tool.covgate]".encode("utf-8-sig"), "begins with a byte order mark"),
        (b"\x00\x01\x02", "not valid TOML"),
        (b"[tool.covgate]\nfloor = 1\nfloor = 2", "not valid TOML"),
        (b"x = " + b"9" * 5000, "can't be read"),
        (b"x = " + b"[" * 100_000, "can't be read"),
    ],
)
def test_unreadable_bytes_are_one_problem(data: bytes, said: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        parse_config(pyproject=data)
    (only,) = caught.value.problems
    assert only.startswith(f"pyproject.toml: {said}")


def test_an_unreadable_file_does_not_hide_the_environments_problems() -> None:
    with pytest.raises(ConfigurationError) as caught:
        parse_config(pyproject=b"=", environ={"COVGATE_FLOOR": "high", "COVGATE_SYNC": "maybe"})
    assert [each.split(":")[0] for each in caught.value.problems] == ["pyproject.toml", *["environment"] * 2]


def test_another_tools_enormous_float_is_none_of_ours() -> None:
    huge = b"[tool.other]\nx = 1e99999999999999999999\n[tool.covgate]\n"
    assert parse_config(pyproject=huge + b"floor = 80").policy.floor == 80
    with pytest.raises(ConfigurationError, match="epsilon = inf: must be a finite number"):
        parse_config(pyproject=huge + b"epsilon = 1e99999999999999999999")


# Unknown and unsupported keys


@pytest.mark.parametrize(
    ("key", "meant"),
    [
        ("flor", "floor"),
        ("FLOOR", "floor"),
        ("fail-closed", "fail_closed"),
        ("ratchet_branch", "ratchet_branches"),
        ("time_out", "timeout"),
        ("patchfloor", "patch_floor"),
        ("component", "components"),
    ],
)
def test_an_unknown_key_is_answered_with_the_nearest(key: str, meant: str) -> None:
    assert problem(f"{key} = 80") == f"pyproject.toml: {key} = 80: unknown key; did you mean {meant}?"


def test_a_key_near_to_none_is_answered_with_all() -> None:
    told = problem("zzz = 1")
    assert told.startswith("pyproject.toml: zzz = 1: unknown key (known: enabled, policy, floor, ")
    assert told.endswith("on_block)")


# Values


@pytest.mark.parametrize(
    ("text", "exact"),
    [
        ("0", Fraction(0)),
        ("100", Fraction(100)),
        ("84.7", Fraction(847, 10)),
        ("0.1", Fraction(1, 10)),
        ("99.99999999999999999999", 100 - Fraction(1, 10**20)),
        ("1e-7", Fraction(1, 10**7)),
        ("8_0.2_5", Fraction(8025, 100)),
        ("+80.0", Fraction(80)),
        ("-0.0", Fraction(0)),
        ("0x50", Fraction(80)),
    ],
)
def test_a_floor_is_exact(text: str, exact: Fraction) -> None:
    floor = table(f"floor = {text}").policy.floor
    assert type(floor) is Fraction
    assert floor == exact


@pytest.mark.parametrize(
    "text",
    [
        "-0.01",
        "100.01",
        "101",
        "1e9",
        "nan",
        "-nan",
        "inf",
        "-inf",
        "true",
        "'80'",
        "[80]",
        "{a = 1}",
        "1979-05-27",
    ],
)
def test_no_other_floor_is_taken(text: str) -> None:
    told = problem(f"floor = {text}")
    assert told.startswith("pyproject.toml: floor = ")
    assert told.endswith(": must be a number from 0 to 100")


@pytest.mark.parametrize(
    ("text", "exact"),
    [("0.5", Fraction(1, 2)), ("3", Fraction(3)), ("250.5", Fraction(501, 2)), ("-0.5", 0), ("-1e3", 0)],
)
def test_epsilon_is_any_finite_number_and_a_negative_one_is_none(text: str, exact: Fraction) -> None:
    assert table(f"epsilon = {text}").policy.epsilon == exact


@pytest.mark.parametrize("text", ["nan", "inf", "-inf", "true", "'0.5'", "[]"])
def test_no_other_epsilon_is_taken(text: str) -> None:
    assert problem(f"epsilon = {text}").endswith(": must be a finite number of percentage points")


@pytest.mark.parametrize("text", ["0", "-1", "true", "1.0", "'60'", "10000000", "inf", "0x" + "f" * 6000])
def test_a_timeout_is_a_positive_integer(text: str) -> None:
    assert problem(f"timeout = {text}").endswith(": must be a whole number of seconds, from 1 to 9999999")


@pytest.mark.parametrize("text", ["-1", "10", "true", "1.0", "'1'", "inf"])
def test_retries_are_a_few(text: str) -> None:
    assert problem(f"retries = {text}").endswith(": must be a whole number from 0 to 9")


@pytest.mark.parametrize("text", ["-1", "100.5", "nan", "true", "'90'"])
def test_a_patch_floor_is_a_percentage(text: str) -> None:
    assert problem(f"patch_floor = {text}").endswith(": must be a number from 0 to 100")


@pytest.mark.parametrize("text", ["-1", "10000000", "true", "5.0", "'5'", "inf"])
def test_the_lines_of_a_small_patch_are_a_whole_number(text: str) -> None:
    assert problem(f"patch_min_lines = {text}").endswith(": must be a whole number of lines, from 0 to 9999999")


@pytest.mark.parametrize("key", ["enabled", "fail_closed", "sync"])
@pytest.mark.parametrize("value", ["1", "0", "'true'", "'no'", "[]", "1.0"])
def test_a_switch_is_true_or_false_only(key: str, value: str) -> None:
    assert problem(f"{key} = {value}") == f"pyproject.toml: {key} = {value}: must be true or false"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("policy = 'bth'", "must be one of absolute, baseline, both; did you mean both?"),
        ("policy = 'BASELINE'", "must be one of absolute, baseline, both; did you mean baseline?"),
        ("policy = 'strict'", "must be one of absolute, baseline, both"),
        ("policy = true", "must be one of absolute, baseline, both"),
        ("policy = ['both']", "must be one of absolute, baseline, both"),
        ("policy = {}", "must be one of absolute, baseline, both"),
        ("isolation = 'inplace'", "must be one of auto, worktree, in-place; did you mean in-place?"),
        ("isolation = ''", "must be one of auto, worktree, in-place"),
        ("removed_code = 'adjusted'", "must be one of adjust, count; did you mean adjust?"),
    ],
)
def test_a_choice_lists_what_is_allowed_and_the_nearest(text: str, said: str) -> None:
    assert problem(text) == f"pyproject.toml: {text}: {said}"


@pytest.mark.parametrize("kind", list(Kind))
def test_every_policy_is_taken(kind: Kind) -> None:
    assert table(f"policy = '{kind.value}'").policy.kind is kind


@pytest.mark.parametrize("isolation", list(Isolation))
def test_every_isolation_is_taken(isolation: Isolation) -> None:
    assert table(f"isolation = '{isolation.value}'").isolation is isolation


@pytest.mark.parametrize("key", ["branches", "ratchet_branches", "source"])
@pytest.mark.parametrize(
    "value", ["[]", "['']", "['main', ' ']", "['main', 1]", "[['main']]", "1", "''", r'["a\u0000"]']
)
def test_a_list_holds_non_empty_strings(key: str, value: str) -> None:
    assert ": must be a list of non-empty strings" in problem(f"{key} = {value}")


@pytest.mark.parametrize("key", ["branches", "ratchet_branches", "source"])
def test_a_string_in_place_of_a_list_is_shown_the_list(key: str) -> None:
    assert problem(f"{key} = 'main'") == f"pyproject.toml: {key} = 'main': must be a list of strings: ['main']"


def test_report_format() -> None:
    web = 'source = ["web"]\nreport_format = "lcov"'
    config = table(f'report_format = "go"\nsource = ["pkg"]\n[tool.covgate.components.web]\n{web}')
    assert config.report_format == "go"
    assert [each.report_format for each in config.components] == ["go", "lcov"]
    assert parse_config(environ={"COVGATE_REPORT_FORMAT": "clover"}).report_format == "clover"
    assert parse_config().report_format == ""
    assert "did you mean cobertura?" in problem('report_format = "coberture"')
    for value in ("1", '""', '["go"]'):
        assert ": must be one of coverage-data, istanbul, " in problem(f"report_format = {value}")


def test_the_formats_are_those_that_are_read() -> None:
    assert REPORT_FORMATS == reports.FORMATS


def test_report_paths() -> None:
    text = '[tool.covgate.report_paths]\n"/app" = "."\n"" = "./packages//web/"\nC = "a/b"\n'
    config = parse_config(pyproject=text.encode())
    assert config.report_paths == (("/app", "."), (".", "packages/web"), ("C", "a/b"))
    assert parse_config().report_paths == ()


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ('"/app"', "must be a table, such as"),
        ("{}", "must be a table, such as"),
        ('{ "/app" = 1 }', "'/app' must be a directory of the repository, such as"),
        ('{ a = " " }', "a must be a directory of the repository, such as"),
        ('{ a = "/srv" }', "a must be a directory of the repository, relative to its top"),
        ('{ a = "x/../.." }', "a must be a directory of the repository, relative to its top"),
        ('{ a = "C:/x" }', "a must be a directory of the repository, relative to its top"),
        ('{ a = "x\\u0000" }', "a must be a directory of the repository, such as"),
    ],
)
def test_report_paths_that_are_none(value: str, words: str) -> None:
    assert words in problem(f"report_paths = {value}")


@pytest.mark.parametrize("key", ["report", "python"])
@pytest.mark.parametrize("value", ["''", "' '", "1", "true", "['x']", r'"a\u0000b"'])
def test_a_text_is_a_non_empty_string(key: str, value: str) -> None:
    assert problem(f"{key} = {value}").endswith(": must be a non-empty string, without NUL")


@pytest.mark.parametrize("key", ["command", "setup"])
@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("'pytest -q'", ("pytest", "-q")),
        ('''"pytest -k 'a or b' x\\\\ y"''', ("pytest", "-k", "a or b", "x y")),
        ("['pytest', '-k', 'a or b']", ("pytest", "-k", "a or b")),
        ("['pytest', '-m', '']", ("pytest", "-m", "")),
        ("'tox # all'", ("tox", "#", "all")),
    ],
)
def test_a_command_is_a_string_or_a_list(key: str, value: str, words: tuple[str, ...]) -> None:
    assert getattr(table(f"{key} = {value}"), key) == words


@pytest.mark.parametrize("key", ["command", "setup"])
@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("''", "must not be empty"),
        ("'  '", "must not be empty"),
        ("[]", "must not be empty"),
        ("['', 'x']", "must not be empty"),
        ('''"''"''', "must not be empty"),
        ('''"pytest -k 'a"''', "can't be split into words: no closing quotation"),
        (r"'pytest \'", "can't be split into words: no escaped character"),
        ("1", "must be a string or a list of strings"),
        ("['pytest', 1]", "must be a string or a list of strings"),
        ("{pytest = 1}", "must be a string or a list of strings"),
        (r'"pytest \u0000"', "must be a string or a list of strings, without NUL"),
        (r'["pytest", "\u0000"]', "must be a string or a list of strings, without NUL"),
    ],
)
def test_no_other_command_is_taken(key: str, value: str, said: str) -> None:
    told = problem(f"{key} = {value}")
    assert told.startswith(f"pyproject.toml: {key} = ")
    assert f": {said}" in told


# All problems, each on a line that a terminal shows as it is


def test_every_problem_is_listed_in_one_error() -> None:
    told = problems("floor = 'x'\nepsilon = nan\nflor = 1\npatch_floor = 200\ntimeout = 0\ncommand = ''\nsource = 'a'")
    assert [each.split(" = ")[0].removeprefix("pyproject.toml: ") for each in told] == [
        *("floor", "epsilon", "flor", "patch_floor", "timeout", "command", "source")
    ]


def test_the_message_holds_every_problem() -> None:
    with pytest.raises(ConfigurationError) as caught:
        table("floor = 101\nflor = 1")
    assert all(each in caught.value.message for each in caught.value.problems)
    assert len(caught.value.problems) == 2


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (r'"a\nb\u001b[31m" = 1', r"'a\nb\x1b[31m' = 1"),
        (r'branches = "a\nb"', r"branches = 'a\nb'"),
        (r'python = ["\u001b]0;x\u0007"]', r"python = ['\x1b]0;x\x07']"),
        ('report = ["' + "x" * 500 + '"]', "report = ['" + "x" * 55 + "..."),
        ("k" * 500 + " = 1", "'" + "k" * 56 + "... = 1"),
        ("zzz.yyy.xxx = 1.50", "zzz = {yyy = {...}}"),
        ("zzz = [true, 1.50, [1]]", "zzz = [true, 1.50, [...]]"),
        ("zzz = 0x" + "f" * 6000, "zzz = 0x" + "f" * 55 + "..."),
        ("policy = [0x" + "f" * 6000 + "]", "policy = [0x" + "f" * 54 + "..."),
    ],
)
def test_a_value_is_shown_short_and_harmless(text: str, shown: str) -> None:
    told = problem(text)
    assert told.startswith(f"pyproject.toml: {shown}: ")
    assert told.isprintable()


@pytest.mark.parametrize("dot", [".", " . "])
def test_endless_depth_is_told_too(dot: str) -> None:
    # tomllib takes a hundred times as long for a key of ten times as many parts.
    told = problem(dot.join(["a", '"b"'] * 1_500) + " = 1")
    assert told == "pyproject.toml: can't be read: nested too deep, or a key or number that is far too long"


def test_many_dots_are_no_long_key() -> None:
    assert problem("floor = 101 # " + "1.2, " * 3_000) == (
        "pyproject.toml: floor = 101: must be a number from 0 to 100"
    )


# The environment


@pytest.mark.parametrize("text", ["true", "TRUE", "1", "yes", "Yes", "on", " on "])
def test_the_environments_true(text: str) -> None:
    environ = {"COVGATE_FAIL_CLOSED": text, "COVGATE_ENABLED": text, "COVGATE_SYNC": text}
    config = parse_config(own=b"enabled = false\nfail_closed = false\nsync = false", environ=environ)
    assert (config.enabled, config.fail_closed, config.sync) == (True, True, True)


@pytest.mark.parametrize("text", ["false", "FALSE", "0", "no", "No", "off"])
def test_the_environments_false(text: str) -> None:
    environ = {"COVGATE_FAIL_CLOSED": text, "COVGATE_ENABLED": text, "COVGATE_SYNC": text}
    config = parse_config(own=b"enabled = true\nfail_closed = true\nsync = true", environ=environ)
    assert (config.enabled, config.fail_closed, config.sync) == (False, False, False)


def test_each_scalar_is_overridden_by_its_variable() -> None:
    environ = {
        "COVGATE_POLICY": "baseline",
        "COVGATE_FLOOR": "84.7",
        "COVGATE_EPSILON": "-3",
        "COVGATE_REPORT": "cov.json",
        "COVGATE_PYTHON": "/opt/python",
        "COVGATE_ISOLATION": "in-place",
        "COVGATE_TIMEOUT": "30",
        "COVGATE_COMMAND": "pytest -k 'a b'",
        "COVGATE_SETUP": "make",
        "COVGATE_PATCH_FLOOR": "70",
        "COVGATE_PATCH_MIN_LINES": "12",
        "COVGATE_REMOVED_CODE": "adjust",
        "COVGATE_RETRIES": "2",
        "COVGATE_ON_BLOCK": "tell 'the team'",
    }
    found = parse_config(own=EVERY_KEY.encode(), environ=environ)
    assert replace(found, overrides=(), deciding_overrides=()) == Config(
        enabled=False,
        policy=Policy(
            kind=Kind.BASELINE,
            floor=Fraction(847, 10),
            epsilon=Fraction(0),
            patch_floor=Fraction(70),
            patch_min_lines=12,
        ),
        branches=("main", "release/*"),
        ratchet_branches=("main",),
        source=("src/app",),
        command=("pytest", "-k", "a b"),
        report="cov.json",
        python="/opt/python",
        setup=("make",),
        isolation=Isolation.IN_PLACE,
        timeout=30,
        fail_closed=True,
        sync=False,
        retries=2,
        on_block=("tell", "the team"),
        configured=True,
    )


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("FLOOR", "high", "must be a number from 0 to 100"),
        ("FLOOR", "100.1", "must be a number from 0 to 100"),
        ("FLOOR", "nan", "must be a number from 0 to 100"),
        ("FLOOR", "1/3", "must be a number from 0 to 100"),
        ("FLOOR", "9" * 5000, "must be a number from 0 to 100"),
        ("EPSILON", "inf", "must be a finite number of percentage points"),
        ("TIMEOUT", "1.5", "must be a whole number of seconds, from 1 to 9999999"),
        ("TIMEOUT", "-5", "must be a whole number of seconds, from 1 to 9999999"),
        ("TIMEOUT", "²", "must be a whole number of seconds, from 1 to 9999999"),
        ("TIMEOUT", "9" * 5000, "must be a whole number of seconds, from 1 to 9999999"),
        ("ENABLED", "2", "must be true or false"),
        ("DISABLE", "maybe", "must be true or false"),
        ("POLICY", "bothe", "must be one of absolute, baseline, both; did you mean both?"),
        ("ISOLATION", "tree", "must be one of auto, worktree, in-place; did you mean worktree?"),
        ("COMMAND", "pytest 'x", "can't be split into words: no closing quotation"),
        ("PYTHON", "x\0", "must be a non-empty string, without NUL"),
    ],
)
def test_a_bad_variable_is_named(name: str, text: str, said: str) -> None:
    told = environment_problem(**{f"COVGATE_{name}": text})
    assert told.startswith(f"environment: COVGATE_{name} = ")
    assert told.endswith(f": {said}")


@pytest.mark.parametrize("text", ["", "   "])
def test_an_empty_variable_is_unset(text: str) -> None:
    names = ("FLOOR", "ENABLED", "DISABLE", "TIMEOUT", "COMMAND", "POLICY", "PATCH_FLOOR")
    environ = {f"COVGATE_{name}": text for name in names}
    assert parse_config(own=b"floor = 80", environ=environ) == parse_config(own=b"floor = 80")


UNKNOWN = [
    ("COVGATE_FLOR", "unknown variable; did you mean COVGATE_FLOOR?"),
    ("COVGATE_PATCH_FLOR", "unknown variable; did you mean COVGATE_PATCH_FLOOR?"),
    ("COVGATE_DISABLED", "unknown variable; did you mean COVGATE_DISABLE?"),
    ("COVGATE_FLORO", "unknown variable; did you mean COVGATE_FLOOR?"),
    ("COVGATE_FAILCLOSE", "unknown variable; did you mean COVGATE_FAIL_CLOSED?"),
    ("COVGATE_REPORTS", "unknown variable; did you mean COVGATE_REPORT?"),
    ("COVGATE_floor", "unknown variable; did you mean COVGATE_FLOOR?"),
    ("COVGATE_BRANCHES", "branches has no variable; set it in the configuration"),
    ("COVGATE_SOURCE", "source has no variable; set it in the configuration"),
    ("COVGATE_RATCHET_BRANCHES", "ratchet_branches has no variable; set it in the configuration"),
    ("COVGATE_COMPONENTS", "components has no variable; set it in the configuration"),
]


@pytest.mark.parametrize(("name", "problem"), UNKNOWN)
def test_a_variable_that_no_key_has_is_an_error(name: str, problem: str) -> None:
    assert environment_problem(**{name: "99"}) == f"environment: {name} = '99': {problem}"
    assert parse_config(environ={name: " "}) == Config()
    assert not parse_config(environ={name: "99", "COVGATE_DISABLE": "1"}).enabled


@pytest.mark.parametrize("name", ["COVGATE_NATIVE", "COVGATE_CHAINING", "COV_GATE", "_COVGATE_X"])
def test_variables_of_the_hooks_and_of_others_are_no_error(name: str) -> None:
    assert parse_config(environ={name: "1"}) == Config()


@pytest.mark.parametrize(
    "name", ["VERSION", "WHATEVER", "REPO", "PORT", "REF", "HOME", "TOKEN", "SHA", "X", "COMPONENT"]
)
def test_a_variable_of_others_is_ignored_and_named(name: str) -> None:
    config = parse_config(environ={f"COVGATE_{name}": "1.2", "COVGATE_EMPTY": ""})
    assert config == Config(ignored_variables=(f"COVGATE_{name}",))
    assert override_notices((), config) == [f"COVGATE_{name}: unknown to covgate, and ignored"]


# The file, the variables; those that change a value, and those that decide.
OVERRIDES: list[tuple[str, dict[str, str], str, str]] = [
    ("", {}, "", ""),
    ("floor = 80", {"floor": "80"}, "", ""),
    ("floor = 80", {"floor": "90"}, "floor", "floor"),
    ("", {"epsilon": "-1"}, "", ""),
    ("", {"epsilon": "1", "policy": "both"}, "epsilon", "epsilon"),
    ("", {"command": "pytest -q", "setup": "make"}, "command setup", "command setup"),
    ("retries = 0", {"retries": "1"}, "retries", "retries"),
    ("enabled = false", {"enabled": "1"}, "enabled", "enabled"),
    ("", {"timeout": "9", "fail_closed": "1", "sync": "0"}, "timeout fail_closed sync", ""),
    ("", {"isolation": "worktree", "on_block": "tell"}, "isolation on_block", ""),
    ("", {"python": "/opt/python"}, "python", ""),
    ("python = 'here'", {"python": "/opt/python"}, "python", "python"),
]


@pytest.mark.parametrize(("text", "variables", "overrides", "deciding"), OVERRIDES)
def test_which_variables_decide(text: str, variables: dict[str, str], overrides: str, deciding: str) -> None:
    environ = {f"COVGATE_{key.upper()}": value for key, value in variables.items()}
    config = parse_config(own=text.encode(), environ=environ)
    assert {*config.overrides} == {f"COVGATE_{key.upper()}" for key in overrides.split()}
    assert {*config.deciding_overrides} == {f"COVGATE_{key.upper()}" for key in deciding.split()}


@pytest.mark.parametrize(("text", "enabled"), [("1", False), ("YES", False), ("0", True), ("off", True)])
def test_disable_wins_over_enabled(text: str, enabled: bool) -> None:
    environ = {"COVGATE_DISABLE": text, "COVGATE_ENABLED": "true"}
    assert parse_config(own=b"enabled = true", environ=environ).enabled is enabled


def test_the_environment_mends_no_file_and_configures_nothing() -> None:
    assert not parse_config(environ={"COVGATE_FLOOR": "80"}).configured
    with pytest.raises(ConfigurationError):
        parse_config(own=b"floor = 101", environ={"COVGATE_FLOOR": "80"})


# Laws


def answer(*, pyproject: bytes | None = None, own: bytes | None = None, environ: dict[str, str]) -> Config | None:
    """The Config; None where ConfigurationError was raised, whose problems are whole lines."""
    try:
        config = parse_config(pyproject=pyproject, own=own, environ=environ)
    except ConfigurationError as error:
        assert error.problems
        assert all(each and each.isprintable() for each in error.problems)
        return None
    assert 0 <= config.policy.floor <= 100
    assert config.policy.epsilon >= 0
    assert type(config.timeout) is int and config.timeout > 0
    assert config.branches and all(config.branches)
    assert all(command is None or command[0] for command in (config.command, config.setup))
    return config


KEYS = (*(each for each in Config.__dataclass_fields__ if each != "configured"), "floor", "epsilon")
TEXT = st.text(st.characters(blacklist_categories=["Cs"]), max_size=12)


def quoted(text: str) -> str:
    return '"' + "".join(f"\\U{ord(each):08x}" for each in text) + '"'


SCALARS = st.one_of(
    st.sampled_from(
        [
            "true",
            "false",
            "nan",
            "-inf",
            "1e400",
            "07:32:00",
            "1979-05-27T07:32:00Z",
            "'both'",
            "'auto'",
            "'main'",
        ]
    ),
    st.integers().map(str),
    st.integers(0, 110).map(str),
    st.integers(min_value=0).map(hex),
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
    TEXT.map(quoted),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4).map(lambda each: "[" + ", ".join(each) + "]"),
        inner.map("{{inner = {}}}".format),
    ),
    max_leaves=8,
)
TABLES = st.dictionaries(st.one_of(st.sampled_from(KEYS), TEXT), VALUES, max_size=6).map(
    lambda table: "".join(f"{quoted(key)} = {value}\n" for key, value in table.items()).encode()
)
ENVIRONMENTS = st.dictionaries(
    st.sampled_from([f"COVGATE_{key.upper()}" for key in (*KEYS, "disable")]),
    st.one_of(TEXT, st.text(), st.sampled_from(["1", "off", "80.5", "both", "in-place"]), st.floats().map(repr)),
)


@given(pyproject=st.none() | st.binary(), own=st.none() | st.binary(), environ=ENVIRONMENTS)
def test_any_bytes_give_a_config_or_a_configuration_error(
    pyproject: bytes | None, own: bytes | None, environ: dict[str, str]
) -> None:
    answer(pyproject=pyproject, own=own, environ=environ)


@given(table=TABLES, environ=ENVIRONMENTS)
def test_any_values_give_a_config_or_a_configuration_error(table: bytes, environ: dict[str, str]) -> None:
    in_pyproject = answer(pyproject=b"[tool.covgate]\n" + table, environ=environ)
    assert answer(own=table, environ=environ) == in_pyproject


@given(key=st.sampled_from(KEYS), value=VALUES)
def test_any_value_of_any_key_is_taken_or_told_under_its_name(key: str, value: str) -> None:
    try:
        parse_config(own=f"{key} = {value}".encode())
    except ConfigurationError as error:
        # A table of components may have several problems, each under the name of its component.
        where = f".covgate.toml: {key}" if key == "components" else f".covgate.toml: {key} = "
        assert all(each.startswith(where) for each in error.problems)
        assert key == "components" or len(error.problems) == 1


@given(hundredths=st.integers(0, 10_000))
def test_a_floor_reads_alike_from_the_file_and_the_environment(hundredths: int) -> None:
    text = f"{hundredths // 100}.{hundredths % 100:02}"
    from_file = table(f"floor = {text}").policy.floor
    assert from_file == Fraction(hundredths, 100)
    assert parse_config(environ={"COVGATE_FLOOR": text}).policy.floor == from_file


# What it costs: the hook of a push with nothing to measure reads the configuration too


@pytest.mark.parametrize(
    ("call", "loaded"),
    [
        ("parse_config(environ={'COVGATE_FLOOR': '80'})", []),
        ("parse_config(own=b'command = [\"pytest\"]')", ["toml"]),
        ("parse_config(own=b'command = \"pytest -q\"')", ["shlex", "toml"]),
    ],
)
def test_only_what_is_needed_is_imported(call: str, loaded: list[str]) -> None:
    code = f"""
import sys
before = set(sys.modules)
from covgate.config import parse_config
{call}
new = {{"toml" if each in ("tomllib", "tomli") else each for each in set(sys.modules) - before}}
print(*sorted(new & {{"toml", "difflib", "shlex", "yaml", "git", "coverage"}}))
"""
    where = str(Path(covgate.__file__).parents[1])
    run = subprocess.run(
        [sys.executable, "-c", code],
        # A coverage around the tests would import what it needs itself.
        env={**{k: v for k, v in os.environ.items() if not k.startswith("COVERAGE_")}, "PYTHONPATH": where},
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout.split() == loaded
