"""Which distributions a project declares that its tests need, according to its pyproject.toml."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from covgate.compat import tomllib
from covgate.measure.environments.installed import normalized

# A requirement for every platform: no marker, and no extra, whose name says nothing about what is installed.
_REQUIREMENT = re.compile(r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)\s*(\[[^]]*\])?\s*[^;]*")
_TEST_GROUPS = ("test", "tests", "testing")


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """Normalized names: that of the project, "" if it has none, and what its tests require on every platform."""

    name: str = ""
    required: tuple[str, ...] = ()


def declared_distributions(top: Path) -> Declared:
    """What the pyproject.toml in ``top`` declares; nothing if there is none, or if it can't be read."""
    try:
        data = tomllib.loads((top / "pyproject.toml").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return Declared()
    name = _table(data, "project").get("name") or _table(data, "tool", "poetry").get("name")
    required = tuple(dict.fromkeys(map(normalized, _declared(data))))
    return Declared(name=normalized(name) if isinstance(name, str) else "", required=required)


def _declared(data: dict[str, Any]) -> Iterator[str]:
    project, groups = _table(data, "project"), _table(data, "dependency-groups")
    poetry = _table(data, "tool", "poetry")
    extras = _table(project, "optional-dependencies")
    yield from _requirements(project.get("dependencies"))
    yield from _poetry_requirements(_table(poetry, "dependencies"))
    for name in _TEST_GROUPS:
        yield from _requirements(groups.get(name))
        yield from _requirements(extras.get(name))
        yield from _poetry_requirements(_table(poetry, "group", name, "dependencies"))


def _requirements(value: Any) -> Iterator[str]:
    for each in value if isinstance(value, list) else ():
        matched = _REQUIREMENT.fullmatch(each) if isinstance(each, str) else None
        if matched:
            yield matched[1]


def _poetry_requirements(table: dict[str, Any]) -> Iterator[str]:
    for name, value in table.items():
        if name != "python" and (isinstance(value, str) or not _is_conditional(value)):
            yield name


def _is_conditional(value: Any) -> bool:
    conditions: Iterable[str] = ("optional", "markers", "python", "platform")
    return not isinstance(value, dict) or any(value.get(each) for each in conditions)


def _table(value: Any, *keys: str) -> dict[str, Any]:
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}
