"""Markdown for a pull request or a job summary: GitHub's and GitLab's tables, readable as it stands."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from covgate.formats import Context
from covgate.formats.losses import MEANING, losses
from covgate.formats.paint import plain, tail
from covgate.formats.tables import (
    COMPONENT_HEADERS,
    change_rows,
    component_rows,
    number_rows,
    only_floor_fails,
    patch_sentence,
    percent,
)
from covgate.model.lines import line_list
from covgate.model.outcome import Outcome

# A comment on GitHub holds 65,536 characters, a job summary 1 MiB. Counted in bytes, to be on the safe side.
LIMIT = 65_000
_NO_MORE = "a comment on GitHub holds no more."
_REST = 4_000  # what is kept for what follows the longest table
_AROUND = 1_000  # bytes for the text around the longest table of a component
_ROWS_OPEN = 12
_TEXT_SHOWN = 300
_LINE_SHOWN = 300
# What Markdown, or GitHub in what Markdown leaves, may take for more than itself.
_SPECIAL = re.compile(r"[\\`*_{}\[\]<>|~$#!&]")
_WHERE = {"PASS": ":white_check_mark:", "BLOCKED": ":x:", "WARNING": ":warning:"}

Row = Sequence[str]


def render(outcome: Outcome, context: Context) -> str:
    parts = [_headline(outcome)]
    parts += (_components if outcome.parts else _judgement)(outcome, LIMIT - _REST - _size(parts))
    parts += [_notices(outcome.all_notices, LIMIT - 200 - _size(parts)), _footer(outcome)]
    return _joined(parts) + "\n"


def _judgement(outcome: Outcome, room: int) -> list[str]:
    """Why it passes or not, in ``room`` bytes: the longest table is cut."""
    parts = [_reasons(outcome)]
    if outcome.numbers is None:
        return [*parts, _output(outcome)]
    rows = [(name, value, prose(rest)) for name, value, rest in number_rows(outcome)]
    parts.append(_table(("", "", ""), rows, "l r l"))
    parts.append(_tests(outcome))
    if outcome.patch:
        parts.append(_patch(outcome))
    if outcome.explanation:
        way = [(prose(name), executed, every, why) for name, executed, every, why in _way(outcome)]
        headers = ("from the baseline to here", "executed", "of", "")
        parts.append(_table(headers, way, "l r r l"))
    return [*parts, _lines(outcome, room - _size(parts))]


def _components(outcome: Outcome, room: int) -> list[str]:
    """A row for each component, then the details of those that block, are excused, or were not measured."""
    wrong = [each for each in outcome.parts if each.blocked or each.error or each.verdict.excuse]
    rows = [
        (code(name), f"{_sign(status)}{status}", *numbers, code(carried) if carried else "")
        for name, status, *numbers, carried in component_rows(outcome)
    ]
    parts = ["" if wrong else _reasons(outcome), _table(COMPONENT_HEADERS, rows, "l l r r r l")]
    for number, each in enumerate(wrong):
        left = room - _size(parts)
        share = left // (len(wrong) - number) - _AROUND
        text = _joined([f"#### {code(each.component)}", *_judgement(each, share)])
        if _size([text]) > left:
            count = len(wrong) - number
            what = "the details of 1 component are" if count == 1 else f"the details of {count} components are"
            return [*parts, f"Cut here, {what} left out: {_NO_MORE}"]
        parts.append(text)
    return parts


def _headline(outcome: Outcome) -> str:
    at = f" at `{outcome.commit[:10]}`" if outcome.commit else ""
    preview = outcome.preview
    at += f" merged with {code(preview.target)} at `{preview.commit[:10]}`" if preview else ""
    branch = f" {code(outcome.branch)}" if outcome.branch else ""
    excused = f", excused: {prose(outcome.verdict.excuse)}" if outcome.verdict.excuse and not outcome.blocked else ""
    return f"### {_sign(outcome.kind.value)}covgate: {outcome.kind.value}{branch}{at}{excused}"


def _sign(kind: str) -> str:
    return f"{_WHERE[kind]} " if kind in _WHERE else ""


def _reasons(outcome: Outcome) -> str:
    if not outcome.error:
        return _list(outcome.verdict.reasons)
    hint = f"\n\n{prose(outcome.hint)}" if outcome.hint else ""
    if outcome.blocks:
        passes = "fail_closed is set, so a commit that can't be measured is blocked."
    else:
        passes = "It passes without a verdict (fail_closed = true would block it)."
    return f"**Not measured:** {prose(outcome.error)}{hint}\n\n{prose(passes)}"


def _list(texts: Sequence[str]) -> str:
    if len(texts) == 1:
        return f"**{prose(texts[0])}**"
    return "\n".join(f"- **{prose(each)}**" for each in texts)


def _output(outcome: Outcome) -> str:
    lines = [line[:_LINE_SHOWN] for line in tail(outcome.output)]
    ran = f"They were run by {code(outcome.ran_with)}.\n\n" if outcome.ran_with else ""
    if not lines:
        return ran.rstrip()
    text = "\n".join(lines)
    fence = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", text)), default=0))
    return ran + _details("What was printed last", f"{fence}text\n{text}\n{fence}")


def _tests(outcome: Outcome) -> str:
    rows = [
        f"- {each.change.value}: {code(each.path)}" + (f" -> {code(each.now)}" if each.now else "")
        for each in outcome.changed_tests
    ]
    more = [f"- and {len(rows) - _ROWS_OPEN} more"] if len(rows) > _ROWS_OPEN else []
    since = outcome.baseline_commit or outcome.base
    title = f"Tests and their configuration that were changed since `{since[:10]}`:"
    return "\n".join([title, "", *rows[:_ROWS_OPEN], *more]) if rows else ""


def _patch(outcome: Outcome) -> str:
    assert outcome.patch is not None
    unmeasured = outcome.patch.unmeasured
    text = patch_sentence(outcome.patch)
    if unmeasured:
        more = ", ..." if len(unmeasured) > 8 else ""
        text += f" Changed, but not measured: {', '.join(code(each) for each in unmeasured[:8])}{more}"
    return text


def _way(outcome: Outcome) -> list[tuple[str, str, str, str]]:
    return change_rows(outcome.explanation, outcome.baseline_commit) if outcome.explanation else []


def _lines(outcome: Outcome, room: int) -> str:
    """The lines to look at. If there are none to compare with, or only the floor fails: all that is not covered."""
    found = losses(outcome.patch, outcome.explanation)
    rows: list[Row] = [(code(each.path), each.kind.value, each.lines) for each in found]
    legend = "".join(f"\n- {kind.value}: {MEANING[kind]}" for kind in dict.fromkeys(each.kind for each in found))
    header, title = ("file", "what", "lines"), "Lines to look at"
    unexplained = not found and outcome.explanation is None
    if outcome.measurement and (unexplained or only_floor_fails(outcome, found)):
        missing = sorted(outcome.measurement.files, key=lambda each: -each.numbers.missing)
        rows = [
            (code(each.path), percent(each.numbers.percent), line_list(each.missing_lines))
            for each in missing
            if each.numbers.missing
        ]
        header, title = ("file", "covered", "lines that are not"), "What is not covered"
    if not rows:
        return ""
    kept: list[Row] = []
    for row in rows:
        room -= sum(len(cell.encode("utf-8", "replace")) + 3 for cell in row) + 2
        if room < 0:
            break
        kept.append(row)
    text = _table(header, kept, "l l l")
    if len(kept) < len(rows):
        text += f"\n\nCut here, {len(rows) - len(kept)} of {len(rows)} rows are left out: {_NO_MORE}"
    text += f"\n{legend}" if legend else ""
    several = "" if len(rows) == 1 else f" ({len(rows)})"
    return f"**{title}**\n\n{text}" if len(rows) <= _ROWS_OPEN else _details(f"{title}{several}", text)


def _notices(notices: Sequence[str], room: int) -> str:
    kept: list[str] = []
    for notice in notices:
        line = f"- {prose(notice)}"
        room -= len(line.encode("utf-8", "replace")) + 1
        if room < 100:
            kept.append(f"- Cut here: {_NO_MORE}")
            break
        kept.append(line)
    if len(kept) > 3:
        return _details(f"Also to know ({len(notices)})", "\n".join(kept))
    return "**Also to know**\n\n" + "\n".join(kept) if kept else ""


def _footer(outcome: Outcome) -> str:
    return (
        f"See it again: `covgate check {outcome.commit[:10]}`"
        if outcome.kind.value == "BLOCKED" and outcome.commit
        else ""
    )


def _details(summary: str, text: str) -> str:
    return f"<details><summary>{summary}</summary>\n\n{text}\n\n</details>"


def _table(header: Row, rows: Iterable[Row], sides: str) -> str:
    rule = ["---:" if side == "r" else "---" for side in sides.split()]
    return "\n".join(f"| {' | '.join(row)} |" for row in [header, rule, *rows])


def prose(text: str) -> str:
    """``text`` as words alone: no markup, no mention, one line."""
    one = plain(" ".join(text.split()))
    if len(one) > _TEXT_SHOWN:
        one = f"{one[:_TEXT_SHOWN]}..."
    # GitHub looks for mentions in what is left when Markdown is done: nothing but a sign between breaks them.
    return _SPECIAL.sub(lambda match: f"\\{match[0]}", one).replace("@", "@&#8203;")


def code(text: str) -> str:
    """``text`` as code, in tables too. What Markdown would end or split it at goes by number."""
    one = plain(text)
    if len(one) > _TEXT_SHOWN:
        one = f"{one[: _TEXT_SHOWN // 2]}...{one[-_TEXT_SHOWN // 2 :]}"
    if not re.search(r"[`|\\]|^ | $|^$", one):
        return f"`{one}`"
    numbered = "".join(each if each.isalnum() or each in " /.-" else f"&#{ord(each)};" for each in one)
    return f"<code>{numbered}</code>"


def _joined(parts: Iterable[str]) -> str:
    return "\n\n".join(part for part in parts if part)


def _size(parts: Iterable[str]) -> int:
    return sum(len(part.encode("utf-8", "replace")) + 2 for part in parts)
