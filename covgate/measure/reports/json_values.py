"""Take the parts of a JSON report, whose types nobody has checked."""

from __future__ import annotations

import math
from typing import Any

from covgate.measure.reports.values import Malformed, Odd, shown

_MAX_LINE_NUMBER = 10**9


def as_object(value: object, what: str) -> dict[str, Any]:
    """``value``, which is a JSON object. ``what`` names it in a message. Raises Malformed if it is anything else."""
    if not isinstance(value, dict):
        raise Malformed(f"{shown(what)} is not a JSON object")
    return value


def as_list(value: object, what: str) -> list[Any]:
    """``value``, which is a JSON list. ``what`` names it in a message. Raises Malformed if it is anything else."""
    if not isinstance(value, list):
        raise Malformed(f"{shown(what)} is not a JSON list")
    return value


def as_line(value: object, name: str) -> int:
    """``value``, which is a line number of the file ``name``. Raises Malformed if it is anything else."""
    if type(value) is not int or not 0 <= value < _MAX_LINE_NUMBER:
        raise Malformed(f"{shown(repr(value), 20)} is not a line number of {shown(name)}")
    return value


def is_executed(value: object, odd: Odd, name: str, line: int) -> bool:
    """Whether the count ``value`` is above zero. Anything but a number of at least zero is invalid: False."""
    if type(value) is int and value >= 0:
        return value > 0
    if type(value) is float and math.isfinite(value) and value >= 0:
        return value > 0
    odd.add(f"{shown(repr(value), 20)} at {shown(name)}:{line}")
    return False
