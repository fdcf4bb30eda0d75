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
    """``lines``: the statements of the file that the push adds or changes, executed or not, by their first lines."""

    path: str
    numbers: Numbers
    lines: tuple[Line, ...]

    @property
    def missing(self) -> tuple[Line, ...]:
        """Those that were not executed, or not all of their branches."""
        return tuple(line for line in self.lines if not line.whole)


@dataclass(frozen=True, slots=True, kw_only=True)
class Patch:
    """What a push adds or changes of what can be executed, and how much of that was.

    ``files`` have at least one such statement. ``unmeasured``: changed files that no measurement knows, though files
    like them are measured.
    """

    numbers: Numbers
    files: tuple[PatchFile, ...] = ()
    unmeasured: tuple[str, ...] = ()


def patch_coverage(
    files: Iterable[FileResult],
    added: Mapping[str, Collection[int]],
    first_lines: Mapping[str, Mapping[int, int]],
) -> Patch:
    """The coverage of the statements that have one of the lines ``added`` (by path), each counted once.

    ``first_lines``: by path, the first line of the statement for each of its later lines. Branches belong to
    their statement.
    """
    known = {each.path: each for each in files}
    found = []
    for path in sorted(added.keys() & known.keys()):
        of_file = {line.number: line for line in statements(known[path].lines)}
        first = first_lines.get(path, {})
        changed = {number if number in of_file else first.get(number, number) for number in added[path]}
        lines = tuple(of_file[number] for number in sorted(changed & of_file.keys()))
        if lines:
            found.append(PatchFile(path=path, numbers=total(line.numbers for line in lines), lines=lines))
    suffixes = measured_suffixes(known)
    unmeasured = sorted(
        path for path in added.keys() - known.keys() if len(added[path]) and could_be_measured(path, suffixes)
    )
    return Patch(numbers=total(each.numbers for each in found), files=tuple(found), unmeasured=tuple(unmeasured))
