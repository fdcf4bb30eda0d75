"""Baselines: the minimum that a commit must reach, how baselines join, and what raises or lowers them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import NamedTuple

from covgate.model.numbers import HUNDRED, Numbers


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """An epoch and an exact ratio, ``executed`` of ``executable``.

    ``override`` is the reason of the person who opened the epoch by hand; "" if nobody did, or if it was raised since.
    Raises ValueError if the epoch is negative or the ratio is not between 0 and 1.
    """

    epoch: int = 0
    executed: int
    executable: int
    override: str = ""

    def __post_init__(self) -> None:
        if type(self.epoch) is not int or self.epoch < 0:
            raise ValueError(f"epoch must be an integer of at least 0, not {self.epoch!r}")
        if type(self.executed) is not int or type(self.executable) is not int:
            raise ValueError("a baseline is a ratio of two integers")
        if not 0 <= self.executed <= self.executable or self.executable == 0:
            raise ValueError(f"{self.executed}/{self.executable} is not a ratio between 0 and 1")

    @property
    def percent(self) -> Fraction:
        """The exact percentage, 0 to 100."""
        return HUNDRED * self.executed / self.executable

    @property
    def level(self) -> tuple[int, Fraction]:
        """What baselines are compared by: the epoch first, then the ratio."""
        return self.epoch, Fraction(self.executed, self.executable)

    @property
    def order(self) -> tuple[int, Fraction, str, int]:
        """A total order, so that every clone picks the same of two baselines on one level."""
        return *self.level, self.override, self.executable


def join(*baselines: Baseline | None) -> Baseline | None:
    """The highest of ``baselines``; None if there is none. Commutative, associative and idempotent."""
    known = [each for each in baselines if each is not None]
    return max(known, key=lambda each: each.order, default=None)


def merge_baseline(known: Baseline | None, new: Baseline | None) -> Baseline | None:
    """The join of the baseline in a commit's note and a ``new`` one for the same commit.

    If the commit opened an epoch, its reason stays, even if the baseline rises.
    """
    joined = join(known, new)
    if joined is None or known is None or joined.epoch != known.epoch or joined.override:
        return joined
    return replace(joined, override=known.override)


def ratchet(baseline: Baseline | None, measured: Numbers) -> Baseline | None:
    """The baseline after ``measured``: raised if that is higher, else ``baseline`` itself.

    A measurement without an executable statement raises nothing.
    """
    if not measured.executable:
        return baseline
    raised = Baseline(
        epoch=baseline.epoch if baseline else 0,
        executed=measured.executed,
        executable=measured.executable,
    )
    if baseline is not None and baseline.level >= raised.level:
        return baseline
    return raised


def override(baseline: Baseline | None, percent: Fraction, reason: str) -> Baseline:
    """A new epoch at ``percent`` (0 to 100), above ``baseline`` whatever its ratio."""
    ratio = percent / HUNDRED
    return Baseline(
        epoch=baseline.epoch + 1 if baseline else 1,
        executed=ratio.numerator,
        executable=ratio.denominator,
        override=reason,
    )


class Removal(NamedTuple):
    """How the code changed since the baseline was reached.

    ``of``: how many statements and branches there were then. ``executed``: how many of them were executed, None if that
    was the baseline's ratio. ``removed`` and ``added``: the counts of those that were removed and added since.
    """

    of: int
    removed: Numbers
    added: Numbers
    executed: int | None = None


def level_here(baseline: Baseline, recorded: Numbers, here: Numbers) -> Fraction:
    """The percentage that ``baseline`` requires under the present circumstances: what its commit measures here.

    ``recorded`` and ``here``: what that commit measured then, and measures now. A baseline that was set by hand
    requires no more than somebody has set. A record that did not reach the baseline says nothing about it.
    """
    then, now = recorded.percent, here.percent
    if then is None or now is None:
        return baseline.percent
    if baseline.override:
        return min(now, baseline.percent) if then >= baseline.percent else baseline.percent
    return now if then == baseline.percent else baseline.percent


def level_by_base(baseline: Baseline, recorded: Numbers, here: Numbers, epsilon: Fraction) -> Fraction:
    """The percentage that ``baseline`` requires here, if only a later commit that held it can be measured here.

    ``recorded`` and ``here``: what that commit measured when it held the baseline, and measures now. It may have been
    lower than the baseline, at most by ``epsilon`` under its own circumstances: a push must not be lower once more.
    """
    then, now = recorded.percent, here.percent
    if then is None or now is None:
        return baseline.percent
    level = min(now + min(max(baseline.percent - then, Fraction(0)), max(epsilon, Fraction(0))), HUNDRED)
    return min(level, baseline.percent) if baseline.override else level


def without_removed(baseline: Baseline, removal: Removal, percent: Fraction | None = None) -> Fraction | None:
    """The percentage that ``baseline`` requires after the removed code is subtracted from both its counts.

    ``percent`` is what it requires under the present circumstances, None for what is recorded. Returns None if no
    executable code is left and none was added.

    If nothing was added, this is Codecov's definition (docs.codecov.com, "Removed Code Behavior", adjust_base). Added
    code must reach the baseline by itself: otherwise well-tested code could be replaced by code that is covered no
    better than the rest (docs/adr/0010). If somebody set the baseline by hand below what was executed, only the
    required part of the removed code counts: otherwise the rest would no longer need tests.
    """
    ratio = (baseline.percent if percent is None else percent) / HUNDRED
    required = ratio * removal.of
    share = required / removal.executed if removal.executed else Fraction(1)
    executable = removal.of - removal.removed.executable + removal.added.executable
    executed = required - share * removal.removed.executed + ratio * removal.added.executable
    if executable <= 0:
        return None
    return HUNDRED * min(max(executed / executable, Fraction(0)), Fraction(1))
