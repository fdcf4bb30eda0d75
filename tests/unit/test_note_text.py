"""The bytes of a note: written and read back, joined in any order, and refused if not valid."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from covgate.model.baseline import Baseline
from covgate.model.note_fields import _load_canonical, load_fields, render_fields
from covgate.model.note_text import MAX_NOTE_BYTES, parse_note, read_status, render_note
from covgate.model.numbers import Numbers
from covgate.model.policy import Policy
from covgate.model.record import Excuse, Judgement, Note, Record, join_notes, merge_record, record_of
from covgate.model.verdict import Status, judge

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=30) | st.sampled_from(
    [
        "",
        " ",
        "---",
        "null",
        "~",
        "a: b",
        "# x",
        "'",
        '"',
        "\\",
        "ünï",
        "🎉",
        "a\nb",
        "\x7f",
        "\u2028",
        "=",
        "- x",
        "1e3",
    ]
)


@st.composite
def numbers(draw: st.DrawFn, most: int = 4) -> Numbers:
    statements, branches = draw(st.integers(0, most)), draw(st.integers(0, most))
    return Numbers(
        statements=statements,
        executed_statements=draw(st.integers(0, statements)),
        branches=branches,
        executed_branches=draw(st.integers(0, branches)),
        excluded=draw(st.integers(0, most)),
    )


@st.composite
def baselines(draw: st.DrawFn) -> Baseline:
    executable = draw(st.integers(1, 5))
    return Baseline(
        epoch=draw(st.integers(0, 2)),
        executed=draw(st.integers(0, executable)),
        executable=executable,
        override=draw(texts),
    )


judgements = st.builds(
    Judgement,
    status=st.sampled_from([Status.PASS, Status.FAIL]),
    numbers=numbers() | numbers(most=10**14),
    tree=st.sampled_from(["a" * 40, "b" * 64]),
    toolchain=texts,
    floor=st.sampled_from(["", "80.00", "100"]),
    policy=st.sampled_from(["", "both"]),
    epsilon=st.sampled_from(["", "0.50"]),
    delta=st.sampled_from(["", "-5.00", "0.00"]),
    reason=texts,
)


def records(component: str) -> st.SearchStrategy[Record]:
    return st.builds(
        Record,
        component=st.just(component),
        baseline=st.none() | baselines(),
        judgement=st.none() | judgements,
        excuse=st.none() | st.builds(Excuse, tree=st.sampled_from(["a" * 40, "b" * 64]), reason=texts.filter(bool)),
    ).filter(lambda record: not record.is_empty)


notes = st.lists(st.sampled_from(["default", "api", "Web.1"]), unique=True).flatmap(
    lambda names: st.tuples(*map(records, sorted(names))).map(lambda found: Note(records=found))
)


@given(notes.filter(lambda note: bool(note.records)))
def test_a_note_is_read_back_as_it_was_written(note: Note) -> None:
    text = render_note(note.records)
    assert text.isascii()
    assert parse_note(text.encode()) == note
    assert parse_note(text.replace("\n", "\r\n").encode()) == note
    assert render_note(reversed(note.records)) == text
    assert text.endswith(".\n")


@given(notes)
def test_yaml_reads_the_same_texts(note: Note) -> None:
    for record in note.records:
        chunk = render_note([record]).split("---\n")[1]
        fields = yaml.load(chunk, yaml.BaseLoader)
        assert _load_canonical(chunk) in (fields, None)
        if chunk.isascii() and "\\U" not in chunk:
            assert _load_canonical(chunk) == fields


@given(st.text(st.sampled_from("ab:# \"'\\-[]{}&*!|>%@`\n\r\t\x0b\x85\u2028é0_"), max_size=25))
def test_what_the_quick_reader_accepts_yaml_reads_the_same(chunk: str) -> None:
    quick = _load_canonical(chunk)
    if quick is not None:
        assert quick == yaml.load(chunk, yaml.BaseLoader)


@given(one=notes, other=notes, third=notes)
def test_notes_join_to_the_same_bytes_in_any_order(one: Note, other: Note, third: Note) -> None:
    def text(*joined: Note) -> str:
        return render_note(join_notes(*joined).records)

    assert text(one, other) == text(other, one)
    assert text(one, join_notes(other, third)) == text(join_notes(one, other), third) == text(one, other, third)
    assert text(one, one) == text(one) == render_note(one.records)


@given(notes, notes)
def test_concatenated_notes_are_read_as_their_join(one: Note, other: Note) -> None:
    # `git notes merge -s cat_sort_uniq` and `git notes append` glue them, with a line between or none.
    for between in ("", "\n"):
        glued = render_note(one.records) + between + render_note(other.records)
        if one.records or other.records:
            assert parse_note(glued.encode()) == join_notes(one, other)


@given(notes, records("default"))
def test_merging_a_record_again_changes_nothing(note: Note, record: Record) -> None:
    once = merge_record(note, record)
    assert render_note(merge_record(once, record).records) == render_note(once.records)


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("", ""),
        ("75.00% holds the floor of 50.00% (epsilon 0.50)", " 75.00% holds the floor of 50.00% (epsilon 0.50)"),
        ("-5.00", " -5.00"),
        ("- x", ' "- x"'),
        ("x: y", ' "x: y"'),
        (" x", ' " x"'),
        ("x ", ' "x "'),
        ("x\n", ' "x\\n"'),
        ('"', ' "\\""'),
        ("é", ' "\\u00e9"'),
        ("\x7f", ' "\\u007f"'),
        ("\uffff", ' "\\uffff"'),
        ("\U0001f389", ' "\\U0001f389"'),
        ("\ud7ff\ud800\udfff\ue000", ' "\\ud7ff\\ufffd\\ufffd\\ue000"'),
    ],
)
def test_how_a_field_is_written(value: str, written: str) -> None:
    assert render_fields([("key", value)]) == f"key:{written}\n"
    if "\ud800" not in value:
        assert load_fields(f"key:{written}\n") == {"key": value}
    if value <= "\uffff" and "\ud800" not in value:
        assert _load_canonical(f"key:{written}\n") == {"key": value}


@pytest.mark.parametrize(
    "chunk",
    ["", "key\n", "key:x\n", "key:  x\n", "key: x \n", "Key: x\n", "key : x\n", "key: x\nkey: y\n", "key: x: y\n",
     "key: é\n", 'key: "é"\n', "key: 'x'\n", 'key: "x\n', 'key: "x" y\n', "key: [x]\n", f"{'k' * 42}: x\n"],
)  # fmt: skip
def test_what_the_quick_reader_leaves_to_yaml(chunk: str) -> None:
    assert _load_canonical(chunk) is None


@pytest.mark.parametrize(
    ("chunk", "why"),
    [
        ("key: [x]\n", "a record with nested values"),
        ("key: {x: y}\n", "a record with nested values"),
        ("? [x]\n: y\n", "a record with nested values"),
        ("key: " + "[" * 5000, "a record with nested values"),
        ("key: &x y\n", "a record with YAML anchors or aliases"),
        ("key: *x\n", "a record with YAML anchors or aliases"),
        ("key: x\nother: x: y\n", "a record that is not YAML at its line 2"),
        ("- x\n", "a record that is not a mapping"),
        ("x\n", "a record that is not a mapping"),
        ("key: x\nkey: y\n", "a record with 'key' twice"),
        (f"{'k' * 50}: x\n{'k' * 50}: y\n", f"a record with '{'k' * 40}' twice"),
    ],
)
def test_fields_that_are_not_a_flat_mapping(chunk: str, why: str) -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        load_fields(chunk)
    assert str(caught.value) == why


GOOD = f"""\
---
format: 1
component: default
coverage_status: PASS
measured_coverage: 75.00
baseline: 75.00
floor: 70.00
policy: both
epsilon: 0.50
delta: 0.00
reason: why
epoch: 3
baseline_ratio: 3/4
statements: 8
executed_statements: 6
branches: 4
executed_branches: 3
excluded: 2
tree: {"a" * 40}
toolchain: CPython 3.12
---
Covgate measured.
"""


def test_a_valid_note_is_read() -> None:
    note = parse_note(GOOD.encode())
    assert not note.problems
    assert parse_note(GOOD.replace("---\n", "--- \n").encode()) == note
    record = note.record()
    assert record is not None
    assert record.baseline == Baseline(epoch=3, executed=3, executable=4)
    assert record.judgement is not None
    assert record.judgement.numbers.percent == 75
    assert note.record("api") is None


def test_an_excuse_is_read_and_needs_its_tree() -> None:
    excused = GOOD.replace("statements: 8", f"excuse: a 'good' reason\nexcuse_tree: {'b' * 40}\nstatements: 8", 1)
    record, plain = parse_note(excused.encode()).record(), parse_note(GOOD.encode()).record()
    assert record is not None and plain is not None
    assert record == replace(plain, excuse=Excuse(tree="b" * 40, reason="a 'good' reason"))
    assert_refused(excused.replace(f"excuse_tree: {'b' * 40}\n", ""))
    assert_refused(excused.replace("b" * 40, "HEAD"))


def test_a_field_that_is_not_known_is_ignored() -> None:
    """So that older versions read what newer ones write."""
    assert parse_note(GOOD.replace("statements: 8", "later: more\nstatements: 8", 1).encode()) == parse_note(
        GOOD.encode()
    )


NUMBERS = "epoch baseline_ratio statements executed_statements branches executed_branches excluded".split()
BAD_NUMBERS = [".nan", ".inf", "-.inf", "nan", "-1", "1e9", "1.0", "1_0", "0x10", "+1", "'x'", "true", "٣", "9" * 16]
BAD_NUMBERS += ["[3/4]", "{a: b}", "*a", "&a 1", "!!int x y"]


@pytest.mark.parametrize("key", NUMBERS)
@pytest.mark.parametrize("bad", BAD_NUMBERS)
def test_an_invalid_number_is_refused(key: str, bad: str) -> None:
    assert_refused(with_field(key, bad))
    assert_refused(with_field(key, bad + "  # in YAML's own way"))


def with_field(key: str, value: str) -> str:
    lines = [f"{key}: {value}" if line.startswith(f"{key}:") else line for line in GOOD.split("\n")]
    assert "\n".join(lines) != GOOD
    return "\n".join(lines)


def assert_refused(text: str) -> None:
    note = parse_note(text.encode())
    assert note.records == ()
    assert len(note.problems) == 1
    assert read_status(text) is not Status.PASS
    assert note.problems[0].isprintable()


@pytest.mark.parametrize(
    "key, bad",
    [
        ("format", "2"), ("format", "0"), ("format", ""), ("format", "1.0"), ("format", ".nan"),
        ("component", ""), ("component", "../x"), ("component", "a b"), ("component", "x" * 65),
        ("coverage_status", "pass"), ("coverage_status", "N/A"), ("coverage_status", "PASSED"),
        ("measured_coverage", "100.01"), ("measured_coverage", "-1"), ("measured_coverage", ".inf"),
        ("baseline", "1e9"),
        ("floor", "101"), ("floor", "nan"), ("delta", "-101"), ("delta", "much"),
        ("epoch", ""), ("statements", ""), ("excluded", ""), ("tree", ""), ("tree", "a" * 39), ("tree", "A" * 40),
        ("baseline_ratio", "5/4"), ("baseline_ratio", "0/0"), ("baseline_ratio", "3"), ("baseline_ratio", "3/4/5"),
        ("executed_statements", "9"), ("executed_branches", "5"),
        ("reason", "&a x"), ("reason", "*a"), ("reason", "[a]"), ("reason", "x\nreason: y"), ("reason", '"unended'),
        ("reason", '"\\UFFFFFFFF"'), ("reason", "[" * 30000), ("reason", "{a: " * 9000), ("reason", "\x00"),
        ("reason", 'x\n"\\e[31m": 1\n"\\e[31m": 2'), ("reason", "x\n? [a]\n: b"),
    ],
)  # fmt: skip
def test_an_invalid_field_is_refused(key: str, bad: str) -> None:
    assert_refused(with_field(key, bad))


@pytest.mark.parametrize("key", ["format", "component", "epoch", "statements", "tree"])
def test_a_missing_field_is_reported_by_name(key: str) -> None:
    text = "\n".join(line for line in GOOD.split("\n") if not line.startswith(f"{key}:"))
    assert_refused(text)
    assert key in parse_note(text.encode()).problems[0]


def test_a_record_needs_a_baseline_or_a_status() -> None:
    held = "---\nformat: 1\ncomponent: default\nbaseline_ratio: 1/2\nepoch: 0\n---\n"
    assert parse_note(held.encode()).records == (Record(baseline=Baseline(executed=1, executable=2)),)
    assert_refused("---\nformat: 1\ncomponent: default\n---\n")


def test_the_bytes_of_a_note() -> None:
    judgement = parse_note(GOOD.encode()).records[0].judgement
    by_hand = Baseline(epoch=1, executed=1, executable=2, override="why")
    bare = Judgement(status=Status.FAIL, numbers=Numbers(excluded=2), tree="a" * 40)
    text = render_note(
        [
            Record(component="web", baseline=by_hand),
            Record(component="api", judgement=judgement),
            Record(component="default", baseline=Baseline(executed=1, executable=4), judgement=bare),
        ]
    )
    assert (
        text
        == f"""\
---
format: 1
component: api
coverage_status: PASS
measured_coverage: 75.00
baseline:
floor: 70.00
policy: both
epsilon: 0.50
delta: 0.00
reason: why
epoch:
baseline_ratio:
statements: 8
executed_statements: 6
branches: 4
executed_branches: 3
excluded: 2
tree: {"a" * 40}
toolchain: CPython 3.12
---
format: 1
component: default
coverage_status: FAIL
measured_coverage:
baseline: 25.00
floor:
policy:
epsilon:
delta:
reason:
epoch: 0
baseline_ratio: 1/4
statements: 0
executed_statements: 0
branches: 0
executed_branches: 0
excluded: 2
tree: {"a" * 40}
toolchain:
---
format: 1
component: web
coverage_status:
measured_coverage:
baseline: 50.00
floor:
policy:
epsilon:
delta:
reason:
epoch: 1
baseline_ratio: 1/2
override: why
---
Covgate measured 75.00%, 9 of 12 statements and branches (api).
Covgate measured nothing, 0 of 0 statements and branches, the baseline stands at 25.00%.
The baseline stands at 50.00%, set by hand (web).
"""
    )


@pytest.mark.parametrize(
    ("formats", "other_format"), [(["1"], False), (["9"], True), (["x"], False), (["9", "x"], True), (["x", "9"], True)]
)
def test_a_record_of_another_version_is_told_from_a_damaged_one(formats: list[str], other_format: bool) -> None:
    text = "".join(GOOD.replace("format: 1", f"format: {each}") for each in formats)
    assert parse_note(text.encode()).other_format is other_format


def test_the_records_of_concatenated_notes_are_sorted() -> None:
    names = ["web", "api", "docs"]
    text = "".join(GOOD.replace("component: default", f"component: {each}") for each in names)
    assert [each.component for each in parse_note(text.encode()).records] == sorted(names)


def test_the_largest_count() -> None:
    most = with_field("excluded", "9" * 15)
    assert parse_note(most.encode()).records[0].judgement.numbers.excluded == int("9" * 15)  # type: ignore[union-attr]


def test_an_invalid_record_does_not_hide_a_valid_one() -> None:
    note = parse_note((GOOD.replace("format: 1", "format: 2").replace("default", "api") + GOOD).encode())
    assert [record.component for record in note.records] == ["default"]
    assert note.problems == ("a record of format 2; this covgate reads format 1",)


@pytest.mark.parametrize(
    "data", [b"", b"\n", b"hello\n", b"---\n---\nCovgate measured.\n", b"just some prose\nof two\n"]
)
def test_prose_alone_is_a_problem(data: bytes) -> None:
    assert parse_note(data) == Note(problems=("the note has no covgate record",))


def test_a_note_that_is_too_big_or_not_utf8_is_a_problem() -> None:
    good = GOOD.encode()
    padded = good + b"x" * (MAX_NOTE_BYTES - len(good))
    assert parse_note(padded).records
    assert not parse_note(padded + b"x").records
    assert f"more than {MAX_NOTE_BYTES}" in parse_note(padded + b"x").problems[0]
    assert "not UTF-8" in parse_note(good + b"\xff").problems[0]
    assert not parse_note(good + b"\xff").records


@given(st.binary(max_size=300) | st.text(max_size=200).map(str.encode) | st.just(GOOD.encode()), st.data())
def test_any_bytes_give_a_note(data: bytes, draw: st.DataObject) -> None:
    for _ in range(draw.draw(st.integers(0, 4))):
        at = draw.draw(st.integers(0, len(data)))
        junk = draw.draw(
            st.binary(max_size=4) | st.sampled_from([b"---\n", b": ", b"- ", b"&a ", b"*a", b'"', b"{", b"["])
        )
        data = data[:at] + junk + data[at + draw.draw(st.integers(0, 5)) :]
    note = parse_note(data)
    assert note.records or note.problems
    assert all(problem.isprintable() for problem in note.problems)
    for record in note.records:
        assert parse_note(render_note([record]).encode()).records == (record,)
        if record.judgement is not None:
            assert record.judgement.numbers.executed <= record.judgement.numbers.executable


def test_an_override_whose_reason_is_not_utf8_can_be_read() -> None:
    record = Record(baseline=Baseline(epoch=1, executed=1, executable=2, override="a\udcffb"))
    (read,) = parse_note(render_note([record]).encode()).records
    assert read.baseline is not None
    assert read.baseline.override == "a\ufffdb"


@pytest.mark.parametrize("status", [Status.PASS, Status.FAIL])
def test_the_status_is_read_from_a_complete_front_matter(status: Status) -> None:
    text = GOOD.replace("PASS", status.value) + "\n# Report\n\ncoverage_status: PASS\n"
    assert read_status(text) is status
    assert read_status(text.replace("\n", "\r\n")) is status


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# Report\n" + GOOD,
        "\n" + GOOD,
        GOOD.removeprefix("---\n"),
        GOOD.replace("\n---\n", "\n"),  # never closed
        "---\ncoverage_status: PASS\n---\n",
        "---\n---\ncoverage_status: PASS\n",
        GOOD.replace("coverage_status: PASS", "coverage_status:"),
        GOOD.replace("coverage_status: PASS", "coverage_status: FAIL\ncoverage_status: PASS"),
    ],
)
def test_a_missing_or_broken_front_matter_is_never_a_pass(text: str) -> None:
    assert read_status(text) is None


@given(st.integers(0, len(GOOD)))
def test_a_truncated_report_passes_only_with_its_complete_front_matter(at: int) -> None:
    closed = GOOD.rindex("---") + len("---")
    assert (read_status(GOOD[:at]) is Status.PASS) is (at >= closed)


def test_the_record_of_a_verdict_has_its_numbers_and_rules() -> None:
    counted = Numbers(statements=4, executed_statements=3)
    policy = Policy(floor=Fraction(80), epsilon=Fraction(1, 2))
    verdict = judge(counted, None, policy)
    text = render_note([record_of(verdict, counted, "a" * 40, "CPython 3.12", None)])
    for line in ("coverage_status: FAIL", "measured_coverage: 75.00", "floor: 80.00", "epsilon: 0.50", "delta: -5.00"):
        assert f"\n{line}\n" in text
    assert text.endswith("---\nCovgate measured 75.00%, 3 of 4 statements and branches.\n")


@pytest.mark.parametrize(
    "line", ["format:11", "component:xdefault", "epoch:13", "baseline_ratio:13/4", "statements:18"]
)
def test_a_colon_without_a_space_is_not_a_field(line: str) -> None:
    key = line.partition(":")[0]
    assert _load_canonical(line + "\n") is None
    text = "\n".join(line if each.startswith(f"{key}:") else each for each in GOOD.split("\n"))
    assert_refused(text)
