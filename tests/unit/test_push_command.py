"""Which refs a `git push` command line can update: pre-commit shows its hooks only the first (git-push(1))."""

from __future__ import annotations

import shlex

import pytest
from covgate_hooks.push_command import PushCommand, may_be_several, parse_porcelain, parse_push_command
from hypothesis import given
from hypothesis import strategies as st

ALIASES = {"up": "push origin good bad", "out": "-c a=b push", "again": "up --tags", "loop": "loop", "run": "!git push"}


def parse(line: str) -> PushCommand | None:
    return parse_push_command(shlex.split(line), lambda name: ALIASES.get(name, ""))


@pytest.mark.parametrize(
    ("line", "options", "repository", "refspecs"),
    [
        ("git push", [], "", []),
        ("git push origin", [], "origin", []),
        ("git push origin good bad:refs/heads/zzz", [], "origin", ["good", "bad:refs/heads/zzz"]),
        ("/usr/lib/git-core/git-push origin main", [], "origin", ["main"]),
        (r"C:\\Git\\bin\\git.exe push origin main", [], "origin", ["main"]),
        # git's own options, with their values.
        ("git -C pkg -c a.b=c --git-dir x --no-pager push origin main", [], "origin", ["main"]),
        ("git --git-dir=x push origin main", [], "origin", ["main"]),
        # Options that decide what is pushed are kept, by their full names, and others are dropped.
        ("git push --all origin", ["--all"], "origin", []),
        ("git push origin --mirror", ["--mirror"], "origin", []),
        ("git push --tags --quiet --atomic origin bad", ["--tags"], "origin", ["bad"]),
        ("git push --mirr --no-verify origin", ["--mirror"], "origin", []),
        ("git push --no-tags --force-with-lease=main:abc origin", ["--no-tags", "--force-with-lease=main:abc"],
            "origin", []),
        ("git push -fqu origin main", ["--force"], "origin", ["main"]),
        ("git push -d origin main", ["--delete"], "origin", ["main"]),
        # A value in the next word is not the repository.
        ("git push --repo=elsewhere", [], "elsewhere", []),
        ("git push --repo elsewhere origin -- good", [], "origin", ["good"]),
        ("git push --receive-pack /bin/rp origin", ["--receive-pack=/bin/rp"], "origin", []),
        ("git push --push-option ci.skip origin", [], "origin", []),
        ("git push -o ci.skip origin main", [], "origin", ["main"]),
        ("git push -qoci.skip origin main", [], "origin", ["main"]),
        # After -- there are no options.
        ("git push -- origin --all", [], "origin", ["--all"]),
        # Aliases, also of aliases.
        ("git up", [], "origin", ["good", "bad"]),
        ("git out origin main", [], "origin", ["main"]),
        ("git again", ["--tags"], "origin", ["good", "bad"]),
    ],
)  # fmt: skip
def test_a_push(line: str, options: list[str], repository: str, refspecs: list[str]) -> None:
    assert parse(line) == PushCommand(options=tuple(options), repository=repository, refspecs=tuple(refspecs))


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("git push origin main", False),
        ("git push --dry-run origin main", True),
        ("git push --dry origin main", True),
        ("git push -n origin main", True),
        ("git push -fnq origin main", True),
        ("git push -on origin main", False),  # a push option
        ("git push origin -- -n", False),
        ("git push --dry-run --no-dry-run origin main", False),
        ("git up --dry-run", True),
    ],
)
def test_a_dry_run(line: str, expected: bool) -> None:
    found = parse(line)
    assert found is not None
    assert found.dry_run is expected


@pytest.mark.parametrize(
    "line",
    [
        "",
        "git",
        "git pull origin",
        "make push",
        "something push origin good bad",
        # Aliases that run a program, never end, or don't exist.
        "git run origin",
        "git loop",
        "git unknown",
        # Options that are not known here, are ambiguous, or lack their value: what they push can't be told.
        "git push --everything origin",
        "git push --fo origin",
        "git push -x origin",
        "git push --repo",
    ],
)
def test_what_is_no_push_that_is_understood(line: str) -> None:
    assert parse(line) is None


@given(st.lists(st.sampled_from(["git", "push", "-f", "--all", "--repo", "--", "-o", "-", "origin", "up", "loop", ""])))
def test_any_words_are_understood_or_not(words: list[str]) -> None:
    found = parse_push_command(words, lambda name: ALIASES.get(name, ""))
    assert found is None or set(found.refspecs) <= {*words, "good", "bad"}


@pytest.mark.parametrize(
    ("line", "configured", "branch", "expected"),
    [
        # One ref that is named is one, whatever is configured.
        ("git push origin main", {"push.default": ["matching"]}, True, False),
        ("git push origin +main:other", {}, True, False),
        ("git push origin good bad", {}, True, True),
        ("git push origin refs/heads/*:refs/heads/*", {}, True, True),
        ("git push origin :", {}, True, True),
        ("git push origin +:", {}, True, True),
        ("git push --tags origin main", {}, True, True),
        ("git push --all origin", {}, True, True),
        ("git push --branches origin", {}, True, True),
        ("git push --mirror origin", {}, True, True),
        ("git push --mirror origin main", {}, True, True),
        # Nothing is named: git's configuration says what is pushed.
        ("git push", {}, True, False),
        ("git push --tags", {}, True, False),
        ("git push origin", {"push.default": ["simple"]}, True, False),
        ("git push origin", {"push.default": ["simple", "Matching"]}, True, True),
        ("git push origin", {"push.default": ["matching", "simple"]}, True, False),
        ("git push origin", {"remote.origin.push": ["refs/heads/good", "refs/heads/bad"]}, True, True),
        ("git push origin", {"remote.other.push": ["refs/heads/good"]}, True, False),
        ("git push origin", {"remote.origin.mirror": ["true"]}, True, True),
        ("git push origin", {"remote.origin.mirror": ["true", "no"]}, True, False),
        # The shown ref is a tag: branches may follow.
        ("git push --tags", {}, False, True),
        ("git push", {}, False, True),
    ],
)
def test_whether_others_than_the_shown_ref_may_be_updated(
    line: str, configured: dict[str, list[str]], branch: bool, expected: bool
) -> None:
    command = parse(line)
    assert command is not None
    assert may_be_several(command, configured, "origin", branch=branch) is expected


OLD, NEW = "1" * 40, "2" * 40


@pytest.mark.parametrize(
    ("line", "found"),
    [
        (f" \trefs/heads/main:refs/heads/main\t{OLD}..{NEW}", ("refs/heads/main", "refs/heads/main", OLD)),
        (f"+\trefs/heads/main:refs/heads/x\t{OLD}...{NEW} (forced update)", ("refs/heads/main", "refs/heads/x", OLD)),
        (f" \tHEAD:refs/heads/main\t{'a' * 64}..{'b' * 64}", ("HEAD", "refs/heads/main", "a" * 64)),
        ("*\trefs/heads/a:refs/heads/a\t[new branch]", ("refs/heads/a", "refs/heads/a", "")),
        ("*\trefs/heads/torn\u2028name:refs/heads/a\t[new branch]", ("refs/heads/torn\u2028name", "refs/heads/a", "")),
        # Deletions, refs that are up to date, and those that git rejects.
        ("-\t:refs/heads/old\t[deleted]", None),
        ("=\trefs/heads/a:refs/heads/a\t[up to date]", None),
        ("!\trefs/heads/a:refs/heads/a\t[rejected] (non-fast-forward)", None),
        ("To /srv/origin.git", None),
        ("Done", None),
        ("", None),
    ],
)
def test_a_line_of_the_dry_run(line: str, found: tuple[str, str, str] | None) -> None:
    assert parse_porcelain(f"To /srv/origin.git\n{line}\nDone\n") == ([] if found is None else [found])


@pytest.mark.parametrize("line", ["*\tmain\t[new branch]", "*\t:refs/heads/a\t[new branch]", " \trefs/heads/a:\t1..2"])
def test_a_ref_that_can_not_be_read_is_not_left_out(line: str) -> None:
    with pytest.raises(ValueError, match="git push --porcelain said"):
        parse_porcelain(line)
