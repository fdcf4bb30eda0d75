"""An SVG badge: a word and a percentage, for a README or a dashboard."""

from __future__ import annotations

from fractions import Fraction
from html import escape

from covgate.model.numbers import format_percent

_HEIGHT = 20
_RADIUS = 3
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
    text = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + right}" height="{_HEIGHT}" role="img"'
        f' aria-label="{escape(f"{label}: {value}")}">\n'
        f"  <title>{escape(f'{label}: {value}')}</title>\n"
        f'  <path fill="{_LABEL_COLOUR}" d="M{left} 0H{_RADIUS}{_corners(-1)}H{left}z"/>\n'
        f'  <path fill="{_colour(percent)}" d="M{left} 0H{left + right - _RADIUS}{_corners(1)}H{left}z"/>\n'
        '  <g fill="#ffffff" font-family="Verdana,DejaVu Sans,Geneva,sans-serif" font-size="11" text-anchor="middle">\n'
        f"    {_text(label, left / 2, left)}\n"
        f"    {_text(value, left + right / 2, right)}\n"
        "  </g>\n"
        "</svg>\n"
    )
    # ASCII goes through whatever encoding the shell redirects in.
    return text.encode("ascii", "xmlcharrefreplace").decode()


def _corners(side: int) -> str:
    """Down one side of a rectangle, rounded at both ends: to the left of it (-1) or to its right (1)."""
    turn = int(side > 0)
    return (
        f"a{_RADIUS} {_RADIUS} 0 0 {turn} {side * _RADIUS} {_RADIUS}v{_HEIGHT - 2 * _RADIUS}"
        f"a{_RADIUS} {_RADIUS} 0 0 {turn} {-side * _RADIUS} {_RADIUS}"
    )


def _text(text: str, middle: float, room: int) -> str:
    # With its length given it fits, whatever font there is.
    return f'<text x="{middle:g}" y="14" textLength="{room - 2 * _PADDING}">{escape(text)}</text>'


def _width(text: str) -> float:
    return sum(_WIDTHS.get(each, _USUAL_WIDTH) for each in text)


def _colour(percent: Fraction | None) -> str:
    if percent is None:
        return _UNKNOWN_COLOUR
    return next(colour for least, colour in _COLOURS if percent >= least)
