"""The hooks' last step: run a story, show what became of it, give the exit code."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from covgate.boundary import paint_for
from covgate.errors import EXIT_BLOCKED, EXIT_PASSED, EXIT_TOOL_ERROR
from covgate.gate import gate_push, ratchet_merge
from covgate.model.push import RefUpdate
from covgate.model.verdict import Status
from covgate.session import Session
from covgate.store.repository import Repository, without_local_environment

if TYPE_CHECKING:
    from covgate.judgement import Outcome
    from covgate.show.shown import Shown

_SKIPPED_SHOWN = 3


def report_push(repository: Repository, environ: Mapping[str, str], updates: Sequence[RefUpdate], remote: str) -> int:
    session = Session(repository=repository, environ=environ)
    outcomes = gate_push(session, updates, remote)
    show(outcomes, session.notices, environ, pushing=True)
    for outcome in outcomes:
        if outcome.stops and outcome.on_block:
            from covgate.on_block import tell_of_block
            from covgate.show.data import verdict_data

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
    from covgate.show.text import notices_text, verdict_text

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


def shown(outcome: Outcome, notices: Iterable[str] = ()) -> Shown:
    """What every format gets of ``outcome``."""
    from covgate.show.shown import Shown

    error = outcome.error
    return Shown(
        verdict=outcome.verdict,
        commit=outcome.commit,
        tree=outcome.tree,
        branch=outcome.branch,
        numbers=outcome.numbers,
        measurement=outcome.measurement,
        base=outcome.base,
        patch=outcome.patch,
        story=outcome.story,
        baseline_commit=outcome.baseline_commit,
        output=error.output if error else outcome.output,
        ran_with=outcome.ran_with,
        raised=outcome.raised,
        cached=outcome.cached,
        error=error.message if error else "",
        hint=error.hint if error else "",
        blocks=error is not None and outcome.blocks_on_error,
        exit_code=exit_code([outcome]),
        notices=tuple(dict.fromkeys(notices)),
    )


def exit_code(outcomes: Sequence[Outcome]) -> int:
    """A regression outweighs what could not be measured, and that outweighs a pass."""
    if any(outcome.blocked for outcome in outcomes):
        return EXIT_BLOCKED
    if any(outcome.error is not None and outcome.blocks_on_error for outcome in outcomes):
        return EXIT_TOOL_ERROR
    return EXIT_PASSED
