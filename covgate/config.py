"""``[tool.covgate]``, or ``.covgate.toml``, to a Config: every error is listed, not only the first."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from typing import Any

from covgate.errors import ConfigurationError
from covgate.model.policy import Kind, Policy, parse_decimal

_LATER = frozenset({"patch_floor", "removed_code", "preview_merge", "on_block", "components"})
_TRUE = frozenset({"1", "true", "yes", "on"})
_FALSE = frozenset({"0", "false", "no", "off"})


class Isolation(Enum):
    """Where a commit is measured: in place where that is sound, always aside, or never aside."""

    AUTO = "auto"
    WORKTREE = "worktree"
    IN_PLACE = "in-place"


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """What a repository asks for; ``timeout`` in seconds; ``ratchet_branches`` None: the remote's default branch."""

    enabled: bool = True
    policy: Policy = Policy()
    branches: tuple[str, ...] = ("*",)
    ratchet_branches: tuple[str, ...] | None = None
    source: tuple[str, ...] = ()
    command: tuple[str, ...] | None = None
    report: str = ""
    python: str = ""
    setup: tuple[str, ...] | None = None
    isolation: Isolation = Isolation.AUTO
    timeout: int = 900
    fail_closed: bool = False
    sync: bool = True
    configured: bool = False


class _Bad(Exception):
    """What would be allowed instead."""


def parse_config(
    *, pyproject: bytes | None = None, own: bytes | None = None, environ: Mapping[str, str] | None = None
) -> Config:
    """The configuration in a pyproject.toml's bytes or a .covgate.toml's, overridden by COVGATE_* variables.

    ConfigurationError lists each problem with its file, key, value and what is allowed.
    """
    problems: list[str] = []
    tables = []
    if pyproject is not None:
        tool = _load(pyproject, "pyproject.toml", problems).get("tool", {})
        table = tool.get("covgate") if isinstance(tool, dict) else None
        if table is not None and not isinstance(table, dict):
            problems.append(f"pyproject.toml: tool.covgate = {_show(table)}: must be a table, [tool.covgate]")
        elif table is not None:
            tables.append(("pyproject.toml", table))
    if own is not None:
        tables.append((".covgate.toml", _load(own, ".covgate.toml", problems)))
    if len(tables) == 2:
        problems.append("covgate is configured in pyproject.toml and in .covgate.toml: keep one of them")
    values: dict[str, Any] = {}
    for name, table in tables:
        values.update(_read_table(name, table, problems))
    values.update(_read_environment(environ or {}, problems))
    if problems:
        raise ConfigurationError(problems, hint="the keys and their meaning: README, section Configuration")
    policy = Policy(
        kind=values.pop("policy", Kind.BOTH),
        floor=values.pop("floor", Fraction(0)),
        epsilon=values.pop("epsilon", Fraction(0)),
    )
    return Config(policy=policy, configured=bool(tables), **values)


def _load(data: bytes, name: str, problems: list[str]) -> dict[str, Any]:
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    try:
        return tomllib.loads(data.decode("utf-8"), parse_float=Decimal)
    except UnicodeDecodeError as error:
        problems.append(f"{name}: not UTF-8 (byte {error.start}); save it as UTF-8")
    except (tomllib.TOMLDecodeError, ValueError, RecursionError, ArithmeticError) as error:
        problems.append(f"{name}: not valid TOML: {error}")
    return {}


def _read_table(file: str, table: Mapping[str, Any], problems: list[str]) -> dict[str, Any]:
    values = {}
    for key, value in table.items():
        if key in _LATER:
            problems.append(
                f"{file}: {key} = {_show(value)}: not supported by this version of covgate; remove it"
            )
        elif key not in _PARSERS:
            problems.append(f"{file}: {key} = {_show(value)}: unknown key{_nearest(key)}")
        else:
            try:
                values[key] = _PARSERS[key](value)
            except _Bad as bad:
                problems.append(f"{file}: {key} = {_show(value)}: {bad}")
    return values


def _read_environment(environ: Mapping[str, str], problems: list[str]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for key in _SCALARS:
        name = f"COVGATE_{key.upper()}"
        text = environ.get(name, "").strip()
        if not text:
            continue
        try:
            values[key] = _PARSERS[key](_from_text(key, text))
        except _Bad as bad:
            problems.append(f"environment: {name} = {_show(text)}: {bad}")
    if environ.get("COVGATE_DISABLE", "").strip().lower() in _TRUE:
        values["enabled"] = False
    return values


def _from_text(key: str, text: str) -> object:
    """The TOML value that a variable's text stands for; the text itself where it stands for none."""
    if key in ("enabled", "fail_closed", "sync"):
        return True if text.lower() in _TRUE else False if text.lower() in _FALSE else text
    if key == "timeout":
        return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else text
    if key in ("floor", "epsilon"):
        try:
            return Decimal(text) if parse_decimal(text) is not None else text
        except ValueError:
            return text
    return text


def _boolean(value: object) -> bool:
    if not isinstance(value, bool):
        raise _Bad("must be true or false")
    return value


def _number(value: object, allowed: str) -> Fraction:
    if isinstance(value, bool) or not isinstance(value, (int, Decimal)):
        raise _Bad(allowed)
    try:
        return parse_decimal(str(value))
    except ValueError:
        raise _Bad(allowed) from None


def _floor(value: object) -> Fraction:
    allowed = "must be a number from 0 to 100"
    number = _number(value, allowed)
    if not 0 <= number <= 100:
        raise _Bad(allowed)
    return number


def _epsilon(value: object) -> Fraction:
    return _number(value, "must be a finite number of percentage points")


def _timeout(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value < 10**7:
        raise _Bad("must be a whole number of seconds, at least 1")
    return value


def _text(value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise _Bad("must be a non-empty string")
    return value


def _list(value: object) -> tuple[str, ...]:
    if isinstance(value, str) and value:
        raise _Bad(f'must be a list of strings: ["{value}"]')
    if not isinstance(value, list) or not value or not all(isinstance(each, str) and each for each in value):
        raise _Bad("must be a list of non-empty strings")
    return tuple(value)


def _command(value: object) -> tuple[str, ...]:
    if isinstance(value, str):
        import shlex

        try:
            words = tuple(shlex.split(value))
        except ValueError as error:
            raise _Bad(f"must be a command: {error}".lower()) from None
        if not words:
            raise _Bad("must not be empty")
        return words
    return _list(value)


def _one_of(kind: type[Enum]) -> Callable[[object], Enum]:
    names = [str(each.value) for each in kind]

    def parse(value: object) -> Enum:
        if value not in names:
            nearest = _close(str(value), names)
            raise _Bad(
                f"must be one of {', '.join(names)}" + (f"; did you mean {nearest}?" if nearest else "")
            )
        return kind(value)

    return parse


_PARSERS: dict[str, Callable[[object], Any]] = {
    "enabled": _boolean,
    "policy": _one_of(Kind),
    "floor": _floor,
    "epsilon": _epsilon,
    "branches": _list,
    "ratchet_branches": _list,
    "source": _list,
    "command": _command,
    "report": _text,
    "python": _text,
    "setup": _command,
    "isolation": _one_of(Isolation),
    "timeout": _timeout,
    "fail_closed": _boolean,
    "sync": _boolean,
}
_SCALARS = tuple(key for key in _PARSERS if key not in ("branches", "ratchet_branches", "source"))


def _nearest(key: str) -> str:
    nearest = _close(key, list(_PARSERS))
    return f"; did you mean {nearest}?" if nearest else f" (known: {', '.join(_PARSERS)})"


def _close(word: str, words: list[str]) -> str:
    import difflib

    return next(iter(difflib.get_close_matches(word, words, n=1)), "")


def _show(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    text = str(value) if isinstance(value, Decimal) else repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
