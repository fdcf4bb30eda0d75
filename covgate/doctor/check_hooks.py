"""`covgate doctor` on the hooks: whether git runs covgate at a push and after a merge, by whomever it is called."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from covgate.doctor.findings import Fact, Finding, Found, Here, Severity, listed, named, shell
from covgate.install.hook_place import HookPlace, is_own, read_hook
from covgate.install.hook_script import HOOKS, Kind, kind_of, python_of
from covgate.install.pre_commit import HOOKS_FILE

_BY_HAND = "covgate init --native"
# Where pre-commit runs covgate's hooks if nobody says otherwise: the manifest (.pre-commit-hooks.yaml).
_STAGES = {"covgate-pre-push": ("pre-push",), "covgate-post-merge": ("post-merge", "post-rewrite")}
_OLD_NAMES = {"push": "pre-push"}
# Where other managers of hooks are told what to run.
_MANAGED = ("lefthook.*", ".lefthook.*", ".config/lefthook.*", ".overcommit.yml", ".husky/*")


@dataclass(frozen=True, slots=True, kw_only=True)
class _PreCommit:
    """One configuration of pre-commit's. ``stages``: where hooks of covgate run; ``ids``: those of its two that are
    there. ``types``: what a plain `pre-commit install` installs. ``source``: where covgate comes from, "" for nowhere.
    ``damaged``: why the file can't be read, "" where it can.
    """

    name: str
    stages: frozenset[str] = frozenset()
    ids: frozenset[str] = frozenset()
    types: tuple[str, ...] = ("pre-commit",)
    source: str = ""
    damaged: str = ""


def look_at_hooks(here: Here) -> Found:
    """Who runs covgate at a push and after a merge, and what keeps it from running."""
    directory = here.session.repository.hooks_directory()
    places = [HookPlace.read(here.session.repository, directory, hook) for hook in HOOKS]
    config = _configuration(here.top, places[0])
    callers = {place.hook: _caller(here, place, config) for place in places}
    told = []
    for by in dict.fromkeys(callers.values()):
        names = ", ".join(hook for hook, caller in callers.items() if caller == by)
        told.append(f"{names} by {by}" if by else f"{names}: none that calls covgate")
    yield Fact(name="hooks", value="; ".join(told))
    native = [hook for hook, by in callers.items() if by == "covgate"]
    if native:
        yield Fact(name="native hooks", value=f"{', '.join(native)} in {directory}")
    if "pre-commit" in callers.values() and config is not None:
        yield Fact(name="gate", value=f"covgate {config.source}, run by pre-commit")
    damaged = {place.hook: list(_damaged(place)) for place in places}
    for each in damaged.values():
        yield from each
    if config is not None and config.damaged:
        yield Finding(
            name="pre-commit-config",
            what=f"{config.name} can't be read: {config.damaged}",
            why="pre-commit runs no hook, and fails every push where it is installed",
            mend=f"correct {config.name}",
        )
    elif not callers["pre-push"]:
        if not damaged["pre-push"]:  # else that is why
            yield _not_gated(here, places[0], config)
    elif missing := [hook for hook, by in callers.items() if not by and not damaged[hook]]:
        yield _not_raised(here, missing, callers["pre-push"], config)
    lacking = [hook for hook in HOOKS if config is not None and config.stages and hook not in config.types]
    if config is not None and lacking and "pre-push" not in native:
        yield Finding(
            name="hook-types",
            what=f"default_install_hook_types in {config.name} lacks {listed(lacking)}",
            why="in the next clone, a plain `pre-commit install` installs no gate, and nothing says so",
            mend="covgate init",
            severity=Severity.WARNING,
        )


def _configuration(top: Path, place: HookPlace) -> _PreCommit | None:
    """pre-commit's configuration: the file that its hook reads, else the usual one; None where there is none."""
    import yaml

    named_there = re.search(rb"--config[= ]([^\s)]+)", place.current or b"") if place.behind_pre_commit else None
    name = shlex.split(os.fsdecode(named_there[1]))[0] if named_there else HOOKS_FILE
    try:
        return _parsed(name, yaml.safe_load((top / name).read_bytes()) or {})
    except FileNotFoundError:
        return None
    except OSError as error:
        return _PreCommit(name=name, damaged=error.strerror or str(error))
    except (yaml.YAMLError, ValueError, RecursionError, TypeError, AttributeError) as error:
        return _PreCommit(name=name, damaged=str(error).replace("\n", " "))


def _parsed(name: str, data: Mapping[str, Any]) -> _PreCommit:
    stages: set[str] = set()
    ids: set[str] = set()
    source = ""
    for each in data.get("repos") or []:
        for hook in each.get("hooks") or []:
            known = str(hook.get("id", ""))
            if known not in _STAGES and "covgate" not in str(hook.get("entry", "")):
                continue
            ids.add(known)
            # A hook of a repository brings its stages along; one that is local has those of the file, or all.
            brought = _STAGES.get(known) if each.get("repo") != "local" else None
            stages |= {*(hook.get("stages") or brought or data.get("default_stages") or HOOKS)}
            source = f"{each['rev']} from {each.get('repo')}" if each.get("rev") else "of a local hook"
    return _PreCommit(
        name=name,
        stages=frozenset(_OLD_NAMES.get(stage, stage) for stage in stages),
        ids=frozenset(ids),
        types=tuple(data.get("default_install_hook_types") or ["pre-commit"]),
        source=source,
    )


def _caller(here: Here, place: HookPlace, config: _PreCommit | None) -> str:
    """What calls covgate at this hook; "" for nothing."""
    data = place.current
    if data is None or not os.access(place.path, os.X_OK):
        return ""
    if kind_of(data) in (Kind.OURS, Kind.CHANGED):
        return "covgate"
    if place.behind_pre_commit:
        if place.legacy is not None and os.access(place.legacy_path, os.X_OK):
            if kind_of(place.legacy) is Kind.OURS:
                return "covgate"
            if b"covgate" in place.legacy:
                return "a script that calls covgate"
        return "pre-commit" if config is not None and place.hook in config.stages else ""
    if b"covgate" in data:
        return "a script that calls covgate"
    for path in (path for pattern in _MANAGED for path in here.top.glob(pattern) if path.is_file()):
        if b"covgate" in (read_hook(path) or b""):
            return f"what {named(path)} sets up"
    return ""


def _damaged(place: HookPlace) -> Found:
    """Native hooks of covgate's that somebody or something has changed, and hooks that git passes over."""
    for path, _ in place.scripts(Kind.CHANGED):
        yield Finding(
            name="hook-changed",
            what=f"{place.show(path)} was changed since covgate wrote it",
            why="covgate neither renews nor removes it any more",
            mend=f"{shell('mv', named(path), named(path) + '.changed')} && {_BY_HAND}",
            severity=Severity.WARNING,
        )
    for path in (place.path, place.target):
        if path.is_file() and not os.access(path, os.X_OK):
            yield Finding(
                name="hook-not-executable",
                what=f"{place.show(path)} is not executable: git passes it over",
                why="what it should do is not done, and git only hints at it",
                mend=shell("chmod", "+x", named(path)),
            )
            break
    ours = place.scripts(Kind.OURS)
    if not ours:
        if place.chained is not None and not place.scripts(Kind.CHANGED):
            name, beside = place.show(place.path), place.chained_path.name
            yield Finding(
                name="hook-replaced",
                what=f"{name} is not covgate's any more, {beside} is still beside it",
                why="something has written the hook anew, and covgate is not called",
                mend=_BY_HAND,
            )
        return
    path, data = ours[0]
    if path != place.target:
        yield Finding(
            name="hook-unused",
            what=f"{place.show(path)} is run by nobody",
            why="pre-commit's hook, which ran it, is gone",
            mend=_BY_HAND,
        )
        return
    python = python_of(data)
    if not os.access(python, os.X_OK):
        yield Finding(
            name="hook-interpreter",
            what=f"{python}, which runs {place.show(path)}, is gone",
            why="every push fails until it is back",
            mend=_BY_HAND,
        )


def _not_gated(here: Here, place: HookPlace, config: _PreCommit | None) -> Finding:
    """No hook calls covgate at a push: why, and the one thing to do."""
    repository, directory = here.session.repository, place.path.parent
    why = "git runs nothing of covgate's at a push: nothing is measured, nothing blocked, and nobody told"
    configured = config is not None and "pre-push" in config.stages
    hooks_path = repository.config("core.hooksPath")
    if place.behind_pre_commit:
        name, mend, lack = "hooks-not-configured", "covgate init", "has no covgate-pre-push"
        if config is None:
            lack, why = "is not in the checkout", "pre-commit then fails every push"
        elif "covgate-pre-push" in config.ids:
            lack = f"gives covgate-pre-push other stages ({', '.join(sorted(config.stages))})"
            mend = f"take `stages` of covgate-pre-push out of {config.name}"
        what = f"pre-commit's pre-push hook is installed, and {config.name if config else HOOKS_FILE} {lack}"
    elif hooks_path:
        name, mend = "hooks-path", _BY_HAND
        what = f"core.hooksPath is {hooks_path}: git runs the hooks there, and none of them calls covgate"
        why += "; pre-commit refuses to install beside it"
        if not is_own(repository, directory):
            why += "; with hooks of its own, this repository no longer runs those of there"
            mend = f"{shell('git', 'config', 'core.hooksPath', repository.common_dir / 'hooks')} && {_BY_HAND}"
    elif place.current is not None:
        name, mend = "hook-without-covgate", _BY_HAND
        what = f"{place.show(place.path)} does not call covgate"
        why += "; covgate's hook would run it first, and then the gate"
    elif configured:
        name, mend = "hooks-not-installed", _pre_commit_install(here, HOOKS)
        what = f"no pre-push hook is installed, though {HOOKS_FILE} has covgate's hooks"
        if kind_of(read_hook(directory / "pre-commit") or b"") is Kind.PRE_COMMIT:
            what += ": a plain `pre-commit install` installs the pre-commit stage alone"
    else:
        name, mend = "hooks-not-installed", "covgate init"
        what = "no pre-push hook is installed, and covgate is not set up here"
    return Finding(name=name, what=what, why=why, mend=mend)


def _not_raised(here: Here, missing: list[str], caller: str, config: _PreCommit | None) -> Finding:
    """A push is gated, and merges are not seen."""
    arrival = "a merge or a pull" if "post-merge" in missing else "`git pull --rebase`"
    mend = _BY_HAND
    if caller == "pre-commit" and config is not None:
        mend = f"have covgate-post-merge in {config.name}, with no `stages` of its own"
        if set(missing) <= config.stages:
            mend = _pre_commit_install(here, missing)
    return Finding(
        name="merges-not-seen",
        what=f"no {' and no '.join(missing)} hook calls covgate",
        why=f"{arrival} raises no baseline here; the next push catches up",
        mend=mend,
        severity=Severity.WARNING,
    )


def _pre_commit_install(here: Here, hooks: Iterable[str]) -> str:
    """By the pre-commit of covgate's own environment where none is on PATH."""
    on_path = shutil.which("pre-commit", path=here.session.environ.get("PATH"))
    program = ["pre-commit"] if on_path else [sys.executable, "-m", "pre_commit"]
    return shell(*program, "install", "--install-hooks", *(word for hook in hooks for word in ("-t", hook)))
