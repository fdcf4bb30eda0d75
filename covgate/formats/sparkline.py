"""A row of characters that rise with the values."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

_BLOCKS = "▁▂▃▄▅▆▇█"
_ASCII = ".:-=+*#@"


def sparkline(values: Sequence[Fraction], width: int, *, unicode: bool) -> str:
    """``values`` in at most ``width`` characters; where there are more, each character stands for the last of several.

    The lowest value has the lowest character, the highest the highest; where all are equal, all are in the middle.
    """
    levels = _BLOCKS if unicode else _ASCII
    count = min(len(values), width)
    shown = [values[(place + 1) * len(values) // count - 1] for place in range(count)]
    low, high = min(shown, default=Fraction(0)), max(shown, default=Fraction(0))
    if low == high:
        return levels[len(levels) // 2] * len(shown)
    top = len(levels) - 1
    return "".join(levels[round((each - low) / (high - low) * top)] for each in shown)
