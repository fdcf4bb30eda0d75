"""The tables of components in the text of a pyproject.toml or a .covgate.toml: proposed, added, removed."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from covgate.compat import parse_toml, table_of, toml_tables
from covgate.errors import UsageError
from covgate.install.toml_table import has_components
from covgate.model.record import DEFAULT_COMPONENT

_COMMENT = "# Each component is measured when something in it changes, and has a baseline of its own.\n"
_TO_DO = "# To do: "
_KEYS = ("directory", "source", "paths", "command", "report", "setup")  # that a table of ours can have, in this order
_LONGEST_NAME = 64

Value = str | Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A component's table: its name, its keys, and what is still to do there ("" for nothing)."""

    name: str
    keys: Mapping[str, Value]
    to_do: str = ""


def unique_names(directories: Iterable[str], top: str) -> dict[str, str]:
    """A name for each directory: its last part, with those above it if others have the same. ``top``: for the top."""
    found: dict[str, str] = {}
    taken = {DEFAULT_COMPONENT}
    every = list(directories)
    lasts = [_valid(each.rpartition("/")[2] or top).lower() for each in every]
    for directory, last in zip(every, lasts, strict=True):
        name = _valid(directory.rpartition("/")[2] or top)
        if lasts.count(last) > 1 or name.lower() in taken:
            name = _valid(directory.replace("/", "-") or top)
        number = 2
        plain = name
        while name.lower() in taken:
            name = f"{plain[: _LONGEST_NAME - 5]}-{number}"
            number += 1
        taken.add(name.lower())
        found[directory] = name
    return found


def render(tables: Iterable[Table], header: str) -> str:
    """The text of ``tables``; ``header`` is that of covgate's own table, "" in a file of its own."""
    return _COMMENT + "\n".join(_table(each, _prefix(header)) for each in tables)


def add_components(text: str, tables: Sequence[Table], header: str) -> str:
    """``text``, which has covgate's table, with ``tables`` at its end. Raises UsageError if that is not possible."""
    if not tables:
        return text
    end = "\r\n" if "\r\n" in text else "\n"
    block = f"\n{render(tables, header)}"
    plain = block.replace("\n", end)
    result = text + plain if text.endswith(end) or not text else text + end + plain.removesuffix(end)
    try:
        parse_toml(result)
    except (ValueError, RecursionError):
        raise UsageError(
            "covgate can't add components to its table as it is written", hint=f"add by hand:{block}"
        ) from None
    return result


def inherited(text: str, tables: Iterable[Table], header: str) -> list[str]:
    """Notices about the keys of ``text`` at the top level that would hold for ``tables``, and may be about one part."""
    covgate = table_of(toml_tables(text), *(("tool", "covgate") if header else ()))
    found = []
    for key in ("command", "report"):
        names = [each.name for each in tables if key not in each.keys]
        if key in covgate and names:
            found.append(
                f"`{key}` at the top level holds for {', '.join(names)}, too: move it to the component that it is about"
            )
    return found


def remove_components(text: str, header: str) -> str:
    """``text`` without the tables that ``add_components`` wrote; unchanged if something else was added to them.

    What the user has filled in goes, too: init asked for it.
    """
    end = "\r\n" if "\r\n" in text else "\n"
    plain = text.replace("\r\n", "\n")
    missing = "" if not plain or plain.endswith("\n") else "\n"
    plain += missing
    prefix = re.escape(_prefix(header))
    key = rf"(?:(?:{'|'.join(_KEYS)}) = .*|{_TO_DO}.*)\n"
    table = rf'\[{prefix}components\.(?:[A-Za-z0-9_-]+|"[A-Za-z0-9._-]+")\]\n(?:{key})+'
    found = re.search(rf"\n{re.escape(_COMMENT)}{table}(?:\n{table})*(?=\n*(?:\[|\Z))", plain)
    if found is None:
        return text
    rest = plain[: found.start()] + plain[found.end() :]
    if has_components(rest, header):
        return text  # the user has added tables: leave all of them as they are
    return (rest.removesuffix("\n") if missing else rest).replace("\n", end)


def _table(table: Table, prefix: str) -> str:
    name = f'"{table.name}"' if "." in table.name else table.name
    lines = [f"[{prefix}components.{name}]"]
    lines += [f"{key} = {_value(table.keys[key])}" for key in _KEYS if key in table.keys]
    lines += [_TO_DO + " ".join(table.to_do.split())] if table.to_do else []
    return "".join(f"{line}\n" for line in lines)


def _value(value: Value) -> str:
    """A string or a list of strings in TOML: JSON writes both in the same way, but for DEL."""
    return json.dumps(value if isinstance(value, str) else list(value), ensure_ascii=False).replace("\x7f", "\\u007f")


def _prefix(header: str) -> str:
    return f"{header.strip().strip('[]')}." if header else ""


def _valid(name: str) -> str:
    plain = re.sub(r"[^A-Za-z0-9._-]+", "-", name)[:_LONGEST_NAME].strip("-")
    return plain if plain.strip(".") else "part"
