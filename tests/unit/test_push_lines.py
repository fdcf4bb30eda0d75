"""The input of a pre-push hook (githooks(5)), and which updates are gated."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covgate.model.ref_update import RefUpdate, matches, parse_pre_push_lines, review_target, why_not_gated

ONE, TWO, ZERO = "1" * 40, "2" * 40, "0" * 40


def line(local: str = "refs/heads/main", oid: str = ONE, remote: str = "refs/heads/main", old: str = TWO) -> str:
    return f"{local} {oid} {remote} {old}\n"


def update(oid: str = ONE, remote: str = "refs/heads/main", old: str = TWO) -> RefUpdate:
    return RefUpdate(local_ref="refs/heads/main", local_oid=oid, remote_ref=remote, remote_oid=old)


def test_several_lines() -> None:
    lines = [line(), "\n", line("HEAD~1", TWO, "refs/heads/fix", ZERO).rstrip("\n")]
    assert parse_pre_push_lines(lines) == (
        update(),
        RefUpdate(local_ref="HEAD~1", local_oid=TWO, remote_ref="refs/heads/fix"),
    )


@pytest.mark.parametrize("local", ["HEAD^{/two words}", f"HEAD^{{/revert {ONE}}}", "refs/heads/a\u3000b", ONE])
def test_refs_as_git_gives_them(local: str) -> None:
    (parsed,) = parse_pre_push_lines([line(local, remote="refs/heads/a\u3000b")])
    assert parsed == RefUpdate(local_ref=local, local_oid=ONE, remote_ref="refs/heads/a\u3000b", remote_oid=TWO)
    assert parsed.certain


def test_nothing_pushed() -> None:
    assert parse_pre_push_lines([]) == ()


@pytest.mark.parametrize("digits", [40, 64])
def test_sha1_and_sha256(digits: int) -> None:
    (parsed,) = parse_pre_push_lines([line(oid="a" * digits, old="0" * digits)])
    assert parsed.local_oid == "a" * digits
    assert parsed.remote_oid == ""


@pytest.mark.parametrize("zero", [ZERO, "0" * 64])
def test_a_deletion(zero: str) -> None:
    (parsed,) = parse_pre_push_lines([line("(delete)", zero)])
    assert parsed.local_oid == ""
    assert why_not_gated(parsed, ["*"]) == "deletion of refs/heads/main"


TWO_LINES = line() + line("refs/heads/x", TWO, "refs/heads/x", ONE)


@given(st.integers(0, len(TWO_LINES)))
def test_a_line_cut_short_is_named_never_skipped(at: int) -> None:
    text = TWO_LINES[:at]
    # A line that lacks nothing but its newline is whole.
    whole = text.count("\n") + (TWO_LINES[at : at + 1] == "\n")
    rest = text.rpartition("\n")[2] if whole == text.count("\n") else ""
    if rest.strip():
        with pytest.raises(ValueError, match=f"line {text.count(chr(10)) + 1} of pre-push's input"):
            parse_pre_push_lines(text.splitlines(keepends=True))
    else:
        assert len(parse_pre_push_lines(text.splitlines(keepends=True))) == whole


@pytest.mark.parametrize(
    "bad",
    [
        "refs/heads/main",
        f"refs/heads/main {ONE} refs/heads/main",
        f"refs/heads/main {ONE} refs/heads/main {TWO} more",
        line().rstrip() + " " + line("refs/heads/x"),  # the first ref must not hide behind the second
        f"refs/heads/main {ONE} " + line("refs/heads/x"),
        line(oid="1" * 39),
        line(oid="1" * 41),
        line(oid="g" * 40),
        line(oid="A" * 40),
        line(old="2" * 63),
        line(old="-"),
        line(old=TWO + "X"),
        line(remote="refs/heads/a b"),
        line(remote=""),
    ],
)
def test_what_is_no_line(bad: str) -> None:
    with pytest.raises(ValueError, match="line 2 of pre-push's input") as caught:
        parse_pre_push_lines([line(), bad])
    assert str(caught.value).endswith(f" is not 'ref oid ref oid': {bad.rstrip()!r}")


@given(st.lists(st.text()))
def test_any_text_parses_whole_or_raises_value_error(lines: list[str]) -> None:
    try:
        parsed = parse_pre_push_lines(lines)
    except ValueError:
        return
    assert len(parsed) == sum(bool(each.strip()) for each in lines)


MAIN, TOPIC = "refs/heads/main", "refs/heads/topic"


@pytest.mark.parametrize(
    ("oid", "remote", "old", "branches", "why"),
    [
        (ONE, MAIN, TWO, ["*"], ""),
        (ONE, MAIN, "", ["*"], ""),  # a new branch
        (ONE, "refs/heads/refs/tags/v1", TWO, ["*"], ""),
        (ONE, TOPIC, TWO, ["main", "top*"], ""),
        (ONE, TOPIC, TWO, ["main"], "topic is outside branches = ['main']"),
        (ONE, TOPIC, TWO, [], "topic is outside branches = []"),
        (ONE, MAIN, ONE, ["*"], "main brings nothing new"),
        ("", MAIN, TWO, ["*"], "deletion of refs/heads/main"),
        ("", "refs/tags/v1", TWO, ["*"], "deletion of refs/tags/v1"),
        (ONE, "refs/tags/v1", TWO, ["*"], "refs/tags/v1 is no branch, but a tag"),
        (ONE, "refs/notes/coverage", TWO, ["*"], "refs/notes/coverage is no branch, but notes"),
        (ONE, "refs/stash", TWO, ["*"], "refs/stash is no branch, but stashed work"),
        (
            ONE,
            "refs/remotes/origin/main",
            TWO,
            ["*"],
            "refs/remotes/origin/main is no branch, but a copy of a branch that was fetched",
        ),
        (ONE, "refs/meta/config", "", ["*"], "refs/meta/config is no branch, but the configuration of a server"),
        (ONE, "refs/replace/1", "", ["*"], "refs/replace/1 is no branch, but the replacement of an object"),
        (
            ONE,
            "refs/covgate/remotes/origin/HEAD",
            "",
            ["*"],
            "refs/covgate/remotes/origin/HEAD is no branch, but covgate's own",
        ),
        # For review, or for nobody knows what: unknown does not mean that it is not gated.
        (ONE, "refs/for/main", "", ["*"], ""),
        (ONE, "refs/for/main", "", ["release"], ""),  # until its branch is known
        (ONE, "refs/changes/34/1234", TWO, ["*"], ""),
        (ONE, "refs/merge-requests/5/head", "", ["main"], ""),
        (ONE, "refs/backup/wip", "", ["*"], ""),
        (ONE, "refs/tagsoup/v1", "", ["*"], ""),
        (ONE, "refs/backup/wip", ONE, ["*"], "refs/backup/wip brings nothing new"),
        ("", "refs/for/main", "", ["*"], "deletion of refs/for/main"),
    ],
)
def test_which_updates_are_not_gated_and_why(oid: str, remote: str, old: str, branches: list[str], why: str) -> None:
    assert why_not_gated(update(oid, remote, old), branches) == why


@pytest.mark.parametrize(
    ("ref", "expected"),
    [
        ("refs/for/main", "main"),
        ("refs/for/refs/heads/main", "main"),
        ("refs/for/main%topic=fix,r=ada@example.org", "main"),
        ("refs/for/main/topic", "main"),
        ("refs/for/main/a/b", "main"),
        ("refs/drafts/main", "main"),
        ("refs/draft/main/topic", "main"),
        ("refs/publish/release/1.0", "release/1.0"),
        ("refs/for/release/1.0", "release/1.0"),
        ("refs/for/release/1.0/fix", "release/1.0"),
        ("refs/for/release", "release"),
        ("refs/for/release/2.0", "release"),
        # No branch is named: the default branch is assumed.
        ("refs/for/unknown", "trunk"),
        ("refs/for/", "trunk"),
        ("refs/for-review/17", "trunk"),
        ("refs/changes/34/1234/1", "trunk"),
        ("refs/merge-requests/5/head", "trunk"),
        ("refs/forward/main", "trunk"),
    ],
)
def test_what_is_for_review_is_gated_as_its_branch(ref: str, expected: str) -> None:
    assert review_target(ref, ["main", "release", "release/1.0"], "trunk") == expected


def test_the_branch_of_a_commit_for_review_may_be_left_out() -> None:
    review = replace(update(ONE, "refs/for/main", ""), target="main")
    assert review.gated_as == "main" and not review.branch
    assert why_not_gated(review, ["release"]) == "main is outside branches = ['release']"


@pytest.mark.parametrize(
    "name, globs, expected",
    [
        ("main", ["main"], True),
        ("main", ["master", "ma*"], True),
        ("Main", ["main"], False),  # branches are, whatever the file system
        ("a/b/c", ["*"], True),
        ("a/b/c", ["a/*"], True),
        ("a", ["a/*"], False),
        ("release-1", ["release-[0-9]"], True),
        ("release-x", ["release-[0-9]"], False),
        ("mainly", ["main"], False),
        ("main", [], False),
    ],
)
def test_globs(name: str, globs: list[str], expected: bool) -> None:
    assert matches(name, globs) is expected
