"""The text of a note: how its records are written and read.

Format 1 (history: 1 is the first). A note is a YAML stream with one document per record, followed by lines for a
person. The bytes depend only on what was measured and judged: no clock, no host, no user. ``coverage_status`` alone
decides the verdict, ``baseline_ratio`` with ``epoch`` alone the baseline; ``measured_coverage``, ``baseline`` and
``delta`` are for reading. ``excuse`` lets the commit pass although its status is FAIL, if ``excuse_tree`` names what
was measured. Fields that a version of covgate doesn't know are ignored.

Values are parsed exactly. A record that is not valid (duplicate keys, aliases, another format, a value out of range) is
reported and counts as absent.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import lru_cache, partial
from itertools import pairwise
from typing import TypeVar

from covgate.model.baseline import Baseline
from covgate.model.note_fields import load_fields, render_fields
from covgate.model.note_values import (
    parse_component,
    parse_integer,
    parse_oid,
    parse_percentage,
    parse_ratio,
    parse_status,
)
from covgate.model.numbers import COUNTS, Numbers, format_percent
from covgate.model.record import DEFAULT_COMPONENT, Excuse, Judgement, Note, Record, join_records
from covgate.model.verdict import Status

FORMAT = 1
MAX_NOTE_BYTES = 256 * 1024  # a record has some 700 bytes, and a repository up to 200 components

_T = TypeVar("_T")
_FENCE = "---"
_KEY_LINE = re.compile(r"\s*[A-Za-z_]\w*\s*:(\s|$)")


def render_note(records: Iterable[Record]) -> str:
    """The text of a note with ``records``, ending in a newline; `parse_note` gives the same records back."""
    ordered = sorted(records, key=lambda each: each.component)
    documents = "".join(f"{_FENCE}\n{render_fields(_fields_of(each))}" for each in ordered)
    return f"{documents}{_FENCE}\n" + "".join(_sentence(each) + "\n" for each in ordered)


def parse_note(data: bytes) -> Note:
    """The note with these bytes. Never raises: a record that is not valid is described in ``problems``."""
    if len(data) > MAX_NOTE_BYTES:
        return Note(problems=(f"the note has {len(data)} bytes, more than {MAX_NOTE_BYTES}",))
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        return Note(problems=(f"the note is not UTF-8 ({error.reason} at byte {error.start})",))
    records: dict[str, Record] = {}
    problems = []
    other_format = False
    for document in _documents(text):
        try:
            record = _parse_record(document)
        except ValueError as error:
            problems.append(str(error))
            other_format = other_format or isinstance(error, _OtherFormat)
            continue
        known = records.get(record.component)
        records[record.component] = join_records(known, record) if known else record
    if not records and not problems:
        problems.append("the note has no covgate record")
    return Note(
        records=tuple(records[name] for name in sorted(records)),
        problems=tuple(problems),
        other_format=other_format,
    )


def read_status(text: str) -> Status | None:
    """The status in the front matter of a report; None if there is no complete and valid front matter.

    Of several components, FAIL if one of them failed, and PASS only if all of them passed.
    """
    lines = text.replace("\r\n", "\n").split("\n")
    fences = [number for number, line in enumerate(lines) if line == _FENCE]
    if fences[:1] != [0] or len(fences) < 2:
        return None
    parts = [lines[start + 1 : end] for start, end in pairwise(fences)]
    # Between two components, there is prose.
    documents = [part for number, part in enumerate(parts) if not number or (part and part[0].startswith("format:"))]
    statuses = {_status_of("\n".join(part) + "\n") for part in documents}
    return Status.FAIL if Status.FAIL in statuses else None if None in statuses else Status.PASS


def _status_of(document: str) -> Status | None:
    try:
        judgement = _parse_record(document).judgement
    except ValueError:
        return None
    return judgement.status if judgement else None


def _fields_of(record: Record) -> list[tuple[str, str]]:
    baseline, judgement = record.baseline, record.judgement
    fields = [
        ("format", str(FORMAT)),
        ("component", record.component),
        ("coverage_status", judgement.status.value if judgement else ""),
        ("measured_coverage", format_percent(judgement.numbers.percent) if judgement else ""),
        ("baseline", format_percent(baseline.percent) if baseline else ""),
        ("floor", judgement.floor if judgement else ""),
        ("policy", judgement.policy if judgement else ""),
        ("epsilon", judgement.epsilon if judgement else ""),
        ("delta", judgement.delta if judgement else ""),
        ("reason", judgement.reason if judgement else ""),
        ("epoch", str(baseline.epoch) if baseline else ""),
        ("baseline_ratio", f"{baseline.executed}/{baseline.executable}" if baseline else ""),
    ]
    if baseline and baseline.override:
        fields.append(("override", baseline.override))
    if record.excuse:
        fields += [("excuse", record.excuse.reason), ("excuse_tree", record.excuse.tree)]
    if judgement:
        fields += zip(COUNTS, map(str, judgement.numbers.counts()), strict=True)
        fields += [("tree", judgement.tree), ("toolchain", judgement.toolchain)]
    return fields


def _sentence(record: Record) -> str:
    baseline, judgement = record.baseline, record.judgement
    parts = []
    if judgement:
        numbers = judgement.numbers
        shown = f"{format_percent(numbers.percent)}%" if numbers.executable else "nothing"
        parts.append(f"covgate measured {shown}, {numbers.executed} of {numbers.executable} statements and branches")
    if baseline:
        parts.append(f"the baseline stands at {format_percent(baseline.percent)}%")
    if baseline and baseline.override:
        parts.append("set by hand")
    if record.excuse:
        parts.append("the commit is excused")
    name = "" if record.component == DEFAULT_COMPONENT else f" ({record.component})"
    sentence = ", ".join(parts) or "nothing is known yet"
    return f"{sentence[0].upper()}{sentence[1:]}{name}."


def _documents(text: str) -> list[str]:
    """The parts between the ``---`` lines that look like a record; a part without a ``key:`` line is prose."""
    parts: list[list[str]] = [[]]
    for line in text.replace("\r\n", "\n").split("\n"):
        if line.rstrip() == _FENCE:
            parts.append([])
        else:
            parts[-1].append(line)
    return ["\n".join(part) + "\n" for part in parts if any(_KEY_LINE.match(line) for line in part)]


class _OtherFormat(ValueError):
    """A record of a format that this version of covgate does not read."""


class _Fields:
    """The fields of a record, parsed by name; an error names the field and shows its value."""

    def __init__(self, texts: dict[str, str]) -> None:
        self.texts = texts

    def text(self, key: str) -> str:
        """The text of the field; "" if it is missing."""
        return self.texts.get(key, "")

    def optional(self, key: str, parse: Callable[[str], _T]) -> _T | None:
        """The parsed value; None if the field is missing or empty."""
        text = self.text(key)
        if not text:
            return None
        try:
            return parse(text)
        except ValueError:
            shown = text if len(text) <= 40 else text[:37] + "..."
            raise ValueError(f"{key}: {shown!r} is not valid") from None

    def required(self, key: str, parse: Callable[[str], _T]) -> _T:
        """The parsed value.

        Raises ValueError if the field is missing, empty or not valid.
        """
        value = self.optional(key, parse)
        if value is None:
            raise ValueError(f"a record without {key}")
        return value


@lru_cache(maxsize=1024)  # a component that is carried forward has the same record in many notes
def _parse_record(document: str) -> Record:
    fields = _Fields(load_fields(document))
    number = fields.required("format", parse_integer)
    if number != FORMAT:
        raise _OtherFormat(f"a record of format {number}; this covgate reads format {FORMAT}")
    component = fields.required("component", parse_component)
    for key, low in (("measured_coverage", 0), ("baseline", 0), ("floor", 0), ("delta", -100)):
        fields.optional(key, partial(parse_percentage, low=low))
    record = Record(
        component=component,
        baseline=_parse_baseline(fields),
        judgement=_parse_judgement(fields),
        excuse=_parse_excuse(fields),
    )
    if record.is_empty:
        raise ValueError("a record with neither a baseline nor a status")
    return record


def _parse_baseline(fields: _Fields) -> Baseline | None:
    ratio = fields.optional("baseline_ratio", parse_ratio)
    epoch = fields.optional("epoch", parse_integer)
    if ratio is None:
        return None
    if epoch is None:
        raise ValueError("a baseline_ratio without epoch")
    return Baseline(epoch=epoch, executed=ratio[0], executable=ratio[1], override=fields.text("override"))


def _parse_excuse(fields: _Fields) -> Excuse | None:
    reason = fields.text("excuse")
    return Excuse(tree=fields.required("excuse_tree", parse_oid), reason=reason) if reason else None


def _parse_judgement(fields: _Fields) -> Judgement | None:
    status = fields.optional("coverage_status", parse_status)
    if status is None:
        return None
    return Judgement(
        status=status,
        numbers=Numbers.from_counts(fields.required(name, parse_integer) for name in COUNTS),
        tree=fields.required("tree", parse_oid),
        toolchain=fields.text("toolchain"),
        floor=fields.text("floor"),
        policy=fields.text("policy"),
        epsilon=fields.text("epsilon"),
        delta=fields.text("delta"),
        reason=fields.text("reason"),
    )
