"""`covgate log`: how the baseline changed, as lines, as JSON, or as a page with a chart."""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from collections.abc import Mapping

from covgate.boundary import paint_for
from covgate.commands._shared import add_components, component_names, open_repository, repaired_notes, write_text
from covgate.errors import EXIT_PASSED
from covgate.formats.log_text import log_data, log_text
from covgate.formats.paint import Paint, one_line, plain
from covgate.gate.context import Session
from covgate.git.repository import Repository
from covgate.measure.unmeasured import last_pushes, read_unmeasured
from covgate.notes.annotated import describe_commits
from covgate.notes.timeline import Timeline, read_timeline

HELP = "show the history of the baseline"
EXAMPLES = """\
  covgate log
  covgate log --format json
  covgate log --component api --component web
  covgate log --format html --output coverage-history.html
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--format",
        choices=["text", "json", "html"],
        default="text",
        help="default: text; html is one page with a chart of every measured commit",
    )
    add_components(parser, "show")
    parser.add_argument("--output", metavar="FILE", help="write to this file")


def run(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    with open_repository(environ) as repository:
        for notice in repaired_notes(repository)[1]:
            print(f"covgate: {plain(notice)}", file=sys.stderr)
        if arguments.component:
            session = Session(repository=repository, environ=environ)
            component_names(session, repository.commit("HEAD"), arguments.component)
        timeline = read_timeline(repository, arguments.component)
        if arguments.format == "html":
            text = _page(repository, timeline)
        elif arguments.format == "json":
            text = json.dumps(log_data(timeline.rises()), indent=2) + "\n"
        else:
            paint = Paint() if arguments.output else paint_for(environ)
            width = shutil.get_terminal_size().columns
            points = timeline.points(timeline.order())
            text = log_text(timeline.rises(), points, paint, width=width, unicode=paint.utf8)
            unmeasured = read_unmeasured(repository.state_dir)
            if unmeasured:
                text += f"WARNING: {last_pushes(unmeasured.pushes)} not measured: {one_line(unmeasured.reason)}\n"
        write_text(text, arguments.output)
    return EXIT_PASSED


def _page(repository: Repository, timeline: Timeline) -> str:
    """The page with a chart of what each annotated commit measured, and of the baseline."""
    from covgate.formats.history_page import History, history_page  # late: only this format needs it

    order = timeline.order()
    history = History(
        name=repository.top.name,
        components=timeline.points(order),
        commits=describe_commits(repository, order.known),
        rises=timeline.rises(),
        shallow=repository.shallow,
        invalid=timeline.unreadable(),
    )
    return history_page(history)
