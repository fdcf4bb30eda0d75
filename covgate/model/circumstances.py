"""Decide whether two numbers were measured under the same circumstances; see docs/adr/0015.

Counts depend on Python, on coverage's version and configuration, and on what is installed. A record has only the
versions. To find out whether the rest is the same, covgate measures the baseline's commit here, too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from enum import Enum
from fractions import Fraction

from covgate.model.explanation import Explanation
from covgate.model.measurement import Measurement, Toolchain
from covgate.model.numbers import HUNDRED, Numbers
from covgate.model.record import Judgement
from covgate.model.source_files import is_test_file
from covgate.model.verdict import Rule, Verdict


class Circumstances(Enum):
    """The circumstances of the baseline's record, compared with the present ones."""

    SAME = "same"
    OTHER = "other"
    UNKNOWN = "unknown"


class Rise(Enum):
    """Whether the baseline may rise. MEASURE: only measuring the baseline's commit here can tell."""

    YES = "yes"
    NO = "no"
    MEASURE = "measure"


def compare(
    recorded: Judgement | None, measured: Measurement, here: Numbers | None, *, same_configuration: bool = True
) -> Circumstances:
    """How the circumstances of ``measured`` compare with those of ``recorded``, the record of the baseline's commit.

    ``here``: what that commit measures under the present circumstances, None if it was not measured.
    ``same_configuration``: whether coverage's configuration is the same at both commits.
    """
    if recorded is None:
        return Circumstances.UNKNOWN
    if here is not None:
        return Circumstances.SAME if here == recorded.numbers else Circumstances.OTHER
    return (
        Circumstances.OTHER
        if why_other(recorded, measured, same_configuration=same_configuration)
        else Circumstances.UNKNOWN
    )


def why_other(recorded: Judgement, measured: Measurement, *, same_configuration: bool = True) -> str:
    """What is known to be different about the ``recorded`` circumstances, as a clause; "" for nothing."""
    if Toolchain.parse(recorded.toolchain).differs(measured.toolchain):
        return f"its record is from {recorded.toolchain}, and this is {measured.toolchain}"
    if bool(recorded.numbers.branches) != bool(measured.numbers.branches):
        counts = recorded.numbers.branches
        return "its record counts branches, and this does not" if counts else "its record counts no branches, this does"
    return "" if same_configuration else "the configuration of coverage was another one"


def may_be_circumstances(verdict: Verdict, explanation: Explanation | None) -> bool:
    """Whether other circumstances can explain why a push fails.

    They change whether untouched lines count and whether they are executed. If the push would fail even with all
    untouched lines as they were, its own lines are the reason.
    """
    if verdict.failed != (Rule.BASELINE,) or verdict.baseline is None:
        return False
    if explanation is None or verdict.minimum is None:
        return True
    if _counted_otherwise(explanation) or explanation.unexplained != (0, 0):
        return True
    after = explanation.after
    if not explanation.lost or not after.executable:
        return False
    executed = min(after.executed + explanation.lost, after.executable)
    return HUNDRED * executed / after.executable >= verdict.minimum - max(verdict.policy.epsilon, Fraction(0))


def may_rise(
    measured: Numbers,
    recorded: Judgement | None,
    circumstances: Circumstances,
    here: Numbers | None,
    *,
    touches: bool,
    suspicious: Callable[[], bool],
) -> Rise:
    """Whether changes since the baseline caused at least part of an increase over it.

    ``touches``: whether anything changed that can change the number. ``suspicious``: whether the gained lines look like
    other circumstances; called only if nothing else decides.
    """
    now = measured.percent
    then = recorded.numbers.percent if recorded else None
    if now is None or then is None or now <= then:
        return Rise.YES  # the baseline's own commit reached as much, but somebody set the baseline lower by hand
    if not touches:
        return Rise.NO
    if circumstances is Circumstances.SAME:
        return Rise.YES
    if circumstances is Circumstances.UNKNOWN:
        return Rise.MEASURE if suspicious() else Rise.YES
    if here is None or here.percent is None:
        return Rise.MEASURE
    return Rise.YES if now > here.percent else Rise.NO


def looks_like_circumstances(explanation: Explanation | None, changed: Iterable[str]) -> bool:
    """Whether an increase may come from circumstances although files were ``changed``.

    That is so if untouched lines are counted that were not before, or if some are executed now although no test was
    changed.
    """
    if explanation is None:
        return False
    return _counted_otherwise(explanation) or (explanation.gained > 0 and not any(map(is_test_file, changed)))


def _counted_otherwise(explanation: Explanation) -> bool:
    """Whether untouched lines became statements or branches, or are no longer statements or branches."""
    return bool(explanation.counted_anew.executable or explanation.no_longer_counted.executable)
