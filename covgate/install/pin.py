"""Where pre-commit gets covgate's hooks from: a repository and a revision that can be fetched from it."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any
from urllib.parse import urlparse
from urllib.request import url2pathname

from covgate.errors import CovgateError, UsageError
from covgate.git.environment import environment_of_git, without_local_environment
from covgate.git.execute import GIT, execute
from covgate.git.repository import Repository
from covgate.version import __version__

_TAG = f"v{__version__}"
_MANIFEST = ".pre-commit-hooks.yaml"
_NEWEST = "HEAD"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """A repository (a URL or a path) and a revision of it (a tag or a commit)."""

    repo: str
    rev: str


def find_pin(repo: str | None, rev: str | None, top: Path, environ: Mapping[str, str]) -> Pin | None:
    """The repository and revision to pin. An argument that is None defaults to where this covgate was installed from.

    A relative ``repo`` is relative to ``top``. Returns None if this covgate came from a package index. Raises
    UsageError if pre-commit could not get the hooks from there.
    """
    problem = None
    for pin in pin_candidates(repo, rev):
        try:
            commit = _find_hooks(pin, top, environ)
        except UsageError as error:
            problem = error
        else:
            return Pin(repo=pin.repo, rev=commit) if pin.rev == _NEWEST else pin
    if problem is not None:
        raise problem
    return None


def pin_candidates(repo: str | None, rev: str | None) -> list[Pin]:
    """The pins to try, the best first; empty if this covgate came from a package index.

    Raises UsageError if it came from somewhere else that is not a repository, and none is named.
    """
    found_repo, found_rev = installed_from()
    if repo is None:
        repo = found_repo
        if not repo:
            _require_index(rev)
            return []
        return [Pin(repo=repo, rev=rev or found_rev)]
    if rev:
        return [Pin(repo=repo, rev=rev)]
    # The release, else the commit that is installed here, else the newest one there.
    return [Pin(repo=repo, rev=each) for each in dict.fromkeys([_TAG, found_rev, _NEWEST]) if each]


def _require_index(rev: str | None) -> None:
    if rev:
        raise UsageError(
            "--rev needs a repository, and this covgate was not installed from one", hint="give --repo URL, too"
        )
    url = str(_direct_url().get("url", ""))
    if url:
        raise UsageError(
            f"this covgate was installed from {url}, where pre-commit can't get it",
            hint="name covgate's repository: covgate init --repo URL",
        )


def _find_hooks(pin: Pin, top: Path, environ: Mapping[str, str]) -> str:
    """The full name of the pinned commit. Raises UsageError if pre-commit would not find covgate's hooks there."""
    where = str((top / pin.repo).resolve()) if (top / pin.repo).is_dir() else pin.repo
    own = environment_of_git(without_local_environment(environ))
    with tempfile.TemporaryDirectory(prefix="covgate-init-") as name:
        directory = Path(name)

        def git(*argv: str) -> tuple[int, str, str]:
            status, output, messages = execute([*GIT, *argv], directory, own, None)
            return status, output.decode(errors="replace").strip(), messages

        git("init", "--quiet", "--bare", ".")
        status, _, messages = git("fetch", "--quiet", "--depth=1", "--no-tags", "--", where, pin.rev)
        found = "FETCH_HEAD"
        if status:
            # A server may not give out a commit that no ref names. pre-commit then fetches everything, too.
            status, _, messages = git("fetch", "--quiet", "--tags", "--", where, "+refs/heads/*:refs/heads/*")
            found = pin.rev
        if status:
            lines = [line for line in messages.splitlines() if line.strip()] or ["git fetch failed"]
            reason = next((line for line in lines if line.startswith(("fatal:", "ERROR:"))), lines[-1])
            raise UsageError(
                f"covgate's hooks can't be fetched from {pin.repo}: {reason}; nothing was changed",
                hint="--repo URL names another place",
            )
        status, commit, _ = git("rev-parse", "--verify", "--quiet", f"{found}^{{commit}}")
        if status:
            raise UsageError(
                f"{pin.repo} has no revision {pin.rev}; nothing was changed",
                hint=f"push it there, or choose another with --rev (git ls-remote --tags {pin.repo} lists the tags)",
            )
        status, manifest, _ = git("cat-file", "-p", f"{commit}:{_MANIFEST}")
        if status or "covgate-pre-push" not in manifest:
            raise UsageError(
                f"{pin.repo} has no hooks of covgate at {pin.rev}; nothing was changed",
                hint="--repo URL names covgate's own repository",
            )
    return commit


def installed_from() -> tuple[str, str]:
    """The repository and the revision that this covgate was installed from (PEP 610); "" if from a package index."""
    value = _direct_url()
    url, source = str(value.get("url", "")), value.get("vcs_info", {})
    if source.get("vcs") == "git":
        # pre-commit never updates a pinned branch, so of all names only the release's tag is kept.
        return url, _TAG if source.get("requested_revision") == _TAG else str(source.get("commit_id", ""))
    if "dir_info" in value and url.startswith("file:"):
        return _checkout(Path(url2pathname(urlparse(url).path)))
    return "", ""


def _direct_url() -> dict[str, Any]:
    """Where covgate was installed from (PEP 610); empty if from a package index, or unknown."""
    try:
        value = json.loads(metadata.distribution("covgate").read_text("direct_url.json") or "{}")
    except (metadata.PackageNotFoundError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}


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
