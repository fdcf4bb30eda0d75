"""The project's own interpreter: found, fingerprinted, and given the environment its owner has by hand.

pre-commit puts the hook's environment first on PATH and overwrites VIRTUAL_ENV with it; what the user
had activated is still further back on PATH.
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

_NAMES = (".venv", "venv", "env", ".env")
_OF_THE_CALL = (
    "COVGATE_",
    "COV_CORE_",
    "COVERAGE_PROCESS_",
    "PYTEST_XDIST_",
    "GIT_CONFIG_KEY_",
    "GIT_CONFIG_VALUE_",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Interpreter:
    """``path`` as found (a shim is possible), ``environment`` the prefix of its virtual environment, "" for none."""

    path: str
    environment: str = ""
    found: str = ""


def find_interpreter(option: str, roots: Sequence[Path], environ: Mapping[str, str]) -> Interpreter:
    """``option`` where given (relative to the first root), else what the user has activated, else the
    virtual environment in one of ``roots``, else conda's, else the first Python on PATH."""
    if option:
        path = Path(option).expanduser()
        path = path if path.is_absolute() else roots[0] / path
        if path.is_dir():
            path = _python_in(path) or path
        if not path.is_file():
            raise ToolError(
                f"python = {option!r}: there is no such interpreter ({path})",
                hint="set `python` to the interpreter of the project's virtual environment",
            )
        return _interpreter(path, "configured")
    for prefix, how in _prefixes(roots, environ):
        python = _python_in(prefix)
        if python is not None and not _is_own(prefix, environ):
            return _interpreter(python, how)
    for directory in environ.get("PATH", "").split(os.pathsep):
        if not directory or _is_own(Path(directory).parent, environ):
            continue
        for name in ("python3", "python", "python3.exe", "python.exe"):
            path = Path(directory, name)
            if path.is_file() and os.access(path, os.X_OK):
                return _interpreter(path, "the first on PATH")
    raise ToolError(
        "no Python interpreter was found for this project",
        hint="create a virtual environment (.venv), or set `python` in the covgate configuration",
    )


def fingerprint(interpreter: Interpreter, sites: Iterable[str]) -> str:
    """Changes when the interpreter or an installed distribution does; needs no process."""
    parts = [os.path.realpath(interpreter.path), interpreter.path]
    for path in (interpreter.path, os.path.join(interpreter.environment or "", "pyvenv.cfg")):
        try:
            stat = os.stat(path)
            parts.append(f"{stat.st_size} {stat.st_mtime_ns}")
        except OSError:
            parts.append("-")
    endings = (".dist-info", ".egg-info", ".egg-link", ".pth")
    for site in sites:
        try:
            names = sorted(n for n in os.listdir(site) if n.endswith(endings) or n.startswith("__editable__"))
        except OSError:
            names = []
        parts += [site, *names]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def site_directories(interpreter: Interpreter) -> list[str]:
    """Where the interpreter's distributions lie, read off the file system."""
    path = Path(interpreter.path)
    prefixes = [Path(interpreter.environment)] if interpreter.environment else []
    home = _home(prefixes[0]) if prefixes else None
    prefixes += [Path(os.path.realpath(path)).parent.parent]
    if home is not None:
        prefixes.append(home.parent)
    sites = []
    for prefix in prefixes:
        for pattern in (
            "lib/python3*/site-packages",
            "lib/python3*/dist-packages",
            "lib/python3/dist-packages",
        ):
            sites += sorted(str(each) for each in prefix.glob(pattern))
        sites += sorted(str(each) for each in prefix.glob("Lib/site-packages"))
    return list(dict.fromkeys(sites))


def child_environment(interpreter: Interpreter, environ: Mapping[str, str]) -> dict[str, str]:
    """What the tests see: the user's environment, as if they had activated the interpreter's.

    Nothing of the hook's environment, of pre-commit, of covgate or of a coverage around it is left.
    """
    kept = {
        name: value
        for name, value in environ.items()
        if not name.startswith(_OF_THE_CALL)
        and (not name.startswith("PRE_COMMIT") or name == "PRE_COMMIT_HOME")
        and name not in ("COVERAGE_FILE", "PYTEST_CURRENT_TEST", "PYTHONHOME", "__PYVENV_LAUNCHER__", "_")
    }
    path = [each for each in kept.get("PATH", "").split(os.pathsep) if each]
    path = [each for each in path if not _is_own(Path(each).parent, environ)]
    kept.pop("VIRTUAL_ENV", None)
    if interpreter.environment:
        kept["VIRTUAL_ENV"] = interpreter.environment
        path.insert(0, str(Path(interpreter.path).parent))
    kept["PATH"] = os.pathsep.join(dict.fromkeys(path))
    return kept


def _interpreter(path: Path, found: str) -> Interpreter:
    prefix = path.parent.parent
    environment = str(prefix) if (prefix / "pyvenv.cfg").is_file() else ""
    return Interpreter(path=str(path), environment=environment, found=found)


def _prefixes(roots: Sequence[Path], environ: Mapping[str, str]) -> Iterator[tuple[Path, str]]:
    if environ.get("VIRTUAL_ENV"):
        yield Path(environ["VIRTUAL_ENV"]), "the activated virtual environment"
    for directory in environ.get("PATH", "").split(os.pathsep):
        prefix = Path(directory).parent
        if directory and (prefix / "pyvenv.cfg").is_file():
            yield prefix, "the activated virtual environment"
    for root in roots:
        for name in _NAMES:
            if (root / name / "pyvenv.cfg").is_file():
                yield root / name, f"{name} in the repository"
    if environ.get("CONDA_PREFIX"):
        yield Path(environ["CONDA_PREFIX"]), "the activated conda environment"


def _is_own(prefix: Path, environ: Mapping[str, str]) -> bool:
    """Whether ``prefix`` is the environment that pre-commit built for covgate: never the project's."""
    own = Path(sys.prefix)
    if not environ.get("PRE_COMMIT") or not own.name.startswith("py_env-"):
        return False
    return os.path.realpath(prefix) == os.path.realpath(own)


def _python_in(prefix: Path) -> Path | None:
    for name in ("bin/python", "bin/python3", "Scripts/python.exe", "python.exe"):
        if (prefix / name).is_file():
            return prefix / name
    return None


def _home(environment: Path) -> Path | None:
    """The base installation's bin directory, as pyvenv.cfg names it."""
    try:
        lines = (environment / "pyvenv.cfg").read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError):
        return None
    for line in lines:
        key, _, value = line.partition("=")
        if key.strip() == "home":
            return Path(value.strip())
    return None
