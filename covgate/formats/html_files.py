"""The pages of `covgate check --html`: the sources of a commit are read, files are written."""

from __future__ import annotations

import io
import re
import tokenize
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from covgate.errors import UsageError
from covgate.files import write_atomically
from covgate.formats import ReadSource
from covgate.git.repository import Repository

if TYPE_CHECKING:
    from covgate.model.outcome import Outcome

# Lists the pages, a name a line: what is not in it is not covgate's, and stays.
_LIST = ".covgate-pages"
_HEAD = "Pages of `covgate check --html`. The next run replaces the files that are listed here, and no others.\n"
_INDEX = "index.html"
_PAGE = re.compile(r"[\w.-]{1,150}\.html", re.ASCII)
# What the tokenizer of Python ends a line at, and most others; not what str.splitlines takes for an end besides.
_END_OF_LINE = re.compile(r"\r\n|\r|\n")
_HINT = "give --html a directory that is new, empty, or was made by it"


def source_reader(repository: Repository, commit: str) -> ReadSource:
    """Reads files as they are at ``commit``, each once: SARIF asks for every place in a file."""

    @cache
    def read(path: str) -> tuple[str, ...] | None:
        data = repository.file(commit, path) if commit else None
        return None if data is None else source_lines(path, data)

    return read


def source_lines(path: str, data: bytes) -> tuple[str, ...]:
    """The lines of a file, by Python's rules for its own (PEP 263), else by UTF-8; what is neither is replaced."""
    encoding = "utf-8-sig"
    if path.endswith((".py", ".pyi", ".pyw")):
        try:
            encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
        except SyntaxError:  # an encoding that there is not, or that the file does not have
            encoding = "utf-8-sig"
    try:
        text = data.decode(encoding, "replace")
    except (LookupError, UnicodeError):  # one that is none for texts
        text = data.decode("utf-8-sig", "replace")
    lines = _END_OF_LINE.split(text)
    return tuple(lines[:-1] if lines and not lines[-1] else lines)


def may_write_pages(directory: Path) -> None:
    """UsageError where ``directory`` is somebody else's: asked before anything is measured."""
    try:
        if directory.exists() and not directory.is_dir():
            raise UsageError(f"--html: {directory} is a file", hint=_HINT)
        if directory.exists() and not (directory / _LIST).is_file() and any(directory.iterdir()):
            raise UsageError(f"--html: {directory} is not empty, and was not made by covgate", hint=_HINT)
    except OSError as error:
        raise UsageError(f"--html: {directory} can't be read: {error.strerror}", hint=_HINT) from None


def write_pages(directory: Path, outcome: Outcome, source: ReadSource) -> None:
    """Write the pages of ``outcome``, and take away those of an earlier run.

    The index goes first and comes last: a run that was killed in between leaves none that looks whole.
    """
    from covgate.formats.html_pages import pages

    texts = pages(outcome, source)
    may_write_pages(directory)
    try:
        directory.mkdir(parents=True, exist_ok=True)
        known = _listed(directory)
        foreign = [name for name in texts if name not in known and (directory / name).exists()]
        if foreign:
            raise UsageError(f"--html: {directory / foreign[0]} was not made by covgate", hint=_HINT)
        _write(directory, _LIST, _HEAD + "".join(f"{name}\n" for name in sorted({*known, *texts})))
        (directory / _INDEX).unlink(missing_ok=True)
        # Pages that lie in the repository are none of its files: they must not keep it from being measured in place.
        if not (directory / ".gitignore").exists():
            _write(directory, ".gitignore", "*\n")
        for name in sorted(texts, key=lambda each: each == _INDEX):
            _write(directory, name, texts[name])
        for name in known - texts.keys():
            (directory / name).unlink(missing_ok=True)
        _write(directory, _LIST, _HEAD + "".join(f"{name}\n" for name in sorted(texts)))
    except OSError as error:
        raise UsageError(f"--html: {error.filename or directory}: {error.strerror}", hint=_HINT) from None


def _listed(directory: Path) -> set[str]:
    """The pages of an earlier run; whatever the list says, nothing but a page in this directory."""
    try:
        text = (directory / _LIST).read_text("utf-8", "replace")
    except FileNotFoundError:
        return set()
    return {line for line in text.splitlines()[1:] if _PAGE.fullmatch(line)}


def _write(directory: Path, name: str, text: str) -> None:
    write_atomically(directory / name, text.encode("utf-8", "backslashreplace"), mode=0o644)
