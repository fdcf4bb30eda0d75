"""`covgate doctor` on the project's interpreter and what it imports: real virtual environments, real installs."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import coverage
import pytest

from helpers.doctor import Doctor
from helpers.project import Project
from helpers.sealed import link_packages, run

pytestmark = pytest.mark.end_to_end

PACKAGED = """\
[build-system]
requires = ["setuptools>=61"]
build-backend = "setuptools.build_meta"
[project]
name = "pkg"
version = "1"
[tool.setuptools]
packages = ["pkg"]
package-dir = {"" = "src"}
[tool.covgate]
"""
# Where coverage and pytest are installed that run these tests.
OURS = Path(coverage.__file__).parent.parent


@pytest.fixture
def doctor(make_project: Callable[..., Project], tmp_path: Path) -> Doctor:
    """Of a project with native hooks that names no interpreter."""
    project = make_project(hooks="none")
    assert project.covgate("init", "--native", "--no-measure").status == 0
    project.write("pyproject.toml", "[tool.covgate]\n")
    project.commit()
    return Doctor(project, tmp_path / "bin")


def environment(project: Project) -> Path:
    """The interpreter of a new `.venv` that has nothing but pip, linked: to install it takes seconds."""
    done = run([sys.executable, "-m", "venv", "--without-pip", ".venv"], project.top, project.environ)
    assert done.status == 0, done.text
    link_packages(project.top / ".venv", "pip")
    return project.top / ".venv/bin/python"


def path_file(project: Project, name: str, text: str) -> Path:
    """A file of the environment that leads imports, as editable installs write it."""
    (site,) = (project.top / ".venv/lib").glob("python3*/site-packages")
    (site / name).write_text(text)
    return site / name


def package(project: Project) -> None:
    """Make the project one that pip can install, with its code in `src`."""
    (project.top / "src").mkdir()
    project.git("mv", "pkg", "src/pkg")
    project.write(".gitignore", "__pycache__/\n.pytest_cache/\n.venv/\n*.egg-info/\nbuild/\n")
    project.write("pyproject.toml", PACKAGED)
    project.commit("src layout")


def copy_of(project: Project, directory: Path) -> Path:
    done = run(["git", "clone", "--quiet", str(project.top), str(directory)], project.top, project.environ)
    assert done.status == 0, done.text
    return directory


def test_an_interpreter_without_coverage_and_an_install_that_leads_elsewhere(doctor: Doctor, tmp_path: Path) -> None:
    project = doctor.project
    project.environ.update(PIP_NO_COMPILE="1", PIP_DISABLE_PIP_VERSION_CHECK="1")
    package(project)
    python = environment(project)
    assert f"coverage is not installed in {python}" in project.push()
    seen = doctor.examine()
    assert seen.names == ["coverage-missing", "pytest-missing", "unmeasured-pushes"]
    assert seen.facts["interpreter"] == f"{python} (.venv in the repository)"
    found = seen["coverage-missing"]
    assert found["problem"] == f"coverage is not installed in {python}"
    assert found["why"] == "nothing can be measured: every push passes unmeasured, with a WARNING"
    assert found["mend"] == f"{python} -m pip install coverage"
    assert doctor.type(found["mend"]).status == 0
    # Whatever pytest needs, from here: to install it, too, would only take longer.
    path_file(project, "ours.pth", f"{OURS}\n")
    seen = doctor.examine()
    assert seen.names == ["unmeasured-pushes"]
    assert ", coverage " in seen.facts["toolchain"]

    other = copy_of(project, tmp_path / "other")
    # As `pip install -e` of that clone leaves it; the fix is typed for real.
    path_file(project, "__editable__.pkg-1.pth", f"{other}/src\n")
    # It is what covgate refuses to measure.
    project.commit()
    assert f"measured outside the tree: {other}/src/pkg" in project.covgate("check")
    seen = doctor.examine()
    assert seen.names == ["measured-elsewhere", "unmeasured-pushes"]
    found = seen["measured-elsewhere"]
    assert found["problem"] == f"the tests would import pkg from {other}/src/pkg, not from this checkout"
    assert found["mend"] == f"{python} -m pip install -e ."
    assert doctor.apply_fixes(seen).names == []
    assert "PASS" in project.covgate("check")


def test_imports_from_elsewhere(doctor: Doctor, tmp_path: Path) -> None:
    project = doctor.project
    environment(project)
    path_file(project, "ours.pth", f"{OURS}\n")
    # Without `src` the tests get this checkout all the same; a program that they start does not.
    other = copy_of(project, tmp_path / "other")
    leading = path_file(project, "other.pth", f"{other}\n")
    seen = doctor.examine()
    assert seen.names == ["installed-elsewhere"]
    assert seen["installed-elsewhere"]["severity"] == "warning"
    assert seen["installed-elsewhere"]["problem"] == f"pkg is installed from {other}/pkg, not from this checkout"
    leading.unlink()
    doctor.environ["PYTHONPATH"] = str(copy_of(project, tmp_path / "third"))
    assert doctor.examine()["installed-elsewhere"]["mend"] == "unset PYTHONPATH"
    doctor.environ.clear()

    # A name that Python has, too, is no install; and what only the tests' own path leads to is there.
    project.write("statistics/__init__.py", "x = 1\n")
    project.write("src/shop/__init__.py", "x = 1\n")
    project.write("conftest.py", "import sys\n\nsys.path.insert(0, 'src')\n")
    project.write("tests/test_shop.py", "import shop\n\n\ndef test():\n    assert shop.x\n")
    project.write("pyproject.toml", '[tool.coverage.run]\nsource = ["statistics", "shop"]\n[tool.covgate]\n')
    project.commit()
    assert doctor.examine().names == []
    assert "PASS" in project.covgate("check")
    assert project.field("statements") == "2"
    project.git("reset", "--quiet", "--hard", "HEAD~1")
    project.git("clean", "-fdxq", "src")

    # As scikit-build-core and meson-python install: a finder that is asked before any path.
    package(project)
    path_file(
        project,
        "_finder.py",
        "import sys\nfrom importlib.util import spec_from_file_location\n\n\nclass Redirecting:\n"
        "    def find_spec(self, name, path=None, target=None):\n        if name == 'pkg':\n"
        f"            home = {str(project.top / 'src/pkg')!r}\n"
        "            return spec_from_file_location(\n"
        "                name, home + '/__init__.py', submodule_search_locations=[home]\n            )\n\n\n"
        "sys.meta_path.insert(0, Redirecting())\n",
    )
    path_file(project, "finder.pth", "import _finder\n")
    assert doctor.examine().names == []
    project.write("new.txt", "measured aside\n")
    assert "measured outside the tree" in project.covgate("check")
    seen = doctor.examine()
    assert seen.names == ["measured-elsewhere"]
    assert "Redirecting of an editable install" in seen["measured-elsewhere"]["problem"]
    assert seen["measured-elsewhere"]["mend"] == "git stash --include-untracked"
    assert doctor.apply_fixes(seen).names == []


def test_an_interpreter_that_does_not_run(doctor: Doctor, tmp_path: Path) -> None:
    project = doctor.project
    # A Python as a system brings it along, with nothing installed.
    plain = tmp_path / "plain/python3"
    plain.parent.mkdir()
    plain.write_text(f'#!/bin/sh\nexec "{sys.executable}" -S -E "$@"\n')
    plain.chmod(0o755)
    project.environ["PATH"] = f"{plain.parent}:{project.environ['PATH']}"
    project.write("pytest.ini", "[pytest]\naddopts = --cov -n 2\n")
    project.commit()
    seen = doctor.examine()
    assert seen.facts["interpreter"] == f"{plain} (the first on PATH)"
    assert seen.names == ["coverage-missing", "pytest-missing"]
    found = seen["coverage-missing"]
    assert found["mend"] == f"{plain} -m venv .venv && .venv/bin/python -m pip install coverage pytest"
    plain.write_text("#!/bin/sh\necho 'libpython is gone' >&2\nexit 127\n")
    assert doctor.examine()["interpreter"]["problem"] == f"{plain} does not run: libpython is gone"
    project.write("pyproject.toml", '[tool.covgate]\npython = "nowhere/python"\n')
    project.commit()
    seen = doctor.examine()
    assert "there is no such interpreter" in seen["interpreter"]["problem"]
    assert seen["interpreter"]["mend"] == "set `python` to the interpreter of the project's virtual environment"
    shutil.rmtree(plain.parent)
