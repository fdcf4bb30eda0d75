"""What files that the commit does not have mean for the measurement."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from covgate.git.others import Others
from covgate.measure.uncommitted import Seen, decides, foreign, is_generated, read_seen, settle
from covgate.model.measurement import FileResult, Measurement
from covgate.model.numbers import Numbers


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("conftest.py", True),
        ("tests/deep/conftest.py", True),
        ("pkg/test_mod.py", True),
        ("pkg/mod_test.py", True),
        (".coveragerc", True),
        (".coveragerc.toml", True),
        ("pytest.ini", True),
        (".pytest.ini", True),
        ("pytest.toml", True),
        ("setup.cfg", True),
        ("tox.ini", True),
        ("pyproject.toml", True),
        ("examples/setup.cfg", False),
        ("pkg/_version.py", False),
        ("tests/test_data.json", False),
        ("test_results/", False),
        (".venv/", False),
        (".coverage", False),
    ],
)
def test_ignored_files_that_decide_by_their_name(path: str, expected: bool) -> None:
    assert decides(path) == expected


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("pkg/_version.py", True),
        ("src/_speed.abi3.so", True),
        ("local_settings.py", True),
        ("pkg/deep/_speed.cp312-win_amd64.pyd", True),
        ("pkg/test_local.py", False),
        ("pkg/conftest.py", False),
        ("tests/helper.py", False),
        ("pkg/tests/data.py", False),
        ("docs/conf.py", False),
        ("build/lib/pkg/mod.py", False),
        (".tox/pkg/mod.py", False),
        ("pkg/data.json", False),
        ("pkg/old.pyc", False),
        ("setup.cfg", False),
    ],
)
def test_ignored_files_that_a_build_may_have_made(path: str, expected: bool) -> None:
    assert is_generated(path) == expected


OTHERS = Others(uncommitted=("new.py",), ignored=("tests/local.py", "pkg/_version.py", "kept/"))
COMMITTED = frozenset({"pkg/mod.py", "tests/test_mod.py", "pyproject.toml"})


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        (Seen(), ()),
        (Seen(tests=frozenset({"tests/test_mod.py"}), configuration=frozenset({"pyproject.toml"})), ()),
        (Seen(tests=frozenset({"tests/local.py", "new.py"})), ("new.py", "tests/local.py")),
        (Seen(tests=frozenset({"pkg/_version.py"})), ("pkg/_version.py",)),
        (Seen(tests=frozenset({"tests/made_by_a_test.py"})), ()),
        (Seen(tests=frozenset({"/elsewhere/conftest.py"})), ("/elsewhere/conftest.py",)),
        (Seen(configuration=frozenset({"/home/ada/pytest.ini", "kept/a.ini"})), ("/home/ada/pytest.ini", "kept/a.ini")),
        (Seen(modules=frozenset({"pkg/mod.py", "pkg/_version.py", "kept/a.py"})), ()),
        (Seen(modules=frozenset({"tests/local.py", "kept/old.pyc"})), ("kept/old.pyc", "tests/local.py")),
        (Seen(modules=frozenset({"tests/made_by_a_test.py"})), ()),
    ],
)
def test_what_must_not_take_part(seen: Seen, expected: tuple[str, ...]) -> None:
    assert foreign(seen, OTHERS, COMMITTED) == expected


def numbers(executed: int) -> Numbers:
    return Numbers(statements=4, executed_statements=executed)


def test_what_counts_of_the_rest() -> None:
    files = [("pkg/mod.py", 0), ("pkg/_version.py", 1), ("pkg/scratch.py", 0), ("kept/b.py", 0)]
    measured = Measurement(
        tree="a" * 40,
        numbers=numbers(1),
        files=tuple(FileResult(path=path, numbers=numbers(executed)) for path, executed in files),
        notices=("before",),
    )
    seen = Seen(modules=frozenset({"pkg/mod.py", "pkg/_version.py", "kept/a.so"}))
    settled = settle(measured, seen, OTHERS, COMMITTED, "", "more")
    assert [each.path for each in settled.files] == ["pkg/mod.py", "pkg/_version.py"]
    assert settled.numbers == Numbers(statements=8, executed_statements=1)
    assert settled.notices == (
        "before",
        "more",
        "used, but not in the commit: kept/a.so, pkg/_version.py; a clone without it may get another number",
        "not counted, because the commit does not have it: pkg/scratch.py, kept/b.py",
    )
    # A report without files has only totals.
    assert settle(Measurement(tree="", numbers=numbers(2)), Seen(), OTHERS, COMMITTED).numbers == numbers(2)


def test_the_run_reports_what_it_has_seen(tmp_path: Path) -> None:
    tree, scratch = tmp_path / "tree", tmp_path / "scratch"
    scratch.mkdir()
    (scratch / "seen-1").write_text(json.dumps({"tests": ["a.py"], "configuration": ["tox.ini"], "modules": ["m.py"]}))
    (scratch / "seen-2").write_text(json.dumps({"tests": ["b.py"], "modules": 3}))
    (scratch / "seen-3").write_text("{")
    (scratch / "seen-4.new").write_text(json.dumps({"tests": ["c.py"]}))
    files = [tree / "cov.cfg", scratch / "rcfile", tmp_path / "mine.cfg", tmp_path / "named.cfg"]
    (scratch / "run-1").write_text(json.dumps({"configuration": [str(each) for each in files]}))
    environ = {"COVERAGE_RCFILE": "../named.cfg"}
    assert read_seen(scratch, tree, environ) == Seen(
        tests=frozenset({"a.py", "b.py"}),
        configuration=frozenset({"tox.ini", "cov.cfg", str(tmp_path / "mine.cfg")}),
        modules=frozenset({"m.py"}),
    )
    assert read_seen(tmp_path / "absent", tree, {}) == Seen()
