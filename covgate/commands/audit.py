"""`covgate audit`: search the history of the notes ref for changes that covgate itself never makes."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from covgate.commands._shared import add_format, open_repository, print_result
from covgate.errors import EXIT_BLOCKED, EXIT_PASSED, EXIT_TOOL_ERROR
from covgate.formats.audit_text import audit_data, audit_text
from covgate.git.repository import Repository
from covgate.model.history import Step
from covgate.model.history_audit import audit
from covgate.model.series import rises
from covgate.notes.records import Notes
from covgate.notes.repair import find_cut
from covgate.notes.steps import note_reader, read_steps

HELP = "list decreases without an override, edited counts, deleted notes, invalid records, and excuses"
EXAMPLES = """\
  covgate audit
  covgate audit --format json
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_format(parser)


def run(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    with open_repository(environ) as repository:
        status, text, data = audit_notes(repository)
        print_result(arguments.format, text, data)
    return status


def audit_notes(repository: Repository) -> tuple[int, str, Any]:
    """Audit the notes of ``repository``: an exit code, a text, and the same as JSON data.

    The exit code is 1 if anything was found, and 3 if nothing was found but a shallow clone hides a part of the
    history.
    """
    notes = Notes(repository)
    tip = notes.tip()
    history = read_steps(repository, tip) if tip else []
    read = note_reader(repository, history)
    found = audit(history, read)
    cut = find_cut(notes, tip, notes.seen.tip, read)
    if cut is not None:
        last = history[-1] if history else Step(oid="")
        found = replace(found, findings=(*found.findings, replace(cut, step=last)))
    hidden = min(repository.shallow_boundary().intersection(each.oid for each in history), default="")
    status = EXIT_BLOCKED if found.findings else EXIT_TOOL_ERROR if hidden else EXIT_PASSED
    excuses = [each for each in rises(history, read) if each.excuse]
    text = audit_text(found, notes.ref, hidden, excuses)
    if not tip and not found.findings:
        text = (
            f"covgate: there is no {notes.ref} here, so there is nothing to audit\n"
            "  `covgate sync` fetches the remote's notes\n"
        )
    return status, text, audit_data(found, notes.ref, hidden, excuses)
