"""`covgate doctor` on the commit: which one, under which rules, and where it is measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from covgate.config import Config, Isolation, parse_config, switched_off_by
from covgate.doctor.findings import Checkout, Fact, Finding, Results, Severity, listed, shell
from covgate.errors import ConfigurationError, UsageError
from covgate.files import relative
from covgate.gate.context import CONFIGURATION_FILES, Session
from covgate.gate.overridden import deciding_variables
from covgate.install.file_edits import FileEdit
from covgate.measure import uncommitted
from covgate.measure.unmeasured import last_pushes, read_unmeasured
from covgate.model.numbers import format_exact
from covgate.model.ref_update import matches


def checkout_config(session: Session, edits: Sequence[FileEdit] = ()) -> Config:
    """The configuration in the checkout, as it is after ``edits``.

    Raises ConfigurationError or UsageError if it can't be read.
    """
    edited = {each.path: each.after for each in edits}
    paths = {name: (session.repository.top / name).resolve() for name in CONFIGURATION_FILES if edited}
    files = [edited[paths[name]] if paths.get(name) in edited else _read(session, name) for name in CONFIGURATION_FILES]
    return parse_config(pyproject=files[0], own=files[1], environ=session.environ)


def why_aside(session: Session, config: Config, head: str) -> str:
    """Why ``head`` would be measured in covgate's own worktree; "" if it would be measured in place."""
    if config.isolation is Isolation.WORKTREE:
        return 'isolation is "worktree"'
    return uncommitted.why_aside(session.repository, head, config, session.environ) if head else ""


def check_commit(checkout: Checkout) -> Results:
    """Which commit is measured, and where."""
    if not checkout.head:
        yield Finding(
            name="no-commit",
            what="this repository has no commit yet",
            why="covgate measures commits",
            fix="git add --all && git commit",
        )
        return
    branch = checkout.session.repository.current_branch()
    place = f"on {branch}" if branch else "(no branch is checked out)"
    yield Fact(name="commit", value=f"{checkout.head[:10]} {place}")
    if checkout.is_valid:
        yield from _check_committed(checkout)
    if checkout.aside and checkout.config.isolation is Isolation.IN_PLACE:
        yield Finding(
            name="not-in-place",
            what=f'isolation is "in-place", but {checkout.aside}',
            why=f"the commit can't be measured in a checkout that differs from it: {checkout.if_unmeasured}",
            fix="git stash --include-untracked",
        )
    elif checkout.aside:
        setup = f"; `setup` runs there first: {shell(*checkout.config.setup)}" if checkout.config.setup else ""
        yield Fact(name="isolation", value=f"in covgate's own worktree: {checkout.aside}{setup}")
    else:
        yield Fact(name="isolation", value="in place: the checkout is clean")


def check_rules(checkout: Checkout, environ: Mapping[str, str]) -> Results:
    """Whether pushes are gated, and by which rules. ``environ``: the environment of the caller."""
    config = checkout.config
    if not checkout.is_valid:
        return
    yield from _check_enabled(checkout, environ)
    source = checkout.table if config.configured else "none: the defaults apply (`covgate init` writes a table)"
    overridden = f", overridden by {', '.join(config.overrides)} in this shell" if config.overrides else ""
    yield Fact(name="settings", value=source + overridden)
    yield from _check_variables(checkout)
    policy = config.policy
    rules = f"{policy.kind.value}, floor {format_exact(policy.floor)}%, epsilon {format_exact(policy.epsilon)}"
    if policy.patch_floor is not None:
        small = f" from {policy.patch_min_lines} lines on" if policy.patch_min_lines else ""
        rules += f", patch floor {format_exact(policy.patch_floor)}%{small}"
    yield Fact(name="policy", value=rules)
    branch = checkout.session.repository.current_branch()
    if config.branches != ("*",):
        without = f", so not to {branch}" if branch and not matches(branch, config.branches) else ""
        yield Fact(name="branches", value=f"only pushes to {', '.join(config.branches)} are gated{without}")


def check_pushes(checkout: Checkout) -> Results:
    """Whether the last pushes from this clone were measured."""
    unmeasured = read_unmeasured(checkout.session.repository.state_dir)
    if unmeasured:
        yield Finding(
            name="unmeasured-pushes",
            what=f"{last_pushes(unmeasured.pushes)} not measured: {unmeasured.reason}",
            why="what was pushed passed without a verdict, and the baseline does not include it",
            fix="covgate check",
            severity=Severity.WARNING,
        )


def _check_variables(checkout: Checkout) -> Results:
    """Whether environment variables change what is run, counted or judged."""
    deciding = deciding_variables(checkout.session, checkout.config)
    if deciding:
        yield Finding(
            name="environment",
            what=f"{listed(deciding)} in this shell {'changes' if len(deciding) == 1 else 'change'} what is run,"
            " counted or judged",
            why="others get a different result for the same commit, so nothing is recorded, and no baseline rises",
            fix=shell("unset", *deciding),
            severity=Severity.WARNING,
        )


def _check_enabled(checkout: Checkout, environ: Mapping[str, str]) -> Results:
    switched = switched_off_by(environ)
    if not switched and checkout.config.enabled:
        return
    yield Finding(
        name="disabled",
        what="covgate is switched off" + (f" by {switched} in this shell" if switched else ""),
        why="every push passes, and nothing is measured",
        fix=shell("unset", switched.partition("=")[0])
        if switched
        else f"set enabled = true in {checkout.table}, and commit it",
    )


def _check_committed(checkout: Checkout) -> Results:
    """Settings in the checkout that a push doesn't use yet."""
    session = checkout.session
    severity, what = Severity.WARNING, "not committed yet"
    try:
        if session.config_at(checkout.head) == checkout.config:
            return
    except ConfigurationError as error:
        severity = Severity.PROBLEM
        what = f"fixed here, but not committed yet; the commit has an {error.message}"
    changed = [
        relative(checkout.top / name)
        for name in CONFIGURATION_FILES
        if (now := _read(session, name)) is not None and session.repository.file(checkout.head, name) != now
    ]
    if changed:
        yield Finding(
            name="not-committed",
            what=f"{' and '.join(changed)}: {what}",
            why="a push is judged by the configuration in its commit",
            fix=f"{shell('git', 'add', *changed)} && {shell('git', 'commit', '-m', 'Configure covgate', *changed)}",
            severity=severity,
        )


def _read(session: Session, name: str) -> bytes | None:
    try:
        return (session.repository.top / name).read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise UsageError(f"{name} can't be read: {error.strerror}", hint="check its permissions") from None
