"""What is measured if no configuration names a source."""

from __future__ import annotations

from pathlib import Path

import pytest

from covgate.measure.sources import Sources, default_sources, import_roots, sources_among, sources_of

# Whether there is a src, the packages, the modules; the sources, and some of what is omitted.
LAYOUTS: dict[str, tuple[bool, list[str], list[str], tuple[str, ...], set[str]]] = {
    "a src": (True, ["other"], ["setup.py"], ("src",), set()),
    "packages": (False, ["two", "one"], [], ("one", "two"), set()),
    "packages and tools": (False, ["one"], ["setup.py", "conftest.py", "noxfile.py"], ("one",), set()),
    "packages and tests": (False, ["one", "tests", "docs"], ["test_one.py", "one_test.py"], ("one",), set()),
    "a module": (False, [], ["six.py"], (".",), {"tests/*", "docs/*"}),
    "a module and tests": (
        False,
        ["tests"],
        ["six.py", "test_six.py", "setup.py"],
        (".",),
        {"tests/*", "test_six.py", "setup.py"},
    ),
    "a module beside a package": (False, ["pkg"], ["cli.py", "setup.py"], (".",), {"setup.py", "tests/*"}),
    "only tests": (False, ["tests"], ["setup.py"], (".",), {"tests/*", "setup.py"}),
    "nothing": (False, [], [], (".",), {"tests/*"}),
}


@pytest.mark.parametrize("name", list(LAYOUTS))
def test_sources_among_names(name: str) -> None:
    has_src, packages, modules, source, omitted = LAYOUTS[name]
    found = sources_among(has_src, packages, modules)
    assert found.source == source
    assert omitted <= set(found.omit)
    assert bool(found.omit) == bool(omitted)
    assert not {*found.omit} & {"six.py", "cli.py", "pkg/*", "one/*"}
    assert len(found.omit) == len(set(found.omit))


def make(tree: Path, *names: str) -> None:
    for name in names:
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_text("")


def test_src_is_the_source(tmp_path: Path) -> None:
    make(tmp_path, "src/pkg/__init__.py", "other/__init__.py", "setup.py")
    assert default_sources(tmp_path).source == ("src",)


def test_packages_without_the_tests(tmp_path: Path) -> None:
    make(tmp_path, "one/__init__.py", "two/__init__.py", "tests/__init__.py", "docs/conf.py", "setup.py")
    assert default_sources(tmp_path).source == ("one", "two")


def test_a_module_on_its_own(tmp_path: Path) -> None:
    make(tmp_path, "six.py", "test_six.py", "setup.py", "tests/__init__.py", "conftest.py")
    found = default_sources(tmp_path)
    assert found.source == (".",)
    assert {"test_six.py", "setup.py", "conftest.py", "tests/*"} <= set(found.omit)
    assert "six.py" not in found.omit


def test_configured_sources_are_used_as_they_are(tmp_path: Path) -> None:
    make(tmp_path, "src/pkg/__init__.py")
    assert sources_of(("lib", "tools"), tmp_path) == Sources(source=("lib", "tools"))
    assert sources_of((), tmp_path) == Sources(source=("src",))


def test_where_packages_are_imported_from(tmp_path: Path) -> None:
    assert import_roots(tmp_path) == [str(tmp_path)]
    make(tmp_path, "src/pkg/__init__.py")
    assert import_roots(tmp_path) == [str(tmp_path / "src"), str(tmp_path)]
    make(tmp_path, "src/__init__.py")
    assert import_roots(tmp_path) == [str(tmp_path)]
