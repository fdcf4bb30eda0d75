"""Which of the environments found is the project's. This module only decides; its inputs are facts about each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import NamedTuple

MEASURING = ("coverage", "pytest")  # without these, no test can be measured, whatever else is installed
_NAMED = 3  # missing packages that a notice lists


class Kind(Enum):
    """How an environment was found. The order of the members is the order in which they are looked for.

    TOOL: the project's own tool (poetry, uv, hatch ...) keeps it. RUNNER: tox or nox made it, for one of its tasks.
    NESTED: it is in a directory of the repository, as in one with several projects.
    ON_PATH: a virtual environment that doesn't seem to be activated. OWN: covgate is installed in it, beside the
    project. SYSTEM: a Python that is in no environment.
    """

    ACTIVATED = "activated"
    TOOL = "tool"
    REPOSITORY = "repository"
    RUNNER = "runner"
    NESTED = "nested"
    ON_PATH = "on PATH"
    OWN = "own"
    SYSTEM = "system"


# These may serve other purposes: they only count if they have what the tests need.
_OTHER_PURPOSES = frozenset({Kind.RUNNER, Kind.NESTED, Kind.ON_PATH, Kind.OWN})


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """An environment that may be the project's.

    ``python`` is the path of its interpreter and ``prefix`` its directory, "" for none. ``origin`` is how it was found,
    and ``manager`` the tool that installs packages there, "" if it is unknown. ``problem`` is why it can't run, "" if
    it can. ``lacks`` are the packages that the tests need and that it does not have, those of covgate first.
    """

    kind: Kind
    python: str
    prefix: str = ""
    origin: str
    manager: str = ""
    problem: str = ""
    lacks: tuple[str, ...] = ()

    @property
    def is_complete(self) -> bool:
        return not self.problem and not self.lacks

    @property
    def can_measure(self) -> bool:
        return not self.problem and not set(MEASURING) & set(self.lacks)


class Choice(NamedTuple):
    """The chosen environment, None if none can be used. ``notices`` name those that were skipped, and why.

    ``broken`` is the first skipped one that can't run.
    """

    candidate: Candidate | None
    notices: tuple[str, ...] = ()
    broken: Candidate | None = None


def choose(candidates: Iterable[Candidate]) -> Choice:
    """The project's environment among ``candidates``, which come in the order of ``Kind``.

    This is the first one that has everything the tests need, unless it may serve another purpose and the project's own
    one can measure; else the first one that can measure, else the first one that is the project's, so that the error is
    about that one. A Python outside of any environment is only used if the
    project has none. Nothing is read from ``candidates`` after the first one that has everything.
    """
    seen: list[Candidate] = []
    found_own = False
    for each in candidates:
        if found_own and each.kind in (Kind.OWN, Kind.SYSTEM):
            continue
        seen.append(each)
        if each.is_complete:
            return _chosen((each.kind in _OTHER_PURPOSES and _own(seen)) or each, seen)
        found_own = found_own or each.kind not in (*_OTHER_PURPOSES, Kind.SYSTEM)
    able = [each for each in seen if each.can_measure]
    if able:
        return _chosen(able[0], seen)
    usable = [each for each in seen if not each.problem]
    own = [each for each in usable if each.kind not in _OTHER_PURPOSES]
    if found_own:
        # A suite that doesn't need pytest can still be measured.
        own.sort(key=lambda each: "coverage" in each.lacks)
    else:
        own = [each for each in usable if each.kind is Kind.ON_PATH] + own
    return _chosen(own[0] if own else None, seen)


def _own(seen: Sequence[Candidate]) -> Candidate | None:
    """The first of the project's own environments that can measure.

    It may lack a declared package only by name (psycopg2-binary for psycopg2), and what an environment for another
    purpose has is often an old copy of the project.
    """
    return next((each for each in seen if each.kind not in _OTHER_PURPOSES and each.can_measure), None)


def _chosen(chosen: Candidate | None, seen: Sequence[Candidate]) -> Choice:
    """The choice of ``chosen``, one of ``seen``. If the last of these has what it lacks, a notice says so."""
    before = seen[: seen.index(chosen)] if chosen is not None else seen
    notices = []
    for each in before:
        if each.problem:
            notices.append(f"{_named(each)} can't be used: {each.problem}")
        elif chosen and each.kind not in _OTHER_PURPOSES and not _are_alternatives(each, chosen):
            notices.append(f"{_named(each)} has no {_listed(each.lacks)}: {_named(chosen)} measures")
    if chosen and chosen.lacks and seen[-1].is_complete:
        notices.append(f"{_named(chosen)} measures without {_listed(chosen.lacks)}, which {_named(seen[-1])} has")
    if chosen and chosen.can_measure and any(_are_alternatives(each, chosen) for each in before):
        origin = f"{chosen.origin}, the first of {chosen.manager}'s with {' and '.join(MEASURING)}"
        chosen = replace(chosen, origin=origin)
    broken = next((each for each in before if each.problem), None)
    return Choice(candidate=chosen, notices=tuple(notices), broken=broken)


def _are_alternatives(one: Candidate, other: Candidate) -> bool:
    """Whether one tool keeps both, for several tasks or versions: a choice between them needs no notice."""
    return one.kind is other.kind and bool(one.manager) and one.manager == other.manager


def _named(candidate: Candidate) -> str:
    return f"{candidate.origin} ({candidate.prefix or candidate.python})"


def _listed(names: Sequence[str]) -> str:
    more = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {more} more" if more > 0 else "")
