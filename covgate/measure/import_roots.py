"""Where the packages of a measured tree are imported from, if the project is installed from another checkout of it.

An editable install points to the directory that it was made in: through a path file, through a finder with a mapping,
or through a link. If it points to a checkout of this repository, it must point to the measured tree instead.
"""

from __future__ import annotations

import ast
import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit

from covgate.measure.packaging import FILES as BUILD_FILES
from covgate.measure.packaging import read_build
from covgate.model.source_files import is_test_directory

_MAPPED = re.compile(r"""map_module\(\s*(['"])(?P<name>[^'"]+)\1\s*,\s*(['"])(?P<path>.+?)\3\s*\)""")
_MAPPINGS = ("MAPPING", "NAMESPACES")  # of the finders that setuptools writes


@dataclass(frozen=True, slots=True, kw_only=True)
class Installed:
    """What is installed from checkouts of this repository, as paths from their top ("" for the top itself).

    ``roots`` are directories on the import path, ``packages`` the places of packages and modules by name, ``projects``
    the directories of the installed projects.
    """

    roots: tuple[str, ...] = ()
    packages: Mapping[str, str] = field(default_factory=dict)
    projects: tuple[str, ...] = ()


def package_bases(project: Path) -> list[str]:
    """The directories below ``project`` that its packages are imported from, the project itself ("") last."""

    def read(name: str) -> bytes | None:
        try:
            return (project / name).read_bytes()
        except OSError:
            return None

    build = read_build(read)
    named = [*build.roots, *(path.rpartition("/")[0] for path in build.paths)]
    if (project / "src").is_dir() and not (project / "src" / "__init__.py").is_file():
        named.append("src")
    return list(dict.fromkeys([*filter(None, named), ""]))


def import_path(tree: Path, installed: Installed, directory: str = "") -> list[str]:
    """The directories that the packages of ``tree`` are imported from, if they are installed as ``installed`` says.

    Those of the project in ``directory`` come first.
    """
    own = [f"{directory}/{each}".rstrip("/") for each in package_bases(tree / directory)] if directory else []
    bases = [*own, *package_bases(tree), *installed.roots]
    for project in installed.projects:
        own = [f"{project}/{each}".strip("/") for each in package_bases(tree / project)]
        bases += own[:-1] or own
    bases += [base for name, place in installed.packages.items() if (base := _base(name, place)) is not None]
    return [str(tree / each) for each in dict.fromkeys(bases) if (tree / each).is_dir()]


def link_renamed(tree: Path, installed: Installed, links: Path) -> list[str]:
    """The directory ``links``, with a link to each package that has another name than its directory; [] if none has.

    Raises OSError if it can't be written.
    """
    renamed = {
        name: tree / place
        for name, place in installed.packages.items()
        if _base(name, place) is None and "." not in name and (tree / place).is_dir()
    }
    for name, target in renamed.items():
        links.mkdir(parents=True, exist_ok=True)
        (links / name).symlink_to(target)
    return [str(links)] if renamed else []


def moved(path: str, checkouts: Sequence[Path], tree: Path) -> str:
    """``path``, or the same place in ``tree`` if it is in one of ``checkouts``."""
    return next((str(tree / place) for place in _places([Path(path)], checkouts)), path)


def find_installed(sites: Iterable[str], checkouts: Sequence[Path]) -> Installed:
    """What the directories ``sites`` of an environment say about packages that come from ``checkouts``."""
    roots: list[str] = []
    projects: list[str] = []
    packages: dict[str, str] = {}
    for path in (path for site in sites for path in _entries(Path(site))):
        if path.suffix == ".pth":
            roots += _places(_path_lines(path), checkouts)
        elif path.suffix == ".dist-info":
            projects += _places(_project_of(path), checkouts)
        elif path.suffix == ".py" and "editable" in path.name:
            for name, place in _mapping(_text(path)):
                packages.update((name, each) for each in _places([Path(place)], checkouts))
        elif path.is_symlink():
            packages.update((path.stem, each) for each in _places([path.resolve()], checkouts))
    return Installed(roots=tuple(dict.fromkeys(roots)), packages=packages, projects=tuple(dict.fromkeys(projects)))


def package_roots(paths: Iterable[str]) -> tuple[str, ...]:
    """The directories that hold the top-level packages of a tree with the files ``paths``; "" is the top.

    They are where a project is built, or one level below: deeper directories may be parts of a namespace package.
    """
    files = frozenset(paths)
    projects = {path.rpartition("/")[0] for path in files if path.rpartition("/")[2] in BUILD_FILES}
    packages = {path.rpartition("/")[0] for path in files if path.endswith("/__init__.py")}
    found = {"", "src"}
    for root in {package.rpartition("/")[0] for package in packages} - packages:
        is_test = any(is_test_directory(each) or each.startswith(".") for each in root.split("/"))
        if not is_test and (root in projects or root.rpartition("/")[0] in projects - {""}):
            found.add(root)
    return tuple(sorted(found))


def _base(name: str, place: str) -> str | None:
    """The directory that ``name`` is imported from if it is at ``place``; None if its directory has another name."""
    parts, own = place.split("/"), name.split(".")
    return "/".join(parts[: -len(own)]) if parts[-len(own) :] == own else None


def _places(paths: Iterable[Path], checkouts: Sequence[Path]) -> Iterator[str]:
    """For each path in a checkout, its place there; files of git and of environments are left out."""
    for path in paths:
        real = os.path.realpath(path)
        tops = [top for top in map(os.path.realpath, checkouts) if real == top or real.startswith(top + os.sep)]
        if path.is_absolute() and tops:
            place = Path(os.path.relpath(real, max(tops, key=len))).as_posix()
            if not any(part.startswith(".") and part != "." for part in place.split("/")):
                yield "" if place == "." else place


def _entries(site: Path) -> list[Path]:
    try:
        return sorted(site.iterdir())
    except OSError:
        return []


def _path_lines(path: Path) -> Iterator[Path]:
    """The directories that a path file adds (library/site.html)."""
    for line in _text(path).splitlines():
        if line.strip() and not line.startswith(("#", "import ", "import\t")):
            yield path.parent / line.rstrip()


def _project_of(distribution: Path) -> Iterator[Path]:
    """The directory that a distribution was installed from, if it is an editable one (PEP 610)."""
    try:
        value = json.loads(_text(distribution / "direct_url.json") or "{}")
        url = urlsplit(value["url"]) if value["dir_info"]["editable"] is True else None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return
    if url is not None and url.scheme == "file":
        yield Path(unquote(url.path))


def _mapping(text: str) -> Iterator[tuple[str, str]]:
    """Name and place of each package in a finder that a build backend wrote: setuptools, or the library editables."""
    yield from ((found["name"], found["path"].removesuffix("/__init__.py")) for found in _MAPPED.finditer(text))
    try:
        statements = ast.parse(text).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    for each in statements:
        if not isinstance(each, (ast.Assign, ast.AnnAssign)) or each.value is None:
            continue
        target = each.target if isinstance(each, ast.AnnAssign) else each.targets[0]
        if not isinstance(target, ast.Name) or target.id not in _MAPPINGS:
            continue
        try:
            value = ast.literal_eval(each.value)
        except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
            continue
        for name, places in value.items() if isinstance(value, dict) else ():
            yield from ((str(name), str(each)) for each in ([places] if isinstance(places, str) else places))


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
