"""Coverage's own configuration, as its files have it, and how a base's configuration is enforced over a later one.

The files and their order are those of coverage.py (config.rst, "Configuration reference"): the first one that
configures coverage is used. Only the options that decide *which* files and lines are measured are compared; everything
else stays as the later configuration has it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

FILES = (".coveragerc", ".coveragerc.toml", "setup.cfg", "tox.ini", "pyproject.toml")
_SOURCES = ("source", "source_pkgs", "source_dirs")
# A branch of a line that matches one of these counts as executed, whatever was executed.
_PARTIAL = ("partial_branches", "partial_also", "partial_branches_always")

# coverage.config.DEFAULT_EXCLUDE; the other defaults of newer versions only exclude what can't be executed.
_DEFAULT_EXCLUSIONS = (r"#\s*(pragma|PRAGMA)[:\s]?\s*(no|NO)\s*(cover|COVER)",)

# coverage.config.DEFAULT_PARTIAL
_DEFAULT_PARTIAL = (r"#\s*(pragma|PRAGMA)[:\s]?\s*(no|NO)\s*(branch|BRANCH)",)

Sections = dict[str, dict[str, object]]


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverageConfig:
    """The sections of the file that configures coverage; empty if no file does. ``toml`` is the kind of that file."""

    toml: bool = False
    sections: Sections = field(default_factory=dict)

    def values(self, section: str, key: str) -> tuple[str, ...]:
        """The values of an option that is a list; empty if it is not set."""
        value = self.sections.get(section, {}).get(key, ())
        if isinstance(value, str):
            value = value.replace(",", "\n").split("\n")
        if not isinstance(value, (list, tuple)):
            return ()
        return tuple(str(each).strip() for each in value if str(each).strip())

    @property
    def branch(self) -> bool:
        """Whether branches are measured."""
        return str(self.sections.get("run", {}).get("branch", "")).strip().lower() in ("true", "1", "yes", "on")

    @property
    def names_sources(self) -> bool:
        """Whether it says which directories or packages are measured."""
        return any(self.values("run", key) for key in _SOURCES)

    @property
    def exclusions(self) -> tuple[str, ...]:
        """The regular expressions of excluded lines, including coverage's default if it applies."""
        own = self._patterns("exclude_lines")
        return (*(own or _DEFAULT_EXCLUSIONS), *self._patterns("exclude_also"))

    @property
    def partial(self) -> tuple[str, ...]:
        """The regular expressions of lines whose branches count as executed, including coverage's default pragma."""
        own = self._patterns("partial_branches")
        others = (self._patterns(key) for key in _PARTIAL[1:])
        return (*(own or _DEFAULT_PARTIAL), *(each for patterns in others for each in patterns))

    def _patterns(self, key: str) -> tuple[str, ...]:
        value = self.sections.get("report", {}).get(key, ())
        listed = value.split("\n") if isinstance(value, str) else value
        return tuple(str(each) for each in listed if str(each).strip()) if isinstance(listed, (list, tuple)) else ()

    def with_omit(self, patterns: Sequence[str]) -> CoverageConfig:
        """This configuration, changed to leave out the files that match ``patterns``, too."""
        values = [*self.values("run", "omit"), *patterns]
        run = {**self.sections.get("run", {}), "omit": values if self.toml else "\n".join(values)}
        return CoverageConfig(toml=self.toml, sections={**self.sections, "run": run})

    def render(self) -> tuple[str, str]:
        """The name and the text of a configuration file with these sections."""
        if self.toml:
            import tomli_w

            return "coverage.toml", tomli_w.dumps({"tool": {"coverage": self.sections}})
        parts = []
        for name, table in self.sections.items():
            lines = [f"{key} = " + str(value).replace("\n", "\n    ") for key, value in table.items()]
            parts.append("\n".join([f"[{name}]", *lines, ""]))
        return "coveragerc", "\n".join(parts)


def coverage_config_in(tree: Path, rcfile: str) -> CoverageConfig:
    """The configuration in ``rcfile``, relative to ``tree``; if it is "", the one that coverage finds in ``tree``."""
    files = {}
    for name in [rcfile] if rcfile else FILES:
        with contextlib.suppress(OSError):
            files[name] = (tree / name).read_bytes()
    if rcfile and files:
        kind = ".coveragerc.toml" if rcfile.endswith(".toml") else ".coveragerc"
        files = {Path(rcfile).name if Path(rcfile).name in FILES else kind: files[rcfile]}
    return read_coverage_config(files)


def read_coverage_config(files: Mapping[str, bytes]) -> CoverageConfig:
    """The configuration in ``files`` (name -> content). A file that can't be parsed configures nothing."""
    for name in FILES:
        if name in files:
            toml = name.endswith(".toml")
            sections = _from_toml(files[name], name) if toml else _from_ini(files[name], bare=name == ".coveragerc")
            # Coverage uses a .coveragerc even if it is empty.
            if sections or name.startswith(".coveragerc"):
                return CoverageConfig(toml=toml, sections=sections)
    return CoverageConfig()


def plugin_changes(own: CoverageConfig, base: CoverageConfig) -> list[str]:
    """A notice if ``own`` has other plugins of coverage than ``base``: they may change what is measured."""
    now, before = own.values("run", "plugins"), base.values("run", "plugins")
    changes = [f"{each} is new" for each in now if each not in before]
    changes += [f"{each} is gone" for each in before if each not in now]
    what = f"this push changes coverage's plugins, which may decide what is measured: {', '.join(changes)}"
    return [what] if changes else []


def enforce_base(
    own: CoverageConfig,
    base: CoverageConfig,
    source_exists: Callable[[str], bool],
    plugin_exists: Callable[[str], bool],
) -> tuple[CoverageConfig | None, tuple[str, ...]]:
    """``own``, changed to measure everything that ``base`` measures, and a clause for each change.

    If ``own`` already measures as much, the configuration is None and there are no clauses. ``source_exists`` says
    whether a source of the base is still there, ``plugin_exists`` whether one of its plugins can still be imported.
    """
    sections: Sections = {name: dict(table) for name, table in own.sections.items()}
    draft = _Draft(own=own, base=base, run=sections.setdefault("run", {}), report=sections.setdefault("report", {}))
    differences = (
        *draft.enforce_plugins(sections, plugin_exists),
        *draft.enforce_sources(source_exists),
        *draft.enforce_files("run"),
        *draft.enforce_files("report"),
        *draft.enforce_branches(),
    )
    if not differences:
        return None, ()
    return CoverageConfig(toml=own.toml, sections=sections), differences


@dataclass(frozen=True, slots=True, kw_only=True)
class _Draft:
    """A copy of the two sections of ``own`` that are changed, step by step. Each step yields what it changed."""

    own: CoverageConfig
    base: CoverageConfig
    run: dict[str, object]
    report: dict[str, object]

    def enforce_plugins(self, sections: Sections, plugin_exists: Callable[[str], bool]) -> Iterator[str]:
        """Use the base's plugins and their options: a plugin may set any other option without a trace."""
        own, base = self.own.values("run", "plugins"), self.base.values("run", "plugins")
        kept = [each for each in base if each in own or plugin_exists(each)]
        if list(own) != kept:
            yield from (f"plugins has {each}" for each in own if each not in kept)
            yield from (f"plugins is without {each}" for each in kept if each not in own)
            self.run.pop("plugins", None)
            if kept:
                self.run["plugins"] = self._option(kept)
        for each in kept:
            if self.own.sections.get(each, {}) != self.base.sections.get(each, {}):
                sections.pop(each, None)
                if each in self.base.sections:
                    sections[each] = self._converted(self.base.sections[each])
                yield f"the options of {each} are changed"

    def enforce_sources(self, source_exists: Callable[[str], bool]) -> Iterator[str]:
        """No source is dropped, and none is named if the base measures the default ones."""
        if self.own.names_sources and not self.base.names_sources:
            yield from (f"{key} is named" for key in _SOURCES if self.run.pop(key, None))
            # With sources, coverage ignores `include`. Without them, the base's holds.
            if self.base.values("run", "include") and not self.own.values("run", "include"):
                self.run["include"] = self._option(self.base.values("run", "include"))
            return
        for key in _SOURCES:
            own = self.own.values("run", key)
            dropped = [each for each in self.base.values("run", key) if each not in own and source_exists(each)]
            if dropped:
                self.run[key] = self._option([*own, *dropped])
                yield f"{key} is without {', '.join(dropped)}"

    def enforce_files(self, name: str) -> Iterator[str]:
        """No file is left out by a narrower ``include`` or by more of ``omit`` in the section ``name``."""
        section = self.run if name == "run" else self.report
        own, base = self.own.values(name, "include"), self.base.values(name, "include")
        if own and not base:
            del section["include"]
            yield "include is set"
        elif own and not set(base) <= set(own):
            section["include"] = self._option([*own, *base])
            yield f"include is without {', '.join(each for each in base if each not in own)}"
        own, base = self.own.values(name, "omit"), self.base.values(name, "omit")
        added = [each for each in own if each not in base]
        if added:
            section["omit"] = self._option([each for each in own if each in base])
            yield f"omit has {', '.join(added)}"

    def enforce_branches(self) -> Iterator[str]:
        """Branches are measured if the base measures them, and no more of them count as executed unseen."""
        for key in _PARTIAL:
            own, base = self.own.values("report", key), self.base.values("report", key)
            added = [each for each in own if each not in base]
            if added and base:
                self.report[key] = self._option([each for each in own if each in base])
            elif added:
                del self.report[key]
            if added:
                yield f"{key} has {', '.join(added)}"
        if self.base.branch and not self.own.branch:
            self.run["branch"] = True if self.own.toml else "true"
            yield "branches are not measured"

    def _converted(self, section: Mapping[str, object]) -> dict[str, object]:
        """A section of the base, with its values in the form that ``own`` has."""
        if self.own.toml or not self.base.toml:
            return dict(section)
        return {key: self._option(value) if isinstance(value, list) else value for key, value in section.items()}

    def _option(self, values: Sequence[str]) -> object:
        return list(values) if self.own.toml else "\n".join(values)


def _from_ini(data: bytes, *, bare: bool) -> Sections:
    """The sections in ``data``; in a file that other tools use, too, theirs begin with ``coverage:``."""
    from covgate.compat import parse_ini

    try:
        parser = parse_ini(data.decode("utf-8"))
    except ValueError:
        return {}
    return {
        section.removeprefix("coverage:"): dict(parser[section])
        for section in parser.sections()
        if section.startswith("coverage:") or bare
    }


def _from_toml(data: bytes, name: str) -> Sections:
    from covgate.compat import parse_toml

    try:
        loaded = parse_toml(data.decode("utf-8"))
    except (ValueError, RecursionError):
        return {}
    tool = loaded.get("tool", {})
    tables = tool.get("coverage") if isinstance(tool, dict) else None
    if tables is None and name == ".coveragerc.toml":
        tables = loaded
    if not isinstance(tables, dict):
        return {}
    return {section: dict(table) for section, table in tables.items() if isinstance(table, dict)}
