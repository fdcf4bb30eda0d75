"""What the project's interpreter has, would import and would measure, asked without running a test."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from covgate.errors import ToolError
from covgate.measure.interpreter import Interpreter, child_environment
from covgate.measure.pytest_config import PytestConfig
from covgate.measure.sources import Sources
from covgate.model.source_files import is_test_directory, is_tool_module

_INSIDE = Path(__file__).parent / "inside"
_PATIENCE = 60  # seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """Where a package or module of the project is imported from: directories, or the file of a module.

    ``here``: where it lies in the tree, "" for nowhere. ``plain``: what a program gets that is started anywhere,
    ``measured``: what the measured tests get. ``finder``: an editable install's own, which is asked before any path.
    """

    name: str
    here: str
    plain: tuple[str, ...]
    measured: tuple[str, ...]
    finder: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverageFacts:
    """Coverage's configuration as coverage itself read it.

    ``origin`` tells who named ``source``, "" for covgate. ``files``: how many files count although no test imports
    them, None where only a run can tell. ``fail_under`` in percent. ``refused``: why coverage does not take it.
    """

    source: tuple[str, ...] = ()
    origin: str = ""
    include: tuple[str, ...] = ()
    omit: tuple[str, ...] = ()
    branch: bool = False
    patch: tuple[str, ...] = ()
    fail_under: float = 0
    file: str = ""
    files: int | None = None
    refused: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """``versions`` by distribution, "" for what is not installed; ``absent``: sources that nothing here stands for."""

    python: str
    versions: Mapping[str, str]
    pip: bool
    imports: tuple[Import, ...]
    coverage: CoverageFacts
    absent: tuple[str, ...]


def probe(
    interpreter: Interpreter,
    tree: Path,
    environ: Mapping[str, str],
    *,
    pytest: PytestConfig,
    sources: Sources,
    lead: Sequence[str],
) -> Probe:
    """Ask ``interpreter``; ``lead`` is what comes first on the tests' path. ToolError where it gives no answer."""
    spec = {
        "tree": str(tree),
        "rcfile": pytest.cov_config,
        "cov_source": pytest.cov_source,
        "wants_pytest_cov": pytest.has_cov or pytest.distributed,
        "source": sources.source,
        "omit": sources.omit,
        "lead": list(lead),
    }
    try:
        done = subprocess.run(
            [interpreter.path, str(_INSIDE / "covgate_probe.py"), json.dumps(spec)],
            cwd=tree,
            env={**child_environment(interpreter, environ), "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            stdin=subprocess.DEVNULL,
            timeout=_PATIENCE,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        why = error.strerror if isinstance(error, OSError) else f"no answer within {_PATIENCE} seconds"
        raise ToolError(f"{interpreter.path} does not run: {why}") from None
    try:
        return _read(json.loads(done.stdout.decode().splitlines()[-1]))
    except (ValueError, IndexError, KeyError, TypeError, AttributeError):
        said = done.stderr.decode(errors="replace").strip().splitlines() or ["no message"]
        raise ToolError(f"{interpreter.path} does not run: {said[-1]}") from None


def _read(value: dict[str, Any]) -> Probe:
    told = value["coverage"]
    return Probe(
        python=str(value["python"]),
        versions=value["versions"],
        pip=bool(value["pip"]),
        imports=tuple(
            Import(
                name=each["name"],
                here=each["here"],
                plain=tuple(each["plain"]),
                measured=tuple(each["measured"]),
                finder=each["finder"],
            )
            for each in value["imports"]
            if not _is_no_product(each["here"])
        ),
        coverage=CoverageFacts(
            source=tuple(told.get("source", ())),
            origin=told.get("origin", ""),
            include=tuple(told.get("include", ())),
            omit=tuple(told.get("omit", ())),
            branch=bool(told.get("branch")),
            patch=tuple(told.get("patch", ())),
            fail_under=float(told.get("fail_under", 0)),
            file=told.get("file", ""),
            files=told.get("files"),
            refused=value.get("refused", ""),
        ),
        absent=tuple(value["absent"]),
    )


def _is_no_product(path: str) -> bool:
    name = Path(path).name
    return is_test_directory(name) or is_tool_module(name)
