"""Markdown for a pull request or a job summary: GitHub's and GitLab's tables, readable as it stands."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from covgate.formats.losses import MEANING, losses
from covgate.formats.paint import plain, tail
from covgate.formats.rows import number_rows, patch_sentence, percent, way_rows
from covgate.formats.shown import Shown
from covgate.model.lines import line_list

# A comment on GitHub holds 65,536 characters, a job summary 1 MiB. Counted in bytes, to be on the safe side.
LIMIT = 65_000
_NO_MORE = "a comment on GitHub holds no more."
_REST = 4_000  # what is kept for what follows the longest table
_ROWS_OPEN = 12
_TEXT_SHOWN = 300
_LINE_SHOWN = 300
# What Markdown, or GitHub in what Markdown leaves, may take for more than itself.
_SPECIAL = re.compile(r"[\\`*_{}\[\]<>|~$#!&]")
_WHERE = {"PASS": ":white_check_mark:", "BLOCKED": ":x:", "WARNING": ":warning:"}

Row = Sequence[str]


def markdown(shown: Shown) -> str:
    parts = [_headline(shown), _reasons(shown)]
    if shown.numbers is None:
        parts.append(_output(shown))
    else:
        rows = [(name, value, prose(rest)) for name, value, rest in number_rows(shown)]
        parts.append(_table(("", "", ""), rows, "l r l"))
        if shown.patch:
            parts.append(_patch(shown))
        if shown.story:
            way = [(prose(name), executed, every, why) for name, executed, every, why in _way(shown)]
            headers = ("from the baseline to here", "executed", "of", "")
            parts.append(_table(headers, way, "l r r l"))
        parts.append(_lines(shown, LIMIT - _REST - _size(parts)))
    parts += [_notices(shown, LIMIT - 200 - _size(parts)), _footer(shown)]
    return "\n\n".join(part for part in parts if part) + "\n"


def _headline(shown: Shown) -> str:
    sign = f"{_WHERE[shown.word]} " if shown.word in _WHERE else ""
    at = f" at `{shown.commit[:10]}`" if shown.commit else ""
    branch = f" {code(shown.branch)}" if shown.branch else ""
    return f"### {sign}covgate: {shown.word}{branch}{at}"


def _reasons(shown: Shown) -> str:
    if not shown.error:
        return _list(shown.verdict.reasons)
    hint = f"\n\n{prose(shown.hint)}" if shown.hint else ""
    passes = "fail_closed is set: without a measurement nothing passes." if shown.blocks else "It passes all the same."
    return f"**Not measured:** {prose(shown.error)}{hint}\n\n{prose(passes)}"


def _list(texts: Sequence[str]) -> str:
    if len(texts) == 1:
        return f"**{prose(texts[0])}**"
    return "\n".join(f"- **{prose(each)}**" for each in texts)


def _output(shown: Shown) -> str:
    lines = [line[:_LINE_SHOWN] for line in tail(shown.output)]
    ran = f"They were run by {code(shown.ran_with)}.\n\n" if shown.ran_with else ""
    if not lines:
        return ran.rstrip()
    text = "\n".join(lines)
    fence = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", text)), default=0))
    return ran + _details("What was printed last", f"{fence}text\n{text}\n{fence}")


def _patch(shown: Shown) -> str:
    assert shown.patch is not None
    unmeasured = shown.patch.unmeasured
    text = patch_sentence(shown.patch)
    if unmeasured:
        more = ", ..." if len(unmeasured) > 8 else ""
        text += f" Changed, but not measured: {', '.join(code(each) for each in unmeasured[:8])}{more}"
    return text


def _way(shown: Shown) -> list[tuple[str, str, str, str]]:
    return way_rows(shown.story, shown.baseline_commit) if shown.story else []


def _lines(shown: Shown, room: int) -> str:
    """The lines to look at; without a story, what is not covered."""
    found = losses(shown.patch, shown.story)
    rows: list[Row] = [(code(each.path), each.kind.value, each.lines) for each in found]
    legend = "".join(f"\n- {kind.value}: {MEANING[kind]}" for kind in dict.fromkeys(each.kind for each in found))
    header, title = ("file", "what", "lines"), "Lines to look at"
    if not found and shown.story is None and shown.measurement:
        missing = sorted(shown.measurement.files, key=lambda each: -each.numbers.missing)
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


def _notices(shown: Shown, room: int) -> str:
    kept: list[str] = []
    for notice in shown.notices:
        line = f"- {prose(notice)}"
        room -= len(line.encode("utf-8", "replace")) + 1
        if room < 100:
            kept.append(f"- Cut here: {_NO_MORE}")
            break
        kept.append(line)
    if len(kept) > 3:
        return _details(f"Also to know ({len(shown.notices)})", "\n".join(kept))
    return "**Also to know**\n\n" + "\n".join(kept) if kept else ""


def _footer(shown: Shown) -> str:
    return f"See it again: `covgate check {shown.commit[:10]}`" if shown.word == "BLOCKED" and shown.commit else ""


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


def _size(parts: Iterable[str]) -> int:
    return sum(len(part.encode("utf-8", "replace")) + 2 for part in parts)
