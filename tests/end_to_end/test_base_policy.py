"""A push can't lower its own bar: what its base asks for holds for it, and the output says so."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from helpers.project import Project, calls, functions
from helpers.sealed import run

pytestmark = [pytest.mark.end_to_end, pytest.mark.known_trees]

MORE = functions("a", "b", "c", "d")  # 6 of 8 statements, 75 %: below the 83.33 % of the beginning


@pytest.mark.parametrize(
    ("before", "after", "said", "verdict"),
    [
        (
            'policy = "absolute"\nfloor = 80',
            'policy = "absolute"\nfloor = 10',
            "floor 80.00 -> 10.00",
            "below the floor",
        ),
        ("", "enabled = false", "enabled = false", "below the baseline of 83.33%"),
    ],
)
def test_a_weaker_policy_does_not_hold_for_its_own_push(
    make_project: Callable[..., Project], before: str, after: str, said: str, verdict: str
) -> None:
    project = make_project(config=before)
    assert project.push().status == 0
    project.git("checkout", "--quiet", "-b", "topic")
    project.write("pkg/mod.py", MORE)
    project.configure(after)
    project.commit()
    done = project.push("topic")
    assert done.status == 1, done.text
    assert verdict in done
    assert said in done
    assert "hold for this push" in done
    # The same by hand, and in CI.
    done = project.covgate("check")
    assert done.status == 1
    assert said in done
    # Landed, past the gate, it holds.
    project.git("push", "--quiet", "--no-verify", "origin", "topic:main", "topic")
    project.write("README", "x\n")
    project.commit()
    done = project.push("topic")
    assert done.status == 0, done.text
    assert "hold for this push" not in done


def test_a_check_first_tells_which_rules_apply(make_project: Callable[..., Project], tmp_path: Path) -> None:
    project = make_project(config="floor = 80\n")
    assert project.push().status == 0
    project.git("remote", "set-url", "origin", str(tmp_path / "nowhere"))
    project.configure("floor = 10\n")
    project.commit()
    stricter, unfetched, *_ = json.loads(project.covgate("check", "--format", "json").text)["notices"]
    assert "is stricter, and its rules hold for this push: floor 80.00 -> 10.00" in stricter
    assert "could not be fetched" in unfetched


def test_a_weaker_policy_passes_where_the_base_is_held(project: Project) -> None:
    project.push()
    project.configure("epsilon = 30")
    project.commit()
    done = project.push()
    assert done.status == 0
    assert "epsilon 0.00 -> 30.00" in done
    assert project.field("epsilon") == "0.00"


def test_a_stricter_policy_holds_at_once_and_silently(project: Project) -> None:
    project.push()
    project.configure("floor = 90")
    project.commit()
    done = project.push()
    assert done.status == 1
    assert "below the floor of 90" in done
    assert "hold for this push" not in done


def test_a_base_whose_configuration_is_invalid(make_project: Callable[..., Project]) -> None:
    """It must not switch the gate off: the last valid configuration before it holds."""
    project = make_project(config="floor = 80\n")
    good = project.git("rev-parse", "HEAD")
    project.configure("floor = 2000\n")
    broken = project.commit()
    project.git("push", "--quiet", "--no-verify", "origin", "main")
    project.configure("enabled = false\n")
    project.write("pkg/mod.py", MORE)
    project.commit()
    done = project.push()
    assert done.status == 1, done.text
    assert f"the configuration of the base {broken[:10]} is invalid: those of {good[:10]}, the last valid" in done
    assert "floor 80.00 -> 0.00; enabled = false" in done
    assert "below the floor of 80" in done


def test_a_first_configuration_that_is_invalid(make_project: Callable[..., Project]) -> None:
    project = make_project()
    project.git("update-ref", "-d", "HEAD")  # no valid configuration comes before it
    project.configure("floor = 2000\n")
    project.commit()
    project.git("push", "--quiet", "--no-verify", "origin", "main")
    project.configure("enabled = false\n")
    project.commit()
    done = project.push()
    assert "is invalid: the defaults hold instead" in done
    assert "enabled = false" in done
    assert "PASS main" in done


def test_two_pushes_can_not_do_what_one_can_not(make_project: Callable[..., Project]) -> None:
    """The policy is weakened in one push to a feature branch, and the next one would make use of it."""
    project = make_project(config='policy = "absolute"\nfloor = 80\n')
    assert project.push().status == 0
    project.git("checkout", "--quiet", "-b", "topic")
    project.configure('policy = "absolute"\nfloor = 10\n[tool.coverage.run]\nomit = ["pkg/new.py"]\n')
    project.commit("weaken")
    assert project.push("topic").status == 0
    # A local ref that claims that it has landed changes nothing.
    project.git("update-ref", "refs/remotes/origin/main", "topic")
    project.write("pkg/mod.py", MORE)
    project.commit("make use of it")
    done = project.push("topic")
    assert done.status == 1, done.text
    assert "floor 80.00 -> 10.00; omit has pkg/new.py (a change counts once it has landed on main)" in done
    assert "below the floor of 80" in done
    # Merged on the server, which this clone does not hear of until it asks.
    project.git("update-ref", "refs/heads/main", "topic", cwd=project.remote)
    done = project.push("topic")
    assert done.status == 0, done.text
    assert "hold for this push" not in done


def test_what_a_ratchet_branch_has_relaxed_has_landed(make_project: Callable[..., Project]) -> None:
    """A release branch may have a policy of its own, if the default branch says that it is one."""
    project = make_project(config='ratchet_branches = ["main", "release"]\nfloor = 80\n')
    assert project.push("main", "main:release").status == 0
    project.git("checkout", "--quiet", "-b", "release")
    project.configure('ratchet_branches = ["main", "release"]\nfloor = 10\n')
    project.commit("relax")
    assert "hold for this push" in project.push("release")
    project.write("README", "x\n")
    project.commit()
    done = project.push("release")
    assert done.status == 0, done.text
    assert "hold for this push" not in done


def test_fail_closed_can_not_be_dropped_with_what_it_guards(make_project: Callable[..., Project]) -> None:
    project = make_project(config="fail_closed = true\n")
    assert project.push().status == 0
    project.configure('fail_closed = false\ncommand = ["no-such-program"]\n')
    project.commit()
    done = project.push()
    assert done.status == 1
    assert "BLOCKED not measured" in done
    assert "fail_closed = false" in done
    assert "changes how it is measured: command" in done


# What coverage itself is told: (file, before, after). The rules are in tests/unit/test_coverage_config.py.
WEAKER = {
    "omit": ("pyproject.toml", "", '[tool.coverage.run]\nomit = ["pkg/mod.py"]\n'),
    "report:omit": (".coveragerc", "[run]\nbranch = false\n", "[run]\nbranch = false\n[report]\nomit = pkg/mod.py\n"),
    "source": (
        "setup.cfg",
        "[coverage:run]\nsource =\n    pkg\n    other\n",
        "[coverage:run]\nsource =\n    other\n",
    ),
    "covgate's source": ("", "", 'source = ["other"]\n'),
}


@pytest.mark.parametrize(
    ("through", "name"),
    [
        ("coverage", "omit"),
        ("coverage", "report:omit"),
        ("coverage", "covgate's source"),
        ("pytest-cov", "source"),
        ("pytest-cov", "covgate's source"),
    ],
)
def test_fewer_sources_do_not_hold_for_their_own_push(
    make_project: Callable[..., Project], through: str, name: str
) -> None:
    file, before, after = WEAKER[name]
    project = make_project(plugins=["pytest-cov"] if through == "pytest-cov" else [])

    def configure(text: str) -> None:
        addopts = '\n[tool.pytest.ini_options]\naddopts = "--cov"\n' if through == "pytest-cov" else ""
        project.configure(text if not file else "")
        path = project.top / "pyproject.toml"
        path.write_text(path.read_text() + addopts + (text if file == "pyproject.toml" else ""))
        if file not in ("", "pyproject.toml"):
            project.write(file, text)

    project.write("other/__init__.py", "X = 1\n")
    project.write("other/more.py", "Y = 2\n")
    project.write("tests/test_other.py", "import other.more\n\n\ndef test():\n    assert other.X < other.more.Y\n")
    configure(before)
    project.commit()
    done = project.push()
    assert done.status == 0, done.text
    known = project.field("measured_coverage")
    # The change alone passes: what the base measured is measured still, and gives the same number.
    configure(after)
    project.commit()
    done = project.push()
    assert done.status == 0, done.text
    assert "hold for this push" in done
    assert project.field("measured_coverage") == known
    # With a regression it is blocked.
    project.git("reset", "--quiet", "--hard", "HEAD~1")
    project.git("push", "--quiet", "--no-verify", "--force", "origin", "main")
    configure(after)
    project.write("pkg/mod.py", MORE + functions("e", "f"))
    project.commit()
    done = project.push()
    assert done.status == 1, done.text
    assert "hold for this push" in done


def test_branches_are_still_measured(make_project: Callable[..., Project]) -> None:
    project = make_project()
    path = project.top / "pyproject.toml"
    path.write_text(path.read_text() + "[tool.coverage.run]\nbranch = true\n")
    project.write("pkg/mod.py", "def f(x):\n    if x:\n        x = 1\n    return x\n")
    project.write("tests/test_mod.py", "from pkg.mod import f\n\n\ndef test():\n    assert f(1)\n")
    project.commit()
    assert project.push().status == 0
    assert project.field("branches") == "2"
    project.configure("")
    project.commit()
    done = project.push()
    assert done.status == 0, done.text
    assert "branches are not measured" in done
    assert project.field("branches") == "2"


def test_newly_excluded_lines_are_counted_and_shown(project: Project) -> None:
    project.push()
    project.write("pkg/mod.py", functions("a", "b") + "def c():  # pragma: no cover\n    return 'c'\n")
    project.commit()
    done = project.push()
    assert done.status == 0, done.text
    assert "2 lines are newly excluded from the measurement: pkg/mod.py lines 9-10 (pragmas" in done, done.text
    # As many lines become included elsewhere, and nobody knows the lines of the base any more.
    project.write("pkg/mod.py", functions("a", "b", "c") + "def d():  # pragma: no cover\n    return 'd'\n")
    commit = project.commit()
    shutil.rmtree(project.top / ".git" / "covgate" / "measurements")
    run(["git", "update-ref", "-d", "refs/notes/coverage-files"], project.top, project.environ)
    done = project.push(COVGATE_EPSILON="50")
    assert "2 lines are newly excluded from the measurement: pkg/mod.py lines 13-14 (" in done, done.text
    printed = project.covgate("check", "--base", "HEAD~", "--format", "json").text
    checked = json.loads(printed[printed.index("{") :])  # after what went to stderr
    assert (checked["commit"], checked["newly_excluded"]) == (commit, [{"path": "pkg/mod.py", "lines": [13, 14]}])


def test_branches_that_newly_count_as_executed_are_shown(project: Project) -> None:
    path = project.top / "pyproject.toml"
    path.write_text(path.read_text() + "[tool.coverage.run]\nbranch = true\n")
    code = "def a(x=1):\n    if x:\n        x = 2\n    return x\n"
    project.write("pkg/mod.py", functions("b") + code)
    project.write("tests/test_mod.py", "from pkg import mod\n\n\ndef test():\n    assert mod.a() and mod.b()\n")
    project.commit()
    project.push()
    assert project.field("executed_branches") == "1"
    line = functions("b").count("\n") + 2
    project.write("pkg/mod.py", functions("b") + code.replace("if x:", "if x:  # pragma: no branch"))
    project.commit()
    done = project.push()
    assert done.status == 0, done.text
    assert project.field("executed_branches") == "2"
    notice = f"the branches of 1 line newly count as executed, whatever the tests execute: pkg/mod.py line {line} ("
    assert notice in done, done.text
    printed = project.covgate("check", "--base", "HEAD~", "--format", "json").text
    checked = json.loads(printed[printed.index("{") :])
    assert checked["excused_branches"] == [{"path": "pkg/mod.py", "lines": [line]}]
    project.write("README", "more\n")
    project.commit()
    assert "newly count" not in project.push()


def test_a_source_that_is_gone_does_not_come_back(make_project: Callable[..., Project]) -> None:
    """A package that was renamed, with its sources: nothing of the base is left to hold."""
    project = make_project()
    path = project.top / "pyproject.toml"
    text = path.read_text()
    path.write_text(text + '[tool.coverage.run]\nsource = ["pkg"]\n')
    project.commit()
    assert project.push().status == 0
    project.git("mv", "pkg", "renamed")
    project.write("tests/test_mod.py", calls("a", "b").replace("from pkg", "from renamed"))
    path.write_text(text + '[tool.coverage.run]\nsource = ["renamed"]\n')
    project.commit()
    done = project.push()
    assert done.status == 0, done.text
    assert "hold for this push" not in done
    assert project.field("measured_coverage") == "83.33"


def begin_anew(project: Project) -> None:
    """wip is deleted on the remote, which this clone doesn't know; a new one starts from main."""
    run(["git", "update-ref", "-d", "refs/heads/wip"], project.remote, project.environ)
    project.git("checkout", "--quiet", "main")
    project.git("branch", "--quiet", "-D", "wip")
    project.git("checkout", "--quiet", "-b", "wip")


def test_a_branch_that_is_gone_judges_no_new_one_of_its_name(project: Project) -> None:
    assert project.push().status == 0
    project.git("checkout", "--quiet", "-b", "wip")
    project.write("tests/test_mod.py", calls("a", "b", "c"))
    project.configure('ratchet_branches = ["*"]\n')
    project.commit()
    assert "rises" in project.push("wip")
    begin_anew(project)
    project.write("README", "good\n")
    project.commit()
    done = project.push("wip")
    assert done.status == 0, done.text
    assert "holds the baseline of 83.33%" in done


def test_the_override_of_a_branch_that_is_gone_lowers_nothing(project: Project) -> None:
    assert project.push().status == 0
    project.git("checkout", "--quiet", "-b", "wip")
    project.commit("an experiment")
    assert project.covgate("baseline", "set", "10", "--reason", "an experiment").status == 0
    assert project.push("wip").status == 0
    begin_anew(project)
    project.write("pkg/mod.py", MORE)
    project.commit()
    done = project.push("wip")
    assert done.status != 0
    assert "below the baseline of 83.33%" in done


def test_who_adopts_covgate_has_no_rules_yet(make_project: Callable[..., Project]) -> None:
    """What the first push configures holds at once: held back, it would block the next one."""
    project = make_project()
    project.write("pyproject.toml", "")
    project.write("src/app.py", functions("a", "b"))
    project.write("tools/__init__.py", functions("t"))
    project.commit()
    assert project.push("main", COVGATE_DISABLE="1").status == 0
    project.configure('source = ["src", "tools"]\nsync = false\n')
    project.commit()
    assert project.covgate("check").status == 0  # which writes a note, but none on the base
    done = project.push()
    assert done.status == 0, done.text
    assert "stricter" not in done
    assert project.remote_notes() == ""
    first = project.field("baseline_ratio")
    project.write("README", "x\n")
    project.commit()
    assert project.push().status == 0
    assert project.field("baseline_ratio") == first


def test_check_takes_a_branch_of_the_remote_for_its_base(project: Project) -> None:
    project.configure("floor = 80\n")
    project.commit()
    assert project.push("main", "main:release").status == 0
    project.configure("floor = 0\npolicy = 'absolute'\n")
    project.write("pkg/mod.py", MORE)
    project.commit()
    project.git("push", "--quiet", "--no-verify", "origin", "main")
    project.git("update-ref", "-d", "refs/remotes/origin/release")
    assert project.covgate("check").status == 0
    done = project.covgate("check", "--base", "release")
    assert done.status == 1, done.text
    assert "below the floor of 80.00%" in done
    assert project.covgate("check", "--base", "nowhere").status == 2
