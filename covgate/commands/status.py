"""`covgate status`: a snapshot of policy, baseline and coverage."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import Any

from covgate.commands._shared import add_format, last_judgement, open_repository, print_result, repaired_notes
from covgate.config import Config
from covgate.errors import EXIT_PASSED, CovgateError
from covgate.formats.json_data import FORMAT, baseline_data
from covgate.formats.paint import one_line
from covgate.gate.context import Session
from covgate.measure.unmeasured import Unmeasured, last_pushes, read_unmeasured
from covgate.model.numbers import format_exact, format_percent
from covgate.model.policy import Policy
from covgate.model.record import DEFAULT_COMPONENT
from covgate.notes.records import Notes

HELP = "show policy, baseline and coverage"
EXAMPLES = """\
  covgate status
  covgate status --format json
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_format(parser)


def run(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    print_result(arguments.format, *take_snapshot(environ))
    return EXIT_PASSED


def take_snapshot(environ: Mapping[str, str]) -> tuple[str, Any]:
    """The state of the repository here, as text and as JSON data.

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
                try:
                    config = Session(repository=repository, environ=environ).config_at(head)
                finally:  # an invalid configuration does not hide the notes
                    for part in config.parts:
                        components[part.component] = _component_data(notes, head, part, errors)
    except CovgateError as error:
        errors.append(error.message)
    except Exception as error:  # a snapshot always answers
        errors.append(f"{type(error).__name__}: {error}")
    data = {
        "format": FORMAT,
        "enabled": config.enabled,
        **_policy_data(config.policy),
        "components": components or {DEFAULT_COMPONENT: {"baseline": None, "coverage": None}},
        "unmeasured": unmeasured._asdict() if unmeasured else None,
        "errors": errors,
    }
    return _text(data), data


def _component_data(notes: Notes, head: str, config: Config, errors: list[str]) -> dict[str, Any]:
    name = config.component
    lookup = notes.baseline([head], name)
    errors += [each for each in lookup.problems if each not in errors]
    found = last_judgement(notes, head, name)
    coverage = None
    if found:
        commit, judgement = found
        percent = format_percent(judgement.numbers.percent) or None
        coverage = {"percent": percent, "status": judgement.status.value, "commit": commit}
    origin = notes.origin([head], lookup.baseline, name) if lookup.baseline else ""
    own = _policy_data(config.policy) if name != DEFAULT_COMPONENT else {}
    return {**own, "baseline": baseline_data(lookup.baseline, origin), "coverage": coverage}


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
    for name, component in data["components"].items():
        of = "" if name == DEFAULT_COMPONENT else f"{name}: "
        if of and _policy_text(component) != _policy_text(data):
            lines.append(f"policy    {of}{_policy_text(component)}")
        known, coverage = component["baseline"], component["coverage"]
        lines += [
            f"baseline  {of}" + (f"{known['percent']}% from {known['commit'][:10]}" if known else "none yet"),
            f"coverage  {of}"
            + (
                f"{coverage['percent'] or 'nothing'}% at {coverage['commit'][:10]} ({coverage['status']})"
                if coverage
                else "not measured yet"
            ),
        ]
    if data["unmeasured"]:
        pushes, reason = data["unmeasured"]["pushes"], data["unmeasured"]["reason"]
        lines.append(f"WARNING   {last_pushes(pushes)} not measured: {one_line(reason)}")
    lines += [f"error     {error}" for error in data["errors"]]
    return "\n".join(lines) + "\n"


def _policy_text(data: dict[str, Any]) -> str:
    floor = f", patch floor {data['patch_floor']}%" if data["patch_floor"] else ""
    floor += f" from {data['patch_min_lines']} lines on" if floor and data["patch_min_lines"] else ""
    return f"{data['policy']}, floor {data['floor']}%, epsilon {data['epsilon']}{floor}"
