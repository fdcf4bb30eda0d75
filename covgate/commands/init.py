"""`covgate init`: set up the hooks and the configuration of a repository, or remove both."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache

from covgate.commands._components import propose_components
from covgate.commands._shared import open_repository
from covgate.commands._trial import plan_and_try
from covgate.errors import EXIT_PASSED, CovgateError, UsageError
from covgate.git.repository import Repository
from covgate.install import native, pre_commit
from covgate.install.file_edits import FileEdit
from covgate.install.pin import Pin, find_pin
from covgate.install.toml_table import NOTHING, Taken
from covgate.measure.fail_under import fail_under_in

HELP = "set up this repository: hooks and configuration"
EXAMPLES = """\
  covgate init
  covgate init --native
  covgate init --rev v0.1.0
  covgate init --components
  covgate init --remove
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--repo", help="where pre-commit finds covgate (default: where this one was installed from)")
    parser.add_argument("--rev", help="the tag or commit of covgate to pin")
    parser.add_argument("--native", action="store_true", help="install plain git hooks, without pre-commit")
    parser.add_argument(
        "--no-measure", dest="measures", action="store_false", help="don't measure the project once before the set-up"
    )
    parser.add_argument(
        "--components",
        action=argparse.BooleanOptionalAction,
        default=None,
        help="write a component for each part of the repository, or none, without asking",
    )
    parser.add_argument("--remove", action="store_true", help="remove what init wrote")


def run(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    with open_repository(environ) as repository:
        if arguments.native and (arguments.repo or arguments.rev):
            raise UsageError("--repo and --rev are for pre-commit, not for --native", hint="covgate init --native")
        if arguments.remove:
            native.remove(repository, print)
            pre_commit.remove(repository, print)
        elif arguments.native:
            _init_natively(arguments, repository, environ)
        else:
            _init(arguments, repository, environ)
    return EXIT_PASSED


def _init(arguments: argparse.Namespace, repository: Repository, environ: Mapping[str, str]) -> None:
    """Set up pre-commit. Do whatever can fail before writing the first file."""

    @cache
    def pin() -> Pin | None:
        return find_pin(arguments.repo, arguments.rev, repository.top, environ)

    pre_commit.require_own_hooks_directory(repository)
    components = propose_components(repository, environ, arguments.components)

    def plan(taken: Taken) -> pre_commit.Setup:
        pins_anew = bool(arguments.repo or arguments.rev)
        return pre_commit.plan_setup(repository, pin, pins_anew=pins_anew, components=components, taken=taken)

    taken = NOTHING if components else Taken(fail_under=fail_under_in(repository.top, environ))
    setup, measured = plan_and_try(
        repository, environ, plan, taken, has_components=bool(components), measures=arguments.measures
    )
    with _showing(measured):
        pre_commit.set_up(repository, setup, print)
    _finish(measured, setup.edits, "nothing had to change: ")


def _init_natively(arguments: argparse.Namespace, repository: Repository, environ: Mapping[str, str]) -> None:
    native.require_installable(repository)
    components = propose_components(repository, environ, arguments.components)

    def plan(taken: Taken) -> pre_commit.Setup:
        present = list[str]()
        edits = pre_commit.plan_configuration(repository, present.append, components, taken)
        return pre_commit.Setup(edits=tuple(edits), present=tuple(present))

    taken = NOTHING if components else Taken(fail_under=fail_under_in(repository.top, environ))
    setup, measured = plan_and_try(
        repository, environ, plan, taken, has_components=bool(components), measures=arguments.measures
    )
    with _showing(measured):
        pre_commit.set_up(repository, setup, print, install=False)
        native.install(repository, print)
    _finish(measured, setup.edits, "")


@contextmanager
def _showing(measured: Sequence[str]) -> Iterator[None]:
    """Print the lines ``measured`` if what follows fails: the measurement took its time."""
    try:
        yield
    except CovgateError:
        for line in measured:
            print(line)
        raise


def _finish(measured: Sequence[str], edits: Sequence[FileEdit], unchanged: str) -> None:
    """Say what a push will measure. This comes last, because the user should remember it."""
    names = " and ".join(each.path.name for each in edits)
    done = f"done: {f'commit {names}, then ' if names else unchanged}`git push` is gated"
    print(done if measured else f"{done}; `covgate doctor` shows what will be measured")
    for line in measured:
        print(line)
