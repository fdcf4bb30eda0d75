"""Paths as texts, with ``/``, whatever system they come from."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping

TOP = "."
_DRIVE = re.compile(r"[A-Za-z]:[\\/]")


def normal(name: str) -> str:
    """``name`` with ``/``, and without redundant ``.``, ``..`` and ``//``."""
    name = name.removeprefix("file://")
    if "\\" in name and (_DRIVE.match(name) or "/" not in name):
        name = name.replace("\\", "/")
    name = posixpath.normpath(name)
    return name[1:] if name.startswith("//") else name


def is_absolute(place: str) -> bool:
    """Whether the normal ``place`` is absolute, here or on Windows."""
    return place.startswith("/") or bool(_DRIVE.match(place))


def is_below(place: str) -> bool:
    """Whether the normal ``place`` is relative, and below what it is relative to."""
    return not is_absolute(place) and place != ".." and not place.startswith("../")


def join(directory: str, name: str) -> str:
    """The normal path of ``name`` in ``directory``."""
    return posixpath.normpath(posixpath.join(directory, name))


def below(place: str, prefix: str) -> str | None:
    """The rest of ``place`` after ``prefix``; None if it doesn't begin with it."""
    if prefix == TOP:
        return None if is_absolute(place) else place
    if place == prefix:
        return ""
    beginning = prefix.rstrip("/") + "/"
    return place[len(beginning) :] if place.startswith(beginning) else None


def moved(place: str, directories: Mapping[str, str]) -> str:
    """Where ``place`` is if the longest prefix that fits stands for its directory; "" if none fits."""
    fitting = {prefix: rest for prefix in directories if (rest := below(place, prefix)) is not None}
    longest = max(fitting, key=lambda prefix: len(prefix) if prefix != TOP else 0, default="")
    return join(directories[longest], fitting[longest]) if longest else ""
