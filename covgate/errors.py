"""Every failure that covgate expects, each with a hint about what to do, and an exit code.

An expected failure is printed as its message and its hint. Any other exception is a defect of covgate and leaves a log
file. Only ``boundary`` turns an error into an exit code.
"""

from __future__ import annotations

import contextlib
import errno
from collections.abc import Iterator, Sequence

_FULL = (errno.ENOSPC, errno.EDQUOT)

EXIT_PASSED = 0
EXIT_BLOCKED = 1
EXIT_CONFIGURATION = 2
EXIT_TOOL_ERROR = 3
EXIT_INTERRUPTED = 130


class CovgateError(Exception):
    """What went wrong, in one sentence; ``hint`` says what to do about it, "" if nothing can be done.

    ``notices``: what the user should know of what happened before.
    """

    exit_code = EXIT_TOOL_ERROR
    notices: tuple[str, ...] = ()

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(CovgateError):
    """The command line asks for something that is impossible."""

    exit_code = EXIT_CONFIGURATION


class ConfigurationError(CovgateError):
    """The configuration is invalid; ``problems`` lists all that is wrong, one line each."""

    exit_code = EXIT_CONFIGURATION

    def __init__(self, problems: Sequence[str], *, hint: str = "") -> None:
        super().__init__("invalid configuration:\n" + "\n".join(f"  {problem}" for problem in problems), hint=hint)
        self.problems = tuple(problems)


class ToolError(CovgateError):
    """The commit can't be measured: the push passes with a warning, or is blocked under ``fail_closed``.

    ``output``: the last output of the program that failed, shown below the message.
    """

    def __init__(self, message: str, *, hint: str = "", output: str = "") -> None:
        super().__init__(message, hint=hint)
        self.output = output


class NeedsCheckout(ToolError):
    """The tests can only run in the user's own checkout."""


class NothingMeasured(ToolError):
    """The tests ran, but left no data, or data without a statement.

    If there is a baseline, the files that it counted count as not executed. Otherwise the commit can't be measured.
    """


class GitError(ToolError):
    """A git command failed; it has the ``argv`` after "git", the exit ``status``, and ``stderr`` unchanged."""

    def __init__(self, argv: Sequence[str], status: int, stderr: str, *, hint: str = "") -> None:
        first = next((line for line in stderr.splitlines() if line.strip()), "no message")
        named = list(argv)
        while named[:1] == ["-c"]:  # a setting
            del named[:2]
        super().__init__(f"git {' '.join(named[:2])} failed ({status}): {first}", hint=hint)
        self.argv = tuple(argv)
        self.status = status
        self.stderr = stderr


class RefMoved(GitError):
    """Another process moved the ref first. The caller reads it again, joins, and retries."""


class Interrupted(CovgateError):
    """The user or the system stopped covgate; nothing was recorded."""

    exit_code = EXIT_INTERRUPTED


def described(error: Exception) -> str:
    """What went wrong, in a few words, for a message about something else."""
    if isinstance(error, CovgateError):
        return error.message
    if isinstance(error, OSError) and error.strerror:
        return error.strerror + (f": {error.filename}" if error.filename else "")
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__


@contextlib.contextmanager
def keeping_notices(notices: list[str]) -> Iterator[None]:
    """Give an error of the block the ``notices`` that were collected: some are reported only once."""
    try:
        yield
    except CovgateError as error:
        error.notices = (*notices, *error.notices)
        raise


@contextlib.contextmanager
def as_notice(notices: list[str], what: str) -> Iterator[None]:
    """Turn any error in the block into a notice that begins with ``what``; Interrupted is still raised.

    Use it for steps after a decision: an error there must not change the decision.
    """
    try:
        yield
    except Interrupted:
        raise
    except Exception as error:
        notices.append(f"WARNING: {what}: {described(error)}".replace("\n", " "))


def unexpected(error: Exception) -> ToolError:
    """The exception being handled, as an error for the user: a full disk, or else a bug in covgate.

    The traceback of a bug is written to a log file.
    """
    if isinstance(error, OSError) and error.errno in _FULL:
        return ToolError(described(error), hint="make room, and run it again")
    log = _write_log()
    message = f"an internal error of covgate: {type(error).__name__}: {error}".replace("\n", " ")
    return ToolError(message, hint=f"please report it with {log}" if log else "please report it")


def _write_log() -> str:
    """Write the traceback and the versions to a temporary file; "" if that is impossible."""
    import platform
    import tempfile
    import traceback

    from covgate.version import __version__

    text = f"covgate {__version__}\n{platform.python_implementation()} {platform.python_version()}\n"
    text += f"{platform.platform()}\n\n{traceback.format_exc()}"
    try:
        with tempfile.NamedTemporaryFile("w", prefix="covgate-", suffix=".log", delete=False, encoding="utf-8") as file:
            file.write(text)
        return file.name
    except OSError:
        return ""
