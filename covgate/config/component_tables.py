"""The tables of ``components``: which keys they have, and what is wrong with them as a whole."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any, NamedTuple

from covgate.config.keys import COMPONENT_KEYS, KEYS, BadValue
from covgate.config.show import close_match, show, show_key
from covgate.model.record import DEFAULT_COMPONENT

_NAME = re.compile(r"[A-Za-z0-9._-]{1,64}")
_MOST = 200  # components: the note of a commit has a record of each

Values = Mapping[str, Any]


def parse_components(file: str, value: object, problems: list[str]) -> dict[str, dict[str, Any]]:
    """The values of each component's keys, by name. What is wrong is added to ``problems``."""
    if not isinstance(value, dict) or not value:
        problems.append(f"{file}: components = {show(value)}: must be tables, such as {_header(file, 'api')}")
        return {}
    if len(value) > _MOST:
        problems.append(f"{file}: components has {len(value)} tables, more than {_MOST}")
        return {}
    found: dict[str, dict[str, Any]] = {}
    for name, table in value.items():
        if problem := _name_problem(name):
            problems.append(f"{file}: components.{show_key(name)}: {problem}")
        elif not isinstance(table, dict):
            problems.append(f"{file}: components.{name} = {show(table)}: must be a table of keys")
        else:
            found[name] = dict(_parse_keys(file, name, table, problems))
    problems += (f"{file}: {each}" for each in _twins(found))
    return found


def overlaps(components: Mapping[str, Values], default_source: Sequence[str]) -> Iterator[str]:
    """What components have in common although each file and each report belongs to one of them.

    ``components``: name -> its keys, without what it inherits. ``default_source``: the source at the top level, if
    something is measured outside of the components.
    """
    for name, values in components.items():
        for source in values.get("source", ()):
            if is_outside(rooted(values.get("directory", ""), source)):
                yield f"components.{name}.source: {show(source)} is outside of the repository"
    places = {f"components.{name}": _Place.of(values) for name, values in components.items()}
    if default_source:
        places["the top level"] = _Place("", [rooted("", each) for each in default_source])
    for (one, mine), (other, theirs) in combinations(places.items(), 2):
        both = mine.meets(theirs)
        if both is not None:
            yield f"{one} and {other} both measure {both or 'the whole repository'}: a file belongs to one component"
    reports = {
        name: rooted(each.get("directory", ""), each["report"]) for name, each in components.items() if "report" in each
    }
    for (one, path), (other, same) in combinations(reports.items(), 2):
        if path == same:
            yield f"components.{one}.report and components.{other}.report are the same file, {path}"


def rooted(directory: str, path: str) -> str:
    """``path``, which is relative to ``directory``, as a path from the top of the repository; "" is the top."""
    found = posixpath.normpath(posixpath.join(directory or ".", path.replace("\\", "/")))
    return "" if found == "." else found


def is_outside(path: str) -> bool:
    """Whether a path from `rooted` is not in the repository."""
    return path == ".." or path.startswith(("../", "/"))


def is_inside(path: str, directory: str) -> bool:
    """Whether ``path`` is ``directory`` or is in it; "" is the top."""
    return not directory or path == directory or path.startswith(f"{directory}/")


class _Place(NamedTuple):
    """Where the files of a component are. Without sources, it takes what no other component has of its directory."""

    directory: str
    sources: list[str]

    @classmethod
    def of(cls, values: Values) -> _Place:
        directory = values.get("directory", "")
        return cls(directory, [rooted(directory, each) for each in values.get("source", ())])

    def meets(self, other: _Place) -> str | None:
        """A path that belongs to both; None if there is none."""
        if not self.sources and not other.sources:
            return self.directory if self.directory == other.directory else None
        if not self.sources:
            return other.meets(self)
        inner = [(mine, theirs) for mine in self.sources for theirs in other.sources or [other.directory]]
        for mine, theirs in inner:
            if is_inside(theirs, mine) or (other.sources and is_inside(mine, theirs)):
                return max(mine, theirs, key=len)
        return None


def _name_problem(name: str) -> str:
    if name == DEFAULT_COMPONENT:
        return "this name is taken by what is outside of the components; set its keys at the top level"
    if name.strip(".") == "" or not _NAME.fullmatch(name):
        return 'a name has 1 to 64 letters, digits, ".", "_" or "-"'
    return ""


def _twins(names: Mapping[str, object]) -> Iterator[str]:
    seen = {DEFAULT_COMPONENT: DEFAULT_COMPONENT}
    for name in names:
        known = seen.setdefault(name.lower(), name)
        if known != name:
            yield f"components.{known} and components.{name} differ only in case: rename one of them"


def _parse_keys(file: str, name: str, table: Values, problems: list[str]) -> Iterator[tuple[str, Any]]:
    for key, value in table.items():
        where = f"{file}: components.{show_key(name)}.{show_key(key)} = {show(value)}"
        if key not in COMPONENT_KEYS:
            problems.append(f"{where}: {_unknown(file, name, key, value)}")
            continue
        try:
            yield key, COMPONENT_KEYS[key].parse(value)
        except BadValue as error:
            problems.append(f"{where}: {error}")
    if not ({"source", "directory"} & table.keys()):
        problems.append(f"{file}: components.{show_key(name)}: which files are its own? Set `source` or `directory`")


def _header(file: str, name: str) -> str:
    """The first line of the table of a component in ``file``: a file of covgate's own has no other tables."""
    return f"[{'' if file == '.covgate.toml' else 'tool.covgate.'}components.{name}]"


def _unknown(file: str, name: str, key: str, value: object) -> str:
    if isinstance(value, dict):
        quoted = _header(file, f'"{name}.{key}"')
        return f"unknown key; if the name has a dot, quote it: {quoted}"
    if key in KEYS:
        return "holds for the whole repository; set it at the top level"
    nearest = close_match(key, list(COMPONENT_KEYS))
    return "unknown key" + (f"; did you mean {nearest}?" if nearest else f" (known: {', '.join(COMPONENT_KEYS)})")
