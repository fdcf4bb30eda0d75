"""Pushes that were not measured are counted, whatever is in the file."""

from __future__ import annotations

from pathlib import Path

import pytest

from covgate.measure.unmeasured import Unmeasured, count_unmeasured, ordinal, read_unmeasured, reset_unmeasured


def test_pushes_are_counted_until_one_is_measured(tmp_path: Path) -> None:
    state = tmp_path / "covgate"
    assert read_unmeasured(state) is None
    assert count_unmeasured(state, "no pytest").sentence() == "this push was not measured"
    second = count_unmeasured(state, "timeout")
    assert second.sentence() == "this push was not measured, the 2nd in a row"
    assert second.sentence(["api", "web"]) == "this push was not measured for api, web, the 2nd in a row"
    assert read_unmeasured(state) == Unmeasured(pushes=2, reason="timeout")
    reset_unmeasured(state)
    reset_unmeasured(state)
    assert read_unmeasured(state) is None


@pytest.mark.parametrize(
    "damaged",
    [
        "",
        "[]",
        "{}",
        '{"pushes": 1e999, "reason": ""}',
        '{"pushes": "x", "reason": ""}',
        '{"pushes": 0, "reason": ""}',
        '{"pushes": null, "reason": ""}',
        "[" * 100_000,
    ],
)
def test_a_damaged_count_is_none(tmp_path: Path, damaged: str) -> None:
    (tmp_path / "unmeasured.json").write_text(damaged)
    assert read_unmeasured(tmp_path) is None
    assert count_unmeasured(tmp_path, "again").pushes == 1


@pytest.mark.parametrize(
    ("number", "shown"), [(1, "1st"), (2, "2nd"), (3, "3rd"), (4, "4th"), (11, "11th"), (12, "12th"), (23, "23rd")]
)
def test_ordinals(number: int, shown: str) -> None:
    assert ordinal(number) == shown
