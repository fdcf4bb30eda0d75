"""The push of a tree that is measured already, beside the same push with a hook that does nothing.

    python tests/benchmarks/bench_push.py [--repetitions N]

Both hooks are `language: python` environments that pre-commit built; natively, the same two console scripts
are called from .git/hooks/pre-push. The remote is a bare repository on the same disk.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from pathlib import Path

from side_by_side import (
    Comparison,
    commit_all,
    compare,
    hook_repository,
    place,
    repetitions,
    report,
    run,
    seconds,
)

NOOP = {
    "setup.py": (
        "from setuptools import setup\n"
        "setup(name='noop', version='1', py_modules=['noop'],\n"
        "      entry_points={'console_scripts': ['noop-pre-push = noop:run']})\n"
    ),
    "noop.py": "def run():\n    raise SystemExit(0)\n",
    ".pre-commit-hooks.yaml": (
        "- id: noop-pre-push\n  name: noop\n  entry: noop-pre-push\n  language: python\n"
        "  stages: [pre-push]\n  always_run: true\n  pass_filenames: false\n"
        "  require_serial: true\n  verbose: true\n"
    ),
}
PROJECT = {
    "pyproject.toml": "[tool.covgate]\n[tool.coverage.run]\nbranch = true\nsource = ['shop']\n",
    ".gitignore": "__pycache__/\n",
    "shop/__init__.py": "def price(n):\n    if n > 10:\n        return 9 * n\n    return 10 * n\n",
    "tests/test_shop.py": "from shop import price\n\n\ndef test_price():\n    assert price(1) == 10\n",
}
MORE = {
    "tests/test_more.py": "from shop import price\n\n\ndef test_many():\n    assert price(20) == 180\n",
}


class Clone:
    """A repository with a bare remote, pushed through one hook; main holds a baseline, topic is pushed."""

    def __init__(self, path: Path, hooks: Path, hook: str, environ: Mapping[str, str]) -> None:
        self.path, self.environ = path, environ
        self.remote = path.with_suffix(".git")
        self.numbers = itertools.count()
        write(path, PROJECT)
        configuration = f"repos:\n- repo: {hooks}\n  rev: HEAD\n  hooks:\n  - id: {hook}\n"
        rev = run("git", "rev-parse", "HEAD", cwd=hooks, environ=environ).stdout.strip()
        write(path, {".pre-commit-config.yaml": configuration.replace("HEAD", rev)})
        commit_all(path, environ)
        run("git", "clone", "-q", "--bare", path, self.remote, cwd=path, environ=environ)
        self.git("remote", "add", "origin", str(self.remote))
        self.git("fetch", "-q", "origin")
        self.git("remote", "set-head", "origin", "main")
        run("pre-commit", "install", "--install-hooks", "-t", "pre-push", cwd=path, environ=environ)
        self.git("commit", "-q", "--allow-empty", "-m", "The baseline")
        self.git("push", "-q", "origin", "main")
        self.git("checkout", "-q", "-b", "topic")
        write(path, MORE)
        self.git("add", "tests")
        self.git("commit", "-qm", "More tests")
        self.git("push", "-q", "origin", "topic")

    def git(self, *argv: str) -> str:
        return run("git", *argv, cwd=self.path, environ=self.environ).stdout.strip()

    def use_natively(self, script: Path) -> None:
        hook = self.path / ".git" / "hooks" / "pre-push"
        hook.write_text(f'#!/bin/sh\nexec "{script}" "$@"\n', encoding="utf-8")

    def push(self) -> float:
        return seconds("git", "push", "-q", "origin", "topic", cwd=self.path, environ=self.environ)

    def push_again(self) -> float:
        """Push a commit whose note is published; the remote's branch stands one commit back."""
        before = self.git("rev-parse", "topic~1")
        self.git("update-ref", "refs/remotes/origin/topic", before)
        self.git(f"--git-dir={self.remote}", "update-ref", "refs/heads/topic", before)
        return self.push()

    def push_reworded(self) -> float:
        """Push a new commit of the tree that is known: its record is written and published."""
        self.git("commit", "-q", "--allow-empty", "-m", f"Same tree, {next(self.numbers)}")
        return self.push()


def write(top: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        (top / name).parent.mkdir(parents=True, exist_ok=True)
        (top / name).write_text(text, encoding="utf-8")


def script(environ: Mapping[str, str], name: str) -> Path:
    """The console script in the environment that pre-commit built for it."""
    (found,) = Path(environ["PRE_COMMIT_HOME"]).glob(f"repo*/py_env-*/bin/{name}")
    return found


def two_clones(top: Path, environ: Mapping[str, str]) -> tuple[Clone, Clone]:
    """One gated by covgate, one with the hook that does nothing."""
    for name in ("covgate", "noop"):
        (top / name).mkdir()
    hook_repository(top / "covgate", environ)
    write(top / "noop", NOOP)
    commit_all(top / "noop", environ)
    ours = Clone(top / "ours", top / "covgate", "covgate-pre-push", environ)
    theirs = Clone(top / "theirs", top / "noop", "noop-pre-push", environ)
    if "coverage_status: PASS" not in ours.git("notes", "--ref=coverage", "show", "topic"):
        raise SystemExit("the push was not gated")
    return ours, theirs


def main() -> int:
    count = repetitions(25)
    with place() as (top, environ):
        ours, theirs = two_clones(top, environ)
        found: list[Comparison] = []

        def both(what: str, goal: float, how: Callable[[Clone], float]) -> None:
            found.append(compare(what, goal, count, lambda: how(ours), lambda: how(theirs)))

        both("pre-commit: known tree, note published", 1.25, Clone.push_again)
        both("pre-commit: new commit of a known tree", 1.25, Clone.push_reworded)
        ours.use_natively(script(environ, "covgate-pre-push"))
        theirs.use_natively(script(environ, "noop-pre-push"))
        both("native hook: known tree, note published", 3, Clone.push_again)
        both("native hook: new commit of a known tree", 3, Clone.push_reworded)
        for clone in (ours, theirs):
            (clone.path / ".git" / "hooks" / "pre-push").unlink()
        bare = compare("no hook at all, both sides (the noise)", 1.25, count, ours.push_reworded, theirs.push_reworded)
        return report([*found, bare])


if __name__ == "__main__":
    raise SystemExit(main())
