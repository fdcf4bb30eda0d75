"""Compare like with like: a baseline from other circumstances is judged by what its commit measures here.

The decisions are in `covgate.model.circumstances`, the reasons in docs/adr/0015.
"""

from __future__ import annotations

from covgate.gate.baseline_commit import BaselineCommit
from covgate.gate.evidence import Evidence
from covgate.gate.surroundings import Surroundings
from covgate.model.circumstances import (
    Circumstances,
    Rise,
    compare,
    looks_like_circumstances,
    may_be_circumstances,
    may_rise,
    why_other,
)
from covgate.model.measurement import Measurement
from covgate.model.numbers import format_percent
from covgate.model.verdict import Rule, Verdict

_UNKNOWN = "its record may be from other circumstances"
_BEGIN_ANEW = (
    "if the commit that reached the baseline can't be measured any more, begin anew:"
    " covgate baseline set VALUE --reason TEXT"
)
_OTHER = "the installed software differs, or the tests depend on this machine"


def compare_before_a_block(around: Surroundings, verdict: Verdict, evidence: Evidence) -> None:
    """Set ``around.here`` if the circumstances differ from the record's; the push is then judged again.

    This is done only if the push fails nothing but the baseline. The tests of the baseline's commit run if other
    circumstances could be the reason.
    """
    if verdict.failed != (Rule.BASELINE,):
        return
    if not around.baseline_commit.is_published:
        around.notices.append(
            "the commit that reached the baseline is part of this push, so the push is not compared with what it"
            " measures here"
        )
        return
    if around.baseline_commit.known_here is None:
        if not may_be_circumstances(verdict, evidence.explanation()) or _are_the_same(around):
            return
        _measure_it_or_the_base(around)
    _use_what_is_here(around)
    if around.baseline_commit.known_here is None and (why := _why(around)):
        around.notices.append(f"compared with a baseline from other circumstances: {why}")


def _measure_it_or_the_base(around: Surroundings) -> None:
    """Measure the baseline's commit here. If that is impossible, compare with the base, which held the baseline."""
    commit = around.baseline_commit
    if commit.measure(_why(around) or _UNKNOWN) is not None:
        return
    if not commit.exists:
        around.notices.append("the commit that reached the baseline is not in this clone: it can't be measured here")
    elif not commit.failed or commit.variables:
        return
    base = around.stand_in()
    if base is not None and base.measure("it held the baseline, whose commit can't be measured here") is not None:
        around.use(base)
    else:
        around.notices.append(_BEGIN_ANEW)


def compare_before_a_rise(around: Surroundings, evidence: Evidence) -> bool:
    """Whether the baseline may rise to what was measured. Other circumstances alone must not raise it.

    Sets ``around.here`` if the circumstances are known to differ from the record's; the push is then judged again.
    """
    percent, baseline = evidence.measurement.numbers.percent, around.baseline
    if baseline is None or percent is None or percent <= baseline.percent:
        return True
    rise = _rise(around, evidence)
    if rise is Rise.MEASURE and _are_the_same(around):
        rise = Rise.YES
    elif rise is Rise.MEASURE:
        commit = around.baseline_commit
        commit.measure(_why(around) or "only this shows whether the change raised the coverage")
        rise = _rise(around, evidence) if commit.known_here is not None else Rise.NO
    _use_what_is_here(around)
    if rise is not Rise.YES:
        around.notices.append(_stays(around))
    elif around.here is not None:
        earned = percent - (around.here.numbers.percent or 0)
        around.notices.append(f"of the increase, this change brought {format_percent(earned)} points")
    return rise is Rise.YES


def _rise(around: Surroundings, evidence: Evidence) -> Rise:
    def suspicious() -> bool:
        return looks_like_circumstances(evidence.explanation(), around.changed_paths)

    commit = around.baseline_commit
    return may_rise(
        evidence.measurement.numbers,
        commit.recorded,
        _circumstances(around),
        commit.known_here.numbers if commit.known_here else None,
        touches=around.touches,
        suspicious=suspicious,
    )


def _are_the_same(around: Surroundings) -> bool:
    """Whether an older commit that reached the baseline shows that the circumstances match the records.

    If it shows that they differ, the push is compared with that older commit: no test needs to run.
    """
    older = around.measured_before()
    if older is None:
        return False
    if _circumstances(around, older) is Circumstances.SAME:
        return True
    around.use(older)
    return False


def _circumstances(around: Surroundings, commit: BaselineCommit | None = None) -> Circumstances:
    commit = commit or around.baseline_commit
    here = commit.known_here.numbers if commit.known_here else None
    same = here is not None or commit.same_configuration
    return compare(commit.recorded, around.measured, here, same_configuration=same)


def _use_what_is_here(around: Surroundings) -> None:
    """Set ``around.here`` if the baseline's commit measures something else here than its record says."""
    commit = around.baseline_commit
    known = commit.known_here
    if known is None or commit.recorded is None or around.baseline is None:
        return
    is_other = commit.stands_in or _circumstances(around) is Circumstances.OTHER
    if not is_other or around.level(known) == around.baseline.percent:
        return
    around.here = known
    held = f"it held the baseline of {format_percent(around.baseline.percent)}%" if commit.stands_in else ""
    around.notices.append(
        f"compared with what {commit.shown} measures here, {_percent(known)}"
        f" (its record says {format_percent(commit.recorded.numbers.percent)}%): {held or _why(around) or _OTHER}"
    )


def _stays(around: Surroundings) -> str:
    commit, baseline = around.baseline_commit, around.baseline
    assert baseline is not None
    if around.here is not None:
        why = f"its commit {commit.oid[:10]} measures {_percent(around.here)} here"
    elif not around.touches:
        why = f"nothing that can change coverage was changed since {commit.oid[:10]}"
    else:
        why = f"{commit.oid[:10]} is not measured here, and {_why(around) or _UNKNOWN}"
        if commit.failed and not commit.variables:
            why += f" ({_BEGIN_ANEW})"
    return f"the baseline stays at {format_percent(baseline.percent)}%: {why}"


def _why(around: Surroundings) -> str:
    commit = around.baseline_commit
    if commit.recorded is None:
        return ""
    return why_other(commit.recorded, around.measured, same_configuration=commit.same_configuration)


def _percent(measurement: Measurement) -> str:
    return f"{format_percent(measurement.numbers.percent)}%"
