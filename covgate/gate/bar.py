"""The rules a push is judged by: its own configuration, and its base's wherever its own is weaker.

A push can't weaken its own rules. Its bases are the commit that it replaces, and the point where it left the default
branch. A changed configuration counts as the base's once it has landed there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from covgate.config import Config
from covgate.errors import ConfigurationError
from covgate.gate.base_sources import kept_products, stricter_coverage
from covgate.gate.context import CONFIGURATION_FILES, HOOKS_FILE, Session
from covgate.gate.decisions import choose_bases
from covgate.git.remote import Remote
from covgate.git.repository import Repository
from covgate.model.policy import Policy, weakened
from covgate.model.ref_update import RefUpdate, matches

_PYTEST_FILES = ("pytest.toml", ".pytest.toml", "pytest.ini", ".pytest.ini")
_COVERAGE_FILES = (".coveragerc", ".coveragerc.toml", "setup.cfg", "tox.ini", "pyproject.toml")
_SEARCHED = 100  # changes of an invalid configuration


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """What a commit has to reach.

    ``config`` is what it is measured and judged with; ``base_policies`` must hold as well. ``bases`` are the commits
    that these come from. ``notices`` say which of their rules apply. ``branch`` is where the commit goes, "" if that is
    unknown; ``lands``: changes land there, so that its record may be the first one.
    """

    config: Config
    remote: Remote
    bases: tuple[str, ...] = ()
    base_policies: tuple[Policy, ...] = ()
    notices: tuple[str, ...] = ()
    branch: str = ""
    lands: bool = True

    @property
    def base(self) -> str:
        """The nearest base, "" for none: the commit that the push replaces, if it replaces one."""
        return self.bases[0] if self.bases else ""

    @property
    def policies(self) -> tuple[Policy, ...]:
        """The policies that must hold: the commit's own, then those of the bases that are stricter."""
        return (self.config.policy, *self.base_policies)


def lands_on(session: Session, remote: Remote, branch: str) -> bool:
    """Whether changes land on ``branch``: the default branch, or a ratchet branch by the default branch's rules."""
    if remote.upstream is not None:
        return False  # the branch of a fork
    if branch == remote.default_branch():
        return True
    tip = remote.default_tip()
    try:
        ratchets = session.config_at(tip).ratchet_branches if tip else None
    except ConfigurationError:
        return False
    return ratchets is not None and matches(branch, ratchets)


def bars_of_push(session: Session, remote: Remote, update: RefUpdate) -> tuple[Bar, ...]:
    """What each component of ``update`` has to reach: its bases are what it replaces, and where it left the default
    branch.

    Raises ConfigurationError if the pushed configuration is invalid.
    """
    commit, branch = update.local_oid, update.gated_as
    lands = lands_on(session, remote, branch)
    if update.branch:
        bases = choose_bases(
            replaced=remote.replaced_tip(update),
            fork_point=lambda: remote.fork_point(commit),
            lands=lands,
            named="" if update.certain else remote.repository.commit(update.remote_oid),
        )
    else:  # for review: it has not landed yet, whatever its target branch is
        left = [remote.replaced_tip(update), remote.fork_point(commit, branch)]
        left += [] if lands else [remote.fork_point(commit)]
        bases, lands = tuple(dict.fromkeys(filter(None, left))), False
    bars = [replace(bar, lands=lands) for bar in bars_of(session, commit, bases, remote, branch)]
    if update.branch:
        return tuple(bars)
    like = f"a push to {branch}, but raises no baseline" if branch else "a push to an unknown branch"
    return tuple(replace(bar, notices=(f"{update.remote_ref} is gated like {like}", *bar.notices)) for bar in bars)


def bars_of(session: Session, commit: str, bases: Sequence[str], remote: Remote, branch: str = "") -> tuple[Bar, ...]:
    """What each component of ``commit`` has to reach if its bases are ``bases`` and it goes to ``branch``.

    ``branch`` is "" if it is unknown. Raises ConfigurationError if the commit's configuration is invalid.
    """
    bars = []
    for part in session.config_at(commit).parts:
        bar = Bar(config=part, bases=tuple(bases), remote=remote, branch=branch)
        for base in bases:
            if base != commit:
                bar = _enforce(session, commit, base, bar, branch)
        bars.append(bar)
    return tuple(bars)


def _enforce(session: Session, commit: str, base: str, bar: Bar, branch: str) -> Bar:
    """``bar`` with the rules of ``base`` wherever they are stricter."""
    repository, component = session.repository, bar.config.component
    own = session.config_at(commit).part(component) or bar.config
    own_files = _files(repository, commit, own)
    notices: list[str] = []
    valid, whole = _valid_config(session, base, own, notices)
    earlier = whole.part(component) or _rules_for_new(own, whole)
    base_files = _files(repository, valid, earlier) if valid else own_files
    kept: tuple[str, ...] = ()
    if earlier.configured or _is_in_use(session, base, base_files):
        kept, unknown = kept_products(session, commit, own, base, earlier, base_files)
        notices += unknown
    if own_files == base_files and not kept and valid:
        return replace(bar, notices=(*bar.notices, *notices))
    from covgate.gate.stricter import base_rules, reported_changes, stricter_config  # late: most pushes change no rule

    earlier = base_rules(own, earlier, lambda: _is_in_use(session, base, base_files))
    config, weaker = stricter_config(
        bar.config,
        earlier,
        branch,
        lambda: (*_default_product(repository, commit, own), *kept),
        lambda: _has_sources(repository, commit, earlier.directory),
    )
    products = tuple(dict.fromkeys([*config.base_product, *kept]))
    if products != config.base_product and not config.source:
        config = replace(config, base_product=products)
        weaker.append(f"by default, {', '.join(kept)} would no longer be measured")
    if config.enabled and any(own_files.get(name) != base_files.get(name) for name in _COVERAGE_FILES):
        config, less, changed = stricter_coverage(session, commit, config, own_files, base_files)
        weaker += less
        notices += changed if base == bar.base else []
    policies = weakened(own.policy, earlier.policy) if earlier.policy not in bar.base_policies else ()
    if weaker or policies:
        landing = bar.remote.landing
        name = f"{landing.shown}/" if bar.remote.upstream else ""
        default = "" if base == bar.base else f" on {name}{landing.default_branch()}"
        notices.append(
            f"the base {base[:10]} is stricter, and its rules hold for this push: {'; '.join([*policies, *weaker])}"
            f" (a change counts once it has landed{default})"
        )
    if earlier.configured and base == bar.base:
        notices += [*reported_changes(own, earlier), *_changed_cov_options(own_files, base_files)]
    return replace(
        bar,
        config=config,
        base_policies=(*bar.base_policies, *([earlier.policy] if policies else [])),
        notices=(*bar.notices, *notices),
    )


def _valid_config(session: Session, base: str, own: Config, notices: list[str]) -> tuple[str, Config]:
    """The configuration of ``base``, or the last valid one before it, which a notice says; and its commit."""
    try:
        return base, session.config_at(base)
    except ConfigurationError:
        valid, whole = _last_valid(session, base, own)
    instead = f"those of {valid[:10]}, the last valid one before it," if valid else "the defaults"
    notices.append(f"the configuration of the base {base[:10]} is invalid: {instead} hold instead")
    return valid, whole


def _last_valid(session: Session, base: str, own: Config) -> tuple[str, Config]:
    """The newest commit before ``base`` whose configuration is valid, and that configuration.

    If there is none: "" and ``own``, enabled for all branches. An unreadable base must not switch the gate off.
    """
    argv = ("rev-list", "--first-parent", f"--max-count={_SEARCHED}", base, "--", *CONFIGURATION_FILES)
    for commit in session.repository.text(*argv).split():
        try:
            return commit, session.config_at(commit)
        except ConfigurationError:
            continue
    return "", replace(own, enabled=True, branches=("*",), configured=True)


def _rules_for_new(own: Config, base: Config) -> Config:
    """What ``base`` asks of a component that it doesn't have: what it asks of all components by default."""
    return replace(
        own,
        enabled=base.enabled,
        branches=base.branches,
        fail_closed=base.fail_closed,
        preview_merge=base.preview_merge,
        policy=base.policy,
    )


def _files(repository: Repository, commit: str, config: Config) -> dict[str, bytes]:
    """The files that configure covgate at the top, and those of coverage and pytest in the component's directory.

    The latter have their names without the directory, and the former then begin with a slash.
    """
    top = "/" if config.directory else ""
    wanted = {f"{top}{name}": name for name in CONFIGURATION_FILES} | {HOOKS_FILE: HOOKS_FILE}
    wanted |= {name: config.path(name) for name in (*_COVERAGE_FILES, *_PYTEST_FILES)}
    found = {name: repository.file(commit, path) for name, path in wanted.items()}
    return {name: data for name, data in found.items() if data is not None}


def _changed_cov_options(own: Mapping[str, bytes], base: Mapping[str, bytes]) -> list[str]:
    """A notice if pytest-cov would measure something else than at the base."""
    from covgate.measure.pytest_config import cov_options

    now, before = " ".join(cov_options(own)) or "none", " ".join(cov_options(base)) or "none"
    what = f"this push changes pytest-cov's options in addopts, which decide what is measured: {before} -> {now}"
    return [what] if now != before else []


def _is_in_use(session: Session, base: str, files: Mapping[str, bytes]) -> bool:
    """Whether ``base``, a commit with these ``files``, was gated: its hooks call covgate, or its history has a record.

    Other records don't count: the first `covgate check` of the commit that adopts covgate writes one, too.
    """
    return b"covgate" in files.get(HOOKS_FILE, b"") or session.notes.baseline([base]).baseline is not None


def _has_sources(repository: Repository, commit: str, directory: str) -> bool:
    """Whether ``directory`` has a file at ``commit`` that may be source code of a product."""
    from covgate.model.source_files import is_beside_product, is_prose

    start = f"{directory}/" if directory else ""
    inside = [path.removeprefix(start) for path in repository.paths(commit) if path.startswith(start)]
    return any(not is_prose(path) and not is_beside_product(path) for path in inside)


def _default_product(repository: Repository, commit: str, config: Config) -> tuple[str, ...]:
    """What is measured at ``commit`` if no source is configured."""
    from covgate.measure.sources import product_at

    return product_at(repository, commit, config.directory, config.others)[0]
