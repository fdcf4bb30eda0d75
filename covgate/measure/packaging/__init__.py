"""Which directories and modules a project packages, as the configuration of its build says.

covgate reads pyproject.toml, setup.cfg, and the literal values in setup.py; it executes nothing. It ignores what it
can't read, and what only the build finds out.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from covgate.compat import parse_toml, table_of
from covgate.measure.packaging.backends import READERS
from covgate.measure.packaging.build_values import Declared, normal, unique
from covgate.measure.packaging.setuptools_files import read_cfg, read_script, read_table

FILES = ("pyproject.toml", "setup.cfg", "setup.py")


@dataclass(frozen=True, slots=True, kw_only=True)
class Build:
    """What the build packages.

    ``roots``: the directories that its packages are imported from, "" for the top of the tree; empty if unknown.
    ``paths``: packages and modules, as paths from the top. ``finds``: patterns of the names that are packaged from the
    root, as setuptools' finders get them. ``excludes``: patterns of the names that are not. ``names``: possible names
    of the only package. ``packaged``: whether anything is packaged at all.
    """

    roots: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    finds: tuple[str, ...] = ()
    excludes: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    packaged: bool = False

    def finds_name(self, name: str) -> bool:
        """Whether the finders take a package ``name``."""
        return any(fnmatch.fnmatchcase(name, each) for each in self.finds or ("*",)) and not any(
            fnmatch.fnmatchcase(name, each) for each in self.excludes
        )


def read_build(read: Callable[[str], bytes | None]) -> Build:
    """What the configuration declares; ``read`` gives its files (name -> content, None if there is no such file)."""
    pyproject, declared = _pyproject(read("pyproject.toml")), Declared()
    tool, project = table_of(pyproject, "tool"), table_of(pyproject, "project")
    backend = str(table_of(pyproject, "build-system").get("build-backend", ""))
    readers = [each for name, each in READERS.items() if backend.startswith(name) or (not backend and name in tool)]
    for read_backend in readers:
        read_backend(tool, declared)
    if not readers:  # setuptools, or a backend that wraps it
        read_script(read("setup.py"), declared)
        read_cfg(read("setup.cfg"), declared)
        read_table(table_of(tool, "setuptools"), declared)
    if backend and not backend.startswith("setuptools"):
        declared.names += [str(table["name"]) for table in (project, table_of(tool, "poetry")) if table.get("name")]
    return Build(
        roots=unique(map(normal, declared.roots)),
        paths=unique(filter(None, map(normal, declared.paths))),
        finds=unique(declared.finds),
        excludes=unique(declared.excludes),
        names=unique(declared.names),
        packaged=declared.packaged or bool(backend or project or {"poetry", "flit"} & set(tool)),
    )


def _pyproject(data: bytes | None) -> Mapping[str, Any]:
    try:
        return parse_toml((data or b"").decode("utf-8"))
    except (ValueError, RecursionError):
        return {}
