"""The decisions of the gate: a table for each rule."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from covgate.config import Config
from covgate.gate.decisions import (
    Instead,
    arrivals,
    baseline_to_reach,
    choose_bases,
    instead_of_ancestors,
    is_ratchet_branch,
    may_raise,
    measured_nothing,
    measures_itself,
    reaches,
    runs_again,
    unmentioned,
)
from covgate.gate.stricter import base_rules, reported_changes, stricter_config
from covgate.model.baseline import Baseline
from covgate.model.measurement import Measurement
from covgate.model.numbers import Numbers
from covgate.model.policy import Policy
from covgate.model.verdict import judge, not_applicable
from covgate.model.verdict import tests_failed as failing_tests
from covgate.notes.records import Lookup

LOW, HIGH = Baseline(executed=1, executable=2), Baseline(executed=9, executable=10)
LOW_IN_NEW_EPOCH = Baseline(epoch=1, executed=1, executable=2)


def measured(executed: int, of: int = 10_000, **more: object) -> Measurement:
    made = Measurement(tree="a" * 40, numbers=Numbers(statements=of, executed_statements=executed))
    return replace(made, **more)  # type: ignore[arg-type]


def not_called() -> str:
    raise AssertionError("this must not be looked up")


@pytest.mark.parametrize(
    ("environ", "fail_closed", "expected"),
    [
        ({}, False, False),
        ({}, True, True),
        ({"CI": "true"}, False, True),
        ({"CI": "1"}, False, True),
        ({"BUILD_NUMBER": "12"}, False, True),
        ({"TF_BUILD": "True"}, False, True),
        ({"CI": ""}, False, False),
        ({"CI": "false"}, False, False),
        ({"CI": "0"}, False, False),
    ],
)
def test_who_measures_instead_of_trusting_a_record(environ: dict[str, str], fail_closed: bool, expected: bool) -> None:
    assert measures_itself(environ, fail_closed=fail_closed) is expected


@pytest.mark.parametrize(
    ("configured", "branch", "default", "expected"),
    [
        (None, "main", "main", True),
        (None, "work", "main", False),
        (None, "main", "", False),
        (("release/*",), "release/1", "main", True),
        (("release/*",), "main", "main", False),
    ],
)
def test_ratchet_branch(configured: tuple[str, ...] | None, branch: str, default: str, expected: bool) -> None:
    assert is_ratchet_branch(Config(ratchet_branches=configured), branch, lambda: default) is expected


def test_the_default_branch_is_not_looked_up_if_branches_are_configured() -> None:
    assert is_ratchet_branch(Config(ratchet_branches=("main",)), "main", not_called)


@pytest.mark.parametrize(
    ("replaced", "fork", "lands", "named", "expected"),
    [
        # A branch that was pushed before: two pushes can't do what one can't.
        ("tip", "fork", False, "", ("tip", "fork")),
        ("tip", "tip", False, "", ("tip",)),
        ("tip", "", False, "", ("tip",)),
        ("tip", "fork", False, "ancestor", ("tip", "fork")),
        # The default branch, or another one where changes land.
        ("tip", "fork", True, "", ("tip",)),
        # A new branch.
        ("", "fork", False, "", ("fork",)),
        ("", "fork", True, "", ("fork",)),
        ("", "fork", False, "ancestor", ("fork",)),
        # What pre-commit names is an ancestor at least.
        ("", "", False, "ancestor", ("ancestor",)),
        ("", "", False, "", ()),
    ],
)
def test_bases(replaced: str, fork: str, lands: bool, named: str, expected: tuple[str, ...]) -> None:
    found = choose_bases(replaced=replaced, fork_point=lambda: fork, lands=lands, named=named)
    assert found == expected


def test_no_fork_point_is_looked_up_where_changes_land() -> None:
    assert choose_bases(replaced="tip", fork_point=not_called, lands=True, named="") == ("tip",)


@pytest.mark.parametrize(
    ("own", "base", "in_use", "from_base"),
    [
        (True, True, False, True),
        (False, True, False, True),
        (True, False, True, True),  # the defaults were rules
        (True, False, False, False),  # the push introduces covgate
        (False, False, True, False),
        (False, False, False, False),
    ],
)
def test_whose_rules_apply(own: bool, base: bool, in_use: bool, from_base: bool) -> None:
    mine, theirs = Config(configured=own, timeout=1), Config(configured=base, timeout=2)
    assert base_rules(mine, theirs, lambda: in_use) is (theirs if from_base else mine)


@pytest.mark.parametrize(
    ("own", "base", "kept", "phrases"),
    [
        ({}, {}, {}, []),
        ({"enabled": False}, {}, {"enabled": True}, ["enabled = false"]),
        ({}, {"enabled": False}, {}, []),
        ({"enabled": False}, {"enabled": False}, {}, []),
        ({"branches": ("dev",)}, {}, {"branches": ("*",)}, ["branches leave out main"]),
        ({"branches": ("main", "dev")}, {}, {"branches": ("main", "dev")}, []),
        ({"branches": ("dev",)}, {"branches": ("work",)}, {"branches": ("dev",)}, []),
        ({}, {"fail_closed": True}, {"fail_closed": True}, ["fail_closed = false"]),
        ({"fail_closed": True}, {}, {"fail_closed": True}, []),
        ({}, {"preview_merge": True}, {"preview_merge": True}, ["preview_merge = false"]),
        ({"preview_merge": True}, {}, {"preview_merge": True}, []),
        ({"fail_closed": True}, {"fail_closed": True}, {}, []),
        ({"source": ("b",)}, {"source": ("a",)}, {"source": ("b", "a")}, ["source is without a"]),
        ({"source": ("b", "c")}, {"source": ("a", "b")}, {"source": ("b", "c", "a")}, ["source is without a"]),
        ({"source": ("a", "b")}, {"source": ("a",)}, {"source": ("a", "b")}, []),
        ({}, {"source": ("a",)}, {"source": ("a",)}, ["source is without a"]),
        ({"source": ("pkg",)}, {}, {"source": ("pkg",)}, []),  # the default sources, by name
        # The default sources have them all.
        ({}, {"source": ("pkg",)}, {}, []),
        ({}, {"source": ("./pkg/", "pkg/inner")}, {}, []),
        ({}, {"source": ("pkg", "pkg2")}, {"source": ("pkg", "pkg2")}, ["source is without pkg2"]),
        ({}, {"source": (".",)}, {"source": (".",)}, ["source is without ."]),
        ({"source": ("other",)}, {}, {"source": ()}, ["source is named"]),
        # Without sources, all counts that coverage's configuration or a report has of a component.
        (
            {"source": ("pkg",), "directory": "a"},
            {"directory": "a"},
            {"source": (), "directory": "a"},
            ["source is named"],
        ),
        (
            {"source": ("./",), "directory": "a"},
            {"directory": "a"},
            {"source": ("./",), "directory": "a"},
            [],
        ),
        (
            {"enabled": False, "branches": ("dev",), "source": ("b",)},
            {"fail_closed": True, "source": ("a",)},
            {"enabled": True, "branches": ("*",), "fail_closed": True, "source": ("b", "a")},
            ["enabled = false", "branches leave out main", "fail_closed = false", "source is without a"],
        ),
    ],
)
def test_which_of_the_bases_rules_apply(
    own: dict[str, object], base: dict[str, object], kept: dict[str, object], phrases: list[str]
) -> None:
    config, weaker = stricter_config(Config(**own), Config(**base), "main", lambda: ["pkg"])  # type: ignore[arg-type]
    assert config == Config(**{**own, **kept})  # type: ignore[arg-type]
    assert weaker == phrases


def test_branches_count_only_if_the_branch_is_known() -> None:
    config, weaker = stricter_config(Config(branches=("dev",)), Config(), "", lambda: [])
    assert (config.branches, weaker) == (("dev",), [])


@pytest.mark.parametrize(
    ("own", "base", "kept", "phrases"),
    [
        ({"paths": ("a/**",)}, {"paths": ("a/**",)}, {}, []),
        ({"paths": ("a/**", "b")}, {"paths": ("a/**",)}, {}, []),
        # Without sources of its own, a component's directory is always one of its inputs.
        ({}, {"paths": ("b",)}, {"enforced_paths": ("api/**", "b")}, ["paths is without b"]),
        ({"paths": ("c",)}, {"paths": ("b",)}, {"enforced_paths": ("c", "api/**", "b")}, ["paths is without b"]),
        (
            {"source": ("s",), "paths": ("api/s/**",)},
            {"source": ("s",)},
            {"enforced_paths": ("api/s/**", "api/**")},
            ["paths is without api/**"],
        ),
        ({"directory": "new"}, {"source": ("s",)}, {"directory": "api", "source": ("s",)}, ["directory api -> new"]),
    ],
)
def test_a_component_keeps_its_inputs(
    own: dict[str, object], base: dict[str, object], kept: dict[str, object], phrases: list[str]
) -> None:
    mine, theirs = Config(**{"directory": "api", **own}), Config(**{"directory": "api", **base})  # type: ignore[arg-type]
    config, weaker = stricter_config(mine, theirs, "main", lambda: ["s"], lambda: True)
    assert weaker == phrases
    assert config == replace(mine, **kept)  # type: ignore[arg-type]


def test_a_component_may_be_moved() -> None:
    mine, theirs = Config(directory="new", source=("s",)), Config(directory="api", source=("s",))
    assert stricter_config(mine, theirs, "main", lambda: ["s"], lambda: False) == (mine, [])


MEASURED, KEPT = "this push changes how it is measured: ", "this push changes how baselines are set and kept: "


@pytest.mark.parametrize(
    ("own", "reported"),
    [
        ({}, []),
        ({"command": ("make",)}, [f"{MEASURED}command"]),
        ({"report_paths": (("/app", "."),)}, [f"{MEASURED}report_paths"]),
        ({"report_format": "lcov"}, [f"{MEASURED}report_format"]),
        ({"report": "r.xml", "setup": ("make",), "python": ".venv", "on_block": ("tell",)},
         [f"{MEASURED}report, setup, python, on_block"]),
        ({"ratchet_branches": ("x",), "sync": False, "retries": 9}, [f"{KEPT}ratchet_branches, sync, retries"]),
        ({"command": ("make",), "retries": 0}, [f"{MEASURED}command", f"{KEPT}retries"]),
        ({"timeout": 1}, []),
    ],
)  # fmt: skip
def test_changes_that_are_reported(own: dict[str, object], reported: list[str]) -> None:
    assert reported_changes(Config(**own), Config()) == reported  # type: ignore[arg-type]


@pytest.mark.parametrize("blocks", [False, True])
@pytest.mark.parametrize(
    ("lands", "has_records", "is_related", "former", "expected"),
    [
        (False, True, True, True, Instead.DEFAULT_BRANCH),
        (False, True, False, True, Instead.NOT_JUDGED),  # pages, packages
        (False, False, True, False, Instead.NOTHING),
        (False, False, False, False, Instead.NOTHING),  # without records nobody knows what belongs to the project
        (False, False, True, True, Instead.FORMER_TIPS),
        # Where changes land, the default branch's records are another branch's.
        (True, True, True, False, Instead.NOTHING),
        (True, True, False, False, Instead.NOTHING),
        (True, True, True, True, Instead.FORMER_TIPS),
    ],
)
def test_what_judges_without_recorded_ancestors(
    blocks: bool, lands: bool, has_records: bool, is_related: bool, former: bool, expected: Instead
) -> None:
    found = instead_of_ancestors(
        lands=lands,
        blocks=blocks,
        default_has_records=lambda: has_records,
        is_related=lambda: is_related,
        former_has_records=lambda: former,
    )
    unknown = (Instead.NOTHING, Instead.FORMER_TIPS)
    assert found is (Instead.BLOCKED if blocks and expected in unknown else expected)


@pytest.mark.parametrize(
    ("baseline", "seen", "hidden", "expected"),
    [
        (None, None, False, None),
        (HIGH, HIGH, False, HIGH),
        (HIGH, LOW, True, HIGH),  # a record elsewhere may be an ancestor's
        (LOW, HIGH, True, HIGH),  # but another branch's override lowers nothing
        (LOW_IN_NEW_EPOCH, LOW, True, LOW_IN_NEW_EPOCH),  # equal: the later epoch stays
        (LOW, HIGH, False, LOW),
        (LOW, None, True, LOW),
    ],
)
def test_baseline_to_reach(
    baseline: Baseline | None, seen: Baseline | None, hidden: bool, expected: Baseline | None
) -> None:
    assert baseline_to_reach(Lookup(baseline=baseline, seen=seen, hidden=hidden)) == expected


PASS, FAIL = judge(90, 80, Policy()), judge(70, 80, Policy())


@pytest.mark.parametrize(
    ("verdict", "flaky", "ratchets", "expected"),
    [
        (PASS, False, True, True),
        (PASS, False, False, False),
        (PASS, True, True, False),
        (FAIL, False, True, False),
        (not_applicable("disabled"), False, True, False),
        (failing_tests("failed", Policy(), None), False, True, False),
    ],
)
def test_what_may_raise_the_baseline(verdict: object, flaky: bool, ratchets: bool, expected: bool) -> None:
    unstable = (("pkg/mod.py", (3,)),) if flaky else ()
    assert may_raise(verdict, measured(1, unstable=unstable), ratchets=ratchets) is expected  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("executed", "baseline", "expected"),
    [(9_000, HIGH, True), (8_999, HIGH, False), (9_001, HIGH, False), (9_000, None, False)],
)
def test_reaching_a_baseline(executed: int, baseline: Baseline | None, expected: bool) -> None:
    assert reaches(measured(executed), baseline) is expected


@pytest.mark.parametrize(
    ("executed", "epsilon", "runs", "retries", "expected"),
    [
        (8_999, 0, 1, 1, True),  # 0.01 points
        (8_990, 0, 1, 1, False),  # 0.1 points are no chance without an explanation
        (8_999, 0, 1, 0, False),
        (8_999, 0, 2, 1, False),
        (8_999, 0, 2, 2, True),
        (9_000, 0, 1, 1, False),  # it passes
        (8_989, Fraction(1, 10), 1, 1, False),  # epsilon absorbs noise already
    ],
)
def test_when_the_tests_run_again(executed: int, epsilon: Fraction, runs: int, retries: int, expected: bool) -> None:
    verdict = judge(measured(executed), HIGH, Policy(epsilon=Fraction(epsilon)))
    assert runs_again(verdict, lambda: None, measured(executed, runs=runs), retries) is expected


def test_nothing_is_explained_for_a_run_that_is_not_repeated() -> None:
    def explanation() -> None:
        raise AssertionError("not needed")

    assert not runs_again(PASS, explanation, measured(1), 9)
    assert not runs_again(FAIL, explanation, measured(1), 0)
    assert not runs_again(judge(70, 60, Policy(floor=Fraction(80))), explanation, measured(1), 9)


@pytest.mark.parametrize(
    ("reflog", "expected"),
    [
        ([], []),
        (["c pull: Fast-forward", "b commit: more", "a pull: Fast-forward"], ["a", "c"]),
        (["c merge work: Merge made by ort", "seen pull: Fast-forward", "a pull: Fast-forward"], ["c"]),
        (["c commit (merge): Merge work"], ["c"]),
        (["c fetch origin main:main: fast-forward"], ["c"]),
        (["pub commit: more", "c commit: more", "b commit (amend): x", "a rebase (finish): y", "d checkout: z"], []),
        (["pub reset: moving to origin/main", "own reset: moving to HEAD~1"], ["pub"]),
        (["gone pull: Fast-forward", "c pull: Fast-forward"], ["c"]),  # taken back since
        (["c pull: again", "b pull: between", "c pull: Fast-forward"], ["b", "c"]),
    ],
)
def test_merges_that_no_hook_saw(reflog: list[str], expected: list[str]) -> None:
    found = arrivals(
        reflog, "seen", is_published=lambda commit: commit == "pub", is_in_branch=lambda commit: commit != "gone"
    )
    assert found == expected


@pytest.mark.parametrize(
    ("executable", "collected", "expected"), [(0, True, True), (0, False, False), (5, True, False), (5, False, False)]
)
def test_a_pass_without_a_statement_is_none(executable: int, collected: bool, expected: bool) -> None:
    measurement = measured(0, executable, tests_collected=collected)
    assert measured_nothing(judge(measurement, None, Policy()), measurement) is expected
    assert not measured_nothing(failing_tests("failed", Policy(), None), measurement)


def test_unmentioned_files_are_named() -> None:
    assert unmentioned([]) == []
    assert unmentioned(["a.js", "b.js"])[0].endswith("the baseline counted them: a.js, b.js")
    assert unmentioned([f"{each}.js" for each in range(22)])[0].endswith("19.js and 2 more")
