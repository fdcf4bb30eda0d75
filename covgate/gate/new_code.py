"""New source files that nothing measures: every push names them, whether it passes or not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from covgate.errors import CovgateError
from covgate.gate.bar import Bar
from covgate.model.outcome import Outcome


def with_unmeasured(outcome: Outcome, bar: Bar) -> Outcome:
    """``outcome``, which names the source files that are new against the base of ``bar`` and that nothing measures.

    Without a base, all files are new. An outcome without measured files stays as it is.
    """
    measurement = outcome.measurement
    if measurement is None or outcome.commit == bar.base:
        return outcome
    from covgate.git.diff import new_paths, renames
    from covgate.model.new_files import changed_notices, new_unmeasured, unmeasured_notices, unmeasured_paths

    repository = bar.remote.repository
    wanted = partial(unmeasured_paths, measured=[each.path for each in measurement.files])
    try:
        paths = new_paths(repository, _bases(bar, outcome.commit), outcome.commit, wanted)
        moved = renames(repository, bar.base, outcome.commit) if paths and bar.base else {}
    except CovgateError as error:
        return _with_notices(outcome, [f"new files that are not measured could not be listed: {error.message}"])
    unmeasured = new_unmeasured(paths, moved)
    # A blocked push shows its patch.
    changed = outcome.patch.unmeasured if outcome.patch and not outcome.blocked else ()
    notices = [*unmeasured_notices(unmeasured), *changed_notices(each for each in changed if each not in paths)]
    return replace(_with_notices(outcome, notices), unmeasured=unmeasured)


def _bases(bar: Bar, commit: str) -> Iterator[str]:
    """The commits whose files are not new. The first one is usually enough, and costs least.

    What a merge of the default branch brings into a branch that was pushed before is new to neither.
    """
    if not bar.base:
        return
    yield bar.base
    for target in (bar.base, bar.remote.fork_point(commit) if bar.remote else ""):
        found = target and bar.remote.repository.text("merge-base", commit, target)
        if found and found != commit:  # a commit that has landed may still be compared with an older one
            yield found


def _with_notices(outcome: Outcome, notices: list[str]) -> Outcome:
    return replace(outcome, notices=(*outcome.notices, *notices))
