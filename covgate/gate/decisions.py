"""The decisions of the workflows, as functions of their arguments: what they need is looked up elsewhere.

`tests/unit/test_decisions.py` has a table for each.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import Enum
from typing import TYPE_CHECKING

from covgate.config import Config
from covgate.model.baseline import Baseline
from covgate.model.measurement import Measurement
from covgate.model.ref_update import matches
from covgate.model.verdict import Rule, Status, Verdict

if TYPE_CHECKING:
    from covgate.model.explanation import Explanation
    from covgate.notes.records import Lookup

_NAMED = 20  # files in one notice
# What the reflog says of a commit that came by a merge. A reset counts if it leads to what the remote has.
_ARRIVED = ("pull", "merge ", "commit (merge)", "fetch")
_MAY_HAVE_ARRIVED = "reset: "
_IN_CI = ("CI", "BUILD_NUMBER", "TF_BUILD")


def measures_itself(environ: Mapping[str, str], *, fail_closed: bool) -> bool:
    """Whether covgate must measure for itself instead of using another clone's record: under fail-closed, and in CI.

    CI services set one of these variables; pytest looks for the first two (pytest's documentation, "CI Pipelines").
    """
    return fail_closed or any(environ.get(name, "") not in ("", "0", "false") for name in _IN_CI)


def is_ratchet_branch(config: Config, branch: str, default_branch: Callable[[], str]) -> bool:
    """Whether the baseline rises on ``branch``: a configured ratchet branch, else the remote's default branch."""
    if config.ratchet_branches is not None:
        return matches(branch, config.ratchet_branches)
    return branch == default_branch()


def choose_bases(*, replaced: str, fork_point: Callable[[], str], lands: bool, named: str) -> tuple[str, ...]:
    """The commits whose rules a push has to keep.

    ``replaced`` is the remote tip that the push replaces, ``fork_point`` finds where it left the default branch; "" for
    none. Both count: otherwise one push could weaken the rules, and the next one could use the weaker rules. For a
    branch where changes land (``lands``), only the replaced tip counts. ``named`` is an ancestor that pre-commit names;
    it is the last resort.
    """
    if replaced and lands:
        return (replaced,)
    found = tuple(dict.fromkeys(each for each in (replaced, fork_point()) if each))
    return found or ((named,) if named else ())


class Instead(Enum):
    """What a commit is judged by if none of its ancestors has a record, although other commits have one."""

    NOTHING = "nothing: a new baseline begins"
    DEFAULT_BRANCH = "the records of the default branch"
    FORMER_TIPS = "the records of the tips that the branch had before"
    NOT_JUDGED = "nothing: it has nothing in common with the default branch"
    BLOCKED = "nothing: the baseline is unknown, and errors block"


def instead_of_ancestors(
    *,
    lands: bool,
    blocks: bool,
    default_has_records: Callable[[], bool],
    is_related: Callable[[], bool],
    former_has_records: Callable[[], bool],
) -> Instead:
    """What a commit is judged by instead of its ancestors' records.

    ``lands``: changes land on the branch that the commit goes to. ``blocks``: an unknown baseline blocks.
    ``is_related``: it shares history or source files with the default branch. ``former_has_records``: the branch, or
    the default branch if nothing lands here, had other tips before, and those have records.
    """
    if not lands and default_has_records():
        return Instead.DEFAULT_BRANCH if is_related() else Instead.NOT_JUDGED
    if blocks:
        return Instead.BLOCKED
    return Instead.FORMER_TIPS if former_has_records() else Instead.NOTHING


def baseline_to_reach(lookup: Lookup) -> Baseline | None:
    """The baseline to judge by.

    In a shallow clone it may come from another branch's override, which must not lower what the ancestors reached.
    """
    baseline, seen = lookup.baseline, lookup.seen
    if lookup.hidden and seen and baseline and seen.percent > baseline.percent:
        return seen
    return baseline


def may_raise(verdict: Verdict, measurement: Measurement, *, ratchets: bool) -> bool:
    """Whether the baseline may rise: after a pass on a ratchet branch, but not by a flaky run."""
    return ratchets and verdict.status is Status.PASS and not measurement.unstable


def reaches(measurement: Measurement, baseline: Baseline | None) -> bool:
    """Whether ``measurement`` itself is as high as ``baseline``."""
    return baseline is not None and measurement.numbers.percent == baseline.percent


def runs_again(
    verdict: Verdict,
    explanation: Callable[[], Explanation | None],
    measurement: Measurement,
    retries: int,
    *,
    touches: Callable[[], bool] = lambda: True,
) -> bool:
    """Whether to run the tests once more, because the lost coverage may be flaky.

    ``touches`` says whether anything that can change coverage was changed since the baseline was reached.
    """
    if Rule.BASELINE not in verdict.failed or measurement.runs > retries:
        return False
    from covgate.model.unstable import may_be_chance  # late: only for a push that would be blocked

    return may_be_chance(verdict, explanation(), touches=touches())


def measured_nothing(verdict: Verdict, measurement: Measurement) -> bool:
    """Whether a pass would mean nothing: tests ran, or a report was made, but no statement was counted."""
    return verdict.status is Status.PASS and measurement.tests_collected and not measurement.numbers.executable


def unmentioned(paths: Sequence[str]) -> list[str]:
    """A notice about the files that count as not executed because the measurement doesn't mention them."""
    if not paths:
        return []
    names = ", ".join(paths[:_NAMED]) + (f" and {len(paths) - _NAMED} more" if len(paths) > _NAMED else "")
    return [f"not mentioned in the report, and counted as not executed, since the baseline counted them: {names}"]


def unstable_lines(measurement: Measurement) -> list[str]:
    """A notice for each file with lines that only some runs executed."""
    found = []
    for path, lines in measurement.unstable:
        from covgate.model.lines import line_list  # late: most runs have none

        found.append(
            f"unstable, and doesn't block: {path} {line_list(lines)}:"
            f" executed in one of {measurement.runs} runs, not in all"
        )
    return found


def arrivals(
    reflog: Iterable[str], seen: str, is_published: Callable[[str], bool], is_in_branch: Callable[[str], bool]
) -> list[str]:
    """The commits that a branch was merged or forwarded to since ``seen``, the oldest first.

    ``reflog`` has a line for each move of the branch, ``oid what happened``, the newest first. ``is_published`` says
    whether the remote's branch has a commit, ``is_in_branch`` whether the local one still has it.
    """
    found: dict[str, None] = {}
    for line in reflog:
        commit, _, how = line.partition(" ")
        if commit == seen:
            break
        arrived = how.startswith(_ARRIVED) or (how.startswith(_MAY_HAVE_ARRIVED) and is_published(commit))
        # A merge that was taken back is no part of the branch.
        if arrived and is_in_branch(commit):
            found[commit] = None
    return list(reversed(found))
