"""The audit of the notes' history: what is a finding, and which notes commit it is charged to."""

from __future__ import annotations

from dataclasses import replace

import pytest

from covgate.model.baseline import Baseline
from covgate.model.history import Step, lowered_notes
from covgate.model.history_audit import Audit, Finding, FindingKind, audit
from covgate.model.numbers import Numbers
from covgate.model.record import Judgement, Note, Record, join_notes
from covgate.model.verdict import Status

A, B, C = "a" * 40, "b" * 40, "c" * 40


def at(percent: int, epoch: int = 0, override: str = "", component: str = "default") -> Note:
    known = Baseline(epoch=epoch, executed=percent, executable=100, override=override)
    return Note(records=(Record(component=component, baseline=known),))


def judged(percent: int, measured: int, status: Status = Status.PASS, reason: str = "", tree: str = "1" * 40) -> Note:
    numbers = Numbers(statements=100, executed_statements=measured)
    judgement = Judgement(status=status, numbers=numbers, tree=tree, reason=reason)
    (record,) = (at(percent, 1, "legacy removed") if percent == 40 else at(percent)).records
    return Note(records=(replace(record, judgement=judgement),))


BLOBS = {
    "80 passed 78": judged(80, 78),
    "80 passed 80": judged(80, 80),
    "80 passed 80, other words": judged(80, 80, reason="as I say"),
    "80 passed 80 elsewhere": judged(80, 80, tree="2" * 40),
    "80 failed 78": judged(80, 78, Status.FAIL),
    "80 failed 80": judged(80, 80, Status.FAIL),
    "85 passed 85": judged(85, 85),
    "85 passed 90": judged(85, 90),
    "70 passed 70": judged(70, 70),
    "override passed 41": judged(40, 41),
    **{str(percent): at(percent) for percent in (60, 70, 80, 85)},
    "86": join_notes(at(86), at(50, component="docs")),
    "86 gone": join_notes(at(85), at(50, component="docs")),
    "torn": Note(problems=("a record that is not YAML",)),
    "torn twice": Note(problems=("a record that is not YAML", "a record of format 9")),
    "half": Note(records=at(80).records, problems=("a record of format 9",)),
    "override": at(40, 1, "legacy removed"),
    "higher override": at(60, 1, "legacy removed"),
    "risen": at(45, 1),
    "forged": at(40, 1),
    "lower": at(39, 1),
    "later": at(41, 1),
    "no baseline": Note(records=(Record(),)),
}


def line(*changes: dict[str, str]) -> list[Step]:
    """A history without merges: each change is path -> blob, "" for a removed one."""
    steps: list[Step] = []
    for number, change in enumerate(changes):
        parents = (steps[-1].oid,) if steps else ()
        steps.append(Step(oid=str(number), parents=parents, changes=(change,)))
    return steps


def merged(base: dict[str, str], one: dict[str, str], two: dict[str, str], *changes: dict[str, str]) -> list[Step]:
    """``one`` and ``two`` on ``base``, and their merge: ``changes`` against each of them."""
    return [
        Step(oid="base", changes=(base,)),
        Step(oid="one", parents=("base",), changes=(one,)),
        Step(oid="two", parents=("base",), changes=(two,)),
        Step(oid="merge", parents=("one", "two"), changes=changes),
    ]


def audited(steps: list[Step]) -> Audit:
    return audit(steps, BLOBS.__getitem__)


def found(steps: list[Step]) -> list[tuple[str, str]]:
    """The kind and the notes commit of each finding."""
    return [(each.kind.value, each.step.oid) for each in audited(steps).findings]


def only(steps: list[Step]) -> Finding:
    (finding,) = audited(steps).findings
    return finding


def test_a_history_that_only_rises_has_no_findings() -> None:
    steps = line({A: "70"}, {A: "80", B: "60"}, {A: "override"}, {B: "risen"}, {A: "risen"})
    assert audited(steps) == Audit(steps=5, notes=2)
    assert audited([]) == Audit()


def of(blob: str) -> Baseline | None:
    return BLOBS[blob].records[0].baseline


@pytest.mark.parametrize(
    ("changes", "kind", "component", "before", "after", "why"),
    [
        (["80", "70"], "fall", "default", "80", "70", "the baseline was lowered without an override"),
        (["80", "no baseline"], "fall", "default", "80", "no baseline", "the baseline was taken out"),
        (["override", "80"], "fall", "default", "override", "80", "the baseline went back to epoch 0"),
        (["80", ""], "deleted", "", "80", "no baseline", "the note was removed"),
        (["70", "half"], "unbelievable", "", "70", "half", "a record of format 9"),
        (["no baseline", "torn twice"], "unbelievable", "", "no baseline", "no baseline",
            "a record that is not YAML; a record of format 9"),
        (["70", "forged"], "unexplained-epoch", "default", "70", "forged", "no override opened epoch 1"),
    ],
)  # fmt: skip
def test_a_finding(changes: list[str], kind: str, component: str, before: str, after: str, why: str) -> None:
    steps = line(*({A: blob} for blob in changes))
    assert only(steps) == Finding(
        kind=FindingKind(kind),
        commit=A,
        step=steps[1],
        why=why,
        component=component,
        before=of(before),
        after=of(after),
        healed=False,
    )


def test_the_names_of_the_findings() -> None:
    assert [each.value for each in FindingKind] == [
        "fall", "deleted", "unbelievable", "unexplained-epoch", "changed", "lost", "cut"
    ]  # fmt: skip


def test_what_a_merge_drops_is_named() -> None:
    dropped, lower = [
        *audited(merged({A: "80"}, {A: "85"}, {B: "60"}, {}, {A: "85", B: ""})).findings,
        *audited(merged({A: "80"}, {A: "85"}, {B: "60"}, {A: "80", B: "60"}, {})).findings,
    ]
    assert (dropped.why, dropped.before, dropped.after) == ("the merge dropped the note of one side", of("60"), None)
    assert lower.why == "the merge dropped the higher baseline of one side"
    assert (lower.component, lower.before, lower.after) == ("default", of("85"), of("80"))


@pytest.mark.parametrize(
    ("changes", "healed"),
    [
        (["80", "70", "80"], [True]),
        (["80", "70", "half"], [False, False]),  # the note is not valid as a whole
        (["86", "85", "86 gone"], [False, True]),  # one of two components is back
        (["86 gone", "85"], [False]),
        (["torn", "60"], [True]),
        (["80", "", "80"], [True]),
        (["80", "", "70"], [False, False]),
    ],
)
def test_what_is_healed(changes: list[str], healed: list[bool]) -> None:
    findings = audited(line(*({A: blob} for blob in changes))).findings
    assert [each.healed for each in findings] == healed


def test_the_lowest_override_of_an_epoch_opens_it() -> None:
    assert found(line({A: "override"}, {B: "higher override"}, {A: "risen"})) == []


def test_how_many_notes_there_are() -> None:
    assert audited(line({A: "70", B: "60"}, {A: ""})).notes == 1
    assert audited(merged({A: "70", C: "60"}, {B: "60"}, {A: "80"}, {A: "80"}, {B: "60"})) == Audit(steps=4, notes=3)


def test_what_a_merge_brings_is_not_on_the_side_that_goes_on_without_it() -> None:
    steps = merged({A: "70"}, {B: "60"}, {A: "85"}, {A: "85"}, {B: "60"})
    assert found([*steps, Step(oid="one again", parents=("one",), changes=({A: "80"},))]) == []


def test_a_fall_has_both_baselines_and_is_reported_once() -> None:
    finding = only(line({A: "80"}, {A: "70"}, {A: "70"}, {B: "60"}))
    assert (finding.kind, finding.commit, finding.step.oid) == (FindingKind.FALL, A, "1")
    assert (finding.before, finding.after) == (at(80).records[0].baseline, at(70).records[0].baseline)
    assert not finding.healed
    assert only(line({A: "override"}, {A: "80"})).why == "the baseline went back to epoch 0"
    assert only(line({A: "80"}, {A: "70"}, {A: "80"})).healed
    assert only(line({A: "80"}, {A: "no baseline"})).after is None


@pytest.mark.parametrize(
    ("versions", "change"),
    [
        (["80 passed 78", "80 passed 80"], "PASS, 78 of 100 -> PASS, 80 of 100"),
        (["80 passed 80", "80 passed 78"], "PASS, 80 of 100 -> PASS, 78 of 100"),
        (["80 passed 80", "80 failed 80"], "PASS, 80 of 100 -> FAIL, 80 of 100"),
        (["80 passed 80", "80"], "PASS, 80 of 100 -> none"),
        (["80 passed 80", "80 passed 80, other words"], "PASS, 80 of 100, with other details"),
        (["80 passed 80", "85 passed 85", "85 passed 90"], "PASS, 85 of 100 -> PASS, 90 of 100"),
        # What covgate itself does: it judges a failed commit once more, or the baseline rises, or a note gets one.
        (["80 failed 78", "80 passed 80"], None),
        (["80 passed 80", "85 passed 85"], None),
        (["80", "80 passed 80"], None),
        (["80 passed 80", "override passed 41"], None),
        (["80 passed 80 elsewhere", "80 passed 78"], None),
        # A baseline that fell is one finding, not two.
        (["80 passed 80", "70 passed 70"], "the baseline was lowered without an override"),
    ],
)
def test_a_changed_judgement(versions: list[str], change: str | None) -> None:
    findings = audited(line(*({A: blob} for blob in versions))).findings
    why = "the judgement was changed although the baseline of"
    assert [each.why.rpartition(": ")[2] for each in findings] == ([change] if change else [])
    for each in findings:
        assert (each.kind is FindingKind.CHANGED) is each.why.startswith(why)
        assert not each.healed


def test_a_changed_judgement_is_healed_if_it_comes_back_or_the_baseline_rises() -> None:
    edited = [{A: "80 passed 78"}, {A: "80 passed 80"}]
    assert [each.healed for each in audited(line(*edited, {A: "80 passed 78"})).findings] == [True]
    assert [each.healed for each in audited(line(*edited, {A: "85 passed 85"})).findings] == [True]
    assert [each.healed for each in audited(line(*edited, {B: "70"})).findings] == [False]


def test_each_component_has_its_own_fall() -> None:
    findings = audited(line({A: "86"}, {A: "85"})).findings
    assert [each.component for each in findings] == ["default", "docs"]
    assert only(line({A: "86 gone"}, {A: "85"})).component == "docs"
    assert found(line({A: "86"}, {A: "80"}, {A: "85"})) == [("fall", "1"), ("fall", "1")]


def test_a_removed_note_stays_a_finding_if_it_is_written_again() -> None:
    assert found(line({A: "80"}, {A: ""})) == [("deleted", "1")]
    assert only(line({A: "80"}, {A: ""}, {A: "80"})).healed
    assert found(line({A: "80"}, {A: ""}, {A: "70"})) == [("deleted", "1"), ("fall", "2")]


def test_an_invalid_note_hides_no_fall() -> None:
    assert found(line({A: "torn"}, {B: "70"})) == [("unbelievable", "0")]
    assert found(line({A: "80"}, {A: "torn"}, {A: "70"})) == [("unbelievable", "1"), ("fall", "2")]
    assert found(line({A: "70"}, {A: "half"}, {A: "70"})) == [("unbelievable", "1"), ("fall", "2")]
    assert only(line({A: "80"}, {A: "torn"}, {A: "85"})).healed
    assert only(line({A: "80"}, {A: "half"})).why == "a record of format 9"
    assert found(line({A: "86"}, {A: "half"}, {A: "86"})) == [("unbelievable", "1"), ("fall", "1")]


def test_only_the_commit_that_forged_an_epoch_is_reported() -> None:
    finding = only(line({A: "80"}, {A: "forged"}, {B: "forged"}, {A: "later"}))
    assert (finding.kind, finding.step.oid) == (FindingKind.UNEXPLAINED_EPOCH, "1")
    assert only(line({A: "80"}, {B: "override"}, {A: "lower"})).why == "no override opened epoch 1 so low"
    # An override and what rests on it can come at once, in any order: clones exchange notes.
    assert found(line({B: "risen", A: "override"})) == []


def test_fan_out_moves_notes_without_a_finding() -> None:
    deeper = {A: "", f"{A[:2]}/{A[2:]}": "80"}
    assert found(line({A: "80"}, deeper)) == []
    assert found(line({A: "80"}, {**deeper, f"{A[:2]}/{A[2:]}": "70"})) == [("fall", "1")]
    # Readers take the last of two files for one commit.
    assert found(line({f"{A[:2]}/{A[2:]}": "80"}, {A: "70"})) == [("fall", "1")]
    assert found(line({A: "80"}, {f"{A[:2]}/{A[2:]}": "70"}, {f"{A[:2]}/{A[2:]}": ""})) == []


def test_a_file_that_is_not_a_note_is_no_finding() -> None:
    assert audited(line({"README": "torn", "ab/cd": "torn"}, {"README": ""})) == Audit(steps=2)


@pytest.mark.parametrize("swapped", [False, True])
def test_a_merge_is_not_charged_with_what_came_from_one_side(swapped: bool) -> None:
    def found_in(steps: list[Step]) -> list[tuple[str, str]]:
        merge = steps[-1]
        if swapped:
            steps[-1] = Step(oid="merge", parents=merge.parents[::-1], changes=merge.changes[::-1])
        return found(steps)

    assert found_in(merged({A: "80"}, {A: "70"}, {B: "60"}, {B: "60"}, {A: "70"})) == [("fall", "one")]
    assert found_in(merged({A: "80"}, {A: ""}, {B: "60"}, {B: "60"}, {A: ""})) == [("deleted", "one")]
    assert found_in(merged({A: "85"}, {A: "70"}, {A: ""}, {}, {A: "70"})) == [("fall", "one"), ("deleted", "two")]
    assert found_in(merged({A: "80"}, {A: "torn"}, {B: "60"}, {B: "60"}, {A: "torn"})) == [("unbelievable", "one")]
    assert found_in(merged({A: "80"}, {A: "torn"}, {A: "85"}, {}, {A: "torn"})) == [("unbelievable", "one")]
    assert found_in(merged({A: "80"}, {A: "85"}, {A: "86"}, {A: "86"}, {})) == []
    assert found_in(merged({A: "80"}, {A: "forged"}, {B: "60"}, {B: "60"}, {A: "forged"})) == [
        ("unexplained-epoch", "one")
    ]


@pytest.mark.parametrize("swapped", [False, True])
def test_a_merge_is_charged_with_what_it_drops(swapped: bool) -> None:
    def found_in(*steps: Step) -> list[tuple[str, str]]:
        merge = steps[3]
        flipped = Step(oid="merge", parents=merge.parents[::-1], changes=merge.changes[::-1])
        return found([*steps[:3], flipped if swapped else merge, *steps[4:]])

    # One side's note; one side's higher baseline; a raised one, for the sake of a side that did nothing to it.
    assert found_in(*merged({A: "80"}, {A: "85"}, {B: "60"}, {}, {A: "85", B: ""})) == [("lost", "merge")]
    assert found_in(*merged({A: "80"}, {A: "85"}, {A: "86"}, {}, {A: "85"})) == [("lost", "merge")] * 2
    assert found_in(*merged({A: "80"}, {A: "85"}, {B: "60"}, {A: "80", B: "60"}, {})) == [("lost", "merge")]
    assert found_in(*merged({A: "80"}, {A: "85"}, {A: ""}, {A: ""}, {})) == [("deleted", "two"), ("lost", "merge")]
    torn = merged({A: "80"}, {A: "85"}, {A: "86"}, {A: "torn"}, {A: "torn"})
    assert found_in(*torn) == [("unbelievable", "merge")]
    healed = Step(oid="heal", parents=("merge",), changes=({A: "86"},))
    assert found_in(*torn, healed) == [("unbelievable", "merge")]
    assert only([*torn, healed]).healed


def test_the_same_change_on_two_sides_is_one_version() -> None:
    same = merged({A: "60"}, {A: "80"}, {A: "80"}, {}, {})
    beside = Step(oid="three", parents=("two",), changes=({A: ""},))
    again = Step(oid="again", parents=("merge", "three"), changes=({A: ""}, {}))
    assert found([*same, beside, again]) == [("deleted", "three")]


def test_sides_without_a_common_root_lose_nothing() -> None:
    steps = [
        Step(oid="one", changes=({A: "80"},)),
        Step(oid="two", changes=({B: "70"},)),
        Step(oid="three", changes=({A: "85"},)),
        Step(oid="merge", parents=("one", "two", "three"), changes=({A: "85", B: "70"}, {A: "85"}, {B: "70"})),
    ]
    assert found(steps) == []
    steps[3] = Step(oid="merge", parents=("one", "two", "three"), changes=({}, {A: "80", B: ""}, {A: "80"}))
    assert found(steps) == [("lost", "merge")] * 2


def test_lowered_notes_are_those_with_lower_baselines() -> None:
    assert lowered_notes({A: "85"}, {A: "80", B: "60"}, BLOBS.__getitem__) == [B]
    assert lowered_notes({A: "torn", B: "60"}, {A: "80", B: "60"}, BLOBS.__getitem__) == [A]
    assert lowered_notes({}, {A: "torn"}, BLOBS.__getitem__) == []
