"""What a person reads: for somebody who was just blocked and has never heard of covgate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from covgate.model.baseline import Baseline
from covgate.model.results import Measurement, Numbers, format_exact, format_percent
from covgate.model.verdict import Rule, Status, Verdict

if TYPE_CHECKING:
    from covgate.model.explain import Explanation
    from covgate.model.patch import Patch
    from covgate.show.losses import Loss

_FILES_SHOWN = 8
_TAIL_SHOWN = 25


@dataclass(frozen=True, slots=True, kw_only=True)
class Paint:
    """Colour, or none."""

    colour: bool = False

    def __call__(self, text: str, code: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self.colour else text

    def status(self, word: str) -> str:
        code = {"PASS": "1;32", "BLOCKED": "1;31", "WARNING": "1;33"}.get(word, "1")
        return self(word, code)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """All that the text of one judged commit tells; ``seconds`` is 0 where no test ran."""

    verdict: Verdict
    commit: str = ""
    branch: str = ""
    numbers: Numbers | None = None
    measurement: Measurement | None = None
    baseline_commit: str = ""
    patch: Patch | None = None
    story: Explanation | None = None
    output: str = ""
    ran_with: str = ""
    raised: Baseline | None = None
    cached: bool = False


def verdict_text(shown: Shown, paint: Paint, *, pushing: bool) -> str:
    """One line for a pass, the whole story for a block."""
    verdict = shown.verdict
    if verdict.status is Status.NOT_APPLICABLE:
        return f"covgate: not applicable: {verdict.reason}\n"
    where = " ".join(part for part in (shown.branch, shown.commit[:10]) if part)
    if verdict.status is Status.PASS:
        passed = f"covgate: {paint.status('PASS')} {where}: {verdict.reason}{_how(shown)}\n"
        return passed + _set_by_hand(shown) + _raised(shown)
    lines = [f"covgate: {paint.status('BLOCKED')} {where}"]
    lines += [f"  {reason}" for reason in verdict.reasons]
    lines.append("")
    if shown.numbers is None:
        lines += _failing_tests(shown)
    else:
        lines += [*_numbers(shown), "", *_losses(shown)]
    lines += ["", *_what_to_do(shown, pushing)]
    return "\n".join(lines) + "\n"


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
    return f"covgate: the baseline of {format_percent(baseline.percent)}% was set by hand: {baseline.override}\n"


def _raised(shown: Shown) -> str:
    if shown.raised is None:
        return ""
    before = shown.verdict.baseline
    came = f" from {format_percent(before.percent)}%" if before else ""
    return f"covgate: the baseline rises{came} to {format_percent(shown.raised.percent)}%\n"


def _numbers(shown: Shown) -> list[str]:
    verdict, numbers = shown.verdict, shown.numbers
    assert numbers is not None
    counts = f"{numbers.executed} of {numbers.executable} statements and branches executed"
    lines = [f"  measured   {_percent(verdict.measured):>8}   {counts}"]
    if verdict.baseline is not None:
        since = f"reached at {shown.baseline_commit[:10]}" if shown.baseline_commit else ""
        if verdict.baseline.override:
            since = f"set by hand at {shown.baseline_commit[:10]}: {verdict.baseline.override}"
        used = "" if verdict.policy.kind.uses_baseline else " (not used by this policy)"
        lines.append(f"  baseline   {_percent(verdict.baseline.percent):>8}   {since}{used}")
    if verdict.policy.floor and verdict.policy.kind.uses_floor:
        lines.append(f"  floor      {format_exact(verdict.policy.floor) + '%':>8}   configured")
    if verdict.policy.epsilon > 0:
        lines.append(f"  tolerance  {format_exact(verdict.policy.epsilon):>8}   points (epsilon)")
    lines.append(f"  difference {_signed(verdict.delta):>8}   points")
    if verdict.adjusted is not None:
        lines.append(f"  adjusted   {_percent(verdict.adjusted):>8}   the baseline without what was removed since")
    if verdict.policy.patch_floor is not None:
        patch = _percent(verdict.patch) if verdict.patch is not None else "none"
        lines.append(
            f"  changed    {patch:>8}   of the lines of this push; floor {format_exact(verdict.policy.patch_floor)}%"
        )
    return lines


def _losses(shown: Shown) -> list[str]:
    """The way from the baseline to here, and the lines to look at."""
    from covgate.model.lines import line_list
    from covgate.show.losses import losses

    after = shown.measurement
    if shown.numbers is not None and not shown.numbers.executable:
        return ["  No file is left to measure: look at source, omit and exclude in coverage's configuration."]
    if after is None:
        return ["  No detail by file: this tree was measured by another clone. `covgate check --no-cache` has it."]
    parts = [_patch(shown.patch), _way(shown.story, shown.baseline_commit)]
    found = losses(shown.patch, shown.story)
    parts.append(_by_file(found, shown.story))
    if shown.story is None:
        missing = sorted((each for each in after.files if each.numbers.missing), key=lambda e: -e.numbers.missing)
        rows = [(each.path, f"{each.numbers.missing} missing", line_list(each.missing_lines)) for each in missing]
        why = "the lines that the baseline was reached with are not known" if shown.verdict.baseline else "all files"
        parts.append([f"  What is not covered ({why}):", *_table(rows)] if rows else [])
    elif not found:
        parts.append(["  No line is covered less than before; what was removed was covered better than the rest."])
    told = [part for part in parts if part]
    return [line for number, part in enumerate(told) for line in ([""] if number else []) + part]


def _patch(patch: Patch | None) -> list[str]:
    """What this push itself adds or changes."""
    if patch is None:
        return []
    numbers = patch.numbers
    lines = [
        f"  This push changes {numbers.executable} statements and branches, {numbers.executed} of them are executed"
        f" ({_percent(numbers.percent)})."
        if numbers.executable
        else "  This push changes no line that can be executed."
    ]
    if patch.unmeasured:
        shown = ", ".join(patch.unmeasured[:_FILES_SHOWN]) + (", ..." if len(patch.unmeasured) > _FILES_SHOWN else "")
        lines.append(f"  Changed, but not measured: {shown}")
    return lines


def _way(story: Explanation | None, since: str) -> list[str]:
    """The terms from the baseline's counts to those of this push: they add up."""
    if story is None:
        return []
    before, after = story.before, story.after
    rows = [(f"at {since[:10]}", f"{before.executed}", f"{before.executable}", "")]
    for sign, name, numbers in (
        ("-", "removed", story.removed),
        ("-", "no longer counted", story.dropped),
        ("+", "added", story.added),
        ("+", "counted anew", story.appeared),
    ):
        if numbers.executable:
            more = f"{numbers.missing} not executed" if numbers.missing and sign == "+" else ""
            rows.append((name, f"{sign}{numbers.executed}", f"{sign}{numbers.executable}", more))
    if story.lost:
        rows.append(("lost", f"-{story.lost}", "", "executed then, not now, and not touched since"))
    if story.gained:
        rows.append(("gained", f"+{story.gained}", "", "not executed then, and now they are"))
    if story.untold != (0, 0):
        rows.append(("not told by lines", f"{story.untold[0]:+d}", f"{story.untold[1]:+d}", ""))
    rows.append(("here", f"{after.executed}", f"{after.executable}", ""))
    widths = [max(len(row[place]) for row in rows) for place in range(3)]
    lines = [
        f"    {name:<{widths[0]}}  {executed:>{widths[1]}} {'of' if every else '  '} {every:>{widths[2]}}  {more}"
        for name, executed, every, more in rows
    ]
    return ["  From the baseline to here, statements and branches:", *(line.rstrip() for line in lines)]


def _by_file(found: Sequence[Loss], story: Explanation | None) -> list[str]:
    """The lines to look at, under the file they are in."""
    changes = {each.name: (each.before, each.after) for each in story.files} if story else {}
    files: dict[str, list[Loss]] = {}
    for each in found:
        files.setdefault(each.path, []).append(each)
    lines = ["  Lines to look at:"] if files else []
    for path, rows in list(files.items())[:_FILES_SHOWN]:
        before, after = changes.get(path, (None, None))
        was, now = (_percent(each.percent) if each else "" for each in (before, after))
        lines.append(f"    {path}  {was or 'new'} -> {now or 'not measured'}" if was or now else f"    {path}")
        width = max(len(each.kind.value) for each in rows)
        lines += [f"      {each.kind.value:<{width}}  {each.lines}" for each in rows]
    if len(files) > _FILES_SHOWN:
        lines.append(f"    and {len(files) - _FILES_SHOWN} more files")
    return lines


def _table(rows: Sequence[tuple[str, str, str]]) -> list[str]:
    shown = rows[:_FILES_SHOWN]
    width = max(len(row[0]) for row in shown)
    middle = max(len(row[1]) for row in shown)
    lines = [f"    {path:<{width}}  {count:<{middle}}  {rest}".rstrip() for path, count, rest in shown]
    if len(rows) > len(shown):
        lines.append(f"    and {len(rows) - len(shown)} more")
    return lines


def _failing_tests(shown: Shown) -> list[str]:
    tail = shown.output.splitlines()[-_TAIL_SHOWN:]
    # The wrong environment is the usual reason for tests that fail here and nowhere else.
    ran = [f"  They were run by {shown.ran_with}."] if shown.ran_with else []
    return [
        "  The coverage of failing tests is not a measurement; nothing was recorded.",
        *ran,
        "",
        *(f"  | {line}" for line in tail),
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
            lines.append(
                f'    it is meant to fall:     covgate baseline set {value} --reason "why"   (kept in the history)'
            )
    if pushing:
        lines.append("    push past the gate once: SKIP=covgate-pre-push git push   (or git push --no-verify)")
    return lines


def warning_text(message: str, hint: str, output: str, paint: Paint, *, blocks: bool) -> str:
    """A tool error: why there is no number, what to do, and whether it stands in the way."""
    word = paint.status("BLOCKED" if blocks else "WARNING")
    lines = [f"covgate: {word} not measured: {message}"]
    if hint:
        lines.append(f"  {hint}")
    if output:
        lines += ["", *(f"  | {line}" for line in output.splitlines()[-_TAIL_SHOWN:]), ""]
    if blocks:
        lines.append("  fail_closed is set: without a measurement nothing passes.")
    else:
        lines.append("  It passes without a verdict (fail_closed = true would block it).")
    return "\n".join(lines) + "\n"


def _percent(value: Fraction | None) -> str:
    return f"{format_percent(value)}%" if value is not None else "nothing"


def _signed(value: Fraction) -> str:
    return f"{'+' if value > 0 else ''}{format_percent(value)}"


def plain(line: str) -> str:
    """Without what would steer a terminal: a name or a reason in the notes is whatever its writer wanted."""
    return "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in line)
