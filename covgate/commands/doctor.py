"""`covgate doctor`: what would be measured here, and what is wrong. The checks are in the package ``doctor``."""

from __future__ import annotations

import argparse
from collections.abc import Mapping

from covgate.boundary import paint_for
from covgate.commands._shared import add_format, open_repository, print_result
from covgate.doctor.overview import doctor
from covgate.errors import EXIT_PASSED

HELP = "show what would be measured here and why, and what is wrong, each problem with its fix"
EXAMPLES = """\
  covgate doctor
  covgate doctor --format json

It changes nothing. The exit code is 0 even if there are problems: scripts read `problems` in the JSON.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_format(parser)


def run(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    with open_repository(environ) as repository:
        print_result(arguments.format, *doctor(repository, environ, paint_for(environ)))
    return EXIT_PASSED
