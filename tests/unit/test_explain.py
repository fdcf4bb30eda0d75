"""The explanation of a difference: its terms add up after any change, and each has the right lines."""

from __future__ import annotations

from fractions import Fraction

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


def executed(*numbers: int) -> list[Line]:
    return [Line(each, True) for each in numbers]


def missing(*numbers: int) -> list[Line]:
    return [Line(each, False) for each in numbers]


def adds_up(explanation: Explanation) -> bool:
    before, after = explanation.before, explanation.after
    executed = (
        before.executed
        - explanation.removed.executed
        - explanation.no_longer_counted.executed
        + explanation.added.executed
    )
    executable = (
        before.executable
        - explanation.removed.executable
        - explanation.no_longer_counted.executable
        + explanation.added.executable
    )
    return (
        executed + explanation.counted_anew.executed - explanation.lost + explanation.gained == after.executed
        and executable + explanation.counted_anew.executable == after.executable
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
    explanation = explain(before, after, changes)
    assert explanation.unexplained == (0, 0)
    assert adds_up(explanation)
    assert sum(each.more_missing for each in explanation.files) == after.numbers.missing - before.numbers.missing


def test_what_was_added_and_what_was_lost() -> None:
    before = measurement(result("a.py", *executed(1, 2, 5)))
    after = measurement(result("a.py", *executed(1), *missing(2), *executed(3), *missing(4), *executed(7)))
    # Two lines came in after line 2: the statement of line 5 is at 7 now.
    explanation = explain(
        before, after, [FileChange(old_path="a.py", path="a.py", hunks=(Hunk(old=2, removed=0, new=3, added=2),))]
    )
    (file,) = explanation.files
    assert (file.uncovered, file.lost_lines) == (tuple(missing(4)), tuple(missing(2)))
    assert (explanation.lost, explanation.gained, explanation.added) == (
        1,
        0,
        Numbers(statements=2, executed_statements=1),
    )


def test_a_changed_line_is_removed_and_added() -> None:
    before, after = measurement(result("a.py", *executed(1, 2))), measurement(result("a.py", *executed(1), *missing(2)))
    change = FileChange(old_path="a.py", path="a.py", hunks=(Hunk(old=2, removed=1, new=2, added=1),))
    explanation = explain(before, after, [change])
    assert (explanation.removed.executed, explanation.added.missing, explanation.lost) == (1, 1, 0)
    # Also if the lines of the file look the same in both measurements.
    explanation = explain(before, before, [change])
    assert (explanation.removed, explanation.added) == (Numbers(statements=1, executed_statements=1),) * 2


def test_a_statement_that_was_changed_in_a_later_line_is_not_untouched() -> None:
    before, after = measurement(result("a.py", *executed(1))), measurement(result("a.py", *missing(1)))
    change = FileChange(old_path="a.py", path="a.py", hunks=(Hunk(old=2, removed=1, new=2, added=1),))
    assert explain(before, after, [change]).lost == 1
    touched = explain(before, after, [change], {"a.py": {1}})
    assert (touched.lost, touched.files[0].uncovered) == (0, tuple(missing(1)))


def test_branches_are_lost_one_by_one() -> None:
    before, after = measurement(result("a.py", Line(1, True, 2, 2))), measurement(result("a.py", Line(1, True, 1, 2)))
    explanation = explain(before, after, [])
    assert (explanation.lost, explanation.files[0].lost_lines) == (1, (Line(1, True, 1, 2),))


def test_branches_that_differ_in_number_are_other_branches() -> None:
    before, after = measurement(result("a.py", Line(1, True, 2, 2))), measurement(result("a.py", Line(1, True, 1, 3)))
    explanation = explain(before, after, [])
    assert (explanation.lost, explanation.no_longer_counted.branches, explanation.counted_anew.branches) == (0, 2, 3)
    assert adds_up(explanation)


def test_a_renamed_file_keeps_its_lines() -> None:
    before, after = measurement(result("a.py", *executed(1, 2))), measurement(result("b.py", *executed(1), *missing(2)))
    explanation = explain(before, after, [FileChange(old_path="a.py", path="b.py")])
    assert (explanation.lost, explanation.removed, explanation.added) == (1, Numbers(), Numbers())


def test_a_copy_is_new() -> None:
    source = result("a.py", *executed(1, 2))
    after = measurement(source, result("b.py", *missing(1, 2)))
    explanation = explain(measurement(source), after, [FileChange(old_path="", path="b.py")])
    assert (explanation.added.statements, explanation.lost, [each.name for each in explanation.files]) == (
        2,
        0,
        ["b.py"],
    )


def test_a_file_is_new_if_its_source_is_still_there() -> None:
    change = FileChange(old_path="a.py", path="b.py")
    source, copy = result("a.py", *executed(1)), result("b.py", *executed(1))
    explanation = explain(measurement(source), measurement(source, copy), [change])
    assert (explanation.added.executed, explanation.no_longer_counted) == (1, Numbers())
    explanation = explain(measurement(source), measurement(copy), [change])
    assert (explanation.added.executed, explanation.no_longer_counted.executed) == (0, 0)


def test_why_lines_are_no_longer_counted() -> None:
    before = measurement(result("a.py", *executed(1, 2, 3, 4)), result("b.py", *executed(1)))
    after = measurement(result("a.py", *executed(1), excluded=(2, 4)))
    explanation = explain(before, after, [])
    assert {each.name: dict(each.no_longer_counted_lines) for each in explanation.files} == {
        "a.py": {UncountedReason.EXCLUDED: (2, 4), UncountedReason.NOT_EXECUTABLE: (3,)},
        "b.py": {UncountedReason.OMITTED: (1,)},
    }
    assert explanation.no_longer_counted.executed == 4


def test_a_deleted_file_is_removed() -> None:
    before = measurement(result("a.py", *executed(1)), result("b.py", *executed(1), *missing(2)))
    explanation = explain(before, measurement(result("a.py", *executed(1))), [FileChange(old_path="b.py", path="")])
    assert (explanation.removed.executed, explanation.removed.executable, explanation.no_longer_counted) == (
        1,
        2,
        Numbers(),
    )


def test_an_old_line_that_is_now_counted_is_counted_anew() -> None:
    before, after = measurement(result("a.py", *executed(1))), measurement(result("a.py", *executed(1), *missing(2)))
    explanation = explain(before, after, [])
    assert (explanation.counted_anew.statements, explanation.added) == (1, Numbers())


def test_counts_that_the_lines_do_not_explain_are_reported() -> None:
    odd = FileResult(path="a.py", numbers=Numbers(statements=3, executed_statements=2), lines=encode(executed(1)))
    explanation = explain(measurement(), Measurement(tree="f" * 40, numbers=odd.numbers, files=(odd,)), [])
    assert explanation.unexplained == (1, 2)


def test_an_unchanged_file_is_not_listed() -> None:
    same = result("a.py", *executed(1), *missing(2))
    assert explain(measurement(same), measurement(same), []).files == ()


def test_a_change_of_nothing_executable_is_not_reported() -> None:
    before, after = measurement(result("a.py", *executed(1, 2))), measurement(result("a.py", *executed(1, 4)))
    change = FileChange(old_path="a.py", path="a.py", hunks=(Hunk(old=1, removed=0, new=2, added=2),))
    assert explain(before, after, [change]).files == ()


def test_files_with_as_many_missing_lines_are_ordered_by_what_they_lost_and_by_name() -> None:
    before = measurement(
        result("a.py", *missing(1)),
        result("c.py", *executed(1)),
        result("b.py", *executed(1)),
        result("d.py", *executed(1, 2), *missing(3)),
        result("e.py", *executed(1, 2)),
    )
    after = measurement(
        result("a.py", *executed(1)),
        result("c.py", *missing(1)),
        result("b.py", *missing(1)),
        result("d.py", *missing(1, 2), *executed(3)),
        result("e.py", *missing(1, 2)),
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
    before = measurement(result("a.py", *executed(1)))
    change = FileChange(old_path="a.py", path="b.py")
    (file,) = explain(before, measurement(), [change], {"b.py": {1}}).files
    assert (file.path, file.old_path, file.removed) == ("b.py", "a.py", Numbers())
    assert file.no_longer_counted_lines == ((UncountedReason.OMITTED, (1,)),)


def test_the_worst_comes_first() -> None:
    before = measurement(result("a.py", *executed(1, 2)), result("b.py", *executed(1, 2, 3)))
    after = measurement(result("a.py", *executed(1), *missing(2)), result("b.py", *missing(1, 2, 3)))
    assert [each.name for each in explain(before, after, []).files] == ["b.py", "a.py"]


def test_the_removal_has_the_counts_of_the_explanation() -> None:
    before = measurement(result("a.py", *executed(1, 2), *missing(3)))
    after = measurement(result("a.py", *executed(1), *missing(2)))
    change = FileChange(old_path="a.py", path="a.py", hunks=(Hunk(old=2, removed=1, new=1, added=0),))
    removal = removal_in(explain(before, after, [change]))
    assert (removal.of, removal.removed.executed, removal.added.executable) == (3, 1, 0)
    assert Fraction(removal.removed.executed, removal.removed.executable) == 1
