"""The history as one page: a chart of every annotated commit, what was set by hand or excused, and all as a table.

It loads nothing, and its policy allows its own style and script only. What people wrote (names, subjects, reasons) is
data, which the script puts into the page as text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from covgate.formats.templates import environment
from covgate.model.history import Step
from covgate.model.numbers import format_percent
from covgate.model.series import Commit, Point, Rise


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """What the page shows of the repository ``name``.

    ``commits``: those of the points that are in this clone. ``shallow``: it hides ancestors. ``invalid``: how many
    notes are invalid.
    """

    name: str
    components: Mapping[str, Sequence[Point]]
    commits: Mapping[str, Commit]
    rises: Sequence[Rise]
    shallow: bool = False
    invalid: int = 0


def history_page(history: History) -> str:
    """The page, in ASCII: it goes through whatever encoding the shell redirects to."""
    template = environment().get_template("history.html.j2")
    page = template.render(name=history.name, notices=_notices(history), data=_data(history))
    return page.encode("ascii", "xmlcharrefreplace").decode()


def _notices(history: History) -> list[str]:
    notices = []
    if not history.components:
        notices.append("Nothing has been recorded yet; the next push to the default branch sets the baseline.")
    if history.shallow:
        notices.append(
            "This clone is shallow: the commits that it hides stand in the order in which they were recorded."
            " After git fetch --unshallow they stand as they do in the history."
        )
    if history.invalid:
        count = "One note is invalid and is" if history.invalid == 1 else f"{history.invalid} notes are invalid and are"
        notices.append(f"{count} left out here; covgate audit names them.")
    return notices


def _data(history: History) -> dict[str, Any]:
    """What the script draws. The template writes it as JSON that can't end the element it stands in."""
    oids = list(dict.fromkeys(point.commit for points in history.components.values() for point in points))
    places = {oid: place for place, oid in enumerate(oids)}
    commits = [history.commits.get(oid, Commit(oid=oid)) for oid in oids]
    decided = {(each.commit, each.component, each.override or each.excuse): each.step for each in history.rises}
    return {
        "commits": [[each.oid, each.date, each.author, each.subject] for each in commits],
        "components": [
            {
                "name": name,
                "points": [
                    [
                        places[each.commit],
                        *_numbers(each),
                        _decision(each.override, decided.get((each.commit, name, each.override))),
                        int(each.on_other_branch),
                        _decision(each.excuse, decided.get((each.commit, name, each.excuse))),
                    ]
                    for each in points
                ],
            }
            for name, points in history.components.items()
        ],
    }


def _numbers(point: Point) -> list[Any]:
    """What was measured, and the baseline, as lists in the order that the script expects: shorter than objects."""
    judgement, baseline = point.judgement, point.baseline
    numbers = judgement.numbers if judgement else None
    return [
        format_percent(numbers.percent) or None if numbers else None,
        f"{numbers.executed} of {numbers.executable}" if numbers else "",
        judgement.status.value if judgement else "",
        judgement.reason if judgement else "",
        format_percent(baseline.percent) if baseline else None,
        baseline.epoch if baseline else 0,
    ]


def _decision(why: str, step: Step | None) -> list[str] | None:
    """The reason of an override or an excuse, by whom and when; None if there is none."""
    return [why, step.author if step else "", step.date if step else ""] if why else None
