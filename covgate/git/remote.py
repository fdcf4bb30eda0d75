"""A remote: how its name is shown, which branch is its default, where its branches stand."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from covgate.git.kept_answer import KeptAnswer, forget, keep, read_kept, renew
from covgate.git.listing import Listing
from covgate.git.repository import Repository
from covgate.model.default_branch import DefaultBranch, How, choose_default_branch
from covgate.model.ref_update import HEADS, RefUpdate

# A fetch that brings only the refs that are named, and leaves nothing else behind. --refmap= ignores the refspecs that
# the user configured: one for refs/notes/* would overwrite notes that are not published yet.
FETCH = (
    "fetch",
    "--refmap=",
    "--quiet",
    "--no-write-fetch-head",
    "--no-tags",
    "--no-auto-maintenance",
    "--no-recurse-submodules",
)


@dataclass(frozen=True)
class Remote:
    """A remote of ``repository``.

    ``name`` is the name of a configured remote, or a URL. A remote without a name is no remote, and false. ``listing``
    is what it answered, None if it was not asked (`covgate.git.ask`). ``coming`` are the branches that the push under
    way brings: the first one of an empty remote becomes its default branch. Without a push it is one of those here.
    ``spared`` means that it was not asked, since it lists very many refs and was asked lately. ``upstream`` is the
    remote that this one is a fork of: changes land there. ``not_fetched``: why its notes could not be fetched.
    """

    repository: Repository
    name: str = ""
    listing: Listing | None = None
    coming: tuple[str, ...] = ()
    spared: bool = False
    upstream: Remote | None = None
    not_fetched: list[str] = field(default_factory=list, repr=False, compare=False)
    _problems: list[str] = field(default_factory=list, init=False, repr=False, compare=False)
    _fork_points: dict[tuple[str, str], str] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __bool__(self) -> bool:
        return bool(self.name)

    @property
    def landing(self) -> Remote:
        """Where changes land: itself, or the remote that it is a fork of."""
        return self.upstream or self

    @property
    def shown(self) -> str:
        """The name for messages, without credentials."""
        return without_credentials(self.name)

    @property
    def known(self) -> bool:
        """Whether this is a configured remote; a URL is not."""
        return self.name in self.repository.remotes()

    @property
    def answer(self) -> Listing | None:
        """What it answered; None if it was not asked, or gave no answer."""
        return None if self.listing is None or self.listing.problem else self.listing

    def tracking(self, branch: str) -> str:
        """The ref that has ``branch`` as git last fetched it."""
        return f"refs/remotes/{self.name}/{branch}"

    def own_ref(self, name: str) -> str:
        """The ref that has what covgate itself last fetched as ``name``."""
        return f"refs/covgate/remotes/{ref_component(self.name)}/{name}"

    def default_branch(self) -> str:
        """The short name of the default branch; "" if it is unknown. The network is not used."""
        return self.default.name

    @cached_property
    def default(self) -> DefaultBranch:
        """The default branch, and how it is known: from the answer, else from what is known here."""
        return choose_default_branch(
            named=self.answer.named if self.answer else None,
            kept=self.kept.default,
            there=self._branches_there,
            likely=self._likely_branches,
        )

    def _branches_there(self) -> frozenset[str]:
        """The branches that may be the default branch, as far as they are known."""
        if self.answer is not None and self.answer.heads:
            return self.answer.candidates
        if self._is_empty and self.coming:
            return frozenset(self.coming)
        # Without a remote, or before the first push, the local branches are all there is.
        prefix = HEADS if self._is_empty or not self else self.tracking("")
        listed = self.repository.text("for-each-ref", "--format=%(refname)", prefix).splitlines()
        return frozenset(each.removeprefix(prefix) for each in listed) - {"HEAD"}

    def _likely_branches(self) -> Iterator[tuple[str, How]]:
        repository, prefix = self.repository, self.tracking("")
        head = repository.text("symbolic-ref", "--quiet", f"{prefix}HEAD") if self else ""
        if head.startswith(prefix):
            yield head.removeprefix(prefix), How.FETCHED
        for name in (repository.config("init.defaultBranch"), "main", "master"):
            yield name, How.USUAL
        if self._is_empty:
            yield repository.current_branch(), How.CHECKED_OUT

    @property
    def _is_empty(self) -> bool:
        """Whether the remote has said that it has no branch yet."""
        return self.answer is not None and not self.answer.heads

    @property
    def _kept_file(self) -> Path:
        return self.repository.state_dir / f"default-branch-{ref_component(self.name)}"

    @property
    def kept(self) -> KeptAnswer:
        """What it answered last."""
        return read_kept(self._kept_file) if self else KeptAnswer()

    @property
    def needs_asking(self) -> bool:
        """Whether its default branch is unknown, or what is kept of it may be outdated."""
        name, kept = self.default.name, self.default.how is How.KEPT
        return not name or (kept and self.kept.may_be_outdated(bool(self.repository.commit(self.tracking(name)))))

    def postpone_asking(self) -> None:
        """If it gave no answer, what is kept counts as new: nobody waits for it again at each merge."""
        if self.listing is not None and self.listing.problem:
            renew(self._kept_file)

    def keep_default_branch(self) -> None:
        """Store the default branch that the remote has named. It is no error if the file can't be written."""
        if self.answer is not None and self.default.how is How.NAMED:
            keep(self._kept_file, self.default.name, self.answer.size)

    def default_tip(self) -> str:
        """The oid of the default branch's tip, where changes land; "" if there is none.

        If the remote answered, this is its present tip, which is fetched if it is new here. Otherwise it is the tip
        that was fetched last. A URL has no tracking refs, so those of the default remote are used.
        """
        if self.upstream is not None:
            return self.upstream.default_tip()
        if self.answer is not None or self.spared or self.known:
            return self._default_tip
        other = self.repository.default_remote()
        return Remote(self.repository, other)._default_tip if other else ""

    @cached_property
    def _default_tip(self) -> str:
        repository, branch = self.repository, self.default.name
        oid = self.answer.heads.get(branch, "") if self.answer else ""
        if oid or self.spared:
            # Another covgate of this clone may have fetched it meanwhile, and held the ref.
            found = repository.commit(oid) or self.fetch_tip(HEADS + branch, "HEAD") or repository.commit(oid)
            if found:
                return found
            forget(self._kept_file)  # it may have been renamed: the next push asks
            self._problems.append(
                f"WARNING: {branch} of {self.shown} could not be fetched: judged by what was fetched of it before"
            )
        return (repository.commit(self.tracking(branch)) if branch else "") or repository.commit(self.own_ref("HEAD"))

    @property
    def problems(self) -> tuple[str, ...]:
        """One notice for each tip that could not be fetched."""
        return (*self._problems, *(self.upstream.problems if self.upstream else ()))

    def fork_point(self, commit: str, branch: str = "") -> str:
        """The oid where ``commit`` left ``branch``, by default the default branch; "" if there is no such branch.

        Without a common ancestor, or if a shallow clone hides it, this is the tip of the branch.
        """
        if (commit, branch) not in self._fork_points:
            tip = self.branch_tip(branch) if branch and branch != self.default_branch() else self.default_tip()
            self._fork_points[commit, branch] = tip and (self.repository.merge_base(commit, tip) or tip)
        return self._fork_points[commit, branch]

    def replaced_tip(self, update: RefUpdate) -> str:
        """The oid of the remote tip that ``update`` replaces; "" if the ref is new.

        pre-commit names an ancestor if the ref is new, so only the remote's answer, or a tip that was seen there, is
        reliable. A tip that is not here is fetched. If that fails, this is the tip that was fetched last. A new ref
        replaces nothing, even if an old branch of the same name still has a tracking ref here.
        """
        repository, tracking = self.repository, self.tracking(update.branch)
        oid = update.remote_oid
        if not update.certain:
            if self.answer is not None:
                oid = self.answer.heads.get(update.branch, "")
            elif oid != repository.commit(tracking):
                oid = ""
        if not oid:
            return ""
        return repository.commit(oid) or self.fetch_tip(update.remote_ref) or repository.commit(tracking)

    def branch_tip(self, branch: str) -> str:
        """The oid of a branch of the remote, fetched if it is new here; "" if there is none."""
        oid = self.answer.heads.get(branch, "") if self.answer else ""
        if not oid and not self.spared:
            return ""
        return self.repository.commit(oid) or self.fetch_tip(HEADS + branch)

    def fetch_tip(self, ref: str, name: str = "fetched") -> str:
        """Fetch the tip of ``ref`` to covgate's own ref ``name``. Returns its oid, "" if that fails."""
        repository, own = self.repository, self.own_ref(name)
        # A fetch with a depth cuts off the history behind the tip, even if it was here. So it is used only in a shallow
        # clone that knows nothing of the branch, as in CI: without it, the whole history would be fetched there.
        seen = repository.commit(self.tracking(ref.removeprefix(HEADS))) or repository.commit(own)
        depth = ["--depth=1"] if repository.shallow and not seen else []
        argv = (*FETCH, *depth, "--", self.name, f"+{ref}:{own}")
        status, _, _ = repository.transfer(*argv)
        repository.refresh()
        return "" if status else repository.commit(own)


def without_credentials(remote: str) -> str:
    """``remote`` as it may be shown: a URL may contain a token, and CI keeps the output."""
    return re.sub(r"^([A-Za-z][A-Za-z0-9+.-]*://)[^/]*@", r"\1", remote)


def ref_component(remote: str) -> str:
    """The name of ``remote`` as part of a ref: itself, or a hash of a URL or of any name that can't be one."""
    if re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_-]*", remote):
        return remote
    import hashlib

    return "url-" + hashlib.sha256(remote.encode(errors="surrogateescape")).hexdigest()[:16]
