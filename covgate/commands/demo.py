"""`covgate demo`: a push that passes, one that is blocked, and a merge, in a temporary repository.

Everything is real: git, pre-commit, the hooks, and the tests.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shlex
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from covgate.commands._demo_process import run_command
from covgate.commands._demo_project import PERCENT_TEST, REFUND, REFUND_TEST, project_files
from covgate.errors import EXIT_PASSED, EXIT_TOOL_ERROR, ToolError

if TYPE_CHECKING:
    import git

HELP = "show what covgate does, in a temporary repository"
EXAMPLES = """\
  covgate demo
  covgate demo --keep
"""
_GIT_CONFIG = "[user]\n\tname = Covgate Demo\n\temail = demo@example.org\n[init]\n\tdefaultBranch = main\n"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--keep", action="store_true", help="keep the repository")


def run(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    return demo(say=print, keep=arguments.keep)


def demo(*, say: Callable[[str], None], keep: bool = False) -> int:
    """Run the demonstration; ``say`` prints it. Exit code 0 if every step did what it should, else 3.

    The temporary directory is removed at the end, also after an interrupt, unless ``keep`` is set. Raises ToolError if
    it can't be made.
    """
    try:
        directory = Path(tempfile.mkdtemp(prefix="covgate-demo-")).resolve()
    except OSError as error:
        raise ToolError(f"there is no place for temporary files: {error.strerror}", hint="set TMPDIR") from None
    try:
        with _own_environment(_isolated_environment(directory)) as environ:
            _run_steps(directory, environ, say)
    except ToolError as error:
        say(f"covgate: the demonstration stopped: {error.message}\n  {error.hint}")
        return EXIT_TOOL_ERROR
    finally:
        if keep:
            say(f"the repository is kept in {directory}")
        else:
            shutil.rmtree(directory, ignore_errors=True)
    return EXIT_PASSED


def _run_steps(directory: Path, environ: dict[str, str], say: Callable[[str], None]) -> None:
    try:
        import git  # late: no other command needs it, and it fails without git on PATH
    except ImportError as error:
        raise ToolError(f"git can't be used: {str(error).splitlines()[0]}", hint="install git") from None
    try:
        with _make_repositories(directory) as repository:
            _steps(_Stage(repository=repository, top=directory / "shop", environ=environ, say=say))
    except (git.GitError, OSError) as error:
        raise ToolError(
            f"{type(error).__name__}: {error}".replace("\n", " "), hint="covgate doctor checks what is installed"
        ) from None


def _steps(stage: _Stage) -> None:
    say, checkout = stage.say, stage.repository.git.checkout
    say("A small project with tests, a bare remote, and covgate's hooks. pre-commit installs them:\n")
    stage.commit("Begin", project_files())
    stage.show("pre-commit install", expected="pre-commit installed at .git/hooks/pre-push")
    say("The first push is measured; there is no baseline yet, so the floor decides:\n")
    stage.show("git push --quiet --set-upstream origin main", expected="PASS main")
    say("Now a function without a test. The push is blocked, with the reason:\n")
    stage.quote(REFUND)
    checkout("--quiet", "-b", "refunds")
    stage.commit("Add refunds", {"shop/prices.py": REFUND})
    stage.show("git push --quiet origin refunds", expected="BLOCKED refunds", fails=True)
    say("With tests it passes:\n")
    stage.quote(REFUND_TEST + PERCENT_TEST)
    stage.commit("Test refunds and percents", {"tests/test_prices.py": REFUND_TEST + PERCENT_TEST})
    stage.show("git push --quiet origin refunds", expected="PASS refunds")
    say("The merge into the default branch raises the baseline, without running the tests again:\n")
    checkout("--quiet", "main")
    stage.show("git merge --no-edit refunds", expected="the baseline rises from 83.33% to 100.00%")
    say("The baseline is in a git note of the commit, which is shared with the repository:\n")
    stage.show("git notes --ref=coverage show", expected="coverage_status: PASS")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stage:
    """The repository of the demonstration, and ``say``, which prints what happens in it."""

    repository: git.Repo
    top: Path
    environ: dict[str, str]
    say: Callable[[str], None]

    def show(self, command: str, *, expected: str, fails: bool = False) -> None:
        """Run ``command`` and print it with its output.

        Raises ToolError if its exit status is not as ``fails`` says, or the output lacks ``expected``: a gate that
        could not measure ends with status 0, too.
        """
        self.say(f"$ {command}")
        argv = shlex.split(command)
        if argv[0] == "pre-commit":  # the installed one, which may not be on PATH
            argv[:1] = [sys.executable, "-m", "pre_commit"]
        status, output = run_command(argv, self.top, self.environ)
        self.say("".join(f"  {line}".rstrip() + "\n" for line in output.splitlines()))
        if (status != 0) != fails or expected not in output:
            raise ToolError(
                f"`{command}` should {'fail' if fails else 'succeed'} and print {expected!r};"
                f" it ended with exit status {status}",
                hint="its output is above",
            )

    def commit(self, message: str, added: Mapping[str, str]) -> None:
        """Commit with ``added``, path -> text, appended to these files."""
        for name, text in added.items():
            path = self.top / name
            path.parent.mkdir(exist_ok=True)
            with path.open("a", encoding="utf-8") as file:
                file.write(text)
        self.repository.git.add("--all")
        self.repository.git.commit("--quiet", "--message", message)

    def quote(self, text: str) -> None:
        """Print ``text`` as added lines."""
        self.say("".join(f"  + {line}".rstrip() + "\n" for line in text.strip("\n").splitlines()))


def _make_repositories(directory: Path) -> git.Repo:
    import git

    (directory / "home" / ".gitconfig").write_text(_GIT_CONFIG, encoding="utf-8")
    git.Repo.init(directory / "origin.git", bare=True)
    repository = git.Repo.init(directory / "shop")
    repository.create_remote("origin", "../origin.git")
    return repository


def _isolated_environment(directory: Path) -> dict[str, str]:
    """The caller's environment, without what leads to other repositories or switches the gate off."""
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
def _own_environment(environ: dict[str, str]) -> Iterator[dict[str, str]]:
    """Use ``environ`` as this process's environment inside the block.

    GitPython can add variables but not remove them, and a GIT_DIR would lead it to the user's repository.
    """
    before = dict(os.environ)
    try:
        os.environ.clear()
        os.environ.update(environ)
        yield environ
    finally:
        os.environ.clear()
        os.environ.update(before)
