"""What git's messages mean. Every git that covgate starts writes them in English (`covgate.git.environment`)."""

from __future__ import annotations

import re

# Of the reasons why git can't lock a ref, only these pass by themselves. Others stay, however often it is tried:
# missing permission, a ref whose name is in the way, a broken ref.
_NOT_LOCKED = "cannot lock ref "
_PASSING = re.compile(r"File exists|is at [0-9a-f]+ but expected|unable to resolve reference '[^']*'$")
_ERROR = ("fatal:", "error:", "remote:", "ERROR:", "!")


def lost_race(messages: str) -> bool:
    """Whether git failed because another process moved or locked the ref first, so that another try may succeed."""
    if "reference already exists" in messages or "incorrect old value" in messages:
        return True
    reasons = (line.partition(_NOT_LOCKED)[2] for line in messages.split("\n"))
    return any(_PASSING.search(reason) for reason in reasons if reason)


def lock_exists(messages: str) -> bool:
    """Whether git failed because the lock file of a ref exists; a killed git leaves one for good."""
    return "File exists" in messages


def error_line(messages: str) -> str:
    """The line to show of ``messages``: the first error, else the first line that is no hint, else "no message"."""
    lines = [line.strip() for line in messages.splitlines() if line.strip() and "hint:" not in line]
    errors = [line for line in lines if line.startswith(_ERROR)]
    return (errors or lines or ["no message"])[0]
