"""What a person reads: for somebody who was just blocked and has never heard of covgate."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from covgate.formats.paint import Paint, one_line, plain, tail, wrapped
from covgate.formats.rows import number_rows
from covgate.formats.shown import Shown
from covgate.model.numbers import format_exact, format_percent
from covgate.model.verdict import Rule, Status


def verdict_text(shown: Shown, paint: Paint, *, pushing: bool) -> str:
    """One line for a pass, the whole story for a block."""
    verdict = shown.verdict
    if shown.error:
        return warning_text(shown.error, shown.hint, shown.output, paint, blocks=shown.blocks)
    if verdict.status is Status.NOT_APPLICABLE:
        return f"covgate: not applicable: {plain(verdict.reason)}\n"
    where = plain(" ".join(part for part in (shown.branch, shown.commit[:10]) if part))
    if verdict.status is Status.PASS:
        passed = f"covgate: {paint.status('PASS')} {where}: {plain(verdict.reason)}{_how(shown)}\n"
        return passed + _set_by_hand(shown) + _raised(shown)
    lines = [f"covgate: {paint.status('BLOCKED')} {where}"]
    lines += [paint(line, "1") for reason in verdict.reasons for line in wrapped(reason, paint, "  ")]
    lines.append("")
    if shown.numbers is None:
        lines += _failing_tests(shown)
    else:
        from covgate.formats.block_detail import detail_lines

        lines += [*_numbers(shown, paint), "", *detail_lines(shown, paint)]
    lines += ["", *_what_to_do(shown, pushing)]
    return "\n".join(lines) + "\n"


def check_text(shown: Shown, paint: Paint) -> str:
    """All that a person is told of one commit."""
    return verdict_text(shown, paint, pushing=False) + notices_text(shown.notices)


def notices_text(notices: Iterable[str]) -> str:
    """What else there is to know, a line each."""
    return "".join(f"covgate: {one_line(notice)}\n" for notice in dict.fromkeys(notices))


def _how(shown: Shown) -> str:
    if shown.cached:
        return " (this tree was measured before)"
    seconds = shown.measurement.seconds if shown.measurement else 0
    return f" ({seconds:.0f} s)" if seconds >= 1 else ""


def _set_by_hand(shown: Shown) -> str:
    """An override that this pass rests on: who reads the line shall know that the height is a decision."""
    verdict = shown.verdict
    baseline = verdict.baseline
    if baseline is None or not baseline.override or not verdict.policy.kind.uses_baseline:
        return ""
    return f"covgate: the baseline of {format_percent(baseline.percent)}% was set by hand: {plain(baseline.override)}\n"


def _raised(shown: Shown) -> str:
    if shown.raised is None:
        return ""
    before = shown.verdict.baseline
    came = f" from {format_percent(before.percent)}%" if before else ""
    return f"covgate: the baseline rises{came} to {format_percent(shown.raised.percent)}%\n"


def _numbers(shown: Shown, paint: Paint) -> list[str]:
    lines = []
    red = _failed_rows(shown)
    for name, value, rest in number_rows(shown):
        told = wrapped(rest, paint, " " * len(f"  {name:<10} {value:>8}   ")) or [""]
        value = paint(f"{value:>8}", "1;31") if name in red else f"{value:>8}"
        lines.append(f"  {name:<10} {value}   {told[0].lstrip()}".rstrip())
        lines += told[1:]
    return lines


def _failed_rows(shown: Shown) -> set[str]:
    failed = set(shown.verdict.failed)
    rows = {"changed"} if Rule.PATCH_FLOOR in failed else set()
    return rows | ({"measured"} if failed & {Rule.BASELINE, Rule.FLOOR} else set())


def _failing_tests(shown: Shown) -> list[str]:
    # The wrong environment is the usual reason for tests that fail here and nowhere else.
    ran = [f"  They were run by {plain(shown.ran_with)}."] if shown.ran_with else []
    return [
        "  The coverage of failing tests is not a measurement; nothing was recorded.",
        *ran,
        "",
        *(f"  | {line}" for line in tail(shown.output)),
    ]


def _what_to_do(shown: Shown, pushing: bool) -> list[str]:
    lines = ["  What to do:"]
    if shown.numbers is None:
        lines.append("    mend the tests, commit, and push again")
    else:
        lines.append("    cover the lines above with tests, commit, and push again")
        lines.append(f"    see this again:          covgate check {shown.commit[:10]}")
        if Rule.BASELINE in shown.verdict.failed:
            value = format_exact(Fraction(int((shown.verdict.measured or Fraction(0)) * 100), 100))
            lines.append(f'    it is meant to fall:     covgate baseline set {value} --reason "why"')
    if pushing:
        lines.append("    push past the gate once: SKIP=covgate-pre-push git push   (or --no-verify)")
    return lines


def warning_text(message: str, hint: str, output: str, paint: Paint, *, blocks: bool) -> str:
    """A tool error: why there is no number, what to do, and whether it stands in the way."""
    word = paint.status("BLOCKED" if blocks else "WARNING")
    lines = [f"covgate: {word} not measured: {one_line(message)}"]
    if hint:
        lines.append(f"  {one_line(hint)}")
    if output:
        lines += ["", *(f"  | {line}" for line in tail(output)), ""]
    if blocks:
        lines.append("  fail_closed is set: without a measurement nothing passes.")
    else:
        lines.append("  It passes without a verdict (fail_closed = true would block it).")
    return "\n".join(lines) + "\n"
