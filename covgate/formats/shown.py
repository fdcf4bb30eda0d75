"""All that is told of one judged commit, in whatever format."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from covgate.model.baseline import Baseline
from covgate.model.measurement import Measurement
from covgate.model.numbers import Numbers
from covgate.model.verdict import Status, Verdict

if TYPE_CHECKING:
    from covgate.model.explain import Explanation
    from covgate.model.patch import Patch


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A verdict and what it rests on; the fields are those of `covgate.gate.judge.Outcome`.

    ``error`` and ``hint`` tell why nothing was measured and what to do, ``output`` what the failing program printed,
    ``blocks`` whether that stops a push. ``notices``: what else there is to know. ``sources``: path -> the lines of the
    file at ``commit``, of the files that the format shows the source of.
    """

    verdict: Verdict
    commit: str = ""
    tree: str = ""
    branch: str = ""
    numbers: Numbers | None = None
    measurement: Measurement | None = None
    baseline_commit: str = ""
    base: str = ""
    patch: Patch | None = None
    story: Explanation | None = None
    output: str = ""
    ran_with: str = ""
    raised: Baseline | None = None
    cached: bool = False
    error: str = ""
    hint: str = ""
    blocks: bool = False
    exit_code: int = 0
    notices: tuple[str, ...] = ()
    sources: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def word(self) -> str:
        """PASS, BLOCKED, WARNING (not measured, and it may pass all the same) or NOT APPLICABLE."""
        if self.error:
            return "BLOCKED" if self.blocks else "WARNING"
        return {Status.PASS: "PASS", Status.FAIL: "BLOCKED"}.get(self.verdict.status, "NOT APPLICABLE")

    @property
    def blocked(self) -> bool:
        return self.word == "BLOCKED"
