"""Sealed repositories for the tests: real git, a real bare remote, a project whose coverage is known exactly."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement

CHECKOUT = Path(__file__).resolve().parent.parent
ZERO = "0" * 40


def sealed_environment(home: Path) -> dict[str, str]:
    """An environment that leads nowhere outside ``home``, with an identity and fixed names."""
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
    # A coverage around the tests follows covgate into its processes; covgate keeps it from the projects' tests.
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(foreign) or name.startswith("COVERAGE_PROCESS_")
    }
    kept.pop("PYTHONPATH", None)
    # Nor the environment that somebody has activated to run the tests.
    path = kept.get("PATH", "").split(os.pathsep)
    kept["PATH"] = os.pathsep.join(each for each in path if not (Path(each).parent / "pyvenv.cfg").is_file())
    config = home / "gitconfig"
    if not config.exists():
        home.mkdir(parents=True, exist_ok=True)
        config.write_text(
            "[user]\n\tname = Ada\n\temail = ada@example.org\n[init]\n\tdefaultBranch = main\n"
            '[commit]\n\tgpgsign = false\n[protocol "file"]\n\tallow = always\n'
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


def project_python(home: Path, *plugins: str) -> str:
    """The interpreter of an environment under ``home`` that has pytest, coverage and ``plugins``, those of the tests.

    All that the environment of the tests has takes longer to load than the small projects of the tests to run.
    """
    environment = home / "-".join(["environment", *plugins])
    python = environment / "bin" / "python"
    if not python.exists():
        venv.create(environment, symlinks=True)
        [packages] = environment.glob("lib/python*/site-packages")
        for name in _with_requirements("pytest", "coverage", *plugins):
            for top in {Path(file).parts[0] for file in distribution(name).files or ()} - {"..", "__pycache__"}:
                (packages / top).symlink_to(str(distribution(name).locate_file(top)))
    return str(python)


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
    """How a command ended; ``text`` is all that it printed."""

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


def functions(*names: str) -> str:
    """A module of functions of two statements each (the definition and its body)."""
    return "".join(f"def {name}():\n    return '{name}'\n\n\n" for name in names)


def calls(*names: str) -> str:
    """A test module that executes the functions ``names`` of pkg.mod."""
    body = "".join(f"    assert mod.{name}() == '{name}'\n" for name in names) or "    assert mod\n"
    return f"from pkg import mod\n\n\ndef test_calls():\n{body}"


class Project:
    """A repository with the package ``pkg``, its tests, and a bare remote ``origin``.

    It is measured by an interpreter that has pytest, coverage, and ``plugins`` of pytest.
    """

    def __init__(self, top: Path, remote: Path, environ: Mapping[str, str], *, plugins: Sequence[str] = ()) -> None:
        self.top = top
        self.remote = remote
        self.environ = dict(environ)
        self.plugins = plugins

    @property
    def python(self) -> str:
        return project_python(Path(self.environ["HOME"]), *self.plugins)

    @classmethod
    def create(
        cls,
        directory: Path,
        environ: Mapping[str, str],
        *,
        config: str = "",
        hooks: str = "native",
        plugins: Sequence[str] = (),
    ) -> Project:
        """Two of three functions tested: 5 of 6 statements. ``hooks``: native, or none."""
        top, remote = directory / "work", directory / "origin.git"
        directory.mkdir(parents=True, exist_ok=True)
        project = cls(top, remote, environ, plugins=plugins)
        run(["git", "init", "--quiet", "--bare", str(remote)], directory, environ)
        run(["git", "init", "--quiet", str(top)], directory, environ)
        project.git("remote", "add", "origin", str(remote))
        project.write("pkg/__init__.py", "")
        project.write("pkg/mod.py", functions("a", "b", "c"))
        project.write("tests/test_mod.py", calls("a", "b"))
        project.write(".gitignore", "__pycache__/\n.pytest_cache/\n.venv/\n")
        project.configure(config)
        if hooks == "native":
            project.install_natively()
        project.commit("begin")
        return project

    def configure(self, config: str) -> None:
        self.write("pyproject.toml", f'[tool.covgate]\npython = "{self.python}"\n{config}')

    def install_natively(self) -> None:
        """The console scripts as plain git hooks: what is tested is the gate, not pre-commit."""
        for hook, name in (("pre-push", "covgate-pre-push"), ("post-merge", "covgate-post-merge")):
            path = self.top / ".git" / "hooks" / hook
            path.parent.mkdir(exist_ok=True)
            path.write_text(f'#!/bin/sh\nexec "{script(name)}" "$@"\n')
            path.chmod(0o755)

    def write(self, name: str, text: str) -> None:
        path = self.top / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def git(self, *argv: str, cwd: Path | None = None) -> str:
        done = run(["git", *argv], cwd or self.top, self.environ)
        assert done.status == 0, f"git {' '.join(argv)}: {done.text}"
        return done.text.strip()

    def commit(self, message: str = "more") -> str:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", message)
        return self.git("rev-parse", "HEAD")

    def push(self, *refs: str, **environ: str) -> Done:
        return run(["git", "push", "origin", *(refs or ("main",))], self.top, {**self.environ, **environ})

    def covgate(self, *argv: str, cwd: Path | None = None, **environ: str) -> Done:
        return run([script("covgate"), *argv], cwd or self.top, {**self.environ, **environ})

    def note(self, commit: str = "HEAD") -> str:
        """The note of ``commit``; "" where it has none."""
        done = run(["git", "notes", "--ref=coverage", "show", commit], self.top, self.environ)
        return done.text if done.status == 0 else ""

    def field(self, name: str, commit: str = "HEAD") -> str:
        """One field of the commit's record, as it is written."""
        for line in self.note(commit).splitlines():
            key, _, value = line.partition(":")
            if key == name:
                return value.strip()
        return ""

    def remote_notes(self) -> str:
        done = run(["git", "rev-parse", "--verify", "--quiet", "refs/notes/coverage"], self.remote, self.environ)
        return done.text.strip()

    def remote_branch(self, name: str = "main") -> str:
        done = run(["git", "rev-parse", "--verify", "--quiet", f"refs/heads/{name}"], self.remote, self.environ)
        return done.text.strip()

    def count_runs(self, log: Path) -> None:
        """Let every test session of this project leave a line in ``log``."""
        self.write(
            "tests/conftest.py",
            "import pathlib\n\n\ndef pytest_sessionstart(session):\n"
            f"    with pathlib.Path({str(log)!r}).open('a') as file:\n        file.write('run\\n')\n",
        )

    def clone(self, directory: Path) -> Project:
        run(["git", "clone", "--quiet", str(self.remote), str(directory)], self.top, self.environ)
        other = Project(directory, self.remote, self.environ, plugins=self.plugins)
        other.install_natively()
        return other


def snapshot(project: Project) -> dict[str, Any]:
    """Everything of the user's that covgate must not change."""
    return {
        "status": project.git("status", "--porcelain", "--ignored", "--untracked-files=all"),
        "index": project.git("ls-files", "--stage"),
        "head": (project.top / ".git" / "HEAD").read_text(),
        "refs": [
            line
            for line in project.git("for-each-ref").splitlines()
            if "refs/notes/" not in line and "refs/covgate/" not in line and "refs/remotes/" not in line
        ],
        "config": (project.top / ".git" / "config").read_text(),
        "stash": project.git("stash", "list"),
        "files": sorted(
            (str(path.relative_to(project.top)), path.read_bytes())
            for path in project.top.rglob("*")
            if path.is_file() and ".git/" not in str(path.relative_to(project.top)) and "cache" not in str(path)
        ),
    }
