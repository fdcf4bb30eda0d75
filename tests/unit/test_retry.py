"""How often is tried again."""

from __future__ import annotations

from covgate.notes.retry import tries


def test_a_lost_race_is_tried_again_some_times_however_slow_a_try_is() -> None:
    assert list(tries(0)) == list(range(1, 31))
