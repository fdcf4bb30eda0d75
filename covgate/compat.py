"""Standard modules that the oldest supported Python does not have, and what covgate adds to them."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from typing import Any

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

__all__ = ["parse_toml", "tomllib"]

_MAX_DOTS = 1000
_DOTTED = re.compile(r"[\w\-. \t\"']+")


def parse_toml(text: str, *, parse_float: Callable[[str], Any] = float) -> dict[str, Any]:
    """The tables in ``text``.

    Raises ValueError if it is not valid, also for a key of more than a thousand parts: tomllib takes minutes for it.
    """
    if text.count(".") > _MAX_DOTS and any(run[0].count(".") > _MAX_DOTS for run in _DOTTED.finditer(text)):
        raise ValueError(f"a key of more than {_MAX_DOTS} parts")
    return tomllib.loads(text, parse_float=parse_float)
