"""Edit YAML as text, at the positions that the parser reports: comments and formatting stay."""

from __future__ import annotations

import json
import re
from typing import Any

import yaml

_LINE_BREAK = re.compile(r"\r\n|\n|\r")

# Replace the characters from the first index up to the second with the text.
TextEdit = tuple[int, int, str]


def apply_edits(text: str, edits: list[TextEdit]) -> str:
    """``text`` with all ``edits``, whose positions count in ``text`` and don't overlap."""
    for start, stop, new in sorted(edits, reverse=True):
        text = text[:start] + new + text[stop:]
    return text


def insert_lines(text: str, at: int, lines: list[str]) -> TextEdit:
    """Insert ``lines`` before the line that begins at ``at``. A missing final line break stays missing."""
    end = line_break(text)
    if at and text[at - 1] not in "\r\n":
        return at, at, end + end.join(lines)
    return at, at, end.join(lines) + end


def line_break(text: str) -> str:
    """The first line break in ``text``, else "\\n"."""
    found = _LINE_BREAK.search(text)
    return found.group() if found else "\n"


def without_last_break(text: str) -> str:
    """``text`` without one line break at its end."""
    return re.sub(r"(\r\n|\n|\r)\Z", "", text)


def line_start(text: str, at: int) -> int:
    """Where the line of position ``at`` begins."""
    return max(text.rfind("\n", 0, at), text.rfind("\r", 0, at)) + 1


def line_after(text: str, node: Any) -> int:
    """Where the line after the content of ``node`` begins.

    PyYAML's own end mark of a block is where the next node begins, behind comments and blank lines.
    """
    while getattr(node, "flow_style", True) is False and node.value:
        node = node.value[-1][1] if isinstance(node, yaml.MappingNode) else node.value[-1]
    at: int = node.end_mark.index
    if at and text[at - 1] in "\r\n":
        return at
    found = _LINE_BREAK.search(text, at)
    return found.end() if found else len(text)


def item_start(text: str, sequence: Any, index: int = 0) -> int:
    """Where the dash of an item of a block sequence is."""
    return text.rindex("-", 0, sequence.value[index].start_mark.index)


def item_indent(text: str, sequence: Any) -> str:
    """The spaces before the dashes of a block sequence."""
    dash = item_start(text, sequence)
    return " " * (dash - line_start(text, dash))


def top_level(text: str) -> dict[str, tuple[Any, Any]]:
    """The nodes of each key and value of the mapping at the top; empty if there is no mapping."""
    root: Any = yaml.compose(text, Loader=yaml.SafeLoader)
    return {key.value: (key, value) for key, value in root.value} if isinstance(root, yaml.MappingNode) else {}


def yaml_scalar(text: str) -> str:
    """``text`` for a YAML file, quoted if YAML would read it as anything else (a number, a comment)."""
    try:
        plain = yaml.safe_load(f"- {text}") == [text]
    except (yaml.YAMLError, ValueError):
        plain = False
    return text if plain else json.dumps(text)
