"""Pages for a browser: the numbers and the touched files on one, the source of each file on another.

They hold all that they need, ask for nothing, and say so in a policy that lets nothing else in.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable, Sequence
from fractions import Fraction
from html import escape

from covgate.formats import ReadSource
from covgate.formats.losses import MEANING
from covgate.formats.paint import plain, tail
from covgate.formats.places import UNSTABLE
from covgate.formats.rows import number_rows, patch_sentence, percent, way_rows
from covgate.formats.source_rows import rows
from covgate.formats.touched import Touched, touched
from covgate.model.numbers import format_percent
from covgate.model.outcome import Outcome
from covgate.version import __version__

_JUMPS_SHOWN = 40
_SIGNS = {"PASS": "&#10003;", "BLOCKED": "&#10007;", "WARNING": "!"}


def pages(outcome: Outcome, source: ReadSource, *, style: str, script: str) -> dict[str, str]:
    """File name -> page; the names depend on nothing but the paths."""
    found = touched(outcome)
    sources = {each.path: lines for each in found if (lines := source(each.path)) is not None}
    names = {path: page_name(path) for path in sources}
    made = {
        names[each.path]: _source(each, outcome, sources[each.path], style, script)
        for each in found
        if each.path in names
    }
    return {"index.html": _index(outcome, found, names, style), **made}


def page_name(path: str) -> str:
    """A name that every file system takes, and no two paths share."""
    digest = hashlib.sha256(path.encode("utf-8", "surrogatepass")).hexdigest()[:12]
    return f"{re.sub(r'[^A-Za-z0-9]+', '_', path)[-80:].strip('_')}-{digest}.html"


def _page(title: str, body: str, *, style: str, script: str = "") -> str:
    policy = f"default-src 'none'; style-src '{_digest(style)}'; base-uri 'none'; form-action 'none'"
    policy += f"; script-src '{_digest(script)}'" if script else ""
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark"><meta name="referrer" content="no-referrer">\n'
        f"<title>{_text(title)}</title>\n<style>{style}</style></head>\n<body>\n{body}\n"
        + (f"<script>{script}</script>\n" if script else "")
        + "</body></html>\n"
    )


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _text(text: str) -> str:
    """``text`` as words: no markup, and no control character that would turn a line around."""
    return escape(plain(text))


def _index(outcome: Outcome, found: Sequence[Touched], names: dict[str, str], style: str) -> str:
    where = " ".join(f"<code>{_text(each)}</code>" for each in (outcome.branch, outcome.commit[:10]) if each)
    sign = f"<span aria-hidden=true>{_SIGNS[outcome.kind.value]}</span> " if outcome.kind.value in _SIGNS else ""
    kind = outcome.kind.value.split()[0].lower()
    parts = [
        f"<header class=top><p class=brand>covgate</p><h1><span class='badge {kind}'>{sign}{outcome.kind.value}</span>"
        f" <span class=where>{where}</span></h1>{_reasons(outcome)}</header>"
    ]
    if outcome.numbers is not None:
        parts.append(f"<section>{_bar(outcome)}{_numbers(outcome)}</section>")
    elif outcome.output:
        printed = _text_block("\n".join(tail(outcome.output)))
        ran = f"<p>They were run by <code>{_text(outcome.ran_with)}</code>.</p>" if outcome.ran_with else ""
        parts.append(f"<section>{ran}<h2>What was printed last</h2>{printed}</section>")
    if found:
        parts.append(_files(found, names, outcome))
    if outcome.explanation:
        parts.append(_way(outcome))
    if outcome.notices:
        items = "".join(f"<li>{_text(each)}" for each in outcome.notices)
        parts.append(f"<section><h2>Also to know</h2><ul>{items}</ul></section>")
    body = f"<main>{''.join(parts)}</main>{_footer(outcome)}"
    return _page(f"{outcome.kind.value} {outcome.commit[:10]} - covgate", body, style=style)


def _reasons(outcome: Outcome) -> str:
    if outcome.error:
        hint = f"<p>{_text(outcome.hint)}</p>" if outcome.hint else ""
        return f"<p class=reason>Not measured: {_text(outcome.error)}</p>{hint}"
    return "".join(f"<p class=reason>{_text(each)}</p>" for each in outcome.verdict.reasons)


def _bar(outcome: Outcome) -> str:
    """How much is executed, as a bar with a mark at each height that it has to hold; in words in the table below."""
    verdict = outcome.verdict
    if verdict.measured is None:
        return ""
    marks = [("baseline", verdict.baseline.percent)] if verdict.baseline and verdict.policy.kind.uses_baseline else []
    marks += [("floor", verdict.policy.floor)] if verdict.policy.floor and verdict.policy.kind.uses_floor else []
    drawn = "".join(_mark(name, height, 38 + 15 * place) for place, (name, height) in enumerate(marks))
    return (
        f"<p class=big><b>{format_percent(verdict.measured)}<small>%</small></b> of the statements and branches"
        " are executed</p>"
        f"<svg class='bar {outcome.kind.value.lower()}-bar' width='100%' height={25 + 15 * len(marks)}"
        " aria-hidden=true>"
        "<rect class=all y=5 width='100%' height=12 rx=6></rect>"
        f"<rect class=done y=5 width='{float(verdict.measured):.3f}%' height=12 rx=6></rect>{drawn}</svg>"
    )


def _mark(name: str, height: Fraction, below: int) -> str:
    side = "end" if height > 50 else "start"
    return (
        f"<rect class='mark {name}' x='{float(height):.3f}%' width=2 height={below - 13}></rect>"
        f"<text class=label x='{float(height):.3f}%' y={below} text-anchor={side}>{name} {percent(height)}</text>"
    )


def _numbers(outcome: Outcome) -> str:
    rows = "".join(
        f"<tr><th scope=row>{name}<td class=n>{value}<td>{_text(rest)}" for name, value, rest in number_rows(outcome)
    )
    patch = f"<p>{_text(patch_sentence(outcome.patch))}</p>" if outcome.patch else ""
    if outcome.patch and outcome.patch.unmeasured:
        names = ", ".join(f"<code>{_text(each)}</code>" for each in outcome.patch.unmeasured[:20])
        patch += f"<p>Changed, but not measured: {names}{' ...' if len(outcome.patch.unmeasured) > 20 else ''}</p>"
    return f"<div class=scroll><table class=numbers>{rows}</table></div>{patch}"


def _way(outcome: Outcome) -> str:
    assert outcome.explanation is not None
    rows = "".join(
        f"<tr><th scope=row>{_text(name)}<td class=n>{executed}<td class=n>{every}<td>{_text(why)}"
        for name, executed, every, why in way_rows(outcome.explanation, outcome.baseline_commit)
    )
    head = "<tr><td><th class=n scope=col>executed<th class=n scope=col>of<td>"
    return (
        "<section><h2>From the baseline to here</h2><p>Statements and branches; the lines add up.</p>"
        f"<div class=scroll><table class=way><thead>{head}<tbody>{rows}</table></div></section>"
    )


def _files(found: Sequence[Touched], names: dict[str, str], outcome: Outcome) -> str:
    rows = []
    for each in found:
        directory, _, name = each.path.rpartition("/")
        shown_name = f"<span class=dir>{_text(directory + '/' if directory else '')}</span><b>{_text(name)}</b>"
        page = names.get(each.path)
        link = f"<a href='{page}'>{shown_name}</a>" if page else shown_name
        rows.append(
            f"<tr><th scope=row data-of=file>{link}<td class=n data-of=covered>{_covered(each)}"
            f"<td class=n data-of='this push'>{_pushed(each)}<td data-of='to look at'>{_look_at(each, page)}"
        )
    touched_here = outcome.patch is not None or outcome.explanation is not None
    title = "Files" if touched_here else "What is not covered"
    head = "<tr><th scope=col>file<th class=n scope=col>covered<th class=n scope=col>this push<th scope=col>to look at"
    meanings = {loss.kind.value: MEANING[loss.kind] for each in found for loss in each.losses}
    if any(each.unstable for each in found):
        meanings["unstable"] = UNSTABLE
    legend = "".join(f"<dt><span class='tag {_tag(word)}'>{word}</span><dd>{told}" for word, told in meanings.items())
    return (
        f"<section><h2>{title}</h2><div class=scroll><table class=files><thead>{head}<tbody>{''.join(rows)}</table>"
        "</div>" + (f"<dl class=legend>{legend}</dl>" if legend else "") + "</section>"
    )


def _covered(each: Touched) -> str:
    if each.result is None:
        return "not measured"
    now = percent(each.result.numbers.percent)
    before = each.story.before.percent if each.story and each.story.before else None
    if before is None or before == each.result.numbers.percent:
        return now
    return f"<span class=was>{percent(before)}</span> &rarr; {now}"


def _pushed(each: Touched) -> str:
    return f"{each.patch.numbers.executed} of {each.patch.numbers.executable}" if each.patch else ""


def _look_at(each: Touched, page: str | None) -> str:
    """The stretches to look at, each a link to its first line."""
    words = each.words
    links = []
    stretches = each.stops
    # What is not charged gives way where there are too many.
    charged_first = sorted(stretches, key=lambda stop: words.get(stop[0]) == "unstable")
    for first, last in sorted(charged_first[:_JUMPS_SHOWN]):
        lines = f"{first}&#8211;{last}" if last > first else f"{first}"
        word = words.get(first, "")
        tag = f" <span class='tag {_tag(word)}'>{word}</span>" if word else ""
        links.append(f"<li><a href='{page}#L{first}'>{lines}</a>{tag}" if page else f"<li>{lines}{tag}")
    more = f"<li>and {len(stretches) - _JUMPS_SHOWN} more" if len(stretches) > _JUMPS_SHOWN else ""
    return f"<ul class=jumps>{''.join(links)}{more}</ul>" if links else ""


def _tag(word: str) -> str:
    return word.replace(" ", "-") or "none"


def _source(each: Touched, outcome: Outcome, source: Sequence[str], style: str, script: str) -> str:
    facts = []
    if each.result is not None:
        numbers = each.result.numbers
        facts.append(f"<b>{percent(numbers.percent)}</b> covered, {numbers.executed} of {numbers.executable}")
        before = each.story.before if each.story else None
        if before is not None and before.percent != numbers.percent:
            facts.append(f"{percent(before.percent)} at the baseline")
    else:
        facts.append("not measured")
    if each.patch:
        facts.append(f"this push: {_pushed(each)} executed")
    stops = each.stops
    count = f"{len(stops)} place{'s' if len(stops) != 1 else ''} to look at"
    buttons = (
        f"<span class=count>{count}</span>"
        "<button type=button id=previous hidden aria-keyshortcuts=p title='key p'>&uarr; previous</button>"
        "<button type=button id=next hidden aria-keyshortcuts=n title='key n'>&darr; next</button>"
    )
    listing, widest = rows(each, source)
    word = max(map(len, ["next" if stops else "", *each.words.values()]))
    # The width of the longest line, for the stripes of the others, and of the longest word; part of the style, whose
    # hash is in the policy.
    style = f"{style}\n.code{{--columns:{widest}ch;--word:{word}ch}}"
    legend = (
        "<p class=legend-line><span class='key executed'><i>&#10003;</i> executed</span>"
        "<span class='key partial'><i>&#189;</i> not all branches</span>"
        "<span class='key missing'><i>&#10007;</i> not executed</span>"
        "<span class='key excluded'><i>x</i> excluded</span></p>"
    )
    body = (
        f"<header class=bar-top><p class=crumb><a href='index.html'>covgate</a> "
        f"<span class='badge small {outcome.kind.value.split()[0].lower()}'>{outcome.kind.value}</span></p>"
        f"<h1 class=path>{_text(each.path)}</h1><p class=facts>{' &middot; '.join(facts)}</p>"
        f"<nav aria-label='places to look at'>{buttons if stops else ''}</nav></header>"
        f"<main class=file>{legend}<div class=code tabindex=0 role=region aria-label=source>{listing}</div></main>"
        f"{_footer(outcome)}"
    )
    return _page(f"{each.path} - covgate", body, style=style, script=script)


def _text_block(text: str) -> str:
    lines = "\n".join(plain(line) for line in text.split("\n"))
    return f"<pre class=scroll>{escape(lines)}</pre>"


def _footer(outcome: Outcome) -> str:
    parts: Iterable[str] = (
        f"covgate {__version__}",
        f"commit {outcome.commit}" if outcome.commit else "",
        f"{outcome.measurement.toolchain}" if outcome.measurement else "",
    )
    return f"<footer>{' &middot; '.join(_text(part) for part in parts if part)}</footer>"
