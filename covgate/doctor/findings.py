"""What `covgate doctor` finds, as values: facts, and findings with their mend. And what every look is given."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING

from covgate.config import Config
from covgate.gate.context import Session
from covgate.git.remote import without_credentials
from covgate.measure.program import runs_pytest

if TYPE_CHECKING:
    from covgate.measure.interpreter import Interpreter
    from covgate.measure.probe import Probe
    from covgate.measure.pytest_config import PytestConfig


class Severity(Enum):
    """PROBLEM: pushes are not gated, not measured, or blocked for nothing. WARNING: what will surprise."""

    PROBLEM = "problem"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """A line of what would happen here, and why."""

    name: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something wrong: ``what`` it is, ``why`` it matters, and the ``mend``: a command as it can be typed, else what
    to change. ``name`` stays the same from version to version.
    """

    name: str
    what: str
    why: str
    mend: str
    severity: Severity = Severity.PROBLEM


Found = Iterator[Fact | Finding]


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """The interpreter that would measure, and what it answered; ``probe`` is None where it does not run.

    ``program``: what follows ``coverage run``, None for a command that measures by itself.
    """

    interpreter: Interpreter
    probe: Probe | None
    pytest: PytestConfig
    program: tuple[str, ...] | None

    @property
    def runs_pytest(self) -> bool:
        return runs_pytest(self.program)

    @property
    def through_pytest_cov(self) -> bool:
        wanted = self.runs_pytest and (self.pytest.has_cov or self.pytest.distributed)
        return wanted and self.probe is not None and bool(self.probe.versions["pytest-cov"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Here:
    """What the looks are given. ``head``: the commit that a push would measure, "" for none; ``aside``: why it would
    not be measured in place, "" where it would. ``config``: the checkout's, which holds once it is committed;
    ``is_valid``: whether it could be read, and is not the defaults instead. ``remote``: where a push goes, "" for
    nowhere. ``project``: None where no interpreter was found. ``is_measured``: whether the measurement of ``head`` is
    remembered.
    """

    session: Session
    head: str
    aside: str
    config: Config
    is_valid: bool
    remote: str
    project: Project | None
    is_measured: bool

    @property
    def top(self) -> Path:
        return self.session.repository.top

    @property
    def remote_shown(self) -> str:
        """``remote`` for the eye: it may be a URL with a token in it."""
        return without_credentials(self.remote)

    @property
    def table(self) -> str:
        """Where covgate's configuration is written, or would be."""
        return ".covgate.toml" if (self.top / ".covgate.toml").is_file() else "[tool.covgate] in pyproject.toml"

    @property
    def otherwise(self) -> str:
        """What becomes of a push that can't be measured."""
        return "every push is blocked" if self.config.fail_closed else "every push passes unmeasured, with a WARNING"


def shell(*words: str | Path) -> str:
    """A command line, quoted for a shell."""
    return shlex.join(str(each) for each in words)


def named(path: Path) -> str:
    """``path`` as it can be typed from where covgate was called."""
    relative = os.path.relpath(path)
    return str(path) if Path(relative).parts[:2] == (os.pardir, os.pardir) else relative


def listed(words: Sequence[str]) -> str:
    """``words`` as a sentence has them."""
    return ", ".join(words[:-1]) + f" and {words[-1]}" if len(words) > 1 else "".join(words)
