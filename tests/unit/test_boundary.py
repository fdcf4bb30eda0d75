"""How each error ends: its exit code, and what is printed."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from covgate.boundary import guarded, paint_for
from covgate.errors import (
    ConfigurationError,
    CovgateError,
    GitError,
    Interrupted,
    RefMoved,
    ToolError,
    UsageError,
    keeping_notices,
)

TOOL = ToolError("no coverage", hint="install it", output="first\nlast\n")
GIT = GitError(["rev-parse", "HEAD", "x"], 128, "\nfatal: bad object\nmore\n", hint="git fsck")


@pytest.fixture(autouse=True)
def outside_of_a_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)


def raising(error: BaseException) -> Callable[[], int]:
    def work() -> int:
        raise error

    return work


CLOSED = {"COVGATE_FAIL_CLOSED": "true"}


@pytest.mark.parametrize(
    ("error", "environ", "gate", "status"),
    [
        (UsageError("x"), {}, False, 2),
        (UsageError("x"), {}, True, 2),
        (ConfigurationError(["x"]), {}, True, 2),
        (TOOL, {}, False, 3),
        (TOOL, {}, True, 0),
        (TOOL, CLOSED, True, 3),
        (TOOL, CLOSED, False, 3),
        # Whether it is set can't be read: it may be.
        (TOOL, {"COVGATE_FLOOR": "many"}, True, 3),
        (GIT, {}, True, 0),
        (RefMoved(["push"], 1, ""), CLOSED, True, 3),
        (ValueError("x"), {}, False, 3),
        (ValueError("x"), {}, True, 0),
        (ValueError("x"), CLOSED, True, 3),
        (Interrupted("x"), {}, True, 130),
        (KeyboardInterrupt(), {}, True, 130),
        (KeyboardInterrupt(), {}, False, 130),
    ],
)
def test_the_exit_code_of_an_error(error: BaseException, environ: dict[str, str], gate: bool, status: int) -> None:
    assert guarded(raising(error), environ, gate=gate) == status


@pytest.mark.parametrize("status", [0, 1, 7])
@pytest.mark.parametrize("gate", [True, False])
def test_without_an_error_the_exit_code_is_that_of_the_work(status: int, gate: bool) -> None:
    assert guarded(lambda: status, {}, gate=gate) == status


@pytest.mark.parametrize(
    ("error", "printed"),
    [
        (UsageError("no such commit", hint="git log"), "covgate: no such commit\n  git log\n"),
        (CovgateError("no hint"), "covgate: no hint\n"),
        (TOOL, "covgate: no coverage\n  install it\n  | first\n  | last\n"),
        (
            GitError(["-c", "a.b=c", "worktree", "add", "x"], 128, "fatal: no\n"),
            "covgate: git worktree add failed (128): fatal: no\n",
        ),
        (GIT, "covgate: git rev-parse HEAD failed (128): fatal: bad object\n  git fsck\n"),
        (
            ConfigurationError(["a: wrong", "b: wrong"], hint="see README"),
            "covgate: invalid configuration:\n  a: wrong\n  b: wrong\n  see README\n",
        ),
        # A terminal must not be steered by what a message quotes.
        (UsageError("a\x1b[31m", hint="b\x07"), "covgate: a\ufffd[31m\n  b\ufffd\n"),
        (KeyboardInterrupt(), "covgate: interrupted; nothing was recorded\n"),
    ],
)
def test_what_is_printed(error: BaseException, printed: str, capsys: pytest.CaptureFixture[str]) -> None:
    guarded(raising(error), {}, gate=False)
    assert capsys.readouterr() == ("", printed)


@pytest.mark.parametrize("gate", [True, False])
def test_an_internal_error_leaves_its_traceback_in_a_file(
    gate: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    guarded(raising(LookupError("one\ntwo")), {}, gate=gate)
    error = capsys.readouterr().err
    assert "an internal error of covgate: LookupError: one two" in error
    assert "Traceback" not in error
    (log,) = tmp_path.glob("covgate-*.log")
    assert f"please report it with {log}" in re.sub(r"\n +", " ", error)
    text = log.read_text()
    assert text.startswith("covgate 0.")
    assert text.rstrip().endswith("LookupError: one\ntwo")


@pytest.mark.parametrize(("closed", "word"), [("false", "passes"), ("true", "BLOCKED")])
def test_a_gate_says_whether_the_push_passes(closed: str, word: str, capsys: pytest.CaptureFixture[str]) -> None:
    guarded(raising(TOOL), {"COVGATE_FAIL_CLOSED": closed}, gate=True)
    error = capsys.readouterr().err
    assert word in error
    assert "no coverage" in error
    assert "install it" in error
    assert "last" in error


@pytest.mark.parametrize(
    ("environ", "colour"),
    [
        ({}, False),
        ({"FORCE_COLOR": "1"}, True),
        ({"FORCE_COLOR": ""}, False),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
        ({"FORCE_COLOR": "1", "NO_COLOR": ""}, True),
        ({"FORCE_COLOR": "1", "TERM": "dumb"}, True),
    ],
)
def test_colour_follows_the_environment(environ: dict[str, str], colour: bool) -> None:
    assert paint_for(environ).colour is colour


@pytest.mark.parametrize(("columns", "width"), [("20", 60), ("60", 60), ("100", 100), ("500", 160)])
def test_the_width_is_the_terminals_within_limits(columns: str, width: int) -> None:
    assert paint_for({"COLUMNS": columns}).width == width


@pytest.mark.parametrize("gate", [False, True])
def test_what_was_known_before_an_error_is_shown_with_it(gate: bool, capsys: pytest.CaptureFixture[str]) -> None:
    def work() -> int:
        with keeping_notices(["the notes were repaired"]), keeping_notices(["two records"]):
            raise ToolError("no coverage")

    guarded(work, {}, gate=gate)
    shown = capsys.readouterr().err
    assert shown.endswith("covgate: the notes were repaired\ncovgate: two records\n")
    assert "no coverage" in shown
