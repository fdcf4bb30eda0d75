"""Repositories with a long history of notes, made at once by git fast-import."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from covgate.model.baseline import Baseline
from covgate.model.note_text import render_note
from covgate.model.numbers import Numbers, format_percent
from covgate.model.record import Judgement, Record
from covgate.model.verdict import Status
from helpers.project import Project
from helpers.sealed import run

_START = 1_700_000_000
_HOUR = 3600


def record(
    executed: int,
    executable: int = 1000,
    *,
    baseline: int | None = None,
    epoch: int = 0,
    override: str = "",
    component: str = "default",
    status: Status = Status.PASS,
    reason: str = "",
) -> Record:
    """A record of ``executed`` of ``executable``, and a ``baseline`` of as many (default: as measured)."""
    numbers = Numbers(statements=executable, executed_statements=executed)
    known = Baseline(
        epoch=epoch, executed=executed if baseline is None else baseline, executable=executable, override=override
    )
    said = reason or f"{format_percent(numbers.percent)}% against the baseline of {format_percent(known.percent)}%"
    judged = Judgement(status=status, numbers=numbers, tree="1" * 40, toolchain="CPython 3.12.1", reason=said)
    return Record(component=component, baseline=known, judgement=judged)


def make_history(
    top: Path,
    environ: Mapping[str, str],
    count: int,
    records: Callable[[int], Iterable[Record]],
    *,
    branch: Callable[[int], str] = lambda number: "main",
    author: str = "Ada Lovelace",
    subject: Callable[[int], str] = lambda number: f"Change {number}",
) -> Project:
    """A repository of ``count`` commits, each on its ``branch``, with a notes commit for each that has ``records``.

    A new branch starts at the tip of ``main``.
    """
    top.mkdir(parents=True)
    run(["git", "init", "--quiet", str(top)], top, environ)
    parts: list[str] = []
    heads: dict[str, int] = {}
    for number in range(count):
        name, mark, when = branch(number), number + 1, _START + number * _HOUR
        who = f"{author} <ada@example.org> {when} +0000"
        parent = heads.get(name) or heads.get("main")
        parts += [f"commit refs/heads/{name}\nmark :{mark}\nauthor {who}\ncommitter {who}\n", _data(subject(number))]
        parts.append(f"from :{parent}\n" if parent else "")
        heads[name] = mark
        text = render_note(found) if (found := list(records(number))) else ""
        if text:
            parts += [f"commit refs/notes/coverage\ncommitter {who}\n", _data("record")]
            parts += [f"N inline :{mark}\n", _data(text)]
    done = run(["git", "fast-import", "--quiet", "--force"], top, environ, input="".join(parts))
    assert done.status == 0, done.text
    project = Project(top, top, environ)
    project.git("reset", "--quiet", "--hard", "main")
    return project


def _data(text: str) -> str:
    return f"data {len(text.encode())}\n{text}\n"
