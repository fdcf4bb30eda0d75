"""`covgate doctor` on the commit: which one, under which rules, and where it is measured."""

from __future__ import annotations

from collections.abc import Mapping

from covgate.config import Config, Isolation, parse_config
from covgate.doctor.findings import Fact, Finding, Found, Here, Severity, named, shell
from covgate.errors import ConfigurationError, UsageError
from covgate.gate.context import CONFIGURATION_FILES, Session
from covgate.git.worktree import why_not_in_place
from covgate.model.numbers import format_exact
from covgate.model.ref_update import matches

_SWITCHES = ("COVGATE_DISABLE", "COVGATE_ENABLED")


def checkout_config(session: Session) -> Config:
    """The configuration that lies in the checkout; ConfigurationError or UsageError where there is none to be had."""
    files = [_read(session, name) for name in CONFIGURATION_FILES]
    return parse_config(pyproject=files[0], own=files[1], environ=session.environ)


def why_aside(session: Session, config: Config, head: str) -> str:
    """Why ``head`` would not be measured where it lies; "" where it would."""
    if config.isolation is Isolation.WORKTREE:
        return 'isolation is "worktree"'
    return why_not_in_place(session.repository, head) if head else ""


def look_at_commit(here: Here) -> Found:
    """Which commit, and where it is measured."""
    if not here.head:
        yield Finding(
            name="no-commit",
            what="this repository has no commit yet",
            why="covgate measures commits",
            mend="git add --all && git commit",
        )
        return
    branch = here.session.repository.current_branch()
    yield Fact(name="commit", value=f"{here.head[:10]} {f'on {branch}' if branch else '(no branch is checked out)'}")
    if here.is_valid:
        yield from _not_committed(here)
    if here.aside and here.config.isolation is Isolation.IN_PLACE:
        yield Finding(
            name="not-in-place",
            what=f'isolation is "in-place", but {here.aside}',
            why=f"the commit can't be measured in a checkout that differs from it: {here.otherwise}",
            mend="git stash --include-untracked",
        )
    elif here.aside:
        setup = f"; `setup` runs there first: {shell(*here.config.setup)}" if here.config.setup else ""
        yield Fact(name="isolation", value=f"in covgate's own worktree: {here.aside}{setup}")
    else:
        yield Fact(name="isolation", value="in place: the checkout is clean")


def look_at_rules(here: Here, environ: Mapping[str, str]) -> Found:
    """Whether anything is gated, and by what bar. ``environ`` is the caller's own."""
    config = here.config
    if not here.is_valid:
        return
    switched = [name for name in _SWITCHES if not parse_config(environ={name: environ.get(name, "")}).enabled]
    if switched or not config.enabled:
        switch = (switched or [""])[0]
        yield Finding(
            name="disabled",
            what="covgate is switched off" + (f" by {switch}={environ[switch]} in this shell" if switch else ""),
            why="every push passes, and nothing is measured",
            mend=shell("unset", switch) if switch else f"set enabled = true in {here.table}, and commit it",
        )
    told = here.table if config.configured else "none: the defaults hold (covgate init writes some down)"
    variables = sorted(name for name in environ if name.startswith("COVGATE_") and environ[name])
    yield Fact(
        name="settings", value=told + (f"; {', '.join(variables)} of this shell come first" if variables else "")
    )
    policy = config.policy
    yield Fact(
        name="policy",
        value=f"{policy.kind.value}, floor {format_exact(policy.floor)}%, epsilon {format_exact(policy.epsilon)}"
        + ("" if policy.patch_floor is None else f", patch floor {format_exact(policy.patch_floor)}%"),
    )
    branch = here.session.repository.current_branch()
    if config.branches != ("*",):
        without = f", so not to {branch}" if branch and not matches(branch, config.branches) else ""
        yield Fact(name="branches", value=f"only pushes to {', '.join(config.branches)} are gated{without}")
    wanted = config.ratchet_branches
    if wanted is None:
        wanted = (here.session.repository.default_branch(here.remote) if here.remote else "",)
    yield Fact(name="ratchet", value=", ".join(filter(None, wanted)) or "no branch is known yet")


def _read(session: Session, name: str) -> bytes | None:
    try:
        return (session.repository.top / name).read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise UsageError(f"{name} can't be read: {error.strerror}", hint="see its permissions") from None


def _not_committed(here: Here) -> Found:
    """Settings that a push does not know of yet."""
    session = here.session
    severity, what = Severity.WARNING, "not committed yet"
    try:
        if session.config_at(here.head) == here.config:
            return
    except ConfigurationError as error:
        severity = Severity.PROBLEM
        what = f"mended here, but not committed yet; the commit has an {error.message}"
    changed = [
        named(here.top / name)
        for name in CONFIGURATION_FILES
        if (now := _read(session, name)) is not None and session.repository.file(here.head, name) != now
    ]
    if changed:
        yield Finding(
            name="not-committed",
            what=f"{' and '.join(changed)}: {what}",
            why="a push is judged by what its commit holds",
            mend=f"{shell('git', 'add', *changed)} && {shell('git', 'commit', '-m', 'Configure covgate', *changed)}",
            severity=severity,
        )
