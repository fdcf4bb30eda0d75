"""Coverage's own configuration as files say it, and what of an earlier one still holds over a later one.

The files and their order are coverage.py's (config.rst, "Configuration reference"): the first that configures
coverage is the one. Only what decides *which* files and lines are measured is looked at; everything else stays
as the later configuration has it.
"""

from __future__ import annotations

import configparser
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

FILES = (".coveragerc", ".coveragerc.toml", "setup.cfg", "tox.ini", "pyproject.toml")
_SOURCES = ("source", "source_pkgs", "source_dirs")
# Branches that match count as executed whatever was executed.
_PARTIAL = ("partial_branches", "partial_also", "partial_branches_always")

Sections = dict[str, dict[str, object]]


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverageConfig:
    """The sections of the file that configures coverage; none where no file does."""

    toml: bool = False
    sections: Sections = field(default_factory=dict)

    def values(self, section: str, key: str) -> tuple[str, ...]:
        value = self.sections.get(section, {}).get(key, ())
        if isinstance(value, str):
            value = value.replace(",", "\n").split("\n")
        return (
            tuple(str(each).strip() for each in value if str(each).strip()) if isinstance(value, (list, tuple)) else ()
        )

    @property
    def branch(self) -> bool:
        return str(self.sections.get("run", {}).get("branch", "")).strip().lower() in ("true", "1", "yes", "on")

    @property
    def names_sources(self) -> bool:
        return any(self.values("run", key) for key in _SOURCES)

    def render(self) -> tuple[str, str]:
        """The name and the text of a configuration file that says the same."""
        if self.toml:
            import tomli_w

            return "coverage.toml", tomli_w.dumps({"tool": {"coverage": self.sections}})
        parts = []
        for name, table in self.sections.items():
            lines = [f"{key} = " + str(value).replace("\n", "\n    ") for key, value in table.items()]
            parts.append("\n".join([f"[{name}]", *lines, ""]))
        return "coveragerc", "\n".join(parts)


def read_coverage_config(files: Mapping[str, bytes]) -> CoverageConfig:
    """The configuration in ``files`` (name -> content); an unreadable one configures nothing here."""
    for name in FILES:
        if name in files:
            toml = name.endswith(".toml")
            found = _from_toml(files[name], name) if toml else _from_ini(files[name], bare=name == ".coveragerc")
            # A file of coverage's own is the one even if it says nothing.
            if found or name.startswith(".coveragerc"):
                return CoverageConfig(toml=toml, sections=found)
    return CoverageConfig()


def held(
    own: CoverageConfig, base: CoverageConfig, exists: Callable[[str], bool]
) -> tuple[CoverageConfig | None, tuple[str, ...]]:
    """``own`` with what ``base`` measured and it no longer does, and what that is; None where it measures as much.

    ``exists`` tells whether a source of the base is still there.
    """
    run, report = dict(own.sections.get("run", {})), dict(own.sections.get("report", {}))
    said: list[str] = []
    if own.names_sources and not base.names_sources:
        said += [f"{key} is named" for key in _SOURCES if run.pop(key, None)]
        if base.values("run", "include") and not own.values("run", "include"):
            run["include"] = _listed([*base.values("run", "include")], own.toml)
    else:
        for key in _SOURCES:
            mine = own.values("run", key)
            gone = [each for each in base.values("run", key) if each not in mine and exists(each)]
            if gone:
                run[key] = _listed([*mine, *gone], own.toml)
                said.append(f"{key} is without {', '.join(gone)}")
    for name, table in (("run", run), ("report", report)):
        mine, theirs = own.values(name, "include"), base.values(name, "include")
        if mine and "include" in table and not set(theirs) <= set(mine):
            table["include"] = _listed([*mine, *theirs], own.toml)
            said.append(f"include is without {', '.join(each for each in theirs if each not in mine)}")
        elif mine and not theirs and "include" in table:
            del table["include"]
            said.append("include is set")
        mine, theirs = own.values(name, "omit"), base.values(name, "omit")
        more = [each for each in mine if each not in theirs]
        if more:
            table["omit"] = _listed([each for each in mine if each in theirs], own.toml)
            said.append(f"omit has {', '.join(more)}")
    for key in _PARTIAL:
        mine, theirs = own.values("report", key), base.values("report", key)
        more = [each for each in mine if each not in theirs]
        if more:
            report[key] = _listed([each for each in mine if each in theirs], own.toml)
            if not theirs:
                del report[key]
            said.append(f"{key} has {', '.join(more)}")
    if base.branch and not own.branch:
        run["branch"] = True if own.toml else "true"
        said.append("branches are not measured")
    if not said:
        return None, ()
    sections = {**own.sections, "run": run, "report": report}
    return CoverageConfig(toml=own.toml, sections=sections), tuple(said)


def _listed(values: list[str], toml: bool) -> object:
    return values if toml else "\n".join(values)


def _from_ini(data: bytes, *, bare: bool) -> Sections:
    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read_string(data.decode("utf-8"))
    except (configparser.Error, UnicodeDecodeError):
        return {}
    found: Sections = {}
    for section in parser.sections():
        if section.startswith("coverage:") or bare:
            found[section.removeprefix("coverage:")] = dict(parser[section])
    return found


def _from_toml(data: bytes, name: str) -> Sections:
    from covgate.compat import tomllib

    try:
        loaded = tomllib.loads(data.decode("utf-8"))
    except (ValueError, RecursionError):
        return {}
    tool = loaded.get("tool", {})
    found = tool.get("coverage") if isinstance(tool, dict) else None
    if found is None and name == ".coveragerc.toml":
        found = loaded
    if not isinstance(found, dict):
        return {}
    return {section: dict(table) for section, table in found.items() if isinstance(table, dict)}
