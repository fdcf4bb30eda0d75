"""The only place that runs git in the user's repository.

Plain subprocesses: importing GitPython costs more than all that a push of a known tree may take
(docs/adr/0005), strips output that must stay byte-exact, and reads the wrong repository under an
inherited GIT_DIR. Every command runs with a pinned locale, without hooks, prompts and optional locks.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from covgate.errors import GitError, ToolError, UsageError
from covgate.git.ssh import ssh_command

# What `git rev-parse --local-env-vars` names (git 2.39), and the two that git adds for its hooks.
LOCAL_ENVIRONMENT = frozenset(
    """GIT_ALTERNATE_OBJECT_DIRECTORIES GIT_CONFIG GIT_CONFIG_PARAMETERS GIT_CONFIG_COUNT
    GIT_OBJECT_DIRECTORY GIT_DIR GIT_WORK_TREE GIT_IMPLICIT_WORK_TREE GIT_GRAFT_FILE GIT_INDEX_FILE
    GIT_NO_REPLACE_OBJECTS GIT_REPLACE_REF_BASE GIT_PREFIX GIT_SHALLOW_FILE GIT_COMMON_DIR
    GIT_INTERNAL_SUPER_PREFIX GIT_QUARANTINE_PATH GIT_EXEC_PATH""".split()
)
# The configuration of this one git call (`git -c k=v push`): credentials may hang on it.
_CALL_CONFIGURATION = frozenset({"GIT_CONFIG_PARAMETERS", "GIT_CONFIG_COUNT"})

_PLAIN_NAME = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?|HEAD|refs/[A-Za-z0-9_./-]+")
_PREFIX = ("git", "-c", f"core.hooksPath={os.devnull}", "-c", "core.fsmonitor=false", "-c", "gc.auto=0")


@dataclass(frozen=True, slots=True, kw_only=True)
class GitObject:
    oid: str
    kind: str
    data: bytes


class Repository:
    """One repository, found from a directory; all paths absolute.

    ``top`` is the worktree covgate was called in, ``git_dir`` that worktree's own git directory,
    ``common_dir`` the one that all worktrees share: covgate keeps its files under it.
    """

    def __init__(
        self, *, top: Path, git_dir: Path, common_dir: Path, shallow: bool, environ: Mapping[str, str]
    ) -> None:
        self.top = top
        self.git_dir = git_dir
        self.common_dir = common_dir
        self.shallow = shallow
        self.environ = dict(environ)
        self._batch: subprocess.Popen[bytes] | None = None
        self._default_branches: dict[str, str] = {}

    @classmethod
    def discover(cls, directory: Path, environ: Mapping[str, str]) -> Repository:
        """The repository around ``directory``, honouring GIT_DIR as git itself would."""
        argv = [
            "rev-parse",
            "--show-toplevel",
            "--absolute-git-dir",
            "--git-common-dir",
            "--is-shallow-repository",
        ]
        plain = _environment(environ)
        with ssh_command(directory, plain) as ssh:
            status, out, err = _execute([*_PREFIX, *argv], directory, plain, None)
        if status:
            raise _not_usable(directory, status, err)
        lines = os.fsdecode(out).split("\n")
        # A path may contain a newline: the last two lines and the last absolute path are certain.
        shallow, common = lines[-2] == "true", lines[-3]
        paths = "\n".join(lines[:-3])
        top, git_dir = _split_paths(paths, directory, environ)
        return cls(
            top=top,
            git_dir=git_dir,
            common_dir=(directory / common).resolve(),
            shallow=shallow,
            environ={**plain, **ssh, "GIT_DIR": str(git_dir), "GIT_WORK_TREE": str(top)},
        )

    @property
    def state_dir(self) -> Path:
        """Where covgate keeps its cache, its worktree and its scratch files; shared by all worktrees."""
        return self.common_dir / "covgate"

    def run(self, *args: str, input: bytes | None = None, cwd: Path | None = None) -> bytes:
        """Run ``git args`` and give its output, byte-exact; GitError where it fails."""
        status, out, err = self.attempt(*args, input=input, cwd=cwd)
        if status:
            raise GitError(args, status, err)
        return out

    def attempt(self, *args: str, input: bytes | None = None, cwd: Path | None = None) -> tuple[int, bytes, str]:
        """Run ``git args``: its exit status, its output, its messages."""
        return _execute([*_PREFIX, *args], cwd or self.top, self.environ, input)

    def start(self, *args: str) -> subprocess.Popen[bytes]:
        """Start ``git args`` beside us; the caller collects it with ``communicate``."""
        return subprocess.Popen(
            [*_PREFIX, *args],
            cwd=self.top,
            env=self.environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def elsewhere(self, top: Path) -> Repository:
        """The same repository seen from another of its worktrees, ``top``."""
        return Repository.discover(
            top, {k: v for k, v in self.environ.items() if k not in ("GIT_DIR", "GIT_WORK_TREE")}
        )

    def text(self, *args: str) -> str:
        """The output of a command that prints one line; "" where it fails."""
        status, out, _ = self.attempt(*args)
        return "" if status else os.fsdecode(out).removesuffix("\n")

    def object(self, name: str) -> GitObject | None:
        """The object that ``name`` stands for (gitrevisions(7)); None where there is none."""
        return self._read(os.fsencode(name))

    def _read(self, name: bytes) -> GitObject | None:
        if b"\n" in name or not name:
            return None
        if self._batch is None:
            self._batch = subprocess.Popen(
                [*_PREFIX, "cat-file", "--batch"],
                cwd=self.top,
                env=self.environ,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
        stdin, stdout = self._batch.stdin, self._batch.stdout
        assert stdin is not None and stdout is not None
        stdin.write(name + b"\n")
        stdin.flush()
        header = stdout.readline()
        fields = header.split()
        if not header:
            raise self._reader_ended(name)
        if len(fields) != 3 or not fields[2].isdigit():
            return None  # "<name> missing", "<name> ambiguous"
        data = stdout.read(int(fields[2]))
        if len(data) < int(fields[2]) or not stdout.read(1):
            raise self._reader_ended(name)
        return GitObject(oid=fields[0].decode(), kind=fields[1].decode(), data=data)

    def blobs(self, oids: Sequence[str]) -> Iterator[tuple[str, bytes]]:
        """The content of each blob of ``oids`` that can be read, by one process; git stops at a damaged one."""
        told = self.attempt("cat-file", "--batch", input="".join(f"{each}\n" for each in oids).encode())[1]
        place = 0
        while (end := told.find(b"\n", place)) >= 0:
            fields = told[place:end].split()
            place = end + 1
            if len(fields) == 3:
                size = int(fields[2])
                data = told[place : place + size]
                place += size + 1
                if fields[1] == b"blob" and place <= len(told):
                    yield fields[0].decode(), data

    def _reader_ended(self, name: bytes) -> ToolError:
        """git dies of a damaged object; the next one is read by another process."""
        self.close()
        told = name[:80].decode(errors="replace")
        return ToolError(f"git can't read the object {told}", hint="`git fsck` tells what is damaged")

    def commit(self, name: str) -> str:
        """The oid of the commit that ``name`` leads to, tags peeled; "" where it leads to none."""
        if _PLAIN_NAME.fullmatch(name):
            found = self.object(f"{name}^{{commit}}")
            return found.oid if found else ""
        # The object reader dies of some names that lead nowhere (`@{upstream}` without one).
        return self.text("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}") if name else ""

    def tree(self, commit: str) -> str:
        """The oid of a commit's tree."""
        found = self.object(f"{commit}^{{tree}}")
        if found is None:
            raise ToolError(f"the tree of {commit[:10]} can't be read", hint="`git fsck` tells what is damaged")
        return found.oid

    def file(self, commit: str, path: str) -> bytes | None:
        """A file's content at ``commit``; None where there is no such file."""
        # Paths in git are bytes, whatever the locale says of names of files.
        found = self._read(f"{commit}:{path}".encode("utf-8", "surrogateescape"))
        return found.data if found and found.kind == "blob" else None

    def walk(self, commits: Sequence[str]) -> Iterator[str]:
        """The oids of ``commits`` and all their ancestors, newest first; may be left early."""
        process = subprocess.Popen(
            [*_PREFIX, "rev-list", "--stdin"],
            cwd=self.top,
            env=self.environ,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        assert process.stdin is not None and process.stdout is not None and process.stderr is not None
        finished = False
        try:
            process.stdin.write("".join(f"{each}\n" for each in commits).encode())
            process.stdin.close()
            for line in process.stdout:
                yield line[:-1].decode()
            finished = True
        finally:
            if not finished:
                process.kill()
            process.stdout.close()
            message = process.stderr.read().decode(errors="replace")
            process.stderr.close()
            status = process.wait()
        if status:
            raise GitError(["rev-list"], status, message)

    def is_ancestor(self, ancestor: str, commit: str) -> bool:
        """Whether ``commit`` is ``ancestor`` or descends from it."""
        argv = ("merge-base", "--is-ancestor", ancestor, commit)
        status, _, err = self.attempt(*argv)
        if status > 1:
            raise GitError(argv, status, err)
        return status == 0

    def edge(self) -> frozenset[str]:
        """The commits whose parents a shallow clone hides."""
        try:
            return frozenset((self.common_dir / "shallow").read_text().split())
        except FileNotFoundError:
            return frozenset()

    def look_again(self) -> None:
        """After a fetch that may have changed where history ends."""
        self.shallow = bool(self.edge())
        self.close()

    def current_branch(self) -> str:
        """The checked-out branch's short name; "" on a detached HEAD."""
        return self.text("symbolic-ref", "--quiet", "--short", "HEAD")

    def remotes(self) -> list[str]:
        return self.text("remote").splitlines()

    def config(self, key: str) -> str:
        """A configured value as the user set it, "" where there is none: without what covgate adds to its calls."""
        status, out, _ = _execute(["git", "config", "--get", key], self.top, self.environ, None)
        return "" if status else os.fsdecode(out).removesuffix("\n")

    def config_scope(self, key: str) -> str:
        """The scope that a configured value comes from: "local", "global", "system", "worktree"; "" for none."""
        status, out, _ = _execute(["git", "config", "--show-scope", "--get", key], self.top, self.environ, None)
        return "" if status else os.fsdecode(out).partition("\t")[0]

    def hooks_directory(self) -> Path:
        """Where git looks for hooks here: core.hooksPath, which may be relative to the worktree, else its own."""
        status, out, err = _execute(["git", "rev-parse", "--git-path", "hooks"], self.top, self.environ, None)
        if status:
            raise GitError(["rev-parse", "--git-path"], status, err)
        return self.top / os.fsdecode(out).removesuffix("\n")

    def default_remote(self, branch: str = "") -> str:
        """The remote that ``branch`` follows, else ``origin``, else the only one; "" for none."""
        followed = self.config(f"branch.{branch}.remote") if branch else ""
        if followed and followed != ".":
            return followed
        remotes = self.remotes()
        return "origin" if "origin" in remotes else remotes[0] if len(remotes) == 1 else ""

    def default_branch(self, remote: str) -> str:
        """The short name of ``remote``'s default branch, found without the network; "" where nothing tells it."""
        if remote not in self._default_branches:
            self._default_branches[remote] = self._default_branch(remote)
        return self._default_branches[remote]

    def _default_branch(self, remote: str) -> str:
        prefix = f"refs/remotes/{remote}/"
        named = self.text("symbolic-ref", "--quiet", f"{prefix}HEAD") if self.commit(f"{prefix}HEAD") else ""
        if named.startswith(prefix):
            return named.removeprefix(prefix)
        # A branch of this name must exist there, or at least here: a guess must not gate nothing.
        for name in (self.config("init.defaultBranch"), "main", "master"):
            if name and self.commit(f"{prefix}{name}"):
                return name
        for name in (self.config("init.defaultBranch"), "main", "master"):
            if name and self.commit(f"refs/heads/{name}"):
                return name
        return ""

    def close(self) -> None:
        """End the object reader. Safe to call more than once."""
        if self._batch is not None:
            assert self._batch.stdin is not None and self._batch.stdout is not None
            self._batch.stdin.close()
            self._batch.stdout.close()
            self._batch.wait()
            self._batch = None


def _environment(environ: Mapping[str, str]) -> dict[str, str]:
    """For git in the user's repository: theirs, with messages in English and no questions asked."""
    return {
        **environ,
        "LC_ALL": "C",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_TERMINAL_PROMPT": "0",
    }


def without_local_environment(environ: Mapping[str, str], *, keep_call_configuration: bool = False) -> dict[str, str]:
    """``environ`` without what ties a child's git to the repository of the hook."""
    kept = _CALL_CONFIGURATION if keep_call_configuration else frozenset()
    return {
        name: value
        for name, value in environ.items()
        if (name not in LOCAL_ENVIRONMENT or name in kept)
        and (keep_call_configuration or not name.startswith(("GIT_CONFIG_KEY_", "GIT_CONFIG_VALUE_")))
    }


def _execute(argv: Sequence[str], cwd: Path, environ: Mapping[str, str], input: bytes | None) -> tuple[int, bytes, str]:
    try:
        done = subprocess.run(
            argv,
            cwd=cwd,
            env=dict(environ),
            input=input,
            stdin=subprocess.DEVNULL if input is None else None,
            capture_output=True,
        )
    except FileNotFoundError:
        if not cwd.is_dir():
            raise ToolError(f"{cwd} is no directory") from None
        raise ToolError("git was not found on PATH", hint="install git 2.31 or newer") from None
    return done.returncode, done.stdout, done.stderr.decode(errors="replace")


def _split_paths(paths: str, directory: Path, environ: Mapping[str, str]) -> tuple[Path, Path]:
    top, newline, git_dir = paths.partition("\n")
    if newline and "\n" not in git_dir:
        return Path(top), Path(git_dir)
    found = []
    for option in ("--show-toplevel", "--absolute-git-dir"):
        _, out, _ = _execute([*_PREFIX, "rev-parse", option], directory, _environment(environ), None)
        found.append(Path(os.fsdecode(out.removesuffix(b"\n"))))
    return found[0], found[1]


def _not_usable(directory: Path, status: int, err: str) -> UsageError | GitError:
    if "must be run in a work tree" in err:
        return UsageError(
            f"{directory} is a bare repository", hint="covgate measures commits in a clone with a work tree"
        )
    if "not a git repository" in err:
        return UsageError(f"{directory} is not in a git repository", hint="`git init`, or change directory")
    if "dubious ownership" in err:
        return UsageError(
            f"git refuses the repository at {directory}: it belongs to another user",
            hint="git config --global --add safe.directory <path> trusts it",
        )
    return GitError(["rev-parse"], status, err)
