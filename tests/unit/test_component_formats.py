"""A commit with components, in every format: each component is there, and is named."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from covgate.commands.check import write_report
from covgate.formats import Context, render
from covgate.formats.github import commands
from covgate.formats.json_data import verdict_data
from covgate.formats.markdown import LIMIT
from covgate.formats.sarif import sarif_data
from covgate.formats.tables import component_rows
from covgate.model.note_text import parse_note, read_status
from covgate.model.outcome import Outcome
from covgate.model.verdict import Status
from helpers.verdicts import (
    blocked,
    carried,
    components,
    excused_push,
    failing_tests,
    not_measured,
    one_of_each,
    part,
    raised,
    source,
)


def starts(outcome: Outcome) -> list[str]:
    """The lines of the text that say how something ended, and those about a baseline."""
    return [each for each in render("text", outcome, Context()).splitlines() if each.startswith("covgate:")]


@pytest.mark.parametrize(
    ("parts", "status", "code", "reasons"),
    [
        ((carried("a"), raised("b")), "PASS", 0, ["2 components pass"]),
        ((carried("a"),), "PASS", 0, ["1 component passes"]),
        ((carried("a"), part("b", not_measured())), "PASS", 0, ["b: not measured: pytest is missing"]),
        ((carried("a"), part("b", not_measured(blocks=True))), "PASS", 3, ["b: not measured: pytest is missing"]),
        ((part("a", not_measured()),), "N/A", 0, ["a: not measured: pytest is missing"]),
        (
            (part("a", failing_tests()), part("b", not_measured(blocks=True))),
            "FAIL",
            1,
            ["a: the tests failed (exit status 1)", "b: not measured: pytest is missing"],
        ),
    ],
)
def test_the_whole_of_several_parts(parts: tuple[Outcome, ...], status: str, code: int, reasons: list[str]) -> None:
    data = verdict_data(components(*parts))
    assert (data["status"], data["exit_code"], data["reasons"]) == (status, code, reasons)
    assert list(data["components"]) == [each.component for each in parts]
    assert data["component"] is None


def test_the_json_of_a_component_is_that_of_a_whole() -> None:
    data = verdict_data(one_of_each())
    assert data["components"]["api"] == {**verdict_data(part("api", blocked())), "notices": ["flaky"]}
    assert data["components"]["docs"]["carried_from"] == "c3" * 20
    assert data["components"]["lib"]["raised"]["percent"] == "80.00"
    assert data["numbers"] is None  # those of all parts are not known
    known = verdict_data(components(carried("a"), raised("b")))
    assert (known["numbers"]["statements"], known["measured_coverage"]) == (20, "80.00")


@pytest.mark.parametrize(
    ("outcome", "told"),
    [
        (
            one_of_each(),
            [
                "covgate: PASS a1a1a1a1a1: unchanged, carried forward from c3c3c3c3c3: docs",
                "covgate: WARNING not measured [web]: pytest is missing",
                "covgate: PASS refunds a1a1a1a1a1 [lib]: 80.00% holds the baseline of 75.00%",
                "covgate: [lib] the baseline rises from 75.00% to 80.00%",
                "covgate: BLOCKED refunds a1a1a1a1a1 [api]",
                "covgate: BLOCKED refunds a1a1a1a1a1 [jobs]",
                "covgate: removed components, whose baselines no longer apply: old",
                "covgate: api: flaky",
            ],
        ),
        (
            components(carried("a"), carried("b")),
            ["covgate: PASS a1a1a1a1a1: unchanged, carried forward from c3c3c3c3c3: a, b"],
        ),
        (components(replace(carried("a"), carried_from="a1" * 20)), ["covgate: PASS a1a1a1a1a1: recorded before: a"]),
        (components(raised("b")), ["covgate: PASS refunds a1a1a1a1a1 [b]: 80.00% holds the baseline of 75.00%",
                                   "covgate: [b] the baseline rises from 75.00% to 80.00%"]),
    ],
)  # fmt: skip
def test_text(outcome: Outcome, told: list[str]) -> None:
    assert starts(outcome) == told


@pytest.mark.parametrize("name", ["api", "default"])
def test_a_block_names_the_component(name: str) -> None:
    outcome = components(carried("docs"), part(name, blocked()))
    assert f"covgate: BLOCKED refunds a1a1a1a1a1 [{name}]" in starts(outcome)
    advice = f'    it is meant to fall:     covgate baseline set 70.58 --component {name} --reason "why"'
    assert advice in render("text", outcome, Context())


def test_rows() -> None:
    first = part("new", carried("new"), carried_from="", raised=raised("x").raised)
    rows = component_rows(components(*one_of_each().parts, part("off", not_measured()), first))
    assert [tuple(each) for each in rows] == [
        ("docs", "PASS", "80.00%", "75.00%", "+5.00", "c3c3c3c3c3"),
        ("api", "BLOCKED", "70.59%", "100.00%", "-29.41", ""),
        ("jobs", "BLOCKED", "", "", "", ""),
        ("web", "WARNING", "", "", "", ""),
        ("lib", "PASS", "80.00%", "75.00% -> 80.00%", "+5.00", ""),
        ("off", "WARNING", "", "", "", ""),
        ("new", "PASS", "80.00%", "75.00% -> 80.00%", "+5.00", ""),
    ]


class TestMarkdown:
    def test_a_row_for_each_then_the_details_of_those_that_block(self) -> None:
        text = render("markdown", one_of_each(), Context())
        assert text.startswith(
            "### :x: covgate: BLOCKED `refunds` at `a1a1a1a1a1`\n\n"
            "| component | status | measured | baseline | difference | carried from |\n"
            "| --- | --- | ---: | ---: | ---: | --- |\n"
            "| `docs` | :white_check_mark: PASS | 80.00% | 75.00% | +5.00 | `c3c3c3c3c3` |\n"
            "| `api` | :x: BLOCKED | 70.59% | 100.00% | -29.41 |  |\n"
        )
        assert re.findall(r"^#### (.*)\n\n(.*)", text, re.MULTILINE) == [
            ("`api`", "- **70.59% is below the baseline of 100.00% (epsilon 0.50)**"),
            ("`jobs`", "**the tests failed (exit status 1)**"),
            ("`web`", "**Not measured:** pytest is missing"),
        ]
        assert "| `pkg/a.py` | lost | line 3 |" in text
        assert "- api: flaky\n" in text
        assert text.count("See it again") == 1

    def test_what_is_excused_is_explained(self) -> None:
        text = render("markdown", components(carried("a"), part("b", excused_push())), Context())
        assert text.startswith("### :white_check_mark: covgate: PASS `refunds` at `a1a1a1a1a1`, excused: b: its tests")
        assert re.findall(r"^#### (.*)", text, re.MULTILINE) == ["`b`"]
        assert "| `pkg/a.py` | lost | line 3 |" in text

    def test_if_all_pass_there_is_only_the_table(self) -> None:
        text = render("markdown", components(carried("a"), raised("b")), Context())
        assert "**2 components pass**\n\n| component |" in text
        assert "####" not in text

    @pytest.mark.parametrize(("count", "rows", "least"), [(3, 2_000, 3), (200, 0, 40), (200, 40, 40)])
    def test_it_fits_into_a_comment_and_says_what_is_left_out(self, count: int, rows: int, least: int) -> None:
        one = blocked(rows=rows)
        made = components(*(part(f"part-{each}", one) for each in range(count)))
        text = render("markdown", made, Context())
        assert len(text.encode()) <= LIMIT
        assert text.count("\n| `part-") == count
        assert text.count("<details>") == text.count("</details>")
        shown = text.count("\n#### ")
        if shown == count:
            assert text.count("Cut here, ") == count  # the lines of each
        else:
            assert f"\nCut here, the details of {count - shown} components are left out: a comment" in text
        assert shown >= least


def test_annotations_name_the_component() -> None:
    both = components(part("api", blocked()), part("web", blocked("pkg/b.py")), part("lib", not_measured()))
    told = commands(both)
    assert told[0].startswith("::error title=covgate%3A BLOCKED::api: 70.59%25 is below")
    assert told[0].endswith("%0Alib: not measured: pytest is missing")
    places = [re.findall(r"file=([^,]*),line=(\d+),.*title=(.*?)::", each)[0] for each in told[1:]]
    assert places == [
        (f"pkg/{file}.py", line, f"covgate [{name}]%3A {why}")
        for line, why in (("9", "new"), ("8", "new"), ("3", "lost"), ("5", "unstable"))
        for file, name in (("a", "api"), ("b", "web"))
    ]


@pytest.mark.parametrize(
    ("outcome", "level"),
    [
        (components(carried("a"), part("b", not_measured())), "warning"),
        (components(carried("a"), part("b", not_measured(blocks=True))), "error"),
        (components(carried("a")), "notice"),
    ],
)
def test_how_much_the_verdict_of_all_matters(outcome: Outcome, level: str) -> None:
    assert commands(outcome)[0].startswith(f"::{level} title=")


def test_sarif_has_one_run_whose_results_name_the_component() -> None:
    (run,) = sarif_data(one_of_each(), source)["runs"]
    assert [each["properties"] for each in run["results"]] == [{"component": "api"}] * 4
    assert run["properties"]["components"]["docs"] == {
        "status": "PASS",
        "failed": [],
        "excuse": None,
        "measured_coverage": "80.00",
        "baseline": "75.00",
        "patch_coverage": None,
    }
    assert list(run["properties"]["components"]) == ["docs", "api", "jobs", "web", "lib"]
    (invocation,) = run["invocations"]
    assert (invocation["executionSuccessful"], invocation["exitCode"]) == (False, 1)
    told = [each["message"]["text"] for each in invocation["toolExecutionNotifications"]]
    assert told[1:3] == ["jobs: the tests failed (exit status 1)", "web: not measured: pytest is missing"]
    assert told[-1] == "api: flaky"
    (alone,) = sarif_data(blocked(), source)["runs"]
    assert "components" not in alone["properties"]
    assert not any("properties" in each for each in alone["results"])


def test_the_same_lines_in_two_components_are_two_alerts() -> None:
    (run,) = sarif_data(components(part("api", blocked()), part("web", blocked())), source)["runs"]
    prints = [each["partialFingerprints"]["covgate/v1"] for each in run["results"]]
    assert len(set(prints)) == len(prints) == 8


@pytest.mark.parametrize(
    ("parts", "order", "status"),
    [
        ((carried("a"), raised("b")), ["a: PASS", "b: PASS"], Status.PASS),
        ((carried("a"), part("z", blocked())), ["z: FAIL", "a: PASS"], Status.FAIL),
        ((carried("a"), part("z", failing_tests())), ["z: FAIL", "a: PASS"], None),
        ((carried("a"), part("z", not_measured())), ["z:", "a: PASS"], None),
        (one_of_each().parts, ["api: FAIL", "jobs: FAIL", "web:", "docs: PASS", "lib: PASS"], Status.FAIL),
        ((blocked(),), ["default: FAIL"], Status.FAIL),
    ],
)
def test_a_report_has_a_document_for_each_component(
    tmp_path: Path, parts: tuple[Outcome, ...], order: list[str], status: Status | None
) -> None:
    """The first front matter is a PASS only if all are."""
    write_report(str(tmp_path / "report.md"), components(*parts))
    text = (tmp_path / "report.md").read_text()
    documents = re.findall(r"^---\nformat: 1\ncomponent: (\S+)\ncoverage_status:(.*)$", text, re.MULTILINE)
    assert [f"{name}:{word}" for name, word in documents] == order
    assert read_status(text) is status
    # A report that was cut off never passes if the whole one doesn't.
    assert status is Status.PASS or all(read_status(text[:at]) is not Status.PASS for at in range(len(text)))
    measured = {each.component for each in parts if each.numbers is not None}
    assert {each.component for each in parse_note(text.encode()).records} == measured
