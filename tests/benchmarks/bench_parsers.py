"""Time against size for every parser: twice the input may take little more than twice the time, whatever is in it.

    python tests/benchmarks/bench_parsers.py                     all parsers
    python tests/benchmarks/bench_parsers.py lcov diff           those whose names contain a word

The inputs are made to be hard: one thing repeated, things nested, things that differ in a number. Inputs that take no
time even at their largest are left out. Seconds are those of the processor. Exit status 1: a ratio is above the goal.
"""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable
from pathlib import Path

from side_by_side import ROOT

sys.path.insert(0, str(Path(ROOT, "tests")))

from helpers.parsers import PARSERS, Parser

GOAL = 3.0  # twice the time for twice the size, and some noise; quadratic is 4
BEGIN, MOST = 25_000, 1_600_000  # bytes
TELLING, LONG = 0.03, 0.5  # seconds: what can be measured, and what is enough


def seconds(parser: Parser, data: bytes) -> float:
    begun = time.process_time()
    with contextlib.suppress(*parser.declared):
        parser.parse(data)
    return time.process_time() - begun


def ratio(parser: Parser, grow: Callable[[int], bytes]) -> tuple[int, float, float] | None:
    """The largest size that is worth it, its seconds, and how much longer it takes than half of it; None for no time.

    The least of several tries is taken, and there are more of them if the first ones miss the goal.
    """
    size = BEGIN
    while size < MOST and seconds(parser, grow(size)) < LONG / 2:
        size *= 2
    data = grow(size // 2), grow(size)
    half, whole = (seconds(parser, each) for each in data)
    if whole < TELLING:
        return None
    for tries in range(6):
        if tries >= 2 and whole <= GOAL * half:
            break
        half, whole = (min(least, seconds(parser, each)) for least, each in zip((half, whole), data, strict=True))
    return size, whole, whole / half


def main() -> int:
    words = [each.lower() for each in sys.argv[1:]]
    missed = 0
    print(f"{'parser, hardest input':<66}{'bytes':>10}{'seconds':>9}{'ratio':>8}{'goal':>6}")
    for name, parser in PARSERS.items():
        if words and not any(word in name.lower() for word in words):
            continue
        found = {what: ratio(parser, grow) for what, grow in parser.grown.items()}
        told = {what: each for what, each in found.items() if each is not None}
        worst = max(told, key=lambda what: told[what][2], default="")
        slow = [what for what, (_, _, each) in told.items() if each > GOAL]
        for what in slow or ([worst] if worst else []):
            size, took, times = told[what]
            label = f"{name}: {what!r}"[:65]
            print(f"{label:<66}{size:>10,}{took:>9.3f}{times:>8.2f}{GOAL:>6}{'  missed' * (what in slow)}", flush=True)
        if not told:
            print(f"{name + ': no input takes any time':<66}", flush=True)
        missed += len(slow)
    return int(missed > 0)


if __name__ == "__main__":
    raise SystemExit(main())
