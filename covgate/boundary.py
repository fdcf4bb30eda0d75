"""The error boundary of every command and hook: the only place that turns an error into an exit code and a message.

Most imports are late: what only an error needs, a push that passes must not pay for.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from covgate.errors import EXIT_INTERRUPTED, EXIT_PASSED, EXIT_TOOL_ERROR, CovgateError, ToolError

if TYPE_CHECKING:
    from covgate.formats.paint import Paint


def paint_for(environ: Mapping[str, str]) -> Paint:
    """How to write to stdout: with colour or without, in which width, and whether as UTF-8.

    Colour follows NO_COLOR, FORCE_COLOR, and whether stdout is a terminal (https://no-color.org). The width is the
    terminal's, from 60 to 160 columns. CI counts as no terminal, even where it shows one.
    """
    import codecs
    import shutil

    from covgate.formats.paint import Paint

    if environ.get("NO_COLOR"):
        colour = False
    else:
        colour = bool(environ.get("FORCE_COLOR")) or (sys.stdout.isatty() and environ.get("TERM") != "dumb")
    width = shutil.get_terminal_size(fallback=(80, 24)).columns
    utf8 = codecs.lookup(sys.stdout.encoding or "ascii").name == "utf-8"
    terminal = sys.stdout.isatty() and not environ.get("CI")
    return Paint(colour=colour, width=min(max(width, 60), 160), utf8=utf8, terminal=terminal)


def guarded(
    work: Callable[[], int],
    environ: Mapping[str, str],
    *,
    gate: bool,
    on_unmeasured: Callable[[str], str] = lambda reason: "",
) -> int:
    """The exit code of ``work``; an error becomes an exit code and a message on stderr.

    ``gate``: an error that leaves no verdict passes with a warning, unless ``fail_closed`` is set.
    ``on_unmeasured`` gets the reason of such a pass, and returns a last line for the user.
    """
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A character that the terminal can't show is escaped; it must not raise an error.
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        return work()
    except ToolError as error:
        return _warn(error, environ, on_unmeasured) if gate else _report(error)
    except CovgateError as error:
        return _report(error)
    except KeyboardInterrupt:
        print("covgate: interrupted; nothing was recorded", file=sys.stderr)
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        # The reader of the output has ended (`covgate log | head`), which is no error. stdout is closed at exit, and
        # must not raise once more.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_PASSED if not gate else EXIT_TOOL_ERROR
    except Exception as error:
        internal = _internal_error(error)
        return _warn(internal, environ, on_unmeasured) if gate else _report(internal)


def leave(status: int) -> NoReturn:
    """End the process of a hook without tearing down the interpreter, which takes a tenth of the hook's time."""
    sys.stdout.flush()
    sys.stderr.flush()
    if "coverage" in sys.modules:  # it writes its data at a normal exit
        raise SystemExit(status)
    os._exit(status)


def _report(error: CovgateError) -> int:
    """Print ``error``; its exit code."""
    from covgate.formats.paint import plain, tail

    print("covgate:", "\n".join(map(plain, error.message.split("\n"))), file=sys.stderr)
    if error.hint:
        print(" ", "\n".join(map(plain, error.hint.split("\n"))), file=sys.stderr)
    for line in tail(error.output) if isinstance(error, ToolError) else ():
        print(f"  | {line}", file=sys.stderr)
    return error.exit_code


def _warn(error: ToolError, environ: Mapping[str, str], on_unmeasured: Callable[[str], str]) -> int:
    """Print that there is no verdict, and why; the exit code that the configuration asks for."""
    from covgate.formats.text import warning_text

    blocks = _fails_closed(environ)
    text = warning_text(error.message, error.hint, error.output, paint_for(environ), blocks=blocks)
    last = "" if blocks else on_unmeasured(error.message)
    print(text + (f"{last}\n" if last else ""), end="", file=sys.stderr)
    return EXIT_TOOL_ERROR if blocks else EXIT_PASSED


def _fails_closed(environ: Mapping[str, str]) -> bool:
    """Whether the configuration at HEAD sets ``fail_closed``. The error may have come before it was read."""
    from covgate.config import parse_config
    from covgate.git.repository import Repository

    try:
        try:
            repository = Repository.discover(Path.cwd(), environ)
        except Exception:  # without a repository, only the environment counts
            return parse_config(environ=environ).fail_closed
        try:
            files = [repository.file("HEAD", name) for name in ("pyproject.toml", ".covgate.toml")]
        finally:
            repository.close()
        return parse_config(pyproject=files[0], own=files[1], environ=environ).fail_closed
    except Exception:  # an unreadable configuration may have set it
        return True


def _internal_error(error: Exception) -> ToolError:
    """A defect of covgate as an error for the user; the traceback is in a log file. Call it while it is handled."""
    log = _write_log()
    message = f"an internal error of covgate: {type(error).__name__}: {error}".replace("\n", " ")
    return ToolError(message, hint=f"please report it with {log}" if log else "please report it")


def _write_log() -> Path | None:
    """Write the traceback and the versions to a temporary file; None if that is impossible."""
    import platform
    import tempfile
    import traceback

    from covgate.version import __version__

    text = f"covgate {__version__}\n{platform.python_implementation()} {platform.python_version()}\n"
    text += f"{platform.platform()}\n\n{traceback.format_exc()}"
    try:
        with tempfile.NamedTemporaryFile("w", prefix="covgate-", suffix=".log", delete=False, encoding="utf-8") as file:
            file.write(text)
        return Path(file.name)
    except OSError:
        return None
