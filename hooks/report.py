"""The hooks' last step: run a story, show what became of it, give the exit code."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from covgate.boundary import paint_for
from covgate.errors import EXIT_PASSED
from covgate.gate.context import Session
from covgate.gate.judge import exit_code, shown
from covgate.gate.push import gate_push, ratchet_merge
from covgate.git.repository import Repository, without_local_environment
from covgate.model.ref_update import RefUpdate
from covgate.model.verdict import Status

if TYPE_CHECKING:
    from covgate.gate.judge import Outcome

_SKIPPED_SHOWN = 3


def report_push(repository: Repository, environ: Mapping[str, str], updates: Sequence[RefUpdate], remote: str) -> int:
    session = Session(repository=repository, environ=environ)
    outcomes = gate_push(session, updates, remote)
    show(outcomes, session.notices, environ, pushing=True)
    for outcome in outcomes:
        if outcome.stops and outcome.on_block:
            from covgate.formats.json_data import verdict_data

            from .on_block import tell_of_block

            data = verdict_data(shown(outcome, session.notices))
            failed = tell_of_block(outcome.on_block, data, repository.top, without_local_environment(environ))
            if failed:
                print(f"covgate: {failed}", flush=True)
    return exit_code(outcomes)


def report_ratchet(repository: Repository, environ: Mapping[str, str], *, rewritten: bool) -> int:
    session = Session(repository=repository, environ=environ)
    outcome = ratchet_merge(session, rewritten=rewritten)
    show([outcome], session.notices, environ, pushing=False)
    if outcome.blocked:
        print("covgate: what was merged does not pass; the baseline stays where it is")
    return EXIT_PASSED


def show(outcomes: Iterable[Outcome], notices: Iterable[str], environ: Mapping[str, str], *, pushing: bool) -> None:
    """Print what became of each commit, then what else there is to know."""
    from covgate.formats.text import notices_text, verdict_text

    paint = paint_for(environ)
    told = list(outcomes)
    skipped = [each for each in told if each.error is None and each.verdict.status is Status.NOT_APPLICABLE]
    for outcome in skipped[_SKIPPED_SHOWN:]:
        told.remove(outcome)
    for outcome in told:
        sys.stdout.write(paint.encodable(verdict_text(shown(outcome), paint, pushing=pushing)))
    if len(skipped) > _SKIPPED_SHOWN:
        print(f"covgate: not applicable: {len(skipped) - _SKIPPED_SHOWN} more refs that are not gated")
    sys.stdout.write(paint.encodable(notices_text(notices)))
    sys.stdout.flush()
