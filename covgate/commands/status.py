"""`covgate status`: a snapshot of policy, baseline and coverage."""

from __future__ import annotations

import argparse
from collections.abc import Collection, Mapping
from typing import Any

from covgate.commands._shared import add_components, add_format, open_repository, print_result, repaired_notes
from covgate.config import Config
from covgate.errors import EXIT_PASSED, CovgateError, UsageError
from covgate.formats.json_data import FORMAT, baseline_data
from covgate.formats.paint import one_line
from covgate.gate.context import Session
from covgate.gate.excusing import excuse_of
from covgate.measure.unmeasured import Unmeasured, last_pushes, read_unmeasured
from covgate.model.numbers import format_exact, format_percent
from covgate.model.policy import Policy
from covgate.model.record import DEFAULT_COMPONENT
from covgate.notes.records import Notes

HELP = "show policy, baseline and coverage"
EXAMPLES = """\
  covgate status
  covgate status --component web
  covgate status --format json
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_components(parser, "show")
    add_format(parser)


def run(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    text, data = take_snapshot(environ, arguments.component)
    unknown = [name for name in arguments.component if name not in data["components"]]
    if unknown and not data["errors"]:
        raise UsageError(f"there is no component {unknown[0]!r} here", hint="`covgate status` lists the components")
    print_result(arguments.format, text, data)
    return EXIT_PASSED


def take_snapshot(environ: Mapping[str, str], names: Collection[str] = ()) -> tuple[str, Any]:
    """The state of the repository here, as text and as JSON data: of the components ``names``, or else of all.

    Never raises: what can't be read is empty, and the reason is in ``errors``.
    """
    errors: list[str] = []
    config = Config()
    components: dict[str, Any] = {}
    unmeasured: Unmeasured | None = None
    try:
        with open_repository(environ) as repository:
            unmeasured = read_unmeasured(repository.state_dir)
            head = repository.commit("HEAD")
            if head:
                notes, notices = repaired_notes(repository)
                errors += notices
                session = Session(repository=repository, environ=environ)
                try:
                    config = session.config_at(head)
                finally:  # an invalid configuration does not hide the notes
                    for part in (each for each in config.parts if not names or each.component in names):
                        data = _component_data(notes, head, part, errors)
                        components[part.component] = data | {"excuse": _excuse_data(session, head, part, data)}
    except CovgateError as error:
        errors.append(error.message)
    except Exception as error:  # a snapshot always answers
        errors.append(f"{type(error).__name__}: {error}")
    data = {
        "format": FORMAT,
        "enabled": config.enabled,
        **_policy_data(config.policy),
        "components": components or {DEFAULT_COMPONENT: {"baseline": None, "coverage": None, "excuse": None}},
        "unmeasured": unmeasured._asdict() if unmeasured else None,
        "errors": errors,
    }
    return _text(data), data


def _component_data(notes: Notes, head: str, config: Config, errors: list[str]) -> dict[str, Any]:
    name = config.component
    lookup = notes.baseline([head], name)
    errors += [each for each in lookup.problems if each not in errors]
    found = notes.newest([head], name)
    coverage = None
    if found:
        commit, judgement = found
        percent = format_percent(judgement.numbers.percent) or None
        coverage = {"percent": percent, "status": judgement.status.value, "commit": commit}
    origin = notes.origin([head], lookup.baseline, name) if lookup.baseline else ""
    own = _policy_data(config.policy) if name != DEFAULT_COMPONENT else {}
    return {**own, "baseline": baseline_data(lookup.baseline, origin), "coverage": coverage}


def _excuse_data(session: Session, head: str, config: Config, component: Mapping[str, Any]) -> dict[str, str] | None:
    """The excuse of HEAD, else of the commit whose coverage is shown."""
    measured = component["coverage"]["commit"] if component["coverage"] else head
    for commit in dict.fromkeys((head, measured)):
        reason = excuse_of(session, commit, config)
        if reason:
            return {"reason": reason, "commit": commit}
    return None


def _policy_data(policy: Policy) -> dict[str, Any]:
    return {
        "policy": policy.kind.value,
        "floor": format_exact(policy.floor),
        "epsilon": format_exact(policy.epsilon),
        "patch_floor": None if policy.patch_floor is None else format_exact(policy.patch_floor),
        "patch_min_lines": policy.patch_min_lines,
    }


def _text(data: dict[str, Any]) -> str:
    lines = [f"enabled   {'yes' if data['enabled'] else 'no'}", f"policy    {_policy_text(data)}"]
    components = data["components"]
    if [*components] == [DEFAULT_COMPONENT]:
        only = components[DEFAULT_COMPONENT]
        lines += [f"baseline  {_baseline_text(only)}", f"coverage  {_coverage_text(only)}"]
    else:
        lines += ["", *_table(components, _policy_text(data))]
    for name, each in components.items():
        if each["excuse"]:
            of = "" if name == DEFAULT_COMPONENT else f" ({name})"
            lines.append(f"excused   {each['excuse']['commit'][:10]}{of}: {one_line(each['excuse']['reason'])}")
    if data["unmeasured"]:
        pushes, reason = data["unmeasured"]["pushes"], data["unmeasured"]["reason"]
        lines.append(f"WARNING   {last_pushes(pushes)} not measured: {one_line(reason)}")
    lines += [f"error     {error}" for error in data["errors"]]
    return "\n".join(lines) + "\n"


def _table(components: Mapping[str, dict[str, Any]], policy: str) -> list[str]:
    """A row for each component; its policy, where that differs from ``policy``, comes last."""
    own = {name: _policy_text(each) if "policy" in each else policy for name, each in components.items()}
    rows = [("component", "baseline", "coverage", "policy" if {*own.values()} - {policy} else "")]
    for name, each in components.items():
        rows.append((name, _baseline_text(each), _coverage_text(each), own[name] if own[name] != policy else ""))
    widths = [max(len(row[place]) for row in rows) for place in range(3)]
    return ["  ".join([*map(str.ljust, row, widths), row[3]]).rstrip() for row in rows]


def _baseline_text(component: dict[str, Any]) -> str:
    known = component["baseline"]
    return f"{known['percent']}% from {known['commit'][:10]}" if known else "none yet"


def _coverage_text(component: dict[str, Any]) -> str:
    coverage = component["coverage"]
    if not coverage:
        return "not measured yet"
    return f"{coverage['percent'] or 'nothing'}% at {coverage['commit'][:10]} ({coverage['status']})"


def _policy_text(data: dict[str, Any]) -> str:
    floor = f", patch floor {data['patch_floor']}%" if data["patch_floor"] else ""
    floor += f" from {data['patch_min_lines']} lines on" if floor and data["patch_min_lines"] else ""
    return f"{data['policy']}, floor {data['floor']}%, epsilon {data['epsilon']}{floor}"
