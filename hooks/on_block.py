"""`on_block`: run the user's command when a push is blocked. How it ends never changes the verdict."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from covgate.measure.process_group import Command, TimedOut, interruptible, run_group

_TIMEOUT = 30.0  # seconds: somebody waits at the prompt


def run_on_block(command: Sequence[str], verdict: Mapping[str, Any], top: Path, environ: Mapping[str, str]) -> str:
    """Run ``command`` at ``top`` with ``verdict`` as JSON on its standard input. Returns what went wrong, or ""."""
    with tempfile.TemporaryDirectory(prefix="covgate-") as directory:
        stdin, log = Path(directory, "verdict.json"), Path(directory, "output.log")
        stdin.write_text(json.dumps(verdict) + "\n", encoding="utf-8")
        try:
            with interruptible():
                status = run_group(
                    Command(argv=command, directory=top, environ=environ, log=log, stdin=stdin),
                    deadline=time.monotonic() + _TIMEOUT,
                )
        except TimedOut:
            return f"on_block was ended: {command[0]} ran longer than {_TIMEOUT:.0f} seconds"
        except OSError as error:
            return f"on_block could not be started: {command[0]}: {error.strerror or error}"
        if not status:
            return ""
        last = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-1:]
        return f"on_block failed: {command[0]} ended with {status}" + (f": {last[0]}" if last else "")
