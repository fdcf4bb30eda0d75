"""How a diff is parsed, by its counts alone; and how much of what a push changes is covered."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covgate.git.diff_text import parse_diff
from covgate.model.changes import FileChange, Hunk, LineSet
from covgate.model.lines import Line, encode, statements
from covgate.model.measurement import FileResult
from covgate.model.numbers import Numbers
from covgate.model.patch import Patch, patch_coverage

# What a line may look like without being it.
LOOKS = [b"-- a/x.py", b"++ b/x.py", b"@@ -1 +1 @@", b"diff --git a/x.py b/x.py", b"\\ No newline at end of file", b""]
contents = st.sampled_from([*LOOKS, b"a", b"b\r", b"\xff"])
# (unchanged lines, removed lines, added lines), one after the other
edits = st.lists(
    st.tuples(st.lists(contents, max_size=4), st.lists(contents, max_size=3), st.lists(contents, max_size=3)),
    max_size=6,
)
Edits = list[tuple[list[bytes], list[bytes], list[bytes]]]


def hunks_of(script: Edits) -> tuple[Hunk, ...]:
    """The hunks as a diff without context tells them, neighbours joined."""
    old = new = 1
    found: list[tuple[range, range]] = []
    for kept, removed, added in script:
        old, new = old + len(kept), new + len(kept)
        before, after = range(old, old + len(removed)), range(new, new + len(added))
        old, new = before.stop, after.stop
        if found and found[-1][0].stop == before.start and found[-1][1].stop == after.start:
            before, after = range(found[-1][0].start, old), range(found[-1][1].start, new)
            found.pop()
        if before or after:
            found.append((before, after))
    return tuple(
        Hunk(old=before.start - (not before), removed=len(before), new=after.start - (not after), added=len(after))
        for before, after in found
    )


def body(script: Edits) -> list[bytes]:
    return [
        line
        for kept, removed, added in script
        for line in [*(b" " + x for x in kept), *(b"-" + x for x in removed), *(b"+" + x for x in added)]
    ]


def diff(script: Edits, *, name: bytes = b"mod.py") -> bytes:
    """All of it as one hunk, as with unlimited context."""
    lines = body(script)
    old, new = sum(x[:1] != b"+" for x in lines), sum(x[:1] != b"-" for x in lines)
    head = [b"diff --git a/%s b/%s" % (name, name), b"index 1..2 100644"]
    header = b"@@ -%d,%d +%d,%d @@ def f():" % (min(old, 1), old, min(new, 1), new)
    whole = [b"--- a/" + name, b"+++ b/" + name, header, *lines] if lines else []
    return b"".join(line + b"\n" for line in [*head, *whole])


@given(edits)
def test_a_diff_is_read_by_its_counts(script: Edits) -> None:
    (change,) = parse_diff(diff(script))
    assert (change.old_path, change.path, change.hunks) == ("mod.py", "mod.py", hunks_of(script))


@given(edits, edits)
def test_several_files_follow_one_another(one: Edits, other: Edits) -> None:
    first, second = parse_diff(diff(one) + diff(other, name=b"other.py"))
    assert (first.hunks, second.hunks, second.path) == (hunks_of(one), hunks_of(other), "other.py")


@given(edits, st.data())
def test_a_truncated_diff_is_refused(script: Edits, data: st.DataObject) -> None:
    whole = diff(script)
    end = data.draw(st.integers(1, len(whole) - 1))
    if whole[:end].count(b"\n") == 2 and whole[:end].endswith(b"\n"):
        return  # nothing announces that more than the index line follows
    try:
        assert parse_diff(whole[:end]) == ()
    except ValueError:
        return
    raise AssertionError(whole[:end])


@given(edits)
def test_lines_are_mapped_both_ways(script: Edits) -> None:
    change = FileChange(old_path="a.py", path="b.py", hunks=hunks_of(script))
    lines = body(script)
    old = [None, *(x for x in lines if x[:1] != b"+"), b" after"]
    new = [None, *(x for x in lines if x[:1] != b"-"), b" after"]
    assert list(change.removed) == [n for n, x in enumerate(old) if x and x[:1] == b"-"]
    assert list(change.added) == [n for n, x in enumerate(new) if x and x[:1] == b"+"]
    for line in range(1, len(old)):
        now = change.now_at(line)
        assert (now is None) == (line in change.removed)
        if now is not None:
            assert new[now] == old[line]
            assert change.was_at(now) == line
    for line in range(1, len(new)):
        was = change.was_at(line)
        assert (was is None) == (line in change.added)
        assert was is None or change.now_at(was) == line


def test_a_new_file_has_no_lines_before_and_a_deleted_one_none_now() -> None:
    assert FileChange(old_path="", path="a.py").was_at(1) is None
    assert FileChange(old_path="a.py", path="").now_at(1) is None


line_sets = st.sets(st.integers(0, 40)).map(sorted)


def line_set(lines: list[int]) -> LineSet:
    return LineSet(tuple(range(each, each + 1) for each in lines))


@given(line_sets, line_sets)
def test_a_line_set_is_a_set(one: list[int], other: list[int]) -> None:
    found = line_set(one)
    assert (list(found), len(found)) == (one, len(one))
    assert [each for each in range(-1, 42) if each in found] == one
    assert list(found & line_set(other)) == sorted({*one} & {*other})
    assert "1" not in found


def test_the_intersection_of_ranges() -> None:
    one = LineSet((range(1, 10), range(20, 30)))
    other = LineSet((range(5, 22), range(25, 26), range(29, 40)))
    assert (one & other).spans == (range(5, 10), range(20, 22), range(25, 26), range(29, 30))
    assert LineSet((range(1, 3),)) & LineSet((range(4, 6),)) == LineSet()


def test_a_hunk_that_only_adds_or_only_removes() -> None:
    adds = FileChange(old_path="a.py", path="a.py", hunks=(Hunk(old=2, removed=0, new=3, added=2),))
    assert (adds.removed, adds.added) == (LineSet(), LineSet((range(3, 5),)))
    removes = FileChange(old_path="a.py", path="a.py", hunks=(Hunk(old=3, removed=2, new=2, added=0),))
    assert (removes.removed, removes.added) == (LineSet((range(3, 5),)), LineSet())


@pytest.mark.parametrize(("path", "named"), [("b.py", "b.py"), ("", "a.py")])
def test_there_is_no_line_0(path: str, named: str) -> None:
    with pytest.raises(ValueError, match=f"the hunks of {named} don't follow one another"):
        FileChange(old_path="a.py", path=path, hunks=(Hunk(old=0, removed=1, new=0, added=1),))


HEADERS = [
    # mode, rename, new, empty, deleted, names in quotes, with spaces
    (b"diff --git a/m.py b/m.py\nold mode 100644\nnew mode 100755\n", ("m.py", "m.py")),
    (b"diff --git a/a b.py b/a b.py\nold mode 100644\nnew mode 100755\n", ("a b.py", "a b.py")),
    (
        b"diff --git a/x b/x b/x b/x\nold mode 100644\nnew mode 100755\n",
        ("x b/x", "x b/x"),
    ),
    (
        b"diff --git a/a b.py b/c d.py\nsimilarity index 100%\nrename from a b.py\nrename to c d.py\n",
        ("a b.py", "c d.py"),
    ),
    (
        b'diff --git "a/\\303\\274.py" b/c.py\nsimilarity index 90%\nrename from "\\303\\274.py"\nrename to c.py\n'
        b'index 1..2 100644\n--- "a/\\303\\274.py"\n+++ b/c.py\n@@ -3 +3 @@\n-x\n+y\n',
        ("ü.py", "c.py"),
    ),
    (b"diff --git a/e.py b/e.py\nnew file mode 100644\nindex 0000000..e69de29\n", ("", "e.py")),
    (b"diff --git a/e.py b/e.py\ndeleted file mode 100644\nindex e69de29..0000000\n", ("e.py", "")),
    (
        b"diff --git a/n.py b/n.py\nnew file mode 100644\nindex 0..1\n--- /dev/null\n+++ b/n.py\n@@ -0,0 +1 @@\n+x\n",
        ("", "n.py"),
    ),
    (
        b"diff --git a/n.py b/n.py\ndeleted file mode 100644\n--- a/n.py\n+++ /dev/null\n@@ -1 +0,0 @@\n-x\n",
        ("n.py", ""),
    ),
    (
        b'diff --git "a/q\\"\\t\\\\\\n\\377.py" "b/q\\"\\t\\\\\\n\\377.py"\nindex 1..2 100644\n'
        b'--- "a/q\\"\\t\\\\\\n\\377.py"\n+++ "b/q\\"\\t\\\\\\n\\377.py"\n@@ -1 +1 @@\n-x\n+y\n',
        ('q"\t\\\n\udcff.py', 'q"\t\\\n\udcff.py'),
    ),
    (
        b"diff --git a/a b.py b/a b.py\nindex 1..2 100644\n--- a/a b.py\t\n+++ b/a b.py\t\n@@ -1 +1 @@\n-x\n+y\n",
        ("a b.py", "a b.py"),
    ),
]


@pytest.mark.parametrize(("data", "names"), HEADERS)
def test_names(data: bytes, names: tuple[str, str]) -> None:
    (change,) = parse_diff(data)
    assert (change.old_path, change.path) == names


@pytest.mark.parametrize(
    "data",
    [
        b"diff --git a/l b/l\nindex 1..2 120000\n--- a/l\n+++ b/l\n@@ -1 +1 @@\n-x\n\\ No newline at end of file\n+y\n",
        b"diff --git a/l b/l\nnew file mode 120000\nindex 0..2\n--- /dev/null\n+++ b/l\n@@ -0,0 +1 @@\n+y\n",
        b"diff --git a/s b/s\nindex 1..2 160000\n--- a/s\n+++ b/s\n@@ -1 +1 @@\n-Subproject commit 1\n"
        b"+Subproject commit 2\n",
    ],
)
def test_links_and_submodules_have_no_lines(data: bytes) -> None:
    assert parse_diff(data) == ()


MODIFIED = b"diff --git a/m.py b/m.py\nindex 1..2 100644\n--- a/m.py\n+++ b/m.py\n"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"hello\n", "can't be read at line 1: 'hello'"),
        (b"\n", "can't be read at line 1"),
        (b"commit 1\n" + MODIFIED, "can't be read at line 1"),
        (b"diff --cc m.py\n", "can't be read"),
        (MODIFIED + b"@@@ -1 -1 +1 @@@\n", "can't be read at line 5"),
        (MODIFIED + b"@@ -1 +1 @@\n-x\n+y\n+z\n", "can't be read at line 8"),
        (MODIFIED + b"@@ -1 +1,2 @@\n-x\n y\n+z\n", "not as long as it says"),
        (MODIFIED + b"@@ -1,2 +1,1 @@\n-x\n+y\n", "can't be read at line 8: 'its end'"),
        (MODIFIED + b"@@ -1 +1 @@\n-x\n+y", "cut short"),
        (MODIFIED + b"@@ -1 +1 @@\n\x1b[31m-x\x1b[m\n+y\n", "can't be read at line 6"),
        (MODIFIED + b"@@ -5 +5 @@\n-x\n+y\n@@ -1 +1 @@\n-x\n+y\n", "don't follow"),
        (MODIFIED + b"@@ -5 +9 @@\n-x\n+y\n", "don't follow"),
        (MODIFIED + b"@@ -1 +%s @@\n-x\n+y\n" % (b"9" * 30), "can't be read at line 5"),
        (b"diff --git a/m.py b/m.py\nindex 1..2 100644\nBinary files a/m.py and b/m.py differ\n", "Binary files"),
        (
            b"diff --git i/m.py w/m.py\nindex 1..2 100644\n--- i/m.py\n+++ w/m.py\n@@ -1 +1 @@\n-x\n+y\n",
            "names a file in a way",
        ),
        (b"diff --git m.py m.py\nold mode 100644\nnew mode 100755\n", "names a file in a way"),
        (b"diff --git a/m.py b/n.py\nold mode 100644\nnew mode 100755\n", "names a file in a way"),
        (b'diff --git "a/m.py "b/m.py\nold mode 100644\nnew mode 100755\n', "names a file in a way"),
        (b"diff --git a/m.py b/m.py\nindex 1..2 100644\n--- a/m.py\n", "can't be read at line 4"),
        (MODIFIED, "can't be read at line 5: 'its end'"),
        (b"diff --git a/m.py b/n.py\nsimilarity index 100%\nrename from m.py\n", "names a file in a way"),
        (b"diff --git a/m.py b/n.py\nsimilarity index 100%\ncopy from m.py\ncopy to n.py\n", "can't be read at line 3"),
    ],
)
def test_an_invalid_diff_is_refused(data: bytes, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        parse_diff(data)


def result(path: str, *lines: Line) -> FileResult:
    text = encode(lines)
    numbers = Numbers()
    for line in lines:
        numbers += line.numbers
    return FileResult(path=path, numbers=numbers, lines=text)


def test_what_is_added_counts_by_statements_and_their_branches() -> None:
    file = result("pkg/mod.py", Line(1, True), Line(2, True, 1, 2), Line(5, False), Line(6, False, 0, 2), Line(9, True))
    patch = patch_coverage([file], {"pkg/mod.py": [2, 3, 4, 6]}, {})
    assert patch.numbers == Numbers(statements=2, executed_statements=1, branches=4, executed_branches=1)
    (changed,) = patch.files
    assert changed.lines == (Line(2, True, 1, 2), Line(6, False, 0, 2))
    assert changed.missing == changed.lines
    assert changed.numbers == patch.numbers
    (changed,) = patch_coverage([file], {"pkg/mod.py": [1, 2, 5]}, {}).files
    assert changed.missing == (Line(2, True, 1, 2), Line(5, False))


def test_the_files_of_a_patch_are_sorted() -> None:
    names = [f"{letter}.py" for letter in "hcafbdge"]
    patch = patch_coverage([result(name, Line(1, True)) for name in names], {name: [1] for name in names}, {})
    assert [each.path for each in patch.files] == sorted(names)


def test_a_later_line_counts_for_its_statement_once() -> None:
    file = result("mod.py", Line(1, True), Line(2, False), Line(7, True))
    first = {"mod.py": {3: 2, 4: 2, 5: 2}}
    assert patch_coverage([file], {"mod.py": [4]}, {}).numbers == Numbers()
    patch = patch_coverage([file], {"mod.py": [3, 4, 5]}, first)
    assert (patch.numbers.statements, patch.files[0].lines) == (1, (Line(2, False),))
    # A tool that calls line 4 a statement of its own is believed.
    other = result("mod.py", Line(2, False), Line(4, True))
    assert patch_coverage([other], {"mod.py": [4]}, first).files[0].lines == (Line(4, True),)


def test_a_change_without_an_executable_line_is_an_empty_patch() -> None:
    file = result("mod.py", Line(1, True))
    patch = patch_coverage([file], {"mod.py": [2, 3]}, {})
    assert patch == Patch(numbers=Numbers(), files=(), unmeasured=())
    assert patch.numbers.percent is None


def test_a_changed_source_file_that_was_not_measured_is_reported() -> None:
    names = """pkg/new.py top.py pkg/__init__.py __init__.py tests/helper.py pkg/tests/test_a.py pkg/test_b.py
        pkg/b_test.py setup.py pkg/data.json README docs/conf.py pkg/conftest.py""".split()
    added: dict[str, list[int]] = {name: [1] for name in names}
    patch = patch_coverage([result("pkg/mod.py", Line(1, True))], {**added, "pkg/less.py": []}, {})
    assert patch.unmeasured == ("pkg/__init__.py", "pkg/new.py", "top.py")
    assert patch_coverage([], {"a.py": [1], "a.txt": [1]}, {}).unmeasured == ("a.py",)


measured = st.dictionaries(st.integers(1, 30), st.tuples(st.booleans(), st.integers(0, 2)), max_size=15).map(
    lambda known: result("mod.py", *(Line(n, did, took * did, 2 * did) for n, (did, took) in sorted(known.items())))
)


@given(measured, st.sets(st.integers(1, 30)), st.sets(st.integers(1, 30)))
def test_a_patch_of_everything_is_everything(file: FileResult, one: set[int], other: set[int]) -> None:
    def of(lines: set[int]) -> Numbers:
        return patch_coverage([file], {"mod.py": lines}, {}).numbers

    assert of(set(range(1, 31))) == file.numbers
    assert of(one) + of(other) == of(one | other) + of(one & other)


@given(measured, st.sets(st.integers(1, 30)), st.sets(st.integers(1, 30)))
def test_statements_of_several_lines(file: FileResult, added: set[int], starts: set[int]) -> None:
    """With first lines from anywhere: the statements found are those that begin a stretch with an added line."""
    begins = sorted({1, *starts, *(line.number for line in statements(file.lines))})
    stretches = [range(first, end) for first, end in pairwise([*begins, 31])]
    first = {"mod.py": {line: stretch[0] for stretch in stretches for line in stretch[1:]}}
    expected = {stretch[0] for stretch in stretches if not added.isdisjoint(stretch)}
    found = [line for each in patch_coverage([file], {"mod.py": added}, first).files for line in each.lines]
    assert found == [line for line in statements(file.lines) if line.number in expected]
