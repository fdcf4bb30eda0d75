"""Go's cover profile, as ``go test -coverprofile`` writes it and golang.org/x/tools/cover reads it.

After its mode, it has one line for each block of code: ``example.org/module/a.go:3.24,5.11 2 1`` are two statements
from line 3, column 24 to line 5, column 11, executed once. A block may be there many times, once for each test binary.
covgate counts the statements, as ``go tool cover -func`` does. A block doesn't say which lines its statements are on:
these are its lines with any code on them.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from dataclasses import replace

from covgate.measure.reports.values import (
    FileLines,
    LineBudget,
    Malformed,
    ModuleFiles,
    Parsed,
    Reader,
    check_lines,
    shown,
)

_FORMAT = "Go cover profile"
_MODE = re.compile(rb"mode: (?:set|count|atomic)")
_BLOCK = re.compile(rb"(.+):(\d{1,9})\.(\d{1,9}),(\d{1,9})\.(\d{1,9}) (\d{1,9}) (\d{1,20})")
_CODE = re.compile(rb"[\w\"'`\x80-\xff]")
_MODULE = re.compile(rb"^[ \t]*module(?:[ \t]+|[ \t]*\([ \t\r\n]*)[\"`]?([^\s\"`()]+)", re.MULTILINE)

_Blocks = dict[tuple[int, ...], tuple[int, bool]]


def read(data: bytes) -> Parsed:
    """What the profile ``data`` says."""
    files: dict[str, _Blocks] = {}
    budget = LineBudget()
    first, *lines = io.BytesIO(data)
    if not _MODE.fullmatch(first.strip()):
        raise Malformed("its first line is not its mode: set, count or atomic")
    for number, raw in enumerate(lines, 2):
        text = raw.strip()
        match = _BLOCK.fullmatch(text)
        if match:
            blocks = files.setdefault(match[1].decode("utf-8", "surrogateescape"), {})
            where = tuple(map(int, match.groups()[1:5]))
            count, executed = int(match[6]), int(match[7]) > 0
            known = blocks.get(where)
            if known is None:
                _check(where, number)
                budget.spend(where[2] - where[0] + 1)
            elif known[0] != count:
                raise Malformed(f"line {number}: the same block has {known[0]} statements elsewhere")
            blocks[where] = count, executed or (known is not None and known[1])
        elif text and not _MODE.fullmatch(text):  # profiles may be joined
            raise Malformed(f"line {number} is no block: {shown(text.decode('utf-8', 'replace'), 60)}")
    return Parsed(
        format=_FORMAT,
        files={
            name: FileLines(format=_FORMAT, statements=_lines(name, blocks, []), blocks=blocks)
            for name, blocks in files.items()
        },
        refine=_only_code,
        modules=ModuleFiles(name="go.mod", prefix=_module),
    )


READER = Reader(
    key="go",
    format=_FORMAT,
    recognises=lambda head: bool(_MODE.match(head)),
    read=read,
    made_by="go test -coverprofile",
)


def _check(where: tuple[int, ...], number: int) -> None:
    if (where[2], where[3]) < (where[0], where[1]):
        raise Malformed(f"line {number}: the block ends before it begins")


def _lines(name: str, blocks: _Blocks, texts: list[bytes]) -> dict[int, bool]:
    """The lines of ``blocks``, if they have code in ``texts``; further lines are taken to have some."""
    found: dict[int, bool] = {}
    for where, (count, executed) in blocks.items():
        for line in _code_lines(where, texts) if count else ():
            found[line] = executed or found.get(line, False)
        check_lines(name, len(found))
    return found


def _code_lines(where: tuple[int, ...], texts: list[bytes]) -> Iterator[int]:
    first, column, last, end = where
    for line in range(first, last + 1):
        if 0 < line <= len(texts):
            text = texts[line - 1]
            part = text[max(column - 1, 0) if line == first else 0 : max(end - 1, 0) if line == last else None]
            if not _CODE.search(part.partition(b"//")[0]):
                continue
        yield line


def _only_code(name: str, lines: FileLines, source: Callable[[], bytes | None]) -> FileLines:
    """``lines`` without those of comments and braces. ``source`` gives the content of the file ``name``."""
    content = source()
    if content is None:
        return lines
    return replace(lines, statements=_lines(name, dict(lines.blocks), content.split(b"\n")))


def _module(content: bytes) -> str:
    match = _MODULE.search(content)
    return match[1].decode("utf-8", "replace") if match else ""
