"""Which statement each line belongs to: a change in a later line of a statement changes that statement."""

from __future__ import annotations

import base64
import json
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from covgate.errors import ToolError
from covgate.measure.inside.covgate_statements import multi_line_statements
from covgate.measure.interpreter import Interpreter, child_environment
from covgate.model.source_files import suffix

_PROGRAM = Path(__file__).parent / "inside" / "covgate_statements.py"
_PYTHON = frozenset({".py", ".pyw", ""})
_TIMEOUT = 60.0  # seconds


def first_lines(
    sources: Mapping[str, bytes],
    interpreter: Callable[[], Interpreter],
    directory: Path,
    environ: Mapping[str, str],
) -> dict[str, dict[int, int]]:
    """By path, the first line of the statement for each of its later lines; only Python files are in the result.

    Syntax that is too new for covgate's own interpreter is parsed by the project's, which is started in ``directory``.
    A file that neither can parse has no lines here: it can't be executed either.
    """
    spans = {path: multi_line_statements(data) for path, data in sources.items() if suffix(path) in _PYTHON}
    unparsed = [path for path, found in spans.items() if found is None]
    if unparsed:
        answers = _ask([sources[path] for path in unparsed], interpreter, directory, environ)
        spans.update(zip(unparsed, answers, strict=True))
    return {
        path: {line: first for first, last in found or () for line in range(first + 1, last + 1)}
        for path, found in spans.items()
    }


def _ask(
    sources: Sequence[bytes], interpreter: Callable[[], Interpreter], directory: Path, environ: Mapping[str, str]
) -> Sequence[list[tuple[int, int]] | None]:
    """The statements of ``sources`` as the project's interpreter parses them; None for each it can't parse."""
    nothing = [None] * len(sources)
    try:
        python = interpreter()
        done = subprocess.run(
            [python.path, "-I", _PROGRAM],
            cwd=directory,
            env=child_environment(python, environ),
            input=json.dumps([base64.b64encode(each).decode() for each in sources]).encode(),
            capture_output=True,
            timeout=_TIMEOUT,
        )
        answers = [found and [(int(first), int(last)) for first, last in found] for found in json.loads(done.stdout)]
    except (ToolError, OSError, ValueError, TypeError, subprocess.TimeoutExpired):
        return nothing  # a measurement reports what is wrong with the interpreter
    return answers if len(answers) == len(sources) else nothing
