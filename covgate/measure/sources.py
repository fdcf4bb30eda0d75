"""The default sources: what is measured if neither covgate's nor coverage's configuration names a source.

They are what the project's owner would name: what the build packages, else ``src/``, else the top-level packages and
modules. Tests, tools and examples never belong to them (`covgate.model.source_files`). Only paths of the commit
decide: other files in a checkout must not change the number.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from covgate.git.repository import Repository
from covgate.measure.packaging import Build, read_build
from covgate.model.source_files import is_beside_product, is_test_directory, is_test_file, is_tool

_PYTHON = (".py", ".pyw")
_TEST_NAMES = ("test_*.py", "*_test.py", "conftest.py", "tests.py")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """What is measured: the directories and modules of the ``product``, as its owner would name them.

    ``source`` and ``omit`` are the values for coverage's options of that name, relative to the tree. Coverage counts
    files that no test imports only in packages and directly in the directories of ``source``. ``tests`` is the number
    of test files in the product's directories, which are omitted.
    """

    product: tuple[str, ...] = ()
    source: tuple[str, ...] = (".",)
    omit: tuple[str, ...] = ()
    tests: int = 0


def configured_sources(source: tuple[str, ...]) -> Sources:
    """The sources that covgate's configuration names, as they are."""
    return Sources(product=source, source=source)


class PythonTree:
    """The Python files among the ``paths`` of a tree."""

    def __init__(self, paths: Iterable[str]) -> None:
        self.files = [path for path in paths if path.endswith(_PYTHON)]
        self.packages = {_parent(path) for path in self.files if path.rpartition("/")[2] == "__init__.py"}
        self.sources = {path for path in self.files if not is_test_file(path) and not is_tool(path)}
        self.directories = {each for path in self.sources for each in _parents(path)}

    def has(self, path: str) -> bool:
        """Whether ``path`` is a source file, or a directory with one."""
        return path in self.sources or path in self.directories

    def below(self, directory: str) -> Iterator[str]:
        """The source files in ``directory`` and in the directories below it."""
        return (path for path in self.sources if _is_in(path, directory))


def product_at(
    repository: Repository, commit: str, directory: str = "", others: Sequence[str] = ()
) -> tuple[tuple[str, ...], PythonTree]:
    """The default product of the project in ``directory`` of ``commit``, and its Python files: paths from there.

    ``others``: paths from the top that belong to other projects.
    """
    start = f"{directory}/" if directory else ""
    paths = (path for path in repository.paths(commit) if not any(_is_in(path, each) for each in others))
    tree = PythonTree(path.removeprefix(start) for path in paths if path.startswith(start))
    return default_product(tree, read_build(lambda name: repository.file(commit, start + name))), tree


def default_product(tree: PythonTree, build: Build) -> tuple[str, ...]:
    """The directories and modules of the product, sorted; empty if there is nothing but tests and tools."""
    for find in (_packaged, _named, _in_src, _at_the_top):
        if found := find(tree, build):
            return _outermost(found)
    return _outermost(_top_entries(tree, tree.sources))


def default_sources(product: Sequence[str], tree: PythonTree) -> Sources:
    """What coverage needs to measure ``product`` without the tests in it."""
    directories = [path for path in product if not path.endswith(_PYTHON)]
    whole = len(directories) < len(product) or not product
    # A single module can't be a source: coverage would import it. So the source is the whole tree without the rest.
    source = ["."] if whole else list(directories)
    omit = list(_beside(product, tree)) if whole else []
    source += sorted(_without_init(directories, tree) - set(source))
    omit += [pattern for directory in directories for pattern in _tests_in(directory, tree)]
    tests = sum(is_test_file(path) for path in tree.files if any(_is_in(path, each) for each in directories))
    return Sources(product=tuple(product), source=tuple(source), omit=tuple(dict.fromkeys(omit)), tests=tests)


def dropped_products(own: Sequence[str], base: Sequence[str], tree: PythonTree) -> tuple[str, ...]:
    """What the ``base`` measures by default and ``own`` doesn't, although ``tree`` still has it."""
    return tuple(path for path in base if tree.has(path) and not any(_is_in(path, each) for each in own))


def _packaged(tree: PythonTree, build: Build) -> list[str]:
    """What the build names, or where it finds packages. ``src`` stands for all that is in it."""
    found = [path for path in (*build.roots, *build.paths) if path and tree.has(path)]
    return ["src" if _is_in(path, "src") else path for path in found]


def _named(tree: PythonTree, build: Build) -> list[str]:
    """The one package or module with the name of the project, as most backends look for it."""
    by_lower = {path.lower(): path for path in sorted(tree.directories | tree.sources, reverse=True)}
    for name in build.names:
        plain = re.sub(r"[-.]+", "_", name).lower()
        for root in ("src", "python", *build.roots, ""):
            for variant in (plain, name.replace("-", "_").replace(".", "/").lower()):
                for ending in ("", *_PYTHON):
                    found = by_lower.get(f"{root}/{variant}{ending}".lstrip("/"))
                    if found:
                        return [root or found]
    return []


def _in_src(tree: PythonTree, build: Build) -> list[str]:
    return ["src"] if tree.has("src") else []


def _at_the_top(tree: PythonTree, build: Build) -> list[str]:
    """The packages and namespaces at the top; also the modules, unless the project is packaged and has packages."""
    entries = _top_entries(tree, (path for path in tree.sources if build.finds or not is_beside_product(path)))
    modules = [path for path in entries if path.endswith(_PYTHON)]
    packaging = {path.partition("/")[0] for path in tree.packages if not is_test_file(f"{path}/__init__.py")}
    packages = [path for path in entries if path in packaging and build.finds_name(path)]
    if packages and build.packaged:
        return packages
    # Without any package, each directory may be one.
    return (packages or [path for path in entries if path not in modules]) + modules


def _top_entries(tree: PythonTree, paths: Iterable[str]) -> list[str]:
    return sorted({path.partition("/")[0] for path in paths})


def _outermost(paths: Iterable[str]) -> tuple[str, ...]:
    """``paths``, sorted, without those that are inside of others."""
    unique = sorted(set(paths))
    return tuple(path for path in unique if not any(_is_in(path, each) for each in unique if each != path))


def _without_init(directories: Sequence[str], tree: PythonTree) -> set[str]:
    """The directories of the product that coverage would skip unless they are named: they have no ``__init__.py``."""
    found = set()
    for path in tree.sources:
        parents = _parents(path)
        for each in parents:
            holds = each == parents[-1] or any(parent in tree.packages for parent in parents if _parent(parent) == each)
            if holds and each not in tree.packages and any(_is_in(each, directory) for directory in directories):
                found.add(each)
    return found


def _tests_in(directory: str, tree: PythonTree) -> Iterator[str]:
    """Patterns for the tests in ``directory``, and for the tools beside its packages."""
    tests = [path for path in tree.files if _is_in(path, directory) and is_test_file(path)]
    inside = [path.removeprefix(f"{directory}/").split("/") for path in tests]
    place = _escaped(directory)
    yield from (f"{place}/**/{_escaped(name)}/*" for name in sorted(_test_directories(inside)))
    names = {parts[-1] for parts in inside if not any(map(is_test_directory, parts[:-1]))}
    yield from (f"{place}/**/{each}" for each in _TEST_NAMES if any(map(re.compile(_regex(each)).fullmatch, names)))
    tools = [path for path in tree.files if _is_in(path, directory) and is_tool(path) and not is_test_file(path)]
    yield from (f"./{_escaped(path)}" for path in sorted(tools) if _parent(path) not in tree.packages)


def _test_directories(inside: Iterable[Sequence[str]]) -> set[str]:
    return {name for parts in inside for name in parts[:-1] if is_test_directory(name)}


def _beside(product: Sequence[str], tree: PythonTree) -> Iterator[str]:
    """Patterns for all Python files outside of ``product``; for tests and tools alone if there is no product."""
    others = tree.files if product else [path for path in tree.files if path not in tree.sources]
    outside = [path for path in others if not any(_is_in(path, each) for each in product)]
    # A directory as a whole where nothing in it is measured.
    kept = {each for path in (product or tree.sources) for each in (*_parents(path), path)}
    patterns = set()
    for path in outside:
        whole = next((each for each in _parents(path) if each not in kept), "")
        patterns.add(f"{_escaped(whole)}/*" if whole else f"./{_escaped(path)}")
    yield from sorted(patterns)


def _is_in(path: str, directory: str) -> bool:
    return path == directory or path.startswith(f"{directory}/")


def _parent(path: str) -> str:
    return path.rpartition("/")[0]


def _parents(path: str) -> list[str]:
    """The directories that ``path`` is in, the outermost first."""
    parts = path.split("/")
    return ["/".join(parts[:end]) for end in range(1, len(parts))]


def _escaped(path: str) -> str:
    """``path`` as a part of a pattern for coverage, which has no way to escape special characters."""
    return re.sub(r"[*?\[\],\n]", "?", path)


def _regex(pattern: str) -> str:
    return re.escape(pattern).replace(r"\*", ".*")
