"""A remote: how it is shown, where its branches stand, and where a commit left its default branch."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from covgate.git.repository import Repository
    from covgate.model.ref_update import RefUpdate

# A fetch of covgate's own: it brings what is asked for and nothing else, and changes nothing of the user's.
FETCH = (
    "fetch",
    "--quiet",
    "--no-write-fetch-head",
    "--no-tags",
    "--no-auto-maintenance",
    "--no-recurse-submodules",
)


@dataclass(frozen=True, slots=True)
class Remote:
    """The remote ``name`` of ``repository``: a configured name, a URL, or "" for none, which is false."""

    repository: Repository
    name: str

    def __bool__(self) -> bool:
        return bool(self.name)

    @property
    def shown(self) -> str:
        """The name as it may be printed."""
        return without_credentials(self.name)

    def tracking(self, branch: str) -> str:
        """The ref that git keeps for ``branch`` of this remote."""
        return f"refs/remotes/{self.name}/{branch}"

    def default_branch(self) -> str:
        """The short name of the default branch, found without the network; "" if nothing tells it."""
        return self.repository.default_branch(self.name)

    def default_tip(self) -> str:
        """The tip of the default branch as it was last seen; "" if there is none. A URL has that of the usual remote.

        If it was never seen, as in the checkouts of CI services, the remote is asked.
        """
        repository = self.repository
        name = self.name if self.name in repository.remotes() else repository.default_remote()
        if not name:
            return ""
        known = Remote(repository, name)
        default = known.default_branch()
        tip = repository.commit(known.tracking(default)) if default else ""
        return tip or known.ask_tip()

    def fork_point(self, commit: str) -> str:
        """Where ``commit`` left the default branch; "" if there is no default branch."""
        tip = self.default_tip()
        # Without a common ancestor (or in a shallow clone, which hides it) the tip itself.
        return tip and (self.repository.text("merge-base", commit, tip) or tip)

    def replaced_tip(self, update: RefUpdate) -> str:
        """The tip that ``update`` replaces, or the one last seen if it was never fetched; "" if the ref is new.

        A new ref replaces nothing, even if a deleted branch of that name is still known here.
        """
        if not update.remote_oid:
            return ""
        return self.repository.commit(update.remote_oid) or self.repository.commit(self.tracking(update.branch))

    def ask_tip(self, ref: str = "HEAD") -> str:
        """The tip of ``ref``, asked of the remote, else as it was last asked; "" if there is none.

        For a clone that tracks no such branch: CI services fetch only the commit that they check out.
        """
        repository = self.repository
        kept = f"{private_refs(self.name)}/{ref}"
        listed = repository.text("ls-remote", "--", self.name, ref).split()
        if listed and not repository.commit(listed[0]):
            # A fetch with a depth would cut off history that is here already, so it is used in shallow clones only.
            depth = ["--depth=1"] if repository.shallow else []
            repository.attempt(*FETCH, "--refmap=", *depth, "--", self.name, f"+{ref}:{kept}")
            repository.look_again()
            return repository.commit(kept)
        return repository.commit(listed[0] if listed else kept)


def private_refs(name: str) -> str:
    """Where covgate keeps what it fetched from the remote ``name``."""
    if not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_-]*", name):
        # A URL, or a name that can't be part of a ref.
        import hashlib

        name = "url-" + hashlib.sha256(name.encode(errors="surrogateescape")).hexdigest()[:16]
    return f"refs/covgate/remotes/{name}"


def without_credentials(remote: str) -> str:
    """``remote`` as it may be printed: a URL may hold a token, and CI keeps the output."""
    return re.sub(r"^([A-Za-z][A-Za-z0-9+.-]*://)[^/]*@", r"\1", remote)
