"""The variables that override keys: COVGATE_FLOOR for floor.

An unknown one is an error if it looks like a misspelled key. Otherwise it may be anybody's, and a notice names it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from covgate.config.keys import KEYS, BadValue, boolean_from_text, parse_boolean
from covgate.config.show import edits, show

PREFIX = "COVGATE_"
_NAMES = (*KEYS, "disable", "components")
_SETTABLE = ("disable", *(name for name, key in KEYS.items() if key.from_text))
_LONG = 8  # letters of a key in which two may be wrong
# Variables that covgate itself sets, for its hooks.
_OWN = frozenset({"COVGATE_NATIVE", "COVGATE_CHAINING"})
# These don't change what a record says of its commit. COVGATE_PYTHON is one of them as long as the commit doesn't
# configure an interpreter: then each machine uses its own.
_DECIDES_NOTHING = frozenset({"timeout", "isolation", "fail_closed", "sync", "on_block", "preview_merge"})


def variable(key: str) -> str:
    """The name of the variable for ``key``."""
    return PREFIX + key.upper()


def read_variables(environ: Mapping[str, str], problems: list[str]) -> dict[str, Any]:
    """The values of the keys that ``environ`` sets; an empty variable counts as unset. Adds to ``problems``."""
    values: dict[str, Any] = {}
    for key in _NAMES:
        text = environ.get(variable(key), "").strip()
        if not text:
            continue
        try:
            if key == "disable":
                parse_boolean(boolean_from_text(text))  # if true, the configuration is not read at all
            elif key in KEYS and (from_text := KEYS[key].from_text):
                values[key] = KEYS[key].parse(from_text(text))
            else:
                raise BadValue(f"{key} has no variable; set it in the configuration")
        except BadValue as error:
            problems.append(f"environment: {variable(key)} = {show(text)}: {error}")
    problems += _misspelled(environ)
    return values


def unknown_variables(environ: Mapping[str, str]) -> tuple[str, ...]:
    """The variables with covgate's prefix that are not covgate's; empty ones don't count."""
    known = {*_OWN, *map(variable, _NAMES)}
    return tuple(
        name for name in sorted(environ) if name.startswith(PREFIX) and name not in known and environ[name].strip()
    )


def decides(key: str, *, configured: bool) -> bool:
    """Whether a variable for ``key`` changes what is run, counted or judged; ``configured``: the commit sets it."""
    return key not in _DECIDES_NOTHING and (key != "python" or configured)


def _misspelled(environ: Mapping[str, str]) -> list[str]:
    found = []
    for name in unknown_variables(environ):
        word = name.removeprefix(PREFIX).lower()
        nearest = min(_SETTABLE, key=lambda key: edits(word, key))
        if edits(word, nearest) <= (1 if len(nearest) < _LONG else 2):
            value = show(environ[name].strip())
            found.append(f"environment: {name} = {value}: unknown variable; did you mean {variable(nearest)}?")
    return found
