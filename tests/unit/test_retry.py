"""How often a lost race is tried again, and after which pauses; which locks count as left by a killed git."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from covgate.notes.locks import NOTES_LOCKS, OWN_LOCKS, remove_stale_locks
from covgate.notes.retry import pause, tries


def test_a_lost_race_is_tried_again_some_times_however_slow_a_try_is() -> None:
    assert list(tries(0)) == list(range(1, 31))


def test_there_are_more_tries_while_there_is_time() -> None:
    attempts = tries(patience=60)
    assert [next(attempts) for _ in range(100)] == list(range(1, 101))


@pytest.mark.parametrize(
    ("attempt", "duration", "chance", "seconds"),
    [
        (1, 0.5, 1.0, 1.0),  # up to two durations of a try
        (1, 0.5, 0.5, 0.5),
        (1, 0.5, 0.0, 0.0),
        (2, 0.5, 1.0, 2.0),
        (7, 0.5, 1.0, 7.0),
        (8, 0.5, 1.0, 8.0),
        (9, 0.5, 1.0, 8.0),  # no longer after that: the writers are not that many
        (1000, 0.5, 1.0, 8.0),
        (8, 0.001, 1.0, 0.016),
        (8, 3.0, 1.0, 10.0),  # somebody is waiting
        (8, 3.0, 0.1, 4.8),
    ],
)
def test_the_pause_grows_with_the_tries_and_their_duration(
    attempt: int, duration: float, chance: float, seconds: float
) -> None:
    assert pause(attempt, duration, chance) == pytest.approx(seconds)


@pytest.mark.parametrize(
    ("name", "age", "stays"),
    [
        ("refs/notes/coverage.lock", 60, False),
        ("refs/notes/coverage-files.lock", 60, False),
        ("refs/covgate/remotes/origin/coverage.lock", 60, False),
        ("refs/notes/coverage.lock", 0, True),  # its git may be alive
        ("refs/notes/other.lock", 60, True),
        ("refs/heads/main.lock", 60, True),
        ("index.lock", 60, True),
        ("refs/notes/coverage", 60, True),
    ],
)
def test_only_old_locks_of_covgates_own_refs_are_removed(name: str, age: float, stays: bool, tmp_path: Path) -> None:
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    os.utime(path, (time.time() - age, time.time() - age))
    remove_stale_locks(tmp_path, *OWN_LOCKS)
    assert path.exists() == stays


def test_at_a_remote_only_the_locks_of_the_notes_are_removed(tmp_path: Path) -> None:
    path = tmp_path / "refs/covgate/remotes/origin/coverage.lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    os.utime(path, (0, 0))
    remove_stale_locks(tmp_path, *NOTES_LOCKS)
    assert path.exists()
