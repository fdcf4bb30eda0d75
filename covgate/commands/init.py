"""`covgate init`: set up the hooks and the configuration of a repository, or take them away again."""

from __future__ import annotations

import argparse
from collections.abc import Mapping

from covgate.commands._shared import open_repository
from covgate.errors import EXIT_PASSED, UsageError
from covgate.install import native
from covgate.install.pre_commit import configure, init, remove

HELP = "set up this repository: hooks and configuration"
EXAMPLES = """\
  covgate init
  covgate init --native
  covgate init --remove
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--repo", help="where pre-commit finds covgate (default: where this one came from)")
    parser.add_argument("--rev", help="the tag or commit of covgate to pin")
    parser.add_argument("--native", action="store_true", help="install plain git hooks, without pre-commit")
    parser.add_argument("--remove", action="store_true", help="take away what init wrote")


def run(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    with open_repository(environ) as repository:
        top = repository.top
        if arguments.native and (arguments.repo or arguments.rev):
            raise UsageError(
                "--repo and --rev are pre-commit's, plain git hooks have none", hint="covgate init --native"
            )
        if arguments.remove:
            native.remove(repository, say=print)
            remove(top, say=print)
        elif arguments.native:
            native.check(repository)
            configure(top, say=print)
            native.install(repository, say=print)
            print("done: `git push` is gated; `covgate doctor` tells what will be measured")
        else:
            init(top, repo=arguments.repo, rev=arguments.rev, say=print)
    return EXIT_PASSED
