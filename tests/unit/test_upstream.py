"""Which remote the one that is pushed to is a fork of."""

from __future__ import annotations

import pytest

from covgate.git.upstream import choose_upstream

ORIGIN = {"remote.origin.url": ["https://host/me/a.git"]}
UPSTREAM = {"remote.upstream.url": ["https://host/team/a.git"]}
BACKUP = {"remote.backup.url": ["/srv/a.git"]}
FOLLOWS = {"branch.main.remote": ["origin"]}


@pytest.mark.parametrize(
    ("target", "configured", "expected"),
    [
        ("origin", ORIGIN, ""),
        ("origin", ORIGIN | FOLLOWS, ""),
        ("", {}, ""),
        # A fork, and what it was made from.
        ("origin", ORIGIN | UPSTREAM | FOLLOWS, "upstream"),
        ("upstream", ORIGIN | UPSTREAM | FOLLOWS, ""),
        ("https://host/me/a.git", ORIGIN | UPSTREAM, "upstream"),
        ("https://host/team/a.git", ORIGIN | UPSTREAM | FOLLOWS, ""),
        # A second remote: what main follows is where changes land.
        ("backup", ORIGIN | BACKUP | FOLLOWS, "origin"),
        ("origin", ORIGIN | BACKUP | FOLLOWS, ""),
        ("backup", ORIGIN | BACKUP, ""),
        ("/srv/a.git", ORIGIN | BACKUP | FOLLOWS, "origin"),
        ("/srv/other.git", ORIGIN | FOLLOWS, "origin"),
        ("/srv/other.git", {}, ""),
        # The likeliest default branch decides, and the last value of a key.
        ("backup", ORIGIN | BACKUP | FOLLOWS | {"branch.trunk.remote": ["backup"]}, ""),
        ("backup", ORIGIN | BACKUP | {"branch.main.remote": ["backup", "origin"]}, "origin"),
        ("backup", ORIGIN | BACKUP | {"branch.main.remote": ["."]}, ""),
        ("backup", ORIGIN | BACKUP | {"branch.main.remote": ["gone"]}, ""),
        # What `gh` has noted comes first, also against the name.
        ("origin", ORIGIN | UPSTREAM | BACKUP | {"remote.backup.gh-resolved": ["base"]}, "backup"),
        ("origin", ORIGIN | UPSTREAM | {"remote.origin.gh-resolved": ["base"]}, ""),
        ("upstream", ORIGIN | UPSTREAM | {"remote.upstream.gh-resolved": ["base"]}, ""),
        # Two names of one place.
        ("origin", ORIGIN | {"remote.upstream.url": ["https://host/me/a.git"]}, ""),
        # A name with dots.
        ("a.b", {"remote.a.b.url": ["/x"], "remote.upstream.url": ["/y"]}, "upstream"),
    ],
)
def test_where_changes_land(target: str, configured: dict[str, list[str]], expected: str) -> None:
    assert choose_upstream(target, configured, ["trunk", "main"]) == expected
