"""Pushes from this clone that passed without being measured, counted until one is measured again.

It is easy to overlook that a push passed with a WARNING. The count shows that the gate has been off for a while.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from covgate.files import write_atomically


class Unmeasured(NamedTuple):
    """``pushes`` in a row were not measured; ``reason`` is why the last one wasn't."""

    pushes: int
    reason: str

    def sentence(self, components: Sequence[str] = ()) -> str:
        """``this push was not measured, the 3rd in a row``; if only ``components`` were not, it names them."""
        which = f" for {', '.join(components)}" if components else ""
        again = f", the {ordinal(self.pushes)} in a row" if self.pushes > 1 else ""
        return f"this push was not measured{which}{again}"


def read_unmeasured(state: Path) -> Unmeasured | None:
    """The count under covgate's directory ``state``; None if the last push was measured, or the file is damaged."""
    try:
        value = json.loads(_file(state).read_bytes())
        pushes = int(value["pushes"])
        return Unmeasured(pushes=pushes, reason=str(value["reason"])) if pushes > 0 else None
    except (OSError, ValueError, KeyError, TypeError, OverflowError, RecursionError):
        return None


def count_unmeasured(state: Path, reason: str) -> Unmeasured:
    """Count one more push that was not measured."""
    before = read_unmeasured(state)
    counted = Unmeasured(pushes=(before.pushes if before else 0) + 1, reason=reason)
    with contextlib.suppress(OSError):  # only a hint is lost
        write_atomically(_file(state), json.dumps(counted._asdict()).encode())
    return counted


def reset_unmeasured(state: Path) -> None:
    """Reset the count: pushes can be measured again."""
    with contextlib.suppress(OSError):
        _file(state).unlink(missing_ok=True)


def last_pushes(number: int) -> str:
    """``the last push from this clone was``, ``the last 3 pushes from this clone were``."""
    return f"the last {number} pushes from this clone were" if number > 1 else "the last push from this clone was"


def ordinal(number: int) -> str:
    """``2nd``, ``3rd``, ``11th``."""
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def _file(state: Path) -> Path:
    return state / "unmeasured.json"
