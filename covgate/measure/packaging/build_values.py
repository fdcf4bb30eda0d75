"""What is collected from the files that configure a build, and how their values are read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Declared:
    """What is collected from the files. ``package_dir`` is setuptools': the directory of the packages below a name."""

    roots: list[str] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    finds: list[str] = field(default_factory=list)
    excludes: list[str] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    package_dir: dict[str, str] = field(default_factory=dict)
    packaged: bool = False

    def set_package_dir(self, value: object) -> None:
        """Add directories by the names of packages; "" is the name of the root."""
        if isinstance(value, Mapping):
            self.package_dir.update({str(name): str(directory) for name, directory in value.items()})
        if "" in self.package_dir:
            self.roots.append(self.package_dir[""])

    def add_packages(self, names: object) -> None:
        """Add packages by their dotted names; those inside of others change nothing."""
        listed = strings(names)
        for name in listed:
            if name in self.package_dir:
                self.paths.append(self.package_dir[name])
            elif not any(name.startswith(f"{other}.") for other in listed):
                self.paths.append(f"{self.package_dir.get('', '')}/{name.replace('.', '/')}")

    def add_modules(self, names: object) -> None:
        """Add modules by their dotted names."""
        self.paths += [f"{self.package_dir.get('', '')}/{name.replace('.', '/')}.py" for name in strings(names)]

    def add_finder(self, options: Mapping[str, Any]) -> None:
        """The options of a finder of setuptools: ``where``, ``include`` and ``exclude``."""
        self.roots += strings(options.get("where"))
        self.finds += strings(options.get("include"))
        self.excludes += strings(options.get("exclude"))


def strings(value: object) -> list[str]:
    """The strings in a value that may be a string, a list of strings, or anything else."""
    if isinstance(value, str):
        return [value] if value else []
    return [each for each in value if isinstance(each, str) and each] if isinstance(value, (list, tuple)) else []


def lines(text: str) -> list[str]:
    """The items of a list in an INI file."""
    return [each.strip() for each in text.replace(",", "\n").split("\n") if each.strip()]


def before_glob(pattern: str) -> str:
    """The directory that a pattern is about: ``pkg`` for ``pkg/**/*.py``."""
    parts = pattern.split("/")
    globs = [position for position, part in enumerate(parts) if any(each in part for each in "*?[")]
    return "/".join(parts[: globs[0]] if globs else parts)


def normal(path: str) -> str:
    """``path`` from the top of the tree; "" for the top itself."""
    return "/".join(part for part in path.replace("\\", "/").split("/") if part not in ("", "."))


def unique(values: Iterable[str]) -> tuple[str, ...]:
    """``values`` without repetitions, in their order."""
    return tuple(dict.fromkeys(values))
