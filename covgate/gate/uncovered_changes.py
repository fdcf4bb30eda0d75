"""Changes of code that no test has executed so far: every push reports them, also if it passes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from covgate.errors import CovgateError
from covgate.gate.bar import Bar
from covgate.gate.context import Session
from covgate.model.outcome import Outcome

# Late imports below: most pushes change no file with lines that are not executed.
if TYPE_CHECKING:
    from covgate.model.changes import LineSet
    from covgate.model.measurement import FileResult
    from covgate.model.never_covered import NeverCovered


def with_never_covered(session: Session, outcome: Outcome, bar: Bar) -> Outcome:
    """``outcome`` with the changed lines that no test executes, neither at the base of ``bar`` nor now."""
    measurement = outcome.measurement
    if measurement is None or not bar.base or bar.base == outcome.commit:
        return outcome
    try:
        paths = session.path_changes(bar.base, outcome.commit)
        touched = paths.added | paths.modified
        files = [each for each in measurement.files if each.path in touched and _has_missing(each)]
        found = _find(session, bar, outcome.commit, files) if files else []
    except CovgateError as error:
        notices = [f"changes of code that no test executes could not be found: {error.message}"]
        return replace(outcome, notices=(*outcome.notices, *notices))
    if not found:
        return outcome
    from covgate.model.never_covered import never_covered_notices

    notices = never_covered_notices(found)
    return replace(outcome, notices=(*outcome.notices, *notices), never_covered=tuple(found))


def _has_missing(file: FileResult) -> bool:
    return file.numbers.statements > file.numbers.executed_statements


def _find(session: Session, bar: Bar, commit: str, files: list[FileResult]) -> list[NeverCovered]:
    from covgate.gate.known_lines import lines_at_base
    from covgate.gate.surroundings import first_lines, merge_bases
    from covgate.git.diff import changes
    from covgate.model.never_covered import never_covered
    from covgate.model.patch import patch_coverage
    from covgate.model.source_files import measured_suffixes

    repository, wanted = session.repository, {each.path: each for each in files}
    suffixes = measured_suffixes(wanted)
    by_path = {each.path: each for each in changes(repository, bar.base, commit, suffixes) if each.path in wanted}
    added: dict[str, LineSet] = {path: each.added for path, each in by_path.items() if each.old_path}
    # What a merge brings in was changed there. A commit that has landed may still be compared with an older one.
    for base in merge_bases(session, bar, commit) if added else ():
        if base not in (bar.base, commit):
            here = {each.path: each.added for each in changes(repository, base, commit, suffixes)}
            added = {path: lines & here[path] for path, lines in added.items() if path in here}
    if not any(map(len, added.values())):
        return []
    patch = patch_coverage(files, added, first_lines(session, bar, commit, list(added)))
    if not any(each.missing for each in patch.files):
        return []
    before = lines_at_base(session, bar)
    earlier = {each.path: each.lines for each in before.files} if before is not None else {}
    found = []
    for each in patch.files:
        old = by_path[each.path].old_path
        if before is None or old in earlier:  # else it was not measured: it is as good as new
            changed = {line.number for line in each.lines}
            found.append(never_covered(wanted[each.path], by_path[each.path], changed, earlier.get(old)))
    return [each for each in found if each.lines]
