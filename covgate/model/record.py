"""One component's entry in the note of one commit: its bytes, and how two entries join.

Format 1 (history: 1 is the first). A note is a YAML stream, one document a record, then lines for a
person. The bytes are a function of what was measured and judged: no clock, no host, no user.
Authorities: ``coverage_status`` on the verdict, ``baseline_ratio`` with ``epoch`` on the baseline;
``measured_coverage``, ``baseline`` and ``delta`` are for reading.

Values are read as text and parsed here, exactly; YAML only finds the keys. What can't be believed
(duplicate keys, aliases, another format, a value out of range) is named and counts as absent.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from typing import TypeVar

from covgate.model.baseline import Baseline, join, risen_here
from covgate.model.measurement import Measurement, Toolchain
from covgate.model.numbers import COUNTS, Numbers, format_exact, format_percent
from covgate.model.policy import parse_decimal
from covgate.model.verdict import Status, Verdict

FORMAT = 1
DEFAULT_COMPONENT = "default"
MAX_NOTE_BYTES = 64 * 1024  # a record has some 700 bytes
MAX_COUNT_DIGITS = 15

_T = TypeVar("_T")
_FENCE = "---"
_KEY_LINE = re.compile(r"\s*[A-Za-z_]\w*\s*:(\s|$)")
_KEY = re.compile(r"[a-z][a-z_]{0,40}")
_PLAIN = re.compile(r"(-?[0-9]|[A-Za-z_./])[A-Za-z0-9_./ %,()+'=-]*")
_COMPONENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
_OID = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What one run measured and how it was judged; the percentages are texts, as they were rendered."""

    status: Status
    numbers: Numbers
    tree: str
    toolchain: str = ""
    floor: str = ""
    policy: str = ""
    epsilon: str = ""
    delta: str = ""
    reason: str = ""

    @property
    def order(self) -> tuple[object, ...]:
        """Total, so that clones that disagree on one commit end alike: the better measurement wins."""
        numbers = self.numbers
        return (
            numbers.percent if numbers.percent is not None else Fraction(-1),
            numbers.executable,
            self.status is Status.PASS,
            (numbers.statements, numbers.executed_statements, numbers.excluded),
            (self.tree, self.toolchain, self.floor, self.policy, self.epsilon, self.delta, self.reason),
        )

    def same_result(self, other: Judgement) -> bool:
        """Whether both judge the same numbers of the same tree by the same rules, with the same status.

        What was said about it (``delta``, ``reason``) and the toolchain may differ.
        """
        return (self.status, self.numbers, self.tree, self.policy, self.floor, self.epsilon) == (
            other.status,
            other.numbers,
            other.tree,
            other.policy,
            other.floor,
            other.epsilon,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A baseline and a judgement of one commit; either may be missing, not both."""

    component: str = DEFAULT_COMPONENT
    baseline: Baseline | None = None
    judgement: Judgement | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """What a note says: the records that can be believed, and why others can't.

    ``foreign``: whether one of those is of another format, a newer covgate's, rather than spoilt.
    """

    records: tuple[Record, ...] = ()
    problems: tuple[str, ...] = ()
    foreign: bool = False

    def record(self, component: str = DEFAULT_COMPONENT) -> Record | None:
        return next((each for each in self.records if each.component == component), None)


def record_of(verdict: Verdict, numbers: Numbers, tree: str, toolchain: str, baseline: Baseline | None) -> Record:
    """The record of a judged measurement, with ``baseline`` as the height that stands from now on."""
    return Record(
        baseline=baseline,
        judgement=Judgement(
            status=verdict.status,
            numbers=numbers,
            tree=tree,
            toolchain=toolchain,
            floor=format_exact(verdict.policy.floor),
            policy=verdict.policy.kind.value,
            epsilon=format_exact(verdict.policy.epsilon),
            delta=format_percent(verdict.delta),
            reason=verdict.reason,
        ),
    )


def measurement_of(judgement: Judgement) -> Measurement:
    """The measurement that was judged: its totals and toolchain, without files and lines."""
    python, _, coverage = judgement.toolchain.partition(", coverage ")
    toolchain = Toolchain(python=python, coverage=coverage)
    return Measurement(tree=judgement.tree, numbers=judgement.numbers, toolchain=toolchain)


def merge_record(note: Note, record: Record) -> Note:
    """``note`` with the new ``record`` of a component in it; the records of other components stay.

    Baselines join. The new judgement replaces the old one, unless it has the same result: then the old one stays, with
    the reason that was given first, so that a ratchet that runs twice writes the same bytes.
    """
    known = note.record(record.component)
    if known is None:
        return join_notes(note, Note(records=(record,)))
    old, new = known.judgement, record.judgement
    if new is None or (old is not None and new.same_result(old)):
        new = old
    merged = Record(component=record.component, baseline=risen_here(known.baseline, record.baseline), judgement=new)
    others = tuple(each for each in note.records if each.component != record.component)
    return Note(records=(*others, merged))


def join_records(one: Record, other: Record) -> Record:
    """Both of one commit and component: baselines join, the better judgement stays."""
    judgements = [each.judgement for each in (one, other) if each.judgement is not None]
    return Record(
        component=one.component,
        baseline=join(one.baseline, other.baseline),
        judgement=max(judgements, key=lambda each: each.order, default=None),
    )


def join_notes(*notes: Note) -> Note:
    """Record by record, each component with its own; the result is sorted by component."""
    joined: dict[str, Record] = {}
    for note in notes:
        for record in note.records:
            known = joined.get(record.component)
            joined[record.component] = join_records(known, record) if known else record
    return Note(records=tuple(joined[name] for name in sorted(joined)))


def render_note(records: Iterable[Record]) -> str:
    """The note's text, ending in a newline; ``parse_note`` gives the same records back."""
    ordered = sorted(records, key=lambda each: each.component)
    documents = "".join(f"{_FENCE}\n{_render_fields(each)}" for each in ordered)
    return f"{documents}{_FENCE}\n" + "".join(_sentence(each) + "\n" for each in ordered)


def _render_fields(record: Record) -> str:
    baseline, judged = record.baseline, record.judgement
    fields: list[tuple[str, str]] = [
        ("format", str(FORMAT)),
        ("component", record.component),
        ("coverage_status", judged.status.value if judged else ""),
        ("measured_coverage", format_percent(judged.numbers.percent) if judged else ""),
        ("baseline", format_percent(baseline.percent) if baseline else ""),
        ("floor", judged.floor if judged else ""),
        ("policy", judged.policy if judged else ""),
        ("epsilon", judged.epsilon if judged else ""),
        ("delta", judged.delta if judged else ""),
        ("reason", judged.reason if judged else ""),
        ("epoch", str(baseline.epoch) if baseline else ""),
        ("baseline_ratio", f"{baseline.executed}/{baseline.executable}" if baseline else ""),
    ]
    if baseline and baseline.override:
        fields.append(("override", baseline.override))
    if judged:
        fields += zip(COUNTS, map(str, judged.numbers.counts()), strict=True)
        fields += [("tree", judged.tree), ("toolchain", judged.toolchain)]
    return "".join(f"{key}: {_scalar(value)}".rstrip() + "\n" for key, value in fields)


def _scalar(text: str) -> str:
    if not text or (_PLAIN.fullmatch(text) and text == text.strip()):
        return text
    # JSON strings are YAML double-quoted scalars; ASCII keeps the bytes the same everywhere.
    return '"' + "".join(map(_escape, text)) + '"'


def _escape(character: str) -> str:
    if character > "\uffff":
        return f"\\U{ord(character):08x}"  # YAML knows no surrogate pairs,
    if "\ud800" <= character <= "\udfff":
        return "\\ufffd"  # nor half of one: a byte of an argument that was no text
    return "\\u007f" if character == "\x7f" else json.dumps(character)[1:-1]


def _sentence(record: Record) -> str:
    baseline, judged = record.baseline, record.judgement
    parts = []
    if judged:
        numbers = judged.numbers
        shown = f"{format_percent(numbers.percent)}%" if numbers.executable else "nothing"
        parts.append(f"covgate measured {shown}, {numbers.executed} of {numbers.executable} statements and branches")
    if baseline:
        parts.append(f"the baseline stands at {format_percent(baseline.percent)}%")
    if baseline and baseline.override:
        parts.append("set by hand")
    name = "" if record.component == DEFAULT_COMPONENT else f" ({record.component})"
    sentence = ", ".join(parts) or "nothing is known yet"
    return f"{sentence[0].upper()}{sentence[1:]}{name}."


def parse_note(data: bytes) -> Note:
    """The records in a note's bytes; never raises: what can't be believed is in ``problems``."""
    if len(data) > MAX_NOTE_BYTES:
        return Note(problems=(f"the note has {len(data)} bytes, more than {MAX_NOTE_BYTES}",))
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        return Note(problems=(f"the note is not UTF-8 ({error.reason} at byte {error.start})",))
    records: dict[str, Record] = {}
    problems = []
    foreign = False
    for chunk in _documents(text):
        try:
            record = _parse_record(chunk)
        except ValueError as error:
            problems.append(str(error))
            foreign = foreign or isinstance(error, _OtherFormat)
            continue
        known = records.get(record.component)
        records[record.component] = join_records(known, record) if known else record
    if not records and not problems:
        problems.append("the note has no covgate record")
    return Note(records=tuple(records[name] for name in sorted(records)), problems=tuple(problems), foreign=foreign)


def read_status(text: str) -> Status | None:
    """The verdict in a report's front matter; None without a whole front matter, never a guess."""
    lines = text.replace("\r\n", "\n").split("\n")
    if lines[0] != _FENCE or _FENCE not in lines[1:]:
        return None
    front = "\n".join(lines[1 : lines.index(_FENCE, 1)]) + "\n"
    try:
        judged = _parse_record(front).judgement
    except ValueError:
        return None
    return judged.status if judged else None


def _documents(text: str) -> list[str]:
    """The chunks between the ``---`` lines that claim to be records; prose claims nothing."""
    chunks: list[list[str]] = [[]]
    for line in text.replace("\r\n", "\n").split("\n"):
        if line.rstrip() == _FENCE:
            chunks.append([])
        else:
            chunks[-1].append(line)
    return ["\n".join(chunk) + "\n" for chunk in chunks if any(_KEY_LINE.match(line) for line in chunk)]


class _OtherFormat(ValueError):
    """A record that is well made, for another covgate."""


def _parse_record(chunk: str) -> Record:
    fields = _load_fields(chunk)
    take = _Reader(fields)
    number = take("format", _integer, None)
    if number is None:
        raise ValueError("a record without format")
    if number != FORMAT:
        raise _OtherFormat(f"a record of format {number}; this covgate reads format {FORMAT}")
    component = take("component", _component, None)
    if component is None:
        raise ValueError("a record without component")
    for key, low in (("measured_coverage", 0), ("baseline", 0), ("floor", 0), ("delta", -100)):
        take(key, partial(_bounded, low=low), None)
    ratio = take("baseline_ratio", _ratio, None)
    epoch = take("epoch", _integer, None)
    baseline = None
    if ratio is not None:
        if epoch is None:
            raise ValueError("a baseline_ratio without epoch")
        baseline = Baseline(epoch=epoch, executed=ratio[0], executable=ratio[1], override=fields.get("override", ""))
    status = take("coverage_status", _status, None)
    judgement = None
    if status is not None:
        judgement = Judgement(
            status=status,
            numbers=Numbers.from_counts(take.required(name, _integer) for name in COUNTS),
            tree=take.required("tree", _oid),
            toolchain=fields.get("toolchain", ""),
            floor=fields.get("floor", ""),
            policy=fields.get("policy", ""),
            epsilon=fields.get("epsilon", ""),
            delta=fields.get("delta", ""),
            reason=fields.get("reason", ""),
        )
    if baseline is None and judgement is None:
        raise ValueError("a record with neither a baseline nor a status")
    return Record(component=component, baseline=baseline, judgement=judgement)


class _Reader:
    """Takes fields by name; an error names the field and shows its value."""

    def __init__(self, fields: dict[str, str]) -> None:
        self.fields = fields

    def __call__(self, key: str, parse: Callable[[str], _T], default: _T | None) -> _T | None:
        text = self.fields.get(key, "")
        if not text:
            return default
        try:
            return parse(text)
        except ValueError:
            shown = text if len(text) <= 40 else text[:37] + "..."
            raise ValueError(f"{key}: {shown!r} can't be believed") from None

    def required(self, key: str, parse: Callable[[str], _T]) -> _T:
        value = self(key, parse, None)
        if value is None:
            raise ValueError(f"a record without {key}")
        return value


def _load_fields(chunk: str) -> dict[str, str]:
    """A flat YAML mapping as texts; ValueError for anything richer."""
    canonical = _load_canonical(chunk)
    if canonical is not None:
        return canonical
    import yaml  # late: a push whose notes are all known already reads none

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    collections = 0
    try:
        for event in yaml.parse(chunk, Loader=loader):
            if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
                raise ValueError("a record with YAML anchors or aliases")
            collections += isinstance(event, yaml.CollectionStartEvent)
            if collections > 1:  # told here, since compose recurses
                raise ValueError("a record with nested values")
        node = yaml.compose(chunk, Loader=loader)
    except (yaml.YAMLError, RecursionError, OverflowError) as error:
        line = getattr(getattr(error, "problem_mark", None), "line", None)
        where = f" at its line {line + 1}" if line is not None else ""
        raise ValueError(f"a record that is not YAML{where}") from None
    if not isinstance(node, yaml.MappingNode):
        raise ValueError("a record that is no mapping")
    fields: dict[str, str] = {}
    for key_node, value_node in node.value:
        if not isinstance(key_node, yaml.ScalarNode) or not isinstance(value_node, yaml.ScalarNode):
            raise ValueError("a record with nested values")
        if key_node.value in fields:
            raise ValueError(f"a record with {key_node.value[:40]!r} twice")
        fields[key_node.value] = value_node.value
    return fields


def _load_canonical(chunk: str) -> dict[str, str] | None:
    """The fields of a chunk that ``_render_fields`` could have written; None for any other.

    For these lines YAML gives the same texts, but importing it costs more than all else that the hook of a
    known tree does.
    """
    fields = {}
    for line in chunk.removesuffix("\n").split("\n"):
        key, colon, text = line.partition(":")
        if not colon or not _KEY.fullmatch(key) or key in fields or (text and text[0] != " "):
            return None
        text = text[1:]
        if text != text.strip() or not text.isascii():
            return None
        if text and not _PLAIN.fullmatch(text):
            if text[0] != '"':
                return None
            try:
                text = json.loads(text)
            except ValueError:
                return None
            if not isinstance(text, str):
                return None
        fields[key] = text
    return fields


def _integer(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > MAX_COUNT_DIGITS:
        raise ValueError(text)
    return int(text)


def _bounded(text: str, low: int) -> Fraction:
    value = parse_decimal(text)
    if not low <= value <= 100:
        raise ValueError(text)
    return value


def _ratio(text: str) -> tuple[int, int]:
    executed, slash, executable = text.partition("/")
    if not slash:
        raise ValueError(text)
    pair = _integer(executed), _integer(executable)
    Baseline(executed=pair[0], executable=pair[1])
    return pair


def _component(text: str) -> str:
    if not _COMPONENT.fullmatch(text):
        raise ValueError(text)
    return text


def _oid(text: str) -> str:
    if not _OID.fullmatch(text):
        raise ValueError(text)
    return text


def _status(text: str) -> Status:
    if text not in (Status.PASS.value, Status.FAIL.value):
        raise ValueError(text)
    return Status(text)
