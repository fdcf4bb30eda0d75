"""Where every error ends: expected ones as a line with its remedy, others as a line and a log file."""

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
    """Colour by NO_COLOR, FORCE_COLOR, and whether somebody looks (https://no-color.org); as wide as the terminal."""
    import codecs
    import shutil

    from covgate.formats.paint import Paint

    if environ.get("NO_COLOR"):
        colour = False
    else:
        colour = bool(environ.get("FORCE_COLOR")) or (sys.stdout.isatty() and environ.get("TERM") != "dumb")
    width = shutil.get_terminal_size(fallback=(80, 24)).columns
    utf8 = codecs.lookup(sys.stdout.encoding or "ascii").name == "utf-8"
    return Paint(colour=colour, width=min(max(width, 60), 160), utf8=utf8)


def guarded(work: Callable[[], int], environ: Mapping[str, str], *, gate: bool) -> int:
    """Run ``work`` and turn whatever it raises into an exit code and a message on stderr.

    ``gate``: an error that leaves a push without a verdict passes with a warning, unless fail_closed is set.
    """
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A name that the terminal has no characters for is a blemish in a line, never an error.
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        return work()
    except ToolError as error:
        if gate:
            blocks = _blocks(environ)
            _warn(error.message, error.hint, error.output, environ, blocks=blocks)
            return EXIT_TOOL_ERROR if blocks else EXIT_PASSED
        _say(error, error.output)
        return error.exit_code
    except CovgateError as error:
        _say(error)
        return error.exit_code
    except KeyboardInterrupt:
        print("covgate: interrupted; nothing was recorded", file=sys.stderr)
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has gone (`covgate log | head`): not an error, and nothing more to say.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_PASSED if not gate else EXIT_TOOL_ERROR
    except Exception as error:
        log = _log(environ)
        message = f"an internal error of covgate: {type(error).__name__}: {error}".replace("\n", " ")
        hint = f"please report it with {log}" if log else "please report it"
        if gate:
            blocks = _blocks(environ)
            _warn(message, hint, "", environ, blocks=blocks)
            return EXIT_TOOL_ERROR if blocks else EXIT_PASSED
        print(f"covgate: {message}\n  {hint}", file=sys.stderr)
        return EXIT_TOOL_ERROR


def leave(status: int) -> NoReturn:
    """End the process of a hook: at once, because tearing the interpreter down takes a tenth of its time."""
    sys.stdout.flush()
    sys.stderr.flush()
    if "coverage" in sys.modules:  # which writes its data on the ordinary way out
        raise SystemExit(status)
    os._exit(status)


def _blocks(environ: Mapping[str, str]) -> bool:
    """Whether an error outside of the judgement of one commit blocks: what HEAD configures, looked up afresh."""
    from covgate.config import parse_config
    from covgate.git.repository import Repository

    try:
        repository = Repository.discover(Path.cwd(), environ)
    except Exception:  # no repository to ask: the environment's word alone
        return parse_config(environ=environ).fail_closed
    try:
        files = [repository.file("HEAD", name) for name in ("pyproject.toml", ".covgate.toml")]
        return parse_config(pyproject=files[0], own=files[1], environ=environ).fail_closed
    except Exception:  # an error about an error: the stricter way
        return True
    finally:
        repository.close()


def _warn(message: str, hint: str, output: str, environ: Mapping[str, str], *, blocks: bool) -> None:
    from covgate.formats.text import warning_text

    print(warning_text(message, hint, output, paint_for(environ), blocks=blocks), end="", file=sys.stderr)


def _say(error: CovgateError, output: str = "") -> None:
    from covgate.formats.paint import plain, tail

    print("covgate:", "\n".join(map(plain, error.message.split("\n"))), file=sys.stderr)
    if error.hint:
        print(" ", "\n".join(map(plain, error.hint.split("\n"))), file=sys.stderr)
    for line in tail(output):
        print(f"  | {line}", file=sys.stderr)


def _log(environ: Mapping[str, str]) -> Path | None:
    """Write the traceback and the versions where the user can find them."""
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
