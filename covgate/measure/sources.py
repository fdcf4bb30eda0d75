"""The default sources: what is measured if neither covgate's nor coverage's configuration names a source."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from covgate.model.source_files import TEST_DIRECTORIES, is_test_directory, is_tool_module


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """The values for the options ``source`` and ``omit`` of coverage, relative to the tree."""

    source: tuple[str, ...]
    omit: tuple[str, ...] = ()


def import_roots(tree: Path) -> list[str]:
    """The directories that the packages of ``tree`` are imported from."""
    src = tree / "src"
    return [str(src), str(tree)] if src.is_dir() and not (src / "__init__.py").is_file() else [str(tree)]


def default_sources(tree: Path) -> Sources:
    """``src/`` if it exists, else the top-level packages and modules without the tests.

    They are directories, so that coverage counts files which no test imports as not executed.
    """
    packages = [each.parent.name for each in tree.glob("*/__init__.py")]
    return sources_among((tree / "src").is_dir(), packages, [each.name for each in tree.glob("*.py")])


def sources_of(configured: tuple[str, ...], tree: Path) -> Sources:
    """The sources that covgate's configuration names, else the default ones."""
    return Sources(source=configured) if configured else default_sources(tree)


def sources_among(has_src: bool, packages: Iterable[str], modules: Iterable[str]) -> Sources:
    """The default sources of a tree with these top-level packages and modules; ``has_src`` is whether it has ``src/``.

    The modules are file names.
    """
    if has_src:
        return Sources(source=("src",))
    packages, modules = sorted(packages), sorted(modules)
    product = tuple(name for name in packages if not is_test_directory(name))
    if product and all(is_tool_module(name) for name in modules):
        return Sources(source=product)
    # A single module can't be a source: coverage would import it. So the source is the whole tree without the rest.
    return Sources(source=(".",), omit=_omitted(packages, modules))


def _omitted(packages: list[str], modules: list[str]) -> tuple[str, ...]:
    directories = [f"{name}/*" for name in packages if is_test_directory(name)]
    # Directories with tests need no __init__.py, and are executed all the same.
    directories += [f"{name}/*" for name in sorted(TEST_DIRECTORIES) if name not in packages]
    return (*directories, *(name for name in modules if is_tool_module(name)))
