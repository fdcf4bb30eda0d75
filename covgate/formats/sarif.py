"""SARIF 2.1.0, for code scanning: every place that lost coverage is a result.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from typing import Any
from urllib.parse import quote

from covgate.formats import Context, ReadSource
from covgate.formats.losses import LossKind
from covgate.formats.paint import plain
from covgate.formats.places import Level, Place, describe, meaning, places, verdict_level, word
from covgate.model.numbers import format_percent
from covgate.model.outcome import Outcome
from covgate.version import __version__

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVELS = {Level.ERROR: "error", Level.WARNING: "warning", Level.NOTICE: "note"}
_TOP = "SRCROOT"
_COVER = "Cover these lines with a test, or take them out if nothing needs them."
_COUNT = "If they are meant not to count, nothing is to be done; the baseline rises without them."
# Kind, id, name, what to do. The ids are what alerts are known by: they don't change.
_RULES: list[tuple[LossKind | None, str, str, str]] = [
    (LossKind.NEW, "new-not-executed", "NewLinesNotExecuted", _COVER),
    (
        LossKind.LOST,
        "lost",
        "LinesNotExecutedAnyMore",
        "A test that executed these lines was removed, skipped or changed, or the code before them takes another way."
        " Bring it back, or cover them by another one.",
    ),
    (LossKind.EARLIER, "earlier-not-executed", "EarlierLinesNotExecuted", _COVER),
    (LossKind.EXCLUDED, "excluded", "LinesExcluded", f"A pragma or exclude_also takes these lines out. {_COUNT}"),
    (LossKind.OMITTED, "omitted", "FileNotMeasured", f"omit, include or source leaves the file out. {_COUNT}"),
    (
        LossKind.NOT_EXECUTABLE,
        "not-executable",
        "LinesNotExecutable",
        f"Another version of Python or coverage counts other lines. {_COUNT}",
    ),
    (
        None,
        "unstable",
        "UnstableLines",
        "What the tests execute differs from run to run (order, time, threads). Make it the same in every run.",
    ),
]
_INDEX = {kind: index for index, (kind, *_) in enumerate(_RULES)}


def render(outcome: Outcome, context: Context) -> str:
    return json.dumps(sarif_data(outcome, context.source), indent=2) + "\n"


def sarif_data(outcome: Outcome, source: ReadSource) -> dict[str, Any]:
    driver = {
        "name": "covgate",
        "version": __version__,
        "semanticVersion": __version__,
        "rules": [_rule(*each) for each in _RULES],
    }
    preview = outcome.preview._asdict() if outcome.preview else None
    seen: Counter[str] = Counter()
    # One run for all components: GitHub refuses several runs of one category, and takes at most 20 in an upload.
    run: dict[str, Any] = {
        "tool": {"driver": driver},
        "automationDetails": {"id": "covgate/"},
        "invocations": [_invocation(outcome)],
        "originalUriBaseIds": {_TOP: {"description": {"text": "The top of the repository."}}},
        "results": [_result(each, source, seen) for each in places(outcome)],
        "properties": {"commit": outcome.commit, "preview": preview, **_numbers(outcome)},
    }
    if outcome.parts:
        run["properties"]["components"] = {each.component: _numbers(each) for each in outcome.parts}
    return {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}


def _numbers(outcome: Outcome) -> dict[str, Any]:
    """What was judged, of the whole or of one component."""
    verdict = outcome.verdict
    return {
        "status": verdict.status.value,
        "failed": [each.value for each in verdict.failed],
        "excuse": verdict.excuse or None,
        "measured_coverage": format_percent(verdict.measured) or None,
        "baseline": format_percent(verdict.baseline.percent) if verdict.baseline else None,
        "patch_coverage": format_percent(verdict.patch) or None,
    }


def _rule(kind: LossKind | None, id: str, name: str, help: str) -> dict[str, Any]:
    return {
        "id": id,
        "name": name,
        "shortDescription": {"text": f"Coverage: {word(kind)} lines"},
        "fullDescription": {"text": f"Lines reported as {word(kind)}: {meaning(kind)}."},
        "help": {"text": help},
        "defaultConfiguration": {"level": "note" if kind is None else "warning"},
        "properties": {"tags": ["coverage", "tests"]},
    }


def _invocation(outcome: Outcome) -> dict[str, Any]:
    """What concerns the whole commit: a result needs a place, and a verdict has none."""
    level = _LEVELS[verdict_level(outcome)]
    if outcome.error and not outcome.parts:
        messages = [f"not measured: {outcome.error}", *([outcome.hint] if outcome.hint else [])]
    else:
        excuse = outcome.verdict.excuse
        messages = [*([f"excused: {excuse}"] if excuse else []), *outcome.verdict.reasons]
    notifications = [{"level": level, "message": {"text": plain(each)}} for each in messages]
    notifications += [{"level": "note", "message": {"text": plain(each)}} for each in outcome.all_notices]
    return {
        "executionSuccessful": not any(each.error for each in outcome.each),
        "exitCode": outcome.exit_code,
        "exitCodeDescription": plain(f"covgate: {outcome.result}"),
        "toolExecutionNotifications": notifications,
    }


def _result(place: Place, source: ReadSource, seen: Counter[str]) -> dict[str, Any]:
    rule = _INDEX[place.kind]
    # Some tools number from line 0, where SARIF has none.
    region = {"startLine": max(place.first, 1), "endLine": max(place.last, 1)}
    location = {"artifactLocation": {"uri": _uri(place.path), "uriBaseId": _TOP}, "region": region}
    result: dict[str, Any] = {
        "ruleId": _RULES[rule][1],
        "ruleIndex": rule,
        "level": _LEVELS[place.level],
        "message": {"text": f"{describe(place)}."},
        "locations": [{"physicalLocation": location}],
    }
    if place.component:
        result["properties"] = {"component": place.component}
    fingerprint = _fingerprint(place, source, seen)
    if fingerprint:
        result["partialFingerprints"] = {"covgate/v1": fingerprint}
    return result


def _fingerprint(place: Place, source: ReadSource, seen: Counter[str]) -> str:
    """What stays where lines only move: the text of the lines, and which of its like they are; "" for no source."""
    text = source(place.path) or ()
    lines = [line.strip() for line in text[max(place.first, 1) - 1 : place.last]]
    if not any(lines):
        return ""
    identity = "\0".join([_RULES[_INDEX[place.kind]][1], place.path, *lines])
    digest = hashlib.sha256(identity.encode("utf-8", "surrogatepass")).hexdigest()[:32]
    seen[digest] += 1
    return f"{digest}:{seen[digest]}"


def _uri(path: str) -> str:
    """A relative reference: the bytes of the path, percent-encoded where a URI has no such character."""
    return quote(path.encode("utf-8", "surrogateescape"), safe="/-._~!$&'()*+,;=@")
