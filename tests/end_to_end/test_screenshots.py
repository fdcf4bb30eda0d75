"""The pictures of the README, and the note in docs/notes.md, are what a terminal shows."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from helpers.sealed import CHECKOUT
from screenshots import NOTE, PICTURES, comparable, scenes, text_of_output, text_of_picture

pytestmark = pytest.mark.end_to_end

README = (CHECKOUT / "README.md").read_text(encoding="utf-8")
NOTES = (CHECKOUT / "docs" / "notes.md").read_text(encoding="utf-8")


def test_the_pictures_are_what_a_terminal_shows(tmp_path: Path) -> None:
    shown = {name: text_of_output(text) for name, text in scenes(tmp_path).items()}
    note = shown.pop(NOTE)
    kept = {path.stem: text_of_picture(path.read_text(encoding="utf-8")) for path in PICTURES.glob("*.svg")}
    assert kept == shown, "python tests/screenshots.py draws them again"
    [block] = re.findall(r"```\n(\$ git notes --ref=coverage show\n.*?)```", NOTES, re.DOTALL)
    assert comparable(block) == note


def test_the_readme_shows_every_picture() -> None:
    assert set(re.findall(r"\(docs/screenshots/(\w+)\.svg\)", README)) == {path.stem for path in PICTURES.glob("*.svg")}


def test_a_picture_loads_nothing() -> None:
    for path in PICTURES.glob("*.svg"):
        text = path.read_text(encoding="utf-8")
        assert re.findall(r"https?://[^\"]*", text) == ["http://www.w3.org/2000/svg"]
        assert not re.search(r"<(script|image|foreignObject)|@import|href", text)
