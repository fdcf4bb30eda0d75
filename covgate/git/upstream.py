"""The remote that a fork was made from: changes that are pushed to the fork land there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from covgate.git.remote import Remote

_LIKELY_BRANCHES = ("main", "master", "trunk", "develop")
_NAME = "upstream"


def upstream_of(remote: Remote) -> Remote | None:
    """The remote where changes pushed to ``remote`` land, according to the configuration; None for itself."""
    name = choose_upstream(remote.name, remote.repository.configured, [remote.default_branch(), *_LIKELY_BRANCHES])
    return Remote(remote.repository, name) if name else None


def choose_upstream(target: str, configured: Mapping[str, Sequence[str]], branches: Sequence[str]) -> str:
    """The name of the remote that ``target``, a name or URL, is a fork of; "" if it is none.

    ``configured``: git's configuration, key -> values. ``branches``: likely default branches, the likeliest first. In
    this order: the base that GitHub's `gh` has stored, what the local default branch follows, the remote ``upstream``.
    """
    urls = {
        key.removeprefix("remote.").removesuffix(".url"): set(values)
        for key, values in configured.items()
        if key.startswith("remote.") and key.endswith(".url")
    }
    own = urls.get(target, {target})
    same = {name for name, there in urls.items() if there & own} | {target}
    noted = [name for name in urls if f"remote.{name}.gh-resolved" in configured]
    if same & {*noted, _NAME}:
        return ""
    followed = [configured[key][-1] for each in branches if (key := f"branch.{each}.remote") in configured]
    candidates = (*noted, *followed[:1], _NAME)
    return next((name for name in candidates if name in urls and name not in same), "")
