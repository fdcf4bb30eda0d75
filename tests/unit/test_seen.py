"""What a clone remembers of the notes' history, and the index of its baselines: damaged files count as absent."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from covgate.model.baseline import Baseline
from covgate.model.record import Note, Record
from covgate.notes.index import RecordIndex
from covgate.notes.seen import Seen, load_seen, save_seen

NOTE = Note(records=(Record(baseline=Baseline(epoch=1, executed=40, executable=100, override="why")),))
SEEN = Seen(
    tip="1" * 40,
    others=("2" * 40, "3" * 40),
    opened={("default", 1): Fraction(200, 3), ("docs", 2): Fraction(50)},
    beside={"a" * 40: NOTE},
)
STORED: dict[str, Any] = {"format": 1, "tip": "1" * 40, "others": [], "opened": [], "beside": {}}


def test_what_is_saved_is_loaded(tmp_path: Path) -> None:
    path = tmp_path / "covgate" / "seen.json"
    assert load_seen(path) == Seen()
    for seen in (SEEN, Seen()):
        save_seen(path, seen)
        assert load_seen(path) == seen


@pytest.mark.parametrize(
    "damage",
    [
        {"format": 2},
        {"tip": None},
        {"others": 1},
        {"opened": [["default", 1]]},
        {"opened": [["default", 1, "1/0"]]},
        {"opened": [["default", "x", "1"]]},
        {"opened": {"default": 1}},
        {"opened": 1},
        {"opened": [["default", 1, "1e"]]},
        {"beside": []},
        {"beside": {"a": 1}},
        {"beside": {"a": "---\nformat: 9\n---\n"}},
    ],
)
def test_a_damaged_file_is_no_file(tmp_path: Path, damage: dict[str, Any]) -> None:
    path = tmp_path / "seen.json"
    path.write_text(json.dumps(STORED))
    assert load_seen(path).tip == "1" * 40
    path.write_text(json.dumps({**STORED, **damage}))
    assert load_seen(path) == Seen()


def test_a_place_that_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "covgate").write_text("in the way")
    save_seen(tmp_path / "covgate" / "seen.json", SEEN)


@pytest.mark.parametrize(
    "rows",
    [
        None,
        1,
        {},
        [],
        [1],
        ["", 1],
        ["", ["default", 0, 1]],
        ["", ["default", 0, 1, 2, 5]],
        ["", ["default", 0, 1, 2, None]],
        ["", ["default", "0", 1, 2, ""]],
        ["", ["default", True, 1, 2, ""]],
        ["", ["default", 0, 3, 2, ""]],
        ["", ["default", 0, 1e999, 2, ""]],
    ],
)
def test_a_damaged_row_of_the_index_is_read_again(tmp_path: Path, rows: Any) -> None:
    (tmp_path / "records.json").write_text(json.dumps({"format": 1, "blobs": {"blob": rows}}))
    index = RecordIndex.load(tmp_path)
    assert index.baselines(["blob"], "default", lambda _: NOTE) == {"blob": (NOTE.records[0].baseline, "")}
