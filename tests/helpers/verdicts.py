"""Verdicts of every kind as values, for tests of the formats."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction

from covgate.model.baseline import Baseline
from covgate.model.changes import FileChange, Hunk
from covgate.model.combined import combine, on_branch
from covgate.model.excused_verdict import excused
from covgate.model.explain import explain
from covgate.model.lines import numbers_of
from covgate.model.measurement import FileResult, Measurement, Toolchain
from covgate.model.merge_preview import Preview
from covgate.model.numbers import Numbers, total
from covgate.model.outcome import Outcome
from covgate.model.patch import patch_coverage
from covgate.model.policy import Policy
from covgate.model.verdict import judge, not_applicable, tests_failed

COMMIT, TREE, ORIGIN, BASE = "a1" * 20, "b2" * 20, "c3" * 20, "d4" * 20
HOSTILE = "pkg/<b>|`x`*_~&#@ada,a:b%\n::error::\x1b[31m\u202e.py"
NO_UTF8 = "pkg/\udcff\udce9 ü.py"


def measurement(files: Mapping[str, str], **more: object) -> Measurement:
    """``files``: path -> lines, in the text of `covgate.model.lines`."""
    results = tuple(FileResult(path=path, numbers=numbers_of(lines), lines=lines) for path, lines in files.items())
    made = Measurement(
        tree=TREE,
        numbers=total(each.numbers for each in results),
        files=results,
        toolchain=Toolchain(python="CPython 3.12.1", coverage="7.6", platform="Linux"),
    )
    return replace(made, **more)  # type: ignore[arg-type]


def blocked(path: str = "pkg/a.py", *, override: str = "", others: Sequence[str] = (), rows: int = 0) -> Outcome:
    """A push that adds lines 8-12 to ``path`` (9, 10, 12 not executed; 8 by 1 of 2 branches) and loses line 3.

    ``rows``: that many more files of the push, with one line each that is not executed.
    """
    many = {f"gen/f{number:05}.py": ".-" for number in range(rows)}
    before = measurement({path: ".7+", "pkg/same.py": ".4+", **dict.fromkeys(others, ".2+")})
    after = measurement(
        {path: ".2+-4+%2-.-", "pkg/same.py": ".4+", **dict.fromkeys(others, ".+x"), **many},
        runs=2,
        unstable=((path, (5,)),),
    )
    changes = [FileChange(old_path=path, path=path, hunks=(Hunk(old=7, removed=0, new=8, added=5),))]
    changes += [FileChange(old_path="", path=each, hunks=(Hunk(old=0, removed=0, new=1, added=1),)) for each in many]
    explanation = explain(before, after, changes)
    patch = patch_coverage(after.files, {path: range(8, 13), **{each: range(1, 2) for each in many}}, {})
    patch = replace(patch, unmeasured=("pkg/never.py",))
    baseline = Baseline(executed=before.numbers.executed, executable=before.numbers.executable, override=override)
    policy = Policy(floor=Fraction(60), epsilon=Fraction(1, 2), patch_floor=Fraction(80))
    verdict = judge(after, baseline, policy, patch=patch)
    return Outcome(
        verdict=verdict,
        commit=COMMIT,
        tree=TREE,
        branch="refunds",
        numbers=after.numbers,
        measurement=after,
        baseline_commit=ORIGIN,
        base=BASE,
        patch=patch,
        explanation=explanation,
        notices=("the base's policy holds: floor 60.00 -> 10.00",),
    )


def passed() -> Outcome:
    """A push of one new line that nothing executes, by a floor that holds."""
    made = blocked()
    policy = Policy(floor=Fraction(60))
    verdict = judge(made.numbers, None, policy, patch=made.patch)
    return replace(made, verdict=verdict, baseline_commit="", explanation=None)


def excused_push(reason: str = "its tests come tomorrow") -> Outcome:
    """A push that is blocked by its numbers, and that somebody has excused."""
    made = blocked()
    return replace(made, verdict=excused(made.verdict, reason))


def failing_tests(output: str = "E   assert 0\n1 failed") -> Outcome:
    verdict = tests_failed("the tests failed (exit status 1)", Policy(), None)
    return Outcome(verdict=verdict, commit=COMMIT, tree=TREE, output=output, ran_with="/usr/bin/python3 (found)")


def not_measured(*, blocks: bool = False) -> Outcome:
    return Outcome(
        verdict=not_applicable("not measured: pytest is missing"),
        commit=COMMIT,
        error="pytest is missing",
        hint="pip install pytest",
        output="No module named pytest",
        blocks=blocks,
    )


def disabled() -> Outcome:
    return Outcome(verdict=not_applicable("disabled"), commit=COMMIT)


def part(name: str, outcome: Outcome, **more: object) -> Outcome:
    """``outcome`` as that of the component ``name``."""
    return replace(outcome, component=name, is_part=True, **more)  # type: ignore[arg-type]


def carried(name: str) -> Outcome:
    """A component whose record is carried forward: 8 of 10 are executed, and its baseline is 75%."""
    numbers = Numbers(statements=10, executed_statements=8)
    verdict = judge(numbers, Baseline(executed=3, executable=4), Policy())
    made = Outcome(verdict=verdict, component=name, commit=COMMIT, tree=TREE, numbers=numbers, carried_from=ORIGIN)
    return replace(made, toolchain="CPython 3.12.1, coverage 7.6")


def raised(name: str) -> Outcome:
    """A component whose baseline rises from 75% to 80%."""
    made = carried(name)
    return replace(made, carried_from="", raised=Baseline(executed=8, executable=10))


def components(*parts: Outcome, notices: Sequence[str] = ()) -> Outcome:
    return on_branch(combine(parts, Policy(floor=Fraction(60)), TREE, notices), "refunds")


def one_of_each() -> Outcome:
    """Components of one commit: carried forward, blocked, with failing tests, not measured, raised."""
    return components(
        carried("docs"),
        part("api", blocked(), notices=("flaky",)),
        part("jobs", failing_tests(), branch="refunds"),
        part("web", not_measured()),
        raised("lib"),
        notices=("removed components, whose baselines no longer apply: old",),
    )


def source(path: str) -> tuple[str, ...] | None:
    """The twelve lines of the file that `blocked` is about, as every format may read them."""
    is_there = path in ("pkg/a.py", HOSTILE, NO_UTF8)
    return tuple(f"line {number}" for number in range(1, 13)) if is_there else None


EVERY_KIND = {
    "blocked": blocked(),
    "blocked, hostile": blocked(HOSTILE, override="why\n@ada ::error::x | <b>"),
    "blocked, no UTF-8": blocked(NO_UTF8, override="\N{FIRE}"),
    "passed": passed(),
    "blocked by its merge": replace(blocked(), preview=Preview(target="ma|in`<b>", commit=BASE, tree=TREE)),
    "excused": excused_push(),
    "excused, hostile": excused_push(HOSTILE),
    "failing tests": failing_tests(),
    "not measured": not_measured(),
    "not measured, blocks": not_measured(blocks=True),
    "disabled": disabled(),
    "components": one_of_each(),
    "one component": components(part("a-z", blocked(HOSTILE))),
    "components, all carried": components(carried("api"), carried("web")),
    "components, none measured": components(part("api", not_measured()), part("web", not_measured(blocks=True))),
}
