"""What a checkout writes for a blob: line endings, encodings and names that git expands, and this clone's filters."""

from __future__ import annotations

import contextlib
import os
import secrets
import subprocess
from collections.abc import Sequence

from covgate.git.execute import GIT
from covgate.git.repository import Repository


def without_filters(repository: Repository) -> tuple[str, ...]:
    """Options of git that switch the configured filters off; line endings are still converted."""
    _, listed, _ = repository.attempt("config", "--name-only", "--get-regexp", r"^filter\..")
    names = {line.rpartition(".")[0] for line in os.fsdecode(listed).splitlines()}
    off = [f"{name}.{key}" for name in sorted(names) for key in ("smudge=", "process=", "required=false")]
    return tuple(word for each in off for word in ("-c", each))


class Converter:
    """Converts blobs through one `git cat-file --batch --filters`, which starts with the first blob.

    ``options`` are git's own. Attributes are read when the process starts: close it before they may change.
    """

    def __init__(self, repository: Repository, options: Sequence[str] = ()) -> None:
        self._repository = repository
        self._options = tuple(options)
        self._process: subprocess.Popen[bytes] | None = None
        # git prints the size before the conversion, so it doesn't tell where a blob ends. The answer to this name
        # does: no object has it.
        self._end = f"covgate.{secrets.token_hex(16)}.end".encode()

    def convert(self, path: str, oid: str) -> bytes:
        """The blob ``oid`` as a checkout writes it to ``path``. Raises GitError if git can't convert it."""
        name = os.fsencode(path)
        # git takes the rest of a line for the path.
        plain = not name.startswith((b" ", b"\t")) and b"\n" not in name
        converted = self._ask(b"%s %s\n%s\n" % (oid.encode(), name, self._end)) if plain else None
        if converted is None:  # this call also says what is wrong
            return self._repository.run(*self._options, "cat-file", "--filters", f"--path={path}", oid)
        return converted

    def close(self) -> None:
        """End the process. The next blob starts another one."""
        if self._process is not None:
            assert self._process.stdin is not None and self._process.stdout is not None
            with contextlib.suppress(BrokenPipeError):
                self._process.stdin.close()
            self._process.stdout.close()
            self._process.wait()
            self._process = None

    def _ask(self, request: bytes) -> bytes | None:
        """The answer to ``request``; None if git does not give one."""
        if self._process is None:
            self._process = subprocess.Popen(
                [*GIT, *self._options, "cat-file", "--batch", "--filters"],
                cwd=self._repository.top,
                env=dict(self._repository.environ),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None and stdout is not None
        try:
            stdin.write(request)
            stdin.flush()
        except BrokenPipeError:
            self.close()
            return None
        header = stdout.readline()
        lines: list[bytes] = []
        for line in stdout:
            if line == self._end + b" missing\n":
                return b"".join(lines)[:-1] if len(header.split()) == 3 else None
            lines.append(line)
        self.close()
        return None
