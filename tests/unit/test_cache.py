"""Measurements are found again under exactly the same circumstances, and never half."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from covgate.measure import cache as cache_module
from covgate.measure.cache import Cache
from covgate.model.measurement import FileResult, Measurement, Toolchain
from covgate.model.numbers import Numbers

TREE = "a" * 40
NUMBERS = Numbers(statements=3, executed_statements=2, branches=2, executed_branches=1, excluded=1)
MEASUREMENT = Measurement(
    tree=TREE,
    numbers=NUMBERS,
    files=(FileResult(path="pkg/mod.py", numbers=NUMBERS, lines=".+%-3.x"),),
    toolchain=Toolchain(python="CPython 3.12.1", coverage="7.17.3", platform="linux"),
    seconds=1.25,
    notices=("a notice",),
    runs=2,
    unstable=(("pkg/mod.py", (2, 3)),),
)
CIRCUMSTANCES = {"command": ("pytest", "-q"), "source": (), "interpreter": "abc", "setup": None}


def test_what_is_cached_is_found(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    assert cache.find(TREE, CIRCUMSTANCES) is None
    assert cache.any_of(TREE) is None
    cache.keep(MEASUREMENT, CIRCUMSTANCES)
    assert cache.find(TREE, CIRCUMSTANCES) == MEASUREMENT
    assert cache.find("b" * 40, CIRCUMSTANCES) is None
    assert cache.any_of("b" * 40) is None


def test_each_component_has_its_own_lines(tmp_path: Path) -> None:
    """Components of one commit, measured with the same command and as good as each other."""
    cache, web = Cache(tmp_path), replace(MEASUREMENT, tree="b" * 40)
    web = replace(web, files=tuple(replace(each, path=f"web/{each.path}") for each in web.files))
    for each in (MEASUREMENT, web):
        cache.keep(each, CIRCUMSTANCES)
    assert (cache.any_of(TREE), cache.any_of(web.tree)) == (MEASUREMENT, web)


def test_a_failure_is_known_under_the_same_circumstances_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache, other = Cache(tmp_path), {**CIRCUMSTANCES, "command": "other"}
    cache.keep_failure(TREE, CIRCUMSTANCES, "the tests failed")
    assert cache.failure(TREE, CIRCUMSTANCES) == "the tests failed"
    assert (cache.failure(TREE, other), cache.failure("b" * 40, CIRCUMSTANCES)) == ("", "")
    assert cache.find(TREE, CIRCUMSTANCES) is cache.any_of(TREE) is None
    monkeypatch.setattr(cache_module, "_MAX_FILES", 1)
    cache.keep_failure(TREE, other, "again")
    assert len(list(cache.directory.iterdir())) == 1


@pytest.mark.parametrize("name", list(CIRCUMSTANCES))
def test_other_circumstances_are_another_measurement(tmp_path: Path, name: str) -> None:
    cache = Cache(tmp_path)
    cache.keep(MEASUREMENT, CIRCUMSTANCES)
    other = {**CIRCUMSTANCES, name: "other"}
    assert cache.find(TREE, other) is None
    assert cache.any_of(TREE) == MEASUREMENT
    cache.keep(replace(MEASUREMENT, seconds=2.0), other)
    assert cache.find(TREE, CIRCUMSTANCES) == MEASUREMENT


def test_a_report_that_may_have_left_files_out_stays_one(tmp_path: Path) -> None:
    incomplete = replace(MEASUREMENT, complete=False)
    Cache(tmp_path).keep(incomplete, CIRCUMSTANCES)
    assert Cache(tmp_path).find(TREE, CIRCUMSTANCES) == incomplete


def test_the_order_of_circumstances_does_not_matter(tmp_path: Path) -> None:
    Cache(tmp_path).keep(MEASUREMENT, CIRCUMSTANCES)
    assert Cache(tmp_path).find(TREE, dict(reversed(CIRCUMSTANCES.items()))) == MEASUREMENT


def test_the_format_on_disk_stays(tmp_path: Path) -> None:
    """Another format or key would cost every user one more run: change the number of the format on purpose only."""
    Cache(tmp_path).keep(MEASUREMENT, CIRCUMSTANCES)
    (path,) = (tmp_path / "measurements").iterdir()
    assert path.name == f"{TREE}-c565104ea8b56cbc995e00e493364c39.json"
    assert json.loads(path.read_bytes()) == {
        "format": 2,
        "tree": TREE,
        "numbers": [3, 2, 2, 1, 1],
        "toolchain": ["CPython 3.12.1", "7.17.3", "linux"],
        "seconds": 1.25,
        "notices": ["a notice"],
        "runs": 2,
        "unstable": [["pkg/mod.py", [2, 3]]],
        "files": [["pkg/mod.py", [3, 2, 2, 1, 1], ".+%-3.x"]],
    }


@pytest.mark.parametrize(
    "change",
    [
        {"format": 1},
        {"format": 3},
        {"numbers": [3, 4, 2, 1, 1]},
        {"numbers": [3, 2, 2, 1]},
        {"numbers": "many"},
        {"toolchain": []},
        {"seconds": "long"},
        {"files": [["pkg/mod.py", [1, 2, 3, 4, 5], ""]]},
        {"files": None},
        {"numbers": [3, 3, 2, 2, 1]},
        {"files": [["pkg/mod.py", [3, 1, 2, 1, 1], ""]]},
        {"tree": "b" * 40},
        {"runs": None},
        {"runs": float("inf")},
    ],
)
def test_a_damaged_file_counts_as_missing(tmp_path: Path, change: dict[str, object]) -> None:
    cache = Cache(tmp_path)
    cache.keep(MEASUREMENT, CIRCUMSTANCES)
    (path,) = cache.directory.iterdir()
    value = json.loads(path.read_bytes())
    path.write_text(json.dumps({**value, **change}))
    assert cache.find(TREE, CIRCUMSTANCES) is None
    assert cache.any_of(TREE) is None
    assert cache.last_duration() == 0.0


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"{}", b"\xff", b"[" * 100_000])
def test_a_file_that_is_something_else_counts_as_missing(tmp_path: Path, data: bytes) -> None:
    cache = Cache(tmp_path)
    cache.keep(MEASUREMENT, CIRCUMSTANCES)
    (path,) = cache.directory.iterdir()
    path.write_bytes(data)
    assert cache.find(TREE, CIRCUMSTANCES) is None


def test_the_duration_of_the_newest_run(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    assert cache.last_duration() == 0.0
    for seconds, changed in ((5.0, 1000), (7.0, 3000), (6.0, 2000)):
        circumstances = {"seconds": seconds}
        cache.keep(replace(MEASUREMENT, seconds=seconds), circumstances)
        (path,) = (each for each in cache.directory.iterdir() if json.loads(each.read_bytes())["seconds"] == seconds)
        os.utime(path, (changed, changed))
    assert cache.last_duration() == 7.0


def test_the_oldest_are_deleted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache_module, "_MAX_FILES", 2)
    cache = Cache(tmp_path)
    for number in range(4):
        cache.keep(replace(MEASUREMENT, seconds=float(number)), {"number": number})
        for path in cache.directory.iterdir():
            seconds = json.loads(path.read_bytes())["seconds"]
            os.utime(path, (1000 + seconds, 1000 + seconds))
    assert [cache.find(TREE, {"number": number}) is not None for number in range(4)] == [False, False, True, True]
