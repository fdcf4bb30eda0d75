"""`covgate init` in a repository of several parts: the components that it proposes, and whether they are written."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Mapping

from covgate.git.repository import Repository
from covgate.install.component_text import Table, inherited, render, unique_names
from covgate.install.pre_commit import configured_in, is_configured
from covgate.install.toml_table import NOTHING, Taken
from covgate.measure.parts import Found, find_parts
from covgate.measure.parts.part import MANIFESTS, PYTHON


def propose_components(repository: Repository, environ: Mapping[str, str], wanted: bool | None) -> tuple[Table, ...]:
    """The tables of components to write; none if the repository is one part, has components, or nobody wants them.

    The proposal is shown. ``wanted``: what an option says; None asks on a terminal, else means yes. Without an option,
    only a repository that has no configuration yet, and no product at its top, is divided.
    """
    head = repository.commit("HEAD")
    configured, divided = is_configured(repository)
    if wanted is False or divided or not head:
        return ()
    found = _find(repository, head, environ)
    if wanted is None and (configured or found.top is not None or len(found.parts) < 2):
        for line in _not_divided(found, configured=configured):
            print(line)
        return ()
    tables = _tables(found, repository.top.name)
    if not tables:
        print("no components: covgate finds no part of this repository that has tests")
        return ()
    _, header, text = configured_in(repository)
    print(f"this repository has {len(tables)} parts, to be measured and judged one by one:\n")
    print(render(tables, header))
    for notice in (*found.notices, *inherited(text or "", tables, header)):
        print(notice)
    if wanted is None and not _confirmed():
        print("no components: covgate measures the repository as a whole")
        return ()
    return tables


def taken_from_top(repository: Repository, environ: Mapping[str, str]) -> Taken:
    """How the tests of a repository in another language than Python run, as the files at its top say."""
    head = repository.commit("HEAD")
    top = _find(repository, head, environ).top if head else None
    if top is None or top.kind == PYTHON:
        return NOTHING
    paths = set(repository.paths(head))
    origin = next(name for name, kind in MANIFESTS.items() if kind == top.kind and name in paths)
    keys = {key: value for key, value in top.keys.items() if isinstance(value, str)}
    return Taken(keys=keys, origin=origin, to_do=top.missing)


def _find(repository: Repository, head: str, environ: Mapping[str, str]) -> Found:
    def read(path: str) -> str:
        return (repository.file(head, path) or b"").decode("utf-8", "replace")

    def installed(program: str) -> bool:
        return shutil.which(program, path=environ.get("PATH")) is not None

    return find_parts(repository.paths(head), read, installed)


def _tables(found: Found, top: str) -> tuple[Table, ...]:
    parts = ([found.top] if found.top is not None and found.parts else []) + list(found.parts)
    names = unique_names([each.directory for each in parts], top)
    return tuple(
        Table(
            name=names[each.directory],
            keys={"directory": each.directory or ".", **each.keys},
            to_do=each.missing,
        )
        for each in parts
    )


def _not_divided(found: Found, *, configured: bool) -> list[str]:
    """What covgate measures as one although it has parts; nothing if it has none."""
    apart = [each for each in found.parts if found.top is None or each.kind != found.top.kind]
    if not apart or (found.top is None and len(found.parts) < 2):
        return []
    named = ", ".join(each.shown for each in apart[:5]) + (f" and {len(apart) - 5} more" if len(apart) > 5 else "")
    why = "its configuration has no components" if configured else "it has code and tests at its top"
    return [
        f"covgate measures this repository as a whole, because {why}; parts that could be components of their own:"
        f" {named} (covgate init --components proposes them)"
    ]


def _confirmed() -> bool:
    """Whether the user wants what was shown; without a terminal, nobody is asked."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        return True
    try:
        answer = input("write these components? [Y/n] ").strip().lower()
    except EOFError:
        return False
    return answer in ("", "y", "yes")
