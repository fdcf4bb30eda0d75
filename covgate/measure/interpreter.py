"""The project's own interpreter: find it, fingerprint it, and give it the environment that its owner has by hand.

pre-commit puts the environment of the hook first on PATH and into VIRTUAL_ENV. The environment that the user has
activated is still further back on PATH.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from covgate.errors import ToolError

_ENVIRONMENT_NAMES = (".venv", "venv", "env", ".env")
_PYTHON_NAMES = ("python3", "python", "python3.exe", "python.exe")
_PYTHON_IN_ENVIRONMENT = ("bin/python", "bin/python3", "Scripts/python.exe", "python.exe")
_SITE_PATTERNS = (
    "lib/python3*/site-packages",
    "lib/python3*/dist-packages",
    "lib/python3/dist-packages",
    "Lib/site-packages",
)
_DISTRIBUTION_SUFFIXES = (".dist-info", ".egg-info", ".egg-link", ".pth")
# Variables about covgate's own call, and about a test run around it: they must not reach the tests.
_HIDDEN_PREFIXES = (
    "COVGATE_",
    "COV_CORE_",
    "COVERAGE_PROCESS_",
    "PYTEST_XDIST_",
    "GIT_CONFIG_KEY_",
    "GIT_CONFIG_VALUE_",
)
_HIDDEN = ("COVERAGE_FILE", "PYTEST_CURRENT_TEST", "PYTHONHOME", "__PYVENV_LAUNCHER__", "_")


@dataclass(frozen=True, slots=True, kw_only=True)
class Interpreter:
    """A Python interpreter. ``path`` is as it was found; it may be a shim, as pyenv has them.

    ``environment`` is the prefix of its virtual environment, "" if it has none. ``origin`` is how it was found, for
    messages.
    """

    path: str
    environment: str = ""
    origin: str = ""


def find_interpreter(option: str, roots: Sequence[Path], environ: Mapping[str, str]) -> Interpreter:
    """The interpreter that ``option`` names, relative to the first of ``roots``; if it is empty, the project's.

    The project's is the activated virtual environment, else one in ``roots``, else conda's, else the first Python on
    PATH. Raises ToolError if there is none.
    """
    if option:
        return _configured(option, roots[0])
    for prefix, origin in _environments(roots, environ):
        python = _python_in(prefix)
        if python is not None and not _is_hook_environment(prefix, environ):
            return _interpreter(python, origin)
    for directory in environ.get("PATH", "").split(os.pathsep):
        if not directory or _is_hook_environment(Path(directory).parent, environ):
            continue
        for name in _PYTHON_NAMES:
            path = Path(directory, name)
            if path.is_file() and os.access(path, os.X_OK):
                return _interpreter(path, "the first on PATH")
    raise ToolError(
        "no Python interpreter was found for this project",
        hint="create a virtual environment (.venv), or set `python` in the covgate configuration",
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


def site_directories(interpreter: Interpreter) -> list[str]:
    """The directories with the interpreter's distributions, as the file system shows them."""
    prefixes = [Path(interpreter.environment)] if interpreter.environment else []
    home = _base_directory(prefixes[0]) if prefixes else None
    prefixes.append(Path(os.path.realpath(interpreter.path)).parent.parent)
    if home is not None:
        prefixes.append(home.parent)
    sites = [
        site
        for prefix in prefixes
        for pattern in _SITE_PATTERNS
        for site in sorted(str(each) for each in prefix.glob(pattern))
    ]
    return list(dict.fromkeys(sites))


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
    path = [each for each in path if not _is_hook_environment(Path(each).parent, environ)]
    kept.pop("VIRTUAL_ENV", None)
    if interpreter.environment:
        kept["VIRTUAL_ENV"] = interpreter.environment
        path.insert(0, str(Path(interpreter.path).parent))
    kept["PATH"] = os.pathsep.join(dict.fromkeys(path))
    return kept


def _configured(option: str, root: Path) -> Interpreter:
    """The interpreter that ``option`` names: a program, or the directory of a virtual environment."""
    path = Path(option).expanduser()
    path = path if path.is_absolute() else root / path
    if path.is_dir():
        path = _python_in(path) or path
    if not path.is_file():
        raise ToolError(
            f"python = {option!r}: there is no such interpreter ({path})",
            hint="set `python` to the interpreter of the project's virtual environment",
        )
    return _interpreter(path, "configured")


def _interpreter(path: Path, origin: str) -> Interpreter:
    prefix = path.parent.parent
    environment = str(prefix) if (prefix / "pyvenv.cfg").is_file() else ""
    return Interpreter(path=str(path), environment=environment, origin=origin)


def _environments(roots: Sequence[Path], environ: Mapping[str, str]) -> Iterator[tuple[Path, str]]:
    """The prefixes of virtual environments that may be the project's, the likeliest first, and how each was found."""
    if environ.get("VIRTUAL_ENV"):
        yield Path(environ["VIRTUAL_ENV"]), "the activated virtual environment"
    for directory in environ.get("PATH", "").split(os.pathsep):
        prefix = Path(directory).parent
        if directory and (prefix / "pyvenv.cfg").is_file():
            yield prefix, "the activated virtual environment"
    for root in roots:
        for name in _ENVIRONMENT_NAMES:
            if (root / name / "pyvenv.cfg").is_file():
                yield root / name, f"{name} in the repository"
    if environ.get("CONDA_PREFIX"):
        yield Path(environ["CONDA_PREFIX"]), "the activated conda environment"


def _is_hook_environment(prefix: Path, environ: Mapping[str, str]) -> bool:
    """Whether ``prefix`` is the environment that pre-commit has built for covgate: never the project's."""
    own = Path(sys.prefix)
    if not environ.get("PRE_COMMIT") or not own.name.startswith("py_env-"):
        return False
    return os.path.realpath(prefix) == os.path.realpath(own)


def _python_in(prefix: Path) -> Path | None:
    return next((prefix / name for name in _PYTHON_IN_ENVIRONMENT if (prefix / name).is_file()), None)


def _base_directory(environment: Path) -> Path | None:
    """The directory of the interpreter that a virtual environment was made from, according to its pyvenv.cfg."""
    try:
        lines = (environment / "pyvenv.cfg").read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError):
        return None
    for line in lines:
        key, _, value = line.partition("=")
        if key.strip() == "home":
            return Path(value.strip())
    return None
