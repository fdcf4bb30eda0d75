"""Where the scenarios run: sealed from the machine, with fixed dates; and what differs between runs, replaced."""

from __future__ import annotations

import os
import re
import subprocess
import venv
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import distribution
from pathlib import Path

from packaging.requirements import Requirement

_TIMEOUT = 300  # seconds, for a command that hangs
_GITCONFIG = """\
[user]
	name = Ada
	email = ada@example.org
[init]
	defaultBranch = main
[commit]
	gpgsign = false
[gc]
	auto = 0
[maintenance]
	auto = false
[protocol "file"]
	allow = always
"""
_SCRIPTS = ("covgate", "covgate-pre-push", "covgate-post-merge", "pre-commit")
# What differs from run to run, and what stands for it.
_VARYING = [
    # covgate names a duration from one second on.
    (r" \(\d+ s\)", ""),
    (r"; the last run took \d+ s", ""),
    # pytest pads this line with "=" on both sides.
    (r"=+ (.*) in \d+\.\d+s(?: \([\d:]+\))? =+", r"=== \1 in <seconds> ==="),
    (r" in \d+\.\d+s\b", " in <seconds>"),
    (r"- duration: [\d.]+s", "- duration: <seconds>"),
    (r"patch\d+-\d+", "patch<number>"),
    (r"covgate-(demo-)?[a-z0-9_]{8}\b", r"covgate-\1<random>"),
    # The hash of a text that may hold a path or a duration.
    (r"covgate-[0-9a-f]{32}\b", "covgate-<token>"),
    (r"after \d+ ms", "after <milliseconds>"),
    # The checksum of a native hook depends on the interpreter's path.
    (r"(?m)^# checksum [0-9a-f]{16}$", "# checksum <checksum>"),
]


@dataclass(frozen=True)
class Done:
    """How a command ended; the texts are as it printed them."""

    status: int
    stdout: str
    stderr: str


@dataclass(frozen=True)
class Sandbox:
    """Runs commands in ``directory`` with the covgate of ``python``, and writes outputs under ``recording``.

    ``environ`` is all that a command sees of the environment. ``fixed`` are the texts to replace, longest first.
    """

    directory: Path
    python: Path
    recording: Path
    environ: Mapping[str, str]
    fixed: tuple[tuple[str, str], ...]

    @classmethod
    def build(cls, directory: Path, python: Path, recording: Path) -> Sandbox:
        """A sandbox in the empty ``directory``."""
        for name in ("bin", "home", "tmp", "template"):
            (directory / name).mkdir()
        (directory / "home" / "gitconfig").write_text(
            f"{_GITCONFIG}[init]\n\ttemplateDir = {directory / 'template'}\n", encoding="utf-8"
        )
        for name in _SCRIPTS:
            # By scripts of our own: the directory of covgate's would be taken for the project's environment.
            path = directory / "bin" / name
            path.write_text(f'#!/bin/sh\nexec "{python.parent / name}" "$@"\n', encoding="utf-8")
            path.chmod(0o755)
        environment = make_environment(directory / "environment", "pytest", "coverage")
        environ = _environ(directory, environment)
        sandbox = cls(directory, python, recording, environ, ((str(directory), "<tmp>"),))
        asked = [str(python), "-I", "-c", "import sys, covgate; print(sys.prefix, covgate.__version__)"]
        prefix, version = sandbox.output_of(asked).split()
        fixed = (*sandbox.fixed, *((f"{prefix}/bin/{name}", "<python>") for name in ("python", "python3")))
        fixed = (*fixed, (prefix, "<covgate>"), (f"v{version}", "v<version>"))
        fixed = (*fixed, (f"covgate {version}", "covgate <version>"), (f'"{version}"', '"<version>"'))
        return cls(directory, python, recording, environ, tuple(sorted(fixed, key=lambda pair: -len(pair[0]))))

    def versions(self) -> str:
        """The versions that a recording depends on, a line each."""
        asked = [["python", "--version"], ["python", "-m", "coverage", "--version"], ["python", "-m", "pytest", "-V"]]
        asked += [["git", "--version"], ["pre-commit", "--version"]]
        return "".join(self.output_of(argv).splitlines()[0] + "\n" for argv in asked)

    def run(self, argv: list[str], cwd: Path | None = None, environ: Mapping[str, str] | None = None) -> Done:
        """Run ``argv`` in ``cwd`` (default: the sandbox) with ``environ`` on top of the sealed environment."""
        done = subprocess.run(
            argv,
            cwd=cwd or self.directory,
            env={**self.environ, **(environ or {})},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_TIMEOUT,
        )
        stdout, stderr = (each.decode("utf-8", "backslashreplace") for each in (done.stdout, done.stderr))
        return Done(done.returncode, stdout, stderr)

    def output_of(self, argv: list[str], cwd: Path | None = None, environ: Mapping[str, str] | None = None) -> str:
        """The standard output of a command that has to succeed."""
        done = self.run(argv, cwd, environ)
        if done.status:
            raise RuntimeError(f"{argv} ended with {done.status}:\n{done.stdout}{done.stderr}")
        return done.stdout

    def write(self, name: str, text: str) -> None:
        """Write an output. FileExistsError if ``name`` was written before."""
        path = self.recording / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8", newline="") as file:
            file.write(self.normalised(text))

    def normalised(self, text: str) -> str:
        """``text`` without what differs from run to run."""
        for old, new in self.fixed:
            text = text.replace(old, new)
        for pattern, new in _VARYING:
            text = re.sub(pattern, new, text)
        return text


def make_environment(directory: Path, *names: str) -> Path:
    """A virtual environment in ``directory`` with the distributions ``names`` of the running interpreter.

    They are linked, not installed. Returns ``directory``.
    """
    venv.create(directory, symlinks=True)
    [packages] = directory.glob("lib/python*/site-packages")
    for name in _with_requirements(*names):
        for top in {Path(file).parts[0] for file in distribution(name).files or ()} - {"..", "__pycache__"}:
            (packages / top).symlink_to(str(distribution(name).locate_file(top)))
    return directory


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


def _environ(directory: Path, environment: Path) -> dict[str, str]:
    """As after activating ``environment``; no virtual environment of the caller is left on PATH."""
    kept = [each for each in os.environ["PATH"].split(os.pathsep) if not (Path(each).parent / "pyvenv.cfg").is_file()]
    home = directory / "home"
    return {
        "PATH": os.pathsep.join([str(directory / "bin"), str(environment / "bin"), *kept]),
        "VIRTUAL_ENV": str(environment),
        "HOME": str(home),
        "TMPDIR": str(directory / "tmp"),
        "XDG_CONFIG_HOME": str(home / "config"),
        "XDG_CACHE_HOME": str(home / "cache"),
        "GIT_CONFIG_GLOBAL": str(home / "gitconfig"),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_TERMINAL_PROMPT": "0",
        "PRE_COMMIT_HOME": str(home / "pre-commit"),
        "PRE_COMMIT_COLOR": "never",
        "LC_ALL": "C.UTF-8",
        "TZ": "UTC",
        "TERM": "dumb",
        "NO_COLOR": "1",
    }
