"""The outcome of a commit whose parts are judged one by one: all of them pass, or the commit is blocked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

from covgate.model.measurement import Measurement
from covgate.model.numbers import Numbers, total
from covgate.model.outcome import Outcome
from covgate.model.policy import Policy
from covgate.model.record import DEFAULT_COMPONENT
from covgate.model.verdict import Status, Verdict

_SHOWN = 5


def combine(parts: Sequence[Outcome], policy: Policy, tree: str, notices: Iterable[str] = ()) -> Outcome:
    """The outcome of all ``parts`` of one commit together; ``policy`` is that of the repository, ``tree`` the commit's.

    Its numbers are the sums, None if a part has none. A notice that is the same for all parts is the whole's.
    """
    if len(parts) == 1 and parts[0].component == DEFAULT_COMPONENT:
        return replace(parts[0], notices=tuple(dict.fromkeys([*notices, *parts[0].notices])))
    first = parts[0]
    common = _common_notices(parts)
    known = [each.numbers for each in parts if each.numbers is not None]
    numbers: Numbers | None = total(known) if len(known) == len(parts) else None
    verdict = Verdict(
        status=_status(parts),
        reasons=_reasons(parts),
        failed=tuple(dict.fromkeys(rule for each in parts for rule in each.verdict.failed)),
        measured=numbers.percent if numbers else None,
        excuse="; ".join(f"{each.component}: {each.verdict.excuse}" for each in parts if each.verdict.excuse),
        policy=policy,
    )
    errors = [each for each in parts if each.error]
    return Outcome(
        verdict=verdict,
        commit=first.commit,
        tree=tree,
        branch=first.branch,
        base=first.base,
        numbers=numbers,
        measurement=_joined([each.measurement for each in parts], tree),
        cached=all(each.cached for each in parts),
        error=errors[0].error if len(errors) == len(parts) else "",
        hint=errors[0].hint if len(errors) == len(parts) else "",
        blocks=any(each.blocks for each in parts),
        notices=tuple(dict.fromkeys([*notices, *common, *_counted_twice(parts)])),
        unrecorded=any(each.unrecorded for each in parts),
        parts=tuple(_without(each, common) for each in parts),
    )


def on_branch(outcome: Outcome, branch: str) -> Outcome:
    """``outcome``, and each of its parts, on the remote branch ``branch``."""
    return replace(outcome, branch=branch, parts=tuple(replace(each, branch=branch) for each in outcome.parts))


def _status(parts: Sequence[Outcome]) -> Status:
    statuses = {each.verdict.status for each in parts if not each.error}
    return next((each for each in (Status.FAIL, Status.PASS) if each in statuses), Status.NOT_APPLICABLE)


def _reasons(parts: Sequence[Outcome]) -> tuple[str, ...]:
    """Why the parts that did not pass did not; if all passed, how many they are."""
    wrong = [each for each in parts if each.error or not each.verdict.passed]
    if not wrong:
        excused = [f"{each.component}: {each.verdict.reason} (excused)" for each in parts if each.verdict.excuse]
        return (f"{_count(len(parts))} {'passes' if len(parts) == 1 else 'pass'}", *excused)
    return tuple(f"{each.component}: {_reason(each)}" for each in wrong)


def _reason(part: Outcome) -> str:
    return f"not measured: {part.error}" if part.error else part.verdict.reason


def _count(number: int) -> str:
    return f"{number} component{'' if number == 1 else 's'}"


def _common_notices(parts: Sequence[Outcome]) -> list[str]:
    """The notices that every part has, if there are several."""
    if len(parts) < 2:
        return []
    counted = Counter(notice for each in parts for notice in set(each.notices))
    return [notice for notice in dict.fromkeys(parts[0].notices) if counted[notice] == len(parts)]


def _without(part: Outcome, notices: Sequence[str]) -> Outcome:
    return replace(part, notices=tuple(each for each in part.notices if each not in notices))


def _joined(measurements: Sequence[Measurement | None], tree: str) -> Measurement | None:
    """The files of all parts, if they are known; their lines are those of the parts."""
    known = [each for each in measurements if each is not None]
    if not known:
        return None
    files = tuple(sorted((file for each in known for file in each.files), key=lambda file: file.path))
    return Measurement(tree=tree, numbers=total(file.numbers for file in files), files=files)


def _counted_twice(parts: Sequence[Outcome]) -> list[str]:
    """A notice about files that several components count, each for itself."""
    owners: dict[str, list[str]] = {}
    for each in parts:
        for file in each.measurement.files if each.measurement else ():
            owners.setdefault(file.path, []).append(each.component)
    twice = {path: names for path, names in owners.items() if len(names) > 1}
    if not twice:
        return []
    path, names = next(iter(twice.items()))
    more = f" and {len(twice) - 1} more files" if len(twice) > 1 else ""
    return [f"{' and '.join(names[:_SHOWN])} both count {path}{more}: give each file to one component (`source`)"]
