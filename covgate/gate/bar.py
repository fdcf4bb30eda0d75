"""The bar of a push: its own configuration, and its base's wherever its own is weaker.

A push can't lower its own bar. The base is what the push replaces, or where it left the default branch; once a
change of the configuration has landed there, it is the base.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from covgate.config import Config
from covgate.errors import ConfigurationError
from covgate.gate.context import CONFIGURATION_FILES, Session
from covgate.git.repository import Repository
from covgate.model.policy import Policy, weakened
from covgate.model.ref_update import RefUpdate, matches
from covgate.notes.ref import NOTES_REF

# Whose change changes how covgate measures without being weaker or stronger: said, so that a review looks at it.
_TOLD = ("command", "report", "setup", "python", "on_block")
_HOOKS_FILE = ".pre-commit-config.yaml"
_COVERAGE_FILES = (".coveragerc", ".coveragerc.toml", "setup.cfg", "tox.ini", "pyproject.toml")


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """``config`` to measure with and to be judged by, ``base_policy`` that must hold, too, and what to say.

    ``base``: the commit that this comes from; ``remote``: where it goes.
    """

    config: Config
    base: str = ""
    remote: str = ""
    base_policy: Policy | None = None
    said: tuple[str, ...] = ()


def base_of_push(repository: Repository, update: RefUpdate, remote: str) -> str:
    """The commit that ``update`` replaces, else where it left the default branch of ``remote``; "" for neither."""
    replaced = repository.commit(update.remote_oid)
    if update.certain:
        return replaced_tip(repository, update, remote) or fork_point(repository, update.local_oid, remote)
    # What pre-commit names is an ancestor where the ref is new; where it is the tip that was seen last, it is that.
    tracked = repository.commit(f"refs/remotes/{remote}/{update.branch}")
    known = replaced if replaced == tracked else ""
    return known or fork_point(repository, update.local_oid, remote) or replaced


def replaced_tip(repository: Repository, update: RefUpdate, remote: str) -> str:
    """The remote tip that ``update`` replaces, as it was seen last where it was never fetched; "" where the ref is new.

    A new ref replaces nothing, whatever branch of that name was there once and is still remembered here.
    """
    if not update.remote_oid:
        return ""
    return repository.commit(update.remote_oid) or repository.commit(f"refs/remotes/{remote}/{update.branch}")


def fork_point(repository: Repository, commit: str, remote: str) -> str:
    """Where ``commit`` left the default branch of ``remote``; "" for nowhere."""
    tip = default_tip(repository, remote)
    # Without a common ancestor (or in a shallow clone, which hides it) the tip itself.
    return tip and (repository.text("merge-base", commit, tip) or tip)


def default_tip(repository: Repository, remote: str) -> str:
    """The tip of the default branch of ``remote`` as it was last seen; for a URL, that of the usual remote.

    Where it was never seen, as in the checkouts of CI services, the remote is asked.
    """
    name = remote if remote in repository.remotes() else repository.default_remote()
    if not name:
        return ""
    default = repository.default_branch(name)
    tip = repository.commit(f"refs/remotes/{name}/{default}") if default else ""
    if tip:
        return tip
    from covgate.notes.deepen import ask_tip

    return ask_tip(repository, name)


def bar_of(session: Session, commit: str, base: str, remote: str, branch: str = "") -> Bar:
    """What a push of ``commit`` is judged by where its base is ``base`` ("" for none); ConfigurationError as it holds.

    ``remote`` and ``branch``: what is pushed to, "" where there is none.
    """
    own = session.config_at(commit)
    bar = Bar(config=own, base=base, remote=remote)
    if not base or base == commit:
        return bar
    repository = session.repository
    mine, theirs = _files(repository, commit), _files(repository, base)
    if mine == theirs:
        return bar
    try:
        earlier = session.config_at(base)
    except ConfigurationError:
        return replace(bar, said=(f"the configuration of the base {base[:10]} is invalid: it does not hold",))
    if not earlier.configured and (not own.configured or not _in_force(repository, theirs)):
        earlier = own
    config, weaker = _held(own, earlier, branch, lambda: _default_sources(repository, commit))
    if config.enabled and any(mine.get(name) != theirs.get(name) for name in _COVERAGE_FILES):
        config, less = _held_coverage(repository, commit, config, mine, theirs)
        weaker += less
    policies = weakened(own.policy, earlier.policy)
    said = []
    if weaker or policies:
        said.append(
            f"the base {base[:10]} is stricter, and its rules hold for this push: {'; '.join([*policies, *weaker])}"
            " (a change counts once it has landed)"
        )
    told = [key for key in _TOLD if getattr(own, key) != getattr(earlier, key)]
    if told and earlier.configured:
        said.append(f"this push changes how it is measured: {', '.join(told)}")
    return replace(bar, config=config, base_policy=earlier.policy if policies else None, said=tuple(said))


def _files(repository: Repository, commit: str) -> dict[str, bytes]:
    names = dict.fromkeys((*CONFIGURATION_FILES, *_COVERAGE_FILES, _HOOKS_FILE))
    found = {name: repository.file(commit, name) for name in names}
    return {name: data for name, data in found.items() if data is not None}


def _in_force(repository: Repository, files: Mapping[str, bytes]) -> bool:
    """Whether covgate gated by its defaults where ``files`` don't configure it: who adopts it has no rules yet."""
    return b"covgate" in files.get(_HOOKS_FILE, b"") or bool(repository.commit(NOTES_REF))


def _default_sources(repository: Repository, commit: str) -> tuple[str, ...]:
    """What is measured of ``commit`` where nothing names a source."""
    from covgate.measure.sources import sources_among

    listed = repository.run("ls-tree", "-z", commit).decode(errors="replace").split("\0")
    trees = [line.partition("\t")[2] for line in listed if " tree " in line.partition("\t")[0]]
    files = [line.partition("\t")[2] for line in listed if " blob " in line.partition("\t")[0]]
    packages = [name for name in trees if repository.object(f"{commit}:{name}/__init__.py") is not None]
    return sources_among("src" in trees, packages, [name for name in files if name.endswith(".py")]).source


def _held(
    own: Config, base: Config, branch: str, default_sources: Callable[[], Sequence[str]]
) -> tuple[Config, list[str]]:
    """``own`` with the switches and sources of ``base`` that it has weakened, and which they are."""
    config, weaker = own, []
    if base.enabled and not own.enabled:
        config, weaker = replace(config, enabled=True), ["enabled = false"]
    if branch and matches(branch, base.branches) and not matches(branch, own.branches):
        config = replace(config, branches=base.branches)
        weaker.append(f"branches leave out {branch}")
    if base.fail_closed and not own.fail_closed:
        config = replace(config, fail_closed=True)
        weaker.append("fail_closed = false")
    if not set(base.source) <= set(own.source):
        config = replace(config, source=tuple(dict.fromkeys([*own.source, *base.source])))
        weaker.append(f"source is without {', '.join(each for each in base.source if each not in own.source)}")
    elif own.source and not base.source and not set(default_sources()) <= set(own.source):
        config = replace(config, source=())
        weaker.append("source is named")
    return config, weaker


def _held_coverage(
    repository: Repository, commit: str, config: Config, mine: Mapping[str, bytes], theirs: Mapping[str, bytes]
) -> tuple[Config, list[str]]:
    from covgate.measure.coverage_config import enforce_base, read_coverage_config

    def exists(source: str) -> bool:
        path = source.strip("/").removeprefix("./") or "."
        names = (path, path.replace(".", "/"), f"src/{path.replace('.', '/')}", f"{path.replace('.', '/')}.py")
        return path == "." or any(repository.object(f"{commit}:{name}") is not None for name in names)

    kept, weaker = enforce_base(read_coverage_config(mine), read_coverage_config(theirs), exists)
    return (replace(config, coverage_config=kept.render()), list(weaker)) if kept else (config, [])
