"""`covgate log` and `covgate badge` on real repositories: what they find, in which order, and how it is written."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import pytest

from covgate.model.note_text import render_note
from covgate.model.verdict import Status
from helpers.history import make_history, record
from helpers.project import Project
from helpers.sealed import run, script

SVG = "{http://www.w3.org/2000/svg}"


def page_data(page: str) -> Any:
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)
    assert found, page
    return json.loads(found[1])


def drawn(project: Project, component: str = "default") -> list[tuple[str, str | None, str, str | None, bool]]:
    """The points of the page: subject (or oid), measured, status, baseline, aside."""
    done = project.covgate("log", "--format", "html")
    assert done.status == 0, done.text
    data = page_data(done.text)
    (points,) = [each["points"] for each in data["components"] if each["name"] == component]
    commits = data["commits"]
    return [(commits[each[0]][3] or commits[each[0]][0], each[1], each[3], each[5], bool(each[8])) for each in points]


def annotate(project: Project, commit: str, *records: Any) -> None:
    note = project.top.parent / "note"
    note.write_text(render_note(records))
    blob = project.git("hash-object", "-w", str(note))
    project.git("notes", "--ref=coverage", "add", "-f", "-C", blob, commit)


@pytest.fixture
def rising(tmp_path: Path, environ: dict[str, str]) -> Project:
    """Ten commits: the baseline rises, falls by hand at the sixth, and rises again."""

    def records(number: int) -> list[Any]:
        if number < 5:
            return [record(800 + 10 * number)]
        override = "legacy module removed" if number == 5 else ""
        return [record(600 + 10 * number, epoch=1, override=override), record(500, component="web")]

    return make_history(tmp_path / "rising", environ, 10, records)


def test_the_course_of_the_baseline_stands_above_the_rows(rising: Project) -> None:
    done = rising.covgate("log")
    lines = done.text.splitlines()
    assert lines[:3] == [
        "baseline  ▇▇▇██▁▁▂▂▂  80.00% -> 69.00%, 10 commits",
        "baseline (web)  ▅▅▅▅▅  50.00% -> 50.00%, 5 commits",
        "",
    ]
    commit = rising.git("rev-parse", "--short=10", "HEAD~4")
    assert (
        lines[8] == f"2023-11-15 03:13  {commit}   84.00% ->  65.00%  Ada Lovelace  set by hand: legacy module removed"
    )
    assert lines[-1].endswith("      - ->  80.00%  Ada Lovelace")
    assert len(lines) == 3 + 11
    assert f"{commit}        - ->  50.00% (web)  Ada Lovelace" in done


def test_it_is_ascii_where_the_terminal_is(tmp_path: Path, environ: dict[str, str]) -> None:
    project = make_history(
        tmp_path / "names", environ, 3, lambda number: [record(800 + number)], author="Zoë Łuk\u202easz"
    )
    ascii = project.covgate("log", PYTHONIOENCODING="ascii")
    assert ascii.status == 0, ascii.text
    assert ascii.text.isascii()
    assert ascii.text.startswith("baseline  .+@  80.00% -> 80.20%, 3 commits\n")
    assert "Zo? ?uk?asz" in ascii
    latin = project.covgate("log", PYTHONIOENCODING="iso8859-1")
    assert latin.text.startswith("baseline  .+@  ")
    # What would steer the terminal is not passed on.
    assert "Zoë Łuk\N{REPLACEMENT CHARACTER}asz" in project.covgate("log", PYTHONIOENCODING="utf-8")


@pytest.mark.parametrize(
    ("columns", "end"),
    [
        (300, "█  60.00% -> 79.90%, 200 commits"),
        (100, "█  60.00% -> 79.90%, 200 commits"),
        (50, "█  60.00% -> 79.90%, 200 commits"),
        (45, "█  60.00% -> 79.90%"),
        (30, "█"),
        (12, "█"),
    ],
)
def test_it_fits_the_terminal(tmp_path: Path, environ: dict[str, str], columns: int, end: str) -> None:
    project = make_history(tmp_path / "long", environ, 200, lambda number: [record(600 + number)])
    course = project.covgate("log", COLUMNS=str(columns)).text.splitlines()[0]
    assert course.endswith(end)
    assert course.startswith("baseline  ")
    assert len(course) == min(columns, len("baseline  ") + 200 + len(end) - 1)


def test_colour_is_for_who_wants_it(rising: Project, tmp_path: Path) -> None:
    assert "\x1b" not in rising.covgate("log")
    del rising.environ["NO_COLOR"]
    assert "\x1b" not in rising.covgate("log")
    assert "\x1b[36m▇▇▇██▁▁▂▂▂\x1b[0m" in rising.covgate("log", FORCE_COLOR="1")
    # A file has no colours, and is UTF-8 whatever the terminal is.
    target = tmp_path / "log.txt"
    assert rising.covgate("log", "--output", str(target), FORCE_COLOR="1", PYTHONIOENCODING="ascii").text == ""
    assert target.read_text(encoding="utf-8").startswith("baseline  ▇▇▇██▁▁▂▂▂  80.00%")


def test_the_rows_as_json_are_what_they_were(rising: Project) -> None:
    rows = json.loads(rising.covgate("log", "--format", "json").text)
    assert rows[-1] == {
        "commit": rising.git("rev-parse", "HEAD~9"),
        "component": "default",
        "from": None,
        "to": "80.00",
        "epoch": 0,
        "override": "",
        "excuse": "",
        "who": "Ada Lovelace",
        "when": "2023-11-14T22:13:20+00:00",
        "notes_commit": rising.git("rev-list", "--max-parents=0", "refs/notes/coverage"),
    }
    assert [(row["component"], row["from"], row["to"], row["override"]) for row in rows if row["epoch"]] == [
        ("default", "68.00", "69.00", ""),
        ("default", "67.00", "68.00", ""),
        ("default", "66.00", "67.00", ""),
        ("default", "65.00", "66.00", ""),
        ("default", "84.00", "65.00", "legacy module removed"),
    ]


def test_the_points_stand_as_the_commits_do(project: Project) -> None:
    """On the line what was merged, in the order of ancestry; aside what was not, where it was recorded."""
    git = project.git
    base = git("rev-parse", "HEAD")
    git("checkout", "--quiet", "-b", "topic")
    lower, mended = project.commit("lower"), project.commit("mended")
    git("checkout", "--quiet", "-b", "abandoned", base)
    abandoned = project.commit("abandoned")
    git("checkout", "--quiet", "--detach", base)
    rebased = project.commit("rebased away")
    git("checkout", "--quiet", "main")
    git("merge", "--quiet", "--no-ff", "--no-verify", "-m", "merge", "topic")
    merge = git("rev-parse", "HEAD")
    git("branch", "--quiet", "-D", "topic")
    # Recorded in another order than they stand in.
    annotate(project, merge, record(860))
    annotate(project, base, record(800))
    annotate(project, rebased, record(805, baseline=800))
    annotate(project, lower, record(700, baseline=800, status=Status.FAIL))
    annotate(project, abandoned, record(950, baseline=950))
    annotate(project, mended, record(850, baseline=800))
    assert drawn(project) == [
        ("begin", "80.00", "PASS", "80.00", False),
        (rebased, "80.50", "PASS", "80.00", True),
        ("lower", "70.00", "FAIL", "80.00", False),
        ("abandoned", "95.00", "PASS", "95.00", True),
        ("mended", "85.00", "PASS", "80.00", False),
        ("merge", "86.00", "PASS", "86.00", False),
    ]
    # From another branch it is the same line: what the remote had last, and what is checked out.
    git("push", "--quiet", "--no-verify", "origin", "main")
    git("remote", "set-head", "origin", "main")
    git("checkout", "--quiet", "abandoned")
    git("branch", "--quiet", "-D", "main")
    line = [name for name, *_, aside in drawn(project) if not aside]
    assert [name for name in line if name != "abandoned"] == ["begin", "lower", "mended", "merge"]
    assert "abandoned" in line[1:]
    # Gone altogether: its note is left.
    git("checkout", "--quiet", "--detach", "origin/main")
    git("reflog", "expire", "--expire=all", "--all")
    git("gc", "--quiet", "--prune=now")
    assert (rebased, "80.50", "PASS", "80.00", True) in drawn(project)


def test_a_shallow_clone_tells_what_it_hides_in_the_order_of_the_notes(rising: Project, tmp_path: Path) -> None:
    whole = drawn(rising)
    shallow = tmp_path / "shallow"
    argv = ["git", "clone", "--quiet", "--depth=3", f"file://{rising.top}", str(shallow)]
    assert run(argv, tmp_path, rising.environ).status == 0
    clone = Project(shallow, rising.top, rising.environ)
    clone.git("fetch", "--quiet", "origin", "refs/notes/coverage:refs/notes/coverage")
    found = drawn(clone)
    oids = rising.git("rev-list", "--reverse", "HEAD").split()
    assert [each[0] for each in found] == [*oids[:7], "Change 7", "Change 8", "Change 9"]
    assert [each[1:] for each in found] == [each[1:] for each in whole]
    assert "This clone is shallow" in clone.covgate("log", "--format", "html")
    assert clone.covgate("log").text == rising.covgate("log").text


def test_notes_on_a_history_that_is_not_here(rising: Project, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    run(["git", "init", "--quiet", str(empty)], tmp_path, rising.environ)
    other = Project(empty, rising.top, rising.environ)
    other.git("fetch", "--quiet", str(rising.top), "refs/notes/coverage:refs/notes/coverage")
    assert [each[1:] for each in drawn(other)] == [each[1:] for each in drawn(rising)]
    assert other.covgate("log").text == rising.covgate("log").text


def test_nothing_recorded(project: Project) -> None:
    assert project.covgate("log").text == "covgate: no baseline has been recorded yet\n"
    assert project.covgate("log", "--format", "json").text == "[]\n"
    page = project.covgate("log", "--format", "html")
    assert page.status == 0
    assert "Nothing has been recorded yet" in page
    assert page_data(page.text) == {"commits": [], "components": []}


def test_what_can_not_be_believed_is_counted_and_left_out(rising: Project) -> None:
    spoilt = rising.top.parent / "spoilt"
    spoilt.write_text("---\nformat: 1\ncomponent: default\nbaseline_ratio: 9/0\nepoch: 0\n---\n")
    rising.git("commit", "--quiet", "--allow-empty", "-m", "Change 10")
    rising.git("notes", "--ref=coverage", "add", "-F", str(spoilt), "HEAD")
    assert len(drawn(rising)) == 10  # the others
    assert "One note is invalid and is left out here" in rising.covgate("log", "--format", "html")


def test_the_page_is_written_to_a_file(rising: Project, tmp_path: Path) -> None:
    target = tmp_path / "new" / "history.html"
    done = rising.covgate("log", "--format", "html", "--output", str(target))
    assert (done.status, done.text) == (0, "")
    assert target.read_text() == rising.covgate("log", "--format", "html").text


@pytest.mark.parametrize("command", [["log"], ["log", "--format", "json"], ["log", "--format", "html"], ["badge"]])
def test_a_file_that_can_not_be_written_is_a_clear_error(rising: Project, tmp_path: Path, command: list[str]) -> None:
    (tmp_path / "file").write_text("")
    for name in (str(tmp_path / "file" / "page"), str(tmp_path)):
        done = rising.covgate(*command, "--output", name)
        assert done.status == 2
        first, second = done.text.splitlines()
        assert first.startswith(f"covgate: {name} can't be written: ")
        assert second == "  give --output another file"


def badge(project: Project, *argv: str) -> list[str]:
    done = run_apart(project, "badge", *argv)
    assert done[0] == 0, done
    return [each.text or "" for each in ElementTree.fromstring(done[1]).iter(f"{SVG}text")]


def run_apart(project: Project, *argv: str) -> tuple[int, str, str]:
    """A command's status, and what it prints on each of its two channels."""
    out, err = project.top.parent / "out", project.top.parent / "err"
    line = f'exec "$@" >"{out}" 2>"{err}"'
    done = run(["sh", "-c", line, "sh", script("covgate"), *argv], project.top, project.environ)
    return done.status, out.read_text(), err.read_text()


def test_the_badge_tells_baseline_or_coverage(rising: Project, tmp_path: Path) -> None:
    annotate(rising, rising.commit("lower"), record(650, baseline=690, epoch=1, status=Status.FAIL))
    assert badge(rising) == ["coverage baseline", "69.00%"]
    assert badge(rising, "--of", "coverage") == ["coverage", "65.00%"]
    assert badge(rising, "HEAD~6") == ["coverage baseline", "84.00%"]
    assert badge(rising, "--of", "coverage", "HEAD~10") == ["coverage", "80.00%"]
    assert badge(rising, "--component", "web") == ["coverage baseline: web", "50.00%"]
    target = tmp_path / "badge.svg"
    assert rising.covgate("badge", "--output", str(target)).text == ""
    assert target.read_text() == run_apart(rising, "badge")[1]


def test_the_badge_of_nothing_is_unknown(rising: Project) -> None:
    assert badge(rising, "HEAD~9", "--of", "coverage", "--component", "web")[1] == "unknown"
    first = rising.git("rev-parse", "--short=10", "HEAD~9")
    status, svg, said = run_apart(rising, "badge", "HEAD~9", "--component", "web")
    assert (status, ">unknown</text>" in svg) == (0, True)
    assert (
        said
        == f"covgate: no baseline of the component 'web' is recorded at {first} or before; the badge says unknown\n"
    )
    assert run_apart(rising, "badge", "nowhere")[0] == 2


@pytest.fixture
def divided(rising: Project) -> Project:
    """Its last commit has two components: "web", which has a baseline, and "api-gateway", which has none."""
    web = '[components.web]\nsource = ["web"]\nfloor = 45\n'
    rising.write(".covgate.toml", f'epsilon = 0.5\n[components.api-gateway]\nsource = ["api"]\n{web}')
    rising.commit("divided")
    return rising


def test_an_unknown_component_is_an_error_that_lists_those_there_are(divided: Project) -> None:
    for argv in (["log"], ["badge"], ["baseline"], ["baseline", "set", "50", "--reason", "x"]):
        done = divided.covgate(*argv, "--component", "wbe")
        first, hint = done.text.splitlines()
        assert (done.status, first) == (2, "covgate: there is no component 'wbe' here")
        assert "api-gateway, web" in hint
        # What only the notes know can still be shown.
        if "set" not in argv:
            assert "default" in hint
            assert divided.covgate(*argv, "--component", "default").status == 0
    for argv in (["badge"], ["baseline", "set", "50", "--reason", "x"]):
        done = divided.covgate(*argv)
        assert done.status == 2
        assert done.text.splitlines()[1].endswith(" --component NAME, one of: api-gateway, web")
    assert badge(divided, "--component", "web") == ["coverage baseline: web", "50.00%"]


def test_status_has_an_aligned_row_for_each_component(divided: Project) -> None:
    last = divided.git("rev-parse", "--short=10", "HEAD~1")
    origin = divided.covgate("baseline", "--component", "web").text.splitlines()[1].split()[1].rstrip(",")
    assert divided.covgate("status").text.splitlines() == [
        "enabled   yes",
        "policy    both, floor 0.00%, epsilon 0.50",
        "",
        "component    baseline                coverage                     policy",
        "api-gateway  none yet                not measured yet",
        f"web          50.00% from {origin}  50.00% at {last} (PASS)  both, floor 45.00%, epsilon 0.50",
    ]


def test_the_log_of_some_components(divided: Project) -> None:
    assert {row["component"] for row in json.loads(divided.covgate("log", "--format", "json").text)} == {
        "default",
        "web",
    }
    done = divided.covgate("log", "--format", "json", "--component", "web", "--component", "api-gateway")
    assert {row["component"] for row in json.loads(done.text)} == {"web"}
    page = divided.covgate("log", "--format", "html", "--component", "web").text
    assert [each["name"] for each in page_data(page)["components"]] == ["web"]
    assert divided.covgate("log", "--component", "api-gateway").text == "covgate: no baseline has been recorded yet\n"


def test_the_baseline_of_each_component(divided: Project) -> None:
    head = divided.git("rev-parse", "--short=10", "HEAD")
    lines = divided.covgate("baseline").text.splitlines()
    assert lines[0].startswith(f"covgate: there is no baseline of api-gateway at {head} yet")
    assert lines[1].startswith("web: 50.00% (")
    done = divided.covgate("baseline", "set", "40", "--component", "api-gateway", "--reason", "carried over")
    assert f"the baseline of api-gateway at {head} is 40% now (epoch 1)" in done.text.replace("40.00%", "40%")
    data = json.loads(divided.covgate("baseline", "--format", "json").text)
    assert data["baseline"] is None
    assert {name: each["percent"] for name, each in data["components"].items()} == {
        "api-gateway": "40.00",
        "web": "50.00",
    }
