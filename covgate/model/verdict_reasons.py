"""The sentences that a verdict gives as its reasons.

They are written into notes: changing a sentence changes the bytes of a note.
"""

from __future__ import annotations

from fractions import Fraction

from covgate.model.baseline import Baseline
from covgate.model.numbers import format_exact, format_percent
from covgate.model.policy import Policy

NO_BASELINE = "no baseline yet (bootstrap)"
BASELINE_UNKNOWN = "the baseline is unknown, because the notes could not be fetched"
_NO_EPSILON = Fraction(0)


def nothing_measured(name: str, minimum: str) -> str:
    """Why a measurement without an executable statement fails; ``minimum`` is the rendered percentage of ``name``."""
    return f"nothing was measured: no executable statement, with a {name} of {minimum}%"


def below_floor(measured: Fraction, floor: Fraction, epsilon: Fraction) -> str:
    """Why the floor fails, with enough decimals to show the difference."""
    places = _places(measured, floor)
    return _below(measured, f"floor of {format_exact(floor, places)}%", places, epsilon)


def below_baseline(measured: Fraction, baseline: Fraction, epsilon: Fraction, here: Fraction | None = None) -> str:
    """Why the baseline comparison fails, with enough decimals to show the difference.

    ``here``: what the baseline requires under the present circumstances, None if these are its record's.
    """
    places = _places(measured, baseline if here is None else here)
    which = "" if here is None else f", which is {format_percent(here, places)}% here"
    return _below(measured, f"baseline of {format_percent(baseline, places)}%{which}", places, epsilon)


def below_patch_floor(changed: Fraction, patch_floor: Fraction) -> str:
    """Why the patch floor fails, with enough decimals to show the difference."""
    places = _places(changed, patch_floor)
    return _below(changed, f"patch floor of {format_exact(patch_floor, places)}%", places, of=" of the changed lines")


def passes(
    measured: Fraction | None,
    baseline: Baseline | None,
    policy: Policy,
    adjusted: Fraction | None = None,
    here: Fraction | None = None,
) -> str:
    """Why the floor and the baseline hold.

    ``here``: what the baseline requires under the present circumstances, None if these are its record's. ``adjusted``:
    the same without the removed code, None if it was not needed.
    """
    if measured is None:
        return "nothing to measure: no executable statement"
    floor = policy.floor if policy.kind.uses_floor else Fraction(0)
    minimum = baseline.percent if baseline and policy.kind.uses_baseline else None
    shown = [each for each in (floor, minimum, here, adjusted) if each is not None]
    places = max(_places(measured, each) for each in shown)
    held = []
    if minimum is not None:
        held.append(f"the baseline of {format_percent(minimum, places)}%")
        same = [f"{format_percent(here, places)}% here"] if here is not None else []
        same += (
            [f"{format_percent(adjusted, places)}% without the code that was removed"] if adjusted is not None else []
        )
        held[-1] += ", which is " + " and ".join(same) if same else ""
    if floor:
        held.append(f"the floor of {format_exact(floor, places)}%")
    reason = f"{format_percent(measured, places)}%"
    if held:
        reason += " holds " + " and ".join(held)
    if policy.kind.uses_baseline and baseline is None:
        return f"{reason}; {NO_BASELINE}"
    return reason if held else f"{reason}; the floor is 0"


def patch_passes(changed: Fraction | None, policy: Policy, *, known: bool, few: int = 0) -> str:
    """Why the patch floor of ``policy`` holds.

    ``changed`` is None if no executable line was changed, or if that is not ``known``. ``few``: how many executable
    lines were changed if they are too few for the patch floor, else 0.
    """
    floor = policy.patch_floor or Fraction(0)
    if few:
        lines = f"{few} executable line{' is' if few == 1 else 's are'} changed"
        return f"the patch floor of {format_exact(floor)}% does not apply: {lines}, fewer than {policy.patch_min_lines}"
    if changed is not None:
        places = _places(changed, floor)
        return (
            f"{format_percent(changed, places)}% of the changed lines holds"
            f" the patch floor of {format_exact(floor, places)}%"
        )
    return (
        "no executable line was changed" if known else "the patch floor is not judged: there is no base to compare with"
    )


def _below(measured: Fraction, minimum: str, places: int, epsilon: Fraction = _NO_EPSILON, of: str = "") -> str:
    slack = f" (epsilon {format_exact(epsilon)})" if epsilon else ""
    return f"{format_percent(measured, places)}%{of} is below the {minimum}{slack}"


def _places(measured: Fraction, minimum: Fraction) -> int:
    """The decimals needed for the two to look different, however the minimum is rendered; 2 if they are equal.

    "85.00% is below 85.00%" would convince nobody.
    """
    if measured == minimum:
        return 2

    def differ(places: int) -> bool:
        return format_percent(measured, places) not in (format_percent(minimum, places), format_exact(minimum, places))

    return next((places for places in range(2, 31) if differ(places)), 2)
