"""For GitHub Actions: workflow commands that annotate lines of the pull request, below the text for the log.

https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions
"""

from __future__ import annotations

import hashlib
from collections import Counter

from covgate.formats import Context
from covgate.formats.paint import plain
from covgate.formats.places import Level, Place, describe, places, verdict_level, word
from covgate.formats.text import render as render_text
from covgate.model.outcome import Outcome

# How many annotations of one level GitHub shows for a step; the rest it drops without a word.
_SHOWN = 10


def render(outcome: Outcome, context: Context) -> str:
    text = render_text(outcome, context)
    # In the text, a file's name or a test's output is no command. Nobody can write a text that has its own hash in it.
    token = "covgate-" + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]
    return f"::stop-commands::{token}\n{text}::{token}::\n" + "".join(f"{each}\n" for each in commands(outcome))


def commands(outcome: Outcome) -> list[str]:
    """The verdict, the places that matter most, and what was left out of what GitHub shows."""
    level = verdict_level(outcome)
    room = Counter({Level.ERROR: _SHOWN, Level.WARNING: _SHOWN, Level.NOTICE: _SHOWN - 1})
    room[level] -= 1
    made = [_command(level, f"covgate: {outcome.kind.value}", _verdict(outcome))]
    left: list[Place] = []
    for place in places(outcome):
        if room[place.level]:
            room[place.level] -= 1
            of = f" [{place.component}]" if place.component else ""
            made.append(_command(place.level, f"covgate{of}: {word(place.kind)}", describe(place), place))
        else:
            left.append(place)
    if left:
        files = list(dict.fromkeys(plain(each.path) for each in left))
        names = ", ".join(files[:5]) + (", ..." if len(files) > 5 else "")
        many = f"{len(left)} more places are" if len(left) > 1 else "1 more place is"
        message = f"{many} not annotated, GitHub shows {_SHOWN} of each kind. They are in {names}."
        made.append(_command(Level.NOTICE, "covgate: left out", message))
    return made


def _verdict(outcome: Outcome) -> str:
    if outcome.error and not outcome.parts:
        return f"Not measured: {plain(outcome.error)}" + (f" ({plain(outcome.hint)})" if outcome.hint else "")
    excuse = [f"excused: {outcome.verdict.excuse}"] if outcome.verdict.excuse else []
    return "\n".join(plain(each) for each in [*excuse, *outcome.verdict.reasons])


def _command(level: Level, title: str, message: str, place: Place | None = None) -> str:
    where = (
        {"file": plain(place.path), "line": str(max(place.first, 1)), "endLine": str(max(place.last, 1))}
        if place
        else {}
    )
    properties = ",".join(f"{name}={_property(value)}" for name, value in {**where, "title": title}.items())
    return f"::{level.value} {properties}::{_data(message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
