"""What `covgate doctor` finds, as values: facts and findings. And ``Checkout``, which every check is given."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING

from covgate.config import Config
from covgate.gate.context import Session
from covgate.git.remote import without_credentials
from covgate.measure.program import Program
from covgate.model.record import DEFAULT_COMPONENT

if TYPE_CHECKING:
    from covgate.measure.interpreter import Interpreter
    from covgate.measure.probe import Probe
    from covgate.measure.pytest_config import PytestConfig


class Severity(Enum):
    """PROBLEM: pushes are not gated, not measured, or blocked without a reason. WARNING: the rest."""

    PROBLEM = "problem"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One line about what would happen in this checkout; ``component``: in that one, "" for the repository."""

    name: str
    value: str
    component: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something wrong: ``what`` it is, ``why`` it matters, and its ``fix``.

    ``fix`` is a command that can be typed as it stands, else what to change. ``name`` is part of the JSON output and
    stays the same from version to version. ``component``: the one that it is about, "" for the repository.
    """

    name: str
    what: str
    why: str
    fix: str
    severity: Severity = Severity.PROBLEM
    component: str = ""


Results = Iterator[Fact | Finding]


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """The interpreter that would measure, and its answer; ``probe`` is None if it does not run.

    ``program``: what ``coverage run`` starts, None for a command that is followed or measures by itself.
    ``tests_left_out``: how many files in the default sources are tests, which don't count.
    """

    interpreter: Interpreter
    probe: Probe | None
    pytest: PytestConfig
    program: Program | None
    tests_left_out: int = 0

    @property
    def runs_pytest(self) -> bool:
        return self.program is not None and self.program.runs_pytest

    @property
    def lacks_pytest(self) -> bool:
        """Whether pytest would have to run the tests, and the interpreter doesn't have it."""
        return self.runs_pytest and self.probe is not None and not self.probe.versions["pytest"]

    def measures_itself(self, config: Config) -> bool:
        """Whether the command of ``config`` writes a report, so that covgate measures nothing by itself."""
        return self.program is None and bool(config.report)

    @property
    def uses_pytest_cov(self) -> bool:
        """Whether pytest-cov measures, not ``coverage run``."""
        wanted = self.runs_pytest and (self.pytest.has_cov or self.pytest.distributed)
        return wanted and self.probe is not None and bool(self.probe.versions["pytest-cov"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkout:
    """The checkout that doctor examines.

    ``head``: the commit that a push would measure, "" if there is none.
    ``aside``: why it would be measured in covgate's own worktree, "" if it would be measured in place.
    ``config``: the configuration in the checkout, which applies once it is committed.
    ``is_valid``: False if that can't be read; then ``config`` has the defaults.
    ``remote``: where a push goes, "" if there is no remote.
    ``project``: None if no interpreter was found.
    ``is_measured``: whether the measurement of ``head`` is in the cache.
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
    def place(self) -> Path:
        """Where the tests run: the top, or the directory of the component."""
        return self.top / self.config.directory

    @property
    def remote_shown(self) -> str:
        """``remote`` for output: it may be a URL that contains a token."""
        return without_credentials(self.remote)

    @property
    def table(self) -> str:
        """Where covgate's configuration is, or would be."""
        own = (self.top / ".covgate.toml").is_file()
        if self.config.component == DEFAULT_COMPONENT:
            return ".covgate.toml" if own else "[tool.covgate] in pyproject.toml"
        return (
            f"[components.{self.config.component}] in .covgate.toml"
            if own
            else (f"[tool.covgate.components.{self.config.component}] in pyproject.toml")
        )

    @property
    def if_unmeasured(self) -> str:
        """What happens to pushes that can't be measured."""
        return "every push is blocked" if self.config.fail_closed else "every push passes unmeasured, with a WARNING"


def shell(*words: str | Path) -> str:
    """A command line, quoted for a shell."""
    return shlex.join(str(each) for each in words)


def listed(words: Sequence[str]) -> str:
    """``words`` as in a sentence: "a, b and c"."""
    return ", ".join(words[:-1]) + f" and {words[-1]}" if len(words) > 1 else "".join(words)
