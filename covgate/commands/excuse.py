"""`covgate excuse`: let one commit pass a rule that it fails, with a recorded reason."""

from __future__ import annotations

import argparse
from collections.abc import Mapping

from covgate.commands._shared import add_components, find_commit, open_repository
from covgate.errors import EXIT_PASSED
from covgate.gate.context import Session
from covgate.gate.excusing import excuse_commit
from covgate.model.record import DEFAULT_COMPONENT

HELP = "let one commit pass, with a recorded reason; the baseline stays"
EXAMPLES = """\
  covgate excuse "the vendor's code has no tests"
  covgate excuse "hotfix, its tests come tomorrow" HEAD~1
  covgate excuse "hotfix" --component api
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("reason", metavar="REASON", help="why the commit may pass; it is recorded and shown")
    parser.add_argument("rev", nargs="?", default="HEAD", metavar="REV", help="the commit (default: HEAD)")
    add_components(parser, "excuse", default="all that fail")


def run(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    with open_repository(environ) as repository:
        session = Session(repository=repository, environ=environ)
        remote = repository.default_remote(repository.current_branch())
        commit = find_commit(repository, arguments.rev)
        excused = excuse_commit(session, commit, arguments.reason, remote, arguments.component)
    names = [each for each in excused.components if each != DEFAULT_COMPONENT]
    of = f" ({', '.join(names)})" if names else ""
    print(f"covgate: {commit[:10]}{of} is excused: it passes, and the output, the log and the audit say why")
    print("covgate: the baseline stays where it is, and holds for the commits that follow")
    for notice in dict.fromkeys(excused.notices):
        print(f"covgate: {notice}")
    return EXIT_PASSED
