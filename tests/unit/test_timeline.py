"""Which commits count as ancestors in the log, if the clone doesn't show how they are related."""

from __future__ import annotations

import pytest

from covgate.notes.timeline import hidden_ancestors

# Recorded in this order; "x" has a note, but its history is not known.
PLACES = {commit: place for place, commit in enumerate("abcde")}


@pytest.mark.parametrize(
    ("line", "branches", "annotated", "shallow", "hidden"),
    [
        # A full clone hides nothing.
        ("de", "", "abcde", False, ""),
        # A shallow one hides what was recorded before all of the line.
        ("de", "", "abcde", True, "abc"),
        ("be", "", "abcde", True, "a"),
        ("a", "", "abcde", True, ""),
        # What a branch leads to is known, and not on the line.
        ("de", "b", "abcde", True, "ac"),
        # Only what has a note now.
        ("de", "", "bde", True, "b"),
        # A note whose history is unknown counts as the last.
        ("de", "", "adex", True, "a"),
        ("x", "", "abx", True, "ab"),
        # Nothing on the line: all is shown as one.
        ("", "", "abc", False, "abc"),
        ("", "c", "abc", True, "abc"),
    ],
)
def test_what_a_clone_may_hide(line: str, branches: str, annotated: str, shallow: bool, hidden: str) -> None:
    assert hidden_ancestors(line, line + branches, annotated, PLACES, shallow=shallow) == set(hidden)
