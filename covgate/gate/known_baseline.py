"""The baseline that a commit has to reach: from its ancestors' records, else from the default branch's or older ones.

An orphan branch, a rewritten history, or a branch from before the first record has no ancestor with a record, although
other commits have one. Such a branch must not silently start without a baseline.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from covgate.errors import ToolError, as_notice
from covgate.gate.bar import Bar
from covgate.gate.context import Session
from covgate.gate.decisions import Instead, instead_of_ancestors
from covgate.git.remote import Remote
from covgate.git.repository import Repository
from covgate.notes.records import Lookup, Notes
from covgate.notes.repair import repair

_REFLOG_ENTRIES = 50
_BEGIN = "`covgate baseline set VALUE --reason TEXT`"
# Branches for web pages or packages often share such files with the project.
_NO_SOURCE = frozenset(
    """.cfg .css .csv .gif .html .ico .in .ini .jpg .json .lock .map .md .pdf .png .rst .sh .svg .toml .txt .woff
    .woff2 .xml .yaml .yml""".split()
) | {""}


class KnownBaseline(NamedTuple):
    """``lookup``: what was found among the ancestors of ``tips``; ``notices`` for the user.

    ``unrelated``: why the commit is not judged at all; "" if it is judged. ``unknown``: none was found, and the notes
    could not be fetched.
    """

    tips: tuple[str, ...]
    lookup: Lookup
    notices: tuple[str, ...] = ()
    unrelated: str = ""
    unknown: bool = False


def repair_notes(session: Session, notes: Notes, bar: Bar, notices: list[str]) -> None:
    """Restore what was lost or lowered in ``notes``. ``notices`` gets what was done, and an error.

    After an error, what the notes say now decides: they still have baselines. Raises it as ToolError if errors block.
    """
    if session.blocks_on_error(bar.config):
        notices += repair(notes)
        return
    with as_notice(notices, "the history of the notes could not be checked, so they are used as they are"):
        notices += repair(notes)


def find_baseline(session: Session, notes: Notes, commit: str, tips: Sequence[str], bar: Bar) -> KnownBaseline:
    """The baseline that ``commit`` has to reach, by the records on it, on ``tips``, and on their ancestors.

    Raises ToolError if one of them can't be trusted, and errors block.
    """
    known = tuple(filter(None, map(session.repository.commit, (commit, *tips))))
    component = bar.config.component
    lookup = notes.baseline(known, component)
    if lookup.problems and session.blocks_on_error(bar.config):
        raise ToolError(lookup.problems[0], hint="git notes --ref=coverage remove <commit> removes it")
    notices = list(lookup.problems)
    if lookup.hidden:
        notices.append(
            "this clone is shallow and hides ancestors: judged by every record there is"
            " (git fetch --unshallow shows them)"
        )
    found = KnownBaseline(tips=known, lookup=lookup)
    if lookup.baseline is None and bar.remote and notes.has_baseline(component):
        found = _stand_in(session, notes, commit, found, bar)
    if found.lookup.baseline is None and any(policy.kind.uses_baseline for policy in bar.policies):
        why = [*bar.remote.not_fetched, *bar.remote.landing.not_fetched]
        if why and not found.unrelated and session.blocks_on_error(bar.config):
            raise ToolError(f"the baseline is unknown: {why[0]}", hint="git fetch shows whether the remote can be read")
        found = found._replace(unknown=bool(why))
    return found._replace(notices=(*notices, *found.notices))


def _stand_in(session: Session, notes: Notes, commit: str, found: KnownBaseline, bar: Bar) -> KnownBaseline:
    """The records that judge a commit whose ancestors have none: those of the default branch, or of former tips.

    Raises ToolError if the default branch's can't judge it, and errors block.
    """
    landing = bar.remote.landing
    default, tip = landing.default_branch(), "" if bar.lands else bar.remote.default_tip()
    component = bar.config.component
    lookup = notes.baseline([*found.tips, tip], component) if tip else Lookup()
    branch = bar.branch if bar.lands else default
    former = _former_tips(landing, branch)
    before = notes.baseline(former, component)
    instead = instead_of_ancestors(
        lands=bar.lands,
        blocks=session.blocks_on_error(bar.config) and any(policy.kind.uses_baseline for policy in bar.policies),
        default_has_records=lambda: lookup.baseline is not None,
        is_related=lambda: _is_related(notes.repository, commit, tip),
        former_has_records=lambda: before.baseline is not None,
    )
    if instead is Instead.NOT_JUDGED:
        where = bar.branch or commit[:10]
        return found._replace(unrelated=f"{where} has neither history nor a source file in common with {default}")
    if instead is Instead.DEFAULT_BRANCH:
        return KnownBaseline(
            tips=(*found.tips, tip),
            lookup=Lookup(baseline=lookup.baseline),  # not ``seen``: this commit does not inherit it
            notices=(f"no ancestor of {commit[:10]} has a record: judged by those of {default}, at {tip[:10]}",),
        )
    unknown = f", and the default branch of {landing.shown} is unknown"
    also = "" if bar.lands else f", and no ancestor of {default} either" if tip else unknown
    what = f"no ancestor of {commit[:10]} has a record{also}, although other commits have (was history rewritten?)"
    if instead is Instead.BLOCKED:
        raise ToolError(f"the baseline is unknown: {what}", hint=f"{_BEGIN} begins a new one")
    if instead is Instead.FORMER_TIPS:
        # A branch that is rewritten or pushed again goes on with its baseline.
        held = Lookup(baseline=before.baseline, seen=before.baseline if bar.lands else None)
        how = f"judged by what {branch} of {landing.shown} was before; {_BEGIN} begins anew"
        return KnownBaseline(tips=(*found.tips, *former), lookup=held, notices=(f"WARNING: {what}: {how}",))
    how = "a new baseline begins" if bar.lands else "judged without a baseline"
    return found._replace(notices=(f"WARNING: {what}: {how}",))


def _former_tips(remote: Remote, branch: str) -> tuple[str, ...]:
    """The commits that ``branch`` of ``remote`` was at, as far as this clone has seen it, the newest first."""
    if not branch:
        return ()
    repository, tracking = remote.repository, remote.tracking(branch)
    seen = [repository.commit(tracking)]
    if branch == remote.default_branch():
        seen.append(repository.commit(remote.own_ref("HEAD")))
    moves = repository.text("log", "-g", "--format=%H", f"--max-count={_REFLOG_ENTRIES}", tracking, "--").split()
    first = repository.commit(f"{tracking}@{{{len(moves)}}}") if moves else ""  # where the first move came from
    return tuple(dict.fromkeys(each for each in (*seen, *moves, first) if each))


def _is_related(repository: Repository, commit: str, other: str) -> bool:
    """Whether the commits share history, or the path of a file that may be source code."""
    if repository.merge_base(commit, other):
        return True
    return not _source_paths(repository, commit).isdisjoint(_source_paths(repository, other))


def _source_paths(repository: Repository, commit: str) -> set[str]:
    from covgate.model.source_files import is_beside_product, suffix  # late: only for a commit without a baseline

    listed = repository.run("ls-tree", "-r", "-z", "--name-only", "--full-tree", commit).decode(errors="replace")
    return {path for path in listed.split("\0") if suffix(path) not in _NO_SOURCE and not is_beside_product(path)}
