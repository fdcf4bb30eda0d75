"""Changes of code that no test has executed so far. Loaded only by a push that touches a file with such code."""

from __future__ import annotations

from covgate.gate.bar import Bar
from covgate.gate.context import Session
from covgate.gate.known_lines import lines_at_base
from covgate.gate.surroundings import first_lines, merge_bases
from covgate.git.diff import changes
from covgate.model.changes import LineSet
from covgate.model.measurement import FileResult
from covgate.model.never_covered import NeverCovered, never_covered
from covgate.model.patch import patch_coverage
from covgate.model.source_files import measured_suffixes


def find_never_covered(session: Session, bar: Bar, commit: str, files: list[FileResult]) -> list[NeverCovered]:
    """The changed statements of ``files`` that no test executes, neither at the base of ``bar`` nor at ``commit``.

    ``files``: those that differ from the base, and have statements that are not executed now.
    """
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
