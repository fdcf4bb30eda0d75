"""Lines and branches that a push newly excludes from the measurement: every push reports them, also if it passes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from covgate.config import Config
from covgate.errors import CovgateError
from covgate.gate.bar import Bar
from covgate.gate.context import Session
from covgate.model.outcome import Outcome

# Late imports below: most pushes exclude no line, or touch no file with excluded lines.
if TYPE_CHECKING:
    from covgate.measure.coverage_config import CoverageConfig
    from covgate.model.changes import FileChange
    from covgate.model.exclusion import ExcusedBranches, NewlyExcluded
    from covgate.model.measurement import FileResult, Measurement


def with_newly_excluded(session: Session, outcome: Outcome, bar: Bar) -> Outcome:
    """``outcome`` with the lines and branches that are excluded now but were not at the base of ``bar``."""
    measurement = outcome.measurement
    if measurement is None or not bar.base or bar.base == outcome.commit:
        return outcome
    numbers = measurement.numbers
    if not numbers.excluded and not numbers.branches:
        return outcome
    from covgate.model.exclusion import branch_notices, exclusion_notices

    try:
        found = _find(session, bar, outcome.commit, measurement) if numbers.excluded else []
        branches = _find_branches(session, bar, outcome.commit, measurement) if numbers.branches else []
    except CovgateError as error:
        notices = [f"newly excluded lines could not be found: {error.message}"]
        return replace(outcome, notices=(*outcome.notices, *notices))
    return replace(
        outcome,
        notices=(*outcome.notices, *exclusion_notices(found), *branch_notices(branches)),
        newly_excluded=tuple(found),
        excused_branches=tuple(branches),
    )


def _find(session: Session, bar: Bar, commit: str, measurement: Measurement) -> list[NewlyExcluded]:
    from covgate.measure.coverage_config import FILES

    base = bar.base
    paths = session.path_changes(base, commit)
    touched = paths.added | paths.modified
    hiding = [each for each in measurement.files if each.numbers.excluded]
    if not touched.intersection(map(bar.config.path, FILES)):
        hiding = [each for each in hiding if each.path in touched]
    if not hiding:
        return []
    from covgate.git.diff import changes
    from covgate.model.changes import FileChange
    from covgate.model.source_files import measured_suffixes

    suffixes = measured_suffixes(each.path for each in hiding)
    by_path = {each.path: each for each in changes(session.repository, base, commit, suffixes) if each.path}
    same = {each.path: FileChange(old_path=each.path, path=each.path) for each in hiding}
    found = _compare(session, bar, commit, hiding, {**same, **by_path})
    return [each for each in found if each.lines]


def _compare(
    session: Session, bar: Bar, commit: str, hiding: list[FileResult], changes: Mapping[str, FileChange]
) -> list[NewlyExcluded]:
    from covgate.gate.known_lines import lines_at_base
    from covgate.model.exclusion import compared_with_lines, compared_with_text

    before = lines_at_base(session, bar)
    if before is not None:
        lines = {each.path: each.lines for each in before.files}
        pairs = [(each, changes[each.path]) for each in hiding]
        return [compared_with_lines(each, change, lines.get(change.old_path)) for each, change in pairs]
    patterns, earlier = (
        _coverage_config(session, bar.config, commit).exclusions,
        _coverage_config(session, session.own_config(bar.base, bar.config), bar.base).exclusions,
    )
    new_patterns = [each for each in patterns if each not in earlier]
    found = []
    for each in hiding:
        source = _text(session, commit, each.path)
        found.append(compared_with_text(each, changes[each.path], source, patterns, new_patterns))
    return found


def _find_branches(session: Session, bar: Bar, commit: str, measurement: Measurement) -> list[ExcusedBranches]:
    from covgate.measure.coverage_config import FILES
    from covgate.model.exclusion import excused_branches, matches_any

    base = bar.base
    paths = session.path_changes(base, commit)
    touched = paths.added | paths.modified
    patterns, new = _coverage_config(session, bar.config, commit).partial, []
    if touched.intersection(map(bar.config.path, FILES)):
        earlier = _coverage_config(session, session.own_config(base, bar.config), base).partial
        new = [each for each in patterns if each not in earlier]
    branching = [each for each in measurement.files if each.numbers.branches and (new or each.path in touched)]
    sources = {each.path: _text(session, commit, each.path) for each in branching}
    marked = [each for each in branching if matches_any(sources[each.path], patterns)]
    if not marked:
        return []
    from covgate.git.diff import changes
    from covgate.model.changes import FileChange
    from covgate.model.source_files import measured_suffixes

    suffixes = measured_suffixes(each.path for each in marked)
    by_path = {each.path: each for each in changes(session.repository, base, commit, suffixes) if each.path}
    found = []
    for each in marked:
        change = by_path.get(each.path) or FileChange(old_path=each.path, path=each.path)
        before = _text(session, base, change.old_path) if change.old_path else ""
        found.append(excused_branches(each, change, sources[each.path], before, patterns, new))
    return [each for each in found if each.lines]


def _text(session: Session, commit: str, path: str) -> str:
    return (session.repository.file(commit, path) or b"").decode(errors="replace")


def _coverage_config(session: Session, config: Config, commit: str) -> CoverageConfig:
    from covgate.measure.coverage_config import FILES, read_coverage_config

    read = {name: session.repository.file(commit, config.path(name)) for name in FILES}
    return read_coverage_config({name: data for name, data in read.items() if data is not None})
