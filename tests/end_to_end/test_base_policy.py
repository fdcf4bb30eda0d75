"""A push can't lower its own bar: what its base asks for holds for it, and the output says so."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from support import Project, calls, functions

pytestmark = pytest.mark.end_to_end

MORE = functions("a", "b", "c", "d")  # 6 of 8 statements, 75 %: below the 83.33 % of the beginning


def weaken(project: Project, config: str, coverage: str = "") -> None:
    project.configure(config)
    if coverage:
        path = project.top / "pyproject.toml"
        path.write_text(path.read_text() + coverage)


@pytest.mark.parametrize(
    ("before", "after", "said", "verdict"),
    [
        (
            'policy = "absolute"\nfloor = 80',
            'policy = "absolute"\nfloor = 10',
            "floor 80.00 -> 10.00",
            "below the floor",
        ),
        ("", "epsilon = 30", "epsilon 0.00 -> 30.00", "below the baseline of 83.33%"),
        ("", 'policy = "absolute"', "policy both -> absolute", "below the baseline of 83.33%"),
        ('policy = "baseline"', 'policy = "absolute"', "policy baseline -> absolute", "below the baseline"),
        ("", "enabled = false", "enabled = false", "below the baseline of 83.33%"),
        ("", 'branches = ["main"]', "branches leave out topic", "below the baseline of 83.33%"),
    ],
)
def test_a_weaker_policy_does_not_hold_for_its_own_push(
    make_project: Callable[..., Project], before: str, after: str, said: str, verdict: str
) -> None:
    project = make_project(config=before)
    assert project.push().status == 0
    project.git("checkout", "--quiet", "-b", "topic")
    project.write("pkg/mod.py", MORE)
    weaken(project, after)
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


def test_a_weaker_policy_passes_where_the_base_is_held(project: Project) -> None:
    project.push()
    weaken(project, "epsilon = 30")
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


def test_a_first_configuration_and_a_broken_base(project: Project) -> None:
    """Nothing can hold that is not there, or can't be read; it is said."""
    project.configure("floor = 2000")
    project.commit()
    project.git("push", "--quiet", "--no-verify", "origin", "main")
    project.configure("floor = 20")
    project.commit()
    done = project.push()
    assert done.status == 0, done.text
    assert "is invalid: it does not hold" in done


def test_fail_closed_can_not_be_dropped_with_what_it_guards(make_project: Callable[..., Project]) -> None:
    project = make_project(config="fail_closed = true\n")
    assert project.push().status == 0
    weaken(project, 'fail_closed = false\ncommand = ["no-such-program"]\n')
    project.commit()
    done = project.push()
    assert done.status == 1
    assert "BLOCKED not measured" in done
    assert "fail_closed = false" in done
    assert "changes how it is measured: command" in done


# What coverage itself is told, in each of its files: (file, before, after).
WEAKER = {
    "omit": ("pyproject.toml", "", '[tool.coverage.run]\nomit = ["pkg/mod.py"]\n'),
    "more omitted": (
        "pyproject.toml",
        '[tool.coverage.run]\nomit = ["nothing/*"]\n',
        '[tool.coverage.run]\nomit = ["nothing/*", "*/mod.py"]\n',
    ),
    "report:omit": (".coveragerc", "[run]\nbranch = false\n", "[run]\nbranch = false\n[report]\nomit = pkg/mod.py\n"),
    "include": ("tox.ini", "", "[coverage:run]\ninclude = pkg/other.py\n"),
    "source": (
        "setup.cfg",
        "[coverage:run]\nsource =\n    pkg\n    other\n",
        "[coverage:run]\nsource =\n    other\n",
    ),
    "first source": (".coveragerc", "", "[run]\nsource = other\n"),
    "covgate's source": ("", "", 'source = ["other"]\n'),
}


@pytest.mark.parametrize("name", WEAKER)
@pytest.mark.parametrize("through", ["coverage", "pytest-cov"])
def test_fewer_sources_do_not_hold_for_their_own_push(
    make_project: Callable[..., Project], name: str, through: str
) -> None:
    file, before, after = WEAKER[name]
    project = make_project()

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
    assert "2 more lines are excluded from the measurement" in done
    assert "(0 -> 2)" in done


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
