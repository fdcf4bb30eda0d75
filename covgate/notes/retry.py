"""Retries after a lost race: how many, for how long, and how long the pauses are."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

# A race is lost because somebody else's note arrived, so with each try there are fewer left to lose to. The bound is a
# time; where each try takes seconds, on a busy machine or network, it is a number of tries.
PATIENCE = 120.0  # seconds
_FEWEST = 30  # tries
# The longest pause, in durations of a try: about the number of writers that meet at a time.
_LONGEST_IN_TRIES = 16
_LONGEST = 10.0  # seconds, because somebody is waiting


def tries(patience: float = PATIENCE) -> Iterator[int]:
    """1, 2, 3 … until ``patience`` seconds have passed, but at least 30 tries, with a pause between two of them."""
    import time

    begun = time.monotonic()
    for attempt in itertools.count(1):
        started = time.monotonic()
        yield attempt
        now = time.monotonic()
        if now - begun > patience and attempt >= _FEWEST:
            return
        import random  # late: most succeed at once

        time.sleep(pause(attempt, now - started, random.random()))


def pause(attempt: int, duration: float, chance: float) -> float:
    """The seconds to wait after try number ``attempt``, which took ``duration`` seconds.

    It depends on the duration, because a pause that is long enough on a fast disk is too short on a slow network.
    ``chance`` (0 to 1) spreads the writers out, so that two that met don't meet again. The pause grows with each try,
    but not exponentially: with doubling, the last few writers would wait for nobody.
    """
    return min(chance * min(2 * attempt, _LONGEST_IN_TRIES) * duration, _LONGEST)
