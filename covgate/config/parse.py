"""Read a configuration from the bytes of its file and from the environment. All problems are listed, not only one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from covgate.config.component_tables import is_inside, overlaps, parse_components, rooted
from covgate.config.keys import FALSE, KEYS, OWN_KEYS, TRUE, BadValue, Isolation
from covgate.config.show import close_match, show, show_key
from covgate.config.variables import decides, read_variables, unknown_variables, variable
from covgate.errors import ConfigurationError
from covgate.model.policy import Policy
from covgate.model.record import DEFAULT_COMPONENT

# The keys of a policy -> the fields of ``Policy``.
_POLICY_FIELDS = {
    "policy": "kind",
    "floor": "floor",
    "epsilon": "epsilon",
    "patch_floor": "patch_floor",
    "patch_min_lines": "patch_min_lines",
    "removed_code": "removed_code",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """What a repository configures; without arguments, the defaults.

    ``ratchet_branches``: None for the remote's default branch. ``report_format``: "" to find it. ``report_paths``:
    prefixes of the paths in reports, and the directories of the repository that they stand for. ``timeout``: seconds.
    ``retries``: how often a tree is measured again if its coverage may have dropped by chance. ``configured``: whether
    there is a table or a file for covgate at all. ``coverage_config``: the name and the text of a configuration of
    coverage to measure with instead of the tree's own. ``base_product``: what is measured in addition to the default
    sources, because it belongs to the base's default sources. ``enforced_paths``: the globs of all files whose change
    calls for a new measurement, if the base's rules name more of them than the component itself; else empty. No key
    sets these three. ``overrides``: the variables that change a key's value; ``deciding_overrides``: those of them that
    change what is run, counted or judged. ``ignored_variables``: those that have covgate's prefix and are unknown.

    ``components``: one configuration for each component, in their order, and first that of ``default`` if something is
    measured outside of them; empty for a repository without components. Each of them has the name of its ``component``,
    its ``directory`` (a path from the top, "" for the top itself) and its ``paths``: globs from the top of the files
    that can change its number; empty for all files of its directory. ``others``: what belongs to other components
    there, as paths from the top.
    """

    enabled: bool = True
    policy: Policy = field(default_factory=Policy)
    branches: tuple[str, ...] = ("*",)
    ratchet_branches: tuple[str, ...] | None = None
    source: tuple[str, ...] = ()
    command: tuple[str, ...] | None = None
    report: str = ""
    report_format: str = ""
    report_paths: tuple[tuple[str, str], ...] = ()
    python: str = ""
    setup: tuple[str, ...] | None = None
    isolation: Isolation = Isolation.AUTO
    preview_merge: bool = False
    timeout: int = 900
    fail_closed: bool = False
    sync: bool = True
    retries: int = 1
    on_block: tuple[str, ...] | None = None
    configured: bool = False
    coverage_config: tuple[str, str] | None = None
    base_product: tuple[str, ...] = ()
    enforced_paths: tuple[str, ...] = ()
    overrides: tuple[str, ...] = ()
    deciding_overrides: tuple[str, ...] = ()
    ignored_variables: tuple[str, ...] = ()
    component: str = DEFAULT_COMPONENT
    directory: str = ""
    paths: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    components: tuple[Config, ...] = ()

    @property
    def parts(self) -> tuple[Config, ...]:
        """The configuration of each component; the configuration itself in a repository without components."""
        return self.components or (self,)

    def part(self, component: str) -> Config | None:
        """The configuration of ``component``; None if there is no such component."""
        return next((each for each in self.parts if each.component == component), None)

    def owns(self, path: str) -> bool:
        """Whether the file at ``path``, from the top, belongs to the component: its sources, else its directory."""
        places = [rooted(self.directory, each) for each in self.source] or [self.directory]
        return any(self._has(place, path) for place in places)

    def _has(self, place: str, path: str) -> bool:
        """Whether the file at ``path`` is in ``place``, and not in what another component has there."""
        others = (each for each in self.others if not is_inside(place, each))
        return is_inside(path, place) and not any(is_inside(path, each) for each in others)

    @property
    def is_part(self) -> bool:
        """Whether other files of the repository than its own can't change its number."""
        return bool(self.directory or self.paths or self.others)

    def concerns(self, path: str) -> bool:
        """Whether the file at ``path``, from the top, belongs to the component, or is in its directory."""
        return self._has(self.directory, path) or self.owns(path)

    def path(self, name: str) -> str:
        """``name``, which is relative to the directory of the component, as a path from the top of the repository."""
        return f"{self.directory}/{name}" if self.directory else name


def parse_config(
    *, pyproject: bytes | None = None, own: bytes | None = None, environ: Mapping[str, str] | None = None
) -> Config:
    """The configuration in the bytes of a pyproject.toml or of a .covgate.toml; COVGATE_* variables override it.

    Raises ConfigurationError, which lists each problem with its file, key, value, and what is allowed.
    """
    environ = environ or {}
    if switched_off_by(environ).startswith("COVGATE_DISABLE"):
        return Config(enabled=False)  # first, since it must work even if the configuration is broken
    problems: list[str] = []
    tables = _read_tables(pyproject, own, problems)
    values: dict[str, Any] = {}
    components: dict[str, dict[str, Any]] = {}
    for file, table in tables:
        values.update(_parse_table(file, table, problems))
        if "components" in table:
            components = parse_components(file, table["components"], problems)
            problems += (f"{file}: {each}" for each in overlaps(components, values.get("source", ())))
    overriding = read_variables(environ, problems)
    if problems:
        raise ConfigurationError(problems, hint="the keys and their meaning: README, section Configuration")
    unknown = unknown_variables(environ)
    config = replace(_effective(values, overriding, configured=bool(tables)), ignored_variables=unknown)
    if not components:
        return config
    inherited = {key: value for key, value in values.items() if key not in OWN_KEYS}
    parts = [config] if "source" in values else []
    for name, own_values in components.items():
        part = _effective({**inherited, **own_values}, overriding, configured=True)
        parts.append(replace(part, component=name, ignored_variables=unknown))
    return replace(config, components=tuple(replace(each, others=_others(each, parts)) for each in parts))


def _effective(values: Mapping[str, Any], overriding: Mapping[str, Any], *, configured: bool) -> Config:
    """The configuration with ``values``, some of which are overridden by variables: it says by which ones."""
    committed = _config(values, configured=configured)
    config = _config({**values, **overriding}, configured=configured)
    effective = [key for key in overriding if _differ(committed, config, key)]
    return replace(
        config,
        overrides=tuple(map(variable, effective)),
        deciding_overrides=tuple(variable(key) for key in effective if decides(key, configured=key in values)),
    )


def _others(part: Config, parts: Sequence[Config]) -> tuple[str, ...]:
    """What other ``parts`` have in the directory of ``part``: their directories; in the same one, their sources."""
    found = []
    for each in parts:
        if each.component == part.component:
            continue
        if each.directory != part.directory and is_inside(each.directory, part.directory):
            found.append(each.directory)
        else:
            found += [rooted(each.directory, source) for source in each.source]
    return tuple(path for path in found if path != part.directory and is_inside(path, part.directory))


def switched_off_by(environ: Mapping[str, str]) -> str:
    """The variable that switches covgate off, with its value; "" for none. It needs no repository."""
    for name, off in (("COVGATE_DISABLE", TRUE), ("COVGATE_ENABLED", FALSE)):
        if environ.get(name, "").strip().lower() in off:
            return f"{name}={environ[name]}"
    return ""


def _config(values: Mapping[str, Any], *, configured: bool) -> Config:
    policy = Policy(**{name: values[key] for key, name in _POLICY_FIELDS.items() if key in values})
    others = {key: value for key, value in values.items() if key not in _POLICY_FIELDS}
    return Config(policy=policy, configured=configured, **others)


def _read_tables(pyproject: bytes | None, own: bytes | None, problems: list[str]) -> list[tuple[str, dict[str, Any]]]:
    """The tables for covgate, each with the name of its file."""
    tables = []
    if pyproject is not None:
        tool = _load(pyproject, "pyproject.toml", problems).get("tool", {})
        table = tool.get("covgate") if isinstance(tool, dict) else None
        if not isinstance(tool, dict):
            problems.append(f"pyproject.toml: tool = {show(tool)}: must be a table, as in [tool.covgate]")
        elif table is not None and not isinstance(table, dict):
            problems.append(f"pyproject.toml: tool.covgate = {show(table)}: must be a table, [tool.covgate]")
        elif table is not None:
            tables.append(("pyproject.toml", table))
    if own is not None:
        tables.append((".covgate.toml", _load(own, ".covgate.toml", problems)))
    if len(tables) == 2:
        problems.append("covgate is configured in pyproject.toml and in .covgate.toml: keep one of them")
    return tables


def _load(data: bytes, name: str, problems: list[str]) -> dict[str, Any]:
    from covgate.compat import parse_toml, tomllib  # late: without a file, a push doesn't need it

    if data.startswith(b"\xef\xbb\xbf"):
        problems.append(f"{name}: begins with a byte order mark; save it as UTF-8 without one")
        return {}
    try:
        return parse_toml(data.decode("utf-8"), parse_float=_parse_float)
    except UnicodeDecodeError as error:
        problems.append(f"{name}: not UTF-8 (byte {error.start}); save it as UTF-8")
    except tomllib.TOMLDecodeError as error:
        problems.append(f"{name}: not valid TOML: {error}; fix it there")
    except (ValueError, RecursionError):
        problems.append(f"{name}: can't be read: nested too deep, or a key or number that is far too long")
    return {}


def _parse_float(text: str) -> Decimal | float:
    """A Decimal, which is exact. A float if Decimal can't hold it; another tool's table may have one."""
    try:
        return Decimal(text)
    except ArithmeticError:
        return float(text)


def _parse_table(file: str, table: Mapping[str, Any], problems: list[str]) -> dict[str, Any]:
    values = {}
    for key, value in table.items():
        if key == "components":
            continue  # `parse_components` reads it
        if key not in KEYS:
            problems.append(f"{file}: {show_key(key)} = {show(value)}: unknown key{_suggestion(key)}")
        else:
            try:
                values[key] = KEYS[key].parse(value)
            except BadValue as error:
                problems.append(f"{file}: {key} = {show(value)}: {error}")
    return values


def _suggestion(key: str) -> str:
    nearest = close_match(key, [*KEYS, "components"])
    return f"; did you mean {nearest}?" if nearest else f" (known: {', '.join(KEYS)})"


def _differ(one: Config, other: Config, key: str) -> bool:
    name = _POLICY_FIELDS.get(key)
    if name is None:
        return bool(getattr(one, key) != getattr(other, key))
    return bool(getattr(one.policy, name) != getattr(other.policy, name))
