"""What a part of a repository is, and the files that one is recognised by. No I/O."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

PYTHON, JAVASCRIPT, NATIVE, GO, RUST, JAVA = "Python", "JavaScript", "C/C++", "Go", "Rust", "Java"

# The files that begin a part -> its kind; of several in one directory, the first counts.
MANIFESTS = {
    "pyproject.toml": PYTHON,
    "setup.py": PYTHON,
    "setup.cfg": PYTHON,
    "package.json": JAVASCRIPT,
    "go.mod": GO,
    "Cargo.toml": RUST,
    "pom.xml": JAVA,
    "build.gradle": JAVA,
    "build.gradle.kts": JAVA,
    "CMakeLists.txt": NATIVE,
    "meson.build": NATIVE,
    "Makefile": NATIVE,
}
# These begin a Python part, too, unless a directory in it or around it has one of the files above.
PYTHON_WITHOUT_BUILD = frozenset({"requirements.txt", "Pipfile", "manage.py", "pytest.ini", "tox.ini"})
# Files of the top that decide what the parts of a kind are built with.
SHARED = {
    PYTHON: ("uv.lock", "poetry.lock", "pdm.lock", "pixi.lock"),
    JAVASCRIPT: ("package.json", "package-lock.json", "pnpm-lock.yaml", "pnpm-workspace.yaml", "yarn.lock"),
    GO: ("go.work", "go.work.sum"),
    RUST: ("Cargo.toml", "Cargo.lock"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A part of a repository: its ``directory`` from the top, "" for the top itself, and its kind.

    ``keys``: what its table of configuration needs beside the directory. ``missing``: what the user has to add there,
    as one sentence; "" if it is complete.
    """

    directory: str
    kind: str
    keys: Mapping[str, str | tuple[str, ...]] = field(default_factory=dict)
    missing: str = ""

    @property
    def shown(self) -> str:
        return f"{self.directory or 'the top'} ({self.kind})"


class Setting(NamedTuple):
    """How a part is measured: ``keys`` of its table, and what is missing there."""

    keys: Mapping[str, str | tuple[str, ...]]
    missing: str = ""


class Files(NamedTuple):
    """The files in one directory: ``paths`` relative to it, without those of hidden directories.

    ``read`` gives the text of a file of the repository by its path from the top, "" if there is none. ``installed``
    says whether a program is on PATH.
    """

    directory: str
    paths: frozenset[str]
    read: Callable[[str], str]
    installed: Callable[[str], bool]

    def text(self, name: str) -> str:
        """The text of a file of the directory; "" if there is none."""
        return self.read(f"{self.directory}/{name}" if self.directory else name) if name in self.paths else ""

    def above(self, names: Mapping[str, str]) -> str:
        """The value of the first of ``names`` that is a file here, or in the nearest directory above; "" for none."""
        place = self.directory
        while True:
            for name, value in names.items():
                if self.read(f"{place}/{name}" if place else name):
                    return value
            if not place:
                return ""
            place = place.rpartition("/")[0]
