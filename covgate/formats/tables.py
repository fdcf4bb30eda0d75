"""The numbers of a verdict and the way from the baseline to here, as rows for whatever kind of table."""

from __future__ import annotations

from collections.abc import Collection
from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

from covgate.model.numbers import format_exact, format_percent
from covgate.model.verdict import Rule

if TYPE_CHECKING:
    from covgate.formats.losses import Loss
    from covgate.model.explanation import Explanation
    from covgate.model.outcome import Outcome
    from covgate.model.patch import Patch


def number_rows(outcome: Outcome) -> list[tuple[str, str, str]]:
    """The numbers of the judgement: what, how much, and what there is to say of it."""
    verdict, numbers = outcome.verdict, outcome.numbers
    if numbers is None:
        return []
    policy = verdict.policy
    counts = f"{numbers.executed} of {numbers.executable} statements and branches executed"
    rows = [("measured", percent(verdict.measured), counts)]
    if verdict.baseline is not None:
        since = (
            f"{'held' if outcome.baseline_held else 'reached'} at {outcome.baseline_commit[:10]}"
            if outcome.baseline_commit
            else ""
        )
        if verdict.baseline.override:
            at = f" at {outcome.baseline_commit[:10]}" if outcome.baseline_commit and not outcome.baseline_held else ""
            since = f"set by hand{at}: {verdict.baseline.override}"
        used = "" if policy.kind.uses_baseline else " (not used by this policy)"
        rows.append(("baseline", percent(verdict.baseline.percent), f"{since}{used}"))
    if policy.floor and policy.kind.uses_floor:
        rows.append(("floor", f"{format_exact(policy.floor)}%", "configured"))
    if policy.epsilon > 0:
        rows.append(("tolerance", format_exact(policy.epsilon), "points (epsilon)"))
    if verdict.baseline is not None or policy.floor:
        rows.append(("difference", signed(verdict.delta), "points"))
    if verdict.here is not None:
        rows.append(("here", percent(verdict.here), "the baseline under the present circumstances"))
    if verdict.adjusted is not None:
        rows.append(("adjusted", percent(verdict.adjusted), "the baseline without what was removed since"))
    if policy.patch_floor is not None:
        patch = percent(verdict.patch) if verdict.patch is not None else "none"
        floor = f"floor {format_exact(policy.patch_floor)}%"
        if verdict.patch_too_small:
            floor += f" from {policy.patch_min_lines} executable lines on, so not for this push"
        rows.append(("changed", patch, f"of the lines of this push; {floor}"))
    return rows


class ComponentRow(NamedTuple):
    """One component beside the others, as texts; "" for what is unknown or doesn't apply."""

    name: str
    status: str
    measured: str
    baseline: str
    difference: str
    carried_from: str


COMPONENT_HEADERS = ("component", "status", "measured", "baseline", "difference", "carried from")


def component_rows(outcome: Outcome) -> list[ComponentRow]:
    """A row for each component, in the order of the configuration."""
    return [_component_row(each) for each in outcome.parts]


def _component_row(part: Outcome) -> ComponentRow:
    verdict = part.verdict
    baseline = percent(verdict.baseline.percent) if verdict.baseline else ""
    if part.raised:
        baseline = f"{baseline} -> {percent(part.raised.percent)}" if baseline else percent(part.raised.percent)
    measured, compared = part.numbers is not None, verdict.baseline is not None or verdict.policy.floor
    return ComponentRow(
        name=part.component,
        status=part.kind.value,
        measured=percent(verdict.measured) if measured else "",
        baseline=baseline,
        difference=signed(verdict.delta) if measured and compared else "",
        carried_from=part.carried_from[:10],
    )


def patch_sentence(patch: Patch) -> str:
    """What this push itself adds or changes."""
    numbers = patch.numbers
    if not numbers.executable:
        return "This push changes no line that can be executed."
    if numbers.executable == 1:
        return f"This push changes 1 statement or branch, which is {'' if numbers.executed else 'not '}executed."
    return (
        f"This push changes {numbers.executable} statements and branches, {numbers.executed} of them executed"
        f" ({percent(numbers.percent)})."
    )


def only_floor_fails(outcome: Outcome, found: Collection[Loss]) -> bool:
    """Whether a push fails the floor although none of its lines was ``found`` to look at: any line may be covered."""
    failed = outcome.verdict.failed
    return not found and Rule.FLOOR in failed and Rule.BASELINE not in failed


def nothing_lost(explanation: Explanation) -> str:
    """Why the ratio is lower although no line is covered less than before."""
    if explanation.no_longer_counted.executable or explanation.counted_anew.executable:
        return "No line is covered less than before; lines that nobody touched are counted otherwise."
    if explanation.removed.executable:
        return "No line is covered less than before; what was removed was covered better than the rest."
    return "No line is covered less than before: the report and its own lines don't agree."


def change_rows(explanation: Explanation, since: str) -> list[tuple[str, str, str, str]]:
    """The terms from the baseline's counts to those of this push, which add up: what, executed, executable, why."""
    before, after = explanation.before, explanation.after
    rows = [(f"at {since[:10]}", f"{before.executed}", f"{before.executable}", "")]
    for sign, name, numbers in (
        ("-", "removed", explanation.removed),
        ("-", "no longer counted", explanation.no_longer_counted),
        ("+", "added", explanation.added),
        ("+", "counted anew", explanation.counted_anew),
    ):
        if numbers.executable:
            more = f"{numbers.missing} not executed" if numbers.missing and sign == "+" else ""
            rows.append((name, f"{sign}{numbers.executed}", f"{sign}{numbers.executable}", more))
    if explanation.lost:
        rows.append(("lost", f"-{explanation.lost}", "", "executed then, not now, and not touched since"))
    if explanation.gained:
        rows.append(("gained", f"+{explanation.gained}", "", "not executed then, and now they are"))
    if explanation.unexplained != (0, 0):
        rows.append(("not in the lines", f"{explanation.unexplained[0]:+d}", f"{explanation.unexplained[1]:+d}", ""))
    rows.append(("here", f"{after.executed}", f"{after.executable}", ""))
    return rows


def percent(value: Fraction | None) -> str:
    return f"{format_percent(value)}%" if value is not None else "nothing"


def signed(value: Fraction) -> str:
    return f"{'+' if value > 0 else ''}{format_percent(value)}"
