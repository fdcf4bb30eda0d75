"""`covgate ratchet`: raise the baseline at a commit, as a merge would."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import replace
from functools import partial

from covgate.boundary import decided, paint_for
from covgate.commands._outcome import print_outcome
from covgate.commands._shared import add_components, add_fail_closed, add_format, add_jobs, find_commit, open_repository
from covgate.errors import EXIT_PASSED, EXIT_TOOL_ERROR
from covgate.formats import Context
from covgate.gate.context import Session
from covgate.gate.merge import ratchet_commit
from covgate.model.outcome import Outcome
from covgate.model.verdict import not_applicable

HELP = "raise the baseline at a commit, as a merge would"
EXAMPLES = """\
  covgate ratchet
  covgate ratchet main
"""
# An error that leaves no verdict passes with a warning, unless fail_closed is set.
IS_GATE = True


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("rev", nargs="?", default="HEAD", metavar="REV", help="the commit (default: HEAD)")
    parser.add_argument("--no-cache", action="store_true", help="run the tests even if this tree was measured")
    add_components(parser, "ratchet")
    add_jobs(parser)
    add_format(parser)
    add_fail_closed(parser)


def run(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """Raise the baseline. Returns 1 if the commit does not pass.

    Under fail-closed it is an error if nothing is recorded or published: CI has no other use for it.
    """
    with open_repository(environ) as repository:
        commit = find_commit(repository, arguments.rev)
        session = Session(
            repository=repository,
            environ=environ,
            use_cache=not arguments.no_cache,
            fail_closed=arguments.fail_closed,
        )
        config = session.config_at(commit)
        if not config.enabled:
            switch = session.switched_off
            why = f"disabled by {switch}" if switch else "disabled: enabled = false"
            outcome = Outcome(verdict=not_applicable(why), commit=commit, tree=repository.tree(commit))
        else:
            remote = repository.default_remote(repository.current_branch())
            outcome = ratchet_commit(session, commit, config, remote, arguments.component, jobs=arguments.jobs)
        outcome = replace(outcome, notices=tuple(dict.fromkeys(outcome.notices)))
        lost = outcome.unrecorded or outcome.unpublished
        status = outcome.exit_code or (EXIT_TOOL_ERROR if lost and session.blocks_on_error(config) else EXIT_PASSED)
        return decided(status, partial(print_outcome, outcome, arguments.format, Context(paint=paint_for(environ))))
