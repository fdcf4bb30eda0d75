"""Which changed statements were executed by no test so far: by the lines of the base, else by the code around them."""

from __future__ import annotations

import pytest

from covgate.model.changes import FileChange, Hunk
from covgate.model.lines import Line, encode
from covgate.model.measurement import FileResult
from covgate.model.never_covered import NeverCovered, never_covered, never_covered_notices
from covgate.model.numbers import Numbers

HUNK = tuple[int, int, int, int]


def lines(text: str) -> str:
    """A line for each sign, from line 1 on: ``+`` executed, ``-`` not executed, ``.`` no statement."""
    return encode(Line(number, sign == "+") for number, sign in enumerate(text, 1) if sign != ".")


# The lines at the base (None: unknown) and now, the hunks, the changed statements; which of these no test executed.
CASES: dict[str, tuple[str | None, str, list[HUNK], list[int], tuple[int, ...]]] = {
    "a line of uncovered code is edited": ("+--", "+--", [(2, 1, 2, 1)], [2], (2,)),
    "an uncovered line grows": ("+-+", "+---+", [(2, 1, 2, 3)], [2, 3, 4], (2, 3, 4)),
    "a line is inserted into uncovered code": ("+--", "+---", [(2, 0, 3, 1)], [3], (3,)),
    "a line is inserted below uncovered code": ("+-+", "+--+", [(2, 0, 3, 1)], [3], (3,)),
    "a definition and its uncovered body": ("+-+", "+-+", [(1, 2, 1, 2)], [1, 2], (2,)),
    "a later line of an uncovered statement": ("+-.+", "+-.+", [(3, 1, 3, 1)], [2], (2,)),
    "below other changes": ("++-", "+++-", [(1, 0, 2, 1), (3, 1, 4, 1)], [2, 4], (4,)),
    # Executed before, so that coverage falls.
    "a covered line is edited, and no longer executed": ("+++", "+-+", [(2, 1, 2, 1)], [2], ()),
    "a later line of a covered statement": ("++.+", "+-.+", [(3, 1, 3, 1)], [2], ()),
    "covered and uncovered lines are replaced": ("++-", "+--", [(2, 2, 2, 2)], [2, 3], ()),
    # Executed now.
    "a test was added": ("+-+", "+++", [(2, 1, 2, 1)], [2], ()),
    # New code, which the rules for new code are about.
    "a new function": ("+-", "+-+-", [(2, 0, 3, 2)], [3, 4], ()),
    "a new branch in covered code": ("+++", "++--+", [(2, 0, 3, 2)], [3, 4], ()),
    "nothing that can be executed": ("+-.", "+-.", [(3, 1, 3, 1)], [], ()),
    # Nobody knows the lines at the base.
    "unknown: uncovered code around it": (None, "+--", [(2, 1, 2, 1)], [2], (2,)),
    "unknown: all of the block is new": (None, "+--+", [(2, 1, 2, 2)], [2, 3], ()),
}


@pytest.mark.parametrize("name", list(CASES))
def test_what_no_test_executes(name: str) -> None:
    before, now, hunks, changed, expected = CASES[name]
    change = FileChange(
        old_path="a.py", path="a.py", hunks=tuple(Hunk(old=a, removed=b, new=c, added=d) for a, b, c, d in hunks)
    )
    result = FileResult(path="a.py", numbers=Numbers(), lines=lines(now))
    found = never_covered(result, change, changed, None if before is None else lines(before))
    assert found == NeverCovered(path="a.py", lines=expected)


def test_a_new_file_has_nothing_that_was_there() -> None:
    result = FileResult(path="a.py", numbers=Numbers(), lines=lines("--"))
    change = FileChange(old_path="", path="a.py", hunks=(Hunk(old=0, removed=0, new=1, added=2),))
    assert not never_covered(result, change, [1, 2], None).lines


def test_the_notice_names_the_places() -> None:
    found = [NeverCovered(path="a.py", lines=(3, 4, 9)), NeverCovered(path="b.py", lines=())]
    said = "changed, but executed by no test, neither before nor now: "
    assert never_covered_notices(found) == [f"{said}a.py:3, a.py:9"]
    many = [NeverCovered(path="c.py", lines=tuple(range(1, 20, 2)))]
    assert never_covered_notices(many)[0].endswith("c.py:1, c.py:3, c.py:5, c.py:7, c.py:9 and 5 more")
    assert never_covered_notices([]) == []
