"""`covgate sync`: fetch, join and publish the notes."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping

from covgate.commands._shared import open_repository
from covgate.errors import EXIT_PASSED, ToolError, UsageError
from covgate.formats.paint import plain
from covgate.git.remote import Remote
from covgate.notes.fetch import SyncError
from covgate.notes.join import fetch_notes
from covgate.notes.publish import publish
from covgate.notes.ref import FILES_REF, NOTES_REF

HELP = "fetch, join and publish the notes"
EXAMPLES = """\
  covgate sync
  covgate sync upstream
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "remote", nargs="?", default="", metavar="REMOTE", help="default: the remote of the branch, else origin"
    )


def run(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    with open_repository(environ) as repository:
        remote = Remote(repository, arguments.remote or repository.default_remote(repository.current_branch()))
        if not remote:
            raise UsageError("this repository has no remote", hint="git remote add origin URL")
        notices = [notice for ref in (NOTES_REF, FILES_REF) for notice in fetch_notes(remote, ref)]
        try:
            pushes = publish(remote, NOTES_REF, FILES_REF, notices=notices)
        except SyncError as error:
            raise ToolError(
                error.message, hint="the fetched notes are joined; pushes from here are judged by them"
            ) from None
        finally:
            for notice in dict.fromkeys(notices):
                print(f"covgate: {plain(notice)}", file=sys.stderr)
    did = "published" if pushes else "nothing to publish"
    print(f"covgate: notes fetched from {remote.shown}; {did}")
    return EXIT_PASSED
