"""`covgate badge`: an SVG badge of the baseline, or of the coverage measured last."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence

from covgate.commands._shared import component_names, find_commit, open_repository, repaired_notes, write_text
from covgate.errors import EXIT_PASSED, UsageError
from covgate.formats.badge_svg import badge as render_badge
from covgate.gate.context import Session
from covgate.git.repository import Repository
from covgate.model.record import DEFAULT_COMPONENT

HELP = "print an SVG badge of the baseline, or of the coverage"
EXAMPLES = """\
  covgate badge > badge.svg
  covgate badge --of coverage --output badge.svg
  covgate badge v1.0
  covgate badge --component api
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("rev", nargs="?", default="HEAD", metavar="REV", help="the commit (default: HEAD)")
    parser.add_argument(
        "--of",
        choices=["baseline", "coverage"],
        default="baseline",
        help="the baseline (default), or the coverage measured last",
    )
    parser.add_argument(
        "--component",
        action="append",
        default=[],
        metavar="NAME",
        help="the component; not needed if there is only one",
    )
    parser.add_argument("--output", metavar="FILE", help="write to this file")


def run(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    with open_repository(environ) as repository:
        commit = find_commit(repository, arguments.rev)
        component = _component(Session(repository=repository, environ=environ), commit, arguments.component)
        svg, notices = make_badge(repository, commit, arguments.of, component)
        for notice in notices:
            print(f"covgate: {notice}", file=sys.stderr)
        write_text(svg, arguments.output)
    return EXIT_PASSED


def _component(session: Session, commit: str, chosen: Sequence[str]) -> str:
    """The ``chosen`` component, or the only one. Raises UsageError if there are several, or none of that name."""
    names = component_names(session, commit, chosen)
    if len(names) > 1:
        raise UsageError(
            "each component has a badge of its own", hint=f"give one --component NAME, one of: {', '.join(names)}"
        )
    return names[0]


def make_badge(repository: Repository, commit: str, of: str, component: str) -> tuple[str, list[str]]:
    """The badge of ``component`` at ``commit``, as SVG, and notices for the user. ``of``: "baseline" or "coverage"."""
    notes, notices = repaired_notes(repository)
    if of == "baseline":
        lookup = notes.baseline([commit], component)
        percent = lookup.baseline.percent if lookup.baseline else None
        notices += lookup.problems
    else:
        found = notes.newest([commit], component)
        percent = found[1].numbers.percent if found else None
    if percent is None:
        notices.append(
            f"no {of} of the component {component!r} is recorded at {commit[:10]} or before; the badge says unknown"
        )
    label = "coverage baseline" if of == "baseline" else "coverage"
    return render_badge(label if component == DEFAULT_COMPONENT else f"{label}: {component}", percent), notices
