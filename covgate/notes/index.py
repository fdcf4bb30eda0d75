"""What the notes say about baselines, kept in two files, so that few notes have to be parsed.

The index has a row for each note, by blob. The summary of a notes commit has the highest baseline of each component in
all notes: whoever looks for a baseline walks back from the newest commit, and stops where the highest is met, usually
at the first note. A file that can't be read counts as missing.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from covgate.files import write_atomically
from covgate.model.baseline import Baseline, join
from covgate.model.record import Note

_FORMAT = 2  # format 1 did not say who measured a baseline
_SUMMARY_FORMAT = 1
_NAME = "records.json"
# Most calls read one or two notes: to parse these takes less time than to read the file.
PARSED_WITHOUT_FILE = 20
# So many new rows are worth writing the file; fewer are parsed again by the next process.
WORTH_SAVING = 20


class Known(NamedTuple):
    """What the record of a component says: its baseline, if any, and whether this commit ``measured`` it itself."""

    baseline: Baseline | None = None
    measured: bool = False


class Row(NamedTuple):
    """What a note says: why parts of it are ignored ("" if none are), and its records by component."""

    problem: str = ""
    records: Mapping[str, Known] = {}

    def baseline(self, component: str) -> Baseline | None:
        """The baseline of ``component``; None if there is none."""
        return self.records[component].baseline if component in self.records else None


def row_of(note: Note) -> Row:
    """The row of ``note``."""
    records = {}
    for record in note.records:
        known, judgement = record.baseline, record.judgement
        measured = known is not None and judgement is not None and judgement.numbers.percent == known.percent
        records[record.component] = Known(known, measured and known is not None and not known.override)
    return Row("; ".join(note.problems), records)


class RecordIndex:
    """The rows of the notes in blobs, which ``read`` parses. The file in ``directory`` is read once it is worth it."""

    def __init__(self, directory: Path, read: Callable[[str], Note]) -> None:
        self._path = directory / _NAME
        self._read = read
        self._rows: dict[str, Row] = {}
        self._stored: dict[str, object] | None = None
        self._new = 0

    def row(self, blob: str) -> Row:
        """What the note in ``blob`` says."""
        if blob not in self._rows:
            if self._stored is None and len(self._rows) >= PARSED_WITHOUT_FILE:
                self._stored = _load(self._path)
            self._rows[blob] = self._stored_row(blob) or self._parsed_row(blob)
        return self._rows[blob]

    def save(self) -> None:
        """Write the file if that saves the next process time. A directory that can't be written is ignored."""
        if self._stored is None or self._new < WORTH_SAVING:
            return
        blobs = {**self._stored, **{blob: _encode(row) for blob, row in self._rows.items()}}
        text = json.dumps({"format": _FORMAT, "blobs": blobs}, separators=(",", ":"))
        try:
            write_atomically(self._path, text.encode())
            self._new = 0
        except OSError:
            return

    def _stored_row(self, blob: str) -> Row | None:
        try:
            return _decode(self._stored[blob]) if self._stored else None
        except (KeyError, ValueError, TypeError, IndexError):
            return None

    def _parsed_row(self, blob: str) -> Row:
        self._new += 1
        return row_of(self._read(blob))


def _load(path: Path) -> dict[str, object]:
    try:
        stored = json.loads(path.read_bytes())
        blobs = stored["blobs"] if stored["format"] == _FORMAT else {}
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return {}
    return blobs if isinstance(blobs, dict) else {}


def _encode(row: Row) -> list[object]:
    return [row.problem, *([name, *encode_known(known)] for name, known in row.records.items())]


def _decode(stored: object) -> Row:
    """Raises ValueError or TypeError for what `_encode` did not write."""
    if not isinstance(stored, list) or not stored or not isinstance(stored[0], str):
        raise ValueError("not an index row")
    return Row(stored[0], dict(map(decode_record, stored[1:])))


def encode_known(known: Known) -> list[object]:
    """``known`` as JSON values."""
    baseline = known.baseline
    if baseline is None:
        return []
    return [baseline.epoch, baseline.executed, baseline.executable, baseline.override, known.measured]


def decode_record(stored: object) -> tuple[str, Known]:
    """Component and record from a list: the name, then what `encode_known` gives. Raises ValueError, TypeError."""
    if not isinstance(stored, list) or not stored or not isinstance(stored[0], str):
        raise ValueError("not a record")
    if len(stored) == 1:
        return stored[0], Known()
    name, epoch, executed, executable, override, measured = stored
    if not isinstance(override, str) or not isinstance(measured, bool):
        raise ValueError("not a record")
    return name, Known(Baseline(epoch=epoch, executed=executed, executable=executable, override=override), measured)


class Summary(NamedTuple):
    """The notes at the notes commit ``tip``, "" for none.

    ``damaged``: parts of a note are ignored. ``highest``: by component the highest baseline, None if there is none; it
    has all components with a record, and may have others that had one.
    """

    tip: str = ""
    damaged: bool = False
    highest: Mapping[str, Baseline | None] = {}


class Change(NamedTuple):
    """What a note said and says now; an empty row if there was or is no note."""

    before: Row = Row()
    after: Row = Row()


def summarize(tip: str, rows: Iterable[Row]) -> Summary:
    """The summary of the notes with these ``rows``."""
    damaged = False
    highest: dict[str, Baseline | None] = {}
    for row in rows:
        damaged = damaged or bool(row.problem)
        for name, known in row.records.items():
            if name not in highest or known.baseline not in (None, highest[name]):
                highest[name] = join(highest.get(name), known.baseline)
    return Summary(tip, damaged, highest)


def updated(summary: Summary, tip: str, changes: Iterable[Change]) -> Summary | None:
    """``summary`` after ``changes``, which lead to ``tip``; None if all notes must be read: the highest may be gone."""
    changes = list(changes)
    if any(each.before.problem for each in changes):
        return None
    known = Row(records={name: Known(highest) for name, highest in summary.highest.items()})
    new = summarize(tip, [known, *(each.after for each in changes)])
    for before, after in changes:
        for name in before.records:
            was = before.baseline(name)
            if was is not None and was == new.highest.get(name) and was != after.baseline(name):
                return None
    return new._replace(damaged=summary.damaged or new.damaged)


def load_summary(path: Path) -> Summary:
    """What was saved at ``path``; an empty summary if that can't be read."""
    try:
        stored = json.loads(path.read_bytes())
        tip, damaged = stored["tip"], stored["damaged"]
        if stored["format"] != _SUMMARY_FORMAT or not isinstance(tip, str) or not isinstance(damaged, bool):
            return Summary()
        highest = {name: known.baseline for name, known in map(decode_record, stored["highest"])}
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return Summary()
    return Summary(tip, damaged, highest)


def save_summary(path: Path, summary: Summary) -> None:
    """Store ``summary``. If that fails, the next process reads all notes once more."""
    highest = [[name, *encode_known(Known(baseline))] for name, baseline in sorted(summary.highest.items())]
    data = {"format": _SUMMARY_FORMAT, "tip": summary.tip, "damaged": summary.damaged, "highest": highest}
    with contextlib.suppress(OSError):
        write_atomically(path, json.dumps(data, separators=(",", ":")).encode())
