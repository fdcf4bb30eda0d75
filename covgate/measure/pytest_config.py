"""What pytest's configuration in a tree says about how the suite is run.

The files and their order are pytest's (reference/customize.html, "Initialization: determining rootdir
and configfile"): the first that configures pytest is the one.
"""

from __future__ import annotations

import configparser
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from covgate.compat import tomllib


@dataclass(frozen=True, slots=True, kw_only=True)
class PytestConfig:
    """``file``: the configuration's name in the tree, "" for none; ``addopts``: its options and the environment's.

    ``pythonpath``: what pytest puts first on the path, relative to the tree. ``rcfile``: the configuration of coverage
    to use, "" for the one that coverage finds.
    """

    file: str = ""
    addopts: tuple[str, ...] = ()
    pythonpath: tuple[str, ...] = ()
    rcfile: str = ""

    @property
    def distributed(self) -> bool:
        """Whether pytest-xdist is asked to start workers."""
        values = [value for value in _values(self.addopts, "-n", "--numprocesses") if value != "0"]
        return bool(values) or bool(_values(self.addopts, "--tx"))

    @property
    def has_cov(self) -> bool:
        """Whether pytest-cov is asked to measure."""
        asked = any(each == "--cov" or each.startswith("--cov=") for each in self.addopts)
        return asked and "--no-cov" not in self.addopts

    @property
    def cov_source(self) -> tuple[str, ...]:
        """What pytest-cov is asked to measure by name; a bare ``--cov`` names nothing."""
        named = _values(self.addopts, "", "--cov")
        return tuple(each for each in named if each and not each.startswith("-"))

    @property
    def cov_branch(self) -> bool:
        return "--cov-branch" in self.addopts

    @property
    def cov_fail_under(self) -> str:
        """The percentage below which pytest-cov fails, as it is written; "" for none."""
        return (_values(self.addopts, "", "--cov-fail-under") or [""])[-1]

    @property
    def cov_config(self) -> str:
        """The coverage configuration file that pytest-cov is given; "" for none."""
        return (_values(self.addopts, "", "--cov-config") or [""])[-1]


def read_pytest_config(tree: Path, arguments: tuple[str, ...], environ: Mapping[str, str]) -> PytestConfig:
    """Read it from ``tree``; options from PYTEST_ADDOPTS and the command's ``arguments`` come after."""
    later = (*_split(environ.get("PYTEST_ADDOPTS", "")), *arguments)
    for name in (
        "pytest.toml",
        ".pytest.toml",
        "pytest.ini",
        ".pytest.ini",
        "pyproject.toml",
        "tox.ini",
        "setup.cfg",
    ):
        path = tree / name
        if not path.is_file():
            continue
        found = _from_toml(path) if name.endswith(".toml") else _from_ini(path)
        if found is not None:
            addopts, pythonpath = found
            return PytestConfig(file=name, addopts=(*addopts, *later), pythonpath=pythonpath)
    return PytestConfig(addopts=later)


# Of one file: addopts, and pythonpath.
_Found = tuple[tuple[str, ...], tuple[str, ...]]


def _from_toml(path: Path) -> _Found | None:
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (ValueError, OSError, RecursionError):
        return None  # pytest says it better than we could
    tables: list[Any] = [data.get("pytest")]
    if path.name == "pyproject.toml":
        tool = data.get("tool")
        native = tool.get("pytest") if isinstance(tool, dict) else None
        tables = [native.get("ini_options") if isinstance(native, dict) else None, native]
    for table in tables:
        if isinstance(table, dict):
            return _listed(table.get("addopts")), _listed(table.get("pythonpath"))
    return None


def _from_ini(path: Path) -> _Found | None:
    parser = configparser.RawConfigParser(strict=False, allow_no_value=True)
    try:
        parser.read_string(path.read_text(encoding="utf-8"))
    except (configparser.Error, ValueError, OSError):
        return None
    section = "tool:pytest" if path.name == "setup.cfg" else "pytest"
    if parser.has_section(section):
        return _listed(parser.get(section, "addopts", fallback="")), _listed(
            parser.get(section, "pythonpath", fallback="")
        )
    # A pytest.ini configures pytest even when it says nothing.
    return ((), ()) if path.name in ("pytest.ini", ".pytest.ini") else None


def _listed(value: object) -> tuple[str, ...]:
    if isinstance(value, list):
        return tuple(str(each) for each in value)
    return _split(str(value)) if value else ()


def _split(text: str) -> tuple[str, ...]:
    try:
        return tuple(shlex.split(text))
    except ValueError:
        return ()


def _values(options: tuple[str, ...], short: str, long: str = "") -> list[str]:
    """The values of an option, given as ``-n 2``, ``-n2``, ``--long 2`` or ``--long=2``."""
    found = []
    for position, each in enumerate(options):
        following = options[position + 1] if position + 1 < len(options) else ""
        if each in (short, long):
            found.append(following)
        elif long and each.startswith(f"{long}="):
            found.append(each.partition("=")[2])
        elif len(short) == 2 and each.startswith(short) and not each.startswith("--"):
            found.append(each[2:])
    return found
