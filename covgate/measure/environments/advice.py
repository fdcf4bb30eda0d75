"""How to install packages for a project's interpreter with the project's own tool: commands to type."""

from __future__ import annotations

import os
import shlex
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from covgate.files import relative
from covgate.measure.environments.declared import where_declared
from covgate.measure.environments.installed import installed
from covgate.measure.environments.search import manager_of
from covgate.measure.environments.user_files import is_file
from covgate.measure.interpreter import Interpreter

_ADD = {
    "uv": "uv add --dev",
    "poetry": "poetry add --group dev",
    "pdm": "pdm add --dev",
    "pipenv": "pipenv install --dev",
    "pixi": "pixi add",
}
_CREATE = {
    "uv": "uv sync",
    "poetry": "poetry install",
    "pdm": "pdm install",
    "pipenv": "pipenv install --dev",
    "pixi": "pixi install",
    "conda": "conda env create --file environment.yml",
    "hatch": "hatch env create",
}
# The options that add a group or an extra to what these commands install.
_SELECT = {
    "uv": {"group": "--group", "extra": "--extra"},
    "poetry": {"group": "--with", "extra": "--extras"},
    "pdm": {"group": "-G", "extra": "-G"},
}
_OTHER_LANGUAGE = (
    "if the tests are not in Python, set `command` to what runs them, and `report` to the file with their coverage"
    " (LCOV, Cobertura or JaCoCo)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What decides how packages are installed.

    ``manager`` is the tool that manages the environment, or that would create one. ``prefix`` is the environment, ""
    for none. ``python`` and ``venv`` are paths to type: the interpreter, and where an environment would be. ``uv``: uv
    is on PATH. ``pip``: the interpreter has pip. ``packaged``: pip can install the project. ``declared`` is where the
    project declares the package to install (``where_declared``). ``code``: the project has Python code.
    """

    python: str
    prefix: str = ""
    manager: str = ""
    venv: str = ".venv"
    project: str = "."
    uv: bool = False
    pip: bool = True
    packaged: bool = False
    declared: str = ""
    code: bool = True


def how_to_install(facts: Facts, *arguments: str) -> str:
    """How to install ``arguments``, which are packages as pip accepts them, in the project's environment."""
    if not facts.prefix and not facts.code:
        return _OTHER_LANGUAGE
    if not facts.prefix:
        return how_to_create(facts, *arguments)
    names = shlex.join(arguments)
    where = Path(facts.prefix).name
    if facts.manager in _CREATE and facts.manager in _ADD and (facts.declared or arguments[:1] == ("-e",)):
        return _install_declared(facts)
    if facts.manager in _ADD:
        return _there(facts, f"{_ADD[facts.manager]} {names}")
    if facts.manager == "conda":
        return f"conda install --prefix {shlex.quote(facts.prefix)} {names}"
    if facts.manager == "hatch":
        return f"add {names} to the dependencies of hatch's environment {where} in pyproject.toml"
    if facts.manager == "tox":
        return f"add {names} to `deps` in tox.ini, then: {_there(facts, f'tox run -e {where} --notest')}"
    if facts.manager == "nox":
        return f"add {names} to session.install() in noxfile.py, then: {_there(facts, 'nox --install-only')}"
    if facts.packaged and facts.declared.startswith("extra "):
        names = shlex.join(["-e", f"{facts.project}[{facts.declared.removeprefix('extra ')}]"])
    python = shlex.quote(facts.python)
    if facts.pip:
        return f"{python} -m pip install {names}"
    if facts.uv:
        return f"uv pip install --python {python} {names}"
    return f"{python} -m ensurepip && {python} -m pip install {names}"


def how_to_create(facts: Facts, *arguments: str) -> str:
    """How to create an environment for the project, with ``arguments`` and what every test run needs.

    Nothing is installed for a Python outside of an environment: it often refuses that (PEP 668).
    """
    if facts.manager in _CREATE:
        return _install_declared(facts)
    wanted = arguments if arguments[:1] == ("-e",) else ("coverage", "pytest", *arguments)
    project = facts.project
    if facts.declared.startswith("extra "):
        project += f"[{facts.declared.removeprefix('extra ')}]"
    own = ("-e", project) if facts.packaged and "-e" not in wanted else ()
    python = Path(facts.venv, "bin", "python")
    install = shlex.join([str(python), "-m", "pip", "install", *dict.fromkeys([*own, *wanted])])
    return f"{shlex.join([facts.python, '-m', 'venv', facts.venv])} && {install}"


def _install_declared(facts: Facts) -> str:
    """The command of the project's tool that creates the environment, or brings it up to date."""
    kind, _, name = facts.declared.partition(" ")
    option = _SELECT.get(facts.manager, {}).get(kind, "")
    # The group dev is installed in any case.
    more = f" {option} {shlex.quote(name)}" if option and name and name != "dev" else ""
    return _there(facts, _CREATE[facts.manager] + more)


def _there(facts: Facts, command: str) -> str:
    """``command`` of a tool that works on the project in the current directory, as it is typed for another one."""
    return command if facts.project == "." else f"(cd {shlex.quote(facts.project)} && {command})"


def advise(
    package: str, interpreter: Interpreter, top: Path, environ: Mapping[str, str], shown: Callable[[Path], str]
) -> str:
    """How to install ``package`` for ``interpreter``, for the project at ``top``. See ``facts_about``."""
    facts = facts_about(interpreter, top, environ, shown)
    return how_to_install(replace(facts, declared=where_declared(top, package)), package)


def how_to_start_anew(broken: str, top: Path, environ: Mapping[str, str]) -> str:
    """How to create an environment for the project at ``top`` in place of ``broken``, "" for none."""
    facts = facts_about(Interpreter(path="python3"), top, environ, relative)
    create = how_to_create(facts)
    if not broken:
        return create
    if not Path(broken).exists():
        return f"unset VIRTUAL_ENV CONDA_PREFIX, or create it again: {create}"
    return f"rm -r {shlex.quote(broken)} && {create}"


def facts_about(
    interpreter: Interpreter, top: Path, environ: Mapping[str, str], shown: Callable[[Path], str] = str
) -> Facts:
    """The facts about ``interpreter`` and the project at ``top``. ``shown`` gives a path as it is typed."""
    names = installed(interpreter.path, interpreter.environment, environ)
    prefix = interpreter.environment
    return Facts(
        python=interpreter.path,
        prefix=prefix,
        manager=interpreter.manager if prefix else _creator(top),
        venv=shown(top / ".venv"),
        project=shown(top),
        uv=shutil.which("uv", path=environ.get("PATH")) is not None,
        pip=names is None or "pip" in names,
        packaged=is_packaged(top),
        code=is_packaged(top) or _has_code(top),
    )


def _has_code(top: Path) -> bool:
    """Whether there is a Python file below ``top``; packages of Node and hidden directories don't count."""
    for _, names, files in os.walk(top):
        names[:] = [each for each in names if each != "node_modules" and not each.startswith(".")]
        if any(each.endswith(".py") for each in files):
            return True
    return False


def is_packaged(top: Path) -> bool:
    """Whether pip can install what is at ``top``."""
    text = _read(top / "pyproject.toml")
    return b"[project]" in text or b"[build-system]" in text or is_file(top / "setup.py")


def _creator(top: Path) -> str:
    """The tool that makes the environment of the project at ``top``; "" for venv."""
    known = manager_of(top)
    if known:
        return known
    text = _read(top / "pyproject.toml")
    if is_file(top / "pixi.toml") or b"[tool.pixi" in text:
        return "pixi"
    if is_file(top / "environment.yml"):
        return "conda"
    if b"[tool.hatch.envs" in text or is_file(top / "hatch.toml"):
        return "hatch"
    # A library's lock file is often not committed.
    tables = {"poetry": b"[tool.poetry", "pdm": b"[tool.pdm", "uv": b"[tool.uv"}
    named = next((name for name, table in tables.items() if table in text), "")
    return named or ("poetry" if b"poetry.core" in text else "")


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""
