"""The history as one page: a chart of every annotated commit, what was set by hand, and all of it as a table.

It loads nothing, and a policy of its own lets nothing be loaded or run but its one style and its one script, by
their hashes. What people wrote (names, subjects, reasons) is data in it, which the script puts in as text.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from importlib.resources import files
from typing import Any

from covgate.model.numbers import format_percent
from covgate.model.series import Commit, Point, Rise

_PLACE = re.compile(r"\{\{(\w+)\}\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """All that the page tells of the repository ``name``.

    ``commits``: those of the points that are in this clone. ``shallow``: it hides ancestors. ``unbelieved``: how many
    notes hold what can't be believed.
    """

    name: str
    components: Mapping[str, Sequence[Point]]
    commits: Mapping[str, Commit]
    rises: Sequence[Rise]
    shallow: bool = False
    unbelieved: int = 0


def history_page(history: History) -> str:
    """The page, in ASCII: it goes through whatever encoding the shell redirects in."""
    style, script = _piece("history.css"), _piece("history.js")
    policy = (
        f"default-src 'none'; style-src {_source(style)}; script-src {_source(script)};"
        " base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'"
    )
    parts = {
        "policy": escape(policy),
        "name": escape(history.name),
        "style": style,
        "notices": "\n".join(f'<p class="notice">{escape(each)}</p>' for each in _notices(history)),
        "data": _data(history),
        "script": script,
    }
    page = _PLACE.sub(lambda place: parts[place[1]], _piece("history.html"))
    return page.encode("ascii", "xmlcharrefreplace").decode()


def _piece(name: str) -> str:
    return (files("covgate.formats") / "page" / name).read_text("ascii")


def _source(text: str) -> str:
    """How a policy names an inline text (https://www.w3.org/TR/CSP3/#grammardef-hash-source)."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _notices(history: History) -> list[str]:
    notices = []
    if not history.components:
        notices.append("Nothing has been recorded yet; the next push to the default branch sets the baseline.")
    if history.shallow:
        notices.append(
            "This clone is shallow: the commits that it hides stand in the order in which they were recorded."
            " After git fetch --unshallow they stand as they do in the history."
        )
    if history.unbelieved:
        count = "One note holds" if history.unbelieved == 1 else f"{history.unbelieved} notes hold"
        notices.append(f"{count} what can't be believed and is left out here; covgate audit tells more.")
    return notices


def _data(history: History) -> str:
    """The JSON that the script draws, as a text that can't end the element it stands in."""
    oids = list(dict.fromkeys(point.commit for points in history.components.values() for point in points))
    places = {oid: place for place, oid in enumerate(oids)}
    commits = [history.commits.get(oid, Commit(oid=oid)) for oid in oids]
    opened = {(each.commit, each.component, each.override): each for each in history.rises if each.override}
    data = {
        "commits": [[each.oid, each.date, each.author, each.subject] for each in commits],
        "components": [
            {
                "name": name,
                "points": [
                    _point(each, places[each.commit], opened.get((each.commit, name, each.override))) for each in points
                ],
            }
            for name, points in history.components.items()
        ],
    }
    text = json.dumps(data, separators=(",", ":"))
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


def _point(point: Point, place: int, rise: Rise | None) -> list[Any]:
    """As a row, in the order in which the script takes it; five thousand objects would repeat their keys."""
    judged, baseline = point.judgement, point.baseline
    numbers = judged.numbers if judged else None
    override = [point.override, rise.step.author if rise else "", rise.step.date if rise else ""]
    return [
        place,
        format_percent(numbers.percent) or None if numbers else None,
        f"{numbers.executed} of {numbers.executable}" if numbers else "",
        judged.status.value if judged else "",
        judged.reason if judged else "",
        format_percent(baseline.percent) if baseline else None,
        baseline.epoch if baseline else 0,
        override if point.override else None,
        int(point.on_other_branch),
    ]
