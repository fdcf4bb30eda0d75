"""The facts that the processes of a test run recorded about themselves; `covgate.measure.inside` writes them."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from covgate.measure.inside.covgate_programs import kind_of
from covgate.model.measurement import Toolchain

_NAME = 200  # characters of a test's name that are kept: a parameter may be any text


@dataclass(frozen=True, slots=True, kw_only=True)
class PytestSession:
    """What covgate's plugin reports of a pytest session. ``status`` is None if the session did not finish.

    ``collected`` counts the tests. ``broken`` is why they could not start, if the commit is the reason; else "".
    ``failed`` names the first of the ``failures``: tests, and files that could not be collected.
    """

    status: int | None = None
    collected: int = 0
    broken: str = ""
    failed: tuple[str, ...] = ()
    failures: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Runner:
    """One program that ran tests.

    ``problem`` is why it could not be measured, else "". ``status`` is its exit status, None if it did not finish.
    ``through`` is what measured: coverage, pytest-cov, or "" if the program measured by itself; then
    ``toolchain`` has no version of coverage. ``executable`` is its Python, ``data`` its data file, ``rcfile`` the
    configuration of coverage that it names, "" if it names none. ``directory`` is where it ran. ``pytest`` is the
    version of pytest. ``coverage_at`` is the directory of coverage, and ``coverage_code`` a hash of the code that was
    there when the program started (``covgate_installed.code_in``). ``watched``: it is a call of coverage that runs
    pytest or unittest, and ``status`` and ``session`` say how these ended.
    """

    program: tuple[str, ...]
    executable: str
    toolchain: Toolchain = field(default_factory=Toolchain)
    problem: str = ""
    status: int | None = None
    through: str = ""
    data: str = ""
    rcfile: str = ""
    directory: str = ""
    source_configured: bool = False
    pytest: str = ""
    coverage_at: str = ""
    coverage_code: str = ""
    watched: bool = False
    session: PytestSession = field(default_factory=PytestSession)

    @property
    def kind(self) -> str:
        """What kind of program it is, in the words of `covgate_programs`."""
        return kind_of(self.program)

    @property
    def shown(self) -> str:
        """The program, for messages."""
        return shlex.join(("python", *self.program) if self.program[:1] == ("-m",) else self.program)


def read_runs(scratch: Path) -> list[Runner]:
    """The programs that ran tests, in the order in which they started."""
    files = [*scratch.glob("run-*"), *scratch.glob("own-*")]
    found = []
    for path in sorted(files, key=lambda each: each.stat().st_mtime_ns):
        value = _load(path)
        if value and not path.name.endswith(".new"):
            found.append(_run(value, _load(scratch / f"finished-{path.name.partition('-')[2]}")))
    return found


def read_started(scratch: Path) -> list[str]:
    """The Python programs that were started and don't run tests, each as it would be typed."""
    try:
        lines = (scratch / "started").read_text(encoding="utf-8", errors="replace").splitlines()
        programs = [json.loads(line) for line in lines]
    except (OSError, ValueError):
        return []
    return list(dict.fromkeys(shlex.join(map(str, each)) for each in programs if isinstance(each, list)))


def _run(value: Mapping[str, Any], session: Mapping[str, Any]) -> Runner:
    def text(name: str) -> str:
        found = value.get(name, "")
        return found if isinstance(found, str) else ""

    watched = bool(value.get("watched"))
    status = (session if watched else value).get("status")
    return Runner(
        program=tuple(str(each) for each in value.get("program", ())),
        executable=text("executable"),
        toolchain=Toolchain(python=text("python"), coverage=text("coverage"), platform=text("platform")),
        problem=text("problem"),
        status=status if type(status) is int else None,
        through=text("through"),
        data=text("data"),
        rcfile=text("rcfile"),
        directory=text("directory"),
        source_configured=bool(value.get("source_configured")),
        pytest=text("pytest"),
        coverage_at=text("coverage_at"),
        coverage_code=text("coverage_code"),
        watched=watched,
        session=_session(session),
    )


def _session(value: Mapping[str, Any]) -> PytestSession:
    status, collected = value.get("status"), value.get("collected", 0)
    if type(status) is not int or type(collected) is not int:
        return PytestSession()
    failed, failures = value.get("failed"), value.get("failures")
    return PytestSession(
        status=status,
        collected=collected,
        broken=str(value.get("broken", "")),
        failed=tuple(str(each)[:_NAME] for each in failed) if isinstance(failed, list) else (),
        failures=failures if type(failures) is int else 0,
    )


def _load(path: Path) -> dict[str, Any]:
    try:
        value = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}
