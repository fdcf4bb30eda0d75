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
from covgate.git.repository import Repository
from covgate.measure.unmeasured import Unmeasured, last_pushes, read_unmeasured
from covgate.model.numbers import format_exact, format_percent
from covgate.model.record import DEFAULT_COMPONENT

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
    component: dict[str, Any] = {"baseline": None, "coverage": None}
    unmeasured: Unmeasured | None = None
    try:
        with open_repository(environ) as repository:
            unmeasured = read_unmeasured(repository.state_dir)
            head = repository.commit("HEAD")
            if head:
                component = _component_data(repository, head, errors)
                config = Session(repository=repository, environ=environ).config_at(head)
    except CovgateError as error:
        errors.append(error.message)
    except Exception as error:  # a snapshot always answers
        errors.append(f"{type(error).__name__}: {error}")
    policy = config.policy
    data = {
        "format": FORMAT,
        "enabled": config.enabled,
        "policy": policy.kind.value,
        "floor": format_exact(policy.floor),
        "epsilon": format_exact(policy.epsilon),
        "patch_floor": None if policy.patch_floor is None else format_exact(policy.patch_floor),
        "components": {DEFAULT_COMPONENT: component},
        "unmeasured": unmeasured._asdict() if unmeasured else None,
        "errors": errors,
    }
    return _text(data), data


def _component_data(repository: Repository, head: str, errors: list[str]) -> dict[str, Any]:
    notes, notices = repaired_notes(repository)
    lookup = notes.baseline([head])
    errors += [*notices, *lookup.problems]
    found = last_judgement(notes, head, DEFAULT_COMPONENT)
    coverage = None
    if found:
        commit, judgement = found
        percent = format_percent(judgement.numbers.percent) or None
        coverage = {"percent": percent, "status": judgement.status.value, "commit": commit}
    origin = notes.origin([head], lookup.baseline) if lookup.baseline else ""
    return {"baseline": baseline_data(lookup.baseline, origin), "coverage": coverage}


def _text(data: dict[str, Any]) -> str:
    component = data["components"][DEFAULT_COMPONENT]
    known, coverage = component["baseline"], component["coverage"]
    lines = [
        f"enabled   {'yes' if data['enabled'] else 'no'}",
        f"policy    {data['policy']}, floor {data['floor']}%, epsilon {data['epsilon']}"
        + (f", patch floor {data['patch_floor']}%" if data["patch_floor"] else ""),
        f"baseline  {known['percent']}% from {known['commit'][:10]}" if known else "baseline  none yet",
        f"coverage  {coverage['percent'] or 'nothing'}% at {coverage['commit'][:10]} ({coverage['status']})"
        if coverage
        else "coverage  not measured yet",
    ]
    if data["unmeasured"]:
        pushes, reason = data["unmeasured"]["pushes"], data["unmeasured"]["reason"]
        lines.append(f"WARNING   {last_pushes(pushes)} not measured: {one_line(reason)}")
    lines += [f"error     {error}" for error in data["errors"]]
    return "\n".join(lines) + "\n"
