"""The submodules of covgate's own worktree, at the commits that the measured commit names.

They come from the user's own submodule repositories, which may have commits that nobody has pushed yet. Only what these
lack is fetched.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from covgate.errors import CovgateError, ToolError
from covgate.git.environment import environment_of_git, without_local_environment
from covgate.git.execute import CHECKOUT_OPTIONS, GIT, execute
from covgate.git.repository import Repository

_SUBMODULE = "160000"


def update_submodules(user: Repository, view: Repository, commit: str) -> None:
    """Check out the submodules of ``commit`` in the worktree of ``view``: those that ``user`` has initialised.

    Raises ToolError if one can't be checked out.
    """
    for path, name, oid in _submodules(view, commit):
        target = view.top / path
        source = _users_repository(user, path, name)
        if source is not None:
            with contextlib.closing(source):
                inner = _borrow(source, target, oid) or _fetch(view, path)
                with contextlib.closing(inner):
                    update_submodules(source, inner, oid)
        elif user.config(f"submodule.{name}.url"):
            _fetch(view, path).close()
        else:  # leave it empty, as it is in the user's checkout
            shutil.rmtree(target, ignore_errors=True)
            target.mkdir(parents=True)


def _submodules(view: Repository, commit: str) -> Iterator[tuple[str, str, str]]:
    """Path, name and commit of each submodule of ``commit``."""
    if view.file(commit, ".gitmodules") is None:
        return
    listed = view.run("ls-tree", "-r", "-z", "--full-tree", commit)
    links = (line.partition(b"\t") for line in listed.split(b"\0") if line.startswith(_SUBMODULE.encode()))
    oids = {os.fsdecode(path): meta.split()[2].decode() for meta, _, path in links}
    argv = ("config", "--blob", f"{commit}:.gitmodules", "-z", "--get-regexp", r"^submodule\..*\.path$")
    for field in os.fsdecode(view.attempt(*argv)[1]).split("\0"):
        key, _, path = field.partition("\n")
        if path in oids:
            yield path, key.removeprefix("submodule.").removesuffix(".path"), oids[path]


def _users_repository(user: Repository, path: str, name: str) -> Repository | None:
    """The user's repository of a submodule: the one that is checked out, else the one that git keeps.

    None if the user has not initialised it.
    """
    environ = without_local_environment(user.environ, keep_call_configuration=True)
    if (user.top / path / ".git").exists():
        return Repository.discover(user.top / path, environ)
    for directory in (user.git_dir, user.common_dir) if user.config(f"submodule.{name}.url") else ():
        kept = directory / "modules" / name
        if (kept / "HEAD").is_file():
            # Its worktree may be gone; nothing is checked out there.
            return Repository.discover(user.top, {**environ, "GIT_DIR": str(kept), "GIT_WORK_TREE": str(user.top)})
    return None


def _borrow(source: Repository, target: Path, oid: str) -> Repository | None:
    """A repository at ``target`` with ``oid`` checked out, which has the objects of ``source``.

    None if these objects are not enough. Raises OSError if it can't be written.
    """
    if not source.commit(oid):
        return None
    environ = environment_of_git(without_local_environment(source.environ, keep_call_configuration=True))
    own = target / ".git"
    if not own.is_dir():
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir(parents=True)
        kind = source.text("rev-parse", "--show-object-format") or "sha1"
        execute([*GIT, "init", "--quiet", "--template=", f"--object-format={kind}"], target, environ, None)
    (own / "objects" / "info").mkdir(parents=True, exist_ok=True)
    (own / "objects" / "info" / "alternates").write_bytes(os.fsencode(source.common_dir / "objects") + b"\n")
    if source.shallow:
        shutil.copyfile(source.common_dir / "shallow", own / "shallow")
    try:
        view = Repository.discover(target, environ)
        view.run(*CHECKOUT_OPTIONS, "checkout", "--quiet", "--force", "--detach", oid)
        view.run(*CHECKOUT_OPTIONS, "clean", "-ffdxq", "--exclude=__pycache__")
    except CovgateError:
        return None
    return view


def _fetch(view: Repository, path: str) -> Repository:
    """The submodule at ``path``, which git gets from its remote. Raises ToolError if that fails."""
    target = view.top / path
    shutil.rmtree(target, ignore_errors=True)
    # Without --init, which would write to the user's configuration.
    argv = ("-c", "protocol.file.allow=always", "submodule", "update", "--force", "--", path)
    status, _, err = view.attempt(*argv)
    if status or not (target / ".git").exists():
        line = err.strip().splitlines()[-1:] or ["it is not initialised"]
        raise ToolError(
            f"the submodule {path} could not be updated for the measurement: {line[0]}",
            hint=f"git submodule update --init {path}, or prepare it with `setup`",
        )
    return Repository.discover(target, without_local_environment(view.environ, keep_call_configuration=True))
