"""What git's messages mean. The messages are those of git 2.39, with other paths and oids."""

from __future__ import annotations

import pytest

from covgate.git.messages import error_line, lock_exists, lost_race
from covgate.git.push_refs import PushResult, parse_push_report

REF = "refs/notes/coverage"
ONE, TWO = "1" * 40, "2" * 40
LOCK_IS_HELD = f"""Unable to create '/srv/a/./{REF}.lock': File exists.

Another git process seems to be running in this repository, e.g.
an editor opened by 'git commit'. Please make sure all processes
are terminated then try again. If it still fails, a git process
may have crashed in this repository earlier:
remove the file manually to continue.
"""
LOCAL = f"fatal: update_ref failed for ref '{REF}': cannot lock ref '{REF}': "


@pytest.mark.parametrize(
    ("messages", "lost"),
    [
        (f"{LOCAL}is at {ONE} but expected {TWO}", True),
        (f"{LOCAL}{LOCK_IS_HELD}", True),
        (f"{LOCAL}reference already exists", True),
        (f"{LOCAL}unable to resolve reference '{REF}'", True),  # it was deleted
        (f"{LOCAL}unable to resolve reference '{REF}'\nfatal: the second line\n", True),
        (f"error: cannot lock ref '{REF}': is at {ONE} but expected {TWO}\n", True),
        ("error: fetching ref refs/covgate/remotes/origin/coverage failed: incorrect old value\n", True),
        # These stay as they are, however often it is tried.
        (f"{LOCAL}unable to resolve reference '{REF}': reference broken", False),
        (f"{LOCAL}'refs/notes' exists; cannot create '{REF}'", False),
        (f"{LOCAL}Unable to create '/srv/a/{REF}.lock': Permission denied", False),
        (f"{LOCAL}Unable to create '/srv/a/{REF}.lock': No space left on device", False),
        (f"{LOCAL}there is a non-empty directory '/srv/a/{REF}' blocking reference '{REF}'", False),
        (f"fatal: update_ref failed for ref '{REF}': trying to write ref '{REF}' with nonexistent object {ONE}", False),
        (f"fatal: couldn't find remote ref {REF}", False),
        ("fatal: '../nowhere.git' does not appear to be a git repository", False),
        ("", False),
    ],
)
def test_another_process_was_first(messages: str, lost: bool) -> None:
    assert lost_race(messages) == lost


def test_a_lock_is_left_or_held() -> None:
    assert lock_exists(f"{LOCAL}{LOCK_IS_HELD}")
    assert not lock_exists(f"{LOCAL}is at {ONE} but expected {TWO}")


@pytest.mark.parametrize(
    ("messages", "line"),
    [
        ("", "no message"),
        ("\n  \n", "no message"),
        ("fatal: couldn't find remote ref x\n", "fatal: couldn't find remote ref x"),
        ("hint: see the manual\nerror: second\nfatal: third\n", "error: second"),
        ("warning: first\nremote: denied by rule\n", "remote: denied by rule"),
        ("ERROR: Repository not found.\nfatal: Could not read from remote.\n", "ERROR: Repository not found."),
        ("ssh: connect to host a port 22: Connection refused\n", "ssh: connect to host a port 22: Connection refused"),
        ("remote: hint: set upstream\n! [rejected] (fetch first)", "! [rejected] (fetch first)"),
        ("hint: only a hint\n", "no message"),
    ],
)
def test_the_line_that_is_shown(messages: str, line: str) -> None:
    assert error_line(messages) == line


@pytest.mark.parametrize(
    ("report", "taken", "refused"),
    [
        ("", set(), {}),
        (f"To /srv/o.git\n \t{ONE}:{REF}\t1111111..2222222\nDone\n", {REF}, {}),
        (f"To /srv/o.git\n*\t{ONE}:{REF}\t[new reference]\nDone\n", {REF}, {}),
        (f"To /srv/o.git\n=\t{ONE}:{REF}\t[up to date]\nDone\n", {REF}, {}),
        (f"To /srv/o.git\n!\t{ONE}:{REF}\t[rejected] (fetch first)\nDone\n", set(), {REF: "[rejected] (fetch first)"}),
        (
            f"To /srv/o.git\n*\t{ONE}:{REF}-files\t[new reference]\n"
            f"!\t{ONE}:{REF}\t[remote rejected] (hook declined)\nDone\n",
            {f"{REF}-files"},
            {REF: "[remote rejected] (hook declined)"},
        ),
        ("To a\tb\nDone\n", set(), {}),  # the address has a tab
    ],
)
def test_the_report_of_a_push(report: str, taken: set[str], refused: dict[str, str]) -> None:
    assert parse_push_report(report) == (taken, refused)


def remote(messages: str) -> str:
    return "".join(f"remote: {line}        \n" for line in messages.splitlines())


@pytest.mark.parametrize(
    ("reason", "messages", "retryable"),
    [
        ("[rejected] (fetch first)", "error: failed to push some refs to '/srv/o.git'\n", True),
        ("[rejected] (non-fast-forward)", "error: failed to push some refs to '/srv/o.git'\n", True),
        (
            "[remote rejected] (failed to update ref)",
            remote(f"error: cannot lock ref '{REF}': {LOCK_IS_HELD}"),
            True,
        ),
        (
            "[remote rejected] (failed to update ref)",
            remote(f"error: cannot lock ref '{REF}': is at {ONE} but expected {TWO}"),
            True,
        ),
        ("[remote rejected] (incorrect old value provided)", "", True),
        ("[remote rejected] (reference already exists)", "", True),
        ("[remote rejected] (failed to lock)", "", True),  # git before 2.2
        (f"[remote rejected] (cannot lock ref '{REF}': is at {ONE} but expected {TWO})", "", True),
        ("[remote rejected] (unable to migrate objects to permanent storage)", "", True),
        # The connection broke off, so there is no report, and the messages are the reason.
        ("error: remote unpack failed: eof before pack header was fully read", "", True),
        ("[remote rejected] (unpacker error)", "error: remote unpack failed: unpack-objects abnormal exit\n", True),
        # The remote can't be written.
        (
            "[remote rejected] (unpacker error)",
            remote("error: insufficient permission for adding an object to repository database ./objects"),
            False,
        ),
        (
            "[remote rejected] (unpacker error)",
            "error: remote unpack failed: unable to create temporary object directory\n",
            False,
        ),
        (
            "[remote rejected] (failed to update ref)",
            remote(f"error: cannot lock ref '{REF}': Unable to create '/srv/o.git/./{REF}.lock': Permission denied"),
            False,
        ),
        (
            "[remote rejected] (failed to update ref)",
            remote(f"error: cannot lock ref '{REF}': Unable to create '{REF}.lock': Read-only file system"),
            False,
        ),
        (
            "[remote rejected] (failed to update ref)",
            remote(f"error: cannot lock ref '{REF}': 'refs/notes' exists; cannot create '{REF}'"),
            False,
        ),
        (
            "[remote rejected] (failed to update ref)",
            remote(f"error: cannot lock ref '{REF}': unable to resolve reference '{REF}': reference broken"),
            False,
        ),
        (
            "[remote rejected] (failed to update ref)",
            remote(f"error: cannot lock ref '{REF}': unable to create lock file {REF}.lock; non-directory in the way"),
            False,
        ),
        ("[remote rejected] (unpacker error)", remote("error: file write error: No space left on device"), False),
        ("[remote rejected] (unpacker error)", remote("fatal: unable to open ./x: Operation not permitted"), False),
        # The remote does not want them.
        ("[remote rejected] (pre-receive hook declined)", remote("no"), False),
        ("[remote rejected] (hook declined)", remote(f"error: hook declined to update {REF}"), False),
        ("[remote rejected] (deny updating a hidden ref)", "", False),
        ("[remote rejected] (missing necessary objects)", remote(f"fatal: bad object {REF}"), False),
    ],
)
def test_what_is_worth_another_push(reason: str, messages: str, retryable: bool) -> None:
    assert PushResult(refused={REF: reason}, messages=messages).retryable == retryable
    # One ref that is refused for good is enough to stop.
    both = {f"{REF}-files": "[remote rejected] (hook declined)", REF: reason}
    assert not PushResult(refused=both, messages=messages).retryable


@pytest.mark.parametrize(
    ("messages", "line"),
    [
        (
            "fatal: '../o.git' does not appear to be a git repository\nfatal: Could not read from remote repository.\n",
            "fatal: '../o.git' does not appear to be a git repository",
        ),
        (
            "fatal: unable to access 'https://localhost:1/x.git/': Failed to connect to localhost port 1\n",
            "fatal: unable to access 'https://localhost:1/x.git/': Failed to connect to localhost port 1",
        ),
        (
            "ssh: connect to host a port 1: Connection refused\nfatal: Could not read from remote repository.\n",
            "fatal: Could not read from remote repository.",
        ),
        ("kex_exchange_identification: read: reset\n", "kex_exchange_identification: read: reset"),
    ],
)
def test_a_remote_that_does_not_answer_is_not_tried_again(messages: str, line: str) -> None:
    result = PushResult(refused={REF: messages}, messages=messages)
    assert not result.retryable
    assert result.explanations() == {REF: line}


@pytest.mark.parametrize(
    ("reason", "messages", "line"),
    [
        (
            "[remote rejected] (hook declined)",
            f"{remote('protected')}error: failed to push some refs to 'o'\n",
            "remote: protected",
        ),
        (
            "[remote rejected] (deny updating a hidden ref)",
            "error: failed to push some refs to 'o'\nhint: no\n",
            "! [remote rejected] (deny updating a hidden ref)",
        ),
    ],
)
def test_the_reason_that_is_shown_is_the_remotes_if_it_gave_one(reason: str, messages: str, line: str) -> None:
    assert PushResult(refused={REF: reason}, messages=messages).explanations() == {REF: line}
