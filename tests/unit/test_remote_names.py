"""The names of remotes: in messages, and in refs."""

from __future__ import annotations

import hashlib

import pytest

from covgate.git.remote import ref_component, without_credentials


@pytest.mark.parametrize(
    ("remote", "shown"),
    [
        ("origin", "origin"),
        ("https://example.org/a.git", "https://example.org/a.git"),
        ("https://token@example.org/a.git", "https://example.org/a.git"),
        ("https://ada:p%40ss@example.org:8443/a.git", "https://example.org:8443/a.git"),
        ("https://ada:p@ss@example.org/a.git", "https://example.org/a.git"),
        ("git+ssh://git@example.org/a.git", "git+ssh://example.org/a.git"),
        # These are no credentials: ssh's short form needs its user to be read as an address, and a path may have an @.
        ("git@example.org:a.git", "git@example.org:a.git"),
        ("https://example.org/@scope/a.git", "https://example.org/@scope/a.git"),
        ("/srv/a@b.git", "/srv/a@b.git"),
    ],
)
def test_a_remote_is_shown_without_credentials(remote: str, shown: str) -> None:
    assert without_credentials(remote) == shown


@pytest.mark.parametrize(
    ("remote", "plain"),
    [
        ("origin", True),
        ("up_stream-2", True),
        ("", False),
        ("-upstream", False),
        ("team/fork", False),
        ("a.lock", False),  # no part of a ref may end like this
        ("https://example.org/a.git", False),
        ("/srv/a b.git", False),
        ("ümlaut", False),
        ("\udcff", False),
        ("origin\n", False),
    ],
)
def test_only_a_plain_name_is_part_of_a_ref_as_it_is(remote: str, plain: bool) -> None:
    digest = hashlib.sha256(remote.encode(errors="surrogateescape")).hexdigest()
    assert ref_component(remote) == (remote if plain else f"url-{digest[:16]}")
