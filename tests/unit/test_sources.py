"""What is measured if no configuration names a source."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from covgate.measure.packaging import Build, read_build
from covgate.measure.sources import (
    PythonTree,
    Sources,
    configured_sources,
    default_product,
    default_sources,
    dropped_products,
)


def build_of(files: Mapping[str, str]) -> Build:
    return read_build(lambda name: files[name].encode() if name in files else None)


def product_of(paths: str, **files: str) -> tuple[str, ...]:
    """The product of a tree with ``paths``, and with ``files``, named without their suffix."""
    names = {"pyproject": "pyproject.toml", "cfg": "setup.cfg", "script": "setup.py"}
    named = {names[key]: files[key] for key in files}
    return default_product(PythonTree([*paths.split(), *named]), build_of(named))


PROJECT = '[project]\nname = "foo-bar"\n'


def backend(name: str, more: str = "") -> str:
    return f'[build-system]\nbuild-backend = "{name}"\n{PROJECT}{more}'


# The paths of a tree, its build files, and what is measured.
LAYOUTS: dict[str, tuple[str, dict[str, str], str]] = {
    "src": ("src/pkg/__init__.py other/__init__.py setup.py tests/test_a.py", {}, "src"),
    "a src without Python": ("src/lib.rs src/tests/test_a.py pkg/__init__.py", {}, "pkg"),
    "packages": ("one/__init__.py two/__init__.py", {}, "one two"),
    "packages, tools and tests": (
        """one/__init__.py setup.py conftest.py noxfile.py runtests.py manage.py run_tests.py tests/__init__.py
        docs/conf.py docs/__init__.py test_one.py one_test.py scripts/__init__.py tools/release.py""",
        {},
        "one",
    ),
    "a module": ("six.py test_six.py setup.py tests/__init__.py", {}, "six.py"),
    "an application": ("cli.py pkg/__init__.py setup.py", {}, "cli.py pkg"),
    "a packaged library with a script": ("cli.py pkg/__init__.py", {"pyproject": PROJECT}, "pkg"),
    "a namespace": ("jaraco/text/__init__.py jaraco/more.py conftest.py", {"pyproject": PROJECT}, "jaraco"),
    "packages beside loose scripts": ("pkg/__init__.py deploy/a.py", {}, "pkg"),
    "directories without packages": ("app/main.py app/api/a.py main.py scripts/a.py", {}, "app main.py"),
    "a monorepo": ("backend/app/__init__.py backend/tests/test_a.py web/index.js", {}, "backend"),
    "a repository of tools": ("tools/a.py tests/test_a.py setup.py", {}, "tools"),
    "only tests": ("tests/__init__.py setup.py", {}, ""),
    "nothing": ("README", {}, ""),
    "setuptools, a root": (
        "lib/foo/__init__.py lib/bar.py other/__init__.py",
        {"pyproject": backend("setuptools.build_meta", '[tool.setuptools]\npackage-dir = {"" = "lib"}\n')},
        "lib",
    ),
    "setuptools, where": (
        "python/foo/__init__.py other/__init__.py",
        {"pyproject": '[tool.setuptools.packages.find]\nwhere = ["python"]\n'},
        "python",
    ),
    "setuptools, what": (
        "foo/__init__.py foo_more/__init__.py other/__init__.py",
        {"pyproject": '[tool.setuptools.packages.find]\ninclude = ["foo*"]\nexclude = ["foo_more*"]\n'},
        "foo",
    ),
    "setuptools, a list": (
        "foo/__init__.py foo/sub/__init__.py other/__init__.py one.py two.py",
        {"pyproject": '[tool.setuptools]\npackages = ["foo", "foo.sub", "gone"]\npy-modules = ["one"]\n'},
        "foo one.py",
    ),
    "setup.cfg": (
        "lib/foo/__init__.py other/__init__.py",
        {"cfg": "[options]\npackages = find:\npackage_dir =\n    =lib\n[options.packages.find]\nwhere = lib\n"},
        "lib",
    ),
    "setup.cfg, a module": ("one.py two.py", {"cfg": "[metadata]\nname = x\n[options]\npy_modules = one\n"}, "one.py"),
    "setup.cfg of pbr": ("foo/__init__.py bar/__init__.py", {"cfg": "[files]\npackages =\n    foo\n"}, "foo"),
    "setup.py": (
        "lib/foo/__init__.py other/__init__.py",
        {"script": 'import setuptools\nsetuptools.setup(packages=setuptools.find_packages("lib"))\n'},
        "lib",
    ),
    "setup.py, excluded": (
        "foo/__init__.py other/__init__.py",
        {"script": "from setuptools import *\nsetup(name=NAME, packages=find_packages(exclude=['other']))\n"},
        "foo",
    ),
    "setup.py, a mapping": (
        "code/__init__.py other/__init__.py one.py two.py",
        {"script": "setup(packages=['foo'], package_dir={'foo': 'code'}, py_modules=['one'])\n"},
        "code one.py",
    ),
    "setup.py that is computed": ("foo/__init__.py x.py", {"script": "setup(packages=packages())\n"}, "foo"),
    "setup.py that can't be parsed": ("foo/__init__.py", {"script": "setup(\n"}, "foo"),
    "files that can't be parsed": ("foo/__init__.py", {"pyproject": "[", "cfg": "x"}, "foo"),
    "hatch by name": ("foo_bar/__init__.py other/__init__.py", {"pyproject": backend("hatchling.build")}, "foo_bar"),
    "hatch": (
        "lib/foo/__init__.py foo_bar/__init__.py",
        {"pyproject": backend("hatchling.build", '[tool.hatch.build.targets.wheel]\npackages = ["lib/foo"]\n')},
        "lib/foo",
    ),
    "hatch in src": (
        "src/foo/__init__.py src/bar/__init__.py",
        {"pyproject": backend("hatchling.build", '[tool.hatch.build.targets.wheel]\npackages = ["src/foo"]\n')},
        "src",
    ),
    "poetry": (
        "lib/foo/__init__.py bar/a.py other/__init__.py",
        {
            "pyproject": "[tool.poetry]\nname = 'x'\npackages = [\n"
            "    {include = 'foo', from = 'lib'}, {include = 'bar/**/*.py'}, {include = '*.pyi'}]\n"
        },
        "bar lib/foo",
    ),
    "poetry by name": (
        "foo_bar/__init__.py x.py",
        {"pyproject": '[build-system]\nbuild-backend = "poetry.core.masonry.api"\n[tool.poetry]\nname = "Foo.Bar"\n'},
        "foo_bar",
    ),
    "flit": ("foo/bar.py foo/__init__.py x/__init__.py", {"pyproject": backend("flit_core.buildapi")}, "foo x"),
    "flit by name": (
        "one.py two.py",
        {"pyproject": backend("flit_core.buildapi", '[tool.flit.module]\nname = "one"\n')},
        "one.py",
    ),
    "flit, a namespace": (
        "ns/one/__init__.py ns/two/__init__.py",
        {"pyproject": backend("flit_core.buildapi", '[tool.flit.module]\nname = "ns.one"\n')},
        "ns/one",
    ),
    "pdm": (
        "code/foo/__init__.py x/__init__.py",
        {"pyproject": backend("pdm.backend", '[tool.pdm.build]\npackage-dir = "code"\n')},
        "code",
    ),
    "maturin": (
        "python/foo/__init__.py src/lib.rs x/__init__.py",
        {"pyproject": backend("maturin", '[tool.maturin]\npython-source = "python"\n')},
        "python",
    ),
    "uv": (
        "foo_bar/__init__.py other/__init__.py",
        {"pyproject": backend("uv_build", '[tool.uv.build-backend]\nmodule-root = ""\n')},
        "foo_bar",
    ),
    "uv, named": (
        "lib/foo/__init__.py lib/other/__init__.py",
        {"pyproject": backend("uv_build", '[tool.uv.build-backend]\nmodule-root = "lib"\nmodule-name = "foo"\n')},
        "lib/foo",
    ),
    "scikit-build": (
        "python/foo/__init__.py src/a.cpp x/__init__.py",
        {"pyproject": backend("scikit_build_core.build", '[tool.scikit-build]\nwheel.packages = ["python/foo"]\n')},
        "python/foo",
    ),
    "meson, by name": ("foo_bar/__init__.py other/__init__.py", {"pyproject": backend("mesonpy")}, "foo_bar"),
}


@pytest.mark.parametrize("name", list(LAYOUTS))
def test_the_product_of_a_tree(name: str) -> None:
    paths, files, expected = LAYOUTS[name]
    assert product_of(paths, **files) == tuple(expected.split())


# The product, the paths of the tree, and coverage's options.
OPTIONS: dict[str, tuple[str, str, str, str]] = {
    "a package": ("pkg", "pkg/__init__.py pkg/a.py tests/test_a.py", "pkg", ""),
    "tests inside": (
        "src",
        "src/pkg/__init__.py src/pkg/tests/test_a.py src/pkg/test_b.py src/pkg/c_test.py src/pkg/d/conftest.py",
        "src",
        "src/**/tests/* src/**/test_*.py src/**/*_test.py src/**/conftest.py",
    ),
    "no __init__.py": (
        "src",
        "src/ns/pkg/__init__.py src/ns/pkg/sub/a.py src/ns/pkg/sub/deep/b.py src/data/tests/test_a.py src/pkg/a.py",
        "src src/ns src/ns/pkg/sub src/ns/pkg/sub/deep src/pkg",
        "src/**/tests/*",
    ),
    "a namespace": ("ns", "ns/one/__init__.py ns/two/__init__.py", "ns", ""),
    "a namespace in src": ("src", "src/ns/a/__init__.py src/ns/a/tests.py", "src src/ns", "src/**/tests.py"),
    "a module": ("six.py", "six.py setup.py test_six.py docs/a.py docs/a/b.py", ".", "./setup.py ./test_six.py docs/*"),
    "a module and packages": (
        "app cli.py pkg",
        "app/a.py cli.py pkg/__init__.py pkg/tests/a.py setup.py tools/x.py",
        ". app",
        "./setup.py tools/* pkg/**/tests/*",
    ),
    "a nested package and a module": (
        "lib/foo one.py",
        "lib/foo/__init__.py lib/x/__init__.py lib/y.py one.py",
        ".",
        "./lib/y.py lib/x/*",
    ),
    "a monorepo": (
        "backend",
        "backend/setup.py backend/app/__init__.py backend/app/setup.py",
        "backend",
        "./backend/setup.py",
    ),
    "nothing": ("", "tests/test_a.py setup.py", ".", "./setup.py tests/*"),
    "odd names": ("a[b", "a[b/__init__.py a[b/tests/x.py", "a[b", "a?b/**/tests/*"),
}


@pytest.mark.parametrize("name", list(OPTIONS))
def test_the_options_of_coverage(name: str) -> None:
    product, paths, source, omit = OPTIONS[name]
    found = default_sources(product.split(), PythonTree(paths.split()))
    assert (found.product, found.source) == (tuple(product.split()), tuple(source.split()))
    assert sorted(found.omit) == sorted(omit.split())


def make(tree: Path, *names: str) -> None:
    for name in names:
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_text("x = 1\n")


def test_coverage_counts_the_product_and_nothing_else(tmp_path: Path) -> None:
    """All files of the product, none of which is imported, and none of the rest, although all of it is executed."""
    product = "src/ns/pkg/__init__.py src/ns/pkg/deep/a.py src/b.py src/pkg/__init__.py src/pkg/testing.py src/run/c.py"
    rest = "src/pkg/tests/__init__.py src/pkg/tests/helper.py src/ns/pkg/test_a.py src/conftest.py src/setup.py one.py"
    rest += " tests/conftest.py tests/a.py"
    tree = tmp_path / "tests" / "work"  # nothing above the tree counts
    make(tree, *product.split(), *rest.split())
    every = PythonTree([*product.split(), *rest.split()])
    sources = default_sources(default_product(every, Build()), every)
    runs = (f"exec(compile('x = 1\\n', {str(tree / name)!r}, 'exec'))\n" for name in rest.split())
    (tree / "runs").write_text("".join(runs))
    run = [sys.executable, "-m", "coverage"]
    options = [f"--source={','.join(sources.source)}", f"--omit={','.join(sources.omit)}"]
    subprocess.run([*run, "run", *options, "runs"], cwd=tree, check=True, capture_output=True)
    listed = subprocess.run([*run, "report", "--format=total"], cwd=tree, check=False, capture_output=True, text=True)
    assert listed.stdout == "0\n", listed
    listed = subprocess.run([*run, "report"], cwd=tree, check=True, capture_output=True, text=True)
    names = [line.split()[0] for line in listed.stdout.splitlines() if line.partition(" ")[0].endswith(".py")]
    assert sorted(names) == sorted(product.split())


# The base's product, the commit's own, the paths of the commit, and what is kept of the base's.
DROPPED: dict[str, tuple[str, str, str, str]] = {
    "the same": ("pkg", "pkg", "pkg/a.py", ""),
    "a src appears": ("pkg", "src", "pkg/a.py src/b.py", "pkg"),
    "all of it moved": ("pkg", "src", "src/pkg/a.py", ""),
    "only tests are left": ("pkg", "src", "src/pkg/a.py pkg/tests/test_a.py", ""),
    "a module": ("one.py pkg", "pkg", "one.py pkg/a.py", "one.py"),
    "inside of another": ("lib/foo", "lib", "lib/foo/a.py", ""),
    "more than before": ("pkg", "lib pkg", "lib/a.py pkg/a.py", ""),
}


@pytest.mark.parametrize("name", list(DROPPED))
def test_what_the_base_measures_by_default_stays(name: str) -> None:
    base, own, paths, expected = DROPPED[name]
    assert dropped_products(own.split(), base.split(), PythonTree(paths.split())) == tuple(expected.split())


def test_configured_sources_are_used_as_they_are() -> None:
    assert configured_sources(("lib", "tools")) == Sources(product=("lib", "tools"), source=("lib", "tools"))
