"""Ask the project's interpreter what it has, would import and would measure, without running a test."""

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
from covgate.model.source_files import is_test_file, is_tool

_PROGRAM = Path(__file__).parent / "inside" / "covgate_probe.py"
_TIMEOUT = 60  # seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """Where a package or module of the project is imported from: its directories, or the file of a module.

    ``here`` is its path in the tree, "" if it has none. ``plain`` is what a program gets that is started anywhere,
    ``measured`` what the measured tests get. ``finder`` is the finder of an editable install, which comes before any
    path; "" if there is none.
    """

    name: str
    here: str
    plain: tuple[str, ...]
    measured: tuple[str, ...]
    finder: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverageFacts:
    """Coverage's configuration, as coverage itself reads it.

    ``origin`` is who names ``source``, "" for covgate. ``file`` is the name of the file that is read. ``files`` is the
    number of files that count even if no test imports them, None if only a run can tell. ``omitted``: that number is 0
    because of ``omit``. ``fail_under`` is in percent. ``refused`` is why coverage rejects its configuration, "" if it
    accepts it.
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
    omitted: bool = False
    refused: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """What the interpreter answers. ``versions`` are by distribution, "" if it is not installed.

    ``pip`` is whether pip is installed. ``absent`` are the sources that the tree does not have.
    """

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
    path_first: Sequence[str],
) -> Probe:
    """The answer of ``interpreter``, started in ``tree``; ``path_first`` are the first directories on the tests' path.

    Raises ToolError if it gives no answer.
    """
    spec = {
        "tree": str(tree),
        "rcfile": pytest.cov_config,
        "cov_source": pytest.cov_source,
        "wants_pytest_cov": pytest.has_cov or pytest.distributed,
        "product": sources.product,
        "source": sources.source,
        "omit": sources.omit,
        "path_first": list(path_first),
    }
    try:
        done = subprocess.run(
            [interpreter.path, str(_PROGRAM), json.dumps(spec)],
            cwd=tree,
            env={**child_environment(interpreter, environ), "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            stdin=subprocess.DEVNULL,
            timeout=_TIMEOUT,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        reason = error.strerror if isinstance(error, OSError) else f"no answer within {_TIMEOUT} seconds"
        raise ToolError(f"{interpreter.path} does not run: {reason}") from None
    try:
        return _read(json.loads(done.stdout.decode().splitlines()[-1]))
    except (ValueError, IndexError, KeyError, TypeError, AttributeError):
        errors = done.stderr.decode(errors="replace").strip().splitlines() or ["no message"]
        raise ToolError(f"{interpreter.path} does not run: {errors[-1]}") from None


def _read(value: dict[str, Any]) -> Probe:
    return Probe(
        python=str(value["python"]),
        versions=value["versions"],
        pip=bool(value["pip"]),
        imports=tuple(_import(each) for each in value["imports"] if not _is_test_or_tool(each["here"])),
        coverage=_coverage_facts(value["coverage"], value.get("refused", "")),
        absent=tuple(value["absent"]),
    )


def _import(value: dict[str, Any]) -> Import:
    return Import(
        name=value["name"],
        here=value["here"],
        plain=tuple(value["plain"]),
        measured=tuple(value["measured"]),
        finder=value["finder"],
    )


def _coverage_facts(value: dict[str, Any], refused: str) -> CoverageFacts:
    return CoverageFacts(
        source=tuple(value.get("source", ())),
        origin=value.get("origin", ""),
        include=tuple(value.get("include", ())),
        omit=tuple(value.get("omit", ())),
        branch=bool(value.get("branch")),
        patch=tuple(value.get("patch", ())),
        fail_under=float(value.get("fail_under", 0)),
        file=value.get("file", ""),
        files=value.get("files"),
        omitted=bool(value.get("omitted")),
        refused=refused,
    )


def _is_test_or_tool(path: str) -> bool:
    """Whether a module or package at the top of the tree is one."""
    name = Path(path).name if path.endswith(".py") else f"{Path(path).name}/__init__.py"
    return is_test_file(name) or is_tool(name)
