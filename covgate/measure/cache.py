"""Measurements, cached by tree and by everything else that decides the number.

A file that can't be read counts as missing. Only runs whose tests passed are cached; of others, that they failed.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from covgate.files import write_atomically
from covgate.model.measurement import FileResult, Measurement, Toolchain
from covgate.model.numbers import Numbers, total

_FORMAT = 2  # format 1 had only the missing lines
_MAX_FILES = 500  # each has one component of one commit


class Cache:
    """The measurements that are cached under ``directory``.

    ``circumstances`` is everything beside the tree that decides a measurement, by name.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory / "measurements"

    def find(self, tree: str, circumstances: Mapping[str, object]) -> Measurement | None:
        """The measurement of ``tree`` under exactly these circumstances; None if it is not cached."""
        return _read(self._path(tree, circumstances))

    def any_of(self, tree: str) -> Measurement | None:
        """A measurement of ``tree`` under any circumstances: for explanations, never for a verdict."""
        for path in self.directory.glob(f"{tree}-*.json"):
            found = _read(path)
            if found is not None:
                return found
        return None

    def last_duration(self) -> float:
        """How long the newest cached run took, in seconds; 0 if none is cached."""
        newest = max(self._files(), key=_modified, default=None)
        found = _read(newest) if newest else None
        return found.seconds if found else 0.0

    def keep(self, measurement: Measurement, circumstances: Mapping[str, object]) -> None:
        """Cache ``measurement``, and delete the oldest ones if there are too many. Raises OSError if it can't."""
        write_atomically(self._path(measurement.tree, circumstances), _encode(measurement))
        _delete_oldest(self._files())

    def failure(self, tree: str, circumstances: Mapping[str, object]) -> str:
        """How the tests of ``tree`` failed under exactly these circumstances; "" if that is not known."""
        try:
            return self._path(tree, circumstances, ".failed").read_text(encoding="utf-8", errors="replace")
        except OSError:
            return ""

    def keep_failure(self, tree: str, circumstances: Mapping[str, object], summary: str) -> None:
        """Store how the tests of ``tree`` failed. Raises OSError if it can't."""
        write_atomically(self._path(tree, circumstances, ".failed"), summary.encode(errors="replace"))
        _delete_oldest(self.directory.glob("*-*.failed"))

    def _files(self) -> list[Path]:
        return list(self.directory.glob("*-*.json"))

    def _path(self, tree: str, circumstances: Mapping[str, object], suffix: str = ".json") -> Path:
        text = json.dumps([_FORMAT, circumstances], sort_keys=True, default=str)
        return self.directory / f"{tree}-{hashlib.sha256(text.encode()).hexdigest()[:32]}{suffix}"


def _delete_oldest(files: Iterable[Path]) -> None:
    for old in sorted(files, key=_modified, reverse=True)[_MAX_FILES:]:
        with contextlib.suppress(OSError):
            old.unlink()


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
    if not measurement.complete:
        value["complete"] = False
    return json.dumps(value, separators=(",", ":")).encode()


def _read(path: Path) -> Measurement | None:
    try:
        value: dict[str, Any] = json.loads(path.read_bytes())
        if value["format"] != _FORMAT:
            return None
        python, coverage, platform = value["toolchain"]
        found = Measurement(
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
            complete=value.get("complete") is not False,
        )
    except (OSError, ValueError, KeyError, TypeError, RecursionError, OverflowError):
        return None
    # Somebody edited the file. docs/threat-model.md says what this check achieves, and what it doesn't.
    is_sound = not found.files or total(each.numbers for each in found.files) == found.numbers
    return found if is_sound and path.name.startswith(f"{found.tree}-") else None
