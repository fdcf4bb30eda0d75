"""`covgate init`: set up the hooks and the configuration of a repository, or remove both."""

from __future__ import annotations

import argparse
from collections.abc import Mapping

from covgate.commands._shared import open_repository
from covgate.errors import EXIT_PASSED, UsageError
from covgate.install import native, pre_commit

HELP = "set up this repository: hooks and configuration"
EXAMPLES = """\
  covgate init
  covgate init --native
  covgate init --remove
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--repo", help="where pre-commit finds covgate (default: where this one was installed from)")
    parser.add_argument("--rev", help="the tag or commit of covgate to pin")
    parser.add_argument("--native", action="store_true", help="install plain git hooks, without pre-commit")
    parser.add_argument("--remove", action="store_true", help="remove what init wrote")


def run(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    with open_repository(environ) as repository:
        if arguments.native and (arguments.repo or arguments.rev):
            raise UsageError("--repo and --rev are for pre-commit, not for --native", hint="covgate init --native")
        if arguments.remove:
            native.remove(repository, print)
            pre_commit.remove(repository, print)
        elif arguments.native:
            native.require_installable(repository)
            pre_commit.configure(repository, print)
            native.install(repository, print)
            print("done: `git push` is gated; `covgate doctor` shows what will be measured")
        else:
            pre_commit.init(repository, repo=arguments.repo, rev=arguments.rev, report=print)
    return EXIT_PASSED
