"""The epochs of the baseline: which of them an override opened, and which have no reason.

A higher epoch wins over every ratio of a lower one, so covgate must not trust it just because a note claims it. Epoch 0
is always open. An override, which is a record with a reason, opens a higher one. Other records may then continue it, at
the override's percentage or above.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from covgate.model.baseline import Baseline

# How far an override may be above the highest open epoch. Usually it is one above. Several overrides in a clone that is
# offline can be further above. Without a limit, one note could use up the numbers.
REACH = 1000

# By component and epoch, a percentage.
Lowest = dict[tuple[str, int], Fraction]


class Epochs:
    """The open epochs, each with the lowest percentage of its overrides."""

    def __init__(self, opened: Lowest | None = None) -> None:
        self.opened: Lowest = dict(opened or {})

    def open(self, overrides: Iterable[tuple[str, Baseline]]) -> None:
        """Open the epochs of ``overrides`` (component, baseline). One without a reason opens nothing."""
        for component, baseline in sorted(overrides, key=lambda each: (each[0], each[1].order)):
            if baseline.override and baseline.epoch <= self._highest(component) + REACH:
                key = component, baseline.epoch
                self.opened[key] = min(self.opened.get(key, baseline.percent), baseline.percent)

    def is_open(self, component: str, baseline: Baseline) -> bool:
        """Whether ``baseline`` can be trusted: its epoch is open, and it is not below the override."""
        opened = self.opened.get((component, baseline.epoch))
        return not baseline.epoch or (opened is not None and baseline.percent >= opened)

    def why_not_open(self, component: str, baseline: Baseline) -> str:
        """Why ``baseline``, whose epoch is not open, is not trusted."""
        if (component, baseline.epoch) in self.opened:
            return f"no override opened epoch {baseline.epoch} so low"
        if baseline.override:
            return f"epoch {baseline.epoch} is more than {REACH} above epoch {self._highest(component)}"
        return f"no override opened epoch {baseline.epoch}"

    def _highest(self, component: str) -> int:
        return max((epoch for name, epoch in self.opened if name == component), default=0)
