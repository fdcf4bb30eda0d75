"""A cache of the baselines in each note, so that a note is parsed once: blob oid -> its baselines.

A file that can't be read counts as empty. (Format 1 is the first.)
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path

from covgate.files import write_atomically
from covgate.model.baseline import Baseline
from covgate.model.record import Note

_FORMAT = 1
_NAME = "records.json"

# The baseline of a component in a note, None if it has none, and why parts of the note are ignored, "" if none are.
Known = tuple[Baseline | None, str]


class RecordIndex:
    """The baselines in the blobs of notes. Without `save`, new ones are parsed again by the next process."""

    def __init__(self, path: Path, blobs: dict[str, list[object]]) -> None:
        self._path = path
        self._blobs = blobs
        self._changed = False

    @classmethod
    def load(cls, directory: Path) -> RecordIndex:
        """The index that was saved in ``directory``; an empty one if there is none."""
        path = directory / _NAME
        try:
            stored = json.loads(path.read_bytes())
            blobs = stored["blobs"] if stored["format"] == _FORMAT else {}
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            blobs = {}
        return cls(path, blobs if isinstance(blobs, dict) else {})

    def baselines(self, wanted: Iterable[str], component: str, read: Callable[[str], Note]) -> dict[str, Known]:
        """For each blob of ``wanted``, the baseline of ``component``. ``read`` parses a blob that is new."""
        result: dict[str, Known] = {}
        for blob in wanted:
            try:
                result[blob] = _decode(self._blobs[blob], component)
            except (KeyError, ValueError, TypeError, IndexError):
                self._blobs[blob] = _encode(read(blob))
                self._changed = True
                result[blob] = _decode(self._blobs[blob], component)
        return result

    def save(self) -> None:
        """Write the index if it has changed. A directory that can't be written is ignored."""
        if self._changed:
            text = json.dumps({"format": _FORMAT, "blobs": self._blobs}, separators=(",", ":"))
            try:
                write_atomically(self._path, text.encode())
                self._changed = False
            except OSError:
                return


def _encode(note: Note) -> list[object]:
    rows: list[object] = ["; ".join(note.problems)]
    for record in note.records:
        known = record.baseline
        if known is not None:
            rows.append([record.component, known.epoch, known.executed, known.executable, known.override])
    return rows


def _decode(rows: list[object], component: str) -> Known:
    """Raises ValueError or TypeError for rows that `_encode` did not write."""
    problem, *records = rows
    if not isinstance(problem, str):
        raise ValueError("not an index row")
    for row in records:
        if not isinstance(row, list):
            raise ValueError("not an index row")
        name, epoch, executed, executable, override = row
        if not isinstance(override, str):
            raise ValueError("not an index row")
        if name == component:
            known = Baseline(epoch=epoch, executed=executed, executable=executable, override=override)
            return known, problem
    return None, problem
