"""The rules a push is judged by: its own configuration, and its base's wherever its own is weaker.

A push can't weaken its own rules. Its base is the commit that it replaces, or the point where it left the default
branch. A changed configuration becomes the base's once it has landed there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from covgate.config import Config
from covgate.errors import ConfigurationError
from covgate.gate.base_sources import kept_products
from covgate.gate.context import CONFIGURATION_FILES, HOOKS_FILE, Session
from covgate.gate.decisions import base_rules, changed_measuring, choose_base, stricter_config
from covgate.git.remote import Remote
from covgate.git.repository import Repository
from covgate.model.policy import Policy, weakened
from covgate.model.ref_update import RefUpdate
from covgate.notes.ref import NOTES_REF

_COVERAGE_FILES = (".coveragerc", ".coveragerc.toml", "setup.cfg", "tox.ini", "pyproject.toml")


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """What a commit has to reach.

    ``config`` is what it is measured and judged with; ``base_policy``, if set, must hold as well. ``base`` is the
    commit that this comes from, "" for none. ``notices`` say which of the base's rules apply.
    """

    config: Config
    remote: Remote
    base: str = ""
    base_policy: Policy | None = None
    notices: tuple[str, ...] = ()

    @property
    def policies(self) -> tuple[Policy, ...]:
        """The policies that must hold: the commit's own, then the base's if that is stricter."""
        return (self.config.policy,) if self.base_policy is None else (self.config.policy, self.base_policy)


def base_of_push(remote: Remote, update: RefUpdate) -> str:
    """The commit that ``update`` replaces, else the point where it left the default branch; "" for neither."""
    return choose_base(
        named=remote.repository.commit(update.remote_oid),
        certain=update.certain,
        replaced=remote.replaced_tip(update),
        fork_point=lambda: remote.fork_point(update.local_oid),
    )


def bar_of(session: Session, commit: str, base: str, remote: Remote, branch: str = "") -> Bar:
    """What ``commit`` has to reach if its base is ``base`` ("" for none) and it goes to ``branch`` ("" if unknown).

    Raises ConfigurationError if the commit's configuration is invalid.
    """
    own = session.config_at(commit)
    bar = Bar(config=own, base=base, remote=remote)
    if not base or base == commit:
        return bar
    repository = session.repository
    own_files, base_files = _files(repository, commit), _files(repository, base)
    try:
        earlier = session.config_at(base)
    except ConfigurationError:
        return replace(bar, notices=(f"the configuration of the base {base[:10]} is invalid: it does not hold",))
    kept: tuple[str, ...] = ()
    if earlier.configured or _is_in_use(repository, base_files):
        kept = kept_products(session, commit, base, earlier, base_files)
    if own_files == base_files and not kept:
        return bar
    earlier = base_rules(own, earlier, lambda: _is_in_use(repository, base_files))
    config, weaker = stricter_config(own, earlier, branch, lambda: (*_default_product(repository, commit), *kept))
    if kept and not config.source:
        config = replace(config, base_product=kept)
        weaker.append(f"by default, {', '.join(kept)} would no longer be measured")
    if config.enabled and any(own_files.get(name) != base_files.get(name) for name in _COVERAGE_FILES):
        config, less = _stricter_coverage(repository, commit, config, own_files, base_files)
        weaker += less
    policies = weakened(own.policy, earlier.policy)
    notices = []
    if weaker or policies:
        notices.append(
            f"the base {base[:10]} is stricter, and its rules hold for this push: {'; '.join([*policies, *weaker])}"
            " (a change counts once it has landed)"
        )
    changed = changed_measuring(own, earlier)
    if changed and earlier.configured:
        notices.append(f"this push changes how it is measured: {', '.join(changed)}")
    return replace(bar, config=config, base_policy=earlier.policy if policies else None, notices=tuple(notices))


def _files(repository: Repository, commit: str) -> dict[str, bytes]:
    names = dict.fromkeys((*CONFIGURATION_FILES, *_COVERAGE_FILES, HOOKS_FILE))
    found = {name: repository.file(commit, name) for name in names}
    return {name: data for name, data in found.items() if data is not None}


def _is_in_use(repository: Repository, files: Mapping[str, bytes]) -> bool:
    """Whether the hooks of a commit with these ``files`` call covgate, or notes show that they did."""
    return b"covgate" in files.get(HOOKS_FILE, b"") or bool(repository.commit(NOTES_REF))


def _default_product(repository: Repository, commit: str) -> tuple[str, ...]:
    """What is measured at ``commit`` if no source is configured."""
    from covgate.measure.sources import product_at

    return product_at(repository, commit)[0]


def _stricter_coverage(
    repository: Repository, commit: str, config: Config, own: Mapping[str, bytes], base: Mapping[str, bytes]
) -> tuple[Config, list[str]]:
    """``config`` with a coverage configuration that measures all that the base's did, and a phrase for each change."""
    from covgate.measure.coverage_config import enforce_base, read_coverage_config

    def exists(source: str) -> bool:
        path = source.strip("/").removeprefix("./") or "."
        names = (path, path.replace(".", "/"), f"src/{path.replace('.', '/')}", f"{path.replace('.', '/')}.py")
        return path == "." or any(repository.object(f"{commit}:{name}") is not None for name in names)

    kept, weaker = enforce_base(read_coverage_config(own), read_coverage_config(base), exists)
    return (replace(config, coverage_config=kept.render()), list(weaker)) if kept else (config, [])
