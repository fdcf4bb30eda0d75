"""Which distributions a project declares that its tests need, according to pyproject.toml and requirements.txt."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from covgate.compat import table_of
from covgate.measure.environments.installed import normalized
from covgate.measure.environments.user_files import read, read_toml

_REQUIREMENT = re.compile(r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)")  # its name
_TABLES = (("project",), ("dependency-groups",), ("tool", "poetry"))
_BRINGS = {"coverage": ("pytest-cov",)}  # distribution -> others that require it
_REQUIREMENT_FILES = (
    "requirements.txt",
    "test-requirements.txt",
    "requirements-test.txt",
    "requirements-tests.txt",
    "requirements/test.txt",
    "requirements/tests.txt",
)
_TEST_GROUPS = ("test", "tests", "testing")


class Declared(NamedTuple):
    """Normalized names: that of the project, "" if it has none, and what its tests require on every platform."""

    name: str = ""
    required: tuple[str, ...] = ()


def declared_distributions(top: Path) -> Declared:
    """What the pyproject.toml and the requirement files in ``top`` declare. Unreadable files count as empty."""
    data = read_toml(top / "pyproject.toml")
    listed = [name for file in _REQUIREMENT_FILES for name in _requirements(_lines(read(top / file)))]
    name = table_of(data, "project").get("name") or table_of(data, "tool", "poetry").get("name")
    required = tuple(dict.fromkeys(map(normalized, [*_declared(data), *listed])))
    return Declared(name=normalized(name) if isinstance(name, str) else "", required=required)


def where_declared(top: Path, package: str) -> str:
    """Where the project's pyproject.toml asks for ``package``; "" if nowhere.

    "project" for a dependency of the project itself, "group NAME" for one of a group, "extra NAME" for an optional one.
    """
    project, groups, poetry = (table_of(read_toml(top / "pyproject.toml"), *keys) for keys in _TABLES)
    extras = table_of(project, "optional-dependencies")
    development, poetry_groups = table_of(poetry, "dev-dependencies"), table_of(poetry, "group")
    places = {
        "project": [*_names(project.get("dependencies")), *table_of(poetry, "dependencies")],
        **{f"group {name}": list(_names(value)) for name, value in groups.items()},
        **{f"group {name}": list(table_of(group, "dependencies")) for name, group in poetry_groups.items()},
        **({"group dev": list(development)} if development else {}),
        **{f"extra {name}": list(_names(value)) for name, value in extras.items()},
    }
    wanted = {package, *_BRINGS.get(package, ())}
    return next((place for place, names in places.items() if wanted & set(map(normalized, names))), "")


def _declared(data: dict[str, Any]) -> Iterator[str]:
    project, groups = table_of(data, "project"), table_of(data, "dependency-groups")
    poetry = table_of(data, "tool", "poetry")
    extras = table_of(project, "optional-dependencies")
    yield from _requirements(project.get("dependencies"))
    yield from _poetry_requirements(table_of(poetry, "dependencies"))
    for name in _TEST_GROUPS:
        yield from _requirements(groups.get(name))
        yield from _requirements(extras.get(name))
        yield from _poetry_requirements(table_of(poetry, "group", name, "dependencies"))


def _lines(data: bytes) -> list[str]:
    """The requirements in a file for pip, without options and without packages from a URL or path."""
    lines = (
        line.partition("#")[0].partition(" --")[0].strip(" \t\\") for line in data.decode(errors="replace").splitlines()
    )
    return [line for line in lines if line and not line.startswith("-") and "/" not in line]


def _names(value: Any) -> Iterator[str]:
    """The distributions that requirements name, for whatever platform."""
    for each in value if isinstance(value, list) else ():
        matched = _REQUIREMENT.match(each) if isinstance(each, str) else None
        if matched:
            yield matched[1]


def _requirements(value: Any) -> Iterator[str]:
    """The distributions that requirements without a marker name: they are needed on every platform."""
    for each in value if isinstance(value, list) else ():
        matched = _REQUIREMENT.match(each) if isinstance(each, str) and ";" not in each else None
        if matched:
            yield matched[1]


def _poetry_requirements(table: dict[str, Any]) -> Iterator[str]:
    for name, value in table.items():
        if name != "python" and (isinstance(value, str) or not _is_conditional(value)):
            yield name


def _is_conditional(value: Any) -> bool:
    conditions: Iterable[str] = ("optional", "markers", "python", "platform")
    return not isinstance(value, dict) or any(value.get(each) for each in conditions)
