"""Standard modules that the oldest supported Python does not have, and what covgate adds to them."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import ast
    from configparser import RawConfigParser

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

__all__ = ["item", "parse_ini", "parse_python", "parse_toml", "table_of", "toml_tables", "tomllib"]

_MAX_DOTS = 1000
_DOTTED = re.compile(r"[\w\-. \t\"']+")


def parse_toml(text: str, *, parse_float: Callable[[str], Any] = float) -> dict[str, Any]:
    """The tables in ``text``.

    Raises ValueError if it is not valid, also for a key of more than a thousand parts: tomllib takes minutes for it.
    """
    if text.count(".") > _MAX_DOTS and any(run[0].count(".") > _MAX_DOTS for run in _DOTTED.finditer(text)):
        raise ValueError(f"a key of more than {_MAX_DOTS} parts")
    return tomllib.loads(text, parse_float=parse_float)


def toml_tables(text: str) -> dict[str, Any]:
    """What the TOML in ``text`` says; nothing if it is not valid."""
    try:
        return parse_toml(text)
    except (ValueError, RecursionError):
        return {}


def item(value: Any, *keys: str) -> Any:
    """The value at the path ``keys`` in nested tables; None if there is none."""
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def table_of(value: Any, *keys: str) -> dict[str, Any]:
    """The table at the path ``keys`` in nested tables; an empty one if there is none."""
    found = item(value, *keys)
    return found if isinstance(found, dict) else {}


def parse_ini(text: str, *, allow_no_value: bool = False, strict: bool = True) -> RawConfigParser:
    """The sections in ``text``, without interpolation.

    Raises ValueError if it is not valid.
    """
    import configparser  # late: not every project has such a file

    parser = configparser.RawConfigParser(allow_no_value=allow_no_value, strict=strict)
    try:
        parser.read_string(text)
    except (configparser.Error, AttributeError) as error:  # a line continues a key without a value
        raise ValueError(str(error)) from None
    return parser


def parse_python(source: str | bytes) -> ast.Module:
    """The syntax tree of ``source``. Python's warnings about it are not shown: they are for its authors.

    Raises ValueError if it is not valid, also if it is nested too deeply.
    """
    import ast
    import warnings

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(source)
    except (SyntaxError, RecursionError, MemoryError) as error:
        raise ValueError(str(error)) from None
