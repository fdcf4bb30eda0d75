"""``[tool.covgate]``, or ``.covgate.toml``, to a Config: every error is listed, not only the first."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from typing import Any

from covgate.errors import ConfigurationError
from covgate.model.policy import Kind, Policy, RemovedCode, parse_decimal

# Documented, not there yet: an error, since a gate that ignores a rule silently lets regressions through.
_LATER = ("preview_merge", "components")
_NOT_YET = "not supported by covgate 0.1 yet; remove it"
_TRUE = frozenset({"1", "true", "yes", "on"})
_FALSE = frozenset({"0", "false", "no", "off"})
_NUL = "\0"  # no argument of a program, no path and no branch has one: found here, not when a process starts


class Isolation(Enum):
    """Where a commit is measured: in place where that is sound, always aside, or never aside."""

    AUTO = "auto"
    WORKTREE = "worktree"
    IN_PLACE = "in-place"


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """What a repository asks for; ``configured``: whether it says anything to covgate at all.

    ``timeout`` in seconds; ``ratchet_branches`` None: the remote's default branch; ``retries``: how often a tree is
    measured again that may have lost coverage by chance. ``coverage_config``: the name and the text of a
    configuration of coverage to measure with instead of the tree's own; no key sets it.
    """

    enabled: bool = True
    policy: Policy = field(default_factory=Policy)
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
    retries: int = 1
    on_block: tuple[str, ...] | None = None
    configured: bool = False
    coverage_config: tuple[str, str] | None = None


class _Bad(Exception):
    """What would be allowed instead."""


def parse_config(
    *, pyproject: bytes | None = None, own: bytes | None = None, environ: Mapping[str, str] | None = None
) -> Config:
    """The configuration in a pyproject.toml's bytes or a .covgate.toml's, overridden by COVGATE_* variables.

    ConfigurationError lists each problem with its file, key, value and what is allowed.
    """
    if environ and environ.get("COVGATE_DISABLE", "").strip().lower() in _TRUE:
        # The way out must work most of all where the configuration is what is broken.
        return Config(enabled=False)
    problems: list[str] = []
    tables = []
    if pyproject is not None:
        tool = _load(pyproject, "pyproject.toml", problems).get("tool", {})
        table = tool.get("covgate") if isinstance(tool, dict) else None
        if not isinstance(tool, dict):
            problems.append(f"pyproject.toml: tool = {_show(tool)}: must be a table, as in [tool.covgate]")
        elif table is not None and not isinstance(table, dict):
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
        patch_floor=values.pop("patch_floor", None),
        removed_code=values.pop("removed_code", RemovedCode.ADJUST),
    )
    return Config(policy=policy, configured=bool(tables), **values)


def _load(data: bytes, name: str, problems: list[str]) -> dict[str, Any]:
    from covgate.compat import tomllib

    try:
        return tomllib.loads(data.decode("utf-8"), parse_float=_exact)
    except UnicodeDecodeError as error:
        problems.append(f"{name}: not UTF-8 (byte {error.start}); save it as UTF-8")
    except tomllib.TOMLDecodeError as error:
        problems.append(f"{name}: not valid TOML: {error}; mend it there")
    except (ValueError, RecursionError):
        problems.append(f"{name}: can't be read: nested too deep, or a number of thousands of digits")
    return {}


def _exact(text: str) -> Decimal | float:
    """What no Decimal holds, perhaps in another tool's table, stays a float, which none of our keys takes."""
    try:
        return Decimal(text)
    except ArithmeticError:
        return float(text)


def _read_table(file: str, table: Mapping[str, Any], problems: list[str]) -> dict[str, Any]:
    values = {}
    for key, value in table.items():
        if key in _LATER:
            problems.append(f"{file}: {key} = {_show(value)}: {_NOT_YET}")
        elif key not in _PARSERS:
            problems.append(f"{file}: {_show_key(key)} = {_show(value)}: unknown key{_nearest(key)}")
        else:
            try:
                values[key] = _PARSERS[key](value)
            except _Bad as bad:
                problems.append(f"{file}: {key} = {_show(value)}: {bad}")
    return values


def _read_environment(environ: Mapping[str, str], problems: list[str]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for key in (*_SCALARS, "disable", *_LATER):
        name = f"COVGATE_{key.upper()}"
        text = environ.get(name, "").strip()
        if not text:
            continue
        try:
            values[key] = _read_text(key, text)
        except _Bad as bad:
            problems.append(f"environment: {name} = {_show(text)}: {bad}")
    if values.pop("disable", False):
        values["enabled"] = False
    return values


def _read_text(key: str, text: str) -> object:
    """A variable's value: as the same key in TOML, where numbers and booleans are no strings."""
    if key in _LATER:
        raise _Bad(_NOT_YET)
    if key in ("enabled", "fail_closed", "sync", "disable"):
        return _boolean(True if text.lower() in _TRUE else False if text.lower() in _FALSE else text)
    value: object = text
    if key in ("timeout", "retries") and text.isascii() and text.isdigit() and len(text) < 10:
        value = int(text)
    elif key in ("floor", "epsilon", "patch_floor"):
        with contextlib.suppress(ValueError):
            value = parse_decimal(text)
    return _PARSERS[key](value)


def _boolean(value: object) -> bool:
    if not isinstance(value, bool):
        raise _Bad("must be true or false")
    return value


def _number(value: object, allowed: str) -> Fraction:
    if isinstance(value, Fraction):  # a variable's
        return value
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
    return max(_number(value, "must be a finite number of percentage points"), Fraction(0))


def _timeout(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value < 10**7:
        raise _Bad("must be a whole number of seconds, from 1 to 9999999")
    return value


def _retries(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 9:
        raise _Bad("must be a whole number from 0 to 9")
    return value


def _text(value: object, allowed: str = "must be a non-empty string, without NUL") -> str:
    if not isinstance(value, str) or not value.strip() or _NUL in value:
        raise _Bad(allowed)
    return value


def _list(value: object) -> tuple[str, ...]:
    if isinstance(value, str) and value.strip():
        raise _Bad(f"must be a list of strings: [{_show(value)}]")
    if not isinstance(value, list) or not value:
        raise _Bad("must be a list of non-empty strings")
    return tuple(_text(each, "must be a list of non-empty strings, without NUL") for each in value)


def _command(value: object) -> tuple[str, ...]:
    words = value
    if isinstance(value, str):
        import shlex

        try:
            words = shlex.split(value)
        except ValueError as error:
            raise _Bad(f"can't be split into words: {str(error).lower()}") from None
    if not isinstance(words, list) or not all(isinstance(each, str) and _NUL not in each for each in words):
        raise _Bad("must be a string or a list of strings, without NUL")
    if not words or not words[0].strip():
        raise _Bad("must not be empty: a command begins with a program")
    return tuple(words)


def _one_of(kind: type[Enum]) -> Callable[[object], Enum]:
    names = [str(each.value) for each in kind]

    def parse(value: object) -> Enum:
        if value not in names:
            nearest = _close(value, names) if isinstance(value, str) else ""
            raise _Bad(f"must be one of {', '.join(names)}" + (f"; did you mean {nearest}?" if nearest else ""))
        return kind(value)

    return parse


_PARSERS: dict[str, Callable[[object], Any]] = {
    "enabled": _boolean,
    "policy": _one_of(Kind),
    "floor": _floor,
    "epsilon": _epsilon,
    "patch_floor": _floor,
    "removed_code": _one_of(RemovedCode),
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
    "retries": _retries,
    "on_block": _command,
}
_SCALARS = tuple(key for key in _PARSERS if key not in ("branches", "ratchet_branches", "source"))


def _nearest(key: str) -> str:
    # With those of later versions: whoever means patch_floor must not be sent to floor.
    nearest = _close(key, [*_PARSERS, *_LATER])
    return f"; did you mean {nearest}?" if nearest else f" (known: {', '.join(_PARSERS)})"


def _close(word: str, words: list[str]) -> str:
    import difflib

    return next(iter(difflib.get_close_matches(word.lower(), words, n=1)), "")


def _show_key(key: str) -> str:
    return key if key.replace("-", "_").isidentifier() and len(key) <= 60 else _show(key)


def _show(value: object, *, nested: bool = False) -> str:
    """``value`` about as TOML has it, in one short line: no control characters, depth or endless digits."""
    if nested and isinstance(value, (dict, list)):
        text = "{...}" if isinstance(value, dict) else "[...]"
    elif isinstance(value, dict):
        pairs = (f"{_show_key(key)} = {_show(each, nested=True)}" for key, each in value.items())
        text = "{" + ", ".join(pairs) + "}"
    elif isinstance(value, list):
        text = "[" + ", ".join(_show(each, nested=True) for each in value) + "]"
    elif isinstance(value, bool):
        text = str(value).lower()
    elif isinstance(value, int):
        text = str(value) if abs(value) < 10**60 else hex(value)  # str refuses thousands of digits
    else:
        text = repr(value) if isinstance(value, str) else str(value)
    return text if len(text) <= 60 else text[:57] + "..."
