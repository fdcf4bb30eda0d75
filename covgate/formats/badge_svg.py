"""An SVG badge: a word and a percentage, for a README or a dashboard."""

from __future__ import annotations

from fractions import Fraction

from covgate.formats.templates import environment
from covgate.model.numbers import format_percent

_PADDING = 6
_LABEL_COLOUR = "#555555"
_UNKNOWN_COLOUR = "#6b7078"
# From this percentage on. White text can be read on each of them.
_COLOURS = ((95, "#1a7f37"), (85, "#4d7c0f"), (70, "#8a6500"), (50, "#b04a00"), (0, "#c62828"))
# How wide characters are in Verdana (and in DejaVu Sans, which stands in for it) at 11 pixels.
_WIDTHS = {
    each: width
    for width, characters in {
        3.3: " ,.'/:;\\|ijlIJ",
        4.2: "!()[]-frt",
        5.6: 'csz?*_L"',
        6.6: "FPTYaekovxy",
        7.6: "ABCKRVXZ",
        8.4: "DGHNOQU&",
        9.2: "w#+<=>^~M",
        10.8: "m%@W",
    }.items()
    for each in characters
}
_USUAL_WIDTH = 7.0


def badge(label: str, percent: Fraction | None) -> str:
    """The SVG of ``label`` and ``percent``, which is never shown as 100 or 0 unless it is; None is unknown."""
    # What doesn't print has no place in XML.
    label = "".join(each if each.isprintable() else "?" for each in label)
    value = "unknown" if percent is None else f"{format_percent(percent)}%"
    left, right = (round(_width(each)) + 2 * _PADDING for each in (label, value))
    svg = (
        environment()
        .get_template("badge.svg.j2")
        .render(
            label=label,
            value=value,
            left=left,
            right=right,
            padding=_PADDING,
            label_colour=_LABEL_COLOUR,
            colour=_colour(percent),
        )
    )
    # ASCII can be redirected in every encoding of the shell.
    return svg.encode("ascii", "xmlcharrefreplace").decode()


def _width(text: str) -> float:
    return sum(_WIDTHS.get(each, _USUAL_WIDTH) for each in text)


def _colour(percent: Fraction | None) -> str:
    if percent is None:
        return _UNKNOWN_COLOUR
    return next(colour for least, colour in _COLOURS if percent >= least)
