"""What several commands need: the repository, a commit by its name, and how a result is printed."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from covgate.config import Config
from covgate.errors import ConfigurationError, ToolError, UsageError
from covgate.files import write_output
from covgate.gate.context import Session
from covgate.git.repository import Repository
from covgate.notes.records import Notes
from covgate.notes.repair import repair


@contextmanager
def open_repository(environ: Mapping[str, str]) -> Iterator[Repository]:
    """The repository of the current directory, closed at the end of the block. Raises UsageError if there is none."""
    repository = Repository.discover(Path.cwd(), environ)
    try:
        yield repository
    finally:
        repository.close()


def add_format(parser: argparse.ArgumentParser) -> None:
    """Declare ``--format`` for a command that prints text or JSON."""
    parser.add_argument("--format", choices=["text", "json"], default="text", help="default: text")


def add_fail_closed(parser: argparse.ArgumentParser) -> None:
    """Declare ``--fail-closed`` and ``--fail-open``; without either, the configuration decides."""
    group = parser.add_mutually_exclusive_group()
    group.add_argument("--fail-closed", action="store_true", default=None, help="block if the commit can't be measured")
    group.add_argument("--fail-open", dest="fail_closed", action="store_false", help="pass with a warning in that case")


def add_components(parser: argparse.ArgumentParser, what: str, default: str = "all") -> None:
    """Declare ``--component NAME``, repeatable."""
    parser.add_argument(
        "--component",
        action="append",
        default=[],
        metavar="NAME",
        help=f"{what} this component only; repeatable (default: {default})",
    )


def add_jobs(parser: argparse.ArgumentParser) -> None:
    """Declare ``--jobs N``."""
    parser.add_argument(
        "--jobs",
        type=_jobs,
        default=1,
        metavar="N",
        help="measure up to N components at a time, each in a worktree of its own (default: one after the other)",
    )


def _jobs(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or not 1 <= int(text[:6]) <= 256:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1 to 256")
    return int(text)


def find_commit(repository: Repository, name: str) -> str:
    """The full name of the commit that ``name`` leads to. Raises UsageError if there is none."""
    commit = repository.commit(name)
    if not commit:
        empty = not repository.commit("HEAD")
        raise UsageError(
            "this repository has no commit yet" if empty and name == "HEAD" else f"{name!r} leads to no commit",
            hint="commit something first" if empty else "git log --oneline --all shows what there is",
        )
    return commit


def component_names(session: Session, commit: str, names: Sequence[str]) -> list[str]:
    """The components ``names``; if it is empty, those that the configuration at ``commit`` has ("" for no commit).

    Raises UsageError if neither that configuration nor a note has one of ``names``.
    """
    try:
        config = session.config_at(commit) if commit else Config()
    except ConfigurationError:  # the notes can be read all the same
        config = Config()
    configured = [each.component for each in config.parts]
    if not set(names) <= set(configured):
        notes = session.notes
        recorded = {record.component for blob in notes.entries().values() for record in notes.read_blob(blob).records}
        known = [*configured, *sorted(recorded.difference(configured))]
        for name in names:
            if name not in known:
                raise UsageError(f"there is no component {name!r} here", hint=f"known components: {', '.join(known)}")
    return list(dict.fromkeys(names)) or configured


def repaired_notes(repository: Repository) -> tuple[Notes, list[str]]:
    """Repair changes made to the local notes by hand. Returns the notes and notices; a failure is a notice, too."""
    notes = Notes(repository)
    try:
        return notes, repair(notes)
    except ToolError as error:
        return notes, [f"WARNING: {error.message}"]


def print_result(format: str, text: str, data: Any) -> None:
    """Print ``text``, or ``data`` if the format is "json"."""
    if format == "json":
        print(json.dumps(data, indent=2))
    else:
        sys.stdout.write(text)


def write_text(text: str, output: str | None) -> None:
    """Write ``text`` to the file ``output``, else to the terminal, with "?" for what that can't show.

    Raises UsageError if the file can't be written.
    """
    if output is not None:
        write_output(output, text)
    else:
        encoding = sys.stdout.encoding or "utf-8"
        sys.stdout.write(text.encode(encoding, "replace").decode(encoding))
