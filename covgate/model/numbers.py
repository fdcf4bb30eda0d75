"""Counts of statements and branches, exact ratios, and how percentages are written.

The vocabulary and the definition of the total are coverage.py's (``coverage.results.Numbers``):
total = (executed statements + executed branches) / (statements + branches).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields
from fractions import Fraction
from operator import attrgetter

HUNDRED = Fraction(100)


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """Counts of one file, or of many added up. All are integers, nothing is rounded.

    Raises ValueError for a count that is not an integer, is negative, or exceeds the count it is a part of.
    """

    statements: int = 0
    executed_statements: int = 0
    branches: int = 0
    executed_branches: int = 0
    excluded: int = 0

    def __post_init__(self) -> None:
        for name, value in zip(COUNTS, self.counts(), strict=True):
            if type(value) is not int or value < 0:
                raise ValueError(f"{name} must be an integer of at least 0, not {value!r}")
        if self.executed_statements > self.statements or self.executed_branches > self.branches:
            raise ValueError("more executed than there is to execute")

    def __add__(self, other: Numbers) -> Numbers:
        return total((self, other))

    def counts(self) -> tuple[int, ...]:
        """The five counts, in the order of `COUNTS`."""
        return _counts_of(self)

    @classmethod
    def from_counts(cls, counts: Iterable[int]) -> Numbers:
        """The numbers with these five ``counts``, in the order of `COUNTS`.

        Raises ValueError if there are more or fewer than five, or if one is not a valid count.
        """
        return cls(**dict(zip(COUNTS, counts, strict=True)))

    @property
    def executed(self) -> int:
        """The numerator of coverage: executed statements + executed branches."""
        return self.executed_statements + self.executed_branches

    @property
    def executable(self) -> int:
        """The denominator of coverage: statements + branches."""
        return self.statements + self.branches

    @property
    def missing(self) -> int:
        """Statements and branches that were not executed."""
        return self.executable - self.executed

    @property
    def percent(self) -> Fraction | None:
        """The exact percentage, 0 to 100; None if there is nothing to execute."""
        if not self.executable:
            return None
        return HUNDRED * self.executed / self.executable


# The names of the counts, in the order that every stored format uses.
COUNTS = tuple(each.name for each in fields(Numbers))
_counts_of: Callable[[Numbers], tuple[int, ...]] = attrgetter(*COUNTS)


def total(numbers: Iterable[Numbers]) -> Numbers:
    """The sum of ``numbers``; zeros if there are none."""
    columns = list(zip(*(each.counts() for each in numbers), strict=True))
    return Numbers.from_counts(map(sum, columns)) if columns else Numbers()


def format_percent(value: Fraction | None, places: int = 2) -> str:
    """``value`` with ``places`` decimals, never shown as 100 or 0 unless it is exactly that; "" for None.

    This is the rule of coverage.py's ``display_covered``.
    """
    if value is None:
        return ""
    scaled = round(value * 10**places)
    if scaled == 0 and value > 0:
        scaled = 1
    if scaled == 100 * 10**places and value < HUNDRED:
        scaled -= 1
    return _decimal(scaled, places)


def format_exact(value: Fraction, places: int = 2) -> str:
    """``value`` with all its decimals, at least ``places``; a number without a finite decimal form is rounded."""
    for more in range(places, 31):
        scaled = value * 10**more
        if scaled.denominator == 1:
            return _decimal(scaled.numerator, more)
    return _decimal(round(value * 10**places), places)


def format_reached(value: Fraction, places: int = 2) -> str:
    """``value`` rounded down: a baseline that is set to it is one that ``value`` reaches."""
    return _decimal(int(value * 10**places), places)


def _decimal(scaled: int, places: int) -> str:
    sign = "-" if scaled < 0 else ""
    digits = str(abs(scaled)).rjust(places + 1, "0")
    return f"{sign}{digits[:-places]}.{digits[-places:]}" if places else sign + digits
