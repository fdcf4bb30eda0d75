"""Tests that replace what measures them: coverage itself, while they run."""

from __future__ import annotations

import json
import shutil
import venv
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import pytest

from helpers.project import Project, calls
from helpers.sealed import link_packages

pytestmark = pytest.mark.end_to_end

# What `pip install` of another version does, without a package index.
REPLACE = """import pathlib

import coverage


def test_install():
    path = pathlib.Path(coverage.__file__).with_name("version.py")
    path.write_text(path.read_text().partition("# replaced")[0] + "# replaced\\n__version__ = '7.99.0'\\n")
"""


def test_coverage_that_is_replaced_while_the_tests_run_gives_no_number(
    make_project: Callable[..., Project], tmp_path: Path
) -> None:
    environment = tmp_path / "environment"
    venv.create(environment, symlinks=True)
    link_packages(environment, "pytest")
    [packages] = environment.glob("lib/python*/site-packages")
    spec = find_spec("coverage")
    assert spec is not None and spec.origin is not None
    shutil.copytree(Path(spec.origin).parent, packages / "coverage")
    project = make_project()
    project.write("pyproject.toml", f'[tool.covgate]\npython = "{environment}"\n')
    project.commit()
    assert project.push().status == 0
    project.write("tests/test_install.py", REPLACE)
    project.commit()
    done = project.push()
    assert "WARNING not measured: coverage 7." in done, done.text
    assert "was replaced while the tests ran" in done and project.field("coverage_status") == ""
    # Now it is installed, and replaced by the same.
    data = json.loads(project.covgate("check", "--format", "json").text)
    assert data["error"] is None and data["toolchain"]["coverage"] == "7.99.0", data
    # The same if the command measures by itself.
    project.write("tests/test_install.py", REPLACE.replace("7.99.0", "7.97.0"))
    project.commit()
    command = "sh -c 'python -m coverage run --source=pkg -m pytest'"
    done = project.covgate("check", COVGATE_COMMAND=command)
    assert "was replaced while the tests ran" in done, done.text
    # Failing tests block in any case.
    project.write("tests/test_install.py", REPLACE.replace("7.99.0", "7.98.0"))
    project.write("tests/test_mod.py", calls("a") + "    assert not mod\n")
    project.commit()
    done = project.push()
    assert done.status == 1 and "coverage 7.97.0 was replaced while they ran" in " ".join(done.text.split()), done.text
