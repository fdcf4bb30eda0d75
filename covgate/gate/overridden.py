"""Environment variables that change the verdict: they are reported, and nothing is recorded."""

from __future__ import annotations

from collections.abc import Sequence

from covgate.config import Config
from covgate.gate.context import Session


def deciding_variables(session: Session, config: Config, *, runs_tests: bool = True) -> tuple[str, ...]:
    """The variables that change what is run, counted or judged. ``runs_tests``: also those of the tests' tools."""
    if not runs_tests:
        return config.deciding_overrides
    from covgate.measure.deciding_variables import deciding_variables

    found = deciding_variables(session.environ, session.measurer.roots, config.command)
    return (*config.deciding_overrides, *found)


def circumstances(session: Session, config: Config, *, runs_tests: bool = True) -> tuple[str, ...]:
    """The variables that are circumstances of a test run: they are named, and they don't stop recording."""
    if not runs_tests:
        return ()
    from covgate.measure.deciding_variables import circumstances

    return circumstances(session.environ, session.measurer.roots, config.command)


def override_notices(deciding: Sequence[str], config: Config, circumstances: Sequence[str] = ()) -> list[str]:
    """A notice that names each variable with an effect, and says if nothing is recorded because of it.

    Another one names the unknown variables, which have none.
    """
    return [*_effects(deciding, config, circumstances), *_ignored(config.ignored_variables)]


def _ignored(names: tuple[str, ...]) -> list[str]:
    if not names:
        return []
    return [f"{', '.join(names)}: unknown to covgate, and ignored"]


def _effects(deciding: Sequence[str], config: Config, circumstances: Sequence[str]) -> list[str]:
    others = [*(name for name in config.overrides if name not in deciding), *circumstances]
    if not deciding:
        return [f"set in the environment: {', '.join(others)}"] if others else []
    verb = "changes" if len(deciding) == 1 else "change"
    also = f" ({', '.join(others)} set, too)" if others else ""
    return [
        f"{', '.join(deciding)} {verb} what is run, counted or judged here: nothing is recorded,"
        f" and no baseline rises{also}"
    ]
