"""`covgate init` with pre-commit: its hooks in .pre-commit-config.yaml, its table in pyproject.toml, and back."""

from __future__ import annotations

import shlex
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from covgate.errors import ToolError, UsageError
from covgate.git.repository import Repository
from covgate.install.component_text import Table, add_components, remove_components
from covgate.install.file_edits import FileEdit, prepare, read_text, write_all
from covgate.install.hook_entry import hook_entry
from covgate.install.hook_place import is_own
from covgate.install.hooks_pin import repin
from covgate.install.hooks_yaml import HOOK_TYPES, add_hooks, has_hooks, remove_hooks, stages_of
from covgate.install.pin import Pin
from covgate.install.toml_table import NOTHING, Taken, add_table, has_components, has_table, remove_table

HOOKS_FILE = ".pre-commit-config.yaml"
# Where the configuration may be, and the header of its table there.
_PYPROJECT, _OWN = ("pyproject.toml", "[tool.covgate]\n"), (".covgate.toml", "")

Report = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """What `covgate init` is going to write, and lines for the user about what is there already."""

    edits: tuple[FileEdit, ...]
    present: tuple[str, ...]


def plan_setup(
    repository: Repository,
    find_pin: Callable[[], Pin | None],
    *,
    pins_anew: bool = False,
    components: Sequence[Table] = (),
    taken: Taken = NOTHING,
) -> Setup:
    """What has to be written so that pre-commit runs covgate's hooks. Nothing is written yet.

    ``find_pin`` says where the hooks come from. It is called if the file lacks them; with ``pins_anew``, always.
    ``components``: tables to add to the configuration; ``taken``: what a new one takes over.
    Raises UsageError if a file can't be extended.
    """
    require_own_hooks_directory(repository)
    edits, present = list[FileEdit](), list[str]()
    configuration = plan_configuration(repository, present.append, components, taken)
    before = read_text(repository.top, HOOKS_FILE) or ""
    if not has_hooks(before, HOOKS_FILE):
        after = add_hooks(before, HOOKS_FILE, hook_entry(find_pin()))
        edits.append(prepare(repository.top, HOOKS_FILE, before or None, after, "hooks added"))
    elif pins_anew and (pin := find_pin()):
        after = repin(before, HOOKS_FILE, pin)
        if after == before:
            present.append(f"{HOOKS_FILE}: already has the hooks of {pin.repo} at {pin.rev}")
        else:
            edits.append(prepare(repository.top, HOOKS_FILE, before, after, f"pinned to {pin.repo} at {pin.rev}"))
    else:
        present.append(f"{HOOKS_FILE}: already has the hooks")
    return Setup(edits=(*edits, *configuration), present=tuple(present))


def set_up(repository: Repository, setup: Setup, report: Report, *, install: bool = True) -> None:
    """Write the files of ``setup`` and install the hooks. ``report`` gets the lines for the user.

    ``install`` False leaves the hooks uninstalled. Raises UsageError before anything is written.
    """
    for line in setup.present:
        report(line)
    write_all(setup.edits, report)
    if install:
        report("installing the hooks (pre-commit install --install-hooks)")
        _run_pre_commit(repository, "install", "--install-hooks", report=report)


def remove(repository: Repository, report: Report) -> None:
    """Remove what ``init`` wrote and installed. What was edited since is left, and reported."""
    before = read_text(repository.top, HOOKS_FILE) or ""
    after = remove_hooks(before, HOOKS_FILE)
    edits, edited = [], []
    empty = after.strip() in ("", "repos:", "repos: []")
    if after == before:
        report(f"{HOOKS_FILE}: has no hook of covgate to remove")
    else:
        summary = "removed, nothing else was in it" if empty else "hooks removed"
        edits.append(prepare(repository.top, HOOKS_FILE, before, None if empty else after, summary))
    for name, header in (_PYPROJECT, _OWN):
        text = read_text(repository.top, name)
        if text is None:
            continue
        rest = remove_table(remove_components(text, header), header)
        if rest != text:
            edits.append(prepare(repository.top, name, text, rest if rest.strip() else None, "covgate's table removed"))
        elif has_table(text, header):
            edited.append(name)
    # Hook types that other hooks use stay installed. Without hooks of covgate, none was installed for it.
    unused = [] if after == before else [each for each in HOOK_TYPES if each not in stages_of(after, HOOKS_FILE)]
    unused += ["pre-commit"] if unused and empty else []
    write_all(edits, report)
    for name in edited:
        report(f"{name}: covgate's configuration was edited by hand, so it is left as it is")
    if unused:
        _run_pre_commit(repository, "uninstall", *(part for each in unused for part in ("-t", each)), report=report)


def configured_in(repository: Repository) -> tuple[str, str, str | None]:
    """Where the configuration is, or would be: the file's name, the header of covgate's table in it, and its text.

    The text is None if there is no such file. Raises UsageError if it can't be edited.
    """
    for name, header in (_OWN, _PYPROJECT):
        text = read_text(repository.top, name)
        if text is not None:
            return name, header, text
    return (*_OWN, None)


def is_configured(repository: Repository) -> tuple[bool, bool]:
    """Whether covgate is configured here, and whether its configuration has components."""
    _, header, text = configured_in(repository)
    return text is not None and has_table(text, header), text is not None and has_components(text, header)


def plan_configuration(
    repository: Repository,
    report: Report,
    components: Sequence[Table] = (),
    taken: Taken = NOTHING,
) -> list[FileEdit]:
    """The edit that configures covgate, and that adds the tables of ``components``; none if all of it is there.

    ``taken``: what a new configuration takes over. Raises UsageError if the file can't be extended.
    """
    name, header, before = configured_in(repository)
    is_new = before is None or not has_table(before, header)
    table = add_table(before or "", name, header, taken) if is_new else before or ""
    after = add_components(table, components, header)
    added = f"{len(components)} components added" if components else ""
    if is_new:
        what = "written" if before is None else f"{header.strip()} added"
        what += f", with {taken.shown}" if taken.shown else ""
        return [prepare(repository.top, name, before, after, f"{what}, {added}" if added else what)]
    if added:
        return [prepare(repository.top, name, before, after, added)]
    report(f"{name}: already has {header.strip()}" if header else f"{name}: already there")
    return []


def require_own_hooks_directory(repository: Repository) -> None:
    """Raises UsageError if core.hooksPath is set: then pre-commit installs nothing."""
    path = repository.config("core.hooksPath")
    if not path:
        return
    scope = repository.config_scope("core.hooksPath")
    option = f"--{scope} " if scope in ("global", "system", "worktree") else ""
    native = "covgate init --native"
    if not is_own(repository, repository.hooks_directory()):  # covgate's own hooks would run in other repositories, too
        native = f"git config core.hooksPath {shlex.quote(str(repository.common_dir / 'hooks'))} && {native}"
    raise UsageError(
        f"core.hooksPath is {path}: git looks for hooks there, and pre-commit does not install into it",
        hint=f"git config {option}--unset-all core.hooksPath, then covgate init again; or {native}",
    )


def _run_pre_commit(repository: Repository, *arguments: str, report: Report) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pre_commit", *arguments],
        cwd=repository.top,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    if done.returncode:
        again = "covgate init" if arguments[0] == "install" else f"pre-commit {' '.join(arguments)}"
        raise ToolError(
            f"pre-commit {arguments[0]} failed (exit status {done.returncode}); the files are written",
            hint=f"fix what it reports, then {again}",
            output=done.stdout,
        )
    for line in done.stdout.splitlines():
        if line.strip() and not line.startswith("[INFO]"):
            report(f"  {line}")
