"""Measurements remembered by tree and by what else decides them.

A cache: what can't be read is not there. Only runs whose tests passed are kept. (Format 1 knew the
missing lines alone, 2 knows all lines.)
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from covgate.files import write_atomically
from covgate.model.measurement import FileResult, Measurement, Toolchain
from covgate.model.numbers import Numbers

_FORMAT = 2
_KEPT = 100


class Cache:
    """The remembered measurements under ``directory``."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory / "measurements"

    def find(self, tree: str, decided_by: Mapping[str, object]) -> Measurement | None:
        """The measurement of ``tree`` made under exactly what ``decided_by`` says."""
        return _read(self._path(tree, decided_by))

    def any_of(self, tree: str) -> Measurement | None:
        """A measurement of ``tree`` however it was made: for explanations, never for a verdict."""
        for path in self.directory.glob(f"{tree}-*.json"):
            found = _read(path)
            if found is not None:
                return found
        return None

    def last_duration(self) -> float:
        """How long the newest remembered run took, in seconds; 0 where none is known."""
        newest = max(self._files(), key=_modified, default=None)
        found = _read(newest) if newest else None
        return found.seconds if found else 0.0

    def keep(self, measurement: Measurement, decided_by: Mapping[str, object]) -> None:
        """Remember ``measurement``, and forget the oldest beyond what is kept."""
        write_atomically(self._path(measurement.tree, decided_by), _encode(measurement))
        for old in sorted(self._files(), key=_modified, reverse=True)[_KEPT:]:
            with contextlib.suppress(OSError):
                old.unlink()

    def _files(self) -> list[Path]:
        return list(self.directory.glob("*-*.json"))

    def _path(self, tree: str, decided_by: Mapping[str, object]) -> Path:
        text = json.dumps([_FORMAT, decided_by], sort_keys=True, default=str)
        return self.directory / f"{tree}-{hashlib.sha256(text.encode()).hexdigest()[:32]}.json"


def _modified(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def _encode(measurement: Measurement) -> bytes:
    toolchain = measurement.toolchain
    value = {
        "format": _FORMAT,
        "tree": measurement.tree,
        "numbers": measurement.numbers.counts(),
        "toolchain": [toolchain.python, toolchain.coverage, toolchain.platform],
        "seconds": round(measurement.seconds, 3),
        "notices": list(measurement.notices),
        "runs": measurement.runs,
        "unstable": [[path, list(lines)] for path, lines in measurement.unstable],
        "files": [[each.path, each.numbers.counts(), each.lines] for each in measurement.files],
    }
    return json.dumps(value, separators=(",", ":")).encode()


def _read(path: Path) -> Measurement | None:
    try:
        value: dict[str, Any] = json.loads(path.read_bytes())
        if value["format"] != _FORMAT:
            return None
        python, coverage, platform = value["toolchain"]
        return Measurement(
            tree=value["tree"],
            numbers=Numbers.from_counts(value["numbers"]),
            files=tuple(
                FileResult(path=name, numbers=Numbers.from_counts(counts), lines=str(lines))
                for name, counts, lines in value["files"]
            ),
            toolchain=Toolchain(python=python, coverage=coverage, platform=platform),
            seconds=float(value["seconds"]),
            notices=tuple(value["notices"]),
            runs=int(value["runs"]),
            unstable=tuple((str(path), tuple(lines)) for path, lines in value["unstable"]),
        )
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
