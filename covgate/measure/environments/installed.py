"""What is installed in an environment, as the file system shows it: no process is started."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from covgate.measure.environments.user_files import is_directory, is_file

PYTHONS = ("bin/python", "bin/python3", "Scripts/python.exe", "python.exe")  # in an environment
_SITES = (
    "lib/python3*/site-packages",
    "lib/python3*/dist-packages",
    "lib/python3/dist-packages",
    "local/lib/python3*/dist-packages",
    "Lib/site-packages",
)
_DISTRIBUTION = re.compile(r"(?P<name>.+?)(-\d[^-]*)?(-py3[^-]*)?\.(dist-info|egg-info|egg|egg-link)")
_VERSIONED = re.compile(r"(?:python|pypy)(3\.\d+)(?:\.exe)?")
_SEPARATORS = re.compile(r"[-_.]+")


def normalized(name: str) -> str:
    """The name of a distribution as it is compared (PEP 503)."""
    return _SEPARATORS.sub("-", name).lower()


def package_directories(python: str, prefix: str) -> list[str]:
    """The directories that may have packages for the interpreter ``python`` of the environment ``prefix``.

    Those of the Python that the environment was made from are included. ``prefix`` is "" for no environment.
    """
    base = _base_directory(Path(prefix)) if prefix else None
    prefixes = [Path(prefix)] if prefix else []
    prefixes.append(Path(os.path.realpath(python)).parent.parent)
    if base is not None:
        prefixes.append(base.parent)
    return list(dict.fromkeys(site for each in prefixes for site in _sites(each)))


def user_sites(environ: Mapping[str, str]) -> list[str]:
    """Where `pip install --user` puts packages, which an interpreter outside of an environment uses."""
    base = Path(environ.get("PYTHONUSERBASE") or Path(environ.get("HOME", ""), ".local"))
    return _sites(base) if base.is_absolute() and not environ.get("PYTHONNOUSERSITE") else []


def installed(python: str, prefix: str, environ: Mapping[str, str]) -> frozenset[str] | None:
    """The normalized names of the distributions and top-level modules that the interpreter finds.

    None if no directory of packages is found, as for a shim.
    """
    if prefix and not _uses_system_sites(Path(prefix)):
        sites = _sites(Path(prefix))
    else:
        sites = [*package_directories(python, prefix), *user_sites(environ)]
        version = _VERSIONED.fullmatch(Path(os.path.realpath(python)).name)
        if version:
            sites = [each for each in sites if f"python{version[1]}/" in each or "python3/" in each]
    sites += [each for each in environ.get("PYTHONPATH", "").split(os.pathsep) if each]
    return frozenset(_names(sites)) if sites else None


def problem(prefix: Path) -> str:
    """Why the environment ``prefix`` can't run; "" if nothing shows that it can't."""
    if not is_directory(prefix):
        return "it does not exist any more"
    python = next((prefix / name for name in PYTHONS if os.path.lexists(prefix / name)), None)
    if python is None:
        return "it has no Python"
    target = Path(os.path.realpath(python))
    if not is_file(target):
        return f"its Python is gone ({target})"
    base = _base_directory(prefix)
    if base is not None and base.is_absolute() and not is_directory(base):
        return f"the Python that it was made from is gone ({base})"
    version = _VERSIONED.fullmatch(target.name)
    made_for = sorted(path.name.removeprefix("python") for path in prefix.glob("lib/python3.*"))
    if version and made_for and version[1] not in made_for:
        return f"it was made for Python {', '.join(made_for)}, and its Python is now {version[1]}"
    return ""


def python_in(prefix: Path) -> Path | None:
    """The interpreter of the environment ``prefix``; None if it has none."""
    return next((prefix / name for name in PYTHONS if is_file(prefix / name)), None)


def is_environment(prefix: Path) -> bool:
    """Whether ``prefix`` is a virtual environment, or one of conda."""
    return is_file(prefix / "pyvenv.cfg") or is_directory(prefix / "conda-meta")


def settings(prefix: Path) -> dict[str, str]:
    """The keys and values of the environment's pyvenv.cfg; none if it has no such file."""
    try:
        lines = (prefix / "pyvenv.cfg").read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError):
        return {}
    pairs = (line.partition("=") for line in lines)
    return {key.strip().lower(): value.strip() for key, _, value in pairs}


def _base_directory(prefix: Path) -> Path | None:
    """The directory of the interpreter that a virtual environment was made from."""
    home = settings(prefix).get("home")
    return Path(home) if home else None


def _uses_system_sites(prefix: Path) -> bool:
    return settings(prefix).get("include-system-site-packages", "").lower() == "true"


def _sites(prefix: Path) -> list[str]:
    return [site for pattern in _SITES for site in sorted(str(each) for each in prefix.glob(pattern))]


def _names(sites: Iterable[str]) -> Iterable[str]:
    """The names in ``sites``, and in the directories that their .pth files add."""
    for site in sites:
        for name in _listdir(site):
            if name.endswith(".pth"):
                for added in _added(site, name):
                    yield from map(_name, _listdir(added))
            yield _name(name)


def _name(file: str) -> str:
    distribution = _DISTRIBUTION.fullmatch(file)
    return normalized(distribution["name"] if distribution else file.removesuffix(".py"))


def _added(site: str, name: str) -> list[str]:
    """The directories that a .pth file adds to the path."""
    try:
        lines = Path(site, name).read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []
    paths = [line.strip() for line in lines if line.strip() and not line.startswith(("#", "import"))]
    return [str(Path(site, each)) for each in paths]


def _listdir(directory: str) -> list[str]:
    try:
        return [each.name for each in Path(directory).iterdir()]
    except OSError:
        return []
