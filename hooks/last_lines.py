"""The last lines of a hook's output: pushes that were not measured, and how to call covgate from a shell."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from covgate.errors import CovgateError
from covgate.git.repository import Repository
from covgate.measure.unmeasured import Unmeasured, count_unmeasured, reset_unmeasured
from covgate.model.outcome import Outcome, OutcomeKind

_COMMAND = re.compile(r"\bcovgate (?:audit|baseline|check|doctor|excuse|init|log|ratchet|status|sync)\b")


def unmeasured_line(repository: Repository, outcomes: Sequence[Outcome]) -> str:
    """Count a push that passes although it was not measured. Returns a line for the user, "" if it was measured."""
    parts = [part for each in outcomes for part in each.each]
    unmeasured = [each for each in parts if each.kind is OutcomeKind.NOT_MEASURED]
    is_measured = any(each.numbers is not None for each in parts)
    if unmeasured:
        names = [each.label for each in unmeasured if each.label] if is_measured else []
        return _line(count_unmeasured(repository.state_dir, unmeasured[0].error), list(dict.fromkeys(names)))
    if is_measured:
        reset_unmeasured(repository.state_dir)
    return ""


def unmeasured_by_error(environ: Mapping[str, str], reason: str) -> str:
    """Like `unmeasured_line`, for a push whose gate ended with an error."""
    try:
        repository = Repository.discover(Path.cwd(), environ)
    except (CovgateError, OSError):
        return ""
    try:
        return _line(count_unmeasured(repository.state_dir, reason))
    finally:
        repository.close()


def command_line(text: str, environ: Mapping[str, str]) -> str:
    """How to type the commands that ``text`` names, if a shell doesn't find them; else "".

    pre-commit installs covgate into its own environment, which is not on PATH.
    """
    if not _COMMAND.search(text):
        return ""
    import shlex  # late, as below: most texts name no command
    import shutil

    own = Path(sys.prefix)
    hidden = {str(own / "bin"), str(own / "Scripts")} if environ.get("PRE_COMMIT") else set()
    path = os.pathsep.join(each for each in environ.get("PATH", "").split(os.pathsep) if each not in hidden)
    if shutil.which("covgate", path=path):
        return ""
    program = shutil.which("covgate", path=str(Path(sys.executable).parent))
    if program is None:
        return ""
    home = environ.get("HOME", "")
    name = shlex.quote(program)
    if home and program.startswith(home + os.sep) and name == program:
        name = "~" + program[len(home) :]
    return f"covgate: in a shell, `covgate` is {name}"


def _line(counted: Unmeasured, components: Sequence[str] = ()) -> str:
    return f"covgate: WARNING {counted.sentence(components)}; `covgate doctor` shows what it needs"
