"""Commands in an environment that reads and writes nothing outside a directory of the tests."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import distribution
from pathlib import Path

from packaging.requirements import Requirement

CHECKOUT = Path(__file__).resolve().parents[2]

# What covgate looks at, or the tools that a command starts: the checks of covgate itself may set them.
_DECIDING = (
    *(
        "PYTHONPATH",
        "HYPOTHESIS_PROFILE",
        "DJANGO_SETTINGS_MODULE",
        "CI",
        "BUILD_NUMBER",
        "TF_BUILD",
        "MAKEFLAGS",
        "MFLAGS",
    ),
    *("TOXENV", "TOX_SKIP_ENV", "TOX_OVERRIDE", "NOXSESSION", "UV_PROJECT_ENVIRONMENT", "WORKON_HOME"),
)


def sealed_environment(home: Path) -> dict[str, str]:
    """An environment that uses no configuration outside ``home``, with a fixed identity."""
    foreign = (
        "GIT_",
        "COVGATE_",
        "PRE_COMMIT",
        "XDG_",
        "COVERAGE_",
        "COV_CORE_",
        "PYTEST_",
        "VIRTUAL_ENV",
        "CONDA_",
    )
    # If coverage measures the tests, it measures their covgate processes, too. Covgate hides it from the projects.
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(foreign) or name.startswith("COVERAGE_PROCESS_")
    }
    for name in _DECIDING:
        kept.pop(name, None)
    # Leave out an activated virtual environment, too.
    path = kept.get("PATH", "").split(os.pathsep)
    kept["PATH"] = os.pathsep.join(each for each in path if not (Path(each).parent / "pyvenv.cfg").is_file())
    config = home / "gitconfig"
    if not config.exists():
        home.mkdir(parents=True, exist_ok=True)
        config.write_text(
            "[user]\n\tname = Ada\n\temail = ada@example.org\n[init]\n\tdefaultBranch = main\n"
            '[commit]\n\tgpgsign = false\n[protocol "file"]\n\tallow = always\n'
            # Maintenance and fsync take a third of the time of a commit, and these repositories are deleted soon.
            "[gc]\n\tauto = 0\n[maintenance]\n\tauto = false\n[receive]\n\tautogc = false\n[core]\n\tfsync = none\n"
        )
    return {
        **kept,
        "HOME": str(home),
        "XDG_CONFIG_HOME": str(home / "config"),
        "XDG_CACHE_HOME": str(home / "cache"),
        "GIT_CONFIG_GLOBAL": str(config),
        "GIT_CONFIG_NOSYSTEM": "1",
        "PRE_COMMIT_HOME": str(home / "pre-commit"),
        "PRE_COMMIT_COLOR": "never",
        "NO_COLOR": "1",
        "TERM": "dumb",
    }


def script(name: str) -> str:
    """A console script of the environment that runs the tests."""
    return str(Path(sys.executable).parent / name)


def project_python(home: Path, *plugins: str, has_pytest: bool = True) -> str:
    """The interpreter of an environment under ``home`` that has coverage, pytest and ``plugins``, those of the tests.

    The plugins of the environment that runs the tests take longer to load than these small projects to test.
    """
    packages = ["coverage", *(["pytest"] if has_pytest else []), *plugins]
    environment = home / "-".join(["environment", *packages])
    python = environment / "bin" / "python"
    if not python.exists():
        venv.create(environment, symlinks=True)
        link_packages(environment, *packages)
    return str(python)


def link_packages(environment: Path, *names: str) -> None:
    """Let a virtual environment have packages of the environment that runs the tests, and what they require."""
    [packages] = environment.glob("lib/python*/site-packages")
    for name in _with_requirements(*names):
        for top in {Path(file).parts[0] for file in distribution(name).files or ()} - {"..", "__pycache__"}:
            (packages / top).symlink_to(str(distribution(name).locate_file(top)))


def _with_requirements(*names: str) -> set[str]:
    found: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            needed = [Requirement(each) for each in distribution(name).requires or ()]
            waiting += [each.name for each in needed if each.marker is None or each.marker.evaluate({"extra": ""})]
    return found


@dataclass(frozen=True)
class Done:
    """The exit status of a command, and all that it printed."""

    status: int
    text: str

    def __contains__(self, words: str) -> bool:
        return words in self.text


def run(argv: list[str], cwd: Path, environ: Mapping[str, str], input: str | None = None) -> Done:
    done = subprocess.run(
        argv,
        cwd=cwd,
        env=dict(environ),
        input=input,
        stdin=subprocess.DEVNULL if input is None else None,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        timeout=600,  # that of a test that hangs, however busy the machine is
    )
    return Done(done.returncode, done.stdout)
