"""Which of the base's switches, sources and inputs a push weakens, and what holds instead."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from covgate.config import Config
from covgate.model.ref_update import matches

# A change of these makes the rules neither weaker nor stronger. It is reported, so that a reviewer looks at it.
_REPORTED = {
    (
        "directory",
        "paths",
        "command",
        "report",
        "report_format",
        "report_paths",
        "setup",
        "python",
        "on_block",
    ): "how it is measured",
    ("ratchet_branches", "sync", "retries"): "how baselines are set and kept",
}


def base_rules(own: Config, base: Config, is_in_use: Callable[[], bool]) -> Config:
    """The base's configuration, or ``own`` if the base had no rules.

    Without a configuration the defaults are rules only if covgate was in use: whoever adopts it has no rules yet.
    """
    if base.configured or (own.configured and is_in_use()):
        return base
    return own


def stricter_config(
    own: Config,
    base: Config,
    branch: str,
    default_sources: Callable[[], Sequence[str]],
    left_behind: Callable[[], bool] = lambda: False,
) -> tuple[Config, list[str]]:
    """``own`` with each switch and source of ``base`` that it weakens, and a phrase for each of these.

    ``left_behind``: whether the base's directory of a component still has source files, if it is another one now.
    """
    config, weaker = own, []
    if base.enabled and not own.enabled:
        config, weaker = replace(config, enabled=True), ["enabled = false"]
    if branch and matches(branch, base.branches) and not matches(branch, own.branches):
        config = replace(config, branches=base.branches)
        weaker.append(f"branches leave out {branch}")
    if base.fail_closed and not own.fail_closed:
        config = replace(config, fail_closed=True)
        weaker.append("fail_closed = false")
    if base.preview_merge and not own.preview_merge:
        config = replace(config, preview_merge=True)
        weaker.append("preview_merge = false")
    if own.directory != base.directory:
        if left_behind():
            config = replace(config, directory=base.directory, source=base.source, paths=base.paths, others=base.others)
            config = replace(config, enforced_paths=())
            weaker.append(f"directory {base.directory or '.'} -> {own.directory or '.'}")
        return config, weaker
    missing = [each for each in _inputs(base) if each not in _inputs(own)]
    if missing:
        config = replace(config, enforced_paths=(*_inputs(own), *missing))
        weaker.append(f"paths is without {', '.join(missing)}")
    dropped = [each for each in base.source if each not in own.source]
    if dropped and not own.source:  # then the default sources are measured, and these may have them all
        measured = default_sources()
        dropped = [each for each in dropped if not any(_is_within(each, source) for source in measured)]
    if dropped:
        config = replace(config, source=tuple(dict.fromkeys([*own.source, *base.source])))
        weaker.append(f"source is without {', '.join(dropped)}")
    elif own.source and not base.source and _leaves_out(own, default_sources):
        config = replace(config, source=())
        weaker.append("source is named")
    return config, weaker


def _leaves_out(own: Config, default_sources: Callable[[], Sequence[str]]) -> bool:
    """Whether the sources of ``own`` may be less than what is measured without any.

    Of a component, only what is in its sources counts. Without any, it is what coverage's configuration or a report
    has, which may be more than the default sources.
    """
    if own.is_part:
        return not any(_is_within(".", each) for each in own.source)
    return not set(default_sources()) <= set(own.source)


def _inputs(config: Config) -> tuple[str, ...]:
    """The globs of the files that can change the number of a component, its directory included."""
    if config.enforced_paths:
        return config.enforced_paths
    whole = f"{config.directory}/**" if config.directory else "**"
    return config.paths if config.paths and config.source else (*config.paths, whole)


def _is_within(path: str, source: str) -> bool:
    """Whether a configured source is measured if ``source`` is; both are paths, with or without "./" and "/"."""
    inner, outer = (each.removeprefix("./").rstrip("/") for each in (path, source))
    return outer in ("", ".") or inner == outer or inner.startswith(f"{outer}/")


def reported_changes(own: Config, base: Config) -> list[str]:
    """A notice for each group of keys that a push changes, where neither value is weaker."""
    found = []
    for keys, what in _REPORTED.items():
        changed = [key for key in keys if getattr(own, key) != getattr(base, key)]
        if changed:
            found.append(f"this push changes {what}: {', '.join(changed)}")
    return found
