"""What is installed from another checkout of the repository is imported from the measured tree instead."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from covgate.measure.import_roots import (
    Installed,
    find_installed,
    import_path,
    link_renamed,
    moved,
    package_bases,
    package_roots,
)

# As setuptools writes it.
FINDER = """\
from __future__ import annotations
import sys
MAPPING: dict[str, str] = {mapping!r}
NAMESPACES: dict[str, list[str]] = {namespaces!r}
PATH_PLACEHOLDER = '__editable__.x-1.finder' + ".__path_hook__"


class _EditableFinder:
    pass
"""
# As hatchling and others write it, with the library editables.
REDIRECTOR = """\
from editables.redirector import RedirectingFinder as F
F.install()
F.map_module('hatched', {path!r})
"""


def write(path: Path, text: str = "") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """The packages of an environment; the checkout is beside it."""
    (tmp_path / "site").mkdir()
    (tmp_path / "work").mkdir()
    return tmp_path / "site"


def found(site: Path) -> Installed:
    return find_installed([str(site), str(site / "absent")], [site.parent / "work", site.parent / "linked"])


def test_path_files(site: Path) -> None:
    work = site.parent / "work"
    lines = ["# a comment", "import sys; sys.path.append('x')", "", str(work / "lib"), "../work/packages/one"]
    write(site / "easy-install.pth", "\n".join([*lines, "/elsewhere", str(work / ".venv/src/dep"), str(work)]))
    write(site / "other.pth", f"{site.parent / 'linked'}\n")
    write(site / "other.pth.txt", f"{work}/no\n")
    (site / "unreadable.pth").mkdir()
    assert found(site) == Installed(roots=("lib", "packages/one", ""))


def test_finders(site: Path) -> None:
    work = str(site.parent / "work")
    mapping = {"flat": f"{work}/flat", "renamed": f"{work}/source", "ns.deep": f"{work}/lib/ns/deep", "x": "/other/x"}
    namespaces = {"ns": [f"{work}/lib/ns", "/other/ns"]}
    write(site / "__editable___x_1_finder.py", FINDER.format(mapping=mapping, namespaces=namespaces))
    write(site / "_editable_impl_hatched.py", REDIRECTOR.format(path=f"{work}/code/hatched/__init__.py"))
    write(site / "__editable___broken_finder.py", "MAPPING = {")
    write(site / "__editable___odd_finder.py", "MAPPING = [1]\nNAMESPACES = f()\na, b = 1, 2\n")
    assert found(site) == Installed(
        packages={
            "flat": "flat",
            "renamed": "source",
            "ns.deep": "lib/ns/deep",
            "ns": "lib/ns",
            "hatched": "code/hatched",
        }
    )


def test_links_and_projects(site: Path) -> None:
    work = site.parent / "work"
    write(work / "linked_pkg" / "__init__.py")
    (site / "linked_pkg").symlink_to(work / "linked_pkg")
    url = {"dir_info": {"editable": True}, "url": f"file://{work}/packages/a%20b"}
    write(site / "a-1.dist-info" / "direct_url.json", json.dumps(url))
    write(site / "b-1.dist-info" / "direct_url.json", json.dumps({**url, "dir_info": {}}))
    write(site / "c-1.dist-info" / "direct_url.json", json.dumps({"url": f"https://{work}", "vcs_info": {}}))
    write(site / "d-1.dist-info" / "direct_url.json", "[")
    (site / "e-1.dist-info").mkdir()
    assert found(site) == Installed(packages={"linked_pkg": "linked_pkg"}, projects=("packages/a b",))


def test_the_import_path_of_a_tree(tmp_path: Path) -> None:
    for name in ("src/top/__init__.py", "lib/one/__init__.py", "code/flat/__init__.py", "b/python/x.py", "c/x.py"):
        write(tmp_path / name)
    write(tmp_path / "b" / "pyproject.toml", '[tool.setuptools]\npackage-dir = {"" = "python"}\n')
    installed = Installed(
        roots=("lib", "gone"), packages={"flat": "code/flat", "renamed": "code"}, projects=("b", "c", "gone")
    )
    assert import_path(tmp_path, installed) == [
        str(tmp_path / each) for each in ("src", "", "lib", "b/python", "c", "code")
    ]
    links = tmp_path / "links"
    assert link_renamed(tmp_path, installed, links) == [str(links)]
    assert [(each.name, each.readlink()) for each in links.iterdir()] == [("renamed", tmp_path / "code")]
    assert link_renamed(tmp_path, Installed(packages={"flat": "code/flat"}), tmp_path / "none") == []
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({}, [""]),
        ({"src/pkg/a.py": ""}, ["src", ""]),
        ({"src/__init__.py": ""}, [""]),
        ({"setup.cfg": "[options]\npackage_dir =\n    = lib\n"}, ["lib", ""]),
        ({"setup.py": "setup(package_dir={'': 'lib'})"}, ["lib", ""]),
        ({"pyproject.toml": '[tool.hatch.build.targets.wheel]\npackages = ["code/pkg"]\n'}, ["code", ""]),
    ],
)
def test_the_bases_of_a_project(tmp_path: Path, files: dict[str, str], expected: list[str]) -> None:
    for name, text in files.items():
        write(tmp_path / name, text)
    assert package_bases(tmp_path) == expected


def test_a_path_that_leads_to_another_checkout(tmp_path: Path) -> None:
    checkouts, tree = [tmp_path / "work", tmp_path / "work" / "nested"], tmp_path / "tree"
    for path, expected in (
        (f"{tmp_path}/work/lib", f"{tree}/lib"),
        (f"{tmp_path}/work", f"{tree}"),
        (f"{tmp_path}/work/nested/lib", f"{tree}/lib"),
        (f"{tmp_path}/workshop", f"{tmp_path}/workshop"),
        (f"{tmp_path}/work/.git/hooks", f"{tmp_path}/work/.git/hooks"),
        ("lib", "lib"),
    ):
        assert moved(path, checkouts, tree) == expected


def test_the_directories_that_hold_packages() -> None:
    paths = (
        *("pyproject.toml", "src/a/__init__.py", "src/a/sub/__init__.py", "c/__init__.py", "one.py"),
        *(
            "packages/x/pyproject.toml",
            "packages/x/lib/b/__init__.py",
            "packages/y/setup.py",
            "packages/y/y/__init__.py",
        ),
        *("src/a/_vendor/six/__init__.py", "tests/fixtures/d/__init__.py", "tests/fixtures/setup.py"),
        *("z/setup.py", "z/src/namespace/part/json/__init__.py", ".hidden/setup.py", ".hidden/e/__init__.py"),
    )
    assert package_roots(paths) == ("", "packages/x/lib", "packages/y", "src")
    assert package_roots([]) == ("", "src")
