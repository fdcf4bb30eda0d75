"""What comments in Ruby sources leave out of SimpleCov's reports.

``# :nocov:`` switches it off and on again, ``# simplecov:disable`` and ``# simplecov:enable`` do so for all or for the
kinds that they name (line, branch). After code, ``# simplecov:disable`` is for this line. An open one goes to the end.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace

from covgate.measure.reports.values import FileLines

_NOCOV = re.compile(rb"\s*#\s*:nocov:")
_DIRECTIVE = re.compile(rb"#\s*simplecov\s*:\s*(disable|enable)\b([^\r\n]*)")
_KINDS = re.compile(rb"\s+((?:line|branch|method)(?:\s*,\s*(?:line|branch|method))*)\b")
_LINE, _BRANCH = b"line", b"branch"


def without_skipped(name: str, lines: FileLines, source: Callable[[], bytes | None]) -> FileLines:
    """``lines`` of the resultset without what its comments leave out. ``source`` gives the content of the file."""
    content = source()
    if content is None or (b":nocov:" not in content and b"simplecov" not in content):
        return lines
    texts = content.splitlines()
    nocov = list(_between_nocov(texts))
    of_lines = [*nocov, *_disabled(texts, _LINE)]
    of_branches = [*nocov, *_disabled(texts, _BRANCH)]
    skipped = lines.statements.keys() & {number for each in of_lines for number in each}
    return replace(
        lines,
        statements={number: executed for number, executed in lines.statements.items() if number not in skipped},
        branches={
            key: executed
            for key, executed in lines.branches.items()
            if not any(key[3] < each.stop and key[4] >= each.start for each in of_branches)
        },
        excluded=lines.excluded | skipped,
    )


def _between_nocov(texts: list[bytes]) -> Iterator[range]:
    marks = [number for number, text in enumerate(texts, 1) if _NOCOV.match(text)]
    if len(marks) % 2:
        marks.append(len(texts))
    for first, last in zip(marks[::2], marks[1::2], strict=True):
        yield range(first, last + 1)


def _disabled(texts: list[bytes], kind: bytes) -> Iterator[range]:
    begun = 0
    for number, text in enumerate(texts, 1):
        match = _DIRECTIVE.search(text)
        if match is None:
            continue
        named = _KINDS.match(match[2])
        if named and kind not in re.split(rb"\s*,\s*", named[1]):
            continue
        if text[: match.start()].strip():
            if match[1] == b"disable":
                yield range(number, number + 1)
        elif match[1] == b"disable":
            begun = begun or number
        elif begun:
            yield range(begun, number + 1)
            begun = 0
    if begun:
        yield range(begun, len(texts) + 1)
