"""New code that nothing measures, and changed code that nothing executes: reported by every push, also if it passes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from covgate.config import Config
from covgate.errors import CovgateError
from covgate.gate.bar import Bar
from covgate.gate.context import Session
from covgate.model.outcome import Outcome

if TYPE_CHECKING:
    from covgate.model.measurement import FileResult
    from covgate.model.new_files import NewFile


def with_new_code(session: Session, outcome: Outcome, bars: Sequence[Bar]) -> Outcome:
    """``outcome`` with what a reviewer should know about the code that is new against the base of ``bars``."""
    outcome = with_unmeasured(session, outcome, bars)
    if not outcome.parts:
        return _with_lines(session, outcome, bars[0])
    by_name = {each.config.component: each for each in bars}
    parts = [_with_lines(session, each, by_name[each.component]) for each in outcome.parts]
    return replace(outcome, parts=tuple(parts))


def _with_lines(session: Session, outcome: Outcome, bar: Bar) -> Outcome:
    """``outcome`` of one component with what its lines show."""
    from covgate.gate.exclusions import with_newly_excluded

    return with_never_covered(session, with_newly_excluded(session, outcome, bar), bar)


def with_never_covered(session: Session, outcome: Outcome, bar: Bar) -> Outcome:
    """``outcome`` with the changed lines that no test executes, neither at the base of ``bar`` nor now."""
    measurement = outcome.measurement
    if measurement is None or not bar.base or bar.base == outcome.commit:
        return outcome
    try:
        paths = session.path_changes(bar.base, outcome.commit)
        touched = paths.added | paths.modified
        files = [each for each in measurement.files if each.path in touched and _has_missing(each)]
        if not files:
            return outcome
        # Late imports: most pushes touch no file with lines that are not executed.
        from covgate.gate.uncovered_changes import find_never_covered

        found = find_never_covered(session, bar, outcome.commit, files)
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


def with_unmeasured(session: Session, outcome: Outcome, bars: Sequence[Bar]) -> Outcome:
    """``outcome`` with the source files that are new since the base of ``bars`` and that nothing measures.

    Without a base, all files are new. If nothing was measured or carried forward, the outcome is returned unchanged.
    """
    carried = any(each.carried_from for each in outcome.parts)
    if (outcome.measurement is None and not carried) or outcome.commit == bars[0].base:
        return outcome
    measured = [each.path for each in outcome.measurement.files] if outcome.measurement else []
    try:
        unmeasured = _find(session, bars[0], outcome.commit, measured, _not_listed(session, outcome, bars))
    except CovgateError as error:
        return _with_notices(outcome, [f"new files that are not measured could not be listed: {error.message}"])
    # A blocked push shows its patch.
    patches = [each.patch.unmeasured for each in outcome.each if each.patch and not outcome.blocked]
    changed = {path for paths in patches for path in paths}
    changed -= {each.path for each in unmeasured} | {*measured}
    if not unmeasured and not changed:
        return outcome
    from covgate.model.new_files import changed_notices, unmeasured_notices

    notices = [*unmeasured_notices(unmeasured), *changed_notices(changed)]
    return replace(_with_notices(outcome, notices), unmeasured=unmeasured)


def _not_listed(session: Session, outcome: Outcome, bars: Sequence[Bar]) -> list[Config]:
    """The components whose files nobody has listed: they were not asked for, or could not be measured.

    And those that are carried forward: they have not changed, whether their files are known here or not.
    """
    listed = {each.component for each in outcome.parts if each.numbers is not None and not each.carried_from}
    parts = {each.component: each for each in session.config_at(outcome.commit).components}
    parts.update((each.config.component, each.config) for each in bars if outcome.parts)
    return [part for name, part in parts.items() if name not in listed]


def _find(
    session: Session, bar: Bar, commit: str, measured: list[str], others: Sequence[Config]
) -> tuple[NewFile, ...]:
    """The new source files of ``commit`` that are neither ``measured`` nor belong to ``others``.

    Most pushes have none, and need one diff.
    """
    changes = session.path_changes(bar.base, commit)
    added = changes.added - changes.empty - set(measured)
    added = frozenset(path for path in added if not any(part.owns(path) for part in others))
    if not added:
        return ()
    measured = [*measured, *_code_of(session, commit, others, added)]
    # Late imports: most pushes add no file that is not measured.
    from covgate.git.changed_files import renames
    from covgate.model.new_files import find_unmeasured, may_be_unmeasured

    if not may_be_unmeasured(added, changes.deleted, measured):
        return ()
    for base in _more_bases(bar, commit):
        added &= session.path_changes(base, commit).added
        if not may_be_unmeasured(added, changes.deleted, measured):
            return ()
    moved = renames(session.repository, bar.base, commit) if bar.base and added else {}
    return find_unmeasured(added, moved, measured)


def _code_of(session: Session, commit: str, parts: Sequence[Config], added: Iterable[str]) -> list[str]:
    """A source file of ``parts`` for each kind that they have and that is among the files ``added``."""
    from covgate.model.source_files import CODE_SUFFIXES, suffix

    kinds = CODE_SUFFIXES & {suffix(path) for path in added} if parts else ()
    found: dict[str, str] = {}
    for path in session.repository.paths(commit) if kinds else ():
        kind = suffix(path)
        if kind in kinds and kind not in found and any(part.owns(path) for part in parts):
            found[kind] = path
    return list(found.values())


def _more_bases(bar: Bar, commit: str) -> Iterator[str]:
    """Other commits than the bar's base whose files are not new, looked up one by one.

    If the default branch is merged into a branch that was pushed before, the merged files are not new.
    """
    if not bar.base:
        return
    for target in (bar.base, bar.remote.fork_point(commit) if bar.remote else ""):
        found = target and bar.remote.repository.merge_base(commit, target)
        if found and found != commit:  # a commit that has landed may still be compared with an older one
            yield found


def _with_notices(outcome: Outcome, notices: list[str]) -> Outcome:
    return replace(outcome, notices=(*outcome.notices, *notices))
