"""Whether the files of a worktree are those of a commit, byte for byte.

``git status`` answers from the index. It relies on times and sizes, on flags that can hide a change, and on contents
after this clone's filters. This module hashes the files themselves.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from covgate.errors import ToolError
from covgate.git.conversion import Converter, without_filters
from covgate.git.environment import without_local_environment
from covgate.git.repository import Repository

LINK = "120000"  # the mode of a symbolic link
_SUBMODULE, _EXECUTABLE = "160000", "100755"
_LFS = re.compile(rb"version https://git-lfs\.github\.com/spec/v1\n(?:[^\n]+\n)*?oid sha256:([0-9a-f]{64})\n")
_ANNEX = b"/annex/objects/"
_TEXT_SIZE = 8000  # git treats a file as binary if one of the first bytes is NUL
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A file of a commit: its path from the top, its mode and its object."""

    path: str
    mode: str
    oid: str


class Contents:
    """Compares the files of ``commit`` with the worktree of ``repository``, including checked-out submodules.

    A file that was equal is not read again until the file system shows a change.
    """

    def __init__(self, repository: Repository, commit: str, prefix: str = "") -> None:
        self.repository = repository
        self.commit = commit
        self.prefix = prefix
        self._top = f"{repository.top}/"
        self._same: dict[str, tuple[int, ...]] = {}
        self._directories: set[str] = set()
        self._converters: dict[bool, Converter] = {}
        self._configured: dict[str, str] = {}
        entries = entries_of(repository, commit)
        self._files = [each for each in entries if each.mode != _SUBMODULE]
        self._links = [each for each in entries if each.mode == _SUBMODULE]
        self.submodules: list[Contents] = []
        for each in self._links:
            view = self.submodule_view(each)
            if view is not None and _head(view) == each.oid:
                self.submodules.append(Contents(view, each.oid, f"{prefix}{each.path}/"))

    def paths(self) -> frozenset[str]:
        """The paths of all files, from the top of the outermost repository."""
        own = {self.prefix + each.path for each in self._files}
        return frozenset(own.union(*(each.paths() for each in self.submodules)))

    def submodule_paths(self) -> frozenset[str]:
        """The paths of the submodules of this repository, checked out or not."""
        return frozenset(self.prefix + each.path for each in self._links)

    def differences(self, concerns: Callable[[str], bool] = lambda path: True) -> Iterator[tuple[str, str]]:
        """Each file that differs: its path, and how, as a clause about it. Only paths that ``concerns`` accepts."""
        self._directories.clear()
        files = [each for each in self._files if concerns(self.prefix + each.path)]
        stats = {each.path: self._stat(each) for each in files}
        # A file system that can't mark programs shows every file as one.
        has_modes = any(found and stat.S_ISREG(found.st_mode) and not found.st_mode & 0o100 for found in stats.values())
        try:
            for entry in files:
                why = self._difference(entry, stats[entry.path], has_modes)
                if why:
                    yield self.prefix + entry.path, why
        finally:
            self._end_conversion()
        for entry in self._links:
            view = self.submodule_view(entry)
            if view is not None and concerns(self.prefix + entry.path) and _head(view) != entry.oid:
                yield self.prefix + entry.path, "is a submodule at another commit"
        for inner in self.submodules:
            yield from inner.differences(concerns)

    def restore(self) -> None:
        """Overwrite each file that differs with the commit's, without this clone's filters; submodules are left alone.

        Raises OSError or GitError if that fails.
        """
        entries = {self.prefix + each.path: each for each in self._files}
        for path in [path for path, _ in self.differences() if path in entries]:
            entry, file = entries[path], Path(self.repository.top, entries[path].path)
            blob = self._blob(entry)
            file.unlink(missing_ok=True)
            file.parent.mkdir(parents=True, exist_ok=True)
            if entry.mode == LINK:
                file.symlink_to(os.fsdecode(blob))
                continue
            file.write_bytes(self._converted(entry, filtered=is_opaque(blob)))
            file.chmod(0o755 if entry.mode == _EXECUTABLE else 0o644)
            if file.name == ".gitattributes":
                self._end_conversion()
        self._end_conversion()

    def close(self) -> None:
        """End the processes that read objects, and those of submodules."""
        self._end_conversion()
        for each in self.submodules:
            each.close()
            each.repository.close()

    def submodule_view(self, entry: Entry) -> Repository | None:
        """The repository of a submodule; None if it is not checked out here."""
        directory = Path(self.repository.top, entry.path)
        if not (directory / ".git").exists():
            return None
        environ = without_local_environment(self.repository.environ, keep_call_configuration=True)
        return Repository.discover(directory, environ)

    def _stat(self, entry: Entry) -> os.stat_result | None:
        try:
            return os.lstat(self._top + entry.path)
        except OSError:
            return None

    def _difference(self, entry: Entry, found: os.stat_result | None, has_modes: bool) -> str:
        if found is None or not self._is_in_real_directory(entry.path):
            return "is missing"
        stamp = (found.st_ino, found.st_size, found.st_mode, found.st_mtime_ns, found.st_ctime_ns)
        if self._same.get(entry.path) == stamp:
            return ""
        is_link, is_file = stat.S_ISLNK(found.st_mode), stat.S_ISREG(found.st_mode)
        # Where links are not possible, git writes a file that names the target.
        wanted = entry.mode == LINK and not (is_file and self._config("core.symlinks") == "false")
        if is_link != wanted or not (is_link or is_file):
            return "is of another type"
        if has_modes and is_file and entry.mode != LINK and bool(found.st_mode & 0o100) != (entry.mode == _EXECUTABLE):
            return "has another mode"
        try:
            same = self._is_same(entry, is_link)
        except OSError as error:
            return f"can't be read ({error.strerror})"
        if not same:
            return "differs from the commit"
        self._same[entry.path] = stamp
        return ""

    def _is_in_real_directory(self, path: str) -> bool:
        """Whether no directory above ``path`` is a link: behind a link there may be other files."""
        parent = path.rpartition("/")[0]
        if not parent or parent in self._directories:
            return True
        try:
            mode = os.lstat(self._top + parent).st_mode
        except OSError:
            return False
        if not stat.S_ISDIR(mode) or not self._is_in_real_directory(parent):
            return False
        self._directories.add(parent)
        return True

    def _is_same(self, entry: Entry, is_link: bool) -> bool:
        path = self._top + entry.path
        if is_link:
            target = os.fsencode(os.readlink(path))  # noqa: PTH115 (a Path would be another text)
            return _oid_of(target, entry.oid) == entry.oid
        if _oid_of_file(path, entry.oid) == entry.oid:
            return True
        return entry.mode != LINK and self._is_converted(entry, path)

    def _is_converted(self, entry: Entry, path: str) -> bool:
        """Whether the file at ``path`` is what a checkout writes for the entry.

        The filters of this clone are applied only if the blob is useless without them: other clones may not have them.
        """
        blob = self._blob(entry)
        pointer = _LFS.match(blob)
        if pointer:
            return _digest(path, hashlib.sha256()) == pointer[1].decode()
        data = Path(path).read_bytes()
        if self._converted(entry, filtered=False) == data:
            return True
        return is_opaque(blob) and self._converted(entry, filtered=True) == data

    def _blob(self, entry: Entry) -> bytes:
        found = self.repository.object(entry.oid)
        if found is None:
            raise ToolError(f"{entry.path} of the commit can't be read", hint="`git fsck` shows what is damaged")
        return found.data

    def _converted(self, entry: Entry, *, filtered: bool) -> bytes:
        """The blob as a checkout writes it; ``filtered``: through the filters of this clone."""
        if filtered not in self._converters:
            options = () if filtered else without_filters(self.repository)
            self._converters[filtered] = Converter(self.repository, options)
        return self._converters[filtered].convert(entry.path, entry.oid)

    def _end_conversion(self) -> None:
        """The next conversion uses the attributes as they are then."""
        for each in self._converters.values():
            each.close()
        self._converters.clear()

    def _config(self, key: str) -> str:
        if key not in self._configured:
            self._configured[key] = self.repository.config(key)
        return self._configured[key]


def _head(repository: Repository) -> str:
    return repository.text("rev-parse", "--verify", "--quiet", "HEAD^{commit}")


def entries_of(repository: Repository, commit: str) -> list[Entry]:
    listed = repository.run("ls-tree", "-r", "-z", "--full-tree", commit)
    entries = []
    for line in listed.split(b"\0")[:-1]:
        meta, _, path = line.partition(b"\t")
        mode, _, oid = meta.decode().split()
        entries.append(Entry(path=os.fsdecode(path), mode=mode, oid=oid))
    return entries


def is_opaque(blob: bytes) -> bool:
    """Whether a file is useless as it is stored: it is encrypted, or a pointer to content that is stored elsewhere."""
    return b"\0" in blob[:_TEXT_SIZE] or blob.startswith(_ANNEX) or _LFS.match(blob) is not None


def _oid_of(data: bytes, like: str) -> str:
    """git's name for a blob of ``data``, of the kind of ``like``."""
    algorithm = _algorithm(like, len(data))
    algorithm.update(data)
    return algorithm.hexdigest()


def _oid_of_file(path: str, like: str) -> str:
    return _digest(path, _algorithm(like, Path(path).stat().st_size))


def _algorithm(like: str, size: int) -> hashlib._Hash:
    algorithm = hashlib.sha1(usedforsecurity=False) if len(like) == 40 else hashlib.sha256()
    algorithm.update(b"blob %d\0" % size)
    return algorithm


def _digest(path: str, algorithm: hashlib._Hash) -> str:
    with open(path, "rb", buffering=0) as file:  # noqa: PTH123
        while chunk := file.read(_CHUNK):
            algorithm.update(chunk)
    return algorithm.hexdigest()
