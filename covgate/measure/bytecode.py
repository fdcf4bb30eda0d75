"""Remove bytecode that Python would run although it may not match its source. This happens before the tests run.

Python compares a cached module with the time and the size of its source, or not at all (PEP 552). After an edit of the
same size within one second, or with an unchecked cache, Python runs code other than the code that is pushed.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from pathlib import Path

_HEADER = 16  # magic number, flags, and the time and size of the source or its hash
_BY_HASH, _CHECKED = 1, 2


def remove_unsound_bytecode(top: Path, committed: Collection[str], environ: Mapping[str, str]) -> str:
    """Remove bytecode below ``top`` that may not match the sources among ``committed``.

    Python writes it again. Returns the path of a file that can't be removed, "" if none is left.
    """
    sources: dict[str, set[str]] = {}
    kept = {str(top / path) for path in committed if path.endswith(".pyc")}
    for path in committed:
        if path.endswith(".py"):
            parent, _, name = path.rpartition("/")
            sources.setdefault(parent, set()).add(name.removesuffix(".py"))
    prefix = environ.get("PYTHONPYCACHEPREFIX", "")
    for parent, stems in sources.items():
        directory = top / parent
        caches = [directory / "__pycache__", *([Path(prefix + str(directory))] if prefix else [])]
        for cache in caches:
            found = _remove_in(cache, directory, stems, kept)
            if found:
                return found
    return ""


def _remove_in(cache: Path, directory: Path, stems: Collection[str], kept: Collection[str]) -> str:
    try:
        entries = list(os.scandir(cache))
    except OSError:
        return ""
    for entry in entries:
        stem = entry.name.partition(".")[0]
        if stem not in stems or not entry.name.endswith(".pyc"):
            continue
        try:
            sound = _is_sound(entry.path, f"{directory}/{stem}.py")
        except OSError:
            continue
        if not sound and entry.path not in kept:
            try:
                Path(entry.path).unlink()
            except OSError:
                return entry.path
    return ""


def _is_sound(path: str, source: str) -> bool:
    """Whether Python ignores the bytecode at ``path``, or the bytecode matches ``source``. Raises OSError."""
    with open(path, "rb", buffering=0) as file:  # noqa: PTH123
        header = file.read(_HEADER)
        written = os.fstat(file.fileno()).st_mtime_ns
    if len(header) < _HEADER:
        return True
    flags, seconds, size = (int.from_bytes(header[at : at + 4], "little") for at in (4, 8, 12))
    if flags & _BY_HASH:
        return bool(flags & _CHECKED)
    found = os.stat(source)  # noqa: PTH116
    is_used = int(found.st_mtime) & 0xFFFFFFFF == seconds and found.st_size & 0xFFFFFFFF == size
    return not is_used or found.st_ctime_ns < written
