"""The ratchet: the height of a line of history, and how heights join."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from fractions import Fraction

from covgate.model.numbers import HUNDRED, Numbers


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """An epoch and an exact ratio, ``executed`` of ``executable``.

    ``override`` is the reason of the person who opened the epoch by hand; "" where none did.
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
        return HUNDRED * self.executed / self.executable

    @property
    def height(self) -> tuple[int, Fraction]:
        """What the ratchet compares: epoch first, then the ratio."""
        return self.epoch, Fraction(self.executed, self.executable)

    @property
    def order(self) -> tuple[int, Fraction, str, int]:
        """Total: of two baselines of one height every clone must pick the same."""
        return *self.height, self.override, self.executable


def join(*baselines: Baseline | None) -> Baseline | None:
    """The highest of ``baselines``, None for none: commutative, associative, idempotent."""
    known = [each for each in baselines if each is not None]
    return max(known, key=lambda each: each.order, default=None)


def join_all(baselines: Iterable[Baseline | None]) -> Baseline | None:
    return join(*baselines)


def ratchet(baseline: Baseline | None, measured: Numbers) -> Baseline | None:
    """The baseline raised to what was measured: never lower, and unchanged by an equal value.

    Nothing to execute raises nothing.
    """
    if not measured.executable:
        return baseline
    risen = Baseline(
        epoch=baseline.epoch if baseline else 0,
        executed=measured.executed,
        executable=measured.executable,
    )
    if baseline is not None and baseline.height >= risen.height:
        return baseline
    return risen


@dataclass(frozen=True, slots=True, kw_only=True)
class Removal:
    """What became of the code since the baseline was reached: ``removed`` from it, and ``added``.

    ``of``: the statements and branches that there were when it was reached.
    """

    of: int
    removed: Numbers
    added: Numbers


def without_removed(baseline: Baseline, removal: Removal) -> Fraction | None:
    """The percentage that ``baseline`` asks for once the removed code is out of both its counts.

    Where nothing was added this is Codecov's definition (docs.codecov.com, "Removed Code Behavior", adjust_base). What
    was added has to hold the baseline by itself: else well-tested code could be replaced by code that is covered as
    little as what happens to be left (docs/adr/0010). None where nothing of it is left, and nothing was added.
    """
    ratio = Fraction(baseline.executed, baseline.executable)
    executable = removal.of - removal.removed.executable + removal.added.executable
    executed = ratio * removal.of - removal.removed.executed + ratio * removal.added.executable
    if executable <= 0:
        return None
    return HUNDRED * min(max(executed / executable, Fraction(0)), Fraction(1))


def merge_baseline(known: Baseline | None, new: Baseline | None) -> Baseline | None:
    """The join of what a commit's note holds and what it gets: the reason of an epoch that was opened there stays."""
    joined = join(known, new)
    if joined is None or known is None or joined.epoch != known.epoch or joined.override:
        return joined
    return replace(joined, override=known.override)


def override(baseline: Baseline | None, percent: Fraction, reason: str) -> Baseline:
    """A new epoch at ``percent`` (0 to 100), for ``reason``."""
    ratio = percent / HUNDRED
    return Baseline(
        epoch=baseline.epoch + 1 if baseline else 1,
        executed=ratio.numerator,
        executable=ratio.denominator,
        override=reason,
    )
