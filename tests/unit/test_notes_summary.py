"""The summary of all notes: what it says, and when a change needs no other note to be read."""

from __future__ import annotations

from pathlib import Path

import pytest

from covgate.model.baseline import Baseline
from covgate.notes.index import Change, Known, Row, Summary, load_summary, save_summary, summarize, updated


def at(percent: int, override: str = "") -> Baseline:
    return Baseline(executed=percent, executable=100, override=override)


def row(problem: str = "", **percents: int | None) -> Row:
    return Row(problem, {name: Known(None if each is None else at(each)) for name, each in percents.items()})


def of(damaged: bool = False, tip: str = "tip", **percents: int | None) -> Summary:
    return Summary(tip, damaged, {name: None if each is None else at(each) for name, each in percents.items()})


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([], of()),
        ([row(api=50), row(api=70, web=None), row(api=60)], of(api=70, web=None)),
        ([row(web=None), row(web=10)], of(web=10)),
        ([row(api=50), row("damaged", web=10)], of(damaged=True, api=50, web=10)),
    ],
)
def test_the_highest_of_all_notes(rows: list[Row], expected: Summary) -> None:
    assert summarize("tip", rows) == expected


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (Change(after=row(api=80)), of(api=80, web=50)),
        (Change(after=row(api=10, new=5)), of(api=70, web=50, new=5)),
        (Change(before=row(api=60), after=row(api=75)), of(api=75, web=50)),
        (Change(before=row(api=60)), of(api=70, web=50)),
        (Change(before=row(api=70), after=row(api=71)), of(api=71, web=50)),
        (Change(before=row(api=70, web=50), after=row(api=70, web=50)), of(api=70, web=50)),
        (Change(after=row("damaged")), of(damaged=True, api=70, web=50)),
        # What was the highest is gone or lower, or a damaged note may have been the only one.
        (Change(before=row(api=70)), None),
        (Change(before=row(api=70), after=row(api=69)), None),
        (Change(before=row(api=70), after=row(web=70)), None),
        (Change(before=row("damaged"), after=row(api=80)), None),
    ],
)
def test_what_changes_is_enough_unless_the_highest_may_be_gone(change: Change, expected: Summary | None) -> None:
    assert updated(of(tip="before", api=70, web=50), "tip", [change]) == expected


def test_a_highest_that_is_lost_does_not_matter_if_another_one_is_higher() -> None:
    changes = [Change(before=row(api=70)), Change(after=row(api=90))]
    assert updated(of(api=70), "tip", changes) == of(api=90)


def test_what_is_damaged_stays_damaged() -> None:
    assert updated(of(damaged=True), "tip", [Change(after=row(api=1))]) == of(damaged=True, api=1)


def test_what_is_saved_is_loaded(tmp_path: Path) -> None:
    summary = Summary("1" * 40, True, {"api": at(50, "why"), "web": None})
    assert load_summary(tmp_path / "state" / "summary.json") == Summary()
    save_summary(tmp_path / "state" / "summary.json", summary)
    assert load_summary(tmp_path / "state" / "summary.json") == summary


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "[" * 100_000,
        '{"format": 2, "tip": "", "damaged": false, "highest": []}',
        '{"format": 1, "tip": 1, "damaged": false, "highest": []}',
        '{"format": 1, "tip": "", "damaged": 0, "highest": []}',
        '{"format": 1, "tip": "", "damaged": false, "highest": null}',
        '{"format": 1, "tip": "", "damaged": false, "highest": [[]]}',
        '{"format": 1, "tip": "", "damaged": false, "highest": [["api", 0, 3, 2, "", false]]}',
    ],
)
def test_a_damaged_file_counts_as_missing(text: str, tmp_path: Path) -> None:
    (tmp_path / "summary.json").write_text(text)
    assert load_summary(tmp_path / "summary.json") == Summary()


def test_a_directory_that_can_not_be_written_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    save_summary(tmp_path / "file" / "summary.json", Summary())
