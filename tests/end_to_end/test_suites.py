"""The number is the one that the owner gets by hand, however the suite is run and configured."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from helpers.project import Project, calls, functions
from helpers.sealed import run

pytestmark = [pytest.mark.end_to_end, pytest.mark.each_python]

BRANCHY = "def f(x):\n    if x:\n        return 1\n    return 2\n\n\ndef g():  # pragma: no cover\n    return 3\n"


@pytest.fixture
def project(make_project: Callable[..., Project]) -> Project:
    """One whose environment has pytest-cov and xdist, too."""
    return make_project(plugins=["pytest-cov", "pytest-xdist"])


def checked(project: Project, *argv: str) -> dict[str, Any]:
    done = project.covgate("check", "--format", "json", *argv)
    data: dict[str, Any] = json.loads(done.text)
    assert data["error"] is None, done.text
    return data


def by_hand(project: Project, tmp_path: Path, *argv: str) -> dict[str, int]:
    """Counts from ``python argv`` and ``coverage json`` in a copy, as the owner types them."""
    copy = tmp_path / "by-hand"
    run(["git", "clone", "--quiet", str(project.top), str(copy)], tmp_path, project.environ)
    python = project.python
    ran = run([python, *argv], copy, project.environ)
    assert ran.status == 0, ran.text
    if not (copy / ".coverage").exists():
        run([python, "-m", "coverage", "combine"], copy, project.environ)
    target = tmp_path / "by-hand.json"
    done = run([python, "-m", "coverage", "json", "--fail-under=0", "-o", str(target)], copy, project.environ)
    assert done.status == 0, done.text
    totals = json.loads(target.read_text())["totals"]
    return {
        "statements": totals["num_statements"],
        "executed_statements": totals["covered_lines"],
        "branches": totals.get("num_branches", 0),
        "executed_branches": totals.get("covered_branches", 0),
        "excluded": totals["excluded_lines"],
    }


def add(project: Project, config: str) -> None:
    path = project.top / "pyproject.toml"
    path.write_text(path.read_text() + config)


RUN = ("-m", "coverage", "run", "-m", "pytest", "-q")
PYTEST = ("-m", "pytest", "-q")


@pytest.mark.parametrize(
    ("config", "argv"),
    [
        ('[tool.coverage.run]\nbranch = true\nsource = ["pkg"]\n', RUN),
        ('[tool.coverage.run]\nbranch = true\nsource = ["pkg"]\nparallel = true\n', RUN),
        ('[tool.coverage.run]\nsource = ["."]\nomit = ["pkg/more.py"]\n', RUN),
        ('[tool.coverage.run]\nsource_pkgs = ["pkg"]\n[tool.coverage.report]\nexclude_also = ["return 2"]\n', RUN),
        ('[tool.coverage.run]\nsource = ["pkg"]\n[tool.coverage.report]\nfail_under = 99\n', RUN),
        ('[tool.pytest.ini_options]\naddopts = "--cov=pkg --cov-branch --cov-report=xml --cov-report=html"\n', PYTEST),
        ('[tool.pytest.ini_options]\naddopts = "--cov=pkg -n 2"\n', PYTEST),
    ],
)
def test_as_by_hand(project: Project, tmp_path: Path, config: str, argv: tuple[str, ...]) -> None:
    project.write("pkg/more.py", BRANCHY)
    project.write("pkg/never.py", functions("z"))
    project.write("tests/test_more.py", "from pkg.more import f\n\n\ndef test():\n    assert f(1) == 1\n")
    add(project, config)
    project.commit()
    expected = by_hand(project, tmp_path, *argv)
    in_place = checked(project)
    assert in_place["numbers"] == expected
    # The same tree aside, where no editable install and no ignored file helps.
    project.commit("nothing new")
    project.write("README", "x\n")
    project.commit()
    aside = checked(project, "HEAD~1", "--no-cache")
    assert aside["numbers"] == expected
    assert project.git("status", "--porcelain", "--ignored=matching").replace("!! .pytest_cache/", "") == project.git(
        "status", "--porcelain", "--ignored=matching"
    ).replace("!! .pytest_cache/", "")
    left = {each.name for each in project.top.iterdir()}
    assert not left & {".coverage", "coverage.xml", "htmlcov"}


NESTED = """
import subprocess, sys

def test_nested(tmp_path):
    (tmp_path / "other.py").write_text("print(1)")
    subprocess.run([sys.executable, "-m", "coverage", "run", "other.py"], cwd=tmp_path, check=True)
    assert (tmp_path / ".coverage").exists()
"""


@pytest.mark.parametrize("addopts", ["", "--cov=pkg --cov-branch -n 1"])
def test_tests_that_run_coverage_for_themselves(project: Project, addopts: str) -> None:
    """Their data goes where it goes by hand. It can't be combined with the data of the tests: it has no branches."""
    project.write("tests/test_nested.py", NESTED)
    add(project, f'[tool.coverage.run]\nbranch = true\n[tool.pytest.ini_options]\naddopts = "{addopts}"\n')
    project.commit("nested")
    assert checked(project)["numbers"]["executed_statements"] > 0


def test_a_coverage_configuration_of_its_own_file(project: Project, tmp_path: Path) -> None:
    project.write(".coveragerc", "[run]\nbranch = true\nsource = pkg\n")
    project.write("pkg/more.py", BRANCHY)
    project.commit()
    assert checked(project)["numbers"] == by_hand(project, tmp_path, *RUN)


IMPORTED_BY_PYTEST = """\
import sys
from importlib import machinery, util

# The real one, which pytest needs, from behind this project.
spec = machinery.PathFinder.find_spec("iniconfig", [each for each in sys.path if each.endswith("site-packages")])
real = util.module_from_spec(spec)
__path__ = [*spec.submodule_search_locations, *__path__]
spec.loader.exec_module(real)
globals().update({name: value for name, value in vars(real).items() if not name.startswith("__")})
"""


@pytest.mark.parametrize("addopts", ["", "--cov=iniconfig"])
def test_code_that_pytest_itself_imports_is_measured(project: Project, tmp_path: Path, addopts: str) -> None:
    """pytest is imported after coverage has started, as by hand: pluggy, iniconfig and others are such projects."""
    project.write("iniconfig/__init__.py", IMPORTED_BY_PYTEST)
    config = f'addopts = "{addopts}"' if addopts else ""
    add(project, f'[tool.coverage.run]\nsource = ["iniconfig"]\n[tool.pytest.ini_options]\n{config}\n')
    project.commit()
    data = checked(project)
    assert data["numbers"] == by_hand(project, tmp_path, *(PYTEST if addopts else RUN))
    if not addopts:
        assert data["measured_coverage"] == "100.00"


def test_unimported_files_count_where_no_source_is_configured(project: Project) -> None:
    project.write("pkg/never.py", functions("z"))
    project.commit()
    assert checked(project)["numbers"]["statements"] == 8


@pytest.mark.parametrize("addopts", ["--cov", "--cov -n 2"])
def test_a_bare_cov_leaves_no_file_out(project: Project, addopts: str) -> None:
    """By hand a bare --cov forgets what no test imports: deleting the test that imports it would raise the number."""
    project.write("pkg/never.py", functions("z"))
    add(project, f'[tool.pytest.ini_options]\naddopts = "{addopts}"\n')
    project.commit()
    data = checked(project)
    assert data["numbers"]["statements"] == 8
    assert {each["path"] for each in data["files"]} == {"pkg/__init__.py", "pkg/mod.py", "pkg/never.py"}


def test_what_coverage_can_not_parse_is_left_out_and_named(project: Project) -> None:
    """As a template engine has it: code runs under the name of a file that is not Python, or no longer there."""
    project.write("pkg/page.html", "\x00{{ 1 }}\n")
    project.write("pkg/latin.html", "")
    (project.top / "pkg/latin.html").write_bytes(b"\xe9\n")
    project.write("pkg/draft.py", "def draft(:\n")
    names = ["page.html", "latin.html", "gone.html"]
    run_them = f"    for name in {names}:\n        exec(compile('x = 1', f'pkg/{{name}}', 'exec'))\n"
    project.write("tests/test_mod.py", calls("a", "b") + run_them)
    add(project, '[tool.coverage.run]\nsource = ["pkg"]\n[tool.pytest.ini_options]\nfilterwarnings = "error"\n')
    project.commit()
    data = checked(project)
    assert (data["numbers"]["executed_statements"], data["numbers"]["statements"]) == (5, 6)
    said = "not counted, because coverage can't read it: "
    (named,) = (each for each in data["notices"] if each.startswith(said))
    # Whether coverage leaves out a file with a NUL byte by itself depends on the version of Python.
    paths = {*named.removeprefix(said).split(", ")} - {"pkg/page.html"}
    assert paths == {"pkg/draft.py", "pkg/gone.html", "pkg/latin.html"}
    assert named in checked(project)["notices"]  # from the cache


def test_a_fail_under_of_pytest_cov_is_not_a_failing_test(project: Project) -> None:
    add(project, '[tool.pytest.ini_options]\naddopts = "--cov=pkg --cov-fail-under=99"\n')
    project.commit()
    assert checked(project)["status"] == "PASS"


@pytest.mark.parametrize(
    "command",
    ['"pytest -q tests"', '["python", "-m", "pytest"]', '"python -m unittest discover -s checks -t ."'],
)
def test_a_configured_command(project: Project, command: str) -> None:
    project.configure(f"command = {command}\n")
    project.write("checks/__init__.py", "")
    project.write(
        "checks/test_unit.py",
        "import unittest\nfrom pkg import mod\n\n\nclass T(unittest.TestCase):\n"
        "    def test(self):\n        assert mod.a() and mod.b()\n",
    )
    project.git("add", "-A")
    project.commit()
    data = checked(project)
    numbers = [each for each in data["files"] if each["path"] == "pkg/mod.py"]
    assert (numbers[0]["executed_statements"], numbers[0]["statements"]) == (5, 6)


@pytest.mark.parametrize("kind", ["json", "xml", "lcov", "data"])
def test_a_command_that_measures_by_itself(project: Project, kind: str) -> None:
    python = project.python
    report = ".coverage-here" if kind == "data" else f"out.{kind}"
    lines = [f"COVERAGE_FILE=.coverage-here {python} -m coverage run --source=pkg -m pytest -q"]
    if kind != "data":
        lines.append(f"COVERAGE_FILE=.coverage-here {python} -m coverage {kind} -o {report}")
    project.write("measure.sh", "set -e\n" + "\n".join(lines) + "\n")
    project.write(".gitignore", ".coverage-here\nout.*\n__pycache__/\n.pytest_cache/\n")
    project.configure(f'command = "sh measure.sh"\nreport = "{report}"\n')
    project.commit()
    data = checked(project)
    assert (data["numbers"]["executed_statements"], data["numbers"]["statements"]) == (5, 6)
    assert not (project.top / report).exists()


def test_src_layout_and_generated_files(project: Project) -> None:
    """In the kept worktree the commit's own src/ is imported, with what a build has generated in it."""
    project.git("rm", "-rq", "pkg")
    project.write("src/pkg/__init__.py", "from pkg._version import version\n")
    project.write("src/pkg/mod.py", functions("a", "b", "c"))
    project.write(".gitignore", "__pycache__/\n.pytest_cache/\n_version.py\n")
    add(project, '[tool.pytest.ini_options]\npythonpath = ["src"]\n')
    project.write("src/pkg/_version.py", "version = '1'\n")
    project.commit()
    here = checked(project)
    project.write("README", "x\n")
    project.commit()
    aside = checked(project, "HEAD~1", "--no-cache")
    assert aside["numbers"] == here["numbers"]
    assert here["numbers"]["statements"] == 8


def test_a_dirty_configuration_of_pytest_does_not_reach_the_worktree(project: Project) -> None:
    """The kept worktree lies below the checkout, and pytest looks for its configuration upwards."""
    project.commit()
    project.write("pytest.ini", "[pytest]\naddopts = --no-such-option\n")
    project.write("conftest.py", "raise RuntimeError\n")
    assert checked(project)["status"] == "PASS"


def test_setup_prepares_the_worktree(project: Project) -> None:
    project.configure("setup = ['sh', '-c', 'echo \"A = 1\" > pkg/built.py']\nisolation = \"worktree\"\n")
    project.write("tests/test_mod.py", calls("a", "b") + "    from pkg import built\n    assert built.A\n")
    project.commit()
    assert checked(project)["numbers"]["statements"] == 7


def test_isolation_in_place_refuses_a_dirty_checkout(project: Project) -> None:
    project.configure('isolation = "in-place"\n')
    project.commit()
    assert checked(project)["status"] == "PASS"
    project.write("pkg/mod.py", functions("a"))
    done = project.covgate("check", "--no-cache")
    assert 'isolation is "in-place", but pkg/mod.py differs' in done


def test_files_that_git_looks_away_from(project: Project) -> None:
    """assume-unchanged hides an edit from git status, not from covgate."""
    project.write("tests/test_mod.py", calls("a"))
    project.commit()
    project.git("update-index", "--assume-unchanged", "tests/test_mod.py")
    project.write("tests/test_mod.py", calls("a", "b", "c"))
    assert checked(project)["numbers"]["executed_statements"] == 4


def test_an_environment_without_activation(project: Project) -> None:
    """`.venv` in the repository measures, whatever else is on PATH."""
    environment = project.top / ".venv"
    run([sys.executable, "-m", "venv", "--without-pip", str(environment)], project.top, project.environ)
    site = next(environment.glob("lib/python3*/site-packages"))
    import pytest as installed

    (site / "borrowed.pth").write_text(str(Path(installed.__file__).parent.parent) + os.linesep)
    project.write("tests/test_prefix.py", "import sys\n\n\ndef test():\n    assert sys.prefix.endswith('.venv')\n")
    project.write("pyproject.toml", "[tool.covgate]\n")
    project.commit()
    assert checked(project)["status"] == "PASS"
