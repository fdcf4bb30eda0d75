"""The project's own interpreter: find it, fingerprint it, and give it the environment that its owner has by hand.

pre-commit puts the environment of the hook first on PATH and into VIRTUAL_ENV. The environment that the user has
activated is still further back on PATH.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from covgate.errors import ToolError
from covgate.measure.environments.candidates import MEASURING, choose
from covgate.measure.environments.installed import is_environment, package_directories, problem, python_in, user_sites
from covgate.measure.environments.search import candidates, manager_of
from covgate.measure.environments.tools_own import is_tools_own

_DISTRIBUTION_SUFFIXES = (".dist-info", ".egg-info", ".egg-link", ".pth")
# Variables about covgate's own call, and about a test run around it: they must not reach the tests.
_HIDDEN_PREFIXES = (
    "COVGATE_",
    "_COVGATE_",
    "COV_CORE_",
    "COVERAGE_PROCESS_",
    "PYTEST_XDIST_",
    "GIT_CONFIG_KEY_",
    "GIT_CONFIG_VALUE_",
)
_HIDDEN = ("COVERAGE_FILE", "PYTEST_CURRENT_TEST", "PYTHONHOME", "__PYVENV_LAUNCHER__", "_")


class Interpreter(NamedTuple):
    """A Python interpreter. ``path`` is as it was found; it may be a shim.

    ``environment`` is the directory of its environment, "" if it has none. ``origin`` says how it was found.
    ``manager`` is the tool that installs packages there, "" if it is unknown. ``notices`` name environments that were
    skipped, and why.
    """

    path: str
    environment: str = ""
    origin: str = ""
    manager: str = ""
    notices: tuple[str, ...] = ()


def find_interpreter(
    option: str, roots: Sequence[Path], environ: Mapping[str, str], needs: Sequence[str] = MEASURING
) -> Interpreter:
    """The interpreter that ``option`` names, relative to one of ``roots``; if it is empty, the project's.

    Which one is the project's: see `environments.candidates`. ``needs`` are the distributions that running the tests
    takes; without any, covgate's own interpreter stands in for one. Raises ToolError if there is none.
    """
    if option:
        return _configured(option, roots, environ)
    choice = choose(candidates(roots, environ, needs))
    chosen = choice.candidate
    if chosen is not None:
        return Interpreter(
            path=chosen.python,
            environment=chosen.prefix,
            origin=chosen.origin,
            manager=chosen.manager,
            notices=choice.notices,
        )
    if not needs:  # a command that reports by itself: the project may have nothing to do with Python
        return Interpreter(path=sys.executable, origin="covgate's own: the project has none")
    from covgate.measure.environments.advice import how_to_start_anew  # late: only for an error

    anew = how_to_start_anew(choice.broken.prefix if choice.broken else "", roots[0], environ)
    raise ToolError(
        choice.notices[0] if choice.notices else "no Python interpreter was found for this project",
        hint=f"{anew}, or set `python` in the covgate configuration",
    )


def fingerprint(interpreter: Interpreter, sites: Iterable[str]) -> str:
    """A hash that changes if the interpreter or an installed distribution does; no process is started for it.

    ``sites`` are the directories with distributions.
    """
    parts = [os.path.realpath(interpreter.path), interpreter.path]
    for path in (interpreter.path, os.path.join(interpreter.environment or "", "pyvenv.cfg")):
        try:
            stat = os.stat(path)
            parts.append(f"{stat.st_size} {stat.st_mtime_ns}")
        except OSError:
            parts.append("-")
    for site in sites:
        try:
            names = [
                name
                for name in os.listdir(site)
                if name.endswith(_DISTRIBUTION_SUFFIXES) or name.startswith("__editable__")
            ]
        except OSError:
            names = []
        parts += [site, *sorted(names)]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def site_directories(interpreter: Interpreter, environ: Mapping[str, str] | None = None) -> list[str]:
    """The directories with the interpreter's distributions, as the file system shows them."""
    own = [] if interpreter.environment else user_sites(environ or {})
    return [*package_directories(interpreter.path, interpreter.environment), *own]


def child_environment(interpreter: Interpreter, environ: Mapping[str, str]) -> dict[str, str]:
    """The environment for the tests: the user's, as if they had activated the interpreter's virtual environment.

    It has nothing from the hook's environment, from pre-commit, from covgate, or from a coverage around it.
    """
    kept = {
        name: value
        for name, value in environ.items()
        if not name.startswith(_HIDDEN_PREFIXES)
        and (not name.startswith("PRE_COMMIT") or name == "PRE_COMMIT_HOME")
        and name not in _HIDDEN
    }
    path = [each for each in kept.get("PATH", "").split(os.pathsep) if each]
    path = [each for each in path if not is_tools_own(Path(each).parent)]
    for name in ("VIRTUAL_ENV", "VIRTUAL_ENV_PROMPT"):
        kept.pop(name, None)
    if interpreter.environment:
        is_conda = os.path.isdir(os.path.join(interpreter.environment, "conda-meta"))
        kept["CONDA_PREFIX" if is_conda else "VIRTUAL_ENV"] = interpreter.environment
        path.insert(0, str(Path(interpreter.path).parent))
    kept["PATH"] = os.pathsep.join(dict.fromkeys(path))
    return kept


def _configured(option: str, roots: Sequence[Path], environ: Mapping[str, str]) -> Interpreter:
    """The interpreter that ``option`` names: a program, one on PATH, or the directory of a virtual environment.

    A relative path is that in the first of ``roots`` that has it: a linked worktree rarely has an environment.
    """
    path = Path(option).expanduser()
    root = next((each for each in roots if os.path.lexists(each / path)), roots[0])
    if path.name == option and not (root / option).exists():
        import shutil  # late: it loads three compressors

        path = Path(shutil.which(option, path=environ.get("PATH", "")) or option)
    path = path if path.is_absolute() else root / path
    if is_environment(path) and problem(path):
        raise ToolError(f"python = {option!r} can't be used: {problem(path)}", hint="create the environment again")
    if path.is_dir():
        path = python_in(path) or path
    if not path.is_file():
        raise ToolError(
            f"python = {option!r}: there is no such interpreter ({path})",
            hint="set `python` to the interpreter of the project's virtual environment",
        )
    prefix = path.parent.parent
    environment = str(prefix) if is_environment(prefix) else ""
    return Interpreter(path=str(path), environment=environment, origin="configured", manager=manager_of(root))
