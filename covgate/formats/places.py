"""Where to look, stretch by stretch: for the formats that point at lines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import Enum

from covgate.formats.losses import MEANING, LossKind, losses
from covgate.model.lines import Line, statements
from covgate.model.outcome import Outcome, OutcomeKind


class Level(Enum):
    """How much a place matters; the value is the word of workflow commands."""

    ERROR = "error"
    WARNING = "warning"
    NOTICE = "notice"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The lines ``first`` to ``last`` of ``path``; ``kind`` None: lines that were executed in some runs only.

    ``count``: how many statements. ``partial``: the statement, where it was executed and some branches were not.
    ``component``: the one that was measured; "" in a repository without components.
    """

    path: str
    kind: LossKind | None
    level: Level
    first: int
    last: int
    count: int = 1
    partial: Line | None = None
    component: str = ""

    @property
    def lines(self) -> str:
        return f"line {self.first}" if self.first == self.last else f"lines {self.first}-{self.last}"

    @property
    def location(self) -> str:
        """``path:line``, as editors and terminals link it; ``path:first-last`` for several lines."""
        return f"{self.path}:{self.first}" + (f"-{self.last}" if self.last != self.first else "")

    @property
    def partly(self) -> str:
        """``1 of 2 branches`` for a statement that was executed, but not in all branches; else ""."""
        return f"{self.partial.executed_branches} of {self.partial.branches} branches" if self.partial else ""


UNSTABLE = "executed in one run of the tests and not in another: unstable, and doesn't block"
# Of a line that was executed, `MEANING` would say that it was not.
_PARTIAL = {
    LossKind.NEW: "added or changed by this push, and not executed in all branches",
    LossKind.EARLIER: "added since the baseline, before this push, and not executed in all branches",
    LossKind.LOST: "executed in more branches at the baseline, and not touched since",
}
_ORDER = [LossKind.NEW, LossKind.LOST, LossKind.EARLIER, *LossKind]
_LEVELS = [Level.ERROR, Level.WARNING, Level.NOTICE]


def places(outcome: Outcome) -> list[Place]:
    """All places of all components, the most important first."""
    found = [replace(place, component=each.label) for each in outcome.each for place in _places(each)]
    # Places of the same importance keep their order: the worst file first.
    return sorted(found, key=lambda each: (_LEVELS.index(each.level), _rank(each.kind), -each.count))


def _places(outcome: Outcome) -> Iterator[Place]:
    """The places of one component."""
    known = {each.path: each.lines for each in outcome.measurement.files} if outcome.measurement else {}
    numbers: dict[str, list[int]] = {}

    def of_file(path: str) -> list[int]:
        if path not in numbers:
            numbers[path] = [line.number for line in statements(known.get(path, ""))]
        return numbers[path]

    blocked = bool(outcome.verdict.failed)
    for loss in losses(outcome.patch, outcome.explanation):
        level = _level(loss.kind, blocked=blocked)
        counted = loss.kind in (LossKind.NEW, LossKind.EARLIER, LossKind.LOST)
        for first, last, count in stretches(loss.missing, of_file(loss.path) if counted else ()):
            yield Place(path=loss.path, kind=loss.kind, level=level, first=first, last=last, count=count)
        for line in loss.partial:
            at = line.number
            yield Place(path=loss.path, kind=loss.kind, level=level, first=at, last=at, partial=line)
    for path, lines in outcome.measurement.unstable if outcome.measurement else ():
        for first, last, count in stretches(lines, of_file(path)):
            yield Place(path=path, kind=None, level=Level.NOTICE, first=first, last=last, count=count)


def _rank(kind: LossKind | None) -> int:
    return _ORDER.index(kind) if kind else len(_ORDER)


def stretches(lines: Iterable[int], of_file: Iterable[int]) -> list[tuple[int, int, int]]:
    """Ascending ``lines`` as first, last and how many of each stretch.

    Two that have no other of the statements ``of_file`` between them are one: blank lines and comments part nothing.
    """
    numbers = list(lines)
    wanted = set(numbers)
    place, current = {}, 0
    for number in sorted(wanted | set(of_file)):
        current += number not in wanted
        place[number] = current
    found: list[tuple[int, int, int]] = []
    before = None
    for number in numbers:
        joined = before is not None and (number == before + 1 or (place[number] == place[before] and bool(of_file)))
        if joined:
            first, _, count = found[-1]
            found[-1] = first, number, count + 1
        else:
            found.append((number, number, 1))
        before = number
    return found


def verdict_level(outcome: Outcome) -> Level:
    """How much the verdict itself matters."""
    if outcome.blocked:
        return Level.ERROR
    doubtful = outcome.kind is OutcomeKind.NOT_MEASURED or outcome.verdict.excuse
    return Level.WARNING if doubtful else Level.NOTICE


def word(kind: LossKind | None) -> str:
    return kind.value if kind else "unstable"


def meaning(kind: LossKind | None) -> str:
    return MEANING[kind] if kind else UNSTABLE


def _level(kind: LossKind, *, blocked: bool) -> Level:
    """What this push itself brought about stands in its way; the rest explains."""
    if kind in (LossKind.NEW, LossKind.LOST):
        return Level.ERROR if blocked else Level.WARNING
    return Level.WARNING if blocked or kind is LossKind.EARLIER else Level.NOTICE


def describe(place: Place) -> str:
    """One place, in a sentence of its own."""
    line = place.partial
    if line is not None and place.kind:
        branches = f"{line.executed_branches} of {line.branches} branches executed"
        return f"{place.lines.capitalize()}, {branches}: {_PARTIAL[place.kind]}"
    many = f", {place.count} statements" if place.count > 1 else ""
    return f"{place.lines.capitalize()}{many}: {meaning(place.kind)}"
