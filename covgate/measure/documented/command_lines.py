"""Which command line runs a project's tests, and what covgate runs in its place. No I/O."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from covgate.measure.inside.covgate_programs import is_runner, program_name, split_arguments

# Programs that run another one in an environment, and their options that take a value.
_RUNNERS = {
    "uv": ("run", frozenset({"--group", "--extra", "--with", "--python", "-p", "--only-group", "--with-requirements"})),
    "poetry": ("run", frozenset()),
    "pdm": ("run", frozenset({"-p", "--project"})),
    "pipenv": ("run", frozenset()),
    "rye": ("run", frozenset()),
    "pixi": ("run", frozenset({"-e", "--environment"})),
    "hatch": ("run", frozenset()),
}
_PYTHON = re.compile(r"python(\d+(\.\d+)?)?")
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=.*")
_TEST_NAME = re.compile(r"(.*[_-])?(run)?_?tests?|test_\w+")
# Options of coverage run and pytest that change how tests are measured or shown, but not which tests run.
_COVERAGE_VALUES = frozenset(
    {"--source", "--include", "--omit", "--rcfile", "--context", "--concurrency", "--data-file"}
)
_COVERAGE_FLAGS = frozenset({"-p", "--parallel-mode", "-a", "--append", "--branch", "--timid", "--pylib", "-L"})
_SHOWN = re.compile(
    r"-[vq]+|--verbose|--quiet|--cov(-[a-z-]+)?(=.*)?|--no-cov.*|--tb=.*|--color=.*|--durations=.*|-r\w*|--junit-?xml=.*"
    r"|--basetemp=.*|--capture=.*|-s"
)
_SHOWN_VALUES = frozenset(
    {"--cov-report", "--cov-config", "--cov-fail-under", "--tb", "--color", "--durations", "--junitxml", "--basetemp"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Documented:
    """A test command, as ``command`` in covgate's configuration takes it, and the place that documents it."""

    command: str
    origin: str

    @property
    def is_plain_pytest(self) -> bool:
        """Whether covgate runs the same without any configuration."""
        return self.command == "pytest"

    @property
    def is_pytest(self) -> bool:
        """Whether it runs pytest, maybe with arguments."""
        return self.command.partition(" ")[0] == "pytest" or " -m pytest" in self.command

    @property
    def setting(self) -> str:
        """The line of covgate's configuration that makes it the test command."""
        return f"command = {json.dumps(self.command, ensure_ascii=False)}"


def as_test_command(line: str) -> str:
    """The command that covgate has to run in place of ``line``; "" if that is no test command, or can't be read.

    It leaves out the parts that start the tests in an environment (`uv run`) or measure them (`coverage run`, `--cov`),
    because covgate does both.
    """
    try:
        words = shlex.split(line, comments=True)
    except ValueError:
        return ""
    command = _test_command(_without_measuring(_without_runner(words)))
    # covgate can't run a command with placeholders that only its own tool or a shell can fill in.
    return "" if any(mark in word for word in shlex.split(command) for mark in ("$", "{", "|", ">", "`")) else command


def _test_command(words: Sequence[str]) -> str:
    """The command line of ``words``, in the form that covgate runs; "" if it runs no tests."""
    if not words:
        return ""
    name = PurePosixPath(words[0]).name
    if name in ("pytest", "py.test"):
        return shlex.join(["pytest", *_deciding(words[1:])])
    if _PYTHON.fullmatch(name):
        return _python_command(words[1:])
    if not _runs_tests(words):
        return ""
    return shlex.join(["python", *words] if name.endswith(".py") else words)


def _runs_tests(program: Sequence[str]) -> bool:
    """Whether ``program`` runs tests: a known one, or a script or module of the project named after its tests."""
    name = program_name(program)
    is_own = program[0] == "-m" or program[0].endswith(".py")
    return (
        is_runner(program) or name == "stestr" or (is_own and _TEST_NAME.fullmatch(name.rpartition(".")[2]) is not None)
    )


def split_commands(line: str) -> Iterator[str]:
    """The commands of a line of a shell."""
    yield from (each.strip() for each in re.split(r"&&|;|\|\|", line) if each.strip())


def _python_command(arguments: Sequence[str]) -> str:
    """The test command that Python gets as ``arguments``; "" if it is none."""
    options, program = split_arguments(arguments)
    if program[:2] == ["-m", "pytest"]:
        plain = ["pytest", *_deciding(program[2:])]
        return shlex.join(["python", *options, "-m", *plain] if options else plain)
    return shlex.join(["python", *arguments]) if program and _runs_tests(program) else ""


def _without_runner(words: Sequence[str]) -> list[str]:
    """``words`` without assignments of variables, and without what runs them in an environment."""
    rest = list(words)
    while rest and (_ASSIGNMENT.fullmatch(rest[0]) or rest[0] in ("env", "time", "exec", "command")):
        rest.pop(0)
    for _ in range(len(_RUNNERS)):
        subcommand, values = _RUNNERS.get(PurePosixPath(rest[0]).name, ("", frozenset())) if rest else ("", frozenset())
        if not subcommand or rest[1:2] != [subcommand]:
            break
        del rest[:2]
        while rest and rest[0].startswith("-"):
            option = rest.pop(0)
            if option in values and rest:
                rest.pop(0)
    return rest


def _without_measuring(words: Sequence[str]) -> list[str]:
    """``words`` without `coverage run` before them."""
    rest = list(words)
    if rest and _PYTHON.fullmatch(PurePosixPath(rest[0]).name) and rest[1:3] == ["-m", "coverage"]:
        rest = ["coverage", *rest[3:]]
    if rest[:2] not in (["coverage", "run"], ["coverage3", "run"]):
        return rest
    del rest[:2]
    while rest and rest[0].startswith("-") and rest[0] != "-m":
        option = rest.pop(0)
        if option in _COVERAGE_VALUES and rest:
            rest.pop(0)
        elif option not in _COVERAGE_FLAGS and option.partition("=")[0] not in _COVERAGE_VALUES:
            return []
    # `coverage run $(which pytest)`, `coverage run .venv/bin/pytest`
    is_program = rest and not rest[0].endswith(".py") and rest[0] != "-m"
    return rest if is_program else ["python", *rest] if rest else []


def _deciding(arguments: Sequence[str]) -> list[str]:
    """The arguments of pytest that decide which tests run, and how."""
    kept: list[str] = []
    rest = list(arguments)
    while rest:
        word = rest.pop(0)
        if word in _SHOWN_VALUES and rest:
            rest.pop(0)
        elif not _SHOWN.fullmatch(word) and not (word == "--cov" and rest):
            kept.append(word)
        elif word == "--cov" and rest and not rest[0].startswith("-") and "=" not in word:
            rest.pop(0)  # its value, as pytest-cov reads it
    return kept
