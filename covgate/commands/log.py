"""`covgate log`: how the baseline came to be, as rows, as data, and as a page to look at."""

from __future__ import annotations

import argparse
import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from covgate.boundary import paint_for
from covgate.commands._shared import open_repository, write_text
from covgate.errors import EXIT_PASSED
from covgate.formats.log_text import log_data, log_text
from covgate.formats.paint import Paint
from covgate.git.repository import Repository
from covgate.model.history import Read, Step, annotated_commit
from covgate.model.record import DEFAULT_COMPONENT
from covgate.model.series import Point, interleave, points_by_component, recording_order, rises
from covgate.notes.annotated import described, on_branches, on_line, tips
from covgate.notes.records import Notes
from covgate.notes.steps import reader, steps

HELP = "show how the baseline came to be"
EXAMPLES = """\
  covgate log
  covgate log --format json
  covgate log --format html --output coverage-history.html
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--format",
        choices=["text", "json", "html"],
        default="text",
        help="default: text; html is one page with a chart of every measured commit",
    )
    parser.add_argument("--output", metavar="FILE", help="write it to this file")


def run(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    with open_repository(environ) as repository:
        if arguments.format == "html":
            text = log_page(repository)
        elif arguments.format == "json":
            text = json.dumps(log_rows(repository), indent=2) + "\n"
        else:
            paint = Paint() if arguments.output else paint_for(environ)
            width = shutil.get_terminal_size().columns
            text = log_lines(repository, paint, width=width, unicode=paint.utf8)
        write_text(text, arguments.output)
    return EXIT_PASSED


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ledger:
    """The notes as they stand, ``entries`` (commit -> blob), and how they came to be, ``steps``."""

    entries: dict[str, str]
    steps: list[Step]
    read: Read


@dataclass(frozen=True, slots=True, kw_only=True)
class _Order:
    """The annotated commits, each with whether it lies aside of the line of history; ``here``: those that git has."""

    commits: list[tuple[str, bool]]
    here: list[str]


def log_rows(repository: Repository) -> list[dict[str, Any]]:
    """Each rise and each override in the history of the notes, the newest first."""
    ledger = _ledger(repository)
    return log_data(rises(ledger.steps, ledger.read))


def log_lines(repository: Repository, paint: Paint, *, width: int, unicode: bool) -> str:
    """The same for a person, below the course of the baseline; ``width`` and ``unicode`` are the terminal's."""
    ledger = _ledger(repository)
    points = _points(ledger, _order(repository, ledger))
    return log_text(rises(ledger.steps, ledger.read), points, paint, width=width, unicode=unicode)


def log_page(repository: Repository) -> str:
    """The page that shows what every annotated commit measured, and how high the baseline stood there."""
    from covgate.formats.history_page import History, history_page

    ledger = _ledger(repository)
    order = _order(repository, ledger)
    history = History(
        name=repository.top.name,
        components=_points(ledger, order),
        commits=described(repository, order.here),
        rises=rises(ledger.steps, ledger.read),
        shallow=repository.shallow,
        unbelieved=sum(1 for blob in ledger.entries.values() if ledger.read(blob).problems),
    )
    return history_page(history)


def _ledger(repository: Repository) -> _Ledger:
    notes = Notes(repository)
    tip = notes.tip()
    history = steps(repository, tip) if tip else []
    entries = {commit: blob for commit, blob in notes.entries(tip).items() if annotated_commit(commit)}
    return _Ledger(entries=entries, steps=history, read=reader(repository, history))


def _order(repository: Repository, ledger: _Ledger) -> _Order:
    """Ancestors first, as far as git knows them here; else as the notes were written.

    A shallow clone hides ancestors: whatever is absent and was recorded before all that is visible may be one. Where
    nothing annotated is visible, all is told as one line.
    """
    heads, places = tips(repository), recording_order(ledger.steps)
    line = on_line(repository, heads, ledger.entries)
    elsewhere = on_branches(repository, heads, ledger.entries.keys() - line)
    here = [*line, *elsewhere]
    hidden: set[str] = set()
    if not line:
        hidden = set(ledger.entries)
    elif repository.shallow:
        first = min(places.get(each, len(places)) for each in line)
        hidden = {each for each in ledger.entries.keys() - here if places.get(each, len(places)) < first}
    line = [*(commit for commit, _ in interleave((), hidden, places)), *line]
    return _Order(commits=interleave(line, ledger.entries.keys() - line, places), here=here)


def _points(ledger: _Ledger, order: _Order) -> dict[str, list[Point]]:
    """By component; the one of a repository without components comes first."""
    found = points_by_component(order.commits, lambda commit: ledger.read(ledger.entries[commit]))
    return {name: found[name] for name in sorted(found, key=lambda each: (each != DEFAULT_COMPONENT, each))}
