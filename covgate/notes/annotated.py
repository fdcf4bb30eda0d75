"""The annotated commits as git knows them: which of them HEAD and the default branch contain, who made them, when.

Not all of them are in this clone: the branches that others have deleted are never fetched, and a shallow clone hides
ancestors. Nothing here makes git fetch anything.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from covgate.git.remote import Remote
from covgate.git.repository import Repository
from covgate.model.series import Commit

_FORMAT = ("%H", "%an", "%aI", "%s")


def main_tips(repository: Repository) -> list[str]:
    """The oids of HEAD and of the default branch, on the remote as it was last fetched, and here."""
    remote = Remote(repository, repository.default_remote(repository.current_branch()))
    default = remote.default_branch()
    names = ["HEAD"]
    if default:
        names += [remote.tracking(default)] if remote else []
        names += [f"refs/heads/{default}"]
    return list(dict.fromkeys(filter(None, map(repository.commit, names))))


def on_main(repository: Repository, tips: Sequence[str], wanted: Collection[str]) -> list[str]:
    """Those of ``wanted`` that are ``tips`` or their ancestors, each after its parents."""
    return _listed(repository, ["--topo-order", "--reverse", *tips], wanted) if tips else []


def on_other_branches(repository: Repository, tips: Sequence[str], wanted: Collection[str]) -> list[str]:
    """Those of ``wanted`` that a branch or tag contains, and none of ``tips``."""
    excluded = [f"^{each}" for each in tips]
    return _listed(repository, ["--branches", "--remotes", "--tags", *excluded], wanted)


def describe_commits(repository: Repository, oids: Sequence[str]) -> dict[str, Commit]:
    """The author, date and subject of each commit of ``oids``. Raises GitError if one is not in this clone."""
    if not oids:
        return {}
    argv = (
        *("log", "--no-walk=unsorted", "--stdin", "-z", "--no-notes", "--no-show-signature", "--no-color"),
        *("--encoding=UTF-8", f"--format={'%x00'.join(_FORMAT)}"),
    )
    text = repository.run(*argv, input="".join(f"{each}\n" for each in oids).encode()).decode(errors="replace")
    fields = text.split("\0")
    rows = zip(*(fields[place :: len(_FORMAT)] for place in range(len(_FORMAT))), strict=False)
    return {
        oid: Commit(oid=oid, author=author, date=date, subject=subject) for oid, author, date, subject in rows if oid
    }


def _listed(repository: Repository, argv: Sequence[str], wanted: Collection[str]) -> list[str]:
    if not wanted:
        return []
    return [each for each in repository.run("rev-list", *argv, "--").decode().split() if each in wanted]
