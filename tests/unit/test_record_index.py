"""The cache of parsed notes, and the paths of new notes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from covgate.model.baseline import Baseline
from covgate.model.numbers import Numbers
from covgate.model.record import Judgement, Note, Record
from covgate.model.verdict import Status
from covgate.notes import index
from covgate.notes.index import Known, RecordIndex, Row
from covgate.notes.ref import note_path

BASELINE = Baseline(epoch=2, executed=3, executable=4, override="moved")
NOTES = {
    "one": Note(
        records=(Record(baseline=BASELINE), Record(component="api", baseline=Baseline(executed=1, executable=2)))
    ),
    "two": Note(problems=("a record is damaged", "another one, too")),
    "three": Note(records=(Record(component="api"),)),
}
ROWS = {
    "one": Row(records={"default": Known(BASELINE), "api": Known(Baseline(executed=1, executable=2))}),
    "two": Row("a record is damaged; another one, too"),
    "three": Row(records={"api": Known()}),
}


def never(blob: str) -> Note:
    raise AssertionError(f"{blob} is parsed again")


@pytest.fixture(autouse=True)
def _the_file_is_always_worth_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index, "PARSED_WITHOUT_FILE", 0)
    monkeypatch.setattr(index, "WORTH_SAVING", 1)


def rows(directory: Path, read: Callable[[str], Note], *blobs: str) -> dict[str, Row]:
    """The rows of an index that is saved afterwards."""
    found = RecordIndex(directory, read)
    result = {each: found.row(each) for each in blobs}
    found.save()
    return result


def test_a_note_is_parsed_once(tmp_path: Path) -> None:
    found = RecordIndex(tmp_path, NOTES.__getitem__)
    assert {each: found.row(each) for each in NOTES} == ROWS
    found.save()
    assert rows(tmp_path, never, *NOTES) == ROWS


def test_a_few_notes_are_parsed_without_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index, "PARSED_WITHOUT_FILE", 2)
    rows(tmp_path, NOTES.__getitem__, "one", "two")
    assert not (tmp_path / "records.json").exists()
    rows(tmp_path, NOTES.__getitem__, "one", "two", "three")
    assert len(json.loads((tmp_path / "records.json").read_bytes())["blobs"]) == 3


@pytest.mark.parametrize("measured", [True, False])
def test_who_measured_a_baseline_is_kept(tmp_path: Path, measured: bool) -> None:
    numbers = Numbers(statements=4, executed_statements=3 if measured else 2)
    judgement = Judgement(status=Status.PASS, numbers=numbers, tree="1" * 40)
    note = Note(records=(Record(baseline=Baseline(executed=6, executable=8), judgement=judgement),))
    assert rows(tmp_path, lambda _: note, "one")["one"].records["default"].measured == measured
    assert rows(tmp_path, never, "one")["one"].records["default"].measured == measured


@pytest.mark.parametrize(
    "stored",
    [
        "",
        "[" * 100_000,
        "null",
        "[]",
        '{"format": 1, "blobs": {"one": [""]}}',
        '{"format": 2}',
        '{"format": 2, "blobs": []}',
        *(
            json.dumps({"format": 2, "blobs": {"one": stored}})
            for stored in (
                None,
                7,
                [],
                [7],
                ["", "abcde"],
                ["", []],
                ["", [7]],
                ["", ["default", 0]],
                ["", ["default", 0, 1, 0, "", True]],
                ["", ["default", 0, "1", 2, "", True]],
                ["", ["default", 0, 1, 2, "", 1]],
            )
        ),
    ],
)
def test_an_index_that_is_damaged_or_of_another_format_is_written_anew(stored: str, tmp_path: Path) -> None:
    (tmp_path / "records.json").write_text(stored, encoding="utf-8")
    assert rows(tmp_path, NOTES.__getitem__, "one") == {"one": ROWS["one"]}
    assert rows(tmp_path, never, "one") == {"one": ROWS["one"]}


def test_a_directory_that_can_not_be_written_costs_no_more_than_parsing(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for _ in range(2):
        assert rows(tmp_path / "file", NOTES.__getitem__, "one") == {"one": ROWS["one"]}


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
