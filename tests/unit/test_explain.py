"""The way from one measurement to another: its terms add up, whatever was changed, and each has the right lines."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covgate.model.changes import FileChange, Hunk
from covgate.model.explain import explain
from covgate.model.explanation import Explanation, UncountedReason, removal_in
from covgate.model.lines import Line, encode, numbers_of
from covgate.model.measurement import FileResult, Measurement
from covgate.model.numbers import Numbers, total


def result(path: str, *lines: Line, excluded: tuple[int, ...] = ()) -> FileResult:
    text = encode(lines, excluded)
    return FileResult(path=path, numbers=numbers_of(text), lines=text)


def measurement(*files: FileResult) -> Measurement:
    return Measurement(tree="f" * 40, numbers=total(each.numbers for each in files), files=files)


def done(*numbers: int) -> list[Line]:
    return [Line(each, True) for each in numbers]


def undone(*numbers: int) -> list[Line]:
    return [Line(each, False) for each in numbers]


def adds_up(story: Explanation) -> bool:
    before, after = story.before, story.after
    executed = before.executed - story.removed.executed - story.no_longer_counted.executed + story.added.executed
    executable = (
        before.executable - story.removed.executable - story.no_longer_counted.executable + story.added.executable
    )
    return (
        executed + story.counted_anew.executed - story.lost + story.gained == after.executed
        and executable + story.counted_anew.executable == after.executable
    )


@st.composite
def lines_of(draw: st.DrawFn, length: int) -> str:
    known, excluded = [], []
    for number in range(1, length + 1):
        kind = draw(st.sampled_from("..++-xb"))
        if kind == "b":
            branches = draw(st.integers(2, 3))
            known.append(Line(number, True, draw(st.integers(0, branches)), branches))
        elif kind in "+-":
            known.append(Line(number, kind == "+"))
        elif kind == "x":
            excluded.append(number)
    return encode(known, excluded)


@st.composite
def edits(draw: st.DrawFn) -> tuple[int, int, tuple[Hunk, ...]]:
    """Length before, length after, and what was changed between."""
    old = new = 0
    hunks = []
    for _ in range(draw(st.integers(0, 4))):
        kept = draw(st.integers(1, 4))
        removed, added = draw(st.integers(0, 3)), draw(st.integers(0, 3))
        old, new = old + kept, new + kept
        if removed or added:
            hunks.append(Hunk(old=old + bool(removed), removed=removed, new=new + bool(added), added=added))
        old, new = old + removed, new + added
    kept = draw(st.integers(0, 4))
    return old + kept, new + kept, tuple(hunks)


@st.composite
def pairs(draw: st.DrawFn) -> tuple[Measurement, Measurement, list[FileChange]]:
    before, after, changes = [], [], []
    for number in range(draw(st.integers(1, 4))):
        old_length, new_length, hunks = draw(edits())
        old_path = draw(st.sampled_from([f"old{number}.py", f"{number}.py", ""]))
        path = draw(st.sampled_from([f"{number}.py", f"{number}.py", "" if old_path else f"{number}.py"]))
        old_text, new_text = draw(lines_of(old_length)), draw(lines_of(new_length))
        if old_path and draw(st.sampled_from([True, True, False])):
            before.append(FileResult(path=old_path, numbers=numbers_of(old_text), lines=old_text))
        if path and draw(st.sampled_from([True, True, False])):
            after.append(FileResult(path=path, numbers=numbers_of(new_text), lines=new_text))
        changes.append(FileChange(old_path=old_path, path=path, hunks=hunks if old_path and path else ()))
    return measurement(*before), measurement(*after), changes


@given(pairs())
def test_the_terms_add_up(pair: tuple[Measurement, Measurement, list[FileChange]]) -> None:
    before, after, changes = pair
    story = explain(before, after, changes)
    assert story.unexplained == (0, 0)
    assert adds_up(story)
    assert sum(each.more_missing for each in story.files) == after.numbers.missing - before.numbers.missing


def test_what_was_added_and_what_was_lost() -> None:
    before = measurement(result("a.py", *done(1, 2, 5)))
    after = measurement(result("a.py", *done(1), *undone(2, 3, 4), *done(7)))
    # Two lines came in after line 2: the statement of line 5 is at 7 now.
    story = explain(
        before, after, [FileChange(old_path="a.py", path="a.py", hunks=(Hunk(old=2, removed=0, new=3, added=2),))]
    )
    (file,) = story.files
    assert (file.uncovered, file.lost_lines) == (tuple(undone(3, 4)), tuple(undone(2)))
    assert (story.lost, story.gained, story.added) == (1, 0, Numbers(statements=2))


def test_a_changed_line_is_removed_and_added() -> None:
    before, after = measurement(result("a.py", *done(1, 2))), measurement(result("a.py", *done(1), *undone(2)))
    change = FileChange(old_path="a.py", path="a.py", hunks=(Hunk(old=2, removed=1, new=2, added=1),))
    story = explain(before, after, [change])
    assert (story.removed.executed, story.added.missing, story.lost) == (1, 1, 0)
    # Also if the lines of the file look the same in both measurements.
    story = explain(before, before, [change])
    assert (story.removed, story.added) == (Numbers(statements=1, executed_statements=1),) * 2


def test_a_statement_that_was_changed_in_a_later_line_is_not_untouched() -> None:
    before, after = measurement(result("a.py", *done(1))), measurement(result("a.py", *undone(1)))
    change = FileChange(old_path="a.py", path="a.py", hunks=(Hunk(old=2, removed=1, new=2, added=1),))
    assert explain(before, after, [change]).lost == 1
    touched = explain(before, after, [change], {"a.py": {1}})
    assert (touched.lost, touched.files[0].uncovered) == (0, tuple(undone(1)))


def test_branches_are_lost_one_by_one() -> None:
    before, after = measurement(result("a.py", Line(1, True, 2, 2))), measurement(result("a.py", Line(1, True, 1, 2)))
    story = explain(before, after, [])
    assert (story.lost, story.files[0].lost_lines) == (1, (Line(1, True, 1, 2),))


def test_other_branches_are_other_branches() -> None:
    before, after = measurement(result("a.py", Line(1, True, 2, 2))), measurement(result("a.py", Line(1, True, 1, 3)))
    story = explain(before, after, [])
    assert (story.lost, story.no_longer_counted.branches, story.counted_anew.branches) == (0, 2, 3)
    assert adds_up(story)


def test_a_renamed_file_keeps_its_lines() -> None:
    before, after = measurement(result("a.py", *done(1, 2))), measurement(result("b.py", *done(1), *undone(2)))
    story = explain(before, after, [FileChange(old_path="a.py", path="b.py")])
    assert (story.lost, story.removed, story.added) == (1, Numbers(), Numbers())


def test_a_copy_is_new() -> None:
    source = result("a.py", *done(1, 2))
    after = measurement(source, result("b.py", *undone(1, 2)))
    story = explain(measurement(source), after, [FileChange(old_path="a.py", path="b.py", copied=True)])
    assert (story.added.statements, story.lost, [each.name for each in story.files]) == (2, 0, ["b.py"])


@pytest.mark.parametrize("copied", [True, False])
def test_a_file_is_new_if_its_source_is_still_there(copied: bool) -> None:
    change = FileChange(old_path="a.py", path="b.py", copied=copied)
    source, copy = result("a.py", *done(1)), result("b.py", *done(1))
    story = explain(measurement(source), measurement(source, copy), [change])
    assert (story.added.executed, story.no_longer_counted) == (1, Numbers())
    # A copy's source is there even if it is no longer measured.
    story = explain(measurement(source), measurement(copy), [change])
    assert (story.added.executed, story.no_longer_counted.executed) == ((1, 1) if copied else (0, 0))


def test_why_lines_count_no_longer() -> None:
    before = measurement(result("a.py", *done(1, 2, 3)), result("b.py", *done(1)))
    after = measurement(result("a.py", *done(1), excluded=(2,)))
    story = explain(before, after, [])
    assert {each.name: dict(each.no_longer_counted_lines) for each in story.files} == {
        "a.py": {UncountedReason.EXCLUDED: (2,), UncountedReason.NOT_EXECUTABLE: (3,)},
        "b.py": {UncountedReason.OMITTED: (1,)},
    }
    assert story.no_longer_counted.executed == 3


def test_a_deleted_file_is_removed() -> None:
    before = measurement(result("a.py", *done(1)), result("b.py", *done(1), *undone(2)))
    story = explain(before, measurement(result("a.py", *done(1))), [FileChange(old_path="b.py", path="")])
    assert (story.removed.executed, story.removed.executable, story.no_longer_counted) == (1, 2, Numbers())


def test_a_line_that_was_there_and_is_counted_now_has_appeared() -> None:
    before, after = measurement(result("a.py", *done(1))), measurement(result("a.py", *done(1), *undone(2)))
    story = explain(before, after, [])
    assert (story.counted_anew.statements, story.added) == (1, Numbers())


def test_counts_that_no_line_tells_are_said() -> None:
    odd = FileResult(path="a.py", numbers=Numbers(statements=3, executed_statements=2), lines=encode(done(1)))
    story = explain(measurement(), Measurement(tree="f" * 40, numbers=odd.numbers, files=(odd,)), [])
    assert story.unexplained == (1, 2)


def test_what_nothing_happened_to_is_not_told() -> None:
    same = result("a.py", *done(1), *undone(2))
    assert explain(measurement(same), measurement(same), []).files == ()


def test_a_change_of_nothing_executable_is_not_reported() -> None:
    before, after = measurement(result("a.py", *done(1, 2))), measurement(result("a.py", *done(1, 4)))
    change = FileChange(old_path="a.py", path="a.py", hunks=(Hunk(old=1, removed=0, new=2, added=2),))
    assert explain(before, after, [change]).files == ()


def test_files_with_as_many_missing_lines_are_ordered_by_what_they_lost_and_by_name() -> None:
    before = measurement(
        result("a.py", *undone(1)),
        result("c.py", *done(1)),
        result("b.py", *done(1)),
        result("d.py", *done(1, 2), *undone(3)),
        result("e.py", *done(1, 2)),
    )
    after = measurement(
        result("a.py", *done(1)),
        result("c.py", *undone(1)),
        result("b.py", *undone(1)),
        result("d.py", *undone(1, 2), *done(3)),
        result("e.py", *undone(1, 2)),
    )
    files = explain(before, after, []).files
    assert [(each.name, each.more_missing, each.lost) for each in files] == [
        ("e.py", 2, 2),
        ("d.py", 1, 2),
        ("b.py", 1, 1),
        ("c.py", 1, 1),
        ("a.py", -1, 0),
    ]


def test_a_file_that_is_renamed_and_no_longer_measured_is_omitted() -> None:
    before = measurement(result("a.py", *done(1)))
    change = FileChange(old_path="a.py", path="b.py")
    (file,) = explain(before, measurement(), [change], {"b.py": {1}}).files
    assert (file.path, file.old_path, file.removed) == ("b.py", "a.py", Numbers())
    assert file.no_longer_counted_lines == ((UncountedReason.OMITTED, (1,)),)


def test_the_worst_comes_first() -> None:
    before = measurement(result("a.py", *done(1, 2)), result("b.py", *done(1, 2, 3)))
    after = measurement(result("a.py", *done(1), *undone(2)), result("b.py", *undone(1, 2, 3)))
    assert [each.name for each in explain(before, after, []).files] == ["b.py", "a.py"]


def test_the_judgement_gets_what_was_removed() -> None:
    before = measurement(result("a.py", *done(1, 2), *undone(3)))
    after = measurement(result("a.py", *done(1), *undone(2)))
    change = FileChange(old_path="a.py", path="a.py", hunks=(Hunk(old=2, removed=1, new=1, added=0),))
    removal = removal_in(explain(before, after, [change]))
    assert (removal.of, removal.removed.executed, removal.added.executable) == (3, 1, 0)
    assert Fraction(removal.removed.executed, removal.removed.executable) == 1
