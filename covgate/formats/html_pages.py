"""Pages for a browser: the numbers and the touched files on one, the source of each file on another.

This module prepares values; the templates in ``page/`` escape them. The pages hold all that they need, ask for nothing,
and say so in a policy that lets nothing else in.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from covgate.formats import ReadSource
from covgate.formats.losses import MEANING
from covgate.formats.paint import tail
from covgate.formats.places import UNSTABLE
from covgate.formats.source_rows import source_listing
from covgate.formats.tables import (
    COMPONENT_HEADERS,
    change_rows,
    component_rows,
    number_rows,
    patch_sentence,
    percent,
)
from covgate.formats.templates import environment
from covgate.formats.touched import Touched, touched
from covgate.model.numbers import format_percent
from covgate.model.outcome import Outcome, OutcomeKind
from covgate.version import __version__

_JUMPS_SHOWN = 40
_UNMEASURED_SHOWN = 20
_SIGNS = {"PASS": "✓", "BLOCKED": "✗", "WARNING": "!"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Jump:
    """Lines to look at: the first of them, how they are shown, and the word for why."""

    first: int
    lines: str
    word: str


def pages(outcome: Outcome, source: ReadSource) -> dict[str, str]:
    """File name -> page. The names depend on nothing but the paths, and on the components."""
    templates = environment()
    index, of_file = templates.get_template("index.html.j2"), templates.get_template("source.html.j2")
    made: dict[str, str] = {}
    parts = []
    for part in outcome.each:
        common, names = _common_values(part), dict[str, str]()
        files = [] if part.carried_from and not part.blocked else touched(part)
        for file in files:
            lines = source(file.path)
            if lines is not None:
                name = names[file.path] = page_name(file.path, part.label)
                made[name] = of_file.render(**common, **_source_values(file, lines))
        parts.append({**common, **_part_values(part, files, names)})
    return {"index.html": index.render(**_common_values(outcome), **_index_values(outcome), parts=parts), **made}


def page_name(path: str, component: str = "") -> str:
    """A name that every file system takes, and that no two paths, or two components of one path, share."""
    identity = f"{path}\0{component}" if component else path
    digest = hashlib.sha256(identity.encode("utf-8", "surrogatepass")).hexdigest()[:12]
    return f"{re.sub(r'[^A-Za-z0-9]+', '_', path)[-80:].strip('_')}-{digest}.html"


def _common_values(outcome: Outcome) -> dict[str, Any]:
    """What every page shows."""
    return {
        "outcome": outcome,
        "status_class": outcome.kind.value.split()[0].lower(),
        "footer_parts": _footer(outcome),
    }


def _index_values(outcome: Outcome) -> dict[str, Any]:
    """What is at the top of the index. If a component did not pass, the reasons are shown with the components."""
    return {
        "sign": _SIGNS.get(outcome.kind.value, ""),
        "shows_reasons": not outcome.parts or outcome.kind is OutcomeKind.PASSED,
        "component_headers": COMPONENT_HEADERS,
        "component_rows": component_rows(outcome),
    }


def _part_values(outcome: Outcome, files: Sequence[Touched], names: Mapping[str, str]) -> dict[str, Any]:
    """What the index shows of one component, or of a repository without components."""
    patch, explanation = outcome.patch, outcome.explanation
    meanings = {loss.kind.value: MEANING[loss.kind] for file in files for loss in file.losses}
    if any(file.unstable for file in files):
        meanings["unstable"] = UNSTABLE
    return {
        "bar": _bar(outcome),
        "number_rows": number_rows(outcome),
        "patch_sentence": patch_sentence(patch) if patch else "",
        "unmeasured": patch.unmeasured[:_UNMEASURED_SHOWN] if patch else (),
        "output": tail(outcome.output),
        "files": [_file_values(file, names.get(file.path, "")) for file in files],
        "files_title": "Files" if patch is not None or explanation is not None else "What is not covered",
        "meanings": meanings,
        "change_rows": change_rows(explanation, outcome.baseline_commit) if explanation else [],
    }


def _bar(outcome: Outcome) -> dict[str, Any] | None:
    """How much is executed, and a mark for each value that it has to reach; None if nothing was measured."""
    verdict = outcome.verdict
    if verdict.measured is None:
        return None
    kind, floor = verdict.policy.kind, verdict.policy.floor
    marks = [("baseline", verdict.baseline.percent)] if verdict.baseline and kind.uses_baseline else []
    marks += [("floor", floor)] if floor and kind.uses_floor else []
    return {
        "percent": format_percent(verdict.measured),
        "width": f"{float(verdict.measured):.3f}%",
        "height": 25 + 15 * len(marks),
        "marks": [
            {
                "name": name,
                "x": f"{float(value):.3f}%",
                "y": 38 + 15 * place,
                "anchor": "end" if value > 50 else "start",
                "percent": percent(value),
            }
            for place, (name, value) in enumerate(marks)
        ],
    }


def _file_values(file: Touched, page: str) -> dict[str, Any]:
    directory, slash, name = file.path.rpartition("/")
    covered, before = "not measured", ""
    if file.result is not None:
        now = file.result.numbers.percent
        covered = percent(now)
        was = file.explanation.before.percent if file.explanation and file.explanation.before else None
        before = percent(was) if was is not None and was != now else ""
    jumps = _jumps(file)
    return {
        "directory": directory + slash,
        "name": name,
        "page": page,
        "covered": covered,
        "before": before,
        "pushed": _pushed(file),
        "jumps": jumps,
        "more_jumps": len(file.stops) - len(jumps),
    }


def _pushed(file: Touched) -> str:
    return f"{file.patch.numbers.executed} of {file.patch.numbers.executable}" if file.patch else ""


def _jumps(file: Touched) -> list[Jump]:
    """The stretches to look at. If there are too many, those that are not charged are left out first."""
    words = file.words
    charged_first = sorted(file.stops, key=lambda stop: words.get(stop[0]) == "unstable")
    return [
        Jump(first=first, lines=f"{first}–{last}" if last > first else f"{first}", word=words.get(first, ""))
        for first, last in sorted(charged_first[:_JUMPS_SHOWN])
    ]


def _source_values(file: Touched, source: Sequence[str]) -> dict[str, Any]:
    """What the page of one file shows."""
    covered, facts = "", ["not measured"]
    if file.result is not None:
        numbers = file.result.numbers
        covered, facts = percent(numbers.percent), [f"covered, {numbers.executed} of {numbers.executable}"]
        before = file.explanation.before if file.explanation else None
        if before is not None and before.percent != numbers.percent:
            facts.append(f"{percent(before.percent)} at the baseline")
    if file.patch:
        facts.append(f"this push: {_pushed(file)} executed")
    stops = len(file.stops)
    return {
        "file": file,
        "covered": covered,
        "facts": facts,
        "stops": stops,
        "listing": source_listing(file, source),
        "word_width": max(map(len, ["next" if stops else "", *file.words.values()])),
    }


def _footer(outcome: Outcome) -> list[str]:
    parts = (
        f"covgate {__version__}",
        f"commit {outcome.commit}" if outcome.commit else "",
        f"merged with {outcome.preview.target} at {outcome.preview.commit}" if outcome.preview else "",
        *dict.fromkeys(str(each.measurement.toolchain) for each in outcome.each if each.measurement),
    )
    return [part for part in parts if part]
