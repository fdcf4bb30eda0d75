"""Which directories of a repository need which others, as their manifests say. No I/O.

A part is measured when something in it changes, and also if something changes that it imports from another part.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from covgate.compat import parse_ini, table_of, toml_tables
from covgate.measure.parts import javascript
from covgate.measure.parts.part import GO, JAVASCRIPT, PYTHON, RUST

_REQUIREMENT = re.compile(r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)")  # its name
_PATH_REQUIREMENT = re.compile(r"^\s*(?:-e|--editable)?[\s=]*(\.{1,2}/[^\s;#\[]*)", re.M)
_REQUIREMENT_FILES = ("requirements.txt", "requirements-dev.txt", "requirements-test.txt", "dev-requirements.txt")
_STRING = re.compile(r"""["']([A-Za-z0-9][A-Za-z0-9._-]*)""")
_NAME_IN_SETUP = re.compile(r"""\bname\s*=\s*["']([A-Za-z0-9._-]+)["']""")
_MODULE = re.compile(r"^module\s+(\S+)", re.M)
_REQUIRED_MODULE = re.compile(r"^\s*(?:require\s+)?([\w.~-]+(?:/[\w.~-]+)*)\s+v\d", re.M)
_TABLES = ("dependencies", "dev-dependencies", "build-dependencies")  # of Cargo.toml


@dataclass(slots=True)
class _Manifest:
    """``name``: what others call the package, "" if it has no name. ``needs``: the names of the packages it depends on.

    ``places``: directories that it depends on, from the top of the repository.
    """

    name: str = ""
    needs: set[str] = field(default_factory=set)
    places: set[str] = field(default_factory=set)


def needed_directories(kinds: Mapping[str, Iterable[str]], read: Callable[[str], str]) -> dict[str, tuple[str, ...]]:
    """Directory -> those of the others that it needs, also by way of others, sorted. Only those that need some.

    ``kinds``: the kinds of the manifests in each directory. ``read`` gives the text of a file, "" if there is none.
    """
    direct: dict[str, set[str]] = {}
    for kind, reader in _READERS.items():
        found = {directory: reader(directory, read) for directory, each in kinds.items() if directory and kind in each}
        by_name = {each.name: directory for directory, each in found.items() if each.name}
        for directory, each in found.items():
            named = {by_name[name] for name in each.needs if name in by_name}
            direct.setdefault(directory, set()).update(named, each.places & found.keys())
    every = {directory: _reached(directory, direct) for directory in direct}
    return {directory: tuple(sorted(each)) for directory, each in every.items() if each}


def _reached(directory: str, direct: Mapping[str, set[str]]) -> set[str]:
    found: set[str] = set()
    waiting = [directory]
    while waiting:
        more = direct.get(waiting.pop(), set()) - found
        found |= more
        waiting += more
    return found - {directory}


def _python(directory: str, read: Callable[[str], str]) -> _Manifest:
    project, setup = toml_tables(read(f"{directory}/pyproject.toml")), read(f"{directory}/setup.py")
    poetry = table_of(project, "tool", "poetry")
    found = _Manifest()
    name = table_of(project, "project").get("name") or poetry.get("name")
    found.needs.update(_declared(table_of(project, "project"), table_of(project, "dependency-groups")))
    found.needs.update(table_of(poetry, "dependencies"), table_of(poetry, "dev-dependencies"))
    for group in table_of(poetry, "group").values():
        found.needs.update(table_of(group, "dependencies"))
    if setup:
        named = _NAME_IN_SETUP.search(setup)
        name = name or (named[1] if named else "")
        found.needs.update(_STRING.findall(setup))
    try:
        parser = parse_ini(read(f"{directory}/setup.cfg"), strict=False)
        name = name or parser.get("metadata", "name", fallback="")
        found.needs.update(_requirements(parser.get("options", "install_requires", fallback="").splitlines()))
    except ValueError:
        pass
    for file in _REQUIREMENT_FILES:
        text = read(f"{directory}/{file}")
        found.needs.update(_requirements(text.splitlines()))
        found.places.update(posixpath.normpath(f"{directory}/{each}") for each in _PATH_REQUIREMENT.findall(text))
    found.name = _normalized(name) if isinstance(name, str) else ""
    found.needs = set(map(_normalized, found.needs))
    return found


def _declared(project: Mapping[str, Any], groups: Mapping[str, Any]) -> Iterator[str]:
    yield from _requirements(project.get("dependencies"))
    for table in (table_of(project, "optional-dependencies"), groups):
        for value in table.values():
            yield from _requirements(value)


def _requirements(value: object) -> Iterator[str]:
    for each in value if isinstance(value, list) else ():
        matched = _REQUIREMENT.match(each) if isinstance(each, str) else None
        if matched:
            yield matched[1]


def _normalized(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _javascript(directory: str, read: Callable[[str], str]) -> _Manifest:
    package = javascript.load(read(f"{directory}/package.json"))
    name = package.get("name")
    return _Manifest(name if isinstance(name, str) else "", set(javascript.dependencies(package)))


def _go(directory: str, read: Callable[[str], str]) -> _Manifest:
    text = read(f"{directory}/go.mod")
    module = _MODULE.search(text)
    return _Manifest(module[1] if module else "", set(_REQUIRED_MODULE.findall(text)))


def _rust(directory: str, read: Callable[[str], str]) -> _Manifest:
    crate = toml_tables(read(f"{directory}/Cargo.toml"))
    name = table_of(crate, "package").get("name")
    found = _Manifest(name if isinstance(name, str) else "")
    for table in _TABLES:
        for key, value in table_of(crate, table).items():
            found.needs.add(str(value.get("package", key)) if isinstance(value, dict) else key)
    return found


_READERS: dict[str, Callable[[str, Callable[[str], str]], _Manifest]] = {
    PYTHON: _python,
    JAVASCRIPT: _javascript,
    GO: _go,
    RUST: _rust,
}
