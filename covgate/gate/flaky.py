"""Run the tests again if the lost coverage may be flaky."""

from __future__ import annotations

from collections.abc import Callable

from covgate.errors import ToolError
from covgate.gate.decisions import runs_again
from covgate.gate.evidence import Evidence
from covgate.gate.surroundings import Surroundings
from covgate.model.measurement import Measurement
from covgate.model.verdict import Verdict
from covgate.streams import say

Judge = Callable[[Surroundings, Measurement], tuple[Verdict, Evidence]]


def rerun_if_flaky(
    around: Surroundings, verdict: Verdict, evidence: Evidence, judge: Judge
) -> tuple[Verdict, Evidence]:
    """Run the tests again while the lost coverage may be flaky: lines that differ between runs don't block."""
    measurer, config = around.session.measurer, around.bar.config
    measurement = around.measured
    while runs_again(
        verdict, evidence.explanation, evidence.measurement, config.retries, touches=lambda: around.touches
    ):
        say("the lost coverage may be flaky: the tests run once more")
        try:
            again = measurer.measure(around.commit, config, around.notices.append, earlier=measurement)
        except ToolError as error:
            around.notices.append(f"the tests ran once more: {error.message}; the first run is judged")
            break
        if not isinstance(again, Measurement):
            around.notices.append(f"the tests ran once more: {again.summary}; the first run is judged")
            break
        measurement = again
        verdict, evidence = judge(around, again)
    return verdict, evidence
