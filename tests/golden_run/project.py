"""One repository of a scenario: changes to it, and commands whose outputs are recorded."""

from __future__ import annotations

import shlex
import shutil
from dataclasses import dataclass, field
from pathlib import Path

from golden_run.sandbox import Sandbox

NOTE = "git notes --ref=coverage show"
LINES = "git notes --ref=coverage-files show"
# Notes refs included: their ids depend on every byte of every note.
REFS = "git for-each-ref"
_BEGINNING = 1_700_000_000  # seconds since the epoch: the date of the first commit
_HOOKS = {
    "pre-push": "covgate-pre-push",
    "post-merge": "covgate-post-merge",
    "post-rewrite": "covgate-post-merge",
}


@dataclass
class Clock:
    """git's time: a minute passes with every command."""

    minutes: int = 0

    def tick(self) -> str:
        """The next date, as git reads it."""
        self.minutes += 1
        return f"{_BEGINNING + 60 * self.minutes} +0000"


@dataclass
class Project:
    """The repository ``top`` with the bare remote ``remote``; its outputs go under ``topic``."""

    sandbox: Sandbox
    topic: str
    top: Path
    remote: Path
    clock: Clock = field(default_factory=Clock)
    environ: dict[str, str] = field(default_factory=dict)

    @classmethod
    def create(cls, sandbox: Sandbox, topic: str, name: str, *, config: str = "", hooks: bool = True) -> Project:
        """Two of three functions are tested, 5 of 6 statements; committed, not pushed yet.

        ``config`` is the text of pyproject.toml after the header of covgate's table.
        """
        directory = sandbox.directory / name
        directory.mkdir()
        project = cls(sandbox, topic, directory / "work", directory / "origin.git")
        for path, options in ((project.remote, ["--bare"]), (project.top, [])):
            sandbox.output_of(["git", "init", "--quiet", *options, str(path)])
        project.git("remote", "add", "origin", str(project.remote))
        project.write("pkg/__init__.py", "")
        project.write("pkg/mod.py", functions("a", "b", "c"))
        project.write("tests/test_mod.py", calls("a", "b"))
        project.write(".gitignore", "__pycache__/\n.pytest_cache/\n")
        project.configure(config)
        project.commit("begin")
        if hooks:
            project.install_hooks()
        return project

    def clone(self, name: str, *options: str) -> Project:
        """A clone beside this repository, with a colleague's name and the hooks."""
        top = self.top.parent / name
        url = f"file://{self.remote}"  # by its path alone, git would ignore --depth
        self._run("git", "clone", "--quiet", *options, url, str(top), cwd=self.top.parent)
        other = Project(self.sandbox, self.topic, top, self.remote, self.clock, dict(self.environ))
        other.git("config", "user.name", name.capitalize())
        other.install_hooks()
        return other

    def install_hooks(self) -> None:
        """The console scripts as plain git hooks."""
        for hook, program in _HOOKS.items():
            self.write(f".git/hooks/{hook}", f'#!/bin/sh\nexec {program} "$@"\n', mode=0o755)

    def write(self, name: str, text: str, *, mode: int = 0o644) -> None:
        path = self.top / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        path.chmod(mode)

    def configure(self, config: str, rest: str = "") -> None:
        """Write pyproject.toml: covgate's table with ``config``, then the text ``rest``."""
        self.write("pyproject.toml", f"[tool.covgate]\n{config}{rest}")

    def remove(self, *names: str) -> None:
        for name in names:
            path = self.top / name
            shutil.rmtree(path) if path.is_dir() else path.unlink()

    def git(self, *argv: str) -> str:
        """Run git, unrecorded. Returns what it printed, stripped."""
        return self._run("git", *argv).strip()

    def commit(self, message: str) -> None:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", message)

    def branch(self, name: str, start: str = "main") -> None:
        """Check out a new branch, without the untracked files of the one before."""
        self.git("checkout", "--quiet", "--force", "-B", name, start)
        self.git("clean", "--quiet", "--force", "-d")

    def push_ungated(self, *refs: str) -> None:
        self.git("push", "--quiet", "--no-verify", "origin", *(refs or ("main",)))

    def record(self, name: str, *commands: str, **environ: str) -> None:
        """Run ``commands`` and write what each printed, with its exit status, to one output."""
        self.sandbox.write(f"{self.topic}/{name}.txt", "\n".join(self._transcript(each, environ) for each in commands))

    def record_files(self, name: str, directory: Path) -> None:
        """Write each file of ``directory`` as an output of its own."""
        for path in sorted(directory.rglob("*")):
            if path.is_file():
                text = path.read_bytes().decode("utf-8", "backslashreplace")
                self.sandbox.write(f"{self.topic}/{name}/{path.relative_to(directory)}", text)

    def _transcript(self, command: str, environ: dict[str, str]) -> str:
        done = self.sandbox.run(shlex.split(command), self.top, self._environ(environ))
        words = [*(f"{name}={shlex.quote(value)}" for name, value in environ.items()), command]
        text = f"$ {' '.join(words)}\nexit status {done.status}\n"
        for title, printed in (("stdout", done.stdout), ("stderr", done.stderr)):
            if printed:
                text += f"--- {title}\n{printed}" + ("" if printed.endswith("\n") else "\n--- no final newline\n")
        return text

    def _run(self, *argv: str, cwd: Path | None = None) -> str:
        return self.sandbox.output_of([*argv], cwd or self.top, self._environ({"COVGATE_DISABLE": "1"}))

    def _environ(self, more: dict[str, str]) -> dict[str, str]:
        date = self.clock.tick()
        return {**self.environ, "GIT_AUTHOR_DATE": date, "GIT_COMMITTER_DATE": date, **more}


def functions(*names: str) -> str:
    """A module of functions of two statements each (the definition and its body)."""
    return "".join(f"def {name}():\n    return '{name}'\n\n\n" for name in names)


def calls(*names: str, module: str = "mod") -> str:
    """A test module that executes the functions ``names`` of pkg.mod."""
    body = "".join(f"    assert {module}.{name}() == '{name}'\n" for name in names) or f"    assert {module}\n"
    return f"from pkg import {module}\n\n\ndef test_calls():\n{body}"
