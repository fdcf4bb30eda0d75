"""How the baseline came to be: a line for each rise, override and excuse, and above them its course at a glance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from covgate.formats.paint import Paint, plain
from covgate.formats.sparkline import sparkline
from covgate.model.numbers import format_percent
from covgate.model.record import DEFAULT_COMPONENT
from covgate.model.series import Point, Rise

_LEAST_WIDTH = 8  # of a sparkline that stands beside its numbers


def log_data(rises: Sequence[Rise]) -> list[dict[str, Any]]:
    """The newest first; percentages are texts with two decimals."""
    return [
        {
            "commit": each.commit,
            "component": each.component,
            "from": format_percent(each.before.percent) if each.before else None,
            "to": format_percent(each.after.percent) if each.after else None,
            "epoch": each.after.epoch if each.after else 0,
            "override": each.override,
            "excuse": each.excuse,
            "who": each.step.author,
            "when": each.step.date,
            "notes_commit": each.step.oid,
        }
        for each in reversed(rises)
    ]


def log_text(
    rises: Sequence[Rise], components: Mapping[str, Sequence[Point]], paint: Paint, *, width: int, unicode: bool
) -> str:
    """``width``: of the terminal; ``unicode``: whether it can show more than ASCII."""
    if not rises:
        return "covgate: no baseline has been recorded yet\n"
    courses = [_course(name, points, paint, width, unicode) for name, points in components.items()]
    lines = [each for each in courses if each]
    return "".join(f"{line}\n" for line in [*lines, *([""] if lines else []), *map(_row, reversed(rises))])


def _course(name: str, points: Sequence[Point], paint: Paint, width: int, unicode: bool) -> str:
    """The sparkline of one component's baseline between its name and its ends; "" where there is no course yet."""
    heights = [each.baseline.percent for each in points if each.baseline and not each.on_other_branch]
    if len(heights) < 2:
        return ""
    label = "baseline" if name == DEFAULT_COMPONENT else f"baseline ({name})"
    ends = f"  {format_percent(heights[0])}% -> {format_percent(heights[-1])}%"
    room = width - len(label) - 2
    for suffix in (f"{ends}, {len(heights)} commits", ends, ""):
        if room - len(suffix) >= min(_LEAST_WIDTH, len(heights)):
            break
    return f"{label}  {paint(sparkline(heights, max(room - len(suffix), 1), unicode=unicode), '36')}{suffix}"


def _row(rise: Rise) -> str:
    came = f"{format_percent(rise.before.percent):>6}%" if rise.before else "      -"
    to = f"{format_percent(rise.after.percent):>6}%" if rise.after else "      -"
    which = "" if rise.component == DEFAULT_COMPONENT else f" ({rise.component})"
    why = f"  set by hand: {rise.override}" if rise.override else f"  excused: {rise.excuse}" if rise.excuse else ""
    when = rise.step.date[:16].replace("T", " ")
    return plain(f"{when}  {rise.commit[:10]}  {came} -> {to}{which}  {rise.step.author}{why}")
