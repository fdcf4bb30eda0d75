"""git's environment, and the output of `git cat-file --batch`."""

from __future__ import annotations

import subprocess

import pytest

from covgate.git.environment import NO_GRAFTS, environment_of_git, without_local_environment
from covgate.git.objects import blobs_in

ONE, TWO = "1" * 40, "2" * 40


@pytest.mark.parametrize(
    ("batch", "blobs"),
    [
        (b"", []),
        (f"{ONE} blob 3\nabc\n".encode(), [(ONE, b"abc")]),
        (f"{ONE} blob 0\n\n".encode(), [(ONE, b"")]),
        (f"{ONE} blob 4\na\nb\n\n{TWO} blob 1\nx\n".encode(), [(ONE, b"a\nb\n"), (TWO, b"x")]),
        (f"{ONE} missing\n{TWO} blob 1\nx\n".encode(), [(TWO, b"x")]),
        (f"{ONE} tree 7\nblob 9\n\n{TWO} blob 1\nx\n".encode(), [(TWO, b"x")]),
        # git exits at a damaged object: what it had begun to print is no content.
        (f"{ONE} blob 1\nx\n{TWO} blob 9\nabc".encode(), [(ONE, b"x")]),
        (f"{ONE} blob 1\nx\n{TWO} blob 9".encode(), [(ONE, b"x")]),
        (f"{ONE} blob 3\nabc".encode(), []),
    ],
)
def test_the_blobs_in_a_batch(batch: bytes, blobs: list[tuple[str, bytes]]) -> None:
    assert list(blobs_in(batch)) == blobs


def test_the_variables_that_bind_git_to_a_repository_are_removed() -> None:
    listed = subprocess.run(["git", "rev-parse", "--local-env-vars"], capture_output=True, text=True, check=True)
    # GIT_SSH_COMMAND and the like say how a remote is reached, whatever the repository.
    kept = {"PATH": "/bin", "GIT_SSH_COMMAND": "ssh", "GIT_AUTHOR_NAME": "Ada"}
    environ = dict.fromkeys([*listed.stdout.split(), "GIT_EXEC_PATH", "GIT_QUARANTINE_PATH"], "x")
    configured = {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "core.editor", "GIT_CONFIG_VALUE_0": "vi"}
    assert without_local_environment({**environ, **configured, **kept}) == kept


def test_the_configuration_of_one_call_can_be_kept() -> None:
    configured = {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "http.extraHeader",
        "GIT_CONFIG_VALUE_0": "token",
        "GIT_CONFIG_PARAMETERS": "'a.b=c'",
    }
    environ = {**configured, "GIT_DIR": "x"}
    assert without_local_environment(environ, keep_call_configuration=True) == configured


def test_git_answers_in_english_and_asks_nothing() -> None:
    environ = environment_of_git({"LC_ALL": "de_DE", "GIT_TERMINAL_PROMPT": "1", "HOME": "/home"})
    assert environ == {
        "LC_ALL": "C",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_OPTIONAL_LOCKS": "0",
        # What is pushed has no replaced objects and no grafts, so what is measured must have none.
        "GIT_NO_REPLACE_OBJECTS": "1",
        "GIT_GRAFT_FILE": NO_GRAFTS,
        "HOME": "/home",
    }
