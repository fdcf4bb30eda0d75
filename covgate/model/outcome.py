"""What happened to one commit: the only value that leaves the gate, and all that a format needs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from covgate.errors import EXIT_BLOCKED, EXIT_PASSED, EXIT_TOOL_ERROR
from covgate.model.baseline import Baseline
from covgate.model.measurement import Measurement
from covgate.model.numbers import Numbers
from covgate.model.record import DEFAULT_COMPONENT
from covgate.model.verdict import Status, Verdict

if TYPE_CHECKING:
    from covgate.model.changed_tests import ChangedTest
    from covgate.model.exclusion import ExcusedBranches, NewlyExcluded
    from covgate.model.explanation import Explanation
    from covgate.model.merge_preview import Preview
    from covgate.model.never_covered import NeverCovered
    from covgate.model.new_files import NewFile
    from covgate.model.patch import Patch


class OutcomeKind(Enum):
    """How it ended. The value is the word that every format shows."""

    PASSED = "PASS"
    BLOCKED = "BLOCKED"
    NOT_MEASURED = "WARNING"
    NOT_APPLICABLE = "NOT APPLICABLE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """A verdict on one commit, and everything it depends on.

    ``component`` is the part of the repository that it is about; ``is_part``: the repository has others.
    ``commit``, ``tree`` and ``base`` are oids, ``branch`` is the remote branch; "" if unknown. ``base`` is the
    commit whose rules apply as well. ``numbers`` is None if nothing was measured. ``measurement`` has the detail of
    each file, if this clone knows it; ``cached`` means that no test ran. ``carried_from``: the commit whose record
    is carried forward, because nothing that can change the number has changed since; "" if it was measured.
    ``baseline_commit`` reached the baseline; with ``baseline_held``, it only held it, and stands in for a commit
    that can't be measured here. ``patch`` and ``explanation`` are set if the push is blocked or if somebody asked
    for them.

    ``error`` and ``hint`` say why there is no verdict and what to do; ``blocks`` whether that blocks. ``output`` is
    the end of what the failing program printed, ``ran_with`` the interpreter of failing tests. ``raised`` is the
    new baseline if this commit raised it. ``on_block`` is the command to run if this blocks a push. ``notices`` are
    sentences about this commit. ``changed_tests``: if coverage was lost, the tests and their configuration that
    were changed since the baseline, or since the base. ``unmeasured``: the new source files that nothing measures.
    ``newly_excluded``: the lines that the base didn't exclude. ``excused_branches``: the branches that newly count as
    executed. ``never_covered``: the changed lines that no test executes, neither at the base nor now.
    ``unrecorded``: its note could not be written; ``unpublished``: the notes could not be pushed. ``parts``: in a
    repository with components, the outcome of each; this is then the outcome of all together
    (`covgate.model.combined`). ``preview``: the merge of the commit that was measured instead, or that the commit is;
    ``tree``, the numbers and the lines are then those of the merge.
    """

    verdict: Verdict
    component: str = DEFAULT_COMPONENT
    is_part: bool = False
    commit: str = ""
    tree: str = ""
    branch: str = ""
    base: str = ""
    numbers: Numbers | None = None
    toolchain: str = ""
    measurement: Measurement | None = None
    cached: bool = False
    carried_from: str = ""
    baseline_commit: str = ""
    baseline_held: bool = False
    patch: Patch | None = None
    explanation: Explanation | None = None
    error: str = ""
    hint: str = ""
    blocks: bool = False
    output: str = ""
    ran_with: str = ""
    raised: Baseline | None = None
    on_block: tuple[str, ...] | None = None
    notices: tuple[str, ...] = ()
    changed_tests: tuple[ChangedTest, ...] = ()
    unmeasured: tuple[NewFile, ...] = ()
    newly_excluded: tuple[NewlyExcluded, ...] = ()
    excused_branches: tuple[ExcusedBranches, ...] = ()
    never_covered: tuple[NeverCovered, ...] = ()
    unrecorded: bool = False
    unpublished: bool = False
    parts: tuple[Outcome, ...] = ()
    preview: Preview | None = None

    @property
    def files_at(self) -> str:
        """The oid of the commit, or of the merge's tree, whose files were measured."""
        return self.preview.tree if self.preview else self.commit

    @property
    def label(self) -> str:
        """The name of the component; "" in a repository without components."""
        return self.component if self.is_part or self.component != DEFAULT_COMPONENT else ""

    @property
    def each(self) -> tuple[Outcome, ...]:
        """The outcome of each component; the outcome itself without components."""
        return self.parts or (self,)

    @property
    def all_notices(self) -> tuple[str, ...]:
        """The notices about all components, then those about one, which name it; each only once."""
        own = (f"{each.component}: {notice}" for each in self.parts for notice in each.notices)
        return tuple(dict.fromkeys([*self.notices, *own]))

    @property
    def kind(self) -> OutcomeKind:
        """How it ended; an error blocks only if errors block (`fail_closed`). Of several, how the worst one did."""
        if self.parts:
            kinds = {each.kind for each in self.parts}
            worst = (OutcomeKind.BLOCKED, OutcomeKind.NOT_MEASURED, OutcomeKind.PASSED)
            return next((kind for kind in worst if kind in kinds), OutcomeKind.NOT_APPLICABLE)
        if self.error:
            return OutcomeKind.BLOCKED if self.blocks else OutcomeKind.NOT_MEASURED
        if self.verdict.status is Status.NOT_APPLICABLE:
            return OutcomeKind.NOT_APPLICABLE
        return OutcomeKind.PASSED if self.verdict.status is Status.PASS else OutcomeKind.BLOCKED

    @property
    def result(self) -> str:
        """How it ended, in words: the value of ``kind``, and the excuse if it rests on one."""
        excused = f", excused: {self.verdict.excuse}" if self.verdict.excuse and not self.blocked else ""
        return f"{self.kind.value}{excused}"

    @property
    def failed(self) -> bool:
        """Whether the commit itself is to blame: a regression or failing tests."""
        if self.parts:
            return any(each.failed for each in self.parts)
        return not self.error and self.verdict.status is Status.FAIL

    @property
    def blocked(self) -> bool:
        """Whether this stops a push: a regression, failing tests, or an error if errors block."""
        return self.kind is OutcomeKind.BLOCKED

    @property
    def exit_code(self) -> int:
        """1 for a regression or failing tests, 3 for an error that blocks, 0 for anything else."""
        if self.parts:
            return exit_code(self.parts)
        if not self.blocked:
            return EXIT_PASSED
        return EXIT_TOOL_ERROR if self.error else EXIT_BLOCKED


def exit_code(outcomes: Iterable[Outcome]) -> int:
    """The exit code for all of ``outcomes``: a regression comes before an error, an error before a pass."""
    codes = {outcome.exit_code for outcome in outcomes}
    return next((code for code in (EXIT_BLOCKED, EXIT_TOOL_ERROR) if code in codes), EXIT_PASSED)
