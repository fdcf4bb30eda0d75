"""What tox and nox skipped, for example because a Python is missing. They still end with success."""

from __future__ import annotations

import re

# The summaries of nox (one session, or several), tox 4 and tox 3.
_SKIPPED = (
    re.compile(r"nox > \* (\S+): skipped\b"),
    re.compile(r"nox > Session (\S+) skipped\b"),
    re.compile(r"[ \t]+(\S+): SKIP \("),
    re.compile(r"SKIPPED:[ \t]+(\S+): "),
)
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
LINES = 2000  # of the output that are read
_NAMED = 5


def skipped_parts(output: str) -> tuple[str, ...]:
    """The sessions or environments that a tool skipped, according to its ``output``."""
    found = []
    for line in output.splitlines():
        plain = _COLOUR.sub("", line)
        found += [match[1] for match in (each.match(plain) for each in _SKIPPED) if match]
    return tuple(dict.fromkeys(found))


def skipped_notices(output: str) -> tuple[str, ...]:
    """The notice about what was skipped; empty if nothing was."""
    found = skipped_parts(output)
    if not found:
        return ()
    more = f" and {len(found) - _NAMED} more" if len(found) > _NAMED else ""
    listed = f"{', '.join(found[:_NAMED])}{more}"
    return (f"the command skipped {listed}: where nothing is skipped, the number may be another one",)
