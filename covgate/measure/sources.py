"""What is measured where the project's coverage configuration is silent."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from covgate.model.source_files import TEST_DIRECTORIES, is_test_directory, is_tool_module


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """``source`` and ``omit`` as coverage's options of these names take them, relative to the tree."""

    source: tuple[str, ...]
    omit: tuple[str, ...] = ()


def import_roots(tree: Path) -> list[str]:
    """The directories of ``tree`` that its packages are imported from."""
    src = tree / "src"
    return [str(src), str(tree)] if src.is_dir() and not (src / "__init__.py").is_file() else [str(tree)]


def default_sources(tree: Path) -> Sources:
    """``src/`` where there is one, else the top-level packages and modules without the tests.

    Given to coverage as directories, so that files which no test imports count as not executed.
    """
    packages = [each.parent.name for each in tree.glob("*/__init__.py")]
    return sources_among((tree / "src").is_dir(), packages, [each.name for each in tree.glob("*.py")])


def sources_of(configured: tuple[str, ...], tree: Path) -> Sources:
    """The sources that covgate's configuration names, else the default ones."""
    return Sources(source=configured) if configured else default_sources(tree)


def sources_among(src: bool, packages: Iterable[str], modules: Iterable[str]) -> Sources:
    """The same of names: whether there is a ``src``, the top-level packages and modules."""
    if src:
        return Sources(source=("src",))
    packages, modules = sorted(packages), sorted(modules)
    wanted = [name for name in packages if not is_test_directory(name)]
    if not any(not is_tool_module(name) for name in modules):
        return Sources(source=tuple(wanted) or (".",), omit=() if wanted else _omitted(packages, modules))
    # A module on its own can't be a source (coverage wants it imported): the whole tree is, less the rest.
    return Sources(source=(".",), omit=_omitted(packages, modules))


def _omitted(packages: list[str], modules: list[str]) -> tuple[str, ...]:
    directories = [f"{name}/*" for name in packages if is_test_directory(name)]
    # Test directories without __init__.py are no packages, but their files are executed.
    directories += [f"{name}/*" for name in sorted(TEST_DIRECTORIES) if name not in packages]
    return (*directories, *(name for name in modules if is_tool_module(name)))
