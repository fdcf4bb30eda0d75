"""How `covgate check` and `covgate ratchet` print a verdict."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING

from covgate.boundary import paint_for

if TYPE_CHECKING:
    from covgate.formats.paint import Paint
    from covgate.formats.shown import Shown


def print_verdict(told: Shown, environ: Mapping[str, str], format: str) -> None:
    """Print it in this format, in characters that the terminal has."""
    paint = paint_for(environ)
    sys.stdout.write(paint.encodable(_rendered(told, paint, format)))
    sys.stdout.flush()


def _rendered(told: Shown, paint: Paint, format: str) -> str:
    if format == "json":
        from covgate.formats.json_data import verdict_json

        return verdict_json(told)
    if format == "markdown":
        from covgate.formats.markdown import markdown

        return markdown(told)
    if format == "github":
        from covgate.formats.github import github

        return github(told, paint)
    if format == "sarif":
        from covgate.formats.sarif import sarif_json

        return sarif_json(told)
    from covgate.formats.text import check_text

    return check_text(told, paint)
