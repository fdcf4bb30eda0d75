"""The badge is valid XML, says no more than is known, and can be read."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covgate.formats import badge_svg as badges
from covgate.formats.badge_svg import badge

SVG = "{http://www.w3.org/2000/svg}"


def texts(svg: str) -> list[str]:
    return [each.text or "" for each in ElementTree.fromstring(svg).iter(f"{SVG}text")]


@pytest.mark.parametrize(
    ("percent", "shown"),
    [
        (None, "unknown"),
        (Fraction(0), "0.00%"),
        (Fraction(1, 10**6), "0.01%"),
        (Fraction(250, 3), "83.33%"),
        (100 - Fraction(1, 10**6), "99.99%"),
        (Fraction(100), "100.00%"),
    ],
)
def test_what_it_says(percent: Fraction | None, shown: str) -> None:
    svg = badge("coverage", percent)
    assert texts(svg) == ["coverage", shown]
    root = ElementTree.fromstring(svg)
    assert (root.get("role"), root.get("aria-label")) == ("img", f"coverage: {shown}")
    assert root.findtext(f"{SVG}title") == f"coverage: {shown}"


@given(st.text(max_size=80), st.one_of(st.none(), st.fractions(0, 100)))
def test_any_label_gives_whole_xml_in_ascii(label: str, percent: Fraction | None) -> None:
    svg = badge(label, percent)
    assert svg.isascii()
    shown = "".join(each if each.isprintable() else "?" for each in label)
    assert texts(svg)[0] == shown


def test_a_hostile_label_is_a_text() -> None:
    label = "</text><script>alert(1)</script>\" onload='x'"
    svg = badge(label, None)
    assert texts(svg)[0] == label
    assert {each.tag for each in ElementTree.fromstring(svg).iter()} == {
        f"{SVG}{name}" for name in ("svg", "title", "path", "g", "text")
    }


def test_the_texts_have_room_and_the_parts_meet() -> None:
    narrow, wide = ElementTree.fromstring(badge("ill", None)), ElementTree.fromstring(badge("WWW", None))
    assert int(narrow.get("width", "")) < int(wide.get("width", ""))
    for root in (narrow, wide):
        lengths = [int(each.get("textLength", "")) for each in root.iter(f"{SVG}text")]
        assert int(root.get("width", "")) == sum(lengths) + 4 * 6


@pytest.mark.parametrize("background", [badges._LABEL_COLOUR, badges._UNKNOWN_COLOUR, *dict(badges._COLOURS).values()])
def test_white_can_be_read_on_it(background: str) -> None:
    """WCAG 2.2 asks for a contrast of 4.5."""
    channels = [int(background[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in channels]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    assert 1.05 / (luminance + 0.05) >= 4.5


def test_the_colour_tells_how_much() -> None:
    def fill(percent: Fraction | None) -> str | None:
        return [each.get("fill") for each in ElementTree.fromstring(badge("", percent)).iter(f"{SVG}path")][1]

    values = [None, *(Fraction(each) for each in (0, 49, 50, 69, 70, 84, 85, 94, 95, 100))]
    fills = [fill(each) for each in values]
    assert len(set(fills)) == 6
    assert fills[1] == fills[2] != fills[3]
    assert fills[-1] == fills[-2] != fills[-3]
