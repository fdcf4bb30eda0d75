"""Like with like: a table for each decision."""

from __future__ import annotations

from fractions import Fraction

import pytest

from covgate.model.baseline import Baseline
from covgate.model.circumstances import (
    Circumstances,
    Rise,
    compare,
    looks_like_circumstances,
    may_be_circumstances,
    may_rise,
    why_other,
)
from covgate.model.explanation import Explanation, FileExplanation
from covgate.model.measurement import Measurement, Toolchain
from covgate.model.numbers import Numbers
from covgate.model.policy import Policy
from covgate.model.record import Judgement
from covgate.model.source_files import is_prose
from covgate.model.verdict import Status, judge

SAME, OTHER, UNKNOWN = Circumstances.SAME, Circumstances.OTHER, Circumstances.UNKNOWN
OLD, NEW = Toolchain(python="CPython 3.8.18", coverage="7.2"), Toolchain(python="CPython 3.13.0", coverage="7.10")


def counted(executed: int, executable: int, branches: int = 0) -> Numbers:
    return Numbers(statements=executable, executed_statements=executed, branches=branches)


def record(executed: int = 80, *, toolchain: str = str(NEW), branches: int = 0) -> Judgement:
    return Judgement(status=Status.PASS, numbers=counted(executed, 100, branches), tree="a" * 40, toolchain=toolchain)


def measured(executed: int = 80, toolchain: Toolchain = NEW, branches: int = 0) -> Measurement:
    return Measurement(tree="b" * 40, numbers=counted(executed, 100, branches), toolchain=toolchain)


@pytest.mark.parametrize(
    ("recorded", "here", "alike", "expected"),
    [
        (record(), counted(80, 100), True, SAME),
        (record(toolchain=str(OLD)), counted(80, 100), False, SAME),  # the versions make no difference
        (record(), counted(79, 100), True, OTHER),
        (record(), counted(160, 200), True, OTHER),
        (record(), None, True, UNKNOWN),  # nobody knows what else is installed
        (record(toolchain=""), None, True, UNKNOWN),
        (record(toolchain=str(OLD)), None, True, OTHER),
        (record(branches=10), None, True, OTHER),
        (record(), None, False, OTHER),
        (None, None, True, UNKNOWN),
        (None, counted(80, 100), False, UNKNOWN),
    ],
)
def test_how_circumstances_compare(
    recorded: Judgement | None, here: Numbers | None, alike: bool, expected: Circumstances
) -> None:
    assert compare(recorded, measured(), here, same_configuration=alike) is expected


@pytest.mark.parametrize(
    ("recorded", "now", "alike", "clause"),
    [
        (record(), measured(), True, ""),
        (
            record(toolchain=str(OLD)),
            measured(),
            True,
            "its record is from CPython 3.8.18, coverage 7.2, and this is CPython 3.13.0, coverage 7.10",
        ),
        (record(toolchain=str(OLD)), measured(toolchain=Toolchain()), True, ""),  # a report without versions
        (record(toolchain=str(OLD)), measured(toolchain=Toolchain(coverage="7.2")), True, ""),
        (
            record(toolchain=str(OLD)),
            measured(toolchain=Toolchain(coverage="7.10")),
            True,
            "its record is from CPython 3.8.18, coverage 7.2, and this is coverage 7.10",
        ),
        (record(toolchain="coverage 7.2"), measured(toolchain=OLD), True, ""),
        (record(toolchain="CPython 3.8.18"), measured(toolchain=OLD), True, ""),
        (record(), measured(branches=4), True, "its record counts no branches, this does"),
        (record(branches=4), measured(), True, "its record counts branches, and this does not"),
        (record(), measured(), False, "the configuration of coverage was another one"),
    ],
)
def test_what_is_known_to_be_different(recorded: Judgement, now: Measurement, alike: bool, clause: str) -> None:
    assert why_other(recorded, now, same_configuration=alike) == clause


def explained(executed: int, *, lost: int = 0, gained: int = 0, anew: int = 0, dropped: int = 0) -> Explanation:
    file = FileExplanation(
        path="a.py",
        lost=lost,
        gained=gained,
        counted_anew=counted(0, anew),
        no_longer_counted=counted(dropped, dropped),
    )
    return Explanation(before=counted(80, 100), after=counted(executed, 100), files=(file,))


@pytest.mark.parametrize(
    ("executed", "policy", "explanation", "expected"),
    [
        (75, Policy(), None, True),  # nobody knows which lines
        (75, Policy(), explained(75, lost=5), True),
        (75, Policy(), explained(75, lost=4), False),  # the push's own lines are enough to fail
        (74, Policy(epsilon=Fraction(1)), explained(74, lost=5), True),
        (75, Policy(), explained(75), False),
        (75, Policy(), explained(75, anew=1), True),
        (75, Policy(), explained(75, dropped=1), True),
        (80, Policy(), explained(80, lost=1), False),  # it passes
        (75, Policy(floor=Fraction(78)), explained(75, lost=5), False),  # blocked anyway
    ],
)
def test_which_failures_other_circumstances_can_explain(
    executed: int, policy: Policy, explanation: Explanation | None, expected: bool
) -> None:
    verdict = judge(counted(executed, 100), Baseline(executed=80, executable=100), policy)
    assert may_be_circumstances(verdict, explanation) is expected


@pytest.mark.parametrize(
    ("now", "recorded", "circumstances", "here", "touches", "suspicious", "expected"),
    [
        # Nothing changed that could change the number: whatever rose, it was not earned.
        (85, record(), UNKNOWN, None, False, None, Rise.NO),
        (85, record(), OTHER, None, False, None, Rise.NO),
        (85, record(), SAME, counted(80, 100), False, None, Rise.NO),
        (85, record(), SAME, counted(80, 100), True, None, Rise.YES),
        # Other circumstances: compared with what the baseline's commit measures here.
        (85, record(), OTHER, None, True, None, Rise.MEASURE),
        (85, record(), OTHER, counted(0, 0), True, None, Rise.MEASURE),
        (85, record(), OTHER, counted(84, 100), True, None, Rise.YES),
        (85, record(), OTHER, counted(85, 100), True, None, Rise.NO),
        (85, record(), OTHER, counted(86, 100), True, None, Rise.NO),
        # Nobody knows: only if it looks like it.
        (85, record(), UNKNOWN, None, True, False, Rise.YES),
        (85, record(), UNKNOWN, None, True, True, Rise.MEASURE),
        # The baseline was set by hand, below what its commit measured, or where nothing was measured.
        (85, record(85), OTHER, None, False, None, Rise.YES),
        (85, None, UNKNOWN, None, False, None, Rise.YES),
    ],
)
def test_what_an_increase_may_raise(
    now: int,
    recorded: Judgement | None,
    circumstances: Circumstances,
    here: Numbers | None,
    touches: bool,
    suspicious: bool | None,
    expected: Rise,
) -> None:
    def asked() -> bool:
        assert suspicious is not None, "this must not be looked up"
        return suspicious

    found = may_rise(counted(now, 100), recorded, circumstances, here, touches=touches, suspicious=asked)
    assert found is expected


@pytest.mark.parametrize(
    ("explanation", "changed", "expected"),
    [
        (None, ["a.py"], False),
        (explained(85, gained=5), ["tests/test_a.py"], False),
        (explained(85, gained=5), ["a.py", "conftest.py"], False),
        (explained(85, gained=5), ["a.py", "pyproject.toml"], True),  # no test is new
        (explained(85), ["a.py"], False),
        (explained(85, anew=1), ["tests/test_a.py"], True),
        (explained(85, dropped=1), ["tests/test_a.py"], True),
    ],
)
def test_what_looks_like_other_circumstances(
    explanation: Explanation | None, changed: list[str], expected: bool
) -> None:
    assert looks_like_circumstances(explanation, changed) is expected


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("README.md", True),
        ("README", True),
        ("LICENSE", True),
        ("docs/guide.rst", True),
        ("docs/conf.py", False),
        ("docs/picture.SVG", True),
        (".github/workflows/ci.yml", True),
        ("ci.yml", False),
        ("requirements.txt", False),
        ("requirements/dev.txt", False),
        ("constraints-3.8.txt", False),
        ("tests/data/words.txt", False),
        ("pkg/test/expected.md", False),
        ("pkg/words.txt", False),
        ("docs/words.txt", True),
        ("NEWS.txt", True),
        ("pkg/mod.py", False),
        ("pyproject.toml", False),
    ],
)
def test_prose_can_not_change_a_number(path: str, expected: bool) -> None:
    assert is_prose(path) is expected
