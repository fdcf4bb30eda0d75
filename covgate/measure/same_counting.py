"""Whether two configurations of coverage count the same, and how to make them do so."""

from __future__ import annotations

from dataclasses import replace

from covgate.measure.coverage_config import CoverageConfig

# The options that decide which files, lines and branches are counted. The others change no number.
_DECIDING = {
    "run": ("source", "source_pkgs", "source_dirs", "include", "omit", "branch", "plugins", "core", "concurrency"),
    "report": ("include", "omit", "exclude_lines", "exclude_also", "partial_branches", "partial_also"),
}


def counts_alike(one: CoverageConfig, other: CoverageConfig) -> bool:
    """Whether both configurations count the same files, lines and branches of a tree."""
    if one.branch != other.branch:
        return False
    keys = [(section, key) for section, names in _DECIDING.items() for key in names if key != "branch"]
    return all(sorted(one.values(*key)) == sorted(other.values(*key)) for key in keys)


def with_branches(config: CoverageConfig, on: bool) -> CoverageConfig:
    """``config``, with branches measured or not, whatever it says itself."""
    run = {**config.sections.get("run", {}), "branch": on if config.toml else str(on).lower()}
    return replace(config, sections={**config.sections, "run": run})
