"""What a person reads below the numbers of a blocked push: what changed since the baseline, and where to look."""

from __future__ import annotations

from collections.abc import Sequence

from covgate.formats import ReadSource
from covgate.formats.losses import MEANING, LossKind, losses
from covgate.formats.paint import Paint, columns, cut, plain, shortened, wrapped
from covgate.formats.places import Place, places, word
from covgate.formats.tables import change_rows, nothing_lost, only_floor_fails, patch_sentence, percent
from covgate.model.changed_tests import HowChanged
from covgate.model.explanation import Explanation
from covgate.model.lines import line_list
from covgate.model.measurement import FileResult, Measurement
from covgate.model.outcome import Outcome

# On a terminal only: elsewhere nothing is left out, because nobody has to scroll.
_FILES_SHOWN = 8
_PLACES_SHOWN = 6
# What the lines of a table get at least, beside a long path.
_LINES_WIDTH = 30
# What is red: the rest explains.
_CHARGED = (LossKind.NEW, LossKind.LOST)


def detail_lines(outcome: Outcome, paint: Paint, source: ReadSource) -> list[str]:
    """What changed since the baseline, and the lines to look at, each as ``path:line`` with its source."""
    after = outcome.measurement
    parts = [_tests(outcome, paint)]
    if outcome.numbers is not None and not outcome.numbers.executable:
        parts.append(["  No file is left to measure: look at source, omit and exclude in coverage's configuration."])
    elif after is None:
        parts.append(
            ["  No detail by file: this tree was measured by another clone. `covgate check --no-cache` has it."]
        )
    else:
        parts += _details(outcome, after, paint, source)
    filled = [part for part in parts if part]
    return [line for number, part in enumerate(filled) for line in ([""] if number else []) + part]


def _details(outcome: Outcome, after: Measurement, paint: Paint, source: ReadSource) -> list[list[str]]:
    """The parts about lines."""
    parts = [_patch(outcome, paint), _changes(outcome.explanation, outcome.baseline_commit)]
    found = losses(outcome.patch, outcome.explanation)
    shown = _by_file(outcome, [each.path for each in found], paint, source)
    parts.append([*shown, *_legend([each.kind for each in found], paint)])
    if outcome.explanation is None or only_floor_fails(outcome, found):
        missing = sorted((each for each in after.files if each.numbers.missing), key=lambda e: -e.numbers.missing)
        rows = [(_start(each), f"{each.numbers.missing} missing", line_list(each.missing_lines)) for each in missing]
        is_unknown = outcome.verdict.baseline and outcome.explanation is None
        why = "the lines that the baseline was reached with are not known" if is_unknown else "all files"
        parts.append([f"  What is not covered ({why}):", *_table(rows, paint)] if rows else [])
    elif not found:
        parts.append(wrapped(nothing_lost(outcome.explanation), paint, "  "))
    return parts


def _tests(outcome: Outcome, paint: Paint) -> list[str]:
    """The tests that were changed. Deleted ones come first, because they are the likeliest reason."""
    tests = outcome.changed_tests
    most = _FILES_SHOWN if paint.terminal else len(tests)
    since = outcome.baseline_commit or outcome.base
    lines = [f"  Tests and their configuration that were changed since {since[:10]}:"] if tests else []
    for each in tests[:most]:
        word = paint(f"{each.change.value:<7}", "33" if each.change is HowChanged.CHANGED else "31")
        lines.append(f"    {word}  {plain(each.path)}" + (f" -> {plain(each.now)}" if each.now else ""))
    return lines + ([f"    and {len(tests) - most} more"] if len(tests) > most else [])


def _patch(outcome: Outcome, paint: Paint) -> list[str]:
    patch = outcome.patch
    if patch is None or (outcome.changed_tests and not patch.numbers.executable and not patch.unmeasured):
        return []
    lines = wrapped(patch_sentence(patch), paint, "  ")
    if patch.unmeasured:
        most = _FILES_SHOWN if paint.terminal else len(patch.unmeasured)
        names = ", ".join(patch.unmeasured[:most]) + (", ..." if len(patch.unmeasured) > most else "")
        lines += wrapped(f"Changed, but not measured: {names}", paint, "  ")
    return lines


def _changes(explanation: Explanation | None, since: str) -> list[str]:
    if explanation is None:
        return []
    rows = change_rows(explanation, since)
    widths = [max(len(row[place]) for row in rows) for place in range(3)]
    lines = [
        f"    {name:<{widths[0]}}  {executed:>{widths[1]}} {'of' if every else '  '} {every:>{widths[2]}}  {more}"
        for name, executed, every, more in rows
    ]
    return ["  From the baseline to here, statements and branches:", *(line.rstrip() for line in lines)]


def _by_file(outcome: Outcome, paths: Sequence[str], paint: Paint, source: ReadSource) -> list[str]:
    """The places to look at, under the file they are in; the files in the order of ``paths``."""
    explained = outcome.explanation.files if outcome.explanation else ()
    changes = {each.name: (each.before, each.after) for each in explained}
    files: dict[str, list[Place]] = {path: [] for path in paths}
    for each in places(outcome):
        if each.kind is not None:  # an unstable line is a notice
            files[each.path].append(each)
    most = _FILES_SHOWN if paint.terminal else len(files)
    lines = ["  Lines to look at:"] if files else []
    for path, places_there in list(files.items())[:most]:
        before, after = changes.get(path, (None, None))
        was, now = (percent(each.percent) if each else "" for each in (before, after))
        change = f"{was or 'new'} -> {now or 'not measured'}" if was or now else ""
        name = shortened(plain(path), paint, len(change) + 6)
        lines.append(f"    {paint(name, '1')}  {change}".rstrip())
        lines += _place_rows(places_there, paint, source(path) or ())
    if len(files) > most:
        lines.append(f"    and {len(files) - most} more files (`covgate check {outcome.commit[:10]} | cat` lists all)")
    return lines


def _place_rows(found: Sequence[Place], paint: Paint, source: Sequence[str]) -> list[str]:
    """``path:line  why  its source``, a row for each place."""
    most = _PLACES_SHOWN if paint.terminal else len(found)
    listed = [(plain(each.location), each) for each in found[:most]]
    where_width = max((columns(where) for where, _ in listed), default=0)
    word_width = max((len(word(each.kind)) for _, each in listed), default=0)
    rows = []
    for where, each in listed:
        kind = word(each.kind)
        coloured = paint(kind, "31" if each.kind in _CHARGED else "33")
        head = f"      {where}{' ' * (where_width - columns(where))}  {coloured}{' ' * (word_width - len(kind))}  "
        code = source[each.first - 1].strip() if each.first <= len(source) else ""
        text = ": ".join(part for part in (each.partly, plain(code.expandtabs())) if part)
        rows.append(f"{head}{cut(text, paint, where_width + word_width + 10)}".rstrip())
    if len(found) > most:
        rows.append(f"      and {len(found) - most} more places")
    return rows


def _start(file: FileResult) -> str:
    """The path, with the first line that is not executed."""
    return f"{file.path}:{file.missing_lines[0]}" if file.missing_lines else file.path


def _table(rows: Sequence[tuple[str, str, str]], paint: Paint) -> list[str]:
    """Path, how much, lines; a path that leaves too little room for the rest is shortened in its middle."""
    most = _FILES_SHOWN if paint.terminal else len(rows)
    listed = [(plain(path), count, rest) for path, count, rest in rows[:most]]
    middle = max(len(count) for _, count, _ in listed)
    names = [shortened(path, paint, middle + _LINES_WIDTH + 8) for path, *_ in listed]
    width = max(map(columns, names))
    lines = []
    for name, (_, count, rest) in zip(names, listed, strict=True):
        head = f"    {paint(name, '1')}{' ' * (width - columns(name))}  {count:<{middle}}  "
        lines += _hanging(head, 8 + width + middle, rest, paint)
    if len(rows) > len(listed):
        lines.append(f"    and {len(rows) - len(listed)} more")
    return lines


def _hanging(head: str, indent: int, text: str, paint: Paint) -> list[str]:
    """``text`` after ``head``, which takes ``indent`` columns; what does not fit goes below, one thing a line."""
    lines = wrapped(text, paint, " " * indent)
    if len(lines) > 1:
        lines = [line for part in text.split("; ") for line in wrapped(part, paint, " " * indent)]
    return [f"{head}{(lines or [''])[0].strip()}".rstrip(), *lines[1:]]


def _legend(kinds: Sequence[LossKind], paint: Paint) -> list[str]:
    """What the words mean that are used above."""
    width = max((len(kind.value) for kind in kinds), default=0)
    lines = [""] if kinds else []
    for kind in dict.fromkeys(kinds):
        lines += _hanging(f"    {kind.value:<{width}}  ", 6 + width, MEANING[kind], paint)
    return lines
