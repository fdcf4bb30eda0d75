"""What stands in the notes: the baseline at a commit, its history, a snapshot. Each gives a text and data."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from covgate.config import Config
from covgate.errors import CovgateError
from covgate.model.record import DEFAULT_COMPONENT, Note
from covgate.model.results import format_exact, format_percent
from covgate.session import Session
from covgate.show.data import FORMAT, baseline_data
from covgate.store.notes import Notes
from covgate.store.repository import NOTES_REF, Repository

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


def log(repository: Repository) -> Answer:
    """Each rise and each override in the history of the notes, the newest first."""
    notes = Notes(repository)
    rows = []
    # --raw names the blobs before and after; two notes commits that were merged tell the same change once.
    walked = repository.attempt(
        "log",
        "--first-parent",
        "-m",
        "--reverse",
        "--raw",
        "-z",
        "--no-abbrev",
        "--no-renames",
        "--format=%x01%H%x02%an%x02%aI%x02%s",
        NOTES_REF,
    )
    highest: dict[str, tuple[int, Any]] = {}
    for entry in walked[1].decode(errors="replace").split("\x01")[1:] if not walked[0] else []:
        head, _, changes = entry.partition("\0")
        oid, who, when, _ = (head.split("\x02") + [""] * 4)[:4]
        fields = [each for each in changes.replace("\n", "").split("\0") if each]
        for meta, path in zip(fields[::2], fields[1::2], strict=False):
            parts = meta.split()
            if len(parts) < 5 or set(parts[3]) == {"0"}:
                continue
            commit = path.replace("/", "")
            for record in notes.read_blob(parts[3]).records:
                known = record.baseline
                if known is None or known.height <= highest.get(record.component, (-1, 0)):
                    continue
                before = highest.get(record.component)
                highest[record.component] = known.height
                rows.append(
                    {
                        "commit": commit,
                        "component": record.component,
                        "from": format_percent(before[1] * 100) if before else None,
                        "to": format_percent(known.percent),
                        "epoch": known.epoch,
                        # Once an epoch: a rise on the same commit keeps its reason.
                        "override": known.override if not before or known.epoch > before[0] else "",
                        "who": who,
                        "when": when,
                        "notes_commit": oid,
                    }
                )
    rows.reverse()
    if not rows:
        return "covgate: no baseline has been recorded yet\n", []
    return "".join(_log_line(row) for row in rows), rows


def _log_line(row: dict[str, Any]) -> str:
    came = f"{row['from']:>6}%" if row["from"] else "      -"
    why = f"  set by hand: {row['override']}" if row["override"] else ""
    return f"{row['when'][:16].replace('T', ' ')}  {row['commit'][:10]}  {came} -> {row['to']:>6}%  {row['who']}{why}\n"


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


def _heights(repository: Repository, head: str, errors: list[str]) -> dict[str, Any]:
    notes = Notes(repository)
    lookup = notes.baseline([head])
    errors += lookup.problems
    coverage = None
    entries = notes.entries()
    for commit in repository.walk([head]) if entries else ():
        record = (notes.read_blob(entries[commit]) if commit in entries else Note()).record()
        if record is not None and record.judgement is not None:
            judged = record.judgement
            percent = format_percent(judged.numbers.percent) or None
            coverage = {"percent": percent, "status": judged.status.value, "commit": commit}
            break
    origin = notes.origin([head], lookup.baseline) if lookup.baseline else ""
    return {"baseline": baseline_data(lookup.baseline, origin), "coverage": coverage}


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
