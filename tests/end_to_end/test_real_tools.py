"""The real poetry, pipenv, hatch, pdm, uv, tox and nox: the environment that the tool itself names measures the push.

The command that starts the tests through the tool is followed into that environment.

The tools are downloaded from the package index. ``COVGATE_REAL_TOOLS``: names to run, separated by commas, or ``all``;
by default those that are installed within seconds.
"""

from __future__ import annotations

import json
import os
import shlex
import sys
import venv
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from filelock import FileLock

from helpers.doctor import Doctor
from helpers.project import Project
from helpers.sealed import link_packages, run

pytestmark = pytest.mark.end_to_end

PROJECT = '[project]\nname = "shop"\nversion = "1"\nrequires-python = ">=3.9"\n'


@dataclass(frozen=True, kw_only=True)
class Tool:
    """``files`` are the project's own, ``create`` the commands by which its owner creates the environment.

    ``command`` runs the tests. ``asks`` is the command by which the tool names that environment, or a path for one that
    has none. ``origin`` is what covgate says about it, with the environment's name for {}. ``links`` is whether the
    packages are linked, not installed by the tool.
    """

    name: str
    requirement: str
    files: Mapping[str, str]
    create: tuple[str, ...]
    command: str
    asks: str
    origin: str
    links: bool = False
    environ: Mapping[str, str] = field(default_factory=dict)


TOOLS = (
    Tool(
        name="uv",
        requirement="uv",
        files={"pyproject.toml": f'{PROJECT}[dependency-groups]\ndev = ["pytest", "coverage"]\n'},
        create=("uv sync --quiet",),
        command="uv run python -m pytest",
        asks="../elsewhere",
        origin="uv's environment {}",
        environ={"UV_PROJECT_ENVIRONMENT": "../elsewhere"},
    ),
    Tool(
        name="tox",
        requirement="tox",
        files={
            "tox.ini": "[tox]\nenv_list = lint, py\nno_package = true\n[testenv]\ndeps = pytest\n  coverage\n"
            "commands = python -m pytest\n[testenv:lint]\nskip_install = true\ndeps =\ncommands = python -V\n"
        },
        create=("tox run --quiet --notest -e lint,py",),
        command="tox",
        asks=".tox/py",
        origin="tox's environment {}",
    ),
    Tool(
        name="nox",
        requirement="nox",
        files={
            "noxfile.py": "import nox\n\n\n@nox.session\ndef lint(session):\n    session.run('python', '-V')\n\n\n"
            "@nox.session\ndef tests(session):\n    session.install('pytest', 'coverage')\n"
            "    session.run('python', '-m', 'pytest')\n"
        },
        create=("nox --no-error-on-missing-interpreters",),
        command="nox -R",
        asks=".nox/tests",
        origin="nox's environment {}",
    ),
    Tool(
        name="hatch",
        requirement="hatch",
        files={
            "pyproject.toml": f"{PROJECT}[build-system]\nrequires = ['hatchling']\nbuild-backend = 'hatchling.build'\n"
            "[tool.hatch.envs.default]\nskip-install = true\n[tool.hatch.envs.unit]\nskip-install = true\n"
            "dependencies = ['pytest', 'coverage']\n"
        },
        create=("hatch env create", "hatch env create unit"),
        command="hatch run unit:python -m pytest",
        asks="hatch env find unit",
        origin="hatch's environment {}, the first of hatch's with coverage and pytest",
    ),
    Tool(
        name="pipenv",
        requirement="pipenv",
        files={"Pipfile": "[packages]\n[dev-packages]\n"},
        create=("pipenv --bare install", "pipenv --bare run pip install --quiet pytest coverage"),
        command="pipenv run python -m pytest",
        asks="pipenv --venv",
        origin="pipenv's environment {}",
    ),
    Tool(
        name="poetry",
        requirement="poetry",
        files={"pyproject.toml": f'{PROJECT}[tool.poetry]\npackage-mode = false\n'},
        create=("poetry install --quiet",),
        command="poetry run python -m pytest",
        asks="poetry env info --path",
        origin="poetry's environment {}",
        links=True,
    ),
    Tool(
        name="pdm",
        requirement="pdm",
        files={"pyproject.toml": PROJECT},
        create=("pdm config venv.in_project false", "pdm venv create --quiet", "pdm use --quiet --first"),
        command="pdm run python -m pytest",
        asks="pdm run python -c 'import sys; print(sys.prefix)'",
        origin="pdm's environment {}",
        links=True,
    ),
)  # fmt: skip
QUICK = ("uv", "tox")


def chosen() -> list[Tool]:
    wanted = os.environ.get("COVGATE_REAL_TOOLS", "") or ",".join(QUICK)
    names = [each.name for each in TOOLS] if wanted in ("1", "all") else [each.strip() for each in wanted.split(",")]
    unknown = sorted(set(names) - {each.name for each in TOOLS})
    if unknown:
        raise pytest.UsageError(f"COVGATE_REAL_TOOLS: no such tool: {', '.join(unknown)}")
    return [each for each in TOOLS if each.name in names]


@pytest.fixture(scope="session")
def install(shared: Path) -> Callable[[str], Path]:
    """The directory with a tool's program, in an environment of its own, once for all workers."""

    def directory(requirement: str) -> Path:
        environment = shared / "tools" / requirement
        with FileLock(f"{shared / requirement}.lock"):
            if not environment.exists():
                venv.create(environment, symlinks=True)
                link_packages(environment, "pip")
                # The tests' own environment: it knows where the package index is.
                done = run(
                    [str(environment / "bin/python"), "-m", "pip", "install", "--quiet", requirement],
                    shared,
                    dict(os.environ),
                )
                assert done.status == 0, done.text
        return environment / "bin"

    return directory


@pytest.mark.parametrize("tool", chosen(), ids=lambda tool: tool.name)
def test_the_environment_that_the_tool_names_measures(
    make_project: Callable[..., Project], install: Callable[[str], Path], tmp_path: Path, tool: Tool
) -> None:
    project = make_project()
    (project.top / "pyproject.toml").unlink()
    for name, text in tool.files.items():
        project.write(name, text)
    project.write(".gitignore", "__pycache__/\n.pytest_cache/\n.venv/\n.tox/\n.nox/\n.pdm-python\n*.lock\n")
    bin_directory = install(tool.requirement)
    # Each test has a home of its own: what one tool keeps there is nobody else's.
    environ = {**project.environ, **tool.environ, "HOME": str(tmp_path / "home")}
    environ |= {f"XDG_{each}_HOME": str(tmp_path / "home" / each.lower()) for each in ("CONFIG", "CACHE", "DATA")}

    def typed(command: str) -> str:
        program, *arguments = shlex.split(command)
        done = run([str(bin_directory / program), *arguments], project.top, environ)
        assert done.status == 0, f"{command}\n{done.text}"
        return done.text.strip().splitlines()[-1] if done.text.strip() else ""

    for command in tool.create:
        typed(command)
    asked = typed(tool.asks) if " " in tool.asks else str((project.top / tool.asks).resolve())
    if tool.links:
        link_packages(Path(asked), "pytest", "coverage")
    project.environ = environ
    project.write("tests/test_prefix.py", f"import sys\n\n\ndef test():\n    assert sys.prefix == {asked!r}\n")
    project.commit()
    pushed = project.push()
    assert pushed.status == 0, pushed.text
    assert project.field("baseline_ratio") == "5/6", pushed.text
    seen = Doctor(project, tmp_path / "bin").examine()
    shown, _, origin = seen.facts["interpreter"].partition(" (")
    assert Path(shown).parent.parent.resolve() == Path(asked)
    assert origin == f"{tool.origin.format(Path(asked).name)})"
    assert sys.prefix not in shown
    project.environ = {**environ, "PATH": f"{bin_directory}:{environ['PATH']}"}
    project.write(".covgate.toml", f'command = "{tool.command}"\n')
    project.commit()
    followed = json.loads(project.covgate("check", "--format", "json").text)
    assert followed["error"] is None, followed
    numbers = followed["numbers"]
    assert (numbers["executed_statements"], numbers["statements"], followed["cached"]) == (5, 6, False)


def test_the_copy_that_tox_installs_counts_for_the_tree(
    make_project: Callable[..., Project], install: Callable[[str], Path], tmp_path: Path
) -> None:
    """tox is the only way: it builds the project, installs it, and runs the tests against the copy."""
    project = make_project()
    project.git("mv", "pkg", "lib")
    project.write("src/pkg/__init__.py", "")
    project.git("mv", "lib/mod.py", "src/pkg/mod.py")
    project.git("rm", "-rfq", "lib")
    build = '[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n'
    hatch = '[tool.hatch.build.targets.wheel]\npackages = ["src/pkg"]\n'
    project.write("pyproject.toml", f'{PROJECT}{build}{hatch}[tool.covgate]\ncommand = "tox"\n')
    project.write("tox.ini", "[tox]\nenv_list = py\n[testenv]\ndeps = pytest\n  coverage\ncommands = pytest\n")
    project.write(".gitignore", "__pycache__/\n.pytest_cache/\n.tox/\n")
    project.commit()
    home = {"HOME": str(tmp_path / "home"), "PATH": f"{install('tox')}:{project.environ['PATH']}"}
    project.environ = {**project.environ, **home, "COVGATE_PYTHON": project.python}
    for where in ("in place", "aside"):
        checked = json.loads(project.covgate("check", "--format", "json", "--no-cache").text)
        assert checked["error"] is None, checked
        files = {each["path"]: (each["executed_statements"], each["statements"]) for each in checked["files"]}
        assert files == {"src/pkg/__init__.py": (0, 0), "src/pkg/mod.py": (5, 6)}, where
        project.write("README", "another commit is checked out\n")
