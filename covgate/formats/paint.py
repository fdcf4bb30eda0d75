"""How a text looks on a terminal: colour, width, and what must not reach it."""

from __future__ import annotations

import re
from typing import NamedTuple

_TAIL_SHOWN = 25
_LONGEST = 500  # characters of a line that are shown
_COLOUR = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


class Paint(NamedTuple):
    """How to format text for its destination: in colour or not, ``width`` columns, in UTF-8 or only in ASCII.

    ``terminal``: the text is shown on a screen, so long lists and long names are shortened.
    """

    colour: bool = False
    width: int = 80
    utf8: bool = True
    terminal: bool = False

    def __call__(self, text: str, code: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self.colour else text

    def status(self, word: str) -> str:
        return self(word, {"PASS": "1;32", "BLOCKED": "1;31", "WARNING": "1;33"}.get(word, "1"))

    def encodable(self, text: str) -> str:
        """``text`` with nothing that can't be written there: a path that is no UTF-8, an emoji in a C locale."""
        codec = "utf-8" if self.utf8 else "ascii"
        return text.encode(codec, "backslashreplace").decode(codec)


def tail(output: str) -> list[str]:
    """The last lines of what a program printed, without its colours. The repr of a text may be a very long line."""
    lines = [plain(_COLOUR.sub("", line).expandtabs()) for line in output.splitlines()[-_TAIL_SHOWN:]]
    return [line if len(line) <= _LONGEST else f"{line[:_LONGEST]} ..." for line in lines]


def plain(line: str) -> str:
    """Without what would steer a terminal: a name or a reason in the notes is whatever its writer wanted."""
    return "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in line)


def one_line(text: str) -> str:
    """`plain`, of a message that may have several lines."""
    return plain(" ".join(line.strip() for line in text.splitlines()))


def columns(text: str) -> int:
    """How many columns of a terminal ``text`` takes."""
    import unicodedata

    return sum(0 if unicodedata.combining(each) else 1 + (unicodedata.east_asian_width(each) in "WF") for each in text)


def shortened(path: str, paint: Paint, beside: int) -> str:
    """``path``, shortened in the middle if it and ``beside`` more columns don't fit on the terminal.

    The end is kept, because the name of a file matters more than its directories.
    """
    room = max(paint.width - beside, 20)
    if not paint.terminal or columns(path) <= room:
        return path
    end = len(path)
    while end > 1 and columns(path[-end:]) > (room - 3) * 2 // 3:
        end -= 1
    start = 0
    while columns(path[: start + 1]) + 3 + columns(path[-end:]) <= room:
        start += 1
    return f"{path[:start]}...{path[-end:]}"


def cut(text: str, paint: Paint, beside: int) -> str:
    """``text``, shortened at the end if it and ``beside`` more columns don't fit on the terminal."""
    room = max(paint.width - beside, 20)
    if not paint.terminal or columns(text) <= room:
        return text
    end = len(text)
    while columns(text[:end]) + 3 > room:
        end -= 1
    return text[:end] + "..."


def wrapped(text: str, paint: Paint, indent: str) -> list[str]:
    """``text`` in lines that start with ``indent`` and fit, as far as its words do."""
    import textwrap

    return textwrap.wrap(
        plain(text),
        max(paint.width, len(indent) + 20),
        initial_indent=indent,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
