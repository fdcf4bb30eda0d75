"""Trying again after a lost race: how often, how long, and with what pause between."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

# A lost race is somebody else's note that arrived: with every try there is less left to lose to. So a bound in time;
# but where each try takes seconds, on a machine or a network that is busy, that is no more than a few tries.
PATIENCE = 120.0
_FEWEST = 30
# The most that a pause grows to, in durations of a try: about as many writers as may meet at a time.
_WIDEST = 16
_LONGEST = 10.0  # seconds: somebody waits


def tries(patience: float = PATIENCE) -> Iterator[int]:
    """1, 2, 3 … until ``patience`` seconds are over, and 30 at least, with a pause before each but the first.

    The pause is measured in durations of the try before: what is too short to get out of each other's way on a
    slow disk or network is too long on a fast one. At random, so that two that met don't meet again.
    """
    import random
    import time

    begun = time.monotonic()
    for attempt in itertools.count(1):
        started = time.monotonic()
        yield attempt
        now = time.monotonic()
        if now - begun > patience and attempt >= _FEWEST:
            return
        # Doubling the pause leaves the last few waiting for nobody; hurrying who lost often makes for more races.
        time.sleep(min(random.uniform(0, min(2 * attempt, _WIDEST)) * (now - started), _LONGEST))
