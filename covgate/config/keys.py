"""The keys of the configuration, and what each accepts."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from functools import partial
from typing import Any, NamedTuple

from covgate.config.show import close_match, show, show_key
from covgate.model.policy import Kind, RemovedCode, parse_decimal

TRUE = frozenset({"1", "true", "yes", "on"})
FALSE = frozenset({"0", "false", "no", "off"})
# No argument of a program, no path and no branch contains NUL. Rejected here, not when a process is started.
_NUL = "\0"
_MAX_COMMAND = 20_000


class BadValue(Exception):
    """A key doesn't accept this value. The text says what it accepts."""


class Isolation(Enum):
    """Where a commit is measured: in the checkout if that is safe, always in a worktree, or always in the checkout."""

    AUTO = "auto"
    WORKTREE = "worktree"
    IN_PLACE = "in-place"


def parse_boolean(value: object) -> bool:
    if not isinstance(value, bool):
        raise BadValue("must be true or false")
    return value


def _parse_percentage(value: object) -> Fraction:
    allowed = "must be a number from 0 to 100"
    number = _number(value, allowed)
    if not 0 <= number <= 100:
        raise BadValue(allowed)
    return number


def _parse_epsilon(value: object) -> Fraction:
    return max(_number(value, "must be a finite number of percentage points"), Fraction(0))


def _number(value: object, allowed: str) -> Fraction:
    if isinstance(value, Fraction):  # from a variable
        return value
    if isinstance(value, bool) or not isinstance(value, (int, Decimal)):
        raise BadValue(allowed)
    try:
        return parse_decimal(str(value))
    except ValueError:
        raise BadValue(allowed) from None


def _integer(low: int, high: int, allowed: str) -> Callable[[object], int]:
    def parse(value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise BadValue(allowed)
        return value

    return parse


def _parse_string(value: object, allowed: str = "must be a non-empty string, without NUL") -> str:
    if not isinstance(value, str) or not value.strip() or _NUL in value:
        raise BadValue(allowed)
    return value


def _parse_list(value: object) -> tuple[str, ...]:
    if isinstance(value, str) and value.strip():
        raise BadValue(f"must be a list of strings: [{show(value)}]")
    if not isinstance(value, list) or not value:
        raise BadValue("must be a list of non-empty strings")
    return tuple(_parse_string(each, "must be a list of non-empty strings, without NUL") for each in value)


def _parse_report_paths(value: object) -> tuple[tuple[str, str], ...]:
    if not isinstance(value, dict) or not value:
        raise BadValue('must be a table, such as { "/app" = "." }')
    return tuple(parse_report_path(prefix, place) for prefix, place in value.items())


def _parse_directory(value: object) -> str:
    """A directory of the repository as its path from the top, with ``/``; "" for the top itself."""
    allowed = "must be a directory of the repository, relative to its top"
    parts = _parse_string(value, allowed).replace("\\", "/").split("/")
    if not parts[0] or ":" in parts[0] or ".." in parts:
        raise BadValue(allowed)
    return "/".join(part for part in parts if part not in ("", "."))


def parse_report_path(prefix: str, place: object) -> tuple[str, str]:
    """A prefix of the paths in reports, and the directory of the repository that it stands for. Raises BadValue."""
    if not isinstance(place, str) or not place.strip() or _NUL in place + prefix:
        raise BadValue(f'{show_key(prefix)} must be a directory of the repository, such as "."')
    parts = place.replace("\\", "/").split("/")
    if not parts[0] or ":" in parts[0] or ".." in parts:
        raise BadValue(f"{show_key(prefix)} must be a directory of the repository, relative to its top")
    return prefix or ".", "/".join(part for part in parts if part not in ("", ".")) or "."


def _parse_command(value: object) -> tuple[str, ...]:
    words = value
    if isinstance(value, str):
        if len(value) > _MAX_COMMAND:
            raise BadValue(f"must be shorter than {_MAX_COMMAND} characters")
        import shlex  # late: a command is usually a list, or none

        try:
            words = shlex.split(value)
        except ValueError as error:
            raise BadValue(f"can't be split into words: {str(error).lower()}") from None
    if not isinstance(words, list) or not all(isinstance(each, str) and _NUL not in each for each in words):
        raise BadValue("must be a string or a list of strings, without NUL")
    if not words or not words[0].strip():
        raise BadValue("must not be empty: a command begins with a program")
    return tuple(words)


def _one_of(kind: type[Enum]) -> Callable[[object], Enum]:
    names = [str(each.value) for each in kind]
    return lambda value: kind(_name_in(names, value))


def _name_in(names: Sequence[str], value: object) -> str:
    if not isinstance(value, str) or value not in names:
        nearest = close_match(value, names) if isinstance(value, str) else ""
        raise BadValue(f"must be one of {', '.join(names)}" + (f"; did you mean {nearest}?" if nearest else ""))
    return value


def boolean_from_text(text: str) -> object:
    """The boolean that the text of a variable means, else the text itself."""
    return True if text.lower() in TRUE else False if text.lower() in FALSE else text


def _integer_from_text(text: str) -> object:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else text


def _number_from_text(text: str) -> object:
    with contextlib.suppress(ValueError):
        return parse_decimal(text)
    return text


class Key(NamedTuple):
    """How the value of one key is read.

    ``parse`` turns what TOML has into what ``Config`` has, or raises BadValue. ``from_text`` turns the text of its
    COVGATE_* variable into what TOML would have; None if the key has no variable.
    """

    parse: Callable[[object], Any]
    from_text: Callable[[str], object] | None = str


# As covgate.measure.reports has them.
REPORT_FORMATS = (
    *("coverage-data", "istanbul", "simplecov", "llvm-cov", "coverage-json"),
    *("jacoco", "clover", "cobertura", "go", "lcov"),
)

_BOOLEAN = Key(parse_boolean, boolean_from_text)
_PERCENTAGE = Key(_parse_percentage, _number_from_text)
_LIST = Key(_parse_list, None)

KEYS = {
    "enabled": _BOOLEAN,
    "policy": Key(_one_of(Kind)),
    "floor": _PERCENTAGE,
    "epsilon": Key(_parse_epsilon, _number_from_text),
    "patch_floor": _PERCENTAGE,
    "patch_min_lines": Key(
        _integer(0, 10**7 - 1, "must be a whole number of lines, from 0 to 9999999"), _integer_from_text
    ),
    "removed_code": Key(_one_of(RemovedCode)),
    "branches": _LIST,
    "ratchet_branches": _LIST,
    "source": _LIST,
    "command": Key(_parse_command),
    "report": Key(_parse_string),
    "report_format": Key(partial(_name_in, REPORT_FORMATS)),
    "report_paths": Key(_parse_report_paths, None),
    "python": Key(_parse_string),
    "setup": Key(_parse_command),
    "isolation": Key(_one_of(Isolation)),
    "preview_merge": _BOOLEAN,
    "timeout": Key(_integer(1, 10**7 - 1, "must be a whole number of seconds, from 1 to 9999999"), _integer_from_text),
    "fail_closed": _BOOLEAN,
    "sync": _BOOLEAN,
    "retries": Key(_integer(0, 9, "must be a whole number from 0 to 9"), _integer_from_text),
    "on_block": Key(_parse_command),
}
# The keys of a component. Those that are not its own come from the top level if it doesn't set them.
OWN_KEYS = {"directory": Key(_parse_directory, None), "paths": _LIST, "source": _LIST}
_POLICY_KEYS = ("policy", "floor", "epsilon", "patch_floor", "patch_min_lines", "removed_code")
_MEASURING_KEYS = ("command", "report", "report_format", "report_paths", "python", "setup", "timeout")
_INHERITED_KEYS = (*_MEASURING_KEYS, *_POLICY_KEYS)
COMPONENT_KEYS = {**OWN_KEYS, **{name: KEYS[name] for name in _INHERITED_KEYS}}
