"""covgate's table in the text of a pyproject.toml or a .covgate.toml: added, removed."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from covgate.compat import parse_toml
from covgate.errors import UsageError

_TABLE = """\
# A push must hold the baseline (it only goes up) and the floor (a fixed minimum, in percent).
policy = "both"
"""
_AS_FAIL_UNDER = "# The same as fail_under: "
_FROM = "# How the tests run, from "
_TO_DO = "# To do: "


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What a new configuration takes over from the project's own files.

    ``fail_under`` is coverage's minimum in percent, which becomes the floor; "" if there is none. ``keys`` say how the
    tests run and what they write, as ``origin`` has it, and ``to_do`` is what the user has to add there.
    """

    fail_under: str = ""
    keys: Mapping[str, str] = field(default_factory=dict)
    origin: str = ""
    to_do: str = ""

    @property
    def shown(self) -> str:
        """What is taken over, for a message."""
        floor = [f"floor = {self.fail_under} as fail_under has it"] if self.fail_under else []
        keys = [f"{', '.join(_lines(self.keys))} from {self.origin}"] if self.keys else []
        return " and ".join(floor + keys)


def _lines(keys: Mapping[str, str]) -> list[str]:
    return [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in keys.items()]


NOTHING = Taken()


def add_table(text: str, name: str, header: str, taken: Taken = NOTHING) -> str:
    """TOML ``text`` with covgate's table at its end; unchanged if it has one.

    ``header``: the table's first line, or "" for a file that is covgate's own. Raises UsageError if ``text``, the file
    ``name``, can't be extended.
    """
    data = _load(text, name)
    tool = data.get("tool", {}) if header else {}
    if isinstance(tool, dict) and "covgate" in tool:
        return text
    end = _line_break(text)
    table = header + _table(taken)
    block = table.replace("\n", end)
    if text and not text.endswith(end):  # a missing final line break stays missing
        result = text + end * 2 + block.removesuffix(end)
    else:
        result = text + (end if text else "") + block
    if header and not _extends(result, name, {**data, "tool": tool}):
        raise UsageError(f"covgate can't extend {name} as it is written", hint=f"add by hand:\n{table}")
    return result


def _table(taken: Taken) -> str:
    floor = f"{_AS_FAIL_UNDER}{taken.fail_under}\nfloor = {taken.fail_under}\n" if taken.fail_under else "floor = 0\n"
    rest = [_FROM + taken.origin, *_lines(taken.keys)] if taken.origin else []
    rest += [_TO_DO + taken.to_do] if taken.to_do else []
    return _TABLE + floor + "".join(f"{line}\n" for line in rest)


def _taken_in(text: str) -> Taken:
    """What the table in ``text`` took over when it was written."""
    text = text.replace("\r\n", "\n") + "\n"
    fail_under = re.search(f"^{_AS_FAIL_UNDER}([0-9.]+)$", text, re.MULTILINE)
    found = re.search(f'^{_FROM}(.*)\n((?:[a-z_]+ = ".*"\n)*)(?:{_TO_DO}(.*)\n)?', text, re.MULTILINE)
    origin, lines, to_do = found.groups(default="") if found else ("", "", "")
    try:
        keys = {key: str(json.loads(value)) for key, value in (line.split(" = ", 1) for line in lines.splitlines())}
    except ValueError:  # edited
        keys = {}
    return Taken(fail_under=fail_under[1] if fail_under else "", keys=keys, origin=origin, to_do=to_do)


def remove_table(text: str, header: str) -> str:
    """``text`` without the table as ``add_table`` wrote it; unchanged if the table was edited since."""
    end = _line_break(text)
    block = (header + _table(_taken_in(text))).replace("\n", end)
    if not header:
        return "" if text == block else text
    head, found, rest = text.partition(block.removesuffix(end))
    if not found or (head and not head.endswith(end)):
        return text
    if not rest:  # the file has no final line break
        return head.removesuffix(end * 2)
    if not rest.startswith(end) or (rest.strip() and not rest.lstrip().startswith("[")):
        return text
    result = head.removesuffix(end) + rest.removeprefix(end)
    # Tables of components that the user has edited stay, and so does the table that they belong to.
    return text if has_table(result, header) else result


def has_table(text: str, header: str) -> bool:
    """Whether TOML ``text`` configures covgate; ``header`` as for ``add_table``. A file that is no TOML doesn't."""
    if not header:
        return True
    try:
        tool = parse_toml(text).get("tool", {})
    except (ValueError, RecursionError):
        return False
    return isinstance(tool, dict) and "covgate" in tool


def has_components(text: str, header: str) -> bool:
    """Whether TOML ``text`` divides the repository into components. A file that is no TOML doesn't."""
    try:
        table = parse_toml(text)
    except (ValueError, RecursionError):
        return False
    for key in ("tool", "covgate") if header else ():
        table = table.get(key, {})
        if not isinstance(table, dict):
            return False
    return "components" in table


def _extends(text: str, name: str, before: dict[str, Any]) -> bool:
    """Whether ``text`` is what ``before`` was, and covgate's table."""
    try:
        data = _load(text, name)
        others = {key: value for key, value in data["tool"].items() if key != "covgate"}
    except (UsageError, AttributeError):
        return False
    return {**data, "tool": others} == before


def _load(text: str, name: str) -> dict[str, Any]:
    if text.startswith("\ufeff"):
        raise UsageError(f"{name} begins with a byte order mark", hint="save it as UTF-8 without one")
    try:
        return parse_toml(text)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{name} is not valid TOML: {error}", hint="fix it first") from None


def _line_break(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"
