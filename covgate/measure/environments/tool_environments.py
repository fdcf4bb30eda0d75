"""Where poetry, pipenv, uv, hatch, pdm, pixi, conda, pyenv, tox and nox keep a project's environments.

Their files are read; none of them is started. Each function yields the directories of environments, the one that the
tool itself would use first, for a project at ``root``.
"""

from __future__ import annotations

import base64
import hashlib
import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from covgate.compat import item
from covgate.measure.environments.installed import is_environment, settings
from covgate.measure.environments.user_files import (
    children,
    expanded,
    home_of,
    is_directory,
    is_file,
    read,
    read_toml,
    user_directory,
)

Environ = Mapping[str, str]
_TEST_NAME = re.compile(r"(^|[-_.])(py\d*|(py)?tests?|testing|unit)([-_.]|$)")
_CONDA_NAME = re.compile(rb"""^name:\s*["']?([\w.-]+)""", re.MULTILINE)


def uv(root: Path, environ: Environ) -> Iterator[Path]:
    """The environment that UV_PROJECT_ENVIRONMENT names; uv's default is `.venv`."""
    configured = environ.get("UV_PROJECT_ENVIRONMENT")
    if configured:
        yield root / configured


def poetry(root: Path, environ: Environ) -> Iterator[Path]:
    """`.venv`, unless poetry is configured not to use it, then those that poetry has made elsewhere."""
    if not is_file(root / "poetry.lock") and b"poetry" not in read(root / "pyproject.toml"):
        return
    config_home = environ.get("POETRY_CONFIG_DIR") or user_directory("config", "pypoetry", environ)
    configs = [read_toml(root / "poetry.toml"), read_toml(Path(config_home, "config.toml"))]

    def option(*keys: str) -> Any:
        name = "POETRY_" + "_".join(keys).upper().replace("-", "_")
        values = (item(config, *keys) for config in configs)
        return environ.get(name) or next((each for each in values if each is not None), None)

    in_project = str(option("virtualenvs", "in-project")).lower()
    if in_project not in ("false", "0"):
        yield root / ".venv"
    cache = str(option("cache-dir") or user_directory("cache", "pypoetry", environ))
    place = str(option("virtualenvs", "path") or Path(cache, "virtualenvs"))
    place = place.replace("{cache-dir}", cache).replace("{project-dir}", str(root))
    directory = expanded(place, environ)
    own = _hashed(os.path.normcase(os.path.realpath(root)))
    # envs.toml has what `poetry env use` has chosen.
    chosen = {name[-8:]: value for name, value in read_toml(directory / "envs.toml").items() if isinstance(value, dict)}
    minor = chosen.get(own, {}).get("minor", "")
    found = _newest_first(each for each in children(directory) if f"-{own}-py" in each.name)
    yield from sorted(found, key=lambda each: not each.name.endswith(f"-py{minor}"))


def pipenv(root: Path, environ: Environ) -> Iterator[Path]:
    """Those that pipenv has written the project's directory into, and the one that the file `.venv` names."""
    if not is_file(root / "Pipfile"):
        return
    homes = _workon_homes(environ)
    yield from _with_project_file(homes, root)
    named = os.fsdecode(read(root / ".venv").strip()) if is_file(root / ".venv") else ""
    if named:
        yield from [root / named] if os.sep in named else [home / named for home in homes]


def virtualenvwrapper(root: Path, environ: Environ) -> Iterator[Path]:
    """Those that `mkvirtualenv -a` or `setvirtualenvproject` has tied to the project."""
    yield from _with_project_file(_workon_homes(environ), root)


def hatch(root: Path, environ: Environ) -> Iterator[Path]:
    """The environment `default`, then those whose names suggest tests."""
    if b"hatch" not in read(root / "pyproject.toml") and not is_file(root / "hatch.toml"):
        return
    config_file = environ.get("HATCH_CONFIG") or Path(user_directory("config", "hatch", environ), "config.toml")
    dirs = item(read_toml(Path(config_file)), "dirs") or {}
    data = environ.get("HATCH_DATA_DIR") or item(dirs, "data") or user_directory("data", "hatch", environ)
    configured = environ.get("HATCH_ENV_TYPE_VIRTUAL_PATH") or item(dirs, "env", "virtual")
    virtual = root / expanded(str(configured or Path(data, "env", "virtual")), environ)
    envs = item(read_toml(root / "pyproject.toml"), "tool", "hatch", "envs") or item(
        read_toml(root / "hatch.toml"), "envs"
    )
    for env in envs.values() if isinstance(envs, dict) else ():
        if isinstance(item(env, "path"), str):
            yield root / env["path"]
    if root in virtual.parents:  # without the names of projects between
        yield from _for_tests(virtual)
        return
    place = str(root).casefold() if sys.platform in ("win32", "darwin") else str(root)
    for project in children(virtual):
        own = project / _hashed(place)
        yield own / project.name
        yield from _for_tests(own)


def pdm(root: Path, environ: Environ) -> Iterator[Path]:
    """The environment of the interpreter that pdm has saved for the project."""
    saved = environ.get("PDM_PYTHON") or os.fsdecode(read(root / ".pdm-python")).strip()
    if saved and is_environment(Path(saved).parent.parent):
        yield Path(saved).parent.parent


def pixi(root: Path, environ: Environ) -> Iterator[Path]:
    """`default`, then those whose names suggest tests."""
    yield root / ".pixi/envs/default"
    yield from _for_tests(root / ".pixi/envs")


def conda(root: Path, environ: Environ) -> Iterator[Path]:
    """The environment that environment.yml names, among those that conda knows."""
    text = read(root / "environment.yml") or read(root / "environment.yaml")
    name = _CONDA_NAME.search(text)
    if name is None:
        return
    known = read(home_of(environ) / ".conda/environments.txt").splitlines()
    places = [Path(os.fsdecode(line.strip())) for line in known if line.strip()]
    yield from (each for each in places if each.name == os.fsdecode(name[1]) and each.parent.name == "envs")
    if environ.get("MAMBA_ROOT_PREFIX"):
        yield Path(environ["MAMBA_ROOT_PREFIX"], "envs", os.fsdecode(name[1]))


def pyenv(root: Path, environ: Environ) -> Iterator[Path]:
    """The virtual environment of pyenv-virtualenv that `.python-version` names."""
    for version in pyenv_versions(root, environ):
        if is_environment(version):
            yield version


def tox(root: Path, environ: Environ) -> Iterator[Path]:
    """Those whose names suggest tests first, and of these the newest Python."""
    yield from _for_tests(root / environ.get("TOX_WORK_DIR", ".tox"))


def nox(root: Path, environ: Environ) -> Iterator[Path]:
    """The environments of nox, in the same order as those of tox."""
    yield from _for_tests(root / environ.get("NOX_ENVDIR", ".nox"))


# In the order in which they are tried; a project rarely uses two of them.
TOOLS: dict[str, Callable[[Path, Environ], Iterator[Path]]] = {
    "uv": uv,
    "poetry": poetry,
    "pdm": pdm,
    "pipenv": pipenv,
    "virtualenvwrapper": virtualenvwrapper,
    "hatch": hatch,
    "pixi": pixi,
    "conda": conda,
    "pyenv": pyenv,
}
RUNNERS: dict[str, Callable[[Path, Environ], Iterator[Path]]] = {"tox": tox, "nox": nox}


def pyenv_root(environ: Environ) -> Path:
    return Path(environ.get("PYENV_ROOT") or home_of(environ) / ".pyenv")


def pyenv_versions(root: Path, environ: Environ) -> Iterator[Path]:
    """The directories of the versions that pyenv's shims would use in ``root``."""
    versions = pyenv_root(environ) / "versions"
    named = environ.get("PYENV_VERSION", "").split(":")
    files = [directory / ".python-version" for directory in (root, *root.parents)] + [pyenv_root(environ) / "version"]
    while not any(named) and files:
        lines = os.fsdecode(read(files.pop(0))).splitlines()
        named = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    for name in filter(None, named):
        exact = versions / name
        # pyenv takes `3.12` for the newest 3.12.
        prefixed = [each for each in children(versions) if each.name.startswith(f"{name}.")]
        yield from [exact] if is_directory(exact) else sorted(prefixed, key=_version, reverse=True)[:1]


def _workon_homes(environ: Environ) -> list[Path]:
    configured = environ.get("WORKON_HOME")
    default = Path(environ.get("XDG_DATA_HOME") or home_of(environ) / ".local/share", "virtualenvs")
    return [*([expanded(configured, environ)] if configured else []), default, home_of(environ) / ".virtualenvs"]


def _with_project_file(homes: list[Path], root: Path) -> Iterator[Path]:
    """The environments in ``homes`` whose file `.project` names ``root``."""
    for home in homes:
        yield from _newest_first(
            [each for each in children(home) if read(each / ".project").strip() == os.fsencode(root)]
        )


def _for_tests(directory: Path) -> list[Path]:
    """The environments in ``directory``: those named after tests first, then by Python version, the newest first."""
    found = [each for each in children(directory) if is_environment(each) and not each.name.startswith(".")]
    return sorted(_newest_first(found), key=lambda each: _TEST_NAME.search(each.name) is None)


def _newest_first(environments: Iterator[Path] | list[Path]) -> list[Path]:
    by_name = sorted(environments, key=lambda each: (len(each.name), each.name))
    return sorted(by_name, key=_python_version, reverse=True)


def _python_version(prefix: Path) -> tuple[int, ...]:
    found = settings(prefix)
    return _numbers(found.get("version_info") or found.get("version") or "")[:2]


def _version(path: Path) -> tuple[int, ...]:
    return _numbers(path.name)


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(each[:9]) for each in re.findall(r"\d+", text)[:3])


def _hashed(text: str) -> str:
    """How poetry and hatch name a project's directory in a directory of environments."""
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode()[:8]
