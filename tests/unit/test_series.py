"""The points and rises of a log: their order, their baselines, and where an override is shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covgate.model.baseline import Baseline
from covgate.model.history import Step
from covgate.model.record import Excuse, Note, Record
from covgate.model.series import Commit, Point, interleave, points_by_component, recording_order, rises

A, B, C, D = ("abcd"[place] * 40 for place in range(4))


def baseline(percent: int, epoch: int = 0, override: str = "") -> Baseline:
    return Baseline(epoch=epoch, executed=percent, executable=100, override=override)


def at(percent: int, epoch: int = 0, override: str = "", component: str = "default") -> Note:
    return Note(records=(Record(component=component, baseline=baseline(percent, epoch, override)),))


def points(*notes: tuple[str, Note], elsewhere: Sequence[str] = ()) -> list[Point]:
    note_of = dict(notes)
    return points_by_component([(commit, commit in elsewhere) for commit in note_of], note_of.__getitem__)["default"]


def test_the_baseline_of_a_point_is_the_join_of_all_records_up_to_it() -> None:
    found = points((A, at(80)), (B, at(85)), (C, at(82)), (D, at(86)))
    assert [each.baseline for each in found] == [baseline(80), baseline(85), baseline(85), baseline(86)]


def test_a_commit_on_another_branch_shows_its_own_record_and_changes_no_other() -> None:
    found = points((A, at(80)), (B, at(95)), (C, at(81)), elsewhere=[B])
    assert [(each.baseline, each.on_other_branch) for each in found] == [
        (baseline(80), False),
        (baseline(95), True),
        (baseline(81), False),
    ]


def test_an_override_is_shown_only_where_its_epoch_was_opened() -> None:
    found = points((A, at(80)), (B, at(50, 1, "legacy")), (C, at(50, 1, "legacy")), (D, at(60, 1)))
    assert [each.override for each in found] == ["", "legacy", "", ""]
    assert [each.baseline.percent if each.baseline else None for each in found] == [80, 50, 50, 60]


def test_an_excuse_is_shown_at_its_commit() -> None:
    excused = replace(at(80).records[0], excuse=Excuse(tree="1" * 40, reason="hotfix"))
    assert [each.excuse for each in points((A, Note(records=(excused,))), (B, at(80)))] == ["hotfix", ""]


def test_two_overrides_of_one_epoch_are_both_shown() -> None:
    found = points((A, at(50, 1, "one")), (B, at(60, 1, "two")), (C, at(60, 1, "two")))
    assert [each.override for each in found] == ["one", "two", ""]


def test_an_override_on_another_branch_does_not_hide_the_one_on_this() -> None:
    found = points((A, at(50, 1, "legacy")), (B, at(50, 1, "legacy")), elsewhere=[A])
    assert [each.override for each in found] == ["legacy", "legacy"]


def test_each_component_has_its_own_points() -> None:
    both = Note(records=(*at(80).records, *at(60, component="web").records))
    found = points_by_component([(A, False), (B, False)], {A: both, B: at(65, component="web")}.__getitem__)
    assert [(each.commit, each.baseline) for each in found["default"]] == [(A, baseline(80))]
    assert [(each.commit, each.baseline) for each in found["web"]] == [(A, baseline(60)), (B, baseline(65))]


def test_a_record_without_a_baseline_changes_no_baseline() -> None:
    found = points((A, Note(records=(Record(),))), (B, at(80)), (C, Note(records=(Record(),))))
    assert [each.baseline for each in found] == [None, baseline(80), baseline(80)]


def test_other_commits_come_before_what_was_recorded_later() -> None:
    places = {A: 0, C: 1, B: 2, D: 3}
    assert interleave([A, B], [D, C], places) == [(A, False), (C, True), (B, False), (D, True)]
    assert interleave([], [D, C, A], places) == [(A, True), (C, True), (D, True)]
    # Without a place they come last, by name.
    assert interleave([A], [D, C], {}) == [(A, False), (C, True), (D, True)]


def test_what_is_not_known_of_a_commit_is_empty() -> None:
    assert Commit(oid=A) == Commit(oid=A, author="", date="", subject="")
    assert Point(commit=A) == Point(commit=A, judgement=None, baseline=None, override="", on_other_branch=False)
    assert Step(oid="1") == Step(oid="1", parents=(), author="", email="", date="", changes=({},))


commits = st.lists(st.sampled_from([letter * 40 for letter in "0123456789abcdef"]), unique=True)


@given(commits, st.data())
def test_no_commit_is_lost_and_the_branch_keeps_its_order(every: list[str], data: st.DataObject) -> None:
    line = data.draw(st.lists(st.sampled_from(every), unique=True)) if every else []
    places = {commit: place for place, commit in enumerate(data.draw(st.permutations(every)))}
    others = set(every) - set(line)
    order = interleave(line, others, places)
    assert [commit for commit, aside in order if not aside] == line
    aside = [commit for commit, aside in order if aside]
    assert set(aside) == others
    assert aside == sorted(aside, key=places.__getitem__)


BLOBS = {str(percent): at(percent) for percent in range(50, 90)} | {
    "override": at(40, 1, "legacy"),
    "risen": at(45, 1, "legacy"),
    "no baseline": Note(records=(Record(),)),
    "two": Note(records=(*at(60, component="docs").records, *at(60).records, *at(86, component="web").records)),
    "excused": Note(records=(replace(at(70).records[0], excuse=Excuse(tree=A, reason="hotfix")),)),
    "torn": Note(problems=("a record that is not YAML",)),
}


def step(oid: str, parents: Sequence[str], *changes: dict[str, str]) -> Step:
    return Step(oid=oid, parents=tuple(parents), author="Ada", changes=changes)


def rows(*steps: Step) -> list[tuple[str, str, int | None, int, str]]:
    return [
        (
            each.step.oid,
            each.commit,
            int(each.before.percent) if each.before else None,
            int(each.after.percent) if each.after else -1,
            each.override or each.excuse,
        )
        for each in rises(steps, BLOBS.__getitem__)
    ]


def test_only_rises_and_overrides_are_listed() -> None:
    assert rows(
        step("1", [], {A: "70"}),
        step("2", ["1"], {B: "70"}),
        step("3", ["2"], {f"{C[:2]}/{C[2:]}": "75", "README": "89"}),
        step("4", ["3"], {C: "", B: "torn"}),
        step("5", ["4"], {D: "override"}),
        step("6", ["5"], {D: "risen"}),
    ) == [
        ("1", A, None, 70, ""),
        ("3", C, 70, 75, ""),
        ("5", D, 75, 40, "legacy"),
        ("6", D, 40, 45, ""),  # the reason that stays in the note is shown once
    ]


def test_an_excuse_is_listed_once_and_changes_no_baseline() -> None:
    assert rows(
        step("1", [], {A: "80"}),
        step("2", ["1"], {B: "excused"}),
        step("3", ["2"], {B: "70"}),
        step("4", ["3"], {B: "excused", C: "excused"}),
    ) == [
        ("1", A, None, 80, ""),
        ("2", B, 80, 80, "hotfix"),
        ("4", C, 80, 80, "hotfix"),
    ]


def test_each_record_of_a_note_is_listed_by_itself() -> None:
    history = [step("1", [], {A: "70"}), step("2", ["1"], {B: "no baseline"}), step("3", ["2"], {C: "two"})]
    found = [(each.commit, each.component) for each in rises(history, BLOBS.__getitem__)]
    assert found == [(A, "default"), (C, "docs"), (C, "web")]


def test_a_merge_of_notes_lists_what_it_adds_to_its_first_parent() -> None:
    assert rows(
        step("base", [], {A: "60"}),
        step("side", ["base"], {B: "65"}),
        step("ours", ["base"], {C: "70"}),
        step("merge", ["ours", "side"], {B: "80"}, {C: "70"}),
    ) == [("base", A, None, 60, ""), ("ours", C, 60, 70, ""), ("merge", B, 70, 80, "")]


def test_an_empty_history() -> None:
    assert rises([], BLOBS.__getitem__) == []
    assert recording_order([]) == {}
    assert points_by_component([], BLOBS.__getitem__) == {}


def test_a_commit_keeps_the_place_of_its_first_note() -> None:
    history = [step("1", [], {B: "60"}), step("2", ["1"], {A: "60", "README": "1"}), step("3", ["2"], {B: "61"})]
    assert recording_order(history) == {B: 0, A: 1}


@pytest.mark.parametrize("junk", ["README", "a" * 39, "a" * 41, "a" * 63, "a" * 65, "g" * 40, "A" * 40])
def test_a_file_that_is_not_a_note_is_ignored(junk: str) -> None:
    assert rows(step("1", [], {junk: "70"})) == []
