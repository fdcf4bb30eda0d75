"""The command line: ``covgate COMMAND``. The parser and the dispatch; each command is a module of ``commands``."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterable, Mapping, Sequence

from covgate.boundary import guarded
from covgate.commands import command_names, is_gate, load_command
from covgate.errors import EXIT_PASSED
from covgate.version import __version__

_DESCRIPTION = "A coverage gate at git push, with a baseline that only goes up, kept in git notes."
_EPILOG = """\
examples:
  covgate init                 set up this repository: hooks, configuration
  covgate check                measure HEAD and judge it, as a push would
  covgate baseline             the baseline that a push must hold
  covgate baseline set 84.5 --reason "legacy module removed"
  covgate log                  the history of the baseline
  covgate audit                decreases without an override, deleted notes, invalid records
  covgate doctor               what a push would measure, and each problem with its fix

exit codes: 0 passed, 1 blocked, 2 usage or configuration, 3 tool error, 130 interrupted
"""


def run() -> None:
    raise SystemExit(main())


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command in ``argv`` (default: the process's arguments) and return its exit code."""
    words = sys.argv[1:] if argv is None else list(argv)
    return guarded(lambda: _dispatch(words, os.environ), os.environ, gate=False)


def _dispatch(argv: list[str], environ: Mapping[str, str]) -> int:
    parser = make_parser(_needed_commands(argv))
    arguments = parse(parser, argv)
    if arguments.command is None:
        parser.print_help()
        return EXIT_PASSED
    command = load_command(arguments.command)
    return guarded(lambda: command.run(arguments, environ), environ, gate=is_gate(command))


def _needed_commands(argv: Sequence[str]) -> list[str]:
    """The commands that the parser has to know: usually one, which spares loading the others."""
    if argv[:1] == ["--version"]:
        return []
    names = command_names()
    return [name for name in names if [name] == argv[:1]] or names


def make_parser(commands: Iterable[str]) -> argparse.ArgumentParser:
    """A parser that knows these commands."""
    parser = argparse.ArgumentParser(
        prog="covgate",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"covgate {__version__}")
    subparsers = parser.add_subparsers(dest="command", metavar="COMMAND")
    for name in commands:
        command = load_command(name)
        subparser = subparsers.add_parser(
            name,
            help=command.HELP,
            description=command.HELP[0].upper() + command.HELP[1:] + ".",
            epilog=f"examples:\n{command.EXAMPLES}",
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        command.add_arguments(subparser)
    return parser


def parse(parser: argparse.ArgumentParser, argv: Sequence[str]) -> argparse.Namespace:
    """Parse ``argv``. A command that declares ``words`` takes some of them after its options, too.

    argparse by itself refuses those: `covgate baseline set --reason TEXT 84.5`.
    """
    arguments, extra = parser.parse_known_args(argv)
    if extra and hasattr(arguments, "words") and not any(word.startswith("--") for word in extra):
        arguments.words += extra
    elif extra:
        parser.error(f"unrecognized arguments: {' '.join(extra)}")
    return arguments
