"""The entry of a .pre-commit-config.yaml with covgate's hooks, pinned to where this covgate was installed from."""

from __future__ import annotations

import json
import os
from importlib import metadata
from pathlib import Path
from typing import Any
from urllib.parse import urlparse
from urllib.request import url2pathname

import yaml

from covgate.errors import CovgateError, UsageError
from covgate.git.repository import Repository
from covgate.version import __version__

_TAG = f"v{__version__}"


def hook_entry(repo: str | None, rev: str | None) -> list[str]:
    """The lines of an item of ``repos``, not indented.

    ``repo`` and ``rev`` are the repository and the revision to pin; None: those that this covgate was installed from.
    From a package index it has neither, and the hooks are local ones. Raises UsageError if only ``rev`` is known.
    """
    if repo is None:
        repo, found = installed_from()
        if rev and not repo:
            raise UsageError(
                "--rev needs a repository, and this covgate was not installed from one", hint="give --repo URL, too"
            )
        rev = rev or found
    if not repo:
        return _local_entry()
    return [
        f"- repo: {_yaml_scalar(repo)}",
        f"  rev: {_yaml_scalar(rev or _TAG)}",
        "  hooks:",
        "    - id: covgate-pre-push    # measures what is pushed, blocks what regresses",
        "    - id: covgate-post-merge  # raises the baseline",
    ]


def _local_entry() -> list[str]:
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


def _yaml_scalar(text: str) -> str:
    """``text`` for a YAML file, quoted if YAML would read it as anything else (a number, a comment)."""
    try:
        plain = yaml.safe_load(f"- {text}") == [text]
    except (yaml.YAMLError, ValueError):
        plain = False
    return text if plain else json.dumps(text)


def installed_from() -> tuple[str, str]:
    """The repository and the revision that this covgate was installed from (PEP 610); "" if from a package index."""
    try:
        value: dict[str, Any] = json.loads(metadata.distribution("covgate").read_text("direct_url.json") or "{}")
    except (metadata.PackageNotFoundError, ValueError):
        return "", ""
    url, source = str(value.get("url", "")), value.get("vcs_info", {})
    if source.get("vcs") == "git":
        # pre-commit never updates a pinned branch, so of all names only the release's tag is kept.
        return url, _TAG if source.get("requested_revision") == _TAG else str(source.get("commit_id", ""))
    if "dir_info" in value and url.startswith("file:"):
        return _checkout(Path(url2pathname(urlparse(url).path)))
    return "", ""


def _checkout(directory: Path) -> tuple[str, str]:
    """The repository and the revision of a checkout of covgate; "" if ``directory`` is none."""
    # GIT_DIR and its like may point to the user's repository.
    environ = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    try:
        checkout = Repository.discover(directory, environ)
    except CovgateError:
        return "", ""
    try:
        commit = checkout.commit("HEAD")
        if not commit or checkout.top.resolve() != directory.resolve():
            return "", ""  # inside of another repository, for example vendored
        remote = checkout.config("remote.origin.url")
        if remote and (directory / remote).exists():
            remote = str((directory / remote).resolve())  # a relative path counts from the checkout
        return remote or str(directory), _TAG if checkout.commit(_TAG) == commit else commit
    finally:
        checkout.close()
