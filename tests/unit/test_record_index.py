"""The cache of parsed notes, and the paths of new notes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from covgate.model.baseline import Baseline
from covgate.model.record import Note, Record
from covgate.notes.index import RecordIndex
from covgate.notes.ref import note_path

BASELINE = Baseline(epoch=2, executed=3, executable=4, override="moved")
NOTES = {
    "one": Note(
        records=(Record(baseline=BASELINE), Record(component="api", baseline=Baseline(executed=1, executable=2)))
    ),
    "two": Note(problems=("a record is damaged", "another one, too")),
    "three": Note(records=(Record(component="api"),)),
}
KNOWN = {"one": (BASELINE, ""), "two": (None, "a record is damaged; another one, too"), "three": (None, "")}


def never(blob: str) -> Note:
    raise AssertionError(f"{blob} is parsed again")


def test_a_note_is_parsed_once(tmp_path: Path) -> None:
    index = RecordIndex.load(tmp_path)
    assert index.baselines(NOTES, "default", NOTES.__getitem__) == KNOWN
    assert index.baselines(NOTES, "default", never) == KNOWN
    index.save()
    again = RecordIndex.load(tmp_path)
    assert again.baselines(NOTES, "default", never) == KNOWN
    api = Baseline(executed=1, executable=2)
    assert again.baselines(["one"], "api", never) == {"one": (api, "")}
    assert again.baselines(["one"], "web", never) == {"one": (None, "")}


@pytest.mark.parametrize(
    "stored",
    [
        "",
        "[" * 100_000,
        "null",
        "[]",
        '{"format": 2, "blobs": {"one": [""]}}',
        '{"format": 1}',
        '{"format": 1, "blobs": []}',
        *(
            json.dumps({"format": 1, "blobs": {"one": rows}})
            for rows in (
                None,
                7,
                [],
                [7],
                ["", "abcde"],
                ["", ["default"]],
                ["", ["default", 0, 1, 0, ""]],
                ["", ["default", 0, "1", 2, ""]],
            )
        ),
    ],
)
def test_an_index_that_is_damaged_or_of_another_format_is_written_anew(stored: str, tmp_path: Path) -> None:
    (tmp_path / "records.json").write_text(stored, encoding="utf-8")
    index = RecordIndex.load(tmp_path)
    assert index.baselines(["one"], "default", NOTES.__getitem__) == {"one": KNOWN["one"]}
    index.save()
    assert RecordIndex.load(tmp_path).baselines(["one"], "default", never) == {"one": KNOWN["one"]}


def test_a_directory_that_can_not_be_written_costs_no_more_than_parsing(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    index = RecordIndex.load(tmp_path / "file")
    assert index.baselines(["one"], "default", NOTES.__getitem__) == {"one": KNOWN["one"]}
    index.save()
    assert RecordIndex.load(tmp_path / "file").baselines(["one"], "default", NOTES.__getitem__) == {"one": KNOWN["one"]}


@pytest.mark.parametrize(
    ("count", "path"),
    [
        (0, "aabbccdd"),
        (255, "aabbccdd"),
        (256, "aa/bbccdd"),
        (65535, "aa/bbccdd"),
        (65536, "aa/bb/ccdd"),
        (16777216, "aa/bb/cc/dd"),
    ],
)
def test_a_new_note_is_as_deep_in_the_tree_as_the_others(count: int, path: str) -> None:
    assert note_path("aabbccdd", count) == path
