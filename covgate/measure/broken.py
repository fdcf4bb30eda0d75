"""Broken code of the measured tree that pytest takes for an error of its own, or for one in its options.

pytest imports what ``filterwarnings`` and ``-p`` name, and calls the hooks of each conftest.py. If one of these fails,
pytest prints a traceback and ends with 3 or 4. Its plugins are not there yet, so that only the output tells why.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from covgate.measure.facts import Runner
from covgate.measure.inside.covgate_programs import PYTEST
from covgate.measure.inside.covgate_seen import is_installed
from covgate.measure.workspace import Workspace

_STATUSES = (3, 4)  # pytest.ExitCode.INTERNAL_ERROR and USAGE_ERROR
_LINES = 200
_FRAME = re.compile(r'^(?:INTERNALERROR> |E )?\s*File "([^"\n]+)", line \d+|^(\S[^\n:]*\.py):\d+: in ', re.M)
_STANDARD = re.compile(r"<frozen |[/\\]lib(?:64)?[/\\](?:python|pypy)3\.\d+[/\\]")
_ERROR = re.compile(r"^(?:INTERNALERROR> |E )?\s*((?:\w+\.)*\w*(?:Error|Exception))\b", re.M)
_LACKS = re.compile(r"(?:No module named|: module) '([\w.]+)'")


def with_broken(run: Runner, status: int, workspace: Workspace) -> Runner:
    """``run``, whose session says what is broken if pytest ended because of code in the tree; ``status`` is the end."""
    status = status if run.status is None else run.status
    if run.kind != PYTEST or status not in _STATUSES or run.session.broken:
        return run
    tree = os.path.realpath(workspace.job.tree)
    directory = run.directory or tree
    broken = broken_code(workspace.output(lines=_LINES), tree, directory, workspace.job.package_roots)
    return replace(run, session=replace(run.session, broken=broken)) if broken else run


def broken_code(output: str, tree: str, directory: str, roots: Sequence[str]) -> str:
    """What in ``tree`` raised the last error in ``output``, as a clause; "" if no file of the tree did.

    ``directory`` is where pytest ran, ``roots`` are the directories of the tree that hold packages ("" for the top).
    """
    errors = _ERROR.findall(output)
    frames = [str(Path(directory, one or other)) for one, other in _FRAME.findall(output)]
    own = [each for each in frames if not _is_standard(each)]
    place = _in_tree(own[-1], tree) if own else ""
    if place:
        return f"{errors[-1] if errors else 'an error'} in {place}"
    for name in _LACKS.findall(output)[-1:]:
        top, *rest = name.split(".")
        if rest and any(Path(tree, root, top).is_dir() for root in roots):
            return f"{name} can't be imported as configured"
    return ""


def _is_standard(file: str) -> bool:
    return bool(_STANDARD.search(file)) and not is_installed(list(Path(file).parts))


def _in_tree(file: str, tree: str) -> str:
    """The path in ``tree`` of ``file``; "" if it is elsewhere, or installed in an environment."""
    real = os.path.realpath(file)
    relative = os.path.relpath(real, tree).replace(os.sep, "/") if real.startswith(tree + os.sep) else ""
    return "" if is_installed(relative.split("/")) or not Path(real).is_file() else relative
