"""A remote: how its name is shown, which branch is its default, where its branches stand."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

from covgate.git.repository import Repository
from covgate.model.ref_update import HEADS, RefUpdate

# A fetch that brings only the refs that are named, and leaves nothing else behind.
FETCH = (
    "fetch",
    "--quiet",
    "--no-write-fetch-head",
    "--no-tags",
    "--no-auto-maintenance",
    "--no-recurse-submodules",
)


@dataclass(frozen=True)
class Remote:
    """A remote of ``repository``.

    ``name`` is the name of a configured remote, or a URL. A remote without a name is no remote, and false.
    """

    repository: Repository
    name: str = ""

    def __bool__(self) -> bool:
        return bool(self.name)

    @property
    def shown(self) -> str:
        """The name for messages, without credentials."""
        return without_credentials(self.name)

    @property
    def known(self) -> bool:
        """Whether this is a configured remote; a URL is not."""
        return self.name in self.repository.remotes()

    def tracking(self, branch: str) -> str:
        """The ref that has ``branch`` as git last fetched it."""
        return f"refs/remotes/{self.name}/{branch}"

    def own_ref(self, name: str) -> str:
        """The ref that has what covgate itself last fetched as ``name``."""
        return f"refs/covgate/remotes/{ref_component(self.name)}/{name}"

    def default_branch(self) -> str:
        """The short name of the default branch, found without the network; "" if it is unknown."""
        return self._default_branch

    @cached_property
    def _default_branch(self) -> str:
        repository, prefix = self.repository, self.tracking("")
        head = repository.text("symbolic-ref", "--quiet", f"{prefix}HEAD") if repository.commit(f"{prefix}HEAD") else ""
        if head.startswith(prefix):
            return head.removeprefix(prefix)
        # Only a branch that exists, there or at least here: a wrong guess would disable the gate.
        names = [name for name in (repository.config("init.defaultBranch"), "main", "master") if name]
        for place in (prefix, HEADS):
            for name in names:
                if repository.commit(f"{place}{name}"):
                    return name
        return ""

    def default_tip(self) -> str:
        """The oid of the default branch's tip as it was last fetched; "" if there is none.

        A URL has no tracking refs: the default remote stands for it. If the branch was never fetched, as in the
        checkouts of CI services, the remote is asked.
        """
        remote = self if self.known else Remote(self.repository, self.repository.default_remote())
        if not remote:
            return ""
        branch = remote.default_branch()
        tip = self.repository.commit(remote.tracking(branch)) if branch else ""
        return tip or remote.ask_tip()

    def fork_point(self, commit: str) -> str:
        """The oid where ``commit`` left the default branch; "" if there is no such branch.

        Without a common ancestor, or if a shallow clone hides it, this is the tip of the default branch.
        """
        tip = self.default_tip()
        return tip and (self.repository.text("merge-base", commit, tip) or tip)

    def replaced_tip(self, update: RefUpdate) -> str:
        """The oid of the remote tip that ``update`` replaces; "" if the ref is new.

        If that commit was never fetched, this is the tip that was fetched last. A new ref replaces nothing, even if
        an old branch of the same name still has a tracking ref here.
        """
        if not update.remote_oid:
            return ""
        return self.repository.commit(update.remote_oid) or self.repository.commit(self.tracking(update.branch))

    def ask_tip(self, ref: str = "HEAD") -> str:
        """The oid of the tip of ``ref``, asked of the remote; "" if it has none.

        If the remote doesn't answer, this is the tip that it gave last time. For clones without a tracking ref: CI
        services fetch only the commit that they check out.
        """
        repository, own = self.repository, self.own_ref(ref)
        listed = repository.text("ls-remote", "--", self.name, ref).split()
        if listed and not repository.commit(listed[0]):
            # In a shallow clone only the tip: a fetch with a depth cuts off the history behind it, even if it was here.
            depth = ["--depth=1"] if repository.shallow else []
            repository.attempt(*FETCH, "--refmap=", *depth, "--", self.name, f"+{ref}:{own}")
            repository.refresh()
            return repository.commit(own)
        return repository.commit(listed[0] if listed else own)


def without_credentials(remote: str) -> str:
    """``remote`` as it may be shown: a URL may contain a token, and CI keeps the output."""
    return re.sub(r"^([A-Za-z][A-Za-z0-9+.-]*://)[^/]*@", r"\1", remote)


def ref_component(remote: str) -> str:
    """The name of ``remote`` as part of a ref: itself, or a hash of a URL or of any name that can't be one."""
    if re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_-]*", remote):
        return remote
    import hashlib

    return "url-" + hashlib.sha256(remote.encode(errors="surrogateescape")).hexdigest()[:16]
