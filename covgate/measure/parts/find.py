"""Find the parts of a repository: the directories with a language, a build and tests of their own. No I/O.

It is better to find too few: a package with examples is one part, however many manifests the examples have.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from covgate.compat import parse_toml
from covgate.config.component_tables import is_inside
from covgate.measure.parts import javascript, languages
from covgate.measure.parts.depends import needed_directories
from covgate.measure.parts.part import (
    GO,
    JAVA,
    JAVASCRIPT,
    MANIFESTS,
    NATIVE,
    PYTHON,
    PYTHON_WITHOUT_BUILD,
    RUST,
    SHARED,
    Files,
    Part,
    Setting,
)
from covgate.model.source_files import CODE_SUFFIXES, could_be_measured, is_beside_product, is_test_directory

# Directories whose contents are not the repository's own product.
_NOT_PARTS = re.compile(
    r"\..*|node_modules|vendor|third[_-]party|external|extern|deps|build|dist|target|testing|testdata|fixtures?|docs?"
    r"|documentation|examples?|samples?|demos?|benchmarks?|templates?|cookiecutter.*|\{\{.*"
)
# Manifests of languages that covgate proposes nothing for.
_UNKNOWN = {
    "composer.json": "PHP",
    "Gemfile": "Ruby",
    "mix.exs": "Elixir",
    "Package.swift": "Swift",
    "pubspec.yaml": "Dart",
}
_LEFT_OVER = "source code outside of all parts, so nothing measures it (`source` at the top level makes it `default`)"
_SHOWN = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The parts of a repository in directories of their own; the part at its top, if there is one; and what is none.

    ``notices`` name the directories that are no parts, in one sentence for each reason.
    """

    parts: tuple[Part, ...] = ()
    top: Part | None = None
    notices: tuple[str, ...] = ()


def find_parts(paths: Iterable[str], read: Callable[[str], str], installed: Callable[[str], bool]) -> Found:
    """The parts of a repository with the files ``paths``.

    ``read`` gives the text of a file, "" if there is none. ``installed`` says whether a program is on PATH.
    """
    own = _own(paths)
    manifests = _by_directory(own)
    parts: list[Part] = []
    untested, inner = list[str](), list[str]()
    for directory in sorted(manifests):
        if not directory:
            continue
        outer = next((each for each in parts if directory.startswith(f"{each.directory}/")), None)
        part = _part(_files(directory, own, read, installed), manifests[directory])
        if outer is not None:
            inner += [part.shown] if part and part.kind != outer.kind else []
        elif part is not None:
            parts.append(part)
        elif not _only_groups(manifests[directory], directory, read):
            untested.append(directory)
    top = _top_part(own, parts, manifests.get("", []), read, installed)
    if top is not None:
        inner += [each.shown for each in parts if each.kind == top.kind]
        parts = [each for each in parts if each.kind != top.kind]
    shared = {kind: tuple(name for name in names if read(name)) for kind, names in SHARED.items()}
    needed = needed_directories(manifests, read)
    unknown = _unknown(own)
    known = [*(each.directory for each in parts), *untested, *unknown]
    notices = [
        *_notice("inside of another part, so no component of its own", inner),
        *_notice("without tests that covgate finds", untested),
        *_notice("in a language that covgate can't set up", [f"{place} ({kind})" for place, kind in unknown.items()]),
        *_notice(_LEFT_OVER, _left_over(own, known) if top is None else []),
    ]
    return Found(
        parts=tuple(_with_paths(each, shared.get(each.kind, ()), needed.get(each.directory, ())) for each in parts),
        top=top,
        notices=tuple(notices),
    )


def find_needed(paths: Iterable[str], read: Callable[[str], str]) -> dict[str, tuple[str, ...]]:
    """Directory with a manifest -> the other ones that it needs; for the arguments see `find_parts`."""
    return needed_directories(_by_directory(_own(paths)), read)


def _own(paths: Iterable[str]) -> list[str]:
    return [path for path in paths if not any(map(_is_no_part, path.split("/")[:-1]))]


def _by_directory(paths: Iterable[str]) -> dict[str, list[str]]:
    """The kinds of the manifests in each directory that has one, the likeliest first."""
    found: dict[str, set[str]] = {}
    unbuilt = set[str]()
    for path in paths:
        directory, _, name = path.rpartition("/")
        if any(map(is_test_directory, directory.split("/"))):
            continue
        if name in MANIFESTS:
            found.setdefault(directory, set()).add(MANIFESTS[name])
        elif name in PYTHON_WITHOUT_BUILD and directory:
            unbuilt.add(directory)
    built = {each for each, kinds in found.items() if PYTHON in kinds and each}
    for directory in unbuilt:
        if not any(is_inside(each, directory) or is_inside(directory, each) for each in built):
            found.setdefault(directory, set()).add(PYTHON)
    order = list(dict.fromkeys(MANIFESTS.values()))
    return {directory: sorted(kinds, key=order.index) for directory, kinds in found.items()}


def _part(files: Files, kinds: Iterable[str]) -> Part | None:
    """The part in ``files``: of the first of ``kinds`` that has tests there; None if there is none."""
    for kind in kinds:
        setting = _READERS[kind](files)
        if setting is not None:
            return Part(directory=files.directory, kind=kind, keys=dict(setting.keys), missing=setting.missing)
    return None


def _javascript(files: Files) -> Setting | None:
    package = javascript.load(files.text("package.json"))
    is_group = not files.directory and ("workspaces" in package or files.read("pnpm-workspace.yaml"))
    return javascript.measured(files) if javascript.has_tests(package) and not is_group else None


_READERS: dict[str, Callable[[Files], Setting | None]] = {
    PYTHON: languages.python,
    JAVASCRIPT: _javascript,
    GO: languages.go,
    RUST: languages.rust,
    JAVA: languages.java,
    NATIVE: languages.native,
}


def _top_part(
    own: Iterable[str],
    parts: Iterable[Part],
    kinds: list[str],
    read: Callable[[str], str],
    installed: Callable[[str], bool],
) -> Part | None:
    """The part at the top of the repository: what has code and tests outside of the other parts."""
    places = [f"{each.directory}/" for each in parts]
    rest = [path for path in own if not path.startswith(tuple(places))]
    if PYTHON in kinds and not _is_project(read):
        kinds = [each for each in kinds if each != PYTHON]
    return _part(_files("", rest, read, installed), kinds)


def _is_project(read: Callable[[str], str]) -> bool:
    """Whether the Python files at the top are those of a project, and not only the configuration of tools."""
    try:
        table = parse_toml(read("pyproject.toml"))
    except (ValueError, RecursionError):
        return True
    tool = table.get("tool")
    return "project" in table or (isinstance(tool, dict) and "poetry" in tool) or bool(read("setup.py"))


def _only_groups(kinds: Iterable[str], directory: str, read: Callable[[str], str]) -> bool:
    """Whether the manifest in ``directory`` belongs to several parts, not to one: a workspace, or a plain Makefile."""
    if set(kinds) == {NATIVE}:
        return True  # a Makefile is often a list of tasks
    return "workspaces" in javascript.load(read(f"{directory}/package.json"))


def _files(directory: str, paths: Iterable[str], read: Callable[[str], str], installed: Callable[[str], bool]) -> Files:
    start = f"{directory}/" if directory else ""
    inside = frozenset(path.removeprefix(start) for path in paths if path.startswith(start))
    return Files(directory=directory, paths=inside, read=read, installed=installed)


def _with_paths(part: Part, shared: tuple[str, ...], needed: tuple[str, ...]) -> Part:
    """``part`` with the files of the top and the other directories that decide its number, too."""
    outside = tuple(f"{each}/**" for each in needed if not each.startswith(f"{part.directory}/"))
    if not (shared or outside):
        return part
    # With a source, `paths` has to name the tests, too.
    own = (f"{part.directory}/**",) if "source" in part.keys else ()
    return replace(part, keys={"paths": (*own, *shared, *outside), **part.keys})


def _is_no_part(name: str) -> bool:
    return bool(_NOT_PARTS.fullmatch(name.lower()))


def _left_over(paths: Iterable[str], known: Sequence[str]) -> list[str]:
    """The files and directories with source code of which nothing is in one of the directories ``known``."""
    found: dict[str, None] = {}
    for path in paths:
        if could_be_measured(path, CODE_SUFFIXES) and not is_beside_product(path) and not _is_in(path, known):
            names = path.split("/")
            places = ("/".join(names[:count]) for count in range(1, len(names) + 1))
            found[next(place for place in places if not any(_is_in(each, [place]) for each in known))] = None
    return list(found)


def _is_in(path: str, directories: Iterable[str]) -> bool:
    return any(path == each or path.startswith(f"{each}/") for each in directories)


def _unknown(paths: Iterable[str]) -> Mapping[str, str]:
    """Directory -> the language that covgate proposes nothing for, sorted."""
    found = {
        path.rpartition("/")[0]: _UNKNOWN[path.rpartition("/")[2]]
        for path in paths
        if path.rpartition("/")[2] in _UNKNOWN and "/" in path
    }
    return dict(sorted(found.items()))


def _notice(why: str, names: list[str]) -> list[str]:
    if not names:
        return []
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return [f"in no component: {', '.join(names[:_SHOWN])}{more}: {why}"]
