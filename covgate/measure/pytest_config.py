"""How a suite is run, according to pytest's configuration in a tree and to the options of its command.

The files and their order are those of pytest (reference/customize.html, "Initialization: determining rootdir and
configfile"): the first one that configures pytest is used.
"""

from __future__ import annotations

import os
import posixpath
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from covgate.compat import parse_ini, parse_toml
from covgate.measure.inside.covgate_programs import (
    CONFIGURATIONS,
    config_directories,
    names_config,
    option_values,
    wants_cov,
    wants_workers,
)

FILES = CONFIGURATIONS
_COV_OPTIONS = frozenset({"--cov", "--no-cov", "--cov-config", "--cov-branch"})


@dataclass(frozen=True, slots=True, kw_only=True)
class PytestConfig:
    """Pytest's configuration. ``file`` is its path in the tree, "" if there is none.

    ``options`` are those of ``addopts``, of the environment and of the command, in this order. ``pythonpath`` is what
    pytest puts first on the path, relative to the file's directory; ``testpaths`` is where it looks for tests.
    """

    file: str = ""
    addopts: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    pythonpath: tuple[str, ...] = ()
    testpaths: tuple[str, ...] = ()

    @property
    def distributed(self) -> bool:
        """Whether pytest-xdist is to start workers."""
        return wants_workers(self.options)

    @property
    def has_cov(self) -> bool:
        """Whether pytest-cov is to measure."""
        return wants_cov(self.options)

    @property
    def cov_source(self) -> tuple[str, ...]:
        """What pytest-cov is to measure; a plain ``--cov`` names nothing."""
        named = option_values(self.options, "", "--cov")
        return tuple(each for each in named if each and not each.startswith("-"))

    @property
    def cov_branch(self) -> bool:
        """Whether pytest-cov is to measure branches."""
        return "--cov-branch" in self.options

    @property
    def cov_fail_under(self) -> str:
        """The percentage below which pytest-cov fails, as it is written; "" if it is not set."""
        return (option_values(self.options, "", "--cov-fail-under") or [""])[-1]

    @property
    def cov_config(self) -> str:
        """The file that configures coverage for pytest-cov; "" if it is not set."""
        return (option_values(self.options, "", "--cov-config") or [""])[-1]


def read_pytest_config(
    tree: Path, arguments: tuple[str, ...], environ: Mapping[str, str], directory: str = ""
) -> PytestConfig:
    """The configuration of pytest in ``tree``, if it is started with ``arguments`` in the environment ``environ``.

    It starts in ``directory`` and looks there first, then upwards. A file that can't be parsed is skipped; pytest
    itself reports it.
    """
    more = (*_split(environ.get("PYTEST_ADDOPTS", "")), *arguments)
    for file in _searched(tree, directory, more):
        settings = _settings_in(tree / file)
        if settings is not None:
            options = (*settings.addopts, *more)
            pythonpath = tuple(posixpath.join(posixpath.dirname(file), each) for each in settings.pythonpath)
            return PytestConfig(
                file=file,
                addopts=settings.addopts,
                options=options,
                pythonpath=pythonpath,
                testpaths=settings.testpaths,
            )
    return PytestConfig(options=more)


def config_above(tree: Path, arguments: tuple[str, ...], environ: Mapping[str, str]) -> str:
    """The file above ``tree`` that configures pytest there, because the tree has none; "" if there is none."""
    words = (*_split(environ.get("PYTEST_ADDOPTS", "")), *arguments)
    if names_config(words) or read_pytest_config(tree, arguments, environ).file:
        return ""
    files = (directory / name for directory in tree.parents for name in FILES)
    return next((str(each) for each in files if _settings_in(each) is not None), "")


def _searched(tree: Path, directory: str, words: tuple[str, ...]) -> list[str]:
    """The paths in ``tree`` where pytest looks for its configuration if it starts in ``directory`` with ``words``."""
    named = names_config(words)
    if named:
        return [posixpath.join(directory, named)]
    below = (each.replace(os.sep, "/") for each in config_directories(str(tree / directory), words))
    places = [posixpath.join(directory, each).rstrip("/") for each in below]
    while places[-1]:
        places.append(posixpath.dirname(places[-1]))
    return [posixpath.join(place, name) for place in places for name in FILES]


def _settings_in(path: Path) -> _Settings | None:
    """What the file at ``path`` configures; None if there is no such file, or if it doesn't configure pytest."""
    try:
        return _settings(path.name, path.read_bytes()) if path.is_file() else None
    except OSError:
        return None


def cov_options(files: Mapping[str, bytes]) -> tuple[str, ...]:
    """The options in ``addopts`` that decide what pytest-cov measures; ``files`` are by name."""
    found = (_settings(name, files[name]) for name in FILES if name in files)
    words = next((each for each in found if each is not None), _Settings()).addopts
    kept = []
    for position, word in enumerate(words):
        before = words[position - 1] if position else ""
        value_of = before in ("--cov", "--cov-config") and not word.startswith("-")
        if value_of or word.partition("=")[0] in _COV_OPTIONS:
            kept.append(word)
    return tuple(kept)


def _settings(name: str, data: bytes) -> _Settings | None:
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return None
    return _from_toml(text, name) if name.endswith(".toml") else _from_ini(text, name)


class _Settings(NamedTuple):
    addopts: tuple[str, ...] = ()
    pythonpath: tuple[str, ...] = ()
    testpaths: tuple[str, ...] = ()


def _from_toml(text: str, name: str) -> _Settings | None:
    try:
        data = parse_toml(text)
    except (ValueError, RecursionError):
        return None
    tables: list[Any] = [data.get("pytest")]
    if name == "pyproject.toml":
        tool = data.get("tool")
        native = tool.get("pytest") if isinstance(tool, dict) else None
        tables = [native.get("ini_options") if isinstance(native, dict) else None, native]
    for table in tables:
        if isinstance(table, dict):
            return _Settings(*(_words(table.get(key)) for key in _Settings._fields))
    return None


def _from_ini(text: str, name: str) -> _Settings | None:
    try:
        parser = parse_ini(text, strict=False, allow_no_value=True)
    except ValueError:
        return None
    section = "tool:pytest" if name == "setup.cfg" else "pytest"
    if parser.has_section(section):
        return _Settings(*(_words(parser.get(section, key, fallback="")) for key in _Settings._fields))
    # Pytest uses a pytest.ini even if it has no such section.
    return _Settings() if name in ("pytest.ini", ".pytest.ini") else None


def _words(value: object) -> tuple[str, ...]:
    if isinstance(value, list):
        return tuple(str(each) for each in value)
    return _split(str(value)) if value else ()


def _split(text: str) -> tuple[str, ...]:
    try:
        return tuple(shlex.split(text))
    except ValueError:
        return ()
