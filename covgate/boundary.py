"""The error boundary of every command and hook: the only place that turns an error into an exit code and a message.

Most imports are late: what only an error needs, a push that passes must not pay for.
"""

from __future__ import annotations

import contextlib
import io
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from covgate.errors import (
    EXIT_INTERRUPTED,
    EXIT_PASSED,
    EXIT_TOOL_ERROR,
    CovgateError,
    Interrupted,
    ToolError,
    described,
    unexpected,
)
from covgate.streams import discard, open_missing_streams, say, write_error

if TYPE_CHECKING:
    from covgate.formats.paint import Paint


def paint_for(environ: Mapping[str, str]) -> Paint:
    """How to write to stdout: with colour or without, in which width, and whether as UTF-8.

    Colour follows NO_COLOR, FORCE_COLOR, and whether stdout is a terminal (https://no-color.org). The width is the
    terminal's, from 60 to 160 columns. CI counts as no terminal, even where it shows one.
    """
    import codecs

    from covgate.formats.paint import Paint

    if environ.get("NO_COLOR"):
        colour = False
    else:
        colour = bool(environ.get("FORCE_COLOR")) or (sys.stdout.isatty() and environ.get("TERM") != "dumb")
    width = _columns(environ)
    utf8 = codecs.lookup(sys.stdout.encoding or "ascii").name == "utf-8"
    terminal = sys.stdout.isatty() and not environ.get("CI")
    return Paint(colour=colour, width=min(max(width, 60), 160), utf8=utf8, terminal=terminal)


def _columns(environ: Mapping[str, str]) -> int:
    """The width of the terminal, as `shutil.get_terminal_size` finds it; that module loads three compressors."""
    with contextlib.suppress(ValueError):
        if int(environ.get("COLUMNS", "")) > 0:
            return int(environ["COLUMNS"])
    with contextlib.suppress(AttributeError, ValueError, OSError):  # no stdout, a closed one, no terminal
        assert sys.__stdout__ is not None
        return os.get_terminal_size(sys.__stdout__.fileno()).columns or 80
    return 80


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
    open_missing_streams()
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A character that the terminal can't show is escaped; it must not raise an error.
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        return decided(work(), _written) if gate else _written_out(work())
    except ToolError as error:
        return _warn(error, environ, on_unmeasured) if gate else _report(error)
    except CovgateError as error:
        return _report(error)
    except KeyboardInterrupt:
        say("interrupted; nothing was recorded")
        return EXIT_INTERRUPTED
    except Exception as error:
        if isinstance(error, BrokenPipeError) and not gate:
            # The reader of the output has ended (`covgate log | head`). This is not an error.
            discard(sys.stdout)
            return EXIT_PASSED
        internal = unexpected(error)
        _drop_what_waits()
        return _warn(internal, environ, on_unmeasured) if gate else _report(internal)


def decided(status: int, *steps: Callable[[], None]) -> int:
    """Run each of ``steps``, which show or send something, and return ``status``.

    An error in a step is reported if possible, and does not change the status.
    """
    for step in steps:
        try:
            step()
            _written()
        except (KeyboardInterrupt, Interrupted):
            raise
        except Exception as error:
            if not isinstance(error, BrokenPipeError):  # nobody reads any more
                say(f"WARNING: not everything could be shown or written: {described(error)}")
            _drop_what_waits()
    return status


def leave(status: int) -> NoReturn:
    """End the process of a hook without tearing down the interpreter, which takes a tenth of the hook's time."""
    decided(status, _written)
    write_error("")
    if "coverage" in sys.modules:  # it writes its data at a normal exit
        raise SystemExit(status)
    os._exit(status)


def _written() -> None:
    """Flush stdout now: a failure at the end of the process would change its status."""
    sys.stdout.flush()


def _drop_what_waits() -> None:
    """If stdout can't be written, discard its output."""
    try:
        _written()
    except (OSError, ValueError):
        discard(sys.stdout)


def _written_out(status: int) -> int:
    """The ``status`` of a command whose only result is its output. Raises OSError if that can't be written."""
    _written()
    return status


def _report(error: CovgateError) -> int:
    """Print ``error``; its exit code."""
    from covgate.formats.paint import plain, tail

    lines = ["covgate: " + "\n".join(map(plain, error.message.split("\n")))]
    if error.hint:
        lines.append("  " + "\n".join(map(plain, error.hint.split("\n"))))
    lines += [f"  | {line}" for line in (tail(error.output) if isinstance(error, ToolError) else ())]
    lines += [f"covgate: {plain(notice)}" for notice in error.notices]
    write_error("\n".join(lines) + "\n")
    return error.exit_code


def _warn(error: ToolError, environ: Mapping[str, str], on_unmeasured: Callable[[str], str]) -> int:
    """Print that there is no verdict, and why; the exit code that the configuration asks for."""
    from covgate.formats.paint import plain
    from covgate.formats.text import warning_text

    blocks = _fails_closed(environ)
    text = warning_text(error.message, error.hint, error.output, paint_for(environ), blocks=blocks)
    text += "".join(f"covgate: {plain(notice)}\n" for notice in error.notices)
    last = ""
    if not blocks:
        with contextlib.suppress(Exception):  # a failing last line must not change the exit code
            last = on_unmeasured(error.message)
    write_error(text + (f"{last}\n" if last else ""))
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
