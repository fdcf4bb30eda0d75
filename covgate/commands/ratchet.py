"""`covgate ratchet`: raise the baseline at a commit, as a merge would."""

from __future__ import annotations

import argparse
from collections.abc import Mapping

from covgate.commands._shared import add_fail_closed, add_format, find_commit, open_repository
from covgate.commands._verdict import print_verdict
from covgate.errors import EXIT_TOOL_ERROR
from covgate.gate.context import Session
from covgate.gate.judge import Outcome, exit_code, shown
from covgate.gate.push import ratchet_commit
from covgate.git.repository import Repository
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
    add_format(parser)
    add_fail_closed(parser)


def run(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    with open_repository(environ) as repository:
        return raise_baseline(
            repository,
            environ,
            commit=find_commit(repository, arguments.rev),
            use_cache=not arguments.no_cache,
            fail_closed=arguments.fail_closed,
            format=arguments.format,
        )


def raise_baseline(
    repository: Repository,
    environ: Mapping[str, str],
    *,
    commit: str,
    use_cache: bool,
    fail_closed: bool | None,
    format: str,
) -> int:
    """Raise the baseline at ``commit``; exit code 1 where what it measures does not pass.

    Under fail-closed it is an error, too, that it can't be written down or published: CI has no other use for it.
    """
    session = Session(repository=repository, environ=environ, use_cache=use_cache, fail_closed=fail_closed)
    config = session.config_at(commit)
    if config.enabled:
        remote = repository.default_remote(repository.current_branch())
        outcome = ratchet_commit(session, commit, config, remote)
    else:
        outcome = Outcome(verdict=not_applicable("disabled"), commit=commit)
    print_verdict(shown(outcome, session.notices), environ, format)
    code = exit_code([outcome])
    lost = session.unrecorded or session.unpublished
    return EXIT_TOOL_ERROR if not code and lost and session.blocks_on_error(config) else code
