"""How a push ended: its kind, whether it blocks, and the exit code for one outcome and for many."""

from __future__ import annotations

from dataclasses import fields

import pytest

from covgate.model.outcome import Outcome, OutcomeKind, exit_code
from covgate.model.policy import Policy
from covgate.model.verdict import Verdict, judge, not_applicable
from covgate.model.verdict import tests_failed as failing_tests

PASS, FAIL, SKIPPED = judge(90, 80, Policy()), judge(70, 80, Policy()), not_applicable("disabled")


@pytest.mark.parametrize(
    ("verdict", "error", "blocks", "kind", "failed", "code"),
    [
        (PASS, "", False, OutcomeKind.PASSED, False, 0),
        (FAIL, "", False, OutcomeKind.BLOCKED, True, 1),
        (failing_tests("1 failed", Policy(), None), "", False, OutcomeKind.BLOCKED, True, 1),
        (SKIPPED, "", False, OutcomeKind.NOT_APPLICABLE, False, 0),
        # An error blocks only if errors block, whatever the verdict.
        (SKIPPED, "timeout", False, OutcomeKind.NOT_MEASURED, False, 0),
        (SKIPPED, "timeout", True, OutcomeKind.BLOCKED, False, 3),
        (FAIL, "timeout", False, OutcomeKind.NOT_MEASURED, False, 0),
        (FAIL, "timeout", True, OutcomeKind.BLOCKED, False, 3),
        # Without an error there is nothing that could block.
        (PASS, "", True, OutcomeKind.PASSED, False, 0),
        (SKIPPED, "", True, OutcomeKind.NOT_APPLICABLE, False, 0),
    ],
)
def test_how_it_ended(verdict: Verdict, error: str, blocks: bool, kind: OutcomeKind, failed: bool, code: int) -> None:
    outcome = Outcome(verdict=verdict, error=error, blocks=blocks)
    assert (outcome.kind, outcome.failed, outcome.exit_code) == (kind, failed, code)
    assert outcome.blocked is (kind is OutcomeKind.BLOCKED)


PASSED, REGRESSION = Outcome(verdict=PASS), Outcome(verdict=FAIL)
WARNING, ERROR = Outcome(verdict=SKIPPED, error="timeout"), Outcome(verdict=SKIPPED, error="timeout", blocks=True)


@pytest.mark.parametrize(
    ("outcomes", "code"),
    [
        ([], 0),
        ([PASSED, WARNING], 0),
        ([PASSED, ERROR], 3),
        ([ERROR, REGRESSION, PASSED], 1),
        ([REGRESSION, ERROR], 1),
    ],
)
def test_the_exit_code_for_several(outcomes: list[Outcome], code: int) -> None:
    assert exit_code(outcomes) == code


def test_the_words_that_every_format_shows() -> None:
    assert [each.value for each in OutcomeKind] == ["PASS", "BLOCKED", "WARNING", "NOT APPLICABLE"]


def test_all_but_the_verdict_is_unknown_at_first() -> None:
    known = {each.name: getattr(PASSED, each.name) for each in fields(Outcome)}
    assert known.pop("verdict") is PASS
    assert known.pop("component") == "default"
    assert not any(known.values())
