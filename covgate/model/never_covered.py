"""Changes of code that no test has executed so far: the coverage stays the same, so that no rule sees them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from covgate.model.changes import FileChange
from covgate.model.lines import ranges, statements
from covgate.model.measurement import FileResult

_SHOWN = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class NeverCovered:
    """The changed statements of one file that no test executes, in code that none executed before; ascending."""

    path: str
    lines: tuple[int, ...]


def never_covered(now: FileResult, change: FileChange, changed: Collection[int], before: str | None) -> NeverCovered:
    """Those of the statements ``changed`` that are not executed in ``now``, and whose code was not executed before.

    ``changed`` has the first lines of statements. ``before`` is the text of the file's lines at the base
    (`covgate.model.lines`), None if it is not known: then a statement counts if the code around it was there before,
    and is not executed either. Nothing counts in a new file.
    """
    if not change.old_path:
        return NeverCovered(path=now.path, lines=())
    states = {each.number: each.executed for each in statements(now.lines)}
    earlier = {each.number: each.executed for each in statements(before)} if before is not None else None
    found: list[int] = []
    for block in _blocks(states):
        touched = [number for number in block if number in changed]
        kept = (change.was_at(number) for number in block if number not in changed)
        around = any(old is not None and (earlier is None or earlier.get(old) is False) for old in kept)
        found += (each for each in touched if _was_missing(each, change, states, earlier or {}, around=around))
    return NeverCovered(path=now.path, lines=tuple(found))


def _blocks(states: Mapping[int, bool]) -> Iterator[list[int]]:
    """The statements that are not executed, in groups without an executed one between them."""
    block: list[int] = []
    for number, executed in sorted(states.items()):
        if not executed:
            block.append(number)
        elif block:
            yield block
            block = []
    if block:
        yield block


def _was_missing(
    number: int, change: FileChange, states: Mapping[int, bool], earlier: Mapping[int, bool], *, around: bool
) -> bool:
    """Whether the code that the statement at ``number`` replaces was not executed; ``around``: if it replaces none."""
    old = change.was_at(number)
    if old is not None:  # only a later line of the statement was changed
        return not earlier[old] if old in earlier else around
    hunk = next(each for each in change.hunks if number in each.after)
    was = [earlier[line] for line in hunk.before if line in earlier]
    is_now = [states[line] for line in hunk.after if line in states]
    if sum(was) > sum(is_now):
        return False  # executed statements are gone, and this may be one of them
    return around if all(was) else True


def never_covered_notices(found: Sequence[NeverCovered]) -> list[str]:
    """A notice that names the first places of ``found``; nothing if there are none."""
    places = [f"{each.path}:{first}" for each in found for first, _ in ranges(each.lines)]
    if not places:
        return []
    more = f" and {len(places) - _SHOWN} more" if len(places) > _SHOWN else ""
    return [f"changed, but executed by no test, neither before nor now: {', '.join(places[:_SHOWN])}{more}"]
