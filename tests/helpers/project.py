"""Projects for the tests: real git, a real bare remote, and a package whose coverage is known exactly."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from helpers.sealed import Done, project_python, run, script

if TYPE_CHECKING:
    from helpers.known_trees import KnownTrees

ZERO = "0" * 40


def functions(*names: str) -> str:
    """A module of these functions, with two statements each (the definition and its body)."""
    return "".join(f"def {name}():\n    return '{name}'\n\n\n" for name in names)


def calls(*names: str) -> str:
    """A test module that executes the functions ``names`` of pkg.mod."""
    body = "".join(f"    assert mod.{name}() == '{name}'\n" for name in names) or "    assert mod\n"
    return f"from pkg import mod\n\n\ndef test_calls():\n{body}"


class Project:
    """A repository with the package ``pkg``, its tests, and a bare remote ``origin``.

    It is measured by an interpreter that has pytest, coverage, and ``plugins`` of pytest. What it commits counts as
    measured if it is among the ``known_trees``.
    """

    def __init__(
        self,
        top: Path,
        remote: Path,
        environ: Mapping[str, str],
        *,
        plugins: Sequence[str] = (),
        known_trees: KnownTrees | None = None,
    ) -> None:
        self.top = top
        self.remote = remote
        self.environ = dict(environ)
        self.plugins = plugins
        self.known_trees = known_trees

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
        known_trees: KnownTrees | None = None,
    ) -> Project:
        """Two of three functions tested: 5 of 6 statements. ``hooks``: native, or none."""
        top, remote = directory / "work", directory / "origin.git"
        directory.mkdir(parents=True, exist_ok=True)
        project = cls(top, remote, environ, plugins=plugins, known_trees=known_trees)
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

    def configure_without_pytest(self, config: str = "") -> None:
        """Let an interpreter measure that has coverage and no pytest."""
        python = project_python(Path(self.environ["HOME"]), has_pytest=False)
        self.write("pyproject.toml", f'[tool.covgate]\npython = "{python}"\n{config}')

    def install_natively(self) -> None:
        """Install the console scripts as plain git hooks, without pre-commit."""
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
        if self.known_trees is not None:
            self.known_trees.remember(self)
        return self.git("rev-parse", "HEAD")

    def push(self, *refs: str, **environ: str) -> Done:
        return run(["git", "push", "origin", *(refs or ("main",))], self.top, {**self.environ, **environ})

    def covgate(self, *argv: str, cwd: Path | None = None, **environ: str) -> Done:
        return run([script("covgate"), *argv], cwd or self.top, {**self.environ, **environ})

    def note(self, commit: str = "HEAD") -> str:
        """The note of ``commit``; "" if it has none."""
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
        """Make each test run of this project write a line to ``log``."""
        self.write(
            "tests/conftest.py",
            "import pathlib\n\n\ndef pytest_sessionstart(session):\n"
            f"    with pathlib.Path({str(log)!r}).open('a') as file:\n        file.write('run\\n')\n",
        )

    def copy(self, directory: Path) -> Project:
        """This project and its remote as they stand, under ``directory``."""
        shutil.copytree(self.top.parent, directory, symlinks=True)
        other = Project(
            directory / self.top.name,
            directory / self.remote.name,
            self.environ,
            plugins=self.plugins,
            known_trees=self.known_trees,
        )
        other.git("remote", "set-url", "origin", str(other.remote))
        return other

    def clone(self, directory: Path) -> Project:
        run(["git", "clone", "--quiet", str(self.remote), str(directory)], self.top, self.environ)
        other = Project(directory, self.remote, self.environ, plugins=self.plugins, known_trees=self.known_trees)
        other.install_natively()
        return other


def snapshot(project: Project) -> dict[str, Any]:
    """The user's files, index, refs and configuration, which covgate must not change."""
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
