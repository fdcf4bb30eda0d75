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

from covgate import __version__
from covgate.errors import ToolError, UsageError
from covgate.files import write_atomically
from covgate.setup_text import add_hooks, add_table, has_hooks, remove_hooks, remove_table

HOOKS_FILE = ".pre-commit-config.yaml"
_STAGES = ("pre-push", "post-merge", "post-rewrite")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Edit:
    path: Path
    text: str
    said: str


def init(top: Path, *, repo: str | None, rev: str | None, say: Callable[[str], None]) -> None:
    """Set up the repository at ``top``; a second time changes nothing. UsageError before anything is written."""
    _refuse_foreign_hooks_path(top)
    edits = []
    hooks = top / HOOKS_FILE
    before = _read(hooks)
    if has_hooks(before, HOOKS_FILE):
        say(f"{HOOKS_FILE}: has the hooks already")
    else:
        source = _source(repo, rev)
        edits.append(_Edit(path=hooks, text=add_hooks(before, HOOKS_FILE, source), said=f"{HOOKS_FILE}: hooks added"))
    edits += _configuration(top, say)
    for edit in edits:
        _write(edit)
        say(edit.said)
    say("installing the hooks (pre-commit install --install-hooks)")
    _pre_commit(top, "install", "--install-hooks")
    say("done. Commit the changed files, then `git push` is gated; `covgate doctor` tells what will be measured.")


def remove(top: Path, *, say: Callable[[str], None]) -> None:
    """Take away what ``init`` wrote and installed; what was changed since is left, and named."""
    hooks = top / HOOKS_FILE
    before = _read(hooks)
    after = remove_hooks(before, HOOKS_FILE)
    if after == before:
        say(f"{HOOKS_FILE}: has no hook of covgate")
    elif after.strip() in ("", "repos:", "repos: []"):
        hooks.unlink()
        say(f"{HOOKS_FILE}: removed")
    else:
        _write(_Edit(path=hooks, text=after, said=""))
        say(f"{HOOKS_FILE}: hooks removed")
    for name, header in (("pyproject.toml", "[tool.covgate]\n"), (".covgate.toml", "")):
        path = top / name
        text = _read(path)
        rest = remove_table(text, header)
        if rest == text:
            continue
        if rest.strip():
            _write(_Edit(path=path, text=rest, said=""))
        else:
            path.unlink()
        say(f"{name}: covgate's table removed")
    if "covgate" in _read(top / "pyproject.toml") or (top / ".covgate.toml").exists():
        say("the covgate configuration was changed since: it is left as it is")
    # Other hooks of these stages keep theirs.
    if not any(stage in after for stage in _STAGES):
        _pre_commit(top, "uninstall", *_types())
        say("hooks uninstalled")


def _configuration(top: Path, say: Callable[[str], None]) -> list[_Edit]:
    own, pyproject = top / ".covgate.toml", top / "pyproject.toml"
    if own.exists():
        say(".covgate.toml: is there already")
        return []
    if not pyproject.exists():
        return [_Edit(path=own, text=add_table("", ".covgate.toml", ""), said=".covgate.toml: written")]
    before = _read(pyproject)
    after = add_table(before, "pyproject.toml", "[tool.covgate]\n")
    if after == before:
        say("pyproject.toml: has [tool.covgate] already")
        return []
    return [_Edit(path=pyproject, text=after, said="pyproject.toml: [tool.covgate] added")]


def _source(repo: str | None, rev: str | None) -> list[str]:
    """The lines of the repository entry, unindented: where covgate is to be had, and its two hooks."""
    if repo is None:
        repo, found = _origin()
        rev = rev or found
    if repo:
        return [
            f"- repo: {json.dumps(repo) if any(c in repo for c in ' #:{}[]&*!|>%@') and '://' not in repo else repo}",
            f"  rev: {rev or f'v{__version__}'}",
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


def _origin() -> tuple[str, str]:
    """Where the running covgate was installed from (PEP 610) and its commit; "" where it came from an index."""
    from importlib import metadata

    try:
        value: dict[str, Any] = json.loads(metadata.distribution("covgate").read_text("direct_url.json") or "{}")
    except (metadata.PackageNotFoundError, ValueError):
        return "", ""
    url = str(value.get("url", ""))
    if "vcs_info" in value:
        return url, str(value["vcs_info"].get("commit_id", ""))
    if "dir_info" not in value or not url.startswith("file://"):
        return "", ""
    from urllib.parse import unquote, urlparse

    directory = unquote(urlparse(url).path)
    commit = _git(directory, "rev-parse", "HEAD")
    tag = f"v{__version__}"
    if _git(directory, "rev-parse", "--verify", "--quiet", f"{tag}^{{commit}}") == commit:
        commit = tag
    return (_git(directory, "config", "--get", "remote.origin.url") or directory, commit) if commit else ("", "")


def _refuse_foreign_hooks_path(top: Path) -> None:
    path = _git(str(top), "config", "--get", "core.hooksPath")
    if path:
        raise UsageError(
            f"core.hooksPath is {path}: git looks for hooks there, and pre-commit does not install",
            hint="git config --unset-all core.hooksPath, then covgate init again",
        )


def _git(directory: str, *arguments: str) -> str:
    done = subprocess.run(
        ["git", "-C", directory, *arguments], capture_output=True, text=True, stdin=subprocess.DEVNULL
    )
    return done.stdout.strip() if done.returncode == 0 else ""


def _types() -> list[str]:
    return [part for stage in _STAGES for part in ("-t", stage)]


def _pre_commit(top: Path, *arguments: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pre_commit", *arguments],
        cwd=top,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if done.returncode:
        raise ToolError(
            f"pre-commit {arguments[0]} failed (exit status {done.returncode}); the files are written",
            hint="mend what it says, then covgate init again",
            output=done.stdout,
        )


def _read(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8")
    except FileNotFoundError:
        return ""
    except UnicodeDecodeError:
        raise UsageError(f"{path.name} is not UTF-8", hint="save it as UTF-8") from None
    except OSError as error:
        raise UsageError(f"{path.name} can't be read: {error.strerror}") from None


def _write(edit: _Edit) -> None:
    path = edit.path.resolve()
    try:
        mode = path.stat().st_mode & 0o777 if path.exists() else 0o644
        write_atomically(path, edit.text.encode())
        os.chmod(path, mode)  # noqa: PTH101
    except OSError as error:
        raise UsageError(f"{edit.path.name} can't be written: {error.strerror}") from None
