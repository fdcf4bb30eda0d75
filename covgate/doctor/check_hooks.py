"""`covgate doctor` on the hooks: whether git runs covgate at a push and after a merge, and what prevents it."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

from covgate.doctor.findings import Checkout, Fact, Finding, Results, Severity, listed, shell
from covgate.doctor.pre_commit_config import PreCommitConfig, read_pre_commit_config
from covgate.files import relative
from covgate.install.hook_place import HookPlace, is_own, read_hook
from covgate.install.hook_script import HOOKS, Kind, kind_of, python_of
from covgate.install.pre_commit import HOOKS_FILE

_REINSTALL = "covgate init --native"
_NOT_RUN = "git doesn't run covgate at a push: nothing is measured or blocked, and there is no message"
# Where other managers of hooks are configured.
_MANAGED = ("lefthook.*", ".lefthook.*", ".config/lefthook.*", ".overcommit.yml", ".husky/*")


def check_hooks(checkout: Checkout) -> Results:
    """What runs covgate at a push and after a merge, and what prevents it."""
    directory = checkout.session.repository.hooks_directory()
    places = [HookPlace.read(checkout.session.repository, directory, hook) for hook in HOOKS]
    config = read_pre_commit_config(checkout.top, places[0])
    callers = {place.hook: _caller(checkout, place, config) for place in places}
    native = [hook for hook, caller in callers.items() if caller == "covgate"]
    yield Fact(name="hooks", value=_summary(callers))
    if native:
        yield Fact(name="native hooks", value=f"{', '.join(native)} in {directory}")
    if "pre-commit" in callers.values() and config is not None:
        yield Fact(name="gate", value=f"covgate {config.source}, run by pre-commit")
    damaged = {place.hook: list(_check_scripts(place)) for place in places}
    for findings in damaged.values():
        yield from findings
    missing = [hook for hook, caller in callers.items() if not caller and not damaged[hook]]
    if config is not None and config.error:
        yield Finding(
            name="pre-commit-config",
            what=f"{config.name} can't be read: {config.error}",
            why="pre-commit runs no hook, and fails every push where it is installed",
            fix=f"fix {config.name}",
        )
    elif "pre-push" in missing:
        yield _not_gated(checkout, places[0], config)
    elif missing and callers["pre-push"]:
        yield _merges_not_seen(checkout, missing, callers["pre-push"], config)
    if config is not None and "pre-push" not in native:
        yield from _check_hook_types(config)


def _summary(callers: Mapping[str, str]) -> str:
    """Which hooks are called by what."""
    parts = []
    for caller in dict.fromkeys(callers.values()):
        hooks = ", ".join(hook for hook in callers if callers[hook] == caller)
        parts.append(f"{hooks} by {caller}" if caller else f"{hooks}: none that calls covgate")
    return "; ".join(parts)


def _caller(checkout: Checkout, place: HookPlace, config: PreCommitConfig | None) -> str:
    """What calls covgate when git runs this hook; "" for nothing."""
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
    for path in (path for pattern in _MANAGED for path in checkout.top.glob(pattern) if path.is_file()):
        if b"covgate" in (read_hook(path) or b""):
            return f"what {relative(path)} sets up"
    return ""


def _check_scripts(place: HookPlace) -> Results:
    """Scripts of covgate's that were changed or replaced, and scripts that git skips."""
    for path, _ in place.scripts(Kind.CHANGED):
        yield Finding(
            name="hook-changed",
            what=f"{place.show(path)} was changed since covgate wrote it",
            why="covgate no longer updates or removes it",
            fix=f"{shell('mv', relative(path), relative(path) + '.changed')} && {_REINSTALL}",
            severity=Severity.WARNING,
        )
    for path in (place.path, place.target):
        if path.is_file() and not os.access(path, os.X_OK):
            yield Finding(
                name="hook-not-executable",
                what=f"{place.show(path)} is not executable, so git skips it",
                why="the hook does nothing, and git only prints a hint",
                fix=shell("chmod", "+x", relative(path)),
            )
            break
    ours = place.scripts(Kind.OURS)
    if ours:
        yield from _check_own_script(place, *ours[0])
    elif place.chained is not None and not place.scripts(Kind.CHANGED):
        yield Finding(
            name="hook-replaced",
            what=f"{place.show(place.path)} is not covgate's any more, but {place.chained_path.name} is still there",
            why="another tool has written the hook again, so covgate is not called",
            fix=_REINSTALL,
        )


def _check_own_script(place: HookPlace, path: Path, data: bytes) -> Results:
    """Whether covgate's script at ``path`` is run, and can run covgate."""
    if path != place.target:
        yield Finding(
            name="hook-unused",
            what=f"{place.show(path)} is never run",
            why="pre-commit's hook, which ran it, is gone",
            fix=_REINSTALL,
        )
    elif not os.access(python := python_of(data), os.X_OK):
        yield Finding(
            name="hook-interpreter",
            what=f"{python}, which runs {place.show(path)}, is gone",
            why="every push fails until it is back",
            fix=_REINSTALL,
        )


def _check_hook_types(config: PreCommitConfig) -> Results:
    lacking = [hook for hook in HOOKS if config.stages and hook not in config.types]
    if lacking:
        yield Finding(
            name="hook-types",
            what=f"default_install_hook_types in {config.name} lacks {listed(lacking)}",
            why="in the next clone, a plain `pre-commit install` installs no gate, and prints no message about it",
            fix="covgate init",
            severity=Severity.WARNING,
        )


def _not_gated(checkout: Checkout, place: HookPlace, config: PreCommitConfig | None) -> Finding:
    """Why no hook calls covgate at a push."""
    hooks_path = checkout.session.repository.config("core.hooksPath")
    if place.behind_pre_commit:
        return _not_configured(config)
    if hooks_path:
        return _other_hooks_path(checkout, place, hooks_path)
    if place.current is not None:
        return Finding(
            name="hook-without-covgate",
            what=f"{place.show(place.path)} does not call covgate",
            why=f"{_NOT_RUN}; covgate's hook would run it first, and then the gate",
            fix=_REINSTALL,
        )
    if config is None or "pre-push" not in config.stages:
        return Finding(
            name="hooks-not-installed",
            what="no pre-push hook is installed, and covgate is not set up here",
            why=_NOT_RUN,
            fix="covgate init",
        )
    what = f"no pre-push hook is installed, though {HOOKS_FILE} has covgate's hooks"
    if kind_of(read_hook(place.path.with_name("pre-commit")) or b"") is Kind.PRE_COMMIT:
        what += ": a plain `pre-commit install` installs only the pre-commit hook"
    return Finding(name="hooks-not-installed", what=what, why=_NOT_RUN, fix=_pre_commit_install(checkout, HOOKS))


def _not_configured(config: PreCommitConfig | None) -> Finding:
    """pre-commit's hook is installed, but doesn't run covgate's."""
    why, fix, reason = _NOT_RUN, "covgate init", "has no covgate-pre-push"
    if config is None:
        reason, why = "is not in the checkout", "pre-commit then fails every push"
    elif "covgate-pre-push" in config.ids:
        reason = f"gives covgate-pre-push other stages ({', '.join(sorted(config.stages))})"
        fix = f"remove `stages` of covgate-pre-push from {config.name}"
    name = config.name if config else HOOKS_FILE
    what = f"pre-commit's pre-push hook is installed, but {name} {reason}"
    return Finding(name="hooks-not-configured", what=what, why=why, fix=fix)


def _other_hooks_path(checkout: Checkout, place: HookPlace, hooks_path: str) -> Finding:
    """core.hooksPath leads git to hooks that don't call covgate."""
    repository = checkout.session.repository
    why, fix = f"{_NOT_RUN}; pre-commit refuses to install beside it", _REINSTALL
    if not is_own(repository, place.path.parent):
        why += "; with hooks of its own, this repository no longer runs the hooks there"
        fix = f"{shell('git', 'config', 'core.hooksPath', repository.common_dir / 'hooks')} && {_REINSTALL}"
    what = f"core.hooksPath is {hooks_path}: git runs the hooks there, and none of them calls covgate"
    return Finding(name="hooks-path", what=what, why=why, fix=fix)


def _merges_not_seen(checkout: Checkout, missing: list[str], caller: str, config: PreCommitConfig | None) -> Finding:
    """Pushes are gated, but merges don't raise the baseline."""
    event = "a merge or a pull" if "post-merge" in missing else "`git pull --rebase`"
    fix = _REINSTALL
    if caller == "pre-commit" and config is not None:
        fix = f"add covgate-post-merge to {config.name}, without `stages`"
        if set(missing) <= config.stages:
            fix = _pre_commit_install(checkout, missing)
    return Finding(
        name="merges-not-seen",
        what=f"no {' and no '.join(missing)} hook calls covgate",
        why=f"{event} raises no baseline here; the next push catches up",
        fix=fix,
        severity=Severity.WARNING,
    )


def _pre_commit_install(checkout: Checkout, hooks: Iterable[str]) -> str:
    """The command that installs these hook types: with the pre-commit on PATH, else with covgate's own."""
    on_path = shutil.which("pre-commit", path=checkout.session.environ.get("PATH"))
    program = ["pre-commit"] if on_path else [sys.executable, "-m", "pre_commit"]
    return shell(*program, "install", "--install-hooks", *(word for hook in hooks for word in ("-t", hook)))
