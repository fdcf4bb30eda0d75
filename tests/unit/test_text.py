"""What a person reads of a verdict: on a terminal, and as Markdown."""

from __future__ import annotations

import re
from dataclasses import replace
from fractions import Fraction
from itertools import groupby

import pytest

from covgate.formats import Context, render
from covgate.formats.json_data import verdict_data
from covgate.formats.markdown import LIMIT, code, prose
from covgate.formats.paint import Paint, columns, plain, shortened, tail
from covgate.formats.tables import nothing_lost, patch_sentence
from covgate.formats.text import notices_text, verdict_text
from covgate.model.baseline import Baseline
from covgate.model.changed_tests import ChangedTest, HowChanged
from covgate.model.explain import explain
from covgate.model.explanation import Explanation, FileExplanation
from covgate.model.numbers import Numbers
from covgate.model.outcome import Outcome
from covgate.model.patch import Patch
from covgate.model.policy import Policy
from covgate.model.verdict import judge
from helpers.verdicts import (
    EVERY_KIND,
    HOSTILE,
    NO_UTF8,
    ORIGIN,
    blocked,
    disabled,
    excused_push,
    failing_tests,
    measurement,
    not_measured,
    passed,
)

kinds = pytest.mark.parametrize("shown", EVERY_KIND.values(), ids=EVERY_KIND.keys())
_SEQUENCE = re.compile(r"\x1b\[[0-9;]*m")
LONG = "src/company/services/payments/handlers/" + "very_" * 12 + "long/refunds.py"


def as_markdown(outcome: Outcome) -> str:
    return render("markdown", outcome, Context())


class TestTerminal:
    def test_no_lines_are_mentioned_if_none_is_left(self) -> None:
        text = verdict_text(replace(blocked(), numbers=Numbers()), Paint(), pushing=True)
        assert "No file is left to measure" in text
        assert "correct what is measured, commit, and push again" in text
        assert "lines above" not in text

    def test_changed_tests_come_before_the_lines(self) -> None:
        tests = [ChangedTest(path=f"tests/test_{each}.py", change=HowChanged.CHANGED) for each in range(9)]
        tests.insert(0, ChangedTest(path="tests/test_x.py", change=HowChanged.MOVED, now="checks/x.py"))
        outcome = replace(blocked(), changed_tests=tuple(tests))
        text = verdict_text(outcome, Paint(terminal=True), pushing=True)
        shown = text[: text.index("From the baseline to here")]
        assert f"Tests and their configuration that were changed since {ORIGIN[:10]}:" in shown
        assert "    moved    tests/test_x.py -> checks/x.py\n    changed  tests/test_0.py\n" in shown
        assert "    and 2 more\n" in shown
        assert "tests/test_8.py" in verdict_text(outcome, Paint(), pushing=True)
        assert "test_8.py" not in shown
        assert "- moved: `tests/test_x.py` -> `checks/x.py`" in render("markdown", outcome, Context())
        assert verdict_data(outcome)["changed_tests"][0] == {
            "path": "tests/test_x.py",
            "change": "moved",
            "now": "checks/x.py",
        }

    @pytest.mark.parametrize(
        ("terms", "words"),
        [
            ({"removed": Numbers(statements=1, executed_statements=1)}, "what was removed was covered better"),
            ({"counted_anew": Numbers(statements=1)}, "lines that nobody touched are counted otherwise"),
            ({"no_longer_counted": Numbers(statements=1)}, "lines that nobody touched are counted otherwise"),
            ({}, "the report and its own lines don't agree"),
        ],
    )
    def test_why_less_is_covered_if_no_line_is(self, terms: dict[str, Numbers], words: str) -> None:
        made = Explanation(before=Numbers(), after=Numbers(), files=(FileExplanation(path="a.py", **terms),))
        assert words in nothing_lost(made)

    @pytest.mark.parametrize(
        ("numbers", "words"),
        [
            (Numbers(), "no line that can be executed."),
            (Numbers(statements=1), "1 statement or branch, which is not executed."),
            (Numbers(statements=1, executed_statements=1), "1 statement or branch, which is executed."),
            (Numbers(statements=2, executed_statements=1), "2 statements and branches, 1 of them executed (50.00%)."),
        ],
    )
    def test_what_a_push_changes(self, numbers: Numbers, words: str) -> None:
        assert patch_sentence(Patch(numbers=numbers)) == f"This push changes {words}"

    def test_if_only_the_floor_fails_any_line_may_be_covered(self) -> None:
        before = measurement({"pkg/a.py": ".2+-"})
        verdict = judge(before, Baseline(executed=2, executable=3), Policy(floor=Fraction(80)))
        explanation = explain(before, before, [])
        outcome = replace(blocked(), verdict=verdict, measurement=before, explanation=explanation, patch=None)
        text = verdict_text(outcome, Paint(), pushing=True)
        assert "  What is not covered (all files):\n    pkg/a.py:" in text
        assert "don't agree" not in text
        assert "What is not covered" in as_markdown(outcome)

    def test_who_is_blocked_sees_the_lines(self) -> None:
        source = [f"    line {number} of the file" for number in range(1, 13)]
        text = verdict_text(blocked(), Paint(), pushing=True, source={"pkg/a.py": tuple(source)}.get)
        lines = text.splitlines()
        at = lines.index("  Lines to look at:")
        assert lines[at + 1 : at + 9] == [
            "    pkg/a.py  100.00% -> 61.54%",
            "      pkg/a.py:9-12  new   line 9 of the file",
            "      pkg/a.py:8     new   1 of 2 branches: line 8 of the file",
            "      pkg/a.py:3     lost  line 3 of the file",
            "",
            "    new   added or changed by this push, and not executed",
            "    lost  executed at the baseline, not touched since, and not executed any more",
            "",
        ]

    @kinds
    @pytest.mark.parametrize("width", [60, 80, 120])
    def test_it_fits(self, shown: Outcome, width: int) -> None:
        lines = verdict_text(shown, Paint(width=width, terminal=True), pushing=True).splitlines()
        # What is to be copied stays whole; the rest is short by itself, but for what has a place in a table.
        for line in lines if shown.verdict.failed else ():
            copied = (
                "git push" in line or "covgate " in line or "covgate: PASS" in line or re.match(r"      \S+:\d", line)
            )
            if not copied and (width >= 80 or line.startswith("      ")):
                assert columns(line) <= width, line

    @pytest.mark.parametrize("width", [60, 80])
    def test_a_long_path_is_shortened_in_its_middle(self, width: int) -> None:
        text = verdict_text(blocked(LONG), Paint(width=width, terminal=True), pushing=False)
        line = next(line for line in text.splitlines() if "refunds.py" in line)
        assert columns(line) <= width
        assert re.fullmatch(r"    src\S*\.\.\.\S*refunds\.py  100\.00% -> 61\.54%", line)
        assert f"\n    {LONG}  100" in verdict_text(blocked(LONG), Paint(width=160, terminal=True), pushing=False)

    def test_what_is_to_be_copied_stays_whole(self) -> None:
        for paint in (Paint(width=60), Paint(width=60, terminal=True)):
            assert f"      {LONG}:3     lost" in verdict_text(blocked(LONG), paint, pushing=False)

    def test_nothing_is_left_out_where_there_is_no_terminal(self) -> None:
        shown = blocked(LONG, rows=40)
        source = {LONG: ("x" * 300,) * 12}.get
        whole = verdict_text(shown, Paint(width=60), pushing=False, source=source)
        assert all(f"gen/f{number:05}.py:1" in whole for number in range(40))
        assert f"\n    {LONG}  100" in whole
        assert "x" * 300 in whole
        short = verdict_text(shown, Paint(width=60, terminal=True), pushing=False, source=source)
        assert "and 33 more files (`covgate check a1a1a1a1a1 | cat` lists all)" in short
        assert "x" * 60 not in short

    def test_a_long_reason_is_wrapped_below_itself(self) -> None:
        text = verdict_text(blocked(override="because " * 40), Paint(), pushing=False)
        at = text.index("  baseline ")
        lines = text[at : text.index("  floor ")].splitlines()
        assert len(lines) > 3
        assert all(line.startswith(" " * 24 + "because") and len(line) <= 80 for line in lines[1:])

    @kinds
    def test_colour_is_paint_alone(self, shown: Outcome) -> None:
        for pushing in (True, False):
            plain_text = verdict_text(shown, Paint(), pushing=pushing)
            coloured = verdict_text(shown, Paint(colour=True), pushing=pushing)
            assert "\x1b" not in plain_text
            assert _SEQUENCE.sub("", coloured) == plain_text
        assert "\x1b[1;31mBLOCKED" in verdict_text(blocked(), Paint(colour=True), pushing=False)

    @kinds
    def test_nothing_steers_the_terminal(self, shown: Outcome) -> None:
        shown = replace(shown, notices=("a\x1b[2Jb\r\nc\u202e\x9b31m", *shown.notices))
        text = render("text", shown, Context(paint=Paint()))
        assert [each for each in text if not (each.isprintable() or each == "\n")] == []
        assert "\n::error" not in text
        assert "a\ufffd[2Jb c\ufffd\ufffd31m" in text

    @kinds
    def test_nothing_but_ascii_where_there_is_nothing_else(self, shown: Outcome) -> None:
        text = render("text", shown, Context(paint=Paint()))
        assert Paint(utf8=False).encodable(text).isascii()
        Paint().encodable(text).encode()  # lone surrogates are no UTF-8

    def test_output_of_tests_loses_its_colours(self) -> None:
        text = verdict_text(failing_tests("\x1b[31mE   assert 0\x1b[0m\x07"), Paint(), pushing=True)
        assert "  | E   assert 0\ufffd\n" in text
        # Who indents by tabs reads the source in it all the same.
        assert "  |         assert 0\n" in verdict_text(failing_tests("\tassert 0"), Paint(), pushing=True)

    def test_notices_are_told_once(self) -> None:
        assert notices_text(["a", "b", "a"]) == "covgate: a\ncovgate: b\n"

    def test_a_pass_is_a_line(self) -> None:
        text = verdict_text(passed(), Paint(), pushing=True)
        assert text.count("\n") == 1
        assert text.startswith("covgate: PASS refunds a1a1a1a1a1: 70.59%")

    def test_an_excused_push_says_why_and_what_it_failed(self) -> None:
        text = verdict_text(excused_push(), Paint(), pushing=True)
        assert text.startswith(
            "covgate: PASS, excused: its tests come tomorrow (refunds a1a1a1a1a1)\n  70.59% is below"
        )
        assert text.endswith("  The baseline stays, and holds for the commits that follow.\n")
        assert "What to do" not in text

    def test_not_measured_and_not_applicable(self) -> None:
        assert verdict_text(disabled(), Paint(), pushing=True) == "covgate: not applicable: disabled\n"
        for blocks, word in ((True, "BLOCKED"), (False, "WARNING")):
            text = verdict_text(not_measured(blocks=blocks), Paint(), pushing=True)
            assert text.startswith(f"covgate: {word} not measured: pytest is missing\n  pip install pytest\n")


@pytest.mark.parametrize("room", [5, 20, 30, 31])
@pytest.mark.parametrize("path", ["short.py", LONG, "源代码/" * 20 + "模块.py"])
def test_shortened(path: str, room: int) -> None:
    room = max(room, 20)
    made = shortened(path, Paint(width=60, terminal=True), 60 - room)
    assert columns(made) <= room
    assert shortened(path, Paint(width=60), 60 - room) == path
    assert made == path or (columns(path) > room and "..." in made)
    assert path.endswith(made.rpartition("...")[2])
    assert path.startswith(made.partition("...")[0] if "..." in made else path)


def test_plain() -> None:
    assert plain("naïve 名前 \N{FIRE}") == "naïve 名前 \N{FIRE}"
    assert plain("a\tb\x00\udcff") == "a\ufffdb\ufffd\ufffd"


def cells(row: str) -> list[str]:
    """The cells of a row, as GitHub's tables are split: at each pipe that no backslash is before."""
    return [each.strip() for each in re.split(r"(?<!\\)\|", row.removeprefix("|").removesuffix("|"))]


class TestMarkdown:
    def test_a_blocked_push(self) -> None:
        text = as_markdown(blocked())
        assert text.startswith("### :x: covgate: BLOCKED `refunds` at `a1a1a1a1a1`\n")
        for row in (
            "| measured | 70.59% | 12 of 17 statements and branches executed |",
            "| baseline | 100.00% | reached at c3c3c3c3c3 |",
            "| changed | 33.33% | of the lines of this push; floor 80.00% |",
            "| added | +2 | +6 | 4 not executed |",
            "| `pkg/a.py` | new | lines 9-10, 12; line 8: 1 of 2 branches |",
            "| `pkg/a.py` | lost | line 3 |",
        ):
            assert f"\n{row}\n" in text
        assert "<details>" not in text

    @kinds
    def test_tables_are_tables(self, shown: Outcome) -> None:
        found = 0
        for is_table, lines in groupby(as_markdown(shown).splitlines(), lambda line: line.startswith("|")):
            rows = list(lines) if is_table else []
            assert len({len(cells(row)) for row in rows}) <= 1, rows
            assert not rows or set(rows[1]) <= set("| -:")
            found += is_table
        judged = [each for each in shown.each if each.blocked and each.numbers] if shown.parts else shown.each
        tables = [0 if each.numbers is None else 3 if each.explanation else 2 for each in judged]
        assert found == sum(tables) + bool(shown.parts)

    @kinds
    def test_names_are_no_markup(self, shown: Outcome) -> None:
        text = as_markdown(shown)
        assert "<b>" not in text
        assert not re.search(r"(?<!`)@\w", re.sub(r"`[^`\n]*`", "", text))  # a mention outside of code
        assert [each for each in text if not (each.isprintable() or each == "\n")] == []

    def test_hostile_names(self) -> None:
        told = code(HOSTILE)
        assert told.startswith("<code>")
        assert not set("`|*_~@\\\n") & set(told)
        assert code("a b.py") == "`a b.py`"
        assert code(NO_UTF8) == "`pkg/\ufffd\ufffd ü.py`"
        assert prose("@ada `x` | <b> *y*\nz #1") == r"@&#8203;ada \`x\` \| \<b\> \*y\* z \#1"
        assert len(prose("x" * 10_000)) < 400

    def test_many_lines_are_folded(self) -> None:
        text = as_markdown(blocked(rows=40))
        start, end = text.index("<details><summary>Lines to look at (42)</summary>\n\n"), text.index("\n\n</details>")
        assert text[start:end].count("`gen/f") == 40

    @pytest.mark.parametrize("rows", [3_000, 8_000])
    def test_it_fits_into_a_comment_and_says_what_is_left_out(self, rows: int) -> None:
        text = as_markdown(replace(blocked(rows=rows), notices=tuple(f"notice {each} " * 9 for each in range(900))))
        assert len(text.encode()) <= LIMIT
        left = re.search(r"Cut here, (\d+) of (\d+) rows are left out: a comment on GitHub holds no more\.", text)
        assert left
        assert int(left[2]) - int(left[1]) == text.count("`gen/f") + text.count("| `pkg/a.py`")
        assert "- Cut here: a comment on GitHub holds no more." in text
        assert text.count("<details>") == text.count("</details>")

    def test_output_can_not_end_its_own_block(self) -> None:
        text = as_markdown(failing_tests("```\n</details>\n````\n@ada"))
        fence = re.search(r"^(`{3,})text$", text, re.MULTILINE)
        assert fence
        assert len(fence[1]) == 5
        assert text.count(f"\n{fence[1]}\n") == 1

    def test_not_measured(self) -> None:
        assert as_markdown(not_measured()).startswith(
            "### :warning: covgate: WARNING at `a1a1a1a1a1`\n\n**Not measured:**"
        )


def test_a_long_line_of_output_is_cut() -> None:
    """pytest shows the repr of what a test printed on one line, colours and all."""
    assert tail("\x1b[31mshort\x1b[0m\n" + "x" * 501) == ["short", "x" * 500 + " ..."]
