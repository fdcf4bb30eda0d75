"""Whether two configurations of coverage count the same, and how to make them do so."""

from __future__ import annotations

import re
from dataclasses import replace

from covgate.measure.coverage_config import CoverageConfig

# The options that decide which files, lines and branches are counted. The others change no number.
_DECIDING = {
    "run": ("source", "source_pkgs", "source_dirs", "include", "omit", "branch", "plugins", "core", "concurrency"),
    "report": ("include", "omit", "exclude_lines", "exclude_also", "partial_branches", "partial_also"),
}
_EXCLUSIONS = ("exclude_lines", "exclude_also")


def counts_the_same(one: CoverageConfig, other: CoverageConfig) -> bool:
    """Whether both configurations count the same files, lines and branches of a tree."""
    if one.branch != other.branch:
        return False
    keys = [(section, key) for section, names in _DECIDING.items() for key in names if key != "branch"]
    return all(sorted(one.values(*key)) == sorted(other.values(*key)) for key in keys)


def omits(config: CoverageConfig, path: str) -> bool:
    """Whether ``config`` omits the file at ``path``, relative to the top (coverage.py, "Source files": globs)."""
    patterns = (*config.values("run", "omit"), *config.values("report", "omit"))
    return any(_regex(pattern).fullmatch(path) for pattern in patterns)


def _regex(pattern: str) -> re.Pattern[str]:
    """A pattern of coverage as a regular expression for relative paths."""
    pattern = pattern.replace("\\", "/").removeprefix("./")
    pattern = f"**/{pattern[2:]}" if pattern.startswith("*/") else pattern
    pattern = f"{pattern[:-2]}/**" if pattern.endswith("/*") else pattern
    parts = re.split(r"(\*\*/|/\*\*|\*|\?)", pattern)
    known = {"**/": "(?:.*/)?", "/**": "/.*", "*": "[^/]*", "?": "[^/]"}
    return re.compile("".join(known.get(part, re.escape(part)) for part in parts))


def without_new_exclusions(config: CoverageConfig, base: CoverageConfig) -> CoverageConfig:
    """``config``, with the excluded lines of ``base`` if it excludes more."""
    if set(config.exclusions) <= set(base.exclusions):
        return config
    report = {key: value for key, value in config.sections.get("report", {}).items() if key not in _EXCLUSIONS}
    for key in _EXCLUSIONS:
        value = base.sections.get("report", {}).get(key)
        if value is not None:
            lines = value.split("\n") if isinstance(value, str) else list(value) if isinstance(value, list) else []
            report[key] = lines if config.toml else "\n".join(map(str, lines))
    return replace(config, sections={**config.sections, "report": report})


def with_branches(config: CoverageConfig, on: bool) -> CoverageConfig:
    """``config``, with branches measured or not, whatever it says itself."""
    run = {**config.sections.get("run", {}), "branch": on if config.toml else str(on).lower()}
    return replace(config, sections={**config.sections, "run": run})
