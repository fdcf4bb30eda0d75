"""Each note blob is parsed once in a repository's life: blob oid -> its baselines.

A cache and nothing more: a file that can't be read is an empty one. (Format 1 is the first.)
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

Known = tuple[Baseline | None, str]


class RecordIndex:
    """The baselines of note blobs, and why others have none."""

    def __init__(self, path: Path, blobs: dict[str, list[object]]) -> None:
        self._path = path
        self._blobs = blobs
        self._changed = False

    @classmethod
    def load(cls, directory: Path) -> RecordIndex:
        path = directory / _NAME
        try:
            stored = json.loads(path.read_bytes())
            blobs = stored["blobs"] if stored["format"] == _FORMAT else {}
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            blobs = {}
        return cls(path, blobs if isinstance(blobs, dict) else {})

    def baselines(self, wanted: Iterable[str], component: str, read: Callable[[str], Note]) -> dict[str, Known]:
        """For each blob of ``wanted``: its baseline of ``component``, and what in it is invalid."""
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
        """Keep what was learned; a directory that can't be written costs only the next parse."""
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
    problem, *records = rows
    if not isinstance(problem, str):
        raise ValueError("no index row")
    for row in records:
        if not isinstance(row, list):
            raise ValueError("no index row")
        name, epoch, executed, executable, override = row
        if name == component:
            known = Baseline(epoch=epoch, executed=executed, executable=executable, override=override)
            return known, problem
    return None, problem
