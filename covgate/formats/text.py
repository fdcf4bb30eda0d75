"""What a person reads: for somebody who was just blocked and has never heard of covgate."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from covgate.formats import Context, ReadSource, no_source
from covgate.formats.paint import Paint, one_line, plain, tail, wrapped
from covgate.formats.tables import number_rows
from covgate.model.numbers import format_percent, format_reached
from covgate.model.outcome import Outcome
from covgate.model.verdict import Rule, Status


def verdict_text(outcome: Outcome, paint: Paint, *, pushing: bool, source: ReadSource = no_source) -> str:
    """One line for a pass, the full explanation for a block. ``source`` reads the files of the commit.

    Of several components, this is the text of each; those that are carried forward share a line.
    """
    if outcome.parts:
        texts = [verdict_text(each, paint, pushing=pushing, source=source) for each in _shown(outcome)]
        return _carried(outcome) + "".join(texts)
    verdict = outcome.verdict
    name = _name(outcome)
    if outcome.error:
        return warning_text(outcome.error, outcome.hint, outcome.output, paint, blocks=outcome.blocks, name=name)
    if verdict.status is Status.NOT_APPLICABLE:
        return f"covgate: not applicable{name}: {plain(verdict.reason)}\n"
    where = plain(" ".join(part for part in (outcome.branch, _at(outcome)) if part)) + name
    if verdict.excuse:
        return _excused(outcome, where, paint)
    if verdict.status is Status.PASS:
        passed = f"covgate: {paint.status('PASS')} {where}: {plain(verdict.reason)}{_how(outcome)}\n"
        return passed + _set_by_hand(outcome) + _raised(outcome)
    lines = [f"covgate: {paint.status('BLOCKED')} {where}"]
    lines += [paint(line, "1") for reason in verdict.reasons for line in wrapped(reason, paint, "  ")]
    lines.append("")
    if outcome.numbers is None:
        lines += _failing_tests(outcome)
    else:
        from covgate.formats.block_detail import detail_lines

        lines += [*_numbers(outcome, paint), "", *detail_lines(outcome, paint, source)]
    lines += ["", *_what_to_do(outcome, pushing)]
    return "\n".join(lines) + "\n"


def _excused(outcome: Outcome, where: str, paint: Paint) -> str:
    """A pass that somebody has excused: why, which rules failed, and what stays."""
    lines = [f"covgate: {paint.status('PASS')}, excused: {plain(outcome.verdict.excuse)} ({where})"]
    lines += [line for reason in outcome.verdict.reasons for line in wrapped(reason, paint, "  ")]
    return "\n".join([*lines, "  The baseline stays, and holds for the commits that follow."]) + "\n"


def render(outcome: Outcome, context: Context) -> str:
    """Everything about one commit, for a person."""
    return verdict_text(outcome, context.paint, pushing=False, source=context.source) + notices_text(
        outcome.all_notices
    )


def notices_text(notices: Iterable[str]) -> str:
    """What else there is to know, a line each."""
    return "".join(f"covgate: {one_line(notice)}\n" for notice in dict.fromkeys(notices))


def _name(outcome: Outcome) -> str:
    return f" [{outcome.label}]" if outcome.label else ""


def _at(outcome: Outcome) -> str:
    """The commit, and what it was merged with for the measurement."""
    preview = outcome.preview
    merged = f" merged with {plain(preview.target)} {preview.commit[:10]}" if preview else ""
    return outcome.commit[:10] + merged


def _shown(outcome: Outcome) -> list[Outcome]:
    """The components with a text of their own: those that are not carried forward; those that block come last."""
    return sorted((each for each in outcome.parts if not _only_carried(each)), key=lambda each: each.blocked)


def _only_carried(outcome: Outcome) -> bool:
    """Whether there is nothing to say about a component but that it has not changed."""
    return bool(outcome.carried_from) and outcome.verdict.passed and outcome.raised is None


def _carried(outcome: Outcome) -> str:
    """The components that are carried forward, and the commits that their records come from."""
    names: dict[str, list[str]] = {}
    for each in outcome.parts:
        if _only_carried(each):
            names.setdefault(each.carried_from, []).append(each.component)
    return "".join(
        f"covgate: PASS {_at(outcome)}: {_origin(outcome, commit)}: {', '.join(found)}\n"
        for commit, found in names.items()
    )


def _origin(outcome: Outcome, carried_from: str) -> str:
    """Where a record comes from that was not made now; after a merge, it may be the commit's own."""
    own = carried_from == outcome.commit
    return "recorded before" if own else f"unchanged, carried forward from {carried_from[:10]}"


def _how(outcome: Outcome) -> str:
    if outcome.carried_from:
        return f" ({_origin(outcome, outcome.carried_from)})"
    if outcome.cached:
        return " (this tree was measured before)"
    seconds = outcome.measurement.seconds if outcome.measurement else 0
    return f" ({seconds:.0f} s)" if seconds >= 1 else ""


def _set_by_hand(outcome: Outcome) -> str:
    """The override that this pass rests on: the reader should know that the baseline was a decision."""
    verdict = outcome.verdict
    baseline = verdict.baseline
    if baseline is None or not baseline.override or not verdict.policy.kind.uses_baseline:
        return ""
    what = f"baseline of {format_percent(baseline.percent)}%"
    return f"covgate:{_name(outcome)} the {what} was set by hand: {plain(baseline.override)}\n"


def _raised(outcome: Outcome) -> str:
    if outcome.raised is None:
        return ""
    before = outcome.verdict.baseline
    came = f" from {format_percent(before.percent)}%" if before else ""
    return f"covgate:{_name(outcome)} the baseline rises{came} to {format_percent(outcome.raised.percent)}%\n"


def _numbers(outcome: Outcome, paint: Paint) -> list[str]:
    lines = []
    red = _failed_rows(outcome)
    for name, value, rest in number_rows(outcome):
        wrapped_rest = wrapped(rest, paint, " " * len(f"  {name:<10} {value:>8}   ")) or [""]
        value = paint(f"{value:>8}", "1;31") if name in red else f"{value:>8}"
        lines.append(f"  {name:<10} {value}   {wrapped_rest[0].lstrip()}".rstrip())
        lines += wrapped_rest[1:]
    return lines


def _failed_rows(outcome: Outcome) -> set[str]:
    failed = set(outcome.verdict.failed)
    rows = {"changed"} if Rule.PATCH_FLOOR in failed else set()
    return rows | ({"measured"} if failed & {Rule.BASELINE, Rule.FLOOR} else set())


def _failing_tests(outcome: Outcome) -> list[str]:
    # The wrong environment is the usual reason for tests that fail here and nowhere else.
    ran = [f"  They were run by {plain(outcome.ran_with)}."] if outcome.ran_with else []
    return [
        "  The coverage of failing tests is not a measurement; nothing was recorded.",
        *ran,
        "",
        *(f"  | {line}" for line in tail(outcome.output)),
    ]


def _what_to_do(outcome: Outcome, pushing: bool) -> list[str]:
    from covgate.model.excused_verdict import can_be_excused  # late: a pass needs no advice

    lines = ["  What to do:"]
    if outcome.preview:
        lines.append(f"    merge the target here:   git merge {outcome.preview.commit[:10]}")
    if outcome.numbers is None:
        lines.append("    fix the tests, commit, and push again")
    else:
        fix = "cover the lines above with tests" if outcome.numbers.executable else "correct what is measured"
        lines.append(f"    {fix}, commit, and push again")
        lines.append(f"    see this again:          covgate check {outcome.commit[:10]}")
        if Rule.BASELINE in outcome.verdict.failed:
            value = format_reached(outcome.verdict.measured or Fraction(0))
            of = f" --component {outcome.label}" if outcome.label else ""
            lines.append(f'    it is meant to fall:     covgate baseline set {value}{of} --reason "why"')
    if can_be_excused(outcome.verdict):
        lines.append(f'    let this commit pass:    covgate excuse "why" {outcome.commit[:10]}')
    if pushing:
        lines.append("    push past the gate once: SKIP=covgate-pre-push git push   (or --no-verify)")
    return lines


def warning_text(message: str, hint: str, output: str, paint: Paint, *, blocks: bool, name: str = "") -> str:
    """A tool error: why there is no number, what to do, and whether it blocks. ``name``: that of a component."""
    word = paint.status("BLOCKED" if blocks else "WARNING")
    lines = [f"covgate: {word} not measured{name}: {one_line(message)}"]
    if hint:
        lines.append(f"  {one_line(hint)}")
    if output:
        lines += ["", *(f"  | {line}" for line in tail(output)), ""]
    if blocks:
        lines.append("  fail_closed is set, so a push that can't be measured is blocked.")
    else:
        lines.append("  It passes without a verdict (fail_closed = true would block it).")
    return "\n".join(lines) + "\n"
