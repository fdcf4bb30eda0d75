"""Which statement a line belongs to: a change in a later line of a statement is a change of the statement."""

from __future__ import annotations

import base64
import json
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from covgate.errors import ToolError
from covgate.measure.inside import covgate_statements
from covgate.measure.interpreter import Interpreter, child_environment
from covgate.model.source_files import suffix

_PYTHON = frozenset({".py", ".pyw", ""})
_TIMEOUT = 60.0


def first_lines(
    sources: Mapping[str, bytes],
    interpreter: Callable[[], Interpreter],
    directory: Path,
    environ: Mapping[str, str],
) -> dict[str, dict[int, int]]:
    """By path, the first line of the statement for each of its later lines; nothing for what is not Python.

    Read by covgate's own interpreter; what is too new for it by the project's, started in ``directory``. What
    neither can read has no such lines: it can't be executed either.
    """
    found = {path: covgate_statements.multi_line(data) for path, data in sources.items() if suffix(path) in _PYTHON}
    unread = [path for path, spans in found.items() if spans is None]
    if unread:
        answers = _ask([sources[path] for path in unread], interpreter, directory, environ)
        found.update(zip(unread, answers, strict=True))
    return {
        path: {line: first for first, last in spans or () for line in range(first + 1, last + 1)}
        for path, spans in found.items()
    }


def _ask(
    sources: Sequence[bytes], interpreter: Callable[[], Interpreter], directory: Path, environ: Mapping[str, str]
) -> Sequence[list[tuple[int, int]] | None]:
    """What the project's interpreter makes of ``sources``."""
    nothing = [None] * len(sources)
    try:
        python = interpreter()
        done = subprocess.run(
            [python.path, "-I", covgate_statements.__file__],
            cwd=directory,
            env=child_environment(python, environ),
            input=json.dumps([base64.b64encode(each).decode() for each in sources]).encode(),
            capture_output=True,
            timeout=_TIMEOUT,
        )
        answers = json.loads(done.stdout)
        told = [spans and [(int(first), int(last)) for first, last in spans] for spans in answers]
    except (ToolError, OSError, ValueError, TypeError, subprocess.TimeoutExpired):
        return nothing  # the measurement tells what is wrong with the interpreter
    return told if len(told) == len(sources) else nothing
