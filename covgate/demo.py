"""`covgate demo`: the whole story on a throw-away repository, with real git, real pre-commit, real tests."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from covgate.errors import EXIT_PASSED, EXIT_TOOL_ERROR, ToolError

if TYPE_CHECKING:
    import git

_PRICES = """\
def total(prices):
    return sum(prices)


def discounted(price, percent):
    if not 0 <= percent <= 100:
        raise ValueError("percent")
    return price * (100 - percent) / 100
"""
_TESTS = """\
import unittest

from shop import prices


class PricesTest(unittest.TestCase):
    def test_total(self):
        self.assertEqual(prices.total([1, 2]), 3)

    def test_discounted(self):
        self.assertEqual(prices.discounted(200, 50), 100)
"""
_REFUND = """

def refund(price, days):
    if days > 30:
        return 0
    return price
"""
_REFUND_TEST = """
    def test_refund(self):
        self.assertEqual(prices.refund(10, 1), 10)
        self.assertEqual(prices.refund(10, 31), 0)
"""
_PERCENT_TEST = """
    def test_percent(self):
        with self.assertRaises(ValueError):
            prices.discounted(1, 101)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stage:
    """The repository of the demonstration and the voice that tells of it."""

    repository: git.Repo
    top: Path
    environ: dict[str, str]
    say: Callable[[str], None]

    def show(self, *argv: str, fails: bool = False) -> None:
        """Run a command as the user would type it, with all it prints; ToolError where it ends otherwise."""
        self.say(f"$ {shlex.join(argv)}")
        done = subprocess.run(
            argv,
            cwd=self.top,
            env=self.environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
        self.say("".join(f"  {line}\n" for line in done.stdout.splitlines()))
        if (done.returncode != 0) != fails:
            raise ToolError(f"`{shlex.join(argv)}` ended with exit status {done.returncode}", hint="covgate doctor")

    def commit(self, message: str, **files: str) -> None:
        for name, text in files.items():
            with (self.top / name.replace("__", "/")).with_suffix(".py").open("a", encoding="utf-8") as file:
                file.write(text)
        self.repository.git.add("--all")
        self.repository.git.commit("--quiet", "--message", message)


def demo(*, say: Callable[[str], None], keep: bool = False) -> int:
    """Play it; 0 where every step went as told. Leaves nothing behind unless ``keep``."""
    directory = Path(tempfile.mkdtemp(prefix="covgate-demo-"))
    try:
        _play(directory, say)
    except ToolError as error:
        say(f"covgate: the demonstration stopped: {error.message}\n  {error.hint}")
        return EXIT_TOOL_ERROR
    finally:
        if keep:
            say(f"it stays in {directory}")
        else:
            shutil.rmtree(directory, ignore_errors=True)
    return EXIT_PASSED


def _play(directory: Path, say: Callable[[str], None]) -> None:
    stage = _build(directory, say)
    say("A repository with a package, its tests, a bare remote, and covgate's hooks. The first push is measured:\n")
    stage.show("git", "push", "--quiet", "--set-upstream", "origin", "main")
    say("Now a function without a test. The push is blocked, and says why:\n")
    stage.repository.git.checkout("--quiet", "-b", "refunds")
    stage.commit("Add refunds", shop__prices=_REFUND)
    stage.show("git", "push", "--quiet", "origin", "refunds", fails=True)
    say("With tests it passes:\n")
    stage.commit("Test refunds and percents", tests__test_prices=_REFUND_TEST + _PERCENT_TEST)
    stage.show("git", "push", "--quiet", "origin", "refunds")
    say("The merge on the default branch raises the baseline, without running the tests again:\n")
    stage.repository.git.checkout("--quiet", "main")
    stage.show("git", "merge", "--no-edit", "refunds")
    say("It is kept in a git note of the commit, and travels with the repository:\n")
    stage.show("git", "notes", "--ref=coverage", "show")


def _build(directory: Path, say: Callable[[str], None]) -> _Stage:
    try:
        import git  # only here: its import alone costs more than a push of a known tree
    except ImportError as error:
        raise ToolError(f"git can't be used: {str(error).splitlines()[0]}", hint="install git") from None

    home, top = directory / "home", directory / "shop"
    home.mkdir()
    environ = _sealed(home)
    (home / ".gitconfig").write_text(
        "[user]\n\tname = Covgate Demo\n\temail = demo@example.org\n[init]\n\tdefaultBranch = main\n",
        encoding="utf-8",
    )
    # GitPython inherits os.environ and lets each call add to it; what is taken away has to be emptied.
    git.Git(directory).execute(["git", "init", "--quiet", "--bare", "origin.git"], env=environ)
    git.Git(directory).execute(["git", "init", "--quiet", "shop"], env=environ)
    repository = git.Repo(top)
    repository.git.update_environment(**environ)
    repository.git.remote("add", "origin", "../origin.git")
    for name, text in _files().items():
        path = top / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    stage = _Stage(repository=repository, top=top, environ=environ, say=say)
    stage.commit("Begin")
    stage.show(sys.executable, "-m", "pre_commit", "install")
    return stage


def _files() -> dict[str, str]:
    python = sys.executable.replace("\\", "/")
    hooks = [
        "default_install_hook_types: [pre-push, post-merge, post-rewrite]",
        "repos:",
        "  - repo: local",
        "    hooks:",
    ]
    for name, module, stages in (
        ("covgate-pre-push", "pre_push", "[pre-push]"),
        ("covgate-post-merge", "post_merge", "[post-merge, post-rewrite]"),
    ):
        hooks += [
            f"      - id: {name}",
            f"        name: {name}",
            f"        entry: {_entry(name, module)!r}",
            "        language: system",
            f"        stages: {stages}",
            "        always_run: true",
            "        pass_filenames: false",
            "        verbose: true",
        ]
    return {
        "shop/__init__.py": "",
        "shop/prices.py": _PRICES,
        "tests/__init__.py": "",
        "tests/test_prices.py": _TESTS,
        ".gitignore": "__pycache__/\n",
        "pyproject.toml": f'[tool.covgate]\nfloor = 60\ncommand = "python -m unittest"\npython = "{python}"\n',
        ".pre-commit-config.yaml": "\n".join(hooks) + "\n",
    }


def _entry(script: str, module: str) -> str:
    path = Path(sys.executable).parent / script
    return shlex.quote(str(path)) if path.is_file() else f"{shlex.quote(sys.executable)} -m covgate_hooks.{module}"


def _sealed(home: Path) -> dict[str, str]:
    """The caller's environment less what would lead out of the demonstration."""
    foreign = ("GIT_", "COVGATE_", "PRE_COMMIT", "XDG_", "COVERAGE_", "PYTEST_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    return {
        **kept,
        "HOME": str(home),
        "XDG_CONFIG_HOME": str(home / "config"),
        "XDG_CACHE_HOME": str(home / "cache"),
        "PRE_COMMIT_HOME": str(home / "pre-commit"),
        "GIT_CONFIG_GLOBAL": str(home / ".gitconfig"),
        "GIT_CONFIG_NOSYSTEM": "1",
        "PRE_COMMIT_COLOR": "never",
        "NO_COLOR": "1",
    }
