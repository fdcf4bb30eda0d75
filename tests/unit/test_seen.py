"""What a clone remembers of the notes' history: a damaged file counts as absent."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from covgate.model.baseline import Baseline
from covgate.model.record import Note, Record
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
