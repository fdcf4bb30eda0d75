"""Files that were counted before, still exist, and are missing from a measurement: they count as not executed."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from covgate.model.changes import FileChange
from covgate.model.lines import Line, encode, numbers_of, statements
from covgate.model.measurement import FileResult, Measurement
from covgate.model.numbers import Numbers, total


def count_unmentioned(
    measurement: Measurement, earlier: Measurement, changes: Collection[FileChange]
) -> tuple[Measurement, tuple[str, ...]]:
    """``measurement`` with the files that only ``earlier`` counted and that still exist, as not executed.

    ``changes`` are those from the tree of ``earlier`` to this one. A deleted file is not counted, and a renamed one is
    looked up by its new name. In a changed file, only statements that still exist are counted.

    Returns the measurement, and the paths of the files that were added to it, sorted.
    """
    mentioned = {each.path for each in measurement.files}
    moved = {each.old_path: each for each in changes if each.old_path}
    found: dict[str, FileResult] = {}
    for result in earlier.files:
        change = moved.get(result.path, FileChange(old_path=result.path, path=result.path))
        if change.path and change.path not in mentioned:
            left = _not_executed(result, change)
            if left.numbers.executable:
                found[left.path] = left
    files = sorted((*measurement.files, *found.values()), key=lambda each: each.path)
    added = replace(measurement, files=tuple(files), numbers=total((measurement.numbers, _sum(found.values()))))
    return (added, tuple(sorted(found))) if found else (measurement, ())


def _not_executed(result: FileResult, change: FileChange) -> FileResult:
    """What is left of ``result`` after ``change``, at the lines where it is now."""
    kept = ((change.now_at(each.number), each.branches) for each in statements(result.lines))
    lines = encode(Line(number, False, 0, branches) for number, branches in kept if number is not None)
    numbers = numbers_of(lines)
    if numbers_of(result.lines) != result.numbers and not change.hunks:  # some reports have counts without lines
        numbers = Numbers(statements=result.numbers.statements, branches=result.numbers.branches)
    return FileResult(path=change.path, numbers=numbers, lines=lines)


def _sum(files: Collection[FileResult]) -> Numbers:
    return total(each.numbers for each in files)
