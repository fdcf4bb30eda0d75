"""What stands in the notes: the baseline at a commit, a badge of it, a snapshot."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from covgate.config import Config
from covgate.errors import CovgateError
from covgate.formats.badge_svg import badge as render_badge
from covgate.formats.json_data import FORMAT, baseline_data
from covgate.gate.context import Session
from covgate.git.repository import Repository
from covgate.model.numbers import format_exact, format_percent
from covgate.model.record import DEFAULT_COMPONENT, Judgement
from covgate.notes.records import Notes

Answer = tuple[str, Any]


def baseline(repository: Repository, commit: str) -> Answer:
    """The baseline at ``commit`` and the commit whose record holds it."""
    notes = Notes(repository)
    lookup = notes.baseline([commit])
    known = lookup.baseline
    origin = notes.origin([commit], known) if known else ""
    data = {
        "format": FORMAT,
        "commit": commit,
        "baseline": baseline_data(known, origin),
        "problems": list(lookup.problems),
    }
    if known is None:
        text = f"covgate: there is no baseline at {commit[:10]} yet; the next push to the default branch sets it\n"
    else:
        ratio = f"{known.executed}/{known.executable}"
        text = f"{format_percent(known.percent)}% ({ratio}, epoch {known.epoch}) at {commit[:10]}\n"
        how = f"set by hand: {known.override}" if known.override else "measured"
        text += f"  from {origin[:10]}, {how}\n"
    return text + "".join(f"covgate: {problem}\n" for problem in lookup.problems), data


def status(directory: Path, environ: Mapping[str, str]) -> Answer:
    """A snapshot that always answers: what can't be read is empty, and named in ``errors``."""
    errors: list[str] = []
    config = Config()
    component: dict[str, Any] = {"baseline": None, "coverage": None}
    repository = None
    try:
        repository = Repository.discover(directory, environ)
        session = Session(repository=repository, environ=environ)
        head = repository.commit("HEAD")
        if head:
            component = _heights(repository, head, errors)
            config = session.config_at(head)
    except CovgateError as error:
        errors.append(error.message)
    except Exception as error:  # a snapshot that fails is no snapshot
        errors.append(f"{type(error).__name__}: {error}")
    finally:
        if repository is not None:
            repository.close()
    policy = config.policy
    data = {
        "format": FORMAT,
        "enabled": config.enabled,
        "policy": policy.kind.value,
        "floor": format_exact(policy.floor),
        "epsilon": format_exact(policy.epsilon),
        "patch_floor": None if policy.patch_floor is None else format_exact(policy.patch_floor),
        "components": {DEFAULT_COMPONENT: component},
        "errors": errors,
    }
    return _status_text(data), data


def badge(repository: Repository, commit: str, of: str, component: str) -> tuple[str, list[str]]:
    """The SVG of the ``of`` ("baseline" or "coverage") of ``component`` at ``commit``, and what else to say."""
    notes = Notes(repository)
    told: list[str] = []
    if of == "baseline":
        lookup = notes.baseline([commit], component)
        percent = lookup.baseline.percent if lookup.baseline else None
        told += lookup.problems
    else:
        judged = _last_judgement(notes, commit, component)
        percent = judged[1].numbers.percent if judged else None
    if percent is None:
        told.append(f"no {of} of the component {component!r} is recorded at {commit[:10]} or before: unknown")
    label = "coverage baseline" if of == "baseline" else "coverage"
    return render_badge(label if component == DEFAULT_COMPONENT else f"{label}: {component}", percent), told


def _heights(repository: Repository, head: str, errors: list[str]) -> dict[str, Any]:
    notes = Notes(repository)
    lookup = notes.baseline([head])
    errors += lookup.problems
    judged = _last_judgement(notes, head, DEFAULT_COMPONENT)
    coverage = None
    if judged:
        commit, judgement = judged
        percent = format_percent(judgement.numbers.percent) or None
        coverage = {"percent": percent, "status": judgement.status.value, "commit": commit}
    origin = notes.origin([head], lookup.baseline) if lookup.baseline else ""
    return {"baseline": baseline_data(lookup.baseline, origin), "coverage": coverage}


def _last_judgement(notes: Notes, head: str, component: str) -> tuple[str, Judgement] | None:
    """The judgement of the newest judged commit among ``head`` and its ancestors, and which that is."""
    entries = notes.entries()
    for commit in notes.repository.walk([head]) if entries else ():
        record = notes.read_blob(entries[commit]).record(component) if commit in entries else None
        if record is not None and record.judgement is not None:
            return commit, record.judgement
    return None


def _status_text(data: dict[str, Any]) -> str:
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
    lines += [f"error     {error}" for error in data["errors"]]
    return "\n".join(lines) + "\n"
