"""The commits that the notes are about, as git knows them: which lie on the line of history, who made them, when.

Not all of them are here: a clone never fetches the branches that others have deleted, and a shallow one hides
ancestors. git is asked for nothing that it might have to fetch.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from covgate.git.remote import Remote
from covgate.git.repository import Repository
from covgate.model.series import Commit

_FORMAT = ("%H", "%an", "%aI", "%s")


def tips(repository: Repository) -> list[str]:
    """What the line of history leads to: HEAD and the default branch, here and as the remote had it last."""
    remote = Remote(repository, repository.default_remote(repository.current_branch()))
    default = remote.default_branch()
    names = ["HEAD"]
    if default:
        names += [remote.tracking(default)] if remote else []
        names += [f"refs/heads/{default}"]
    return list(dict.fromkeys(filter(None, map(repository.commit, names))))


def on_line(repository: Repository, heads: Sequence[str], wanted: Collection[str]) -> list[str]:
    """Those of ``wanted`` that are ``heads`` or their ancestors, each after its parents."""
    return _walked(repository, ["--topo-order", "--reverse", *heads], wanted) if heads else []


def on_branches(repository: Repository, heads: Sequence[str], wanted: Collection[str]) -> list[str]:
    """Those of ``wanted`` that any branch or tag leads to, and ``heads`` don't."""
    excluded = [f"^{each}" for each in heads]
    return _walked(repository, ["--branches", "--remotes", "--tags", *excluded], wanted)


def described(repository: Repository, oids: Sequence[str]) -> dict[str, Commit]:
    """Who made each commit of ``oids``, when, and under which subject; all must be here."""
    if not oids:
        return {}
    argv = (
        *("log", "--no-walk=unsorted", "--stdin", "-z", "--no-notes", "--no-show-signature", "--no-color"),
        *("--encoding=UTF-8", f"--format={'%x00'.join(_FORMAT)}"),
    )
    output = repository.run(*argv, input="".join(f"{each}\n" for each in oids).encode()).decode(errors="replace")
    fields = output.split("\0")
    rows = zip(*(fields[place :: len(_FORMAT)] for place in range(len(_FORMAT))), strict=False)
    return {
        oid: Commit(oid=oid, author=author, date=date, subject=subject) for oid, author, date, subject in rows if oid
    }


def _walked(repository: Repository, argv: Sequence[str], wanted: Collection[str]) -> list[str]:
    if not wanted:
        return []
    return [each for each in repository.run("rev-list", *argv, "--").decode().split() if each in wanted]
