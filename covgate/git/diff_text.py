"""The text of `git diff`, parsed into changes."""

from __future__ import annotations

import re
from collections.abc import Mapping

from covgate.model.changes import FileChange, Hunk

_HUNK = re.compile(rb"@@ -(\d{1,12})(?:,(\d{1,12}))? \+(\d{1,12})(?:,(\d{1,12}))? @@(?: .*)?", re.DOTALL)
_MODES = (b"old mode", b"new mode", b"deleted file mode", b"new file mode", b"index")
_HEADER = re.compile(
    rb"(old mode|new mode|deleted file mode|new file mode|rename from|rename to|"
    rb"similarity index|dissimilarity index|index|---|\+\+\+) (.*)",
    re.DOTALL,
)
_ESCAPE = re.compile(rb'\\([abtnvfr"\\]|[0-3][0-7]{2})')
_ESCAPED = {b"a": b"\a", b"b": b"\b", b"t": b"\t", b"n": b"\n", b"v": b"\v", b"f": b"\f", b"r": b"\r"}
# Symbolic links and submodules: what git prints of them are not lines of a file.
_NOT_FILES = (b"120000", b"160000")


def parse_diff(data: bytes) -> tuple[FileChange, ...]:
    """The changes in the output of `git diff --text` with the prefixes a/ and b/ and any context.

    Symbolic links and submodules are left out, and a file that became one counts as deleted. Bytes of paths that are
    not UTF-8 become lone surrogates. Raises ValueError for any other text.
    """
    if data and not data.endswith(b"\n"):
        raise ValueError("the diff is cut short")
    lines = data.split(b"\n")
    lines.pop()
    found = []
    at = 0
    while at < len(lines):
        change, at = _parse_change(lines, at)
        if change is not None:
            found.append(change)
    return tuple(found)


def _parse_change(lines: list[bytes], at: int) -> tuple[FileChange | None, int]:
    """The change that begins at line ``at``, and the line where the next one begins; None for what is not a file."""
    start = at
    if not lines[at].startswith(b"diff --git "):
        raise _unreadable(lines, at)
    header: dict[bytes, bytes] = {}
    at += 1
    while at < len(lines) and (found := _HEADER.fullmatch(lines[at])):
        header[found[1]] = found[2]
        at += 1
    hunks: list[Hunk] = []
    begun = at
    while at < len(lines) and lines[at].startswith(b"@@ "):
        at = _parse_hunk(lines, at, hunks)
    whole = (b"---" in header) == (b"+++" in header) == (at > begun)
    if not header or not whole or (at < len(lines) and not lines[at].startswith(b"diff --git ")):
        raise _unreadable(lines, at)  # such as "Binary files differ", "GIT binary patch"
    modes = {header.get(name, b"").rpartition(b" ")[2] for name in _MODES}
    if not modes.isdisjoint(_NOT_FILES):
        return None, at
    old, new = _names(lines[start], header)
    change = FileChange(
        old_path="" if b"new file mode" in header else old,
        path="" if b"deleted file mode" in header else new,
        hunks=tuple(hunks),
    )
    return change, at


def _names(first: bytes, header: Mapping[bytes, bytes]) -> tuple[str, str]:
    """The old and the new path, from the lines of ``header`` if they have them, else from the ``first`` line."""
    if b"rename from" in header and b"rename to" in header:
        return _text(_unquoted(header[b"rename from"])), _text(_unquoted(header[b"rename to"]))
    if b"+++" in header:
        # A name with a space is followed by a tab.
        old, new = (_unquoted(header[name].removesuffix(b"\t")) for name in (b"---", b"+++"))
        if old == b"/dev/null":
            old = b"a/" + new.removeprefix(b"b/")
        elif new == b"/dev/null":
            new = b"b/" + old.removeprefix(b"a/")
    else:
        # Only the mode changed: both names are the same, so each is one half of the line.
        both = first.removeprefix(b"diff --git ")
        old, new = _unquoted(both[: len(both) // 2]), _unquoted(both[len(both) // 2 + 1 :])
    if old[:2] != b"a/" or new[:2] != b"b/" or old[2:] != new[2:] or not old[2:]:
        raise ValueError(f"the diff names a file in a way that can't be read: {_text(first[:200])!r}")
    return _text(old[2:]), _text(new[2:])


def _parse_hunk(lines: list[bytes], at: int, hunks: list[Hunk]) -> int:
    """Add the hunk at line ``at`` to ``hunks``, without its context. Returns the line after it."""
    counts = _HUNK.fullmatch(lines[at])
    if counts is None:
        raise _unreadable(lines, at)
    old, new = int(counts[1]), int(counts[3])
    removed, added = (1 if counts[each] is None else int(counts[each]) for each in (2, 4))
    old, new = old + (not removed), new + (not added)
    last_old, last_new = old + removed, new + added
    from_old, from_new = old, new
    at += 1
    while old < last_old or new < last_new:
        mark = lines[at][:1] if at < len(lines) else None
        if mark == b"-":
            old += 1
        elif mark == b"+":
            new += 1
        elif mark in (b" ", b""):  # an empty line may have lost its space
            _add_hunk(hunks, from_old, old, from_new, new)
            old, new = old + 1, new + 1
            from_old, from_new = old, new
        elif mark != b"\\":  # "\ No newline at end of file"
            raise _unreadable(lines, at)
        at += 1
    if (old, new) != (last_old, last_new):
        raise ValueError("the diff has a hunk that is not as long as it says")
    _add_hunk(hunks, from_old, old, from_new, new)
    return at + (at < len(lines) and lines[at].startswith(b"\\"))


def _add_hunk(hunks: list[Hunk], from_old: int, old: int, from_new: int, new: int) -> None:
    removed, added = old - from_old, new - from_new
    if removed or added:
        hunks.append(Hunk(old=from_old - (not removed), removed=removed, new=from_new - (not added), added=added))


def _unquoted(name: bytes) -> bytes:
    if not name.startswith(b'"'):
        return name
    if len(name) < 2 or not name.endswith(b'"'):
        raise ValueError(f"the diff names a file in a way that can't be read: {_text(name[:200])!r}")
    return _ESCAPE.sub(_unescaped, name[1:-1])


def _unescaped(match: re.Match[bytes]) -> bytes:
    code = match[1]
    return bytes([int(code, 8)]) if code.isdigit() else _ESCAPED.get(code, code)


def _text(name: bytes) -> str:
    return name.decode("utf-8", "surrogateescape")


def _unreadable(lines: list[bytes], at: int) -> ValueError:
    line = _text(lines[at][:80]) if at < len(lines) else "its end"
    return ValueError(f"the diff can't be read at line {at + 1}: {line!r}")
