"""Look for the environments that may be the project's, in the order of ``Kind``."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from covgate.measure.environments.candidates import Candidate, Kind
from covgate.measure.environments.declared import declared_distributions
from covgate.measure.environments.installed import installed, is_environment, problem, python_in, settings
from covgate.measure.environments.tools_own import is_tools_own
from covgate.measure.environments.user_files import children, is_file, read

_NAMES = (".venv", "venv", "env", ".env")
# Parts of the paths where tools keep environments.
_KEEPS = {"/pypoetry/": "poetry", "/hatch/env/": "hatch", "/pdm/venvs/": "pdm", "/.tox/": "tox", "/.nox/": "nox"}
_PYTHONS = ("python3", "python", "python3.exe", "python.exe")


class Place(NamedTuple):
    """A directory that may be an environment. The other fields are as in ``Candidate``.

    ``is_named``: somebody chose exactly this directory, so it is reported if it can't be used.
    """

    kind: Kind
    prefix: Path
    origin: str
    manager: str = ""
    is_named: bool = False


def candidates(roots: Sequence[Path], environ: Mapping[str, str], needs: Sequence[str]) -> Iterator[Candidate]:
    """The environments that may be the project's, the likeliest first. Each is inspected only when it is requested.

    ``roots`` are the checkouts of the project. ``needs`` are the packages that its tests always need.
    """
    declared = declared_distributions(roots[0])
    needed = [*needs, *(declared.required if needs else ())]
    seen: set[str] = set()
    for place in places(roots, environ):
        if "\0" in str(place.prefix):  # from a damaged file
            continue
        real = os.path.realpath(place.prefix)
        if real in seen or is_tools_own(place.prefix):
            continue
        seen.add(real)
        # Covgate may be one of the packages of the project's environment: then the project is installed there, too.
        also = [declared.name] if place.kind is Kind.OWN else []
        candidate = _examine(place, [*needed, *also], environ)
        if candidate is not None and (place.kind is not Kind.OWN or not candidate.lacks):
            yield candidate
    yield from _systems(roots[0], environ, needed)


def places(roots: Sequence[Path], environ: Mapping[str, str]) -> Iterator[Place]:
    """Where the project's environment may be, in the order of ``Kind``."""
    activated = list(_activated(roots, environ))
    elsewhere = [each for each in activated if _is_another_parts(each.prefix, roots)]
    yield from (each for each in activated if each not in elsewhere)
    from covgate.measure.environments.tool_environments import RUNNERS, TOOLS  # late: one is usually activated

    for root in roots:
        for manager, find in TOOLS.items():
            for prefix in find(root, environ):
                own = prefix == root / ".venv"
                origin = ".venv in the repository" if own else f"{manager}'s environment {prefix.name}"
                yield Place(kind=Kind.TOOL, prefix=prefix, origin=origin, manager=manager)
    for root in roots:
        for prefix in _in_repository(root):
            is_named = prefix == _named_by_file(root)
            name = os.path.relpath(prefix, root)
            origin = f"{name}, which the file .venv names" if is_named else f"{name} in the repository"
            manager = _manager_at(prefix, roots)
            yield Place(kind=Kind.REPOSITORY, prefix=prefix, origin=origin, manager=manager)
    for root in roots:
        for manager, find in RUNNERS.items():
            for prefix in find(root, environ):
                origin = f"{manager}'s environment {prefix.name}"
                yield Place(kind=Kind.RUNNER, prefix=prefix, origin=origin, manager=manager)
    for place in elsewhere:
        yield place._replace(kind=Kind.NESTED, is_named=False)
    for root in roots:
        for directory in children(root):
            origin = f".venv in {directory.name}"
            manager = manager_of(directory)
            yield Place(kind=Kind.NESTED, prefix=directory / ".venv", origin=origin, manager=manager)
    for prefix in _on_path(environ):
        yield Place(kind=Kind.ON_PATH, prefix=prefix, origin="a virtual environment on PATH")
    if sys.prefix != sys.base_prefix:
        yield Place(kind=Kind.OWN, prefix=Path(sys.prefix), origin="the environment that covgate is installed in")


def manager_of(root: Path) -> str:
    """The tool that installs packages into the project's environments, by the files in ``root``; "" for pip."""
    for name, manager in (("uv.lock", "uv"), ("poetry.lock", "poetry"), ("pdm.lock", "pdm"), ("Pipfile", "pipenv")):
        if is_file(root / name):
            return manager
    return ""


def _activated(roots: Sequence[Path], environ: Mapping[str, str]) -> Iterator[Place]:
    """The environment that the user has activated. In pre-commit's hooks, VIRTUAL_ENV is pre-commit's, so infer it."""
    origin = "the activated virtual environment"
    if environ.get("VIRTUAL_ENV"):
        prefix = Path(environ["VIRTUAL_ENV"])
        manager = _manager_at(prefix, roots)
        yield Place(kind=Kind.ACTIVATED, prefix=prefix, origin=origin, manager=manager, is_named=True)
    prompt = environ.get("VIRTUAL_ENV_PROMPT", "").strip("() ")
    for prefix in _on_path(environ):
        if prompt and prompt in (prefix.name, settings(prefix).get("prompt", "").strip("'\"")):
            yield Place(kind=Kind.ACTIVATED, prefix=prefix, origin=origin, manager=_manager_at(prefix, roots))
    if environ.get("CONDA_PREFIX") and environ.get("CONDA_DEFAULT_ENV") != "base":
        prefix = Path(environ["CONDA_PREFIX"])
        manager = "pixi" if ".pixi" in prefix.parts else "conda"
        origin = f"the activated {manager} environment"
        yield Place(kind=Kind.ACTIVATED, prefix=prefix, origin=origin, manager=manager, is_named=True)


def _is_another_parts(prefix: Path, roots: Sequence[Path]) -> bool:
    """Whether an environment is in the repository, but beside the component that the first of ``roots`` is of.

    It was activated for the work on another component, which may have the same packages.
    """
    in_repository = any(prefix.is_relative_to(root) for root in roots)
    beside = not any(root.is_relative_to(prefix.parent) for root in roots)
    return in_repository and beside and not prefix.is_relative_to(roots[0])


def _manager_at(prefix: Path, roots: Sequence[Path]) -> str:
    """The tool that made the environment at ``prefix``, judging by its path; "" if that doesn't show it."""
    if prefix.parent in roots:
        return manager_of(prefix.parent)
    place = f"{prefix.parent.as_posix()}/"
    return next((manager for part, manager in _KEEPS.items() if part in place), "")


def _in_repository(root: Path) -> Iterator[Path]:
    """The virtual environments at the top of a checkout, those with a usual name first.

    `.venv` may be a file that names the environment, as tox writes it (PEP 832).
    """
    named = _named_by_file(root)
    if named is not None:
        yield named
    yield from (root / name for name in _NAMES)
    yield from (each for each in children(root) if is_file(each / "pyvenv.cfg"))
    yield from children(root / ".direnv")
    yield root / ".devenv/state/venv"


def _named_by_file(root: Path) -> Path | None:
    name = os.fsdecode(read(root / ".venv")).strip()
    return root / name if name else None


def _on_path(environ: Mapping[str, str]) -> list[Path]:
    directories = dict.fromkeys(each for each in environ.get("PATH", "").split(os.pathsep) if each)
    return [prefix for prefix in (Path(each).parent for each in directories) if is_file(prefix / "pyvenv.cfg")]


def _examine(place: Place, needed: Sequence[str], environ: Mapping[str, str]) -> Candidate | None:
    """The candidate at ``place``; None if there is no environment, and nobody named the directory."""
    if not is_environment(place.prefix) and not place.is_named:
        return None
    python = python_in(place.prefix)
    return Candidate(
        kind=place.kind,
        python=str(python or ""),
        prefix=str(place.prefix),
        origin=place.origin,
        manager=place.manager,
        problem=problem(place.prefix),
        lacks=_lacking(needed, str(python), str(place.prefix), environ) if python else (),
    )


def _systems(root: Path, environ: Mapping[str, str], needed: Sequence[str]) -> Iterator[Candidate]:
    """The first Python on PATH that is in no virtual environment."""
    origin = "the first on PATH"
    for directory in environ.get("PATH", "").split(os.pathsep):
        if not directory or is_tools_own(Path(directory).parent):
            continue
        path = next((each for each in (Path(directory, name) for name in _PYTHONS) if _is_program(each)), None)
        if path is not None and is_file(path.parent.parent / "pyvenv.cfg"):
            origin = "the first on PATH that is in no virtual environment"
        elif path is not None:
            from covgate.measure.environments.tool_environments import pyenv_root, pyenv_versions

            if path.parent == pyenv_root(environ) / "shims":
                path = next(filter(None, map(python_in, pyenv_versions(root, environ))), path)
                origin = f"pyenv's {path.parent.parent.name}, {origin}"
            lacks = _lacking(needed, str(path), "", environ)
            yield Candidate(kind=Kind.SYSTEM, python=str(path), origin=origin, lacks=lacks)
            return


def _is_program(path: Path) -> bool:
    return is_file(path) and os.access(path, os.X_OK)


def _lacking(needed: Sequence[str], python: str, prefix: str, environ: Mapping[str, str]) -> tuple[str, ...]:
    """Those of ``needed`` that are not installed; () if that is unknown."""
    if not needed:
        return ()
    names = installed(python, prefix, environ)
    return () if names is None else tuple(each for each in needed if each not in names)
