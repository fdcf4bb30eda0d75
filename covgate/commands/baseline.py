"""`covgate baseline`: show the baseline at a commit, or set it by hand."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from typing import Any

from covgate.commands._shared import (
    add_components,
    add_format,
    component_names,
    find_commit,
    open_repository,
    print_result,
    repaired_notes,
)
from covgate.errors import EXIT_PASSED, UsageError
from covgate.formats.json_data import FORMAT, baseline_data
from covgate.gate.context import Session
from covgate.gate.override import override_baseline
from covgate.git.repository import Repository
from covgate.model.baseline import Baseline
from covgate.model.numbers import format_exact, format_percent
from covgate.model.record import DEFAULT_COMPONENT

HELP = "show the baseline at a commit, or set it by hand"
EXAMPLES = """\
  covgate baseline
  covgate baseline v1.0
  covgate baseline set 84.5 --reason "legacy module removed"
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("words", nargs="*", metavar="[REV] | set VALUE [REV]", help="default: HEAD")
    parser.add_argument("--reason", default="", help="why the baseline is set by hand; it is recorded")
    add_components(parser, "show or set the baseline of", default="all; set takes exactly one")
    add_format(parser)


def run(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    words: list[str] = arguments.words
    with open_repository(environ) as repository:
        if words[:1] == ["set"]:
            _set(repository, environ, words[1:], arguments.reason, arguments.component)
            return EXIT_PASSED
        if arguments.reason:
            raise UsageError("--reason is an option of `covgate baseline set VALUE`")
        if len(words) > 1:
            raise UsageError(f"only one commit can be shown, not {' '.join(words)}", hint="covgate baseline [REV]")
        session = Session(repository=repository, environ=environ)
        commit = find_commit(repository, (words or ["HEAD"])[0])
        print_result(arguments.format, *show_baseline(session, commit, arguments.component))
    return EXIT_PASSED


def show_baseline(session: Session, commit: str, components: Sequence[str] = ()) -> tuple[str, Any]:
    """The baseline at ``commit`` and the commit whose record holds it, as text and as JSON data.

    If there are several components, this is the baseline of each, unless ``components`` names some.
    """
    notes, problems = repaired_notes(session.repository)
    text, data = "", {}
    names = component_names(session, commit, components)
    for name in names:
        lookup = notes.baseline([commit], name)
        known = lookup.baseline
        problems += lookup.problems
        origin = notes.origin([commit], known, name) if known else ""
        data[name] = baseline_data(known, origin)
        text += _text(name, known, commit, origin)
    problems = list(dict.fromkeys(problems))
    whole = data[names[0]] if len(names) == 1 else None
    shown = {"format": FORMAT, "commit": commit, "baseline": whole, "components": data, "problems": problems}
    return text + "".join(f"covgate: {problem}\n" for problem in problems), shown


def _text(component: str, known: Baseline | None, commit: str, origin: str) -> str:
    of = "" if component == DEFAULT_COMPONENT else f" of {component}"
    if known is None:
        return f"covgate: there is no baseline{of} at {commit[:10]} yet; the next push to the default branch sets it\n"
    ratio = f"{known.executed}/{known.executable}"
    how = f"set by hand: {known.override}" if known.override else "measured"
    name = f"{component}: " if of else ""
    return (
        f"{name}{format_percent(known.percent)}% ({ratio}, epoch {known.epoch}) at {commit[:10]}\n"
        f"  from {origin[:10]}, {how}\n"
    )


def _set(
    repository: Repository, environ: Mapping[str, str], words: list[str], reason: str, components: Sequence[str]
) -> None:
    """Set the baseline to the percentage ``words[0]`` at the commit ``words[1]`` (default: HEAD)."""
    if len(words) not in (1, 2):
        raise UsageError("the new baseline is missing", hint="covgate baseline set VALUE --reason TEXT")
    if len(components) > 1:
        raise UsageError("each component has a baseline of its own", hint="set them one by one: give one --component")
    component = "".join(components)
    session = Session(repository=repository, environ=environ)
    remote = repository.default_remote(repository.current_branch())
    commit = find_commit(repository, (words[1:] or ["HEAD"])[0])
    override = override_baseline(session, commit, words[0], reason, remote, component)
    opened = override.baseline
    of = f" of {component}" if component else ""
    print(f"covgate: the baseline{of} at {commit[:10]} is {format_exact(opened.percent)}% now (epoch {opened.epoch})")
    print("covgate: it rises again as soon as a push or a merge to a ratchet branch measures more")
    for notice in dict.fromkeys(override.notices):
        print(f"covgate: {notice}")
