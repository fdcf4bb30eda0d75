"""Whether the tests replaced coverage itself, as with ``pip install`` into their own environment.

Then one version measured and another one would count: the number would be that of neither.
"""

from __future__ import annotations

from collections.abc import Sequence

from covgate.errors import ToolError
from covgate.measure.facts import Runner
from covgate.measure.inside.covgate_installed import code_in


def replaced_coverage(runs: Sequence[Runner]) -> str:
    """The coverage that is no longer what it was when one of ``runs`` started, with its version; "" for none.

    ``runs`` are in the order in which they started. A command may install another version between two of them: then
    the last one decides.
    """
    last = {run.coverage_at: run for run in runs if run.coverage_at}
    for directory, run in last.items():
        if code_in(directory) != run.coverage_code:
            return f"coverage {run.toolchain.coverage}".strip()
    return ""


def check_coverage(runs: Sequence[Runner], output: str) -> None:
    """Raise ToolError if coverage was replaced while ``runs`` ran; ``output`` is what they printed."""
    replaced = replaced_coverage(runs)
    if replaced:
        raise ToolError(
            f"{replaced} was replaced while the tests ran",
            hint="push again to measure with the new one; let a test install into an environment of its own",
            output=output,
        )
