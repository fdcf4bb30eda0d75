"""The notes on the lines of measured files: written and read back, joined in any order, refused if not valid."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covgate.model.detail import Details, join_details, parse_detail, render_detail
from covgate.model.lines import Line, encode, numbers_of
from covgate.model.measurement import FileResult, Measurement, Toolchain
from covgate.model.numbers import COUNTS, Numbers, total


def result(path: str, lines: str, counts: Numbers | None = None) -> FileResult:
    return FileResult(path=path, numbers=counts or numbers_of(lines), lines=lines)


def measurement(*files: FileResult, tree: str = "a" * 40) -> Measurement:
    return Measurement(
        tree=tree,
        numbers=total(each.numbers for each in files),
        files=files,
        toolchain=Toolchain(python="CPython 3.12.1", coverage="7.6", platform="Linux"),
    )


line_texts = st.dictionaries(st.integers(1, 30), st.booleans(), max_size=6).map(
    lambda lines: encode(Line(number, executed) for number, executed in lines.items())
)
paths = st.sampled_from(["a.py", "pkg/b.py", 'odd "name"\n.py', "ü.py"])
measurements = st.builds(
    lambda files, tree: measurement(*(result(path, files[path]) for path in sorted(files)), tree=tree),
    st.dictionaries(paths, line_texts, max_size=3),
    st.sampled_from(["a" * 40, "b" * 64]),
)
notes = st.dictionaries(st.sampled_from(["default", "api", "web"]), measurements, max_size=2)


@given(notes)
def test_a_note_is_read_back_as_it_was_written(details: Details) -> None:
    data = render_detail(details)
    assert data.isascii()
    assert parse_detail(data) == details


def test_the_bytes_have_one_line_for_each_file_and_depend_on_no_order() -> None:
    one, other = result("a.py", ".2+"), result("b.py", ".+-")
    data = render_detail({"web": measurement(one, other), "api": measurement(one)})
    assert data == render_detail({"api": measurement(one), "web": measurement(other, one)})
    assert [line for line in data.decode().splitlines() if line.startswith('["')] == [
        '["a.py",".2+"]',
        '["a.py",".2+"],',
        '["b.py",".+-"]',
    ]


def test_counts_that_differ_from_the_lines_are_kept() -> None:
    counts = Numbers(statements=5, executed_statements=3, branches=2, executed_branches=1, excluded=1)
    details = {"default": measurement(result("a.py", ".2+", counts))}
    data = render_detail(details)
    assert b'["a.py",".2+",[5,3,2,1,1]]' in data
    assert parse_detail(data) == details


@given(notes, notes, notes)
def test_notes_join_to_the_same_bytes_in_any_order(one: Details, other: Details, third: Details) -> None:
    def joined(*each: Details) -> bytes:
        return render_detail(join_details(each))

    assert joined(one, other) == joined(other, one)
    assert joined(one, join_details([other, third])) == joined(join_details([one, other]), third)
    assert joined(one, one) == render_detail(one)


def test_the_better_measurement_of_a_component_is_kept() -> None:
    low, high = measurement(result("a.py", ".+-")), measurement(result("a.py", ".2+"))
    larger, empty = measurement(result("a.py", ".12+")), measurement()
    assert join_details([{"default": low}, {"default": high}]) == {"default": high}
    assert join_details([{"default": larger}, {"default": high}]) == {"default": larger}
    assert join_details([{"default": empty}, {"default": low}]) == {"default": low}
    assert join_details([{"api": low}, {"web": high}]) == {"api": low, "web": high}


GOOD = {
    "component": "default",
    "tree": "a" * 40,
    "toolchain": ["CPython", "7.6", "Linux"],
    "files": [["a.py", ".2+", [2, 2, 0, 0, 0]]],
}


def note(**changes: object) -> bytes:
    return json.dumps({"format": 1, "components": [{**GOOD, **changes}]}).encode()


def test_the_most_lines_that_a_note_may_have() -> None:
    files = [[f"{number}.py", "1000000-"] for number in range(10)]
    assert parse_detail(note(files=files))["default"].numbers == Numbers(statements=10_000_000)


def test_the_note_that_the_next_cases_change_is_valid() -> None:
    assert parse_detail(note())["default"].numbers == Numbers(statements=2, executed_statements=2)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "Expecting value"),
        (b"\xff", "decode"),
        (b"[]", r"does not describe a measurement \(TypeError\)"),
        (b"{}", r"does not describe a measurement \(KeyError\)"),
        (b'{"format": 77, "components": []}', "it is of format 77; this covgate reads format 1"),
        (b'{"format": 1}', r"\(KeyError\)"),
        (b'{"format": 1, "components": [' + b"[" * 100_000, "does not describe a measurement"),
        (note(component=1), r"\(TypeError\)"),
        (note(tree=None), r"\(TypeError\)"),
        (note(toolchain=["CPython"]), "unpack"),
        (note(toolchain=["CPython", 7.6, "Linux"]), r"\(TypeError\)"),
        (note(files=[["a.py"]]), r"\(TypeError\)"),
        (note(files=[[1, ".+"]]), r"\(TypeError\)"),
        (note(files=[["a.py", "?"]]), "can't be read at '\\?'"),
        (note(files=[["a.py", ".+", [1] * (len(COUNTS) - 1)]]), "shorter"),
        (note(files=[["a.py", ".+", [1, 2, 0, 0, 0]]]), "more executed"),
        (note(files=[["a.py", ".+"], ["a.py", ".-"]]), "a file twice"),
        (note(files=[[f"{number}.py", "1000000-"] for number in range(11)]), "more than 10000000 lines"),
        (note(files=[[f"{number}.py", "1000000x", [0, 0, 0, 0, 0]] for number in range(11)]), "more than 10000000"),
    ],
)  # fmt: skip
def test_a_note_that_is_not_valid_is_refused(data: bytes, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        parse_detail(data)
