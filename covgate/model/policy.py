"""The rules that a push is judged by."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from fractions import Fraction

from covgate.model.numbers import format_exact

_DECIMAL = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,2})?")


class Kind(Enum):
    """Which minimum applies: the floor, the baseline, or both."""

    ABSOLUTE = "absolute"
    BASELINE = "baseline"
    BOTH = "both"

    @property
    def uses_floor(self) -> bool:
        """Whether a push must reach the floor."""
        return self is not Kind.BASELINE

    @property
    def uses_baseline(self) -> bool:
        """Whether a push must reach the baseline."""
        return self is not Kind.ABSOLUTE


class RemovedCode(Enum):
    """Whether the baseline is adjusted for code that was removed since it was reached."""

    ADJUST = "adjust"
    COUNT = "count"


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """``floor`` and ``patch_floor`` are in percent, ``epsilon`` is in percentage points; all are exact.

    ``patch_floor`` is None if the changed lines have no floor of their own. It applies only if a push changes
    ``patch_min_lines`` executable lines or more.
    """

    kind: Kind = Kind.BOTH
    floor: Fraction = Fraction(0)
    epsilon: Fraction = Fraction(0)
    patch_floor: Fraction | None = None
    patch_min_lines: int = 0
    removed_code: RemovedCode = RemovedCode.ADJUST


def weakened(own: Policy, base: Policy) -> tuple[str, ...]:
    """Where ``own`` is less strict than ``base``: a phrase for each key, nothing if it is as strict."""
    found = []
    if own.kind is not base.kind and own.kind is not Kind.BOTH:
        found.append(f"policy {base.kind.value} -> {own.kind.value}")
    if own.floor < base.floor:
        found.append(f"floor {format_exact(base.floor)} -> {format_exact(own.floor)}")
    if own.epsilon > base.epsilon:
        found.append(f"epsilon {format_exact(base.epsilon)} -> {format_exact(own.epsilon)}")
    if base.patch_floor is not None and (own.patch_floor is None or own.patch_floor < base.patch_floor):
        now = "none" if own.patch_floor is None else format_exact(own.patch_floor)
        found.append(f"patch_floor {format_exact(base.patch_floor)} -> {now}")
    if base.patch_floor is not None and own.patch_min_lines > base.patch_min_lines:
        found.append(f"patch_min_lines {base.patch_min_lines} -> {own.patch_min_lines}")
    if own.removed_code is RemovedCode.ADJUST and base.removed_code is RemovedCode.COUNT:
        found.append("removed_code count -> adjust")
    return tuple(found)


def parse_decimal(text: str) -> Fraction:
    """The exact value of a decimal number.

    Raises ValueError if ``text`` is not a finite decimal number.
    """
    if len(text) > 40 or not _DECIMAL.fullmatch(text.strip()):
        raise ValueError(f"{text!r} is not a decimal number")
    return Fraction(text)


def exact_percent(value: object) -> Fraction:
    """``value`` as an exact percentage from 0 to 100.

    A float is taken for the decimal that Python prints for it: 84.7 is 847/10.
    Raises ValueError if ``value`` is of another type, not finite, or out of range.
    """
    if isinstance(value, (float, Decimal)):
        result = parse_decimal(str(value))
    elif isinstance(value, (int, Fraction)) and not isinstance(value, bool):
        result = Fraction(value)
    else:
        raise ValueError(f"{value!r} is not a percentage")
    if not 0 <= result <= 100:
        raise ValueError(f"{value!r} is not between 0 and 100")
    return result
