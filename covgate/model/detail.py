"""The text of a note on ``refs/notes/coverage-files``: every line of a measured commit, for explanations.

Format 1 (history: 1 is the first). It is JSON with one line per file, so that people can read it with
`git notes --ref=coverage-files show`, and so that git stores only the difference between two commits' notes. Files are
sorted by path; their lines are in the text that `covgate.model.lines` reads. The bytes depend on the measurement only.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from covgate.model.lines import numbers_of
from covgate.model.measurement import FileResult, Measurement, Toolchain
from covgate.model.numbers import Numbers, total
from covgate.model.record import DEFAULT_COMPONENT

FORMAT = 1
MAX_BYTES = 64 * 1024 * 1024  # some 100 bytes a file
# Statements and excluded lines of all files: a short note must not expand to more than fits into memory.
MAX_LINES = 10_000_000

# By component.
Details = dict[str, Measurement]


def render_detail(details: Mapping[str, Measurement]) -> bytes:
    """The bytes of a note with ``details``; `parse_detail` gives the same measurements back."""
    parts = []
    for component in sorted(details):
        measurement = details[component]
        toolchain = measurement.toolchain
        head = {
            "component": component,
            "tree": measurement.tree,
            "toolchain": [toolchain.python, toolchain.coverage, toolchain.platform],
        }
        files = ",\n".join(_compact(_file(each)) for each in sorted(measurement.files, key=lambda each: each.path))
        parts.append(f'{_compact(head)[:-1]},"files":[\n{files}\n]}}')
    return f'{{"format":{FORMAT},"components":[\n{",".join(parts)}]}}\n'.encode()


def parse_detail(data: bytes) -> Details:
    """The measurements in a note.

    Raises ValueError if the note is not valid.
    """
    if len(data) > MAX_BYTES:
        raise ValueError(f"it has {len(data)} bytes, more than {MAX_BYTES}")
    try:
        value = json.loads(data)
        if value["format"] != FORMAT:
            raise ValueError(f"it is of format {str(value['format'])[:20]}; this covgate reads format {FORMAT}")
        return {_text(each["component"]): _measurement(each) for each in value["components"]}
    except (KeyError, TypeError, AttributeError, IndexError, RecursionError) as error:
        raise ValueError(f"it does not describe a measurement ({type(error).__name__})") from None


def join_details(notes: Sequence[Details]) -> Details:
    """The better measurement of each component, as for records: the order in which clones join does not matter."""
    joined: Details = {}
    for note in notes:
        for component, measurement in note.items():
            known = joined.get(component)
            joined[component] = measurement if known is None else max(known, measurement, key=_order)
    return joined


def _order(measurement: Measurement) -> tuple[object, ...]:
    numbers = measurement.numbers
    percent = numbers.percent if numbers.percent is not None else Fraction(-1)
    return percent, numbers.executable, render_detail({DEFAULT_COMPONENT: measurement})


def _file(result: FileResult) -> list[Any]:
    row: list[Any] = [result.path, result.lines]
    numbers = result.numbers
    if numbers_of(result.lines) != numbers:  # the lines of some reports don't have all counts
        row.append(numbers.counts())
    return row


def _measurement(value: dict[str, Any]) -> Measurement:
    rows = [_row(*each) for each in value["files"]]
    files = tuple(result for result, _ in rows)
    if len({each.path for each in files}) != len(files):
        raise ValueError("it has a file twice")
    listed = total(numbers for _, numbers in rows)
    if listed.statements + listed.excluded > MAX_LINES:
        raise ValueError(f"it has more than {MAX_LINES} lines")
    python, coverage, platform = value["toolchain"]
    return Measurement(
        tree=_text(value["tree"]),
        numbers=total(each.numbers for each in files),
        files=files,
        toolchain=Toolchain(python=_text(python), coverage=_text(coverage), platform=_text(platform)),
    )


def _row(path: object, lines: object, counts: object = None) -> tuple[FileResult, Numbers]:
    """The result for a file, and the counts of its lines."""
    listed = numbers_of(_text(lines))
    numbers = Numbers.from_counts(counts) if isinstance(counts, list) else listed
    return FileResult(path=_text(path), numbers=numbers, lines=_text(lines)), listed


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(value)
    return value


def _compact(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))
