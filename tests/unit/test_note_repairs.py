"""Which note should be there instead of one that was lowered, removed or damaged; and which epochs are believed."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from covgate.model.baseline import Baseline
from covgate.model.epochs import REACH, Epochs
from covgate.model.history import Step, shown_change
from covgate.model.history_audit import audit
from covgate.model.note_versions import left_to_others, notes_to_repair
from covgate.model.numbers import Numbers
from covgate.model.record import Excuse, Judgement, Note, Record
from covgate.model.verdict import Status

A = "a" * 40


def baseline(percent: int, epoch: int = 0, override: str = "") -> Baseline:
    return Baseline(epoch=epoch, executed=percent, executable=100, override=override)


def record(
    percent: int,
    epoch: int = 0,
    override: str = "",
    component: str = "default",
    measured: int = -1,
    status: Status = Status.PASS,
) -> Record:
    """A record with a baseline, and with a judgement if something was ``measured``."""
    known = baseline(percent, epoch, override) if percent >= 0 else None
    if measured < 0:
        return Record(component=component, baseline=known)
    numbers = Numbers(statements=100, executed_statements=measured)
    judgement = Judgement(status=status, numbers=numbers, tree="1" * 40)
    return Record(component=component, baseline=known, judgement=judgement)


def excused(of: Record, tree: str = "1") -> Record:
    return replace(of, excuse=Excuse(tree=tree * 40, reason="why"))


TORN = ("a record that is not YAML",)
NOTES = {
    "80": Note(records=(record(80),)),
    "70": Note(records=(record(70),)),
    "90": Note(records=(record(90),)),
    "80 and docs": Note(records=(record(80), record(60, component="docs"))),
    "80, measured 82": Note(records=(record(80, measured=82),)),
    "70, measured 71": Note(records=(record(70, measured=71),)),
    "80, measured 71": Note(records=(record(80, measured=71),)),
    "90, measured 71": Note(records=(record(90, measured=71),)),
    "80, failed 71": Note(records=(record(80, measured=71, status=Status.FAIL),)),
    "override, measured 35": Note(records=(record(40, 1, "module removed", measured=35),)),
    "override, measured 82": Note(records=(record(40, 1, "module removed", measured=82),)),
    "measured 71": Note(records=(record(-1, measured=71),)),
    "failed 71, excused": Note(records=(excused(record(80, measured=71, status=Status.FAIL)),)),
    "failed 71, copied excuse": Note(records=(excused(record(80, measured=71, status=Status.FAIL), "2"),)),
    "forged, excused": Note(records=(excused(record(10, 3)),)),
    "excused": Note(records=(excused(record(-1)),)),
    "override": Note(records=(record(40, 1, "module removed"),)),
    "risen": Note(records=(record(45, 1),)),
    "forged": Note(records=(record(10, 3),)),
    "forged, measured 71": Note(records=(record(10, 3, measured=71),)),
    "torn": Note(problems=TORN),
    "half": Note(records=(record(80),), problems=TORN),
    "half, lower": Note(records=(record(70),), problems=TORN),
    "newer": Note(problems=("a record of format 2",), other_format=True),
    "none": Note(),
}


def line(*blobs: str) -> list[Step]:
    """Each step gives the note of A another blob, "" for none."""
    return [
        Step(oid=str(number), parents=(str(number - 1),) if number else (), changes=({A: blob},))
        for number, blob in enumerate(blobs)
    ]


@pytest.mark.parametrize(
    ("versions", "repaired"),
    [
        # What only rises is left alone, byte for byte.
        (["80"], None),
        (["70", "80"], None),
        (["80", "80 and docs"], None),
        (["80", "override"], None),
        (["override", "risen"], None),
        # What is lower comes back.
        (["80", "70"], "80"),
        (["80", "70", "90"], None),
        (["80", "70", "70"], "80"),
        (["80", ""], "80"),
        (["80", "", "70"], "80"),
        (["80", "none"], "80"),
        (["override", "80"], "override"),
        (["80 and docs", "80"], "80 and docs"),
        (["80 and docs", "90"], Note(records=(record(90), record(60, component="docs")))),
        # The judgement that was recorded with the baseline stays with it, and goes if the baseline rises.
        (["80, measured 82", "80, measured 71"], "80, measured 82"),
        (["80, measured 71", "80, measured 82"], "80, measured 71"),
        (["80, measured 82", "70, measured 71"], "80, measured 82"),
        (["80, measured 82", "90, measured 71"], None),
        (["80, failed 71", "80, measured 82"], None),
        (["80, measured 82", "80, failed 71"], "80, measured 82"),
        (["80", "80, measured 71"], None),
        (["override, measured 35", "override, measured 82"], "override, measured 35"),
        (["80, measured 82", "override, measured 35"], None),
        (["80, measured 82", "80"], "80, measured 82"),
        (["80, measured 82", ""], "80, measured 82"),
        # An excuse stays, though a version that doesn't know it writes the record anew; not with another tree. One that
        # is written beside another tree may be about what the commit's own configuration names.
        (["failed 71, excused", "80, failed 71"], "failed 71, excused"),
        (["80, failed 71", "failed 71, excused"], None),
        (["80, failed 71", "failed 71, copied excuse"], None),
        (["failed 71, copied excuse", "80, failed 71"], None),
        (["forged, excused"], "excused"),
        # An epoch without a reason counts as nothing; a note that has only that is taken away.
        (["80", "forged"], "80"),
        (["forged"], "none"),
        (["forged", ""], None),
        (["forged, measured 71"], "measured 71"),
        (["80", "forged, measured 71"], "80, measured 71"),
        # A damaged note gives way to the one before it. Without one, it is left in place.
        (["torn"], None),
        (["half"], None),
        (["torn", ""], None),
        (["80", "torn"], "80"),
        (["80", "torn", ""], "80"),
        (["80", "half"], None),
        (["80", "half, lower"], "80"),
        (["80 and docs", "half"], "80 and docs"),
        (["torn", "80"], None),
        # What another version of covgate wrote is left to that.
        (["80", "newer"], None),
    ],
)
def test_the_note_that_should_be_there(versions: list[str], repaired: str | Note | None) -> None:
    state = audit(line(*versions), NOTES.__getitem__).state
    wanted = {} if repaired is None else {A: NOTES[repaired] if isinstance(repaired, str) else repaired}
    assert notes_to_repair(state, NOTES.__getitem__) == wanted


@pytest.mark.parametrize(
    ("versions", "beside"),
    [(["80"], None), (["80", "torn"], None), (["80", "newer"], "80"), (["80", ""], None), (["newer"], None)],
)
def test_what_stands_beside_the_note(versions: list[str], beside: str | None) -> None:
    state = audit(line(*versions), NOTES.__getitem__).state
    assert left_to_others(state, NOTES.__getitem__) == ({A: NOTES[beside]} if beside else {})


@pytest.mark.parametrize(
    ("sides", "merged", "repaired"),
    [
        (("80", "90"), "80", "90"),
        (("80", "90"), "", "90"),
        (("", "90"), "", "90"),  # one side removed it
        (("80", "90"), "torn", "90"),
        (("80, measured 82", "70, measured 71"), "70, measured 71", "80, measured 82"),
        # The bytes of a note that git merged may differ from those of its records: they are compared later.
        (("80", "90"), "90", "90"),
        (("80", "90"), "newer", None),
    ],
)
def test_a_merge_keeps_the_higher_of_both_sides(sides: tuple[str, str], merged: str, repaired: str | None) -> None:
    steps = [
        Step(oid="base", changes=({A: "70"},)),
        Step(oid="one", parents=("base",), changes=({A: sides[0]},)),
        Step(oid="two", parents=("base",), changes=({A: sides[1]},)),
        Step(oid="merge", parents=("one", "two"), changes=({A: merged}, {A: merged})),
    ]
    state = audit(steps, NOTES.__getitem__).state
    assert notes_to_repair(state, NOTES.__getitem__) == ({A: NOTES[repaired]} if repaired else {})


@pytest.mark.parametrize(
    ("overrides", "asked", "open_"),
    [
        ([], baseline(10), True),
        ([], baseline(10, 1), False),
        ([baseline(40, 1, "why")], baseline(40, 1), True),
        ([baseline(40, 1, "why")], baseline(99, 1), True),
        ([baseline(40, 1, "why")], baseline(39, 1), False),
        ([baseline(40, 1, "why")], baseline(40, 2), False),
        ([baseline(40, 1)], baseline(40, 1), False),  # no reason
        ([baseline(40, 1, "why"), baseline(30, 1, "too")], baseline(35, 1), True),
        # One note must not use up the numbers.
        ([baseline(40, REACH, "why")], baseline(40, REACH), True),
        ([baseline(40, REACH + 1, "why")], baseline(40, REACH + 1), False),
        ([baseline(40, REACH + 1, "why"), baseline(40, 1, "why")], baseline(40, REACH + 1), True),
    ],
)
def test_an_epoch_is_open_if_an_override_opened_it(overrides: list[Baseline], asked: Baseline, open_: bool) -> None:
    epochs = Epochs()
    epochs.open(("default", each) for each in overrides)
    assert epochs.is_open("default", asked) is open_
    assert epochs.is_open("docs", asked) is (asked.epoch == 0)


def test_why_an_epoch_is_not_open() -> None:
    epochs = Epochs({("default", 1): Fraction(40)})
    assert epochs.why_not_open("default", baseline(39, 1)) == "no override opened epoch 1 so low"
    assert epochs.why_not_open("default", baseline(39, 2)) == "no override opened epoch 2"
    assert epochs.why_not_open("docs", baseline(39, 1)) == "no override opened epoch 1"
    far = baseline(39, REACH + 2, "why")
    assert epochs.why_not_open("default", far) == f"epoch {REACH + 2} is more than {REACH} above epoch 1"


def test_a_history_that_goes_on_is_read_from_where_it_stands() -> None:
    steps = line("override", "80", "torn", "risen", "forged")
    whole = audit(steps, NOTES.__getitem__)
    epochs = Epochs()
    first = audit(steps[:3], NOTES.__getitem__, epochs=epochs)
    later = audit(steps[3:], NOTES.__getitem__, epochs=epochs, known={"2": first.state})
    assert [each.kind.value for each in whole.findings] == ["fall", "unbelievable", "unexplained-epoch"]
    assert [(each.kind, each.step) for each in (*first.findings, *later.findings)] == [
        (each.kind, each.step) for each in whole.findings
    ]
    repaired = notes_to_repair(later.state, NOTES.__getitem__)
    assert repaired == notes_to_repair(whole.state, NOTES.__getitem__) == {A: NOTES["risen"]}


def test_how_a_change_is_shown() -> None:
    assert shown_change(baseline(80), baseline(70)) == "80.00% -> 70.00%"
    assert shown_change(baseline(80), None) == "80.00% -> none"
    assert shown_change(baseline(80), baseline(10, 3)) == "80.00% (epoch 0) -> 10.00% (epoch 3)"
