"""Tables of configuration files that covgate only looks into: what another tool would refuse is read as empty."""

from __future__ import annotations

from typing import Any

from covgate.compat import parse_toml


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
