"""Every failure that covgate expects, each with what to do about it and an exit code.

An expected failure is printed as one line and its hint; anything else is a defect of
covgate and leaves a log file. Only the boundary in ``cli`` turns one into an exit code.
"""

from __future__ import annotations

from collections.abc import Sequence

EXIT_PASSED = 0
EXIT_BLOCKED = 1
EXIT_CONFIGURATION = 2
EXIT_TOOL_ERROR = 3
EXIT_INTERRUPTED = 130


class CovgateError(Exception):
    """What went wrong, in one sentence, and in ``hint`` what to do about it."""

    exit_code = EXIT_TOOL_ERROR

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(CovgateError):
    """The command line asks for something that can't be done."""

    exit_code = EXIT_CONFIGURATION


class ConfigurationError(CovgateError):
    """The configuration is invalid; ``problems`` lists everything that is, a line each."""

    exit_code = EXIT_CONFIGURATION

    def __init__(self, problems: Sequence[str], *, hint: str = "") -> None:
        super().__init__("invalid configuration:\n" + "\n".join(f"  {p}" for p in problems), hint=hint)
        self.problems = tuple(problems)


class ToolError(CovgateError):
    """The measurement could not be made: passes with a warning, or blocks under ``fail_closed``.

    ``output`` is what the failing program printed last, to be shown below the message.
    """

    def __init__(self, message: str, *, hint: str = "", output: str = "") -> None:
        super().__init__(message, hint=hint)
        self.output = output


class GitError(ToolError):
    """A git command failed; ``argv``, ``status`` and ``stderr`` as git left them."""

    def __init__(self, argv: Sequence[str], status: int, stderr: str, *, hint: str = "") -> None:
        first = next((line for line in stderr.splitlines() if line.strip()), "no message")
        super().__init__(f"git {' '.join(argv[:2])} failed ({status}): {first}", hint=hint)
        self.argv = tuple(argv)
        self.status = status
        self.stderr = stderr


class RefMoved(GitError):
    """Another process moved the ref first: read again, fold, retry."""


class Interrupted(CovgateError):
    """The user or the system asked covgate to stop; nothing was recorded."""

    exit_code = EXIT_INTERRUPTED
