"""How a key or a value of the configuration is shown in an error message."""

from __future__ import annotations

from collections.abc import Sequence


def show_key(key: str) -> str:
    """``key`` as it is written, or quoted and shortened if it is no ordinary key."""
    return key if key.replace("-", "_").isidentifier() and len(key) <= 60 else show(key)


def show(value: object, *, nested: bool = False) -> str:
    """``value`` roughly as TOML, in one line of at most 60 characters, without control characters.

    ``nested``: shown inside of another value, so that only the outer level of tables and lists is spelled out.
    """
    if nested and isinstance(value, (dict, list)):
        text = "{...}" if isinstance(value, dict) else "[...]"
    elif isinstance(value, dict):
        pairs = (f"{show_key(key)} = {show(each, nested=True)}" for key, each in value.items())
        text = "{" + ", ".join(pairs) + "}"
    elif isinstance(value, list):
        text = "[" + ", ".join(show(each, nested=True) for each in value) + "]"
    elif isinstance(value, bool):
        text = str(value).lower()
    elif isinstance(value, int):
        text = str(value) if abs(value) < 10**60 else hex(value)  # str refuses thousands of digits
    else:
        text = repr(value) if isinstance(value, str) else str(value)
    return text if len(text) <= 60 else text[:57] + "..."


def close_match(word: str, words: Sequence[str]) -> str:
    """The one of ``words`` that ``word`` was probably meant to be; "" if none is close."""
    import difflib  # late: only an error needs it

    return next(iter(difflib.get_close_matches(word.lower(), words, n=1)), "")


def edits(one: str, other: str) -> int:
    """How many letters of ``one`` have to be added, removed, replaced, or swapped with the next one to get ``other``.

    The "optimal string alignment" distance.
    """
    before, last = [0], list(range(len(other) + 1))
    for row, letter in enumerate(one, 1):
        now = [row]
        for column, wanted in enumerate(other, 1):
            best = min(last[column] + 1, now[-1] + 1, last[column - 1] + (letter != wanted))
            if row > 1 and column > 1 and one[row - 2 : row] == wanted + other[column - 2]:
                best = min(best, before[column - 2] + 1)
            now.append(best)
        before, last = last, now
    return last[-1]
