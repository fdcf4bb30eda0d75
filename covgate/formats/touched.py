"""The files that a commit touches, line by line: what was executed, and what to look at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from covgate.formats.losses import Loss, LossKind, losses
from covgate.formats.places import stretches
from covgate.model.explanation import FileExplanation
from covgate.model.lines import Line, excluded, statements
from covgate.model.measurement import FileResult
from covgate.model.outcome import Outcome
from covgate.model.patch import PatchFile

# Without a patch and an explanation, the files with the most missing lines are shown.
_WORST_SHOWN = 50


class State(Enum):
    """What became of a line."""

    EXECUTED = "executed"
    PARTIAL = "partial"
    MISSING = "missing"
    EXCLUDED = "excluded"


@dataclass(frozen=True, slots=True, kw_only=True)
class Touched:
    """One file. ``result`` is None if it is not measured. ``losses`` are the lines to look at."""

    path: str
    result: FileResult | None = None
    explanation: FileExplanation | None = None
    patch: PatchFile | None = None
    losses: tuple[Loss, ...] = ()
    unstable: tuple[int, ...] = ()
    states: Mapping[int, State] = field(default_factory=dict)
    branches: Mapping[int, Line] = field(default_factory=dict)

    @property
    def words(self) -> dict[int, str]:
        """Line -> the word that marks it: why to look at it, or "new" if nothing is wrong with it."""
        words = {line.number: LossKind.NEW.value for line in (self.patch.lines if self.patch else ())}
        words |= dict.fromkeys(self.unstable, "unstable")
        for loss in self.losses:
            words |= dict.fromkeys([*loss.missing, *(line.number for line in loss.partial)], loss.kind.value)
        return words

    @property
    def to_look_at(self) -> list[int]:
        """The lines to jump to, ascending: those to look at, else all that are not wholly executed."""
        found = {number for loss in self.losses for number in loss.missing}
        found |= {line.number for loss in self.losses for line in loss.partial} | {*self.unstable}
        return sorted(found or (line for line, state in self.states.items() if state in (State.PARTIAL, State.MISSING)))

    @property
    def stops(self) -> list[tuple[int, int]]:
        """The stretches of these lines, each of one word, as first and last."""
        words = self.words
        by_word: dict[str, list[int]] = {}
        for number in self.to_look_at:
            by_word.setdefault(words.get(number, ""), []).append(number)
        found = (stretches(lines, self.states) for lines in by_word.values())
        return sorted((first, last) for each in found for first, last, _ in each)


def touched(outcome: Outcome) -> list[Touched]:
    """Every file that has a place at the commit and anything to tell, those to look at first."""
    results = {each.path: each for each in outcome.measurement.files} if outcome.measurement else {}
    unstable = dict(outcome.measurement.unstable) if outcome.measurement else {}
    stories = {each.path: each for each in outcome.explanation.files if each.path} if outcome.explanation else {}
    patches = {each.path: each for each in outcome.patch.files} if outcome.patch else {}
    lost: dict[str, list[Loss]] = {}
    for loss in losses(outcome.patch, outcome.explanation):
        lost.setdefault(loss.path, []).append(loss)
    gone = {each.old_path for each in outcome.explanation.files if not each.path} if outcome.explanation else set()
    paths = dict.fromkeys(path for path in (*lost, *unstable, *stories, *patches) if path not in gone)
    if outcome.patch is None and outcome.explanation is None:
        worst = sorted((each for each in results.values() if each.numbers.missing), key=lambda e: -e.numbers.missing)
        paths |= dict.fromkeys(each.path for each in worst[:_WORST_SHOWN])
    return [
        _touched(path, results.get(path), stories.get(path), patches.get(path), lost.get(path, []), unstable)
        for path in paths
    ]


def _touched(
    path: str,
    result: FileResult | None,
    explanation: FileExplanation | None,
    patch: PatchFile | None,
    lost: list[Loss],
    unstable: Mapping[str, tuple[int, ...]],
) -> Touched:
    lines = list(statements(result.lines)) if result else []
    states = {line.number: _state(line) for line in lines}
    states |= dict.fromkeys(excluded(result.lines) if result else (), State.EXCLUDED)
    return Touched(
        path=path,
        result=result,
        explanation=explanation,
        patch=patch,
        losses=tuple(lost),
        unstable=unstable.get(path, ()),
        states=states,
        branches={line.number: line for line in lines if line.branches},
    )


def _state(line: Line) -> State:
    return State.EXECUTED if line.whole else State.PARTIAL if line.executed else State.MISSING
