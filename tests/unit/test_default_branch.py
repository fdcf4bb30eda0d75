"""The default branch of a remote: what a listing says, which branch is taken, and what the user is told."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covgate.config import Config, parse_config
from covgate.gate.target import default_branch_notices, ratchet_notices, why_no_ratchet_branch
from covgate.git.kept_answer import KeptAnswer
from covgate.git.listing import Listing, parse_listing
from covgate.git.remote import Remote
from covgate.model.default_branch import DefaultBranch, How, choose_default_branch

ONE, TWO = "1" * 40, "2" * 40
LIKELY = [("dev", How.FETCHED), ("main", How.USUAL), ("master", How.USUAL), ("", How.CHECKED_OUT)]


@pytest.mark.parametrize(
    ("named", "kept", "there", "expected", "how"),
    [
        # The remote's own word, whatever else is known: it was renamed there.
        (["trunk"], "", [], "trunk", How.NAMED),
        (["main"], "master", ["main", "master"], "main", How.NAMED),
        # It answered and named none, or two: what it said last, if that is still there.
        ([], "trunk", ["main", "trunk"], "trunk", How.KEPT),
        (["a", "b"], "trunk", ["a", "b", "trunk"], "trunk", How.KEPT),
        ([], "gone", ["main", "trunk"], "main", How.USUAL),
        # The likeliest that is there.
        ([], "", ["dev", "main"], "dev", How.FETCHED),
        ([], "", ["main", "master"], "main", How.USUAL),
        ([], "", ["x", "master"], "master", How.USUAL),
        (["a", "b"], "", ["a", "b", "main"], "main", How.USUAL),
        # The only one, or none.
        ([], "", ["trunk"], "trunk", How.ONLY),
        ([], "", ["trunk", "topic"], "", How.UNKNOWN),
        (["a", "b"], "", ["a", "b"], "", How.UNKNOWN),
        ([], "", [], "", How.UNKNOWN),
        # No answer: its last word, though the branch was never fetched; else only what was fetched.
        (None, "trunk", [], "trunk", How.KEPT),
        (None, "", ["dev", "main"], "dev", How.FETCHED),
        (None, "", ["main"], "main", How.USUAL),
        # A clone of a single branch has fetched only that one.
        (None, "", ["topic"], "", How.UNKNOWN),
        (None, "", [], "", How.UNKNOWN),
    ],
)
def test_which_branch_is_taken(named: list[str] | None, kept: str, there: list[str], expected: str, how: How) -> None:
    found = choose_default_branch(named=named, kept=kept, there=lambda: there, likely=lambda: LIKELY)
    assert found == DefaultBranch(name=expected, how=how)


def test_nothing_is_looked_up_if_the_remote_says_it() -> None:
    def not_called() -> list[tuple[str, How]]:
        raise AssertionError("not needed")

    for named, kept in ((["trunk"], "main"), (None, "trunk")):
        found = choose_default_branch(named=named, kept=kept, there=not_called, likely=not_called)  # type: ignore[arg-type]
        assert found.name == "trunk"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", Listing()),
        (
            f"ref: refs/heads/trunk\tHEAD\n{ONE}\tHEAD\n{ONE}\trefs/heads/trunk\n{TWO}\trefs/heads/a/b\n",
            Listing(heads={"trunk": ONE, "a/b": TWO}, named=("trunk",), head=ONE),
        ),
        # An older server, or a detached HEAD.
        (f"{ONE}\tHEAD\n{ONE}\trefs/heads/main\n", Listing(heads={"main": ONE}, head=ONE)),
        # HEAD leads to no branch that is there.
        (f"{ONE}\trefs/heads/topic\n", Listing(heads={"topic": ONE})),
        (f"ref: refs/meta/x\tHEAD\n{ONE}\tHEAD\n", Listing(head=ONE)),
        # The HEAD of a remote of the remote is not its own.
        (
            f"ref: refs/remotes/origin/main\trefs/remotes/origin/HEAD\n{ONE}\trefs/remotes/origin/HEAD\n",
            Listing(),
        ),
        (
            f"ref: refs/heads/a\tHEAD\nref: refs/heads/b\tHEAD\nref: refs/heads/a\tHEAD\n{ONE}\tHEAD\n",
            Listing(named=("a", "b"), head=ONE),
        ),
        (f"{ONE}\trefs/heads/torn\u2028name\n", Listing(heads={"torn\u2028name": ONE})),
        (
            f"{ONE}\trefs/foo/refs/heads/x\n{TWO}\trefs/notes/coverage\nnothing\n",
            Listing(others={"refs/notes/coverage": TWO}),
        ),
    ],
)
def test_what_a_remote_lists(text: str, expected: Listing) -> None:
    assert replace(parse_listing(text, ["refs/notes/coverage"]), size=0) == expected


def test_all_refs_of_a_remote_count() -> None:
    text = f"ref: refs/heads/trunk\tHEAD\n{ONE}\tHEAD\n{ONE}\trefs/heads/trunk\n{ONE}\trefs/pull/1/head\n"
    assert parse_listing(text).size == 4


@pytest.mark.parametrize(
    ("refs", "age", "expected"),
    [(10_001, 0, True), (10_001, 3599, True), (10_000, 0, False), (10_001, 3600, False), (10_001, -1, False)],
)
def test_a_remote_with_many_refs_is_not_asked_each_time(refs: int, age: float, expected: bool) -> None:
    assert KeptAnswer(default="main", refs=refs, age=age).suffices is expected
    assert not KeptAnswer(refs=refs, age=age).suffices


HOUR, DAY = 3600, 24 * 3600


@pytest.mark.parametrize(
    ("age", "is_tracked", "expected"),
    [
        (0, True, False),
        (3 * DAY - 1, True, False),
        (3 * DAY, True, True),
        (HOUR - 1, False, False),
        (HOUR, False, True),
        (-1, True, True),  # the clock was wrong
        (-1, False, True),
    ],
)
def test_a_kept_default_branch_may_have_been_renamed_since(age: float, is_tracked: bool, expected: bool) -> None:
    assert KeptAnswer(default="main", age=age).may_be_outdated(is_tracked) is expected


@given(st.lists(st.sampled_from(["ref: ", "refs/heads/a", "\t", "HEAD", "\n", ONE, " ", "refs/heads/"])))
def test_any_answer_is_read(words: list[str]) -> None:
    found = parse_listing("".join(words))
    assert len(found.named) <= 2 and len(found.heads) <= 2


@pytest.mark.parametrize(
    ("heads", "head", "expected"),
    [
        ({"a": ONE, "b": TWO}, ONE, {"a"}),
        ({"a": ONE, "b": ONE}, ONE, {"a", "b"}),
        ({"a": ONE}, TWO, {"a"}),
        ({}, "", set()),
    ],
)
def test_the_default_branch_is_where_head_is(heads: dict[str, str], head: str, expected: set[str]) -> None:
    assert Listing(heads=heads, head=head).candidates == expected


HEADS = {"main": ONE, "topic": TWO}


@pytest.mark.parametrize(
    ("listing", "kept", "ratchets", "expected"),
    [
        (None, "", None, ""),
        (Listing(heads=HEADS, named=("main",), head=ONE), "", None, ""),
        (Listing(), "", None, ""),  # empty: it has none yet
        (
            Listing(problem="no answer within 20 seconds", timed_out=True),
            "trunk",
            None,
            "WARNING: origin gave no answer within 20 seconds: judged by the notes that are here, and nothing is"
            " published; for its default branch, trunk is taken, as the remote said last",
        ),
        (
            Listing(problem="fatal: denied"),
            "",
            ("main",),
            "WARNING: origin could not be asked for its default branch: fatal: denied; none is known",
        ),
        (
            Listing(heads=HEADS, named=("a", "b")),
            "",
            None,
            "WARNING: origin names 2 default branches (a, b); main is taken, the usual name",
        ),
        (
            Listing(heads=HEADS),
            "",
            None,
            "WARNING: origin names no default branch (its HEAD leads to no branch): main is taken, the usual name;"
            " set it there, or set ratchet_branches",
        ),
        (Listing(heads=HEADS), "", ("main",), ""),
    ],
)
def test_what_the_user_is_told(
    tmp_path: Path, listing: Listing | None, kept: str, ratchets: tuple[str, ...] | None, expected: str
) -> None:
    # Only what is looked up here, without a repository.
    known = SimpleNamespace(state_dir=tmp_path, text=lambda *argv: "", config=lambda key: "", commit=lambda name: "")
    if kept:
        (tmp_path / "default-branch-origin").write_text(kept)
    notices = default_branch_notices(Remote(known, "origin", listing), Config(ratchet_branches=ratchets))  # type: ignore[arg-type]
    assert notices == ([expected] if expected else [])


TRUNK = DefaultBranch(name="trunk", how=How.NAMED)
NO_BASELINE = "WARNING: there is no baseline yet, so nothing was compared, and a push to"


@pytest.mark.parametrize(
    ("default", "config", "pushed", "has_baseline", "expected"),
    [
        (TRUNK, "", ["topic"], True, ""),
        (TRUNK, "", ["trunk"], False, ""),
        (TRUNK, "", ["topic", "trunk"], False, ""),
        (
            TRUNK,
            "",
            ["topic", "x"],
            False,
            f"{NO_BASELINE} topic, x sets none: the first push to trunk does (git push origin trunk)",
        ),
        (
            DefaultBranch(),
            "",
            ["topic"],
            False,
            "WARNING: there is no baseline, and no push sets one: the default branch of origin is unknown. Name the"
            ' branch whose coverage must not fall, in covgate\'s configuration: ratchet_branches = ["topic"]',
        ),
        (DefaultBranch(), "", ["topic"], True, ""),
        (TRUNK, 'policy = "absolute"', ["topic"], False, ""),
        (TRUNK, 'ratchet_branches = ["t*"]', ["topic"], False, ""),
        (
            TRUNK,
            'ratchet_branches = ["trunk"]',
            ["topic"],
            False,
            f'{NO_BASELINE} topic sets none: the first push to ["trunk"] does',
        ),
        (
            TRUNK,
            'branches = ["topic"]',
            ["topic"],
            False,
            f'{NO_BASELINE} trunk sets none: branches = ["topic"] leaves it out',
        ),
        # A pattern that matches nothing is named, whether there is a baseline or not.
        (
            TRUNK,
            'ratchet_branches = ["main"]',
            ["topic"],
            True,
            'WARNING: no push raises the baseline: ratchet_branches = ["main"] matches no branch of origin, which has'
            " other, topic, trunk",
        ),
    ],
)
def test_a_baseline_that_no_push_sets(
    default: DefaultBranch, config: str, pushed: list[str], has_baseline: bool, expected: str
) -> None:
    heads = {"trunk": ONE, "other": TWO}
    remote = Remote(None, "origin", Listing(heads=heads))  # type: ignore[arg-type]
    remote.__dict__["default"] = default
    rules = parse_config(own=config.encode())
    assert ratchet_notices(remote, rules, pushed, lambda: has_baseline) == ([expected] if expected else [])


def test_without_an_answer_no_pattern_is_said_to_match_nothing() -> None:
    remote = Remote(None, "origin", Listing(problem="fatal: no"))  # type: ignore[arg-type]
    remote.__dict__["default"] = DefaultBranch()
    rules = Config(ratchet_branches=("main",))
    assert ratchet_notices(remote, rules, ["topic"], lambda: True) == []


@pytest.mark.parametrize(
    ("default", "branch", "ratchets", "expected"),
    [
        (TRUNK, "topic", None, "topic is no ratchet branch"),
        (TRUNK, "", None, "no branch is checked out"),
        (
            DefaultBranch(),
            "topic",
            None,
            "topic may be the default branch, but that of origin is unknown (set ratchet_branches)",
        ),
        (DefaultBranch(), "topic", ("main",), "topic is no ratchet branch"),
    ],
)
def test_why_a_merge_raises_nothing(
    default: DefaultBranch, branch: str, ratchets: tuple[str, ...] | None, expected: str
) -> None:
    remote = Remote(None, "origin")  # type: ignore[arg-type]
    remote.__dict__["default"] = default
    assert why_no_ratchet_branch(remote, branch, Config(ratchet_branches=ratchets)) == expected
