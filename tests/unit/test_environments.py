"""Which environment is the project's: the decision, and where each tool keeps environments."""

from __future__ import annotations

import base64
import hashlib
import os
import shutil
import sys
import venv
from collections.abc import Callable
from pathlib import Path

import pytest

from covgate.errors import ToolError
from covgate.measure.environments.advice import Facts, facts_about, how_to_install
from covgate.measure.environments.candidates import Candidate, Kind, choose
from covgate.measure.environments.declared import Declared, declared_distributions, where_declared
from covgate.measure.environments.installed import installed, problem
from covgate.measure.environments.search import candidates
from covgate.measure.environments.tools_own import is_tools_place
from covgate.measure.interpreter import Interpreter, find_interpreter

NOTHING = ("coverage", "pytest")
MEASURES = "r (r) measures"
BARE = f"a (a) has no coverage, pytest: {MEASURES}"


def candidate(name: str, kind: Kind, *lacks: str, problem: str = "", manager: str = "") -> Candidate:
    return Candidate(
        kind=kind, python=f"{name}/python", prefix=name, origin=name, manager=manager, problem=problem, lacks=lacks
    )


ACTIVATED, TOOL, REPOSITORY, RUNNER, ON_PATH, SYSTEM = (
    Kind.ACTIVATED, Kind.TOOL, Kind.REPOSITORY, Kind.RUNNER, Kind.ON_PATH, Kind.SYSTEM,
)  # fmt: skip


@pytest.mark.parametrize(
    ("found", "chosen", "notices"),
    [
        ([], None, []),
        ([candidate("a", ACTIVATED), candidate("r", REPOSITORY)], "a", []),
        # What lacks something that the tests need gives way to what has everything, and is named.
        ([candidate("a", ACTIVATED, "pytest"), candidate("r", REPOSITORY)], "r", [f"a (a) has no pytest: {MEASURES}"]),
        ([candidate("a", ACTIVATED, "django"), candidate("r", REPOSITORY)], "r", [f"a (a) has no django: {MEASURES}"]),
        (
            [candidate("a", ACTIVATED, "p", "q", "r", "s", "t"), candidate("r", REPOSITORY)],
            "r",
            [f"a (a) has no p, q, r and 2 more: {MEASURES}"],
        ),
        # If none has everything, the first that can measure.
        ([candidate("a", ACTIVATED, "x"), candidate("r", REPOSITORY, "x")], "a", []),
        ([candidate("a", ACTIVATED, *NOTHING), candidate("r", REPOSITORY, "x")], "r", [BARE]),
        # If none can measure, the error is about the first; a suite without pytest needs only coverage.
        ([candidate("a", ACTIVATED, *NOTHING), candidate("r", REPOSITORY, *NOTHING)], "a", []),
        ([candidate("a", ACTIVATED, *NOTHING), candidate("r", REPOSITORY, "pytest")], "r", [BARE]),
        # One for another purpose never replaces the project's own, if that can measure. What it lacks is named.
        ([candidate("a", ACTIVATED, "p"), candidate("t", RUNNER)], "a", ["a (a) measures without p, which t (t) has"]),
        ([candidate("d", TOOL, "p"), candidate("o", ON_PATH)], "d", ["d (d) measures without p, which o (o) has"]),
        ([candidate("r", REPOSITORY, "p"), candidate("t", RUNNER)], "r", ["r (r) measures without p, which t (t) has"]),
        ([candidate("r", REPOSITORY, "p"), candidate("t", RUNNER, "p")], "r", []),
        ([candidate("r", REPOSITORY, "p"), candidate("t", RUNNER, problem="gone")], "r", []),
        (
            [candidate("a", ACTIVATED, *NOTHING), candidate("r", REPOSITORY, "p"), candidate("t", RUNNER)],
            "r",
            [BARE, "r (r) measures without p, which t (t) has"],
        ),
        ([candidate("a", ACTIVATED, "pytest"), candidate("t", RUNNER)], "t", ["a (a) has no pytest: t (t) measures"]),
        # What can't run is always named.
        ([candidate("r", REPOSITORY, problem="gone"), candidate("t", RUNNER)], "t", ["r (r) can't be used: gone"]),
        ([candidate("r", REPOSITORY, problem="gone"), candidate("s", SYSTEM)], None, ["r (r) can't be used: gone"]),
        # A Python without an environment has the project's packages only if the project has no environment.
        ([candidate("r", REPOSITORY, "pytest"), candidate("s", SYSTEM)], "r", []),
        ([candidate("s", SYSTEM)], "s", []),
        ([candidate("s", SYSTEM, *NOTHING)], "s", []),
        # tox's environments and those on PATH may be for something else: then they are not even named.
        ([candidate("lint", RUNNER, *NOTHING), candidate("s", SYSTEM)], "s", []),
        ([candidate("lint", RUNNER, *NOTHING), candidate("s", SYSTEM, "pytest")], "s", []),
        ([candidate("p", ON_PATH, "pytest"), candidate("s", SYSTEM)], "s", []),
        ([candidate("p", ON_PATH, "pytest"), candidate("s", SYSTEM, "pytest")], "p", []),
        ([candidate("r", REPOSITORY, "pytest"), candidate("p", ON_PATH)], "p", ["r (r) has no pytest: p (p) measures"]),
        ([candidate("r", REPOSITORY, "pytest"), candidate("p", ON_PATH, "pytest")], "r", []),
        # One tool's environments are alternatives: the choice among them is in the origin, not in a notice.
        ([candidate("d", TOOL, "pytest", manager="hatch"), candidate("t", TOOL, manager="hatch")], "t", []),
        (
            [candidate("d", TOOL, "pytest", manager="hatch"), candidate("t", TOOL, manager="conda")],
            "t",
            ["d (d) has no pytest: t (t) measures"],
        ),
    ],
)  # fmt: skip
def test_which_one_is_chosen(found: list[Candidate], chosen: str | None, notices: list[str]) -> None:
    choice = choose(found)
    assert (choice.candidate.prefix if choice.candidate else None, list(choice.notices)) == (chosen, notices)


def test_nothing_is_looked_at_after_the_first_that_has_everything() -> None:
    assert choose(iter([candidate("a", ACTIVATED), None])).candidate is not None  # type: ignore[list-item]


def make(prefix: Path, *distributions: str, version: str = "3.12.1") -> Path:
    """An environment as the tools lay it out: pyvenv.cfg, an interpreter, and ``distributions``."""
    (prefix / "bin").mkdir(parents=True, exist_ok=True)
    (prefix / "pyvenv.cfg").write_text(f"home = {Path(sys.executable).parent}\nversion = {version}\n")
    (prefix / "bin/python").write_text("")
    (prefix / "bin/python").chmod(0o755)
    site = prefix / "lib/python3.12/site-packages"
    for name in distributions or ("coverage", "pytest"):
        (site / f"{name}-1.0.dist-info").mkdir(parents=True)
    return prefix


def hashed(path: Path) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(str(path).encode()).digest()).decode()[:8]


@pytest.fixture
def top(tmp_path: Path) -> Path:
    (tmp_path / "work").mkdir()
    return tmp_path / "work"


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    return {"HOME": str(tmp_path / "home"), "PATH": "/nowhere"}


def text(top: Path, name: str, content: str = "") -> None:
    (top / name).parent.mkdir(parents=True, exist_ok=True)
    (top / name).write_text(content)


def poetry(top: Path, home: Path) -> Path:
    text(top, "poetry.lock")
    return make(home / f".cache/pypoetry/virtualenvs/pkg-{hashed(top)}-py3.12")


def poetry_chosen(top: Path, home: Path) -> Path:
    """What `poetry env use` has chosen comes before what is newer."""
    make(poetry(top, home), "other", version="3.13.0")
    text(home, ".cache/pypoetry/virtualenvs/envs.toml", f'["pkg-{hashed(top)}"]\nminor = "3.9"\npatch = "3.9.1"\n')
    return make(home / f".cache/pypoetry/virtualenvs/pkg-{hashed(top)}-py3.9", version="3.9.1")


def poetry_elsewhere(top: Path, home: Path) -> Path:
    text(top, "pyproject.toml", "[tool.poetry]\n")
    text(top, "poetry.toml", '[virtualenvs]\npath = "{project-dir}/envs"\nin-project = false\n')
    make(top / ".venv")
    return make(top / f"envs/pkg-{hashed(top)}-py3.12")


def poetry_cache(top: Path, home: Path) -> Path:
    text(top, "poetry.lock")
    text(home, ".config/pypoetry/config.toml", f'cache-dir = "{home}/cached"\n')
    return make(home / f"cached/virtualenvs/pkg-{hashed(top)}-py3.12")


def in_project(top: Path, home: Path) -> Path:
    """Poetry prefers `.venv` to its own."""
    poetry(top, home)
    return make(top / ".venv")


def pipenv(top: Path, home: Path) -> Path:
    text(top, "Pipfile")
    prefix = make(home / ".local/share/virtualenvs/work-12345678")
    text(prefix, ".project", str(top))
    text(make(home / ".local/share/virtualenvs/other-12345678"), ".project", str(top) + "2")
    return prefix


def virtualenvwrapper(top: Path, home: Path) -> Path:
    prefix = make(home / ".virtualenvs/anything")
    text(prefix, ".project", f"{top}\n")
    return prefix


def pipenv_named(top: Path, home: Path) -> Path:
    text(top, "Pipfile")
    text(top, ".venv", "mine\n")
    return make(home / ".local/share/virtualenvs/mine")


def pipenv_path(top: Path, home: Path) -> Path:
    text(top, "Pipfile")
    text(top, ".venv", "../elsewhere\n")
    return make(top / "../elsewhere")


def hatch(top: Path, home: Path) -> Path:
    text(top, "pyproject.toml", '[build-system]\nbuild-backend = "hatchling.build"\n')
    data = home / ".local/share/hatch/env/virtual/pkg" / hashed(top)
    make(data / "pkg", "black")
    make(data / "docs", "mkdocs")
    return make(data / "hatch-test.py3.12")


def hatch_path(top: Path, home: Path) -> Path:
    text(top, "hatch.toml", '[envs.default]\npath = "inside"\n')
    return make(top / "inside")


def hatch_flat(top: Path, home: Path) -> Path:
    text(top, "hatch.toml", "")
    text(home, ".config/hatch/config.toml", '[dirs.env]\nvirtual = ".hatch"\n')
    return make(top / ".hatch/test")


def pdm(top: Path, home: Path) -> Path:
    prefix = make(home / ".local/share/pdm/venvs/pkg-x-3.12")
    text(top, ".pdm-python", f"{prefix}/bin/python\n")
    return prefix


def pixi(top: Path, home: Path) -> Path:
    make(top / ".pixi/envs/default", "ruff")
    make(top / ".pixi/envs/docs", "coverage", "pytest", version="3.13.0")
    return make(top / ".pixi/envs/test")


def conda(top: Path, home: Path) -> Path:
    text(top, "environment.yml", "channels: [conda-forge]\nname: shop\n")
    prefix = make(home / "miniforge3/envs/shop")
    (prefix / "pyvenv.cfg").unlink()
    (prefix / "conda-meta").mkdir()
    text(home, ".conda/environments.txt", f"{home}/miniforge3\n{prefix}\n")
    return prefix


def pyenv_virtualenv(top: Path, home: Path) -> Path:
    text(top, ".python-version", "shop\n")
    return make(home / ".pyenv/versions/shop")


def tox(top: Path, home: Path) -> Path:
    make(top / ".tox/lint", "flake8", version="3.13.0")
    make(top / ".tox/py39", version="3.9.0")
    make(top / ".tox/docs", version="3.14.0")
    make(top / ".tox/.pkg", version="3.14.0")
    return make(top / ".tox/py312")


def nox(top: Path, home: Path) -> Path:
    make(top / ".nox/lint", "flake8")
    return make(top / ".nox/tests-3-12")


def repository_before_tox(top: Path, home: Path) -> Path:
    make(top / ".tox/py312")
    return make(top / "venv")


def named_by_a_file(top: Path, home: Path) -> Path:
    """As tox leaves it."""
    text(top, ".venv", ".tox/docs")
    make(top / ".tox/py312", version="3.14.0")
    return make(top / ".tox/docs")


def other_name(top: Path, home: Path) -> Path:
    return make(top / "venv-3.12")


def direnv(top: Path, home: Path) -> Path:
    return make(top / ".direnv/python-3.12")


def in_a_directory(top: Path, home: Path) -> Path:
    make(top / "api/.venv", "black")
    return make(top / "backend/.venv")


def required(top: Path, home: Path) -> Path:
    text(
        top, "requirements.txt", "-r more.txt\n# no\nDjango==4.2 \\\n    --hash=sha256:ab\nx @ https://example.org/x\n"
    )
    text(top, "test-requirements.txt", "freezegun # a clock\npywin32; sys_platform == 'win32'\n./local\n")
    make(top / ".venv", "coverage", "pytest", "django")
    return make(top / "venv", "coverage", "pytest", "django", "freezegun")


def without_pytest(top: Path, home: Path) -> Path:
    make(top / ".venv", "black")
    return make(top / ".tox/py312")


def without_what_is_declared(top: Path, home: Path) -> Path:
    text(top, "pyproject.toml", '[project]\nname = "pkg"\ndependencies = ["Django>=4"]\n')
    make(top / ".venv")
    return make(top / "venv", "coverage", "pytest", "django")


def broken(top: Path, home: Path) -> Path:
    (make(top / ".venv") / "bin/python").unlink()
    (top / ".venv/bin/python").symlink_to("/nowhere/python3.7")
    return make(top / ".tox/py312")


@pytest.mark.parametrize(
    ("prepare", "origin"),
    [
        (poetry, "poetry's environment pkg-HASH-py3.12"),
        (poetry_chosen, "poetry's environment pkg-HASH-py3.9"),
        (poetry_elsewhere, "poetry's environment pkg-HASH-py3.12"),
        (poetry_cache, "poetry's environment pkg-HASH-py3.12"),
        (in_project, ".venv in the repository"),
        (pipenv, "pipenv's environment work-12345678"),
        (virtualenvwrapper, "virtualenvwrapper's environment anything"),
        (pipenv_named, "pipenv's environment mine"),
        (pipenv_path, "pipenv's environment elsewhere"),
        (hatch, "hatch's environment hatch-test.py3.12, the first of hatch's with coverage and pytest"),
        (hatch_path, "hatch's environment inside"),
        (hatch_flat, "hatch's environment test"),
        (pdm, "pdm's environment pkg-x-3.12"),
        (pixi, "pixi's environment test, the first of pixi's with coverage and pytest"),
        (conda, "conda's environment shop"),
        (pyenv_virtualenv, "pyenv's environment shop"),
        (tox, "tox's environment py312"),
        (nox, "nox's environment tests-3-12"),
        (repository_before_tox, "venv in the repository"),
        (named_by_a_file, ".tox/docs, which the file .venv names"),
        (other_name, "venv-3.12 in the repository"),
        (direnv, ".direnv/python-3.12 in the repository"),
        (in_a_directory, ".venv in backend"),
        (required, "venv in the repository"),
        (without_pytest, "tox's environment py312"),
        (without_what_is_declared, "venv in the repository"),
        (broken, "tox's environment py312"),
    ],
)
def test_where_the_tools_keep_them(
    top: Path, environ: dict[str, str], prepare: Callable[[Path, Path], Path], origin: str
) -> None:
    expected = prepare(top, Path(environ["HOME"]))
    found = find_interpreter("", [top], environ)
    assert (found.environment, found.origin) == (str(expected), origin.replace("HASH", hashed(top)))
    # A file that another tool wrote, and that is damaged, is nobody's environment.
    shutil.rmtree(top / ".venv", ignore_errors=True)
    for name in (".venv", "poetry.toml", ".pdm-python", ".python-version", "environment.yml"):
        (top / name).write_bytes(b"\xff\0[")
    list(candidates([top], environ, NOTHING))


def test_a_configured_project_environment_of_uv(top: Path, environ: dict[str, str]) -> None:
    make(top / ".venv")
    elsewhere = make(top.parent / "elsewhere")
    assert find_interpreter("", [top], {**environ, "UV_PROJECT_ENVIRONMENT": "../elsewhere"}).environment == str(
        top / "../elsewhere"
    )
    assert elsewhere.is_dir()


def test_a_tool_that_the_project_no_longer_uses(top: Path, environ: dict[str, str]) -> None:
    poetry(top, Path(environ["HOME"]))
    (top / "poetry.lock").unlink()
    expected = make(top / ".venv")
    assert find_interpreter("", [top], environ).environment == str(expected)


@pytest.mark.parametrize(
    ("variables", "expected", "origin"),
    [
        ({"VIRTUAL_ENV": "a"}, "a", "the activated virtual environment"),
        # Merely on PATH, it may be a collection of tools; `activate` sets the prompt, too.
        ({"PATH": "a/bin"}, "work/.venv", ".venv in the repository"),
        ({"PATH": "a/bin", "VIRTUAL_ENV_PROMPT": "a"}, "a", "the activated virtual environment"),
        ({"PATH": "a/bin", "VIRTUAL_ENV_PROMPT": "(a) "}, "a", "the activated virtual environment"),
        ({"PATH": "a/bin", "VIRTUAL_ENV_PROMPT": "b"}, "work/.venv", ".venv in the repository"),
        ({"CONDA_PREFIX": "a", "CONDA_DEFAULT_ENV": "a"}, "a", "the activated conda environment"),
        ({"CONDA_PREFIX": "a", "CONDA_DEFAULT_ENV": "base"}, "work/.venv", ".venv in the repository"),
        ({"VIRTUAL_ENV": "gone"}, "work/.venv", ".venv in the repository"),
    ],
)
def test_what_the_user_has_activated(
    top: Path, environ: dict[str, str], variables: dict[str, str], expected: str, origin: str
) -> None:
    make(top / ".venv")
    make(top.parent / "a")
    named = ("VIRTUAL_ENV_PROMPT", "CONDA_DEFAULT_ENV")
    values = {name: value if name in named else str(top.parent / value) for name, value in variables.items()}
    found = find_interpreter("", [top], {**environ, **values})
    assert (found.environment, found.origin) == (str(top.parent / expected), origin)
    gone = top.parent / "gone"
    notice = f"the activated virtual environment ({gone}) can't be used: it does not exist any more"
    assert found.notices == ((notice,) if "gone" in variables.values() else ())


@pytest.mark.parametrize(
    ("existing", "activated", "expected"),
    [
        (("api/.venv", "core/.venv"), "core/.venv", "api/.venv"),
        ((".venv", "core/.venv"), "core/.venv", ".venv"),
        (("core/.venv",), "core/.venv", "core/.venv"),
        (("api/.venv", "api/envs/b"), "api/envs/b", "api/envs/b"),
        (("api/.venv", ".venv"), ".venv", ".venv"),
        (("api/.venv", "../b"), "../b", "../b"),
    ],
)
def test_what_is_activated_for_another_component(
    top: Path, environ: dict[str, str], existing: tuple[str, ...], activated: str, expected: str
) -> None:
    for each in existing:
        make(top / each)
    environ["VIRTUAL_ENV"] = os.path.normpath(top / activated)
    found = find_interpreter("", [top / "api", top], environ)
    assert Path(found.environment) == Path(os.path.normpath(top / expected))


def test_a_configured_one_of_the_main_worktree(top: Path, environ: dict[str, str]) -> None:
    """A linked worktree has no environment. If both have one, its own is used."""
    main, linked = top / "main", top / "linked"
    linked.mkdir(parents=True)
    make(main / ".venv")
    assert find_interpreter(".venv/bin/python", [linked, main], environ).environment == str(main / ".venv")
    make(linked / ".venv")
    assert find_interpreter(".venv/bin/python", [linked, main], environ).environment == str(linked / ".venv")


def test_what_is_on_path_is_told_apart(top: Path, environ: dict[str, str]) -> None:
    tools, plain = make(top.parent / "tools", "black"), top.parent / "plain"
    for directory in (plain, plain.parent / "lib/python3/dist-packages"):
        directory.mkdir(parents=True)
    shutil.copy(tools / "bin/python", plain / "python3")
    path = os.pathsep.join([str(tools / "bin"), str(plain)])
    # Nothing is installed in either: what the user types as `python` is the environment on PATH.
    found = find_interpreter("", [top], {**environ, "PATH": path})
    assert (found.environment, found.origin) == (str(tools), "a virtual environment on PATH")
    # ... unless the other one can measure.
    own = plain.parent / "home/.local/lib/python3.12/site-packages"
    for name in NOTHING:
        (own / f"{name}-1.dist-info").mkdir(parents=True)
    found = find_interpreter("", [top], {**environ, "PATH": path})
    assert (found.path, found.environment) == (str(plain / "python3"), "")
    assert found.origin == "the first on PATH that is in no virtual environment"
    assert find_interpreter("", [top], {**environ, "PATH": str(plain)}).origin == "the first on PATH"


def test_a_project_without_python_is_measured_by_its_own_command(top: Path, environ: dict[str, str]) -> None:
    nothing = {**environ, "PATH": str(top)}
    with pytest.raises(ToolError, match="no Python interpreter was found"):
        find_interpreter("", [top], nothing)
    found = find_interpreter("", [top], nothing, ())
    assert (found.path, found.origin) == (sys.executable, "covgate's own: the project has none")


def test_a_shim_of_pyenv_is_the_version_that_it_starts(top: Path, environ: dict[str, str]) -> None:
    root = Path(environ["HOME"]) / ".pyenv"
    for version in ("3.12.1", "3.12.10", "3.9.18"):
        make(root / "versions" / version)
        (root / "versions" / version / "pyvenv.cfg").unlink()
    text(root, "shims/python3")
    (root / "shims/python3").chmod(0o755)
    text(root, "version", "3.9.18\n")
    environ["PATH"] = str(root / "shims")
    found = find_interpreter("", [top], environ)
    assert found.path == str(root / "versions/3.9.18/bin/python")
    assert found.origin == "pyenv's 3.9.18, the first on PATH"
    text(top, ".python-version", "3.12\n3.9.18\n")
    assert find_interpreter("", [top], environ).path == str(root / "versions/3.12.10/bin/python")
    environ["PYENV_VERSION"] = "3.12.1"
    assert find_interpreter("", [top], environ).path == str(root / "versions/3.12.1/bin/python")
    environ["PYENV_VERSION"] = "not installed"
    assert find_interpreter("", [top], environ).path == str(root / "shims/python3")


@pytest.mark.parametrize(
    ("prefix", "expected"),
    [
        ("/home/ada/.cache/pre-commit/repoab12/py_env-python3.12", True),
        ("/home/ada/.cache/prek/hooks/python-AbC", True),
        ("/home/ada/.cache/uv/archive-v0/AbC-12", True),
        ("/home/ada/.cache/uv/builds-v0/.tmpAbC", True),
        ("/home/ada/.cache/uv/environments-v2/script-AbC", True),
        ("/home/ada/shop/.venv", False),
        ("/home/ada/.cache/pypoetry/virtualenvs/shop-AbC-py3.12", False),
        ("/home/ada/builds-v0", False),
    ],
)
def test_where_environments_are_made_for_one_tool(prefix: str, expected: bool) -> None:
    assert is_tools_place(prefix) is expected


@pytest.mark.parametrize("receipt", ["uv-receipt.toml", "pipx_metadata.json"])
def test_environments_of_installed_tools(top: Path, environ: dict[str, str], receipt: str) -> None:
    tools = make(top.parent / "venvs/covgate")
    environ |= {"VIRTUAL_ENV": str(tools), "PATH": str(tools / "bin")}
    assert find_interpreter("", [top], environ).environment == str(tools)
    (tools / receipt).write_text("")
    with pytest.raises(ToolError, match="no Python interpreter"):
        find_interpreter("", [top], environ)


def test_covgates_own_environment(top: Path, environ: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """It is the project's if the project is installed there, too."""
    text(top, "pyproject.toml", '[project]\nname = "shop.api"\n')
    own = make(top.parent / "envs/shop", "coverage", "pytest")
    monkeypatch.setattr(sys, "prefix", str(own))
    with pytest.raises(ToolError, match="no Python interpreter"):
        find_interpreter("", [top], environ)
    (own / "lib/python3.12/site-packages/shop_api-1.dist-info").mkdir()
    found = find_interpreter("", [top], environ)
    assert (found.environment, found.origin) == (str(own), "the environment that covgate is installed in")


def test_an_environment_that_does_not_run(top: Path, environ: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(top)
    prefix = make(top / ".venv")
    assert problem(prefix) == ""
    with_symlink = prefix / "bin/python"
    with_symlink.unlink()
    assert problem(prefix) == "it has no Python"
    with_symlink.symlink_to("/nowhere/python3.7")
    assert problem(prefix) == "its Python is gone (/nowhere/python3.7)"
    message = f".venv in the repository ({prefix}) can't be used: its Python is gone (/nowhere/python3.7)"
    with pytest.raises(ToolError) as caught:
        find_interpreter("", [top], {**environ, "PATH": "/usr/bin"})
    assert caught.value.message == message
    anew = f"rm -r {prefix} && python3 -m venv .venv && .venv/bin/python -m pip install coverage pytest"
    assert caught.value.hint == f"{anew}, or set `python` in the covgate configuration"
    # Of a component, as it is typed at the top of the repository.
    make(top / "api/.venv").joinpath("bin/python").unlink()
    text(top, "api/setup.py")
    with pytest.raises(ToolError) as caught:
        find_interpreter("", [top / "api", top], {**environ, "PATH": "/usr/bin"})
    create = "python3 -m venv api/.venv && api/.venv/bin/python -m pip install -e api coverage pytest"
    assert caught.value.hint.startswith(f"rm -r {top / 'api/.venv'} && {create}, or set")
    text(top, "uv.lock")
    with pytest.raises(ToolError) as caught:
        find_interpreter("", [top], {**environ, "PATH": "/usr/bin", "VIRTUAL_ENV": "/nowhere"})
    assert caught.value.hint.startswith("unset VIRTUAL_ENV CONDA_PREFIX, or create it again: uv sync, or set")
    with pytest.raises(ToolError, match=r"python = '.venv' can't be used: its Python is gone"):
        find_interpreter(".venv", [top], environ)
    # The name of the Python tells its version; that of the packages is another.
    newer = top.parent / "python3.13"
    newer.write_text("")
    with_symlink.unlink()
    with_symlink.symlink_to(newer)
    assert problem(prefix) == "it was made for Python 3.12, and its Python is now 3.13"
    with_symlink.unlink()
    with_symlink.write_text("")
    (prefix / "pyvenv.cfg").write_text("home = /nowhere/bin\n")
    assert problem(prefix) == "the Python that it was made from is gone (/nowhere/bin)"
    shutil.rmtree(prefix)
    assert problem(prefix) == "it does not exist any more"


def test_what_is_installed(tmp_path: Path) -> None:
    venv.create(tmp_path / "real", symlinks=True)
    [site] = (tmp_path / "real").glob("lib/python3*/site-packages")
    for name in ("Two_Words-1.0.dist-info", "old-1.0-py3.11.egg-info", "linked-one.egg-link", "alone.py", "plain"):
        (site / name).mkdir()
    added = tmp_path / "added"
    (added / "coverage").mkdir(parents=True)
    (site / "more.pth").write_text(f"# a comment\nimport os\n{added}\n/nowhere\n")
    names = installed(str(tmp_path / "real/bin/python"), str(tmp_path / "real"), {"PYTHONPATH": ""})
    assert names is not None
    assert {"two-words", "old", "linked-one", "alone", "plain", "coverage"} <= names
    assert "pytest" not in names
    (tmp_path / "path/pytest").mkdir(parents=True)
    environ = {"PYTHONPATH": str(tmp_path / "path")}
    assert "pytest" in (installed(str(tmp_path / "real/bin/python"), str(tmp_path / "real"), environ) or ())
    assert installed(str(tmp_path / "shim"), "", {"HOME": "/nowhere"}) is None


def test_what_a_project_declares(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(
        '[project]\nname = "Shop_API"\n'
        'dependencies = ["Django>=4", "uvloop; sys_platform != \'win32\'", "zope.interface [test] (>1)", 3]\n'
        '[project.optional-dependencies]\ntest = ["hypothesis"]\ndocs = ["sphinx"]\n'
        '[dependency-groups]\ntesting = ["pytest-mock", {include-group = "other"}]\n'
        '[tool.poetry.dependencies]\npython = "^3.9"\nrequests = "*"\nmaybe = {version = "1", optional = true}\n'
        'always = {git = "https://example.org/always"}\n[tool.poetry.group.test.dependencies]\nrespx = "*"\n'
    )
    assert declared_distributions(tmp_path) == Declared(
        name="shop-api",
        required=(
            "django", "zope-interface", "requests", "always", "hypothesis", "respx", "pytest-mock",
        ),
    )  # fmt: skip
    for damaged in (
        b"\xff",
        b"[",
        b'project = 3\n[tool]\npoetry = "x"\n',
        b'[project]\nname = 1\ndependencies = "x"\n',
    ):
        (tmp_path / "pyproject.toml").write_bytes(damaged)
        assert declared_distributions(tmp_path) == Declared()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ""),
        ('[project]\ndependencies = ["PyTest>=8"]\n', "project"),
        ('[project.optional-dependencies]\ndocs = ["a"]\ntest = ["pytest[x]; os_name == \'nt\'"]\n', "extra test"),
        ('[dependency-groups]\ntests = ["pytest"]\n', "group tests"),
        ('[tool.poetry.group.unit.dependencies]\npytest = "*"\n', "group unit"),
        ('[tool.poetry.dev-dependencies]\npytest = "*"\n', "group dev"),
        ('[tool.poetry.dependencies]\npytest = {version = "*", optional = true}\n', "project"),
        ('[dependency-groups]\ntests = 3\n[tool]\npoetry = 1\n', ""),
    ],
)  # fmt: skip
def test_where_a_package_is_declared(tmp_path: Path, text: str, expected: str) -> None:
    (tmp_path / "pyproject.toml").write_text(text)
    assert where_declared(tmp_path, "pytest") == expected


VENV = {"python": ".venv/bin/python", "prefix": "/shop/.venv"}
PLAIN = "python3 -m venv .venv && .venv/bin/python -m pip install"


@pytest.mark.parametrize(
    ("facts", "arguments", "expected"),
    [
        (Facts(**VENV), "pytest", ".venv/bin/python -m pip install pytest"),
        (Facts(**VENV, pip=False, uv=True), "pytest", "uv pip install --python .venv/bin/python pytest"),
        (
            Facts(**VENV, pip=False),
            "pytest",
            ".venv/bin/python -m ensurepip && .venv/bin/python -m pip install pytest",
        ),
        (Facts(**VENV, manager="uv"), "pytest", "uv add --dev pytest"),
        (Facts(**VENV, manager="uv"), "-e .", "uv sync"),
        (Facts(**VENV, manager="poetry"), "pytest", "poetry add --group dev pytest"),
        (Facts(**VENV, manager="pdm"), "pytest", "pdm add --dev pytest"),
        (Facts(**VENV, manager="pipenv"), "pytest", "pipenv install --dev pytest"),
        (Facts(**VENV, manager="pixi"), "pytest", "pixi add pytest"),
        (Facts(**VENV, manager="conda"), "pytest", "conda install --prefix /shop/.venv pytest"),
        (
            Facts(python="x", prefix="/data/hatch-test.py3.12", manager="hatch"),
            "pytest",
            "add pytest to the dependencies of hatch's environment hatch-test.py3.12 in pyproject.toml",
        ),
        (
            Facts(python="x", prefix="/shop/.tox/py312", manager="tox"),
            "coverage",
            "add coverage to `deps` in tox.ini, then: tox run -e py312 --notest",
        ),
        (
            Facts(python="x", prefix="/shop/.nox/tests", manager="nox"),
            "coverage",
            "add coverage to session.install() in noxfile.py, then: nox --install-only",
        ),
        # What the project declares only has to be installed.
        (Facts(**VENV, manager="uv", declared="group dev"), "pytest", "uv sync"),
        (Facts(**VENV, manager="uv", declared="group test"), "pytest", "uv sync --group test"),
        (Facts(**VENV, manager="uv", declared="extra test"), "pytest", "uv sync --extra test"),
        (Facts(**VENV, manager="poetry", declared="project"), "pytest", "poetry install"),
        (Facts(**VENV, manager="poetry", declared="group tests"), "pytest", "poetry install --with tests"),
        (Facts(**VENV, manager="poetry", declared="extra tests"), "pytest", "poetry install --extras tests"),
        (Facts(**VENV, manager="pdm", declared="group test"), "pytest", "pdm install -G test"),
        (
            Facts(**VENV, packaged=True, declared="extra test"),
            "pytest",
            ".venv/bin/python -m pip install -e '.[test]'",
        ),
        (
            Facts(python="python3", packaged=True, declared="extra test"),
            "pytest",
            f"{PLAIN} -e '.[test]' coverage pytest",
        ),
        # Nothing is installed into a Python without an environment.
        (Facts(python="python3"), "pytest", f"{PLAIN} coverage pytest"),
        (Facts(python="python3", packaged=True), "pytest-cov", f"{PLAIN} -e . coverage pytest pytest-cov"),
        (Facts(python="python3", packaged=True), "-e .", f"{PLAIN} -e ."),
        (Facts(python="python3", manager="uv"), "pytest", "uv sync"),
        (Facts(python="python3", manager="poetry"), "pytest", "poetry install"),
        (Facts(python="python3", manager="hatch"), "pytest", "hatch env create"),
        (Facts(python="python3", manager="conda"), "pytest", "conda env create --file environment.yml"),
        # The tool of a component is run in its directory.
        (Facts(**VENV, project="api", manager="uv"), "pytest", "(cd api && uv add --dev pytest)"),
        (Facts(python="python3", project="my api", manager="uv"), "pytest", "(cd 'my api' && uv sync)"),
        (
            Facts(python="x", project="api", prefix="/shop/api/.tox/py312", manager="tox"),
            "pytest",
            "add pytest to `deps` in tox.ini, then: (cd api && tox run -e py312 --notest)",
        ),
    ],
)
def test_how_packages_are_installed(facts: Facts, arguments: str, expected: str) -> None:
    assert how_to_install(facts, *arguments.split()) == expected


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        ("src/a.js", "if the tests are not in Python, set `command` to what runs them"),
        ("node_modules/gyp/a.py", "if the tests are not in Python, set `command` to what runs them"),
        ("tools/a.py", "python3 -m venv .venv && .venv/bin/python -m pip install coverage pytest"),
        ("setup.py", "python3 -m venv .venv && .venv/bin/python -m pip install -e . coverage pytest"),
    ],
)
def test_a_repository_without_python_needs_no_python_environment(tmp_path: Path, file: str, expected: str) -> None:
    path = tmp_path / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    facts = facts_about(Interpreter(path="python3"), tmp_path, {}, lambda each: os.path.relpath(each, tmp_path))
    assert how_to_install(facts, "coverage").startswith(expected)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("[tool.poetry]\n", "poetry install"),
        ("[tool.pdm.scripts]\n", "pdm install"),
        ("[tool.uv]\n", "uv sync"),
        ('[build-system]\nbuild-backend = "poetry.core.masonry.api"\n', "poetry install"),
        ('[build-system]\nbuild-backend = "hatchling.build"\n', "python3 -m venv .venv && "),
    ],
)
def test_a_library_may_commit_no_lock_file(tmp_path: Path, written: str, expected: str) -> None:
    text(tmp_path, "pyproject.toml", written)
    text(tmp_path, "pkg.py", "")
    facts = facts_about(Interpreter(path="python3"), tmp_path, {}, lambda each: os.path.relpath(each, tmp_path))
    assert how_to_install(facts, "coverage").startswith(expected)
