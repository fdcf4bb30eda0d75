"""Which coverage analyses the data of a test run: that of the Python that produced it, with the same configuration."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from covgate.measure.facts import Runner
from covgate.model.measurement import Toolchain


@dataclass(frozen=True, slots=True, kw_only=True)
class Analyser:
    """An interpreter with coverage: ``python``, started in ``directory``.

    ``rcfile`` is the configuration of coverage to use, "" for the one that coverage finds. ``toolchain`` is empty if it
    is not known before the analysis. ``notices`` is what the user should know about the choice.
    """

    python: str
    directory: Path
    rcfile: str = ""
    toolchain: Toolchain = field(default_factory=Toolchain)
    notices: tuple[str, ...] = ()


def choose_analyser(runs: Sequence[Runner], default: Analyser) -> Analyser:
    """The analyser for the data of ``runs``, else ``default``, which also says which tree they are about.

    If several Pythons ran tests, the newest one analyses all data, because an older one may fail to parse some files.
    """
    if not runs:
        return default
    newest = max(runs, key=_age)
    pythons = list(dict.fromkeys(each.toolchain.python for each in sorted(runs, key=_age)))
    directories = {each.directory for each in runs}
    inside = directories.pop() if len(directories) == 1 else ""
    directory = Path(inside) if inside and Path(inside).is_relative_to(default.directory) else default.directory
    chosen = replace(
        default,
        directory=directory,
        rcfile=default.rcfile or next((each.rcfile for each in runs if each.rcfile), ""),
        toolchain=newest.toolchain,
    )
    if len(pythons) > 1:
        notice = f"the tests ran with {', '.join(pythons)}; statements are counted by {pythons[-1]}"
        chosen = replace(chosen, notices=(notice,))
    if newest.executable == default.python or not Path(newest.executable).is_file():
        return chosen
    return replace(chosen, python=newest.executable)


def _age(run: Runner) -> tuple[int, ...]:
    """Sorts the older versions of Python first."""
    return tuple(int(each) for each in re.findall(r"\d+", run.toolchain.python)[:3])
