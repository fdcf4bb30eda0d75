"""`covgate demo`: the whole story on a throw-away repository, with real git, real pre-commit, real tests."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from covgate.errors import EXIT_PASSED, EXIT_TOOL_ERROR, ToolError

if TYPE_CHECKING:
    import git

HELP = "show it all on a throw-away repository"
EXAMPLES = """\
  covgate demo
"""

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

    def show(self, command: str, *, expects: str, fails: bool = False) -> None:
        """Run what the user would type, with all it prints; ToolError where it ends otherwise or never says so.

        An exit status alone proves little here: a gate that could not measure passes, too, with a warning.
        """
        self.say(f"$ {command}")
        argv = shlex.split(command)
        if argv[0] == "pre-commit":  # ours, which need not be on PATH
            argv[:1] = [sys.executable, "-m", "pre_commit"]
        status, output = _run(argv, self.top, self.environ)
        self.say("".join(f"  {line}".rstrip() + "\n" for line in output.splitlines()))
        if (status != 0) != fails or expects not in output:
            raise ToolError(
                f"`{command}` was to {'fail' if fails else 'work'} and say {expects!r};"
                f" it ended with exit status {status}",
                hint="see what it printed above",
            )

    def commit(self, message: str, added: Mapping[str, str]) -> None:
        """Commit with ``added`` at the ends of these files."""
        for name, text in added.items():
            path = self.top / name
            path.parent.mkdir(exist_ok=True)
            with path.open("a", encoding="utf-8") as file:
                file.write(text)
        self.repository.git.add("--all")
        self.repository.git.commit("--quiet", "--message", message)

    def quote(self, text: str) -> None:
        self.say("".join(f"  + {line}".rstrip() + "\n" for line in text.strip("\n").splitlines()))


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--keep", action="store_true", help="leave the repository there to look at")


def run(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    return demo(say=print, keep=arguments.keep)


def demo(*, say: Callable[[str], None], keep: bool = False) -> int:
    """Play it and ``say`` it; exit code 0 where every step went as told, else 3.

    Leaves nothing behind, interrupted or not, unless ``keep``.
    """
    try:
        directory = Path(tempfile.mkdtemp(prefix="covgate-demo-")).resolve()
    except OSError as error:
        raise ToolError(f"there is no place for temporary files: {error.strerror}", hint="set TMPDIR") from None
    try:
        with _environment(_sealed(directory)) as environ:
            _play(directory, environ, say)
    except ToolError as error:
        say(f"covgate: the demonstration stopped: {error.message}\n  {error.hint}")
        return EXIT_TOOL_ERROR
    finally:
        if keep:
            say(f"it stays in {directory}")
        else:
            shutil.rmtree(directory, ignore_errors=True)
    return EXIT_PASSED


def _play(directory: Path, environ: dict[str, str], say: Callable[[str], None]) -> None:
    try:
        import git  # only here: its import alone costs more than a push of a known tree
    except ImportError as error:
        raise ToolError(f"git can't be used: {str(error).splitlines()[0]}", hint="install git") from None
    try:
        with _build(directory) as repository:
            _tell(_Stage(repository=repository, top=directory / "shop", environ=environ, say=say))
    except (git.GitError, OSError) as error:
        raise ToolError(
            f"{type(error).__name__}: {error}".replace("\n", " "), hint="covgate doctor looks at what is installed"
        ) from None


def _tell(stage: _Stage) -> None:
    say, checkout = stage.say, stage.repository.git.checkout
    say("A small project with tests, a bare remote, and covgate's hooks. pre-commit installs them:\n")
    stage.commit("Begin", _files())
    stage.show("pre-commit install", expects="pre-commit installed at .git/hooks/pre-push")
    say("The first push is measured; there is no baseline yet, so the floor decides:\n")
    stage.show("git push --quiet --set-upstream origin main", expects="PASS main")
    say("Now a function without a test. The push is blocked, and says why:\n")
    stage.quote(_REFUND)
    checkout("--quiet", "-b", "refunds")
    stage.commit("Add refunds", {"shop/prices.py": _REFUND})
    stage.show("git push --quiet origin refunds", expects="BLOCKED refunds", fails=True)
    say("With tests it passes:\n")
    stage.quote(_REFUND_TEST + _PERCENT_TEST)
    stage.commit("Test refunds and percents", {"tests/test_prices.py": _REFUND_TEST + _PERCENT_TEST})
    stage.show("git push --quiet origin refunds", expects="PASS refunds")
    say("The merge on the default branch raises the baseline, without running the tests again:\n")
    checkout("--quiet", "main")
    stage.show("git merge --no-edit refunds", expects="the baseline rises from 83.33% to 100.00%")
    say("It is kept in a git note of the commit, and travels with the repository:\n")
    stage.show("git notes --ref=coverage show", expects="coverage_status: PASS")


def _build(directory: Path) -> git.Repo:
    import git

    (directory / "home" / ".gitconfig").write_text(
        "[user]\n\tname = Covgate Demo\n\temail = demo@example.org\n[init]\n\tdefaultBranch = main\n",
        encoding="utf-8",
    )
    git.Repo.init(directory / "origin.git", bare=True)
    repository = git.Repo.init(directory / "shop")
    repository.create_remote("origin", "../origin.git")
    return repository


def _run(argv: list[str], cwd: Path, environ: dict[str, str]) -> tuple[int, str]:
    """Exit status and output. Where we are interrupted, nothing that it started goes on in what is cleared away."""
    process = None
    try:
        with _uninterrupted():
            process = subprocess.Popen(
                argv,
                cwd=cwd,
                env=environ,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
                start_new_session=True,
            )
        output, _ = process.communicate()
    except BaseException:
        if process is not None:
            _end(process)
        raise
    return process.returncode, output


@contextlib.contextmanager
def _uninterrupted() -> Iterator[None]:
    """An interrupt waits until the block has ended: between a start and its handle, nobody could end the process."""
    if threading.current_thread() is not threading.main_thread():
        yield  # interrupts arrive in the main thread only
        return
    arrived: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, _: arrived.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if arrived:
        raise KeyboardInterrupt


def _end(process: subprocess.Popen[str]) -> None:
    """Ask the whole group to end, as a terminal's Ctrl-C does, then see to it.

    The pipe closes when the last of them has gone: a hook outlives the git that started it.
    """
    for number in (signal.SIGINT, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        try:
            process.communicate(timeout=5)
        except subprocess.TimeoutExpired:
            continue
        return


def _files() -> dict[str, str]:
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
            f"        entry: {json.dumps(_entry(name, module))}",
            "        language: system",
            f"        stages: {stages}",
            "        always_run: true",
            "        pass_filenames: false",
            "        require_serial: true",
            "        verbose: true",
        ]
    return {
        "shop/__init__.py": "",
        "shop/prices.py": _PRICES,
        "tests/__init__.py": "",
        "tests/test_prices.py": _TESTS,
        ".gitignore": "__pycache__/\n",
        "pyproject.toml": "[tool.covgate]\nfloor = 60\n"
        f'command = "python -m unittest"\npython = {json.dumps(sys.executable)}\n',
        ".pre-commit-config.yaml": "\n".join(hooks) + "\n",
    }


def _entry(script: str, module: str) -> str:
    path = Path(sys.executable).parent / script
    return shlex.quote(str(path)) if path.is_file() else f"{shlex.quote(sys.executable)} -m covgate_hooks.{module}"


def _sealed(directory: Path) -> dict[str, str]:
    """The caller's environment less what would lead out of the demonstration, or past its gate."""
    home, temporary = directory / "home", directory / "tmp"
    home.mkdir()
    temporary.mkdir()
    foreign = ("GIT_", "COVGATE_", "PRE_COMMIT", "XDG_", "COVERAGE_", "COV_CORE_", "PYTEST_", "SKIP", "FORCE_COLOR")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    return {
        **kept,
        "HOME": str(home),
        "TMPDIR": str(temporary),
        "XDG_CONFIG_HOME": str(home / "config"),
        "XDG_CACHE_HOME": str(home / "cache"),
        "PRE_COMMIT_HOME": str(home / "pre-commit"),
        "GIT_CONFIG_GLOBAL": str(home / ".gitconfig"),
        "GIT_CONFIG_NOSYSTEM": "1",
        "PRE_COMMIT_COLOR": "never",
        "NO_COLOR": "1",
    }


@contextlib.contextmanager
def _environment(environ: dict[str, str]) -> Iterator[dict[str, str]]:
    """``environ`` as this process's own for a while: GitPython only ever adds to that one, and a GIT_DIR in it
    would lead to the user's repository."""
    before = dict(os.environ)
    try:
        os.environ.clear()
        os.environ.update(environ)
        yield environ
    finally:
        os.environ.clear()
        os.environ.update(before)
