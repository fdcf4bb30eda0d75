"""How a command prints an outcome."""

from __future__ import annotations

import sys

from covgate.formats import Context, render
from covgate.model.outcome import Outcome


def print_outcome(outcome: Outcome, format: str, context: Context) -> None:
    """Print ``outcome`` in one of the formats of ``covgate.formats``."""
    sys.stdout.write(context.paint.encodable(render(format, outcome, context)))
    sys.stdout.flush()
