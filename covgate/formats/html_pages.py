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
from covgate.formats.tables import change_rows, number_rows, patch_sentence, percent
from covgate.formats.templates import environment
from covgate.formats.touched import Touched, touched
from covgate.model.numbers import format_percent
from covgate.model.outcome import Outcome
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
    """File name -> page. The names depend on nothing but the paths."""
    files = touched(outcome)
    sources = {file.path: lines for file in files if (lines := source(file.path)) is not None}
    names = {path: page_name(path) for path in sources}
    templates = environment()
    index, of_file = templates.get_template("index.html.j2"), templates.get_template("source.html.j2")
    common = {
        "outcome": outcome,
        "status_class": outcome.kind.value.split()[0].lower(),
        "footer_parts": _footer(outcome),
    }
    made = {"index.html": index.render(**common, **_index_values(outcome, files, names))}
    for file in files:
        if file.path in sources:
            made[names[file.path]] = of_file.render(**common, **_source_values(file, sources[file.path]))
    return made


def page_name(path: str) -> str:
    """A name that every file system takes, and no two paths share."""
    digest = hashlib.sha256(path.encode("utf-8", "surrogatepass")).hexdigest()[:12]
    return f"{re.sub(r'[^A-Za-z0-9]+', '_', path)[-80:].strip('_')}-{digest}.html"


def _index_values(outcome: Outcome, files: Sequence[Touched], names: Mapping[str, str]) -> dict[str, Any]:
    patch, explanation = outcome.patch, outcome.explanation
    meanings = {loss.kind.value: MEANING[loss.kind] for file in files for loss in file.losses}
    if any(file.unstable for file in files):
        meanings["unstable"] = UNSTABLE
    return {
        "sign": _SIGNS.get(outcome.kind.value, ""),
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
        str(outcome.measurement.toolchain) if outcome.measurement else "",
    )
    return [part for part in parts if part]
