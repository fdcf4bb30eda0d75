"""How much of what a push adds or changes is covered."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from covgate.model.lines import Line, statements
from covgate.model.measurement import FileResult
from covgate.model.numbers import Numbers, total
from covgate.model.source_files import could_be_measured, measured_suffixes


@dataclass(frozen=True, slots=True, kw_only=True)
class PatchFile:
    """The part of a patch in one file; ``lines`` are the statements that the push adds or changes."""

    path: str
    numbers: Numbers
    lines: tuple[Line, ...]

    @property
    def missing(self) -> tuple[Line, ...]:
        """The statements that were not executed, or not with all their branches."""
        return tuple(line for line in self.lines if not line.whole)


@dataclass(frozen=True, slots=True, kw_only=True)
class Patch:
    """The executable lines that a push adds or changes, and how many of them were executed.

    ``files``: those with at least one such statement. ``unmeasured``: the changed files that were not measured,
    although files like them are.
    """

    numbers: Numbers
    files: tuple[PatchFile, ...] = ()
    unmeasured: tuple[str, ...] = ()


def patch_coverage(
    files: Iterable[FileResult],
    added: Mapping[str, Collection[int]],
    first_lines: Mapping[str, Mapping[int, int]],
) -> Patch:
    """The coverage of the statements that contain one of the lines ``added`` (by path); each counts once.

    ``first_lines``: by path, for each later line of a statement, the statement's first line. Branches belong to their
    statement.
    """
    known = {each.path: each for each in files}
    found = []
    for path in sorted(added.keys() & known.keys()):
        by_number = {line.number: line for line in statements(known[path].lines)}
        first = first_lines.get(path, {})
        changed = {number if number in by_number else first.get(number, number) for number in added[path]}
        lines = tuple(by_number[number] for number in sorted(changed & by_number.keys()))
        if lines:
            found.append(PatchFile(path=path, numbers=total(line.numbers for line in lines), lines=lines))
    suffixes = measured_suffixes(known)
    unmeasured = sorted(
        path for path in added.keys() - known.keys() if len(added[path]) and could_be_measured(path, suffixes)
    )
    return Patch(numbers=total(each.numbers for each in found), files=tuple(found), unmeasured=tuple(unmeasured))
