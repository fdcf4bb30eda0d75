"""The hooks' last step: run the workflow, print what happened, give the exit code."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from covgate.boundary import decided, paint_for
from covgate.errors import EXIT_PASSED, as_notice
from covgate.gate.context import Session
from covgate.git.environment import without_local_environment
from covgate.git.repository import Repository
from covgate.model.outcome import Outcome, OutcomeKind, exit_code
from covgate.model.ref_update import RefUpdate

from .last_lines import command_line, unmeasured_line

if TYPE_CHECKING:
    from covgate.formats import ReadSource
    from covgate.gate.push import PushReport

_SKIPPED_SHOWN = 3


def report_push(
    repository: Repository,
    environ: Mapping[str, str],
    updates: Sequence[RefUpdate],
    remote: str,
    *,
    pushes: bool = True,
) -> int:
    """Gate a push and print the report. Returns the exit code. Unless git ``pushes``, nothing is published."""
    from covgate.gate.push import gate_push

    report = gate_push(Session(repository=repository, environ=environ, publishes=pushes), updates, remote)
    shows = partial(_show_push, report, repository, environ)
    return decided(exit_code(report.outcomes), shows, partial(_run_on_blocks, report, repository, environ))


def report_ratchet(
    repository: Repository, environ: Mapping[str, str], *, rewritten: bool, by_hand: bool = False
) -> int:
    """Raise the baseline after a merge and print what happened. Returns 0: git ignores the exit code."""
    from covgate.gate.merge import ratchet_merge

    outcome = ratchet_merge(Session(repository=repository, environ=environ, publishes=not by_hand), rewritten=rewritten)
    last = "covgate: what was merged does not pass; the baseline stays where it is" if outcome.failed else ""
    return decided(EXIT_PASSED, partial(_print, [outcome], outcome.all_notices, environ, last=last))


def _show_push(report: PushReport, repository: Repository, environ: Mapping[str, str]) -> None:
    notices = list(report.all_notices)
    if any(outcome.failed for outcome in report.outcomes):
        from covgate.gate.after_block import uncommitted_notices

        with as_notice(notices, "what is not committed could not be listed"):
            notices += uncommitted_notices(repository, environ)
    last = unmeasured_line(repository, report.outcomes)
    _print(report.outcomes, notices, environ, repository, last=last)


def _print(
    outcomes: Sequence[Outcome],
    notices: Iterable[str],
    environ: Mapping[str, str],
    pushed: Repository | None = None,
    *,
    last: str = "",
) -> None:
    """Each outcome, the first few of those that are not gated, then the notices, then ``last``.

    ``pushed`` is the repository of a push, None for a merge.
    """
    from covgate.formats import no_source
    from covgate.formats.text import notices_text, verdict_text

    paint = paint_for(environ)
    shown, skipped = [], 0
    for outcome in outcomes:
        skipped += outcome.kind is OutcomeKind.NOT_APPLICABLE
        if outcome.kind is not OutcomeKind.NOT_APPLICABLE or skipped <= _SKIPPED_SHOWN:
            source = _source(pushed, outcome) if pushed and outcome.failed else no_source
            shown.append(verdict_text(outcome, paint, pushing=pushed is not None, source=source))
    if skipped > _SKIPPED_SHOWN:
        shown.append(f"covgate: not applicable: {skipped - _SKIPPED_SHOWN} more refs that are not gated\n")
    shown.append(notices_text(notices))
    command = command_line("".join([*shown, last]), environ)
    shown += [f"{line}\n" for line in (command, last) if line]
    sys.stdout.write(paint.encodable("".join(shown)))
    sys.stdout.flush()


def _source(repository: Repository, outcome: Outcome) -> ReadSource:
    from covgate.formats.html_files import source_reader

    return source_reader(repository, outcome.files_at)


def _run_on_blocks(report: PushReport, repository: Repository, environ: Mapping[str, str]) -> None:
    """Run the `on_block` of each outcome that blocks."""
    for outcome in report.outcomes:
        if not (outcome.blocked and outcome.on_block):
            continue
        from covgate.formats.json_data import verdict_data

        from .on_block import run_on_block

        verdict = verdict_data(replace(outcome, notices=tuple(dict.fromkeys([*report.notices, *outcome.notices]))))
        failed = run_on_block(outcome.on_block, verdict, repository.top, without_local_environment(environ))
        if failed:
            print(f"covgate: {failed}", flush=True)
