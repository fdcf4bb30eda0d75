"""Lines that a push newly excludes from the measurement: every push reports them, whether it passes or not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from covgate.errors import CovgateError
from covgate.gate.bar import Bar
from covgate.gate.context import Session
from covgate.model.outcome import Outcome

# Late imports below: most pushes exclude no line, or touch no file with excluded lines.
if TYPE_CHECKING:
    from covgate.model.changes import FileChange
    from covgate.model.exclusion import NewlyExcluded
    from covgate.model.measurement import FileResult, Measurement


def with_newly_excluded(session: Session, outcome: Outcome, bar: Bar) -> Outcome:
    """``outcome`` with the lines that are excluded now but were not at the base of ``bar``."""
    measurement = outcome.measurement
    if measurement is None or not bar.base or bar.base == outcome.commit or not measurement.numbers.excluded:
        return outcome
    from covgate.model.exclusion import exclusion_notices

    try:
        found = _find(session, bar.base, outcome.commit, measurement)
    except CovgateError as error:
        notices = [f"newly excluded lines could not be found: {error.message}"]
        return replace(outcome, notices=(*outcome.notices, *notices))
    notices = exclusion_notices(found)
    return replace(outcome, notices=(*outcome.notices, *notices), newly_excluded=tuple(found))


def _find(session: Session, base: str, commit: str, measurement: Measurement) -> list[NewlyExcluded]:
    from covgate.measure.coverage_config import FILES

    paths = session.path_changes(base, commit)
    touched = paths.added | paths.modified
    hiding = [each for each in measurement.files if each.numbers.excluded]
    if not touched.intersection(FILES):
        hiding = [each for each in hiding if each.path in touched]
    if not hiding:
        return []
    from covgate.git.diff import changes
    from covgate.model.changes import FileChange
    from covgate.model.source_files import measured_suffixes

    suffixes = measured_suffixes(each.path for each in hiding)
    by_path = {each.path: each for each in changes(session.repository, base, commit, suffixes) if each.path}
    same = {each.path: FileChange(old_path=each.path, path=each.path) for each in hiding}
    found = _compare(session, base, commit, hiding, {**same, **by_path})
    return [each for each in found if each.lines]


def _compare(
    session: Session, base: str, commit: str, hiding: list[FileResult], changes: Mapping[str, FileChange]
) -> list[NewlyExcluded]:
    from covgate.model.exclusion import compared_with_lines, compared_with_text

    before = _lines_of(session, base)
    if before is not None:
        lines = {each.path: each.lines for each in before.files}
        pairs = [(each, changes[each.path]) for each in hiding]
        return [compared_with_lines(each, change, lines.get(change.old_path)) for each, change in pairs]
    patterns, earlier = _patterns(session, commit), _patterns(session, base)
    new_patterns = [each for each in patterns if each not in earlier]
    found = []
    for each in hiding:
        source = (session.repository.file(commit, each.path) or b"").decode(errors="replace")
        found.append(compared_with_text(each, changes[each.path], source, patterns, new_patterns))
    return found


def _lines_of(session: Session, commit: str) -> Measurement | None:
    """The lines of ``commit``, if this clone knows them: from its cache, else from the notes."""
    from covgate.measure.cache import Cache
    from covgate.model.record import DEFAULT_COMPONENT
    from covgate.notes.line_notes import DetailNotes

    repository = session.repository
    tree = repository.tree(commit)
    cached = Cache(repository.state_dir).any_of(tree)
    if cached is not None:
        return cached
    try:
        noted = DetailNotes(repository).read(commit).get(DEFAULT_COMPONENT)
    except ValueError:
        return None
    return noted if noted is not None and noted.tree == tree else None


def _patterns(session: Session, commit: str) -> tuple[str, ...]:
    from covgate.measure.coverage_config import FILES, read_coverage_config

    read = {name: session.repository.file(commit, name) for name in FILES}
    return read_coverage_config({name: data for name, data in read.items() if data is not None}).exclusions
