"""The commands of ``covgate``: one module each, found by its name.

A command is a module of this package without a leading underscore. It has

- ``HELP``: what it does, one line in lower case for ``covgate --help``;
- ``EXAMPLES``: how it is called, printed as written below the options;
- ``add_arguments(parser)``: declares its arguments and options;
- ``run(arguments, environ) -> int``: does it, and returns the exit code;
- ``IS_GATE = True`` if an error that leaves no verdict passes with a warning, unless ``fail_closed`` is set.
"""

from __future__ import annotations

import argparse
import pkgutil
from collections.abc import Mapping
from importlib import import_module
from typing import Protocol, cast

# The order of the help: as a user meets them. A command that isn't named here comes after these.
_ORDER = ("init", "check", "ratchet", "baseline", "excuse", "log", "badge", "status", "sync", "audit", "doctor", "demo")


class Command(Protocol):
    """What each module of this package provides."""

    HELP: str
    EXAMPLES: str

    def add_arguments(self, parser: argparse.ArgumentParser, /) -> None: ...

    def run(self, arguments: argparse.Namespace, environ: Mapping[str, str], /) -> int: ...


def command_names() -> list[str]:
    """The names of all commands, in the order of the help. Loads none of them."""
    found = {module.name for module in pkgutil.iter_modules(__path__) if not module.name.startswith("_")}
    return [name for name in _ORDER if name in found] + sorted(found.difference(_ORDER))


def load_command(name: str) -> Command:
    """The module of the command ``name``, which must be one of ``command_names()``."""
    return cast(Command, import_module(f"{__name__}.{name}"))


def is_gate(command: Command) -> bool:
    """Whether an error without a verdict passes with a warning, unless ``fail_closed`` is set."""
    return bool(getattr(command, "IS_GATE", False))
