"""The notes travel while a workflow runs. What goes wrong with the remote is a notice, never a failed push."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from covgate.config import Config
from covgate.errors import ToolError
from covgate.gate.context import Session
from covgate.gate.target import default_branch_notices
from covgate.git.ask import asking
from covgate.git.execute import end_group
from covgate.git.remote import Remote
from covgate.git.upstream import upstream_of
from covgate.notes.ref import FILES_REF, NOTES_REF

# Late imports below: joining and publishing load much that a push without news does not need.
_NOT_FETCHED = "judged by the notes that are here"
_NOT_PUBLISHED = "they stay here, and go with the next push of somebody who may write there"


def syncs(config: Config, remote: Remote) -> bool:
    """Whether notes are exchanged with ``remote``."""
    return bool(remote) and config.sync


class Reaching:
    """A remote that is being asked, and the one that it is a fork of. Their notes may be fetched in parallel.

    Use `reaching` to create it. ``notices`` collects what goes wrong.
    """

    def __init__(self, target: Remote, under_way: contextlib.ExitStack, notices: list[str]) -> None:
        self._target, self._under_way, self._notices = target, under_way, notices
        self._question = under_way.enter_context(asking(target)) if target and target.listing is None else None
        self._upstream = upstream_of(target) if target else None
        if self._upstream is not None:
            self._other = under_way.enter_context(asking(self._upstream, NOTES_REF))
        self._fetches: list[_Fetching] = []

    def fetch_notes(self) -> None:
        """Start to fetch the notes; they are joined when the block ends."""
        for remote in (self._target, self._upstream) if not self._fetches else ():
            if remote:
                self._fetches.append(self._under_way.enter_context(_fetching(remote, self._notices)))

    def answered(self) -> Remote:
        """The remote with its answer. A remote that didn't answer in time is given up.

        A fork is judged by its original only if the original uses covgate, which means that it has notes.
        """
        target = self._question.answered() if self._question else self._target
        upstream = self._other.answered() if self._upstream is not None else None
        for fetch, remote in zip(self._fetches, (target, upstream), strict=False):
            fetch.given_up = no_answer(remote) if remote else ""
        if upstream is not None and _has_notes(upstream):
            return replace(target, upstream=upstream)
        if upstream is not None and upstream.listing is not None and upstream.listing.problem:
            # As far as is known covgate is not in use there, so its silence means nothing.
            self._upstream = None
            for fetch in self._fetches[1:]:
                fetch.given_up = "no notes are known there"
        return target


@contextlib.contextmanager
def reaching(target: Remote, notices: list[str]) -> Iterator[Reaching]:
    """Ask ``target`` while the block runs. What goes wrong is added to ``notices``."""
    with contextlib.ExitStack() as under_way:
        yield Reaching(target, under_way, notices)


def _has_notes(remote: Remote) -> bool:
    """Whether ``remote`` has notes; if it gave no answer, whether it had some before."""
    if remote.answer is not None:
        return NOTES_REF in remote.answer.others
    from covgate.notes.fetch import tracking_ref

    return bool(remote.repository.commit(tracking_ref(remote)))


class _Fetching:
    """A running fetch of the notes. ``given_up``: why covgate no longer waits for it, "" if it does."""

    def __init__(self) -> None:
        self.given_up = ""


@contextlib.contextmanager
def _fetching(remote: Remote, notices: list[str]) -> Iterator[_Fetching]:
    """Fetch the notes while the block runs, and join them at its end. Failures are added to ``notices``."""
    from covgate.notes.fetch import start_fetch

    state, fetch = _Fetching(), start_fetch(remote)
    try:
        yield state
    finally:
        if state.given_up:
            remote.not_fetched.append(state.given_up)
            end_group(fetch.process)  # reported with the default branch, which got no answer either
        else:
            from covgate.notes.join import join_fetched

            with _as_notice(notices, _NOT_FETCHED):
                try:
                    notices += join_fetched(fetch)
                except ToolError as error:
                    remote.not_fetched.append(error.message)
                    raise


def fetch(config: Config, remote: Remote, commits: Sequence[str]) -> tuple[Remote, list[str]]:
    """Ask the remote, fetch and join the newest notes, and in a shallow clone the ancestors of ``commits``.

    Returns the remote with its answer, and notices.
    """
    notices: list[str] = []
    if not remote:
        return remote, notices
    with reaching(remote, notices) as reached:
        if config.sync:
            reached.fetch_notes()
        remote = reached.answered()
    for each in filter(None, (remote, remote.upstream)):
        notices += default_branch_notices(each, config)
    if config.sync and not no_answer(remote):
        notices += deepen(remote, [[commit] for commit in commits])
    return remote, notices


def no_answer(remote: Remote) -> str:
    """Why covgate no longer waits for ``remote``; "" if it answered, even with an error."""
    return remote.listing.problem if remote.listing and remote.listing.timed_out else ""


def deepen(remote: Remote, groups: Sequence[Sequence[str]]) -> list[str]:
    """In a shallow clone, fetch the ancestors that decide for each group of commits. Returns notices."""
    repository = remote.repository
    if not repository.shallow:
        return []
    from covgate.notes.deepen import fetch_ancestors

    notices = []
    fetched = 0
    try:
        for group in groups:
            known = [commit for commit in map(repository.commit, group) if commit]
            fetched += fetch_ancestors(remote, known)
    except ToolError as error:
        notices.append(f"WARNING: the ancestors could not be fetched from {remote.shown}: {error.message}")
    if fetched:
        notices.append(f"this clone was shallow: {fetched} ancestors were fetched to find the baseline")
    return notices


class Published(NamedTuple):
    """The result of publishing: ``notices`` for the user, and whether the remote refused the notes (``failed``)."""

    notices: tuple[str, ...] = ()
    failed: bool = False


def publish(remote: Remote) -> Published:
    """Push the notes. A user who may not write them is still gated, so a refusal is only a notice.

    covgate doesn't try a remote again that gave no answer in time.
    """
    if no_answer(remote):
        return Published(failed=True)
    from covgate.notes import refusal
    from covgate.notes.fetch import tracking_ref

    repository = remote.repository
    # The code that reads the lines is slow to load. If there are no new lines, publish only the records.
    lines = repository.commit(FILES_REF) != repository.commit(tracking_ref(remote, FILES_REF))
    records = repository.commit(NOTES_REF)
    if records and records == repository.commit(tracking_ref(remote, NOTES_REF)) and not lines:
        refusal.clear(remote, NOTES_REF)  # the remote has them
        return Published()
    from covgate.notes.publish import publish as push_notes

    refs = [NOTES_REF, *([FILES_REF] if lines else [])]
    notices: list[str] = []
    try:
        pushes = push_notes(remote, *refs, notices=notices)
    except ToolError as error:
        return Published(notices=(*notices, f"WARNING: {error.message}; {_NOT_PUBLISHED}"), failed=True)
    if pushes:
        notices.append(f"published to {remote.shown}: {' and '.join(refs)}")
    return Published(notices=tuple(notices))


def publish_in_use(session: Session, commits: Iterable[str], remote: Remote) -> Published:
    """Push the notes of ``commits`` if a hook may do that: in a repository that uses covgate."""
    from covgate.notes.fetch import tracking_ref

    if not session.publishes:
        return Published(notices=("not published: this was no push or merge (covgate sync publishes the notes)",))
    known = bool(remote.repository.commit(tracking_ref(remote, NOTES_REF)))
    if known or any(session.uses_covgate(commit) for commit in commits):
        return publish(remote)
    return Published(
        notices=("not published: no commit here configures covgate (covgate init does, covgate sync publishes)",)
    )


@contextlib.contextmanager
def _as_notice(notices: list[str], instead: str) -> Iterator[None]:
    """Turn a ToolError into a notice that says what happens ``instead``."""
    try:
        yield
    except ToolError as error:
        notices.append(f"WARNING: {error.message}; {instead}")
