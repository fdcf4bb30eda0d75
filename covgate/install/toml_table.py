"""covgate's table in the text of a pyproject.toml or a .covgate.toml: added, removed."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from covgate.compat import parse_toml
from covgate.errors import UsageError

_TABLE = """\
# A push must hold the baseline (it only goes up) and the floor (a fixed minimum, in percent).
policy = "both"
"""
_AS_FAIL_UNDER = "# The same as fail_under: "
_AS_DOCUMENTED = "# The tests as they run by "


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What a new configuration takes over from the project's own; each is "" if there is none.

    ``fail_under`` is coverage's minimum in percent, which becomes the floor. ``command`` runs the tests, as ``origin``
    documents it.
    """

    fail_under: str = ""
    command: str = ""
    origin: str = ""

    @property
    def shown(self) -> str:
        """What is taken over, for a message."""
        floor = [f"floor = {self.fail_under} as fail_under has it"] if self.fail_under else []
        command = (
            [f"command = {json.dumps(self.command, ensure_ascii=False)} as {self.origin} runs it"]
            if self.command
            else []
        )
        return " and ".join(floor + command)


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
    command = (
        f"{_AS_DOCUMENTED}{taken.origin}\ncommand = {json.dumps(taken.command, ensure_ascii=False)}\n"
        if taken.command
        else ""
    )
    return _TABLE + floor + command


def _taken_in(text: str) -> Taken:
    """What the table in ``text`` took over when it was written."""
    fail_under = re.search(f"^{_AS_FAIL_UNDER}([0-9.]+)\r?$", text, re.MULTILINE)
    command = re.search(f'^{_AS_DOCUMENTED}(.*?)\r?\ncommand = (".*")\r?$', text, re.MULTILINE)
    try:
        origin, words = (command[1], json.loads(command[2])) if command else ("", "")
    except ValueError:  # edited
        origin, words = "", ""
    return Taken(fail_under=fail_under[1] if fail_under else "", command=words, origin=origin)


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
    try:
        return parse_toml(text)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{name} is not valid TOML: {error}", hint="fix it first") from None


def _line_break(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"
