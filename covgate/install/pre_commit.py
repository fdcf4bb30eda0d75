"""`covgate init`: the hooks into .pre-commit-config.yaml, the table into pyproject.toml, and back again.

Both files are extended as text, at places that their parsers' positions name, and parsed again before they
are written: comments and formatting stay, and what would not come out as meant is not written at all.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from covgate.errors import ToolError, UsageError
from covgate.files import write_atomically
from covgate.install.config_edit import add_hooks, add_table, has_hooks, remove_hooks, remove_table
from covgate.version import __version__

HOOKS_FILE = ".pre-commit-config.yaml"
_STAGES = ("pre-push", "post-merge", "post-rewrite")
# Where the configuration may live, and the table's header there.
_TABLES = (("pyproject.toml", "[tool.covgate]\n"), (".covgate.toml", ""))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Edit:
    """A file of the user's as it is to be: ``after`` None removes it, ``before`` None makes it."""

    path: Path
    before: bytes | None
    after: bytes | None
    said: str


def init(top: Path, *, repo: str | None, rev: str | None, say: Callable[[str], None], run_install: bool = True) -> None:
    """Set up the repository at ``top``; a second time changes nothing. UsageError before anything is written.

    ``repo`` and ``rev`` (default: where this covgate came from) go into the hooks' entry; ``say`` gets what a
    person should read, a line at a time; ``run_install`` False leaves the hooks uninstalled.
    """
    _refuse_no_worktree(top)
    _refuse_foreign_hooks_path(top)
    edits = []
    before = _read(top, HOOKS_FILE)
    if has_hooks(before or "", HOOKS_FILE):
        say(f"{HOOKS_FILE}: has the hooks already")
    else:
        after = add_hooks(before or "", HOOKS_FILE, _source(repo, rev))
        edits.append(_edit(top, HOOKS_FILE, before, after, "hooks added"))
    edits += _configuration(top, say)
    _write(edits, say)
    if run_install:
        say("installing the hooks (pre-commit install --install-hooks)")
        _pre_commit(top, "install", "--install-hooks", say=say)
    changed = "commit the changed files, then" if edits else "nothing had to change:"
    say(f"done: {changed} `git push` is gated; `covgate doctor` tells what will be measured")


def configure(top: Path, *, say: Callable[[str], None]) -> None:
    """Write covgate's configuration where there is none, and no hook."""
    _write(_configuration(top, say), say)


def remove(top: Path, *, say: Callable[[str], None]) -> None:
    """Take away what ``init`` wrote and installed; what was changed since is left, and named."""
    _refuse_no_worktree(top)
    edits, left = [], []
    before = _read(top, HOOKS_FILE)
    hooks = remove_hooks(before or "", HOOKS_FILE)
    if hooks == (before or ""):
        say(f"{HOOKS_FILE}: has no hook of covgate to take out")
    else:
        bare = hooks.strip() in ("", "repos:", "repos: []")
        said = "removed, nothing else was in it" if bare else "hooks removed"
        edits.append(_edit(top, HOOKS_FILE, before, None if bare else hooks, said))
    for name, header in _TABLES:
        table = _read(top, name)
        if table is None:
            continue
        rest = remove_table(table, header)
        if rest != table:
            edits.append(_edit(top, name, table, rest if rest.strip() else None, "covgate's table removed"))
        elif _has_table(table, name, header):
            left.append(name)
    # Types that other hooks are configured for stay installed; without hooks of covgate, none is covgate's.
    used = _stages(hooks)
    unused = [stage for stage in _STAGES if stage not in used] if hooks != (before or "") else []
    _write(edits, say)
    for name in left:
        say(f"{name}: covgate's configuration was changed since, it stays as it is")
    if unused:
        _pre_commit(top, "uninstall", *(part for stage in unused for part in ("-t", stage)), say=say)


def _configuration(top: Path, say: Callable[[str], None]) -> list[_Edit]:
    (pyproject, header), (own, _) = _TABLES
    if _read(top, own) is not None:
        say(f"{own}: is there already")
        return []
    before = _read(top, pyproject)
    if before is None:
        return [_edit(top, own, None, add_table("", own, ""), "written")]
    after = add_table(before, pyproject, header)
    if after == before:
        say(f"{pyproject}: has [tool.covgate] already")
        return []
    return [_edit(top, pyproject, before, after, "[tool.covgate] added")]


def _has_table(text: str, name: str, header: str) -> bool:
    try:
        return not header or add_table(text, name, header) == text
    except UsageError:  # one that takes no table has none
        return False


def _stages(hooks: str) -> set[str]:
    """The stages that a configuration of pre-commit names, by today's names."""
    import yaml

    try:
        data = yaml.safe_load(hooks) or {}
        lists = [data.get("default_install_hook_types"), data.get("default_stages")]
        lists += [hook.get("stages") for each in data.get("repos") or [] for hook in each.get("hooks") or []]
    except (yaml.YAMLError, AttributeError, TypeError):
        raise UsageError(
            f"{HOOKS_FILE} is written in a way that covgate does not take apart",
            hint="take the entry with covgate's hooks out by hand, then covgate init --remove again",
        ) from None
    named = {stage for stages in lists if isinstance(stages, list) for stage in stages}
    return named | ({"pre-push"} if "push" in named else set())


def _source(repo: str | None, rev: str | None) -> list[str]:
    """The lines of the repository entry, unindented: where covgate is to be had, and its two hooks."""
    if repo is None:
        repo, found = _origin()
        if rev and not repo:
            raise UsageError("--rev pins a repository, and this covgate came from none", hint="give --repo URL, too")
        rev = rev or found
    if repo:
        return [
            f"- repo: {_scalar(repo)}",
            f"  rev: {_scalar(rev or f'v{__version__}')}",
            "  hooks:",
            "    - id: covgate-pre-push    # measures what is pushed, blocks what regresses",
            "    - id: covgate-post-merge  # raises the baseline",
        ]
    lines = ["- repo: local", "  hooks:"]
    for name, stages in (
        ("covgate-pre-push", "[pre-push]"),
        ("covgate-post-merge", "[post-merge, post-rewrite]"),
    ):
        lines += [
            f"    - id: {name}",
            f"      name: {name}",
            f"      entry: {name}",
            "      language: python",
            f'      additional_dependencies: ["covgate=={__version__}"]',
            f"      stages: {stages}",
            "      always_run: true",
            "      pass_filenames: false",
            "      require_serial: true",
            "      verbose: true",
        ]
    return lines


def _scalar(text: str) -> str:
    """``text`` for a YAML file, quoted where a plain one would be read as something else (a number, a comment)."""
    import yaml

    try:
        plain = yaml.safe_load(f"- {text}") == [text]
    except (yaml.YAMLError, ValueError):
        plain = False
    return text if plain else json.dumps(text)


def _origin() -> tuple[str, str]:
    """Where the running covgate was installed from (PEP 610) and its revision; "" where it came from an index."""
    from importlib import metadata

    try:
        value: dict[str, Any] = json.loads(metadata.distribution("covgate").read_text("direct_url.json") or "{}")
    except (metadata.PackageNotFoundError, ValueError):
        return "", ""
    url, tag = str(value.get("url", "")), f"v{__version__}"
    source = value.get("vcs_info", {})
    if source.get("vcs") == "git":
        # A branch moves and pre-commit never looks again: of names, only the release's own is kept.
        return url, tag if source.get("requested_revision") == tag else str(source.get("commit_id", ""))
    if "dir_info" not in value or not url.startswith("file:"):
        return "", ""
    from urllib.parse import urlparse
    from urllib.request import url2pathname

    directory = Path(url2pathname(urlparse(url).path))
    if _git(directory, "rev-parse", "--show-prefix", foreign=True):
        return "", ""  # inside of another repository, say unpacked into a project
    commit = _git(directory, "rev-parse", "--verify", "--quiet", "HEAD", foreign=True)
    if not commit:
        return "", ""
    remote = _git(directory, "config", "--get", "remote.origin.url", foreign=True)
    if remote and (directory / remote).exists():
        remote = str((directory / remote).resolve())  # a relative one leads elsewhere from here
    tagged = _git(directory, "rev-parse", "--verify", "--quiet", f"{tag}^{{commit}}", foreign=True)
    return remote or str(directory), tag if tagged == commit else commit


def _refuse_no_worktree(top: Path) -> None:
    if _git(top, "rev-parse", "--is-inside-work-tree") != "true":
        raise UsageError(f"{top} is no git working tree", hint="run covgate init inside a clone with files")


def _refuse_foreign_hooks_path(top: Path) -> None:
    path = _git(top, "config", "--get", "core.hooksPath")
    if not path:
        return
    scope = _git(top, "config", "--show-scope", "--get", "core.hooksPath").split("\t")[0]
    where = f"--{scope} " if scope in ("global", "system", "worktree") else ""
    raise UsageError(
        f"core.hooksPath is {path}: git looks for hooks there, and pre-commit does not install",
        hint=f"git config {where}--unset-all core.hooksPath, then covgate init again; or covgate init --native",
    )


def _git(directory: Path, *arguments: str, foreign: bool = False) -> str:
    """What git says, "" where it fails. ``foreign``: not the user's repository, to which GIT_DIR may point."""
    environ = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")} if foreign else None
    try:
        done = subprocess.run(
            ["git", "-C", str(directory), *arguments],
            env=environ,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="surrogateescape",
        )
    except FileNotFoundError:
        raise ToolError("git is not installed, or not on PATH", hint="install git") from None
    return done.stdout.strip() if done.returncode == 0 else ""


def _pre_commit(top: Path, *arguments: str, say: Callable[[str], None]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pre_commit", *arguments],
        cwd=top,
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
            hint=f"mend what it says, then {again}",
            output=done.stdout,
        )
    for line in done.stdout.splitlines():
        if line.strip() and not line.startswith("[INFO]"):
            say(f"  {line}")


def _read(top: Path, name: str) -> str | None:
    """The text of a file, None where there is none; UsageError where it can't be edited."""
    path = top / name
    if path.is_symlink() and not path.resolve().is_relative_to(top.resolve()):
        raise UsageError(f"{name} is a link out of the repository, to {path.resolve()}", hint="edit it there by hand")
    try:
        return path.read_bytes().decode("utf-8")
    except FileNotFoundError:
        return None
    except UnicodeDecodeError:
        raise UsageError(f"{name} is not UTF-8", hint="save it as UTF-8") from None
    except OSError as error:
        raise UsageError(f"{name} can't be read: {error.strerror}", hint="see its permissions") from None


def _edit(top: Path, name: str, before: str | None, after: str | None, said: str) -> _Edit:
    return _Edit(
        # A link within the repository stays one.
        path=(top / name).resolve(),
        before=None if before is None else before.encode(),
        after=None if after is None else after.encode(),
        said=f"{name}: {said}",
    )


def _write(edits: list[_Edit], say: Callable[[str], None]) -> None:
    """All of ``edits``, or none: where one fails, those before it are undone."""
    done: list[_Edit] = []
    try:
        for edit in edits:
            _replace(edit.path, edit.after)
            done.append(edit)
    except BaseException as error:
        for edit in reversed(done):
            _replace(edit.path, edit.before)
        if isinstance(error, OSError):
            raise UsageError(
                f"{edits[len(done)].path} can't be written: {error.strerror}; nothing was changed",
                hint="see the permissions there",
            ) from None
        raise
    for edit in edits:
        say(edit.said)


def _replace(path: Path, data: bytes | None) -> None:
    if data is None:
        path.unlink(missing_ok=True)
        return
    try:
        mode = path.stat().st_mode & 0o7777
    except FileNotFoundError:
        umask = os.umask(0o022)  # there is no way to read it but to set it
        os.umask(umask)
        mode = 0o666 & ~umask
    write_atomically(path, data)
    path.chmod(mode)
