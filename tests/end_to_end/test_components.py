"""Components: each is measured by itself, and only if something changed that can change its number."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from covgate.gate.bar import bars_of
from covgate.gate.baseline_commit import BaselineCommit
from covgate.gate.context import Session
from covgate.gate.exclusions import with_newly_excluded
from covgate.git.remote import Remote
from covgate.git.repository import Repository
from covgate.model.lines import Line, encode, numbers_of
from covgate.model.measurement import FileResult, Measurement
from covgate.model.outcome import Outcome
from covgate.model.policy import Policy
from covgate.model.verdict import judge
from helpers.parts import COVERED, SUITE, Parts
from helpers.project import Done, Project, functions

Make = Callable[..., Project]

# The components here are measured by shell scripts: which Python runs covgate changes nothing.
pytestmark = pytest.mark.end_to_end

NAMES = tuple(f"part{number:02}" for number in range(20))


@pytest.fixture
def parts(make_project: Make, tmp_path: Path) -> Callable[[Sequence[str]], Parts]:
    return lambda names: Parts(make_project(), tmp_path / "runs", names)


def test_only_what_changed_is_measured(parts: Callable[[Sequence[str]], Parts], tmp_path: Path) -> None:
    """Twenty components: one run for a change in one, a run of each that names a shared input, none for the others."""
    found = parts(NAMES)
    project = found.project
    done = project.push()
    assert done.status == 0, done.text
    assert found.runs() == list(NAMES)
    assert "[part07] the baseline rises to 75.00%" in done
    note = project.note()
    assert note.count("baseline_ratio: 3/4") == 20

    project.write("part07/code.c", COVERED + "e /* covered */\n")
    project.commit()
    done = project.push()
    assert done.status == 0, done.text
    assert found.runs() == ["part07"]
    assert "[part07]: 80.00% holds the baseline of 75.00%" in done
    before = project.git("rev-parse", "HEAD~1")[:10]
    carried = ", ".join(name for name in NAMES if name != "part07")
    assert f"unchanged, carried forward from {before}: {carried}\n" in done

    project.write("shared/header.h", "2\n")
    project.commit()
    assert project.push().status == 0
    assert found.runs() == ["part00", "part01"]

    # A clone that has measured nothing carries forward, too, and writes the same bytes.
    other = project.clone(tmp_path / "other")
    other.environ["RUNS"] = str(found.log)
    for clone in (project, other):
        clone.write("part03/code.c", COVERED + "e\n")
        clone.commit("the same everywhere")
    done = other.push()
    assert done.status == 1
    assert found.runs() == ["part03"]
    assert "BLOCKED main" in done
    assert "part03/code.c:5  new  e" in done
    project.covgate("check")
    assert note_of(other, "part19") == note_of(project, "part19")
    assert "component: part19" in note_of(project, "part19")

    # A new floor changes no input; it is judged by what is carried forward.
    project.git("reset", "-q", "--hard", "origin/main")
    found.runs()
    found.configure({name: "floor = 90\n" if name == "part05" else "" for name in NAMES[2:]})
    project.commit()
    done = project.push()
    assert done.status == 1
    assert found.runs() == []
    assert "BLOCKED main" in done
    assert "75.00% is below the floor of 90.00%" in done
    assert "removed components, whose baselines no longer apply: part00, part01" in done


def data_of(done: Done) -> dict[str, Any]:
    """The JSON that was printed, after what was said on stderr while the commit was measured."""
    found: dict[str, Any] = json.loads(done.text[done.text.index("{\n") :])
    return found


def note_of(project: Project, component: str) -> str:
    documents = project.note().split("---\n")
    return next(each for each in documents if f"component: {component}\n" in each)


def test_each_is_reported_by_its_name(parts: Callable[[Sequence[str]], Parts]) -> None:
    found = parts(["api", "web", "slow"])
    project = found.project
    assert project.push().status == 0
    found.runs()
    # One loses coverage, one can't be measured in time, one passes: nothing of it is lost.
    project.write("api/code.c", COVERED.replace("covered", "not any more", 1))
    project.write("slow/suite.sh", "sleep 60\n")
    project.write("web/code.c", COVERED + "e /* covered */\n")
    found.configure({"api": "", "web": "", "slow": "timeout = 1\n"})
    project.commit()
    done = project.push()
    assert done.status == 1
    assert "WARNING not measured [slow]: the measurement took longer than timeout = 1 seconds and was ended" in done
    assert "WARNING this push was not measured for slow;" in done
    assert "PASS main" in done and "[web]: 80.00% holds the baseline of 75.00%" in done
    assert "it is meant to fall:     covgate baseline set 50.00 --component api" in done
    assert "component: web\ncoverage_status: PASS\nmeasured_coverage: 80.00" in project.note()
    assert "component: slow" not in project.note()

    done = project.covgate("check", "--component", "web", "--format", "json")
    assert "is measured here" not in done, done.text
    shown = data_of(done)
    assert list(shown["components"]) == ["web"]
    assert (shown["status"], shown["components"]["web"]["measured_coverage"]) == ("PASS", "80.00")
    assert "there is no component 'nope' here\n  components of this commit: api, web, slow" in project.covgate(
        "check", "--component", "nope"
    )

    # Each has a baseline of its own, also if it is set by hand.
    done = project.covgate("baseline", "set", "50", "--reason", "why")
    assert (done.status, "add --component NAME, one of: api, web, slow" in done) == (2, True)
    both = ("--component", "api", "--component", "web")
    done = project.covgate("baseline", "set", "50", *both, "--reason", "why")
    assert (done.status, "set them one by one" in done) == (2, True)
    assert "give one --component NAME, one of: api, web" in project.covgate("badge", *both)
    assert [line.partition(":")[0] for line in project.covgate("baseline", *both).text.splitlines()[::2]] == [
        "api",
        "web",
    ]
    assert project.covgate("baseline", "set", "50", "--component", "api", "--reason", "why").status == 0
    assert project.push().status == 0
    assert "api: 50.00% (1/2, epoch 1)" in project.covgate("baseline")


def test_paths_that_a_push_drops_count_until_that_has_landed(parts: Callable[[Sequence[str]], Parts]) -> None:
    found = parts(["api", "web"])
    project = found.project
    assert project.push().status == 0
    project.git("checkout", "--quiet", "-b", "topic")
    found.configure({"api": "", "web": ""})
    project.commit()
    assert "paths is without shared/**" in project.push("topic")
    found.runs()
    project.write("README", "x\n")
    project.commit()
    assert "unchanged, carried forward from" in project.push("topic")
    assert found.runs() == []
    project.write("shared/header.h", "2\n")
    project.commit()
    assert project.push("topic").status == 0
    assert found.runs() == ["api", "web"]
    # What was recorded on the way fits the component's own rules, which hold from now on.
    project.git("checkout", "--quiet", "main")
    project.git("merge", "--quiet", "topic")
    assert project.push().status == 0
    shutil.rmtree(project.top / ".git/covgate/measurements")
    project.write("shared/header.h", "3\n")
    project.commit()
    assert project.push().status == 0
    assert found.runs() == []


def test_components_side_by_side(parts: Callable[[Sequence[str]], Parts], tmp_path: Path) -> None:
    """Each of two waits for the other to begin: one after the other, they would never end."""
    found = parts(["one", "two"])
    project = found.project
    for mine, other in (("one", "two"), ("two", "one")):
        wait = f"touch {tmp_path}/{mine}\nwhile [ ! -e {tmp_path}/{other} ]; do sleep 0.1; done\n"
        project.write(f"{mine}/suite.sh", wait + SUITE.format(name=mine))
    project.commit()
    done = project.covgate("check", "--jobs", "2", COVGATE_TIMEOUT="60")
    assert done.status == 0, done.text
    assert done.text.count("PASS") == 2
    assert found.runs() == ["one", "two"]
    assert "is not a number from 1 to 256" in project.covgate("check", "--jobs", "0")


def test_a_repository_that_begins_to_use_components(make_project: Make) -> None:
    project = make_project()
    project.push()
    project.write("lib/extra.py", "x = 1\n")
    project.configure('[tool.covgate.components.pkg]\nsource = ["pkg"]\npaths = ["pkg/**", "tests/**"]\n')
    project.commit()
    done = project.push()
    assert done.status == 0, done.text
    assert "the baseline of 83.33% stays that of default" in done
    assert "covgate baseline set 83.33 --component NAME" in done
    assert "[pkg]: 83.33%; no baseline yet (bootstrap)" in done
    # What is outside of the components has a name as well: the advice of a block needs it.
    project.configure('source = ["lib"]\n[tool.covgate.components.pkg]\nsource = ["pkg"]\n')
    project.commit()
    assert 'baseline set 0.00 --component default --reason "why"' in project.push()
    project.configure("")
    project.commit()
    assert "removed components, whose baselines no longer apply: pkg" in project.push()


def test_ci_measures_each_component(parts: Callable[[Sequence[str]], Parts], tmp_path: Path) -> None:
    found = parts(["api", "web"])
    assert found.project.push().status == 0
    clone = found.project.clone(tmp_path / "clone")
    clone.environ["RUNS"] = str(found.log)
    clone.write("stray/code.c", "x\n")
    clone.commit()
    found.runs()
    done = clone.covgate("check")
    assert "unchanged, carried forward from" in done
    assert "1 new source file is not measured: stray/code.c" in done, done.text
    assert found.runs() == []
    assert "carried forward" not in clone.covgate("check", CI="true")
    assert found.runs() == ["api", "web"]


def test_reports_of_some_components(parts: Callable[[Sequence[str]], Parts], tmp_path: Path) -> None:
    """CI sends the reports of what it ran: the others are carried forward, if they have not changed."""
    found = parts(["api", "web"])
    project = found.project
    assert project.push().status == 0
    project.write("api/code.c", COVERED + "e /* covered */\n")
    project.commit()
    report = tmp_path / "api.info"
    report.write_text(
        "SF:api/code.c\n" + "".join(f"DA:{line},{line != 3:d}\n" for line in range(1, 6)) + "end_of_record\n"
    )
    found.runs()
    done = project.covgate("check", "--report", str(report), CI="true")
    assert done.status == 0, done.text
    assert found.runs() == []
    assert "[api]: 80.00% holds the baseline of 75.00%" in done
    assert "carried forward from" in done and ": web\n" in done
    done = project.covgate("check", "--report", str(report), "--fail-closed")
    assert (done.status, "covgate: web: no report has a file of it, and under fail_closed" in done) == (1, True), (
        done.text
    )
    # If it has changed, its files count as not executed.
    project.write("web/code.c", COVERED + "e\n")
    project.commit()
    done = project.covgate("check", "--report", str(report), CI="true")
    assert done.status == 1
    assert "[web]\n  0.00% is below the baseline of 75.00%" in done
    # The report of one component is read as that component says, and may be relative to its directory.
    with (project.top / ".covgate.toml").open("a") as file:
        file.write('report_paths = { "/app" = "web" }\n')
    project.commit()
    lines = "".join(f"DA:{line},1\n" for line in range(1, 6)) + "end_of_record\n"
    for name in ("/app/code.c", "code.c", "web/code.c"):
        report.write_text(f"SF:{name}\n{lines}")
        assert "[web]: 100.00%" in project.covgate("check", "--component", "web", "--report", str(report), CI="true")
    assert "its `report_paths` are not used" in project.covgate("check", "--report", str(report), CI="true")


def test_the_merge_of_what_others_changed(parts: Callable[[Sequence[str]], Parts]) -> None:
    """`preview_merge`: of the components of the merge, only those are measured that nobody has measured yet."""
    found = parts(["api", "shop", "web"])
    project = found.project
    settings = project.top / ".covgate.toml"
    settings.write_text("preview_merge = true\n" + settings.read_text())
    project.commit()
    assert project.push().status == 0
    for branch, name in (("topic", "api"), ("main", "web")):
        project.git("checkout", "--quiet", "-B", branch, "origin/main")
        project.write(f"{name}/code.c", COVERED + "e /* covered */\n")
        project.commit()
    assert project.push().status == 0
    found.runs()
    done = project.push("topic")
    assert done.status == 0, done.text
    topic, main = (project.git("rev-parse", name)[:10] for name in ("topic", "main"))
    at = f"{topic} merged with main {main}"
    assert f"PASS topic {at} [api]: 80.00% holds the baseline of 75.00%" in done
    assert f"PASS {at}: unchanged, carried forward from {main}: shop, web\n" in done
    assert found.runs() == ["api"]
    assert project.note("topic") == ""
    project.git("merge", "--quiet", "--no-edit", "topic")
    assert "component: api\ncoverage_status: PASS\nmeasured_coverage: 80.00" in project.note()
    assert project.push().status == 0
    assert found.runs() == []


def test_the_components_that_fail_are_excused(parts: Callable[[Sequence[str]], Parts]) -> None:
    found = parts(["one", "two"])
    project = found.project
    found.configure({"one": 'source = ["code.c"]\n', "two": ""})
    project.commit()
    assert project.push().status == 0
    # What is judged is what the base measures, and what is excused is the commit.
    found.configure({"one": "", "two": ""})
    project.write("one/code.c", COVERED + "e\n")
    project.commit()
    done = project.push()
    assert done.status == 1
    assert "source is without code.c" in done
    done = project.covgate("excuse", "why", "--component", "two")
    assert done.status == 2
    assert "two passes at" in done, done.text
    done = project.covgate("excuse", "why")
    assert "(one) is excused" in done, done.text
    done = project.push()
    assert done.status == 0, done.text
    assert "PASS, excused: why (main" in done
    assert "[one])" in done
    assert "excuse: why\n" in note_of(project, "one")
    assert f"excused   {project.git('rev-parse', 'HEAD')[:10]} (one): why\n" in project.covgate("status")
    other = project.covgate("status", "--component", "two")
    assert "\ntwo " in other and "\none " not in other and "excused" not in other
    unknown = project.covgate("status", "--component", "three")
    assert unknown.status == 2 and "there is no component 'three' here" in unknown


def test_many_components_start_git_as_often_as_two(make_project: Make, tmp_path: Path) -> None:
    """A commit that was measured and is blocked: its baselines, lines and differences are looked up once for all."""
    counts = []
    for count in (2, 6):
        found = Parts(make_project(f"of{count}"), tmp_path / f"runs{count}", NAMES[:count])
        project = found.project
        assert project.push().status == 0
        for name in NAMES[:count]:
            project.write(f"{name}/code.c", COVERED + "e\n")
        project.commit("worse")
        # The lines of the base are those in the cache, and belong to the component.
        project.git("update-ref", "-d", "refs/notes/coverage-files")
        shown = data_of(project.covgate("check", "--format", "json", COVGATE_SYNC="false"))
        for name in NAMES[:count]:
            part, own = shown["components"][name], f"{name}/code.c"
            assert [each["path"] for each in (*part["lines"], *part["explanation"]["files"])] == [own, own], part
            assert part["explanation"]["before"]["executed_statements"] == 3
        traced = tmp_path / f"traced{count}"
        assert project.covgate("check", GIT_TRACE2_EVENT=str(traced)).status == 1
        assert len(found.runs()) == 2 * count
        events = [json.loads(line) for line in traced.read_text().splitlines()]
        counts.append(sum(each["event"] == "start" and "/" not in each["sid"] for each in events))
    assert counts[0] == counts[1]


def test_a_component_counts_the_same_where_it_was_before(make_project: Make, tmp_path: Path) -> None:
    """The configuration of coverage is that in its directory, which may have been another one."""
    project = Parts(make_project(), tmp_path / "runs", ["api"]).project
    project.write("api/.coveragerc", "[run]\nbranch = true\n[report]\nexclude_also = skip me\n")
    project.write("api/code.c", COVERED + "e skip me\n")
    before = project.commit("configure coverage")
    project.git("mv", "api", "moved")
    settings = project.top / ".covgate.toml"
    settings.write_text(settings.read_text().replace('directory = "api"', 'directory = "moved"'))
    after = project.commit("move it")
    repository = Repository.discover(project.top, project.environ)
    session = Session(repository=repository, environ=project.environ)
    for oid, judged in ((before, before), (before, after), (after, after)):
        (bar,) = bars_of(session, judged, [before], Remote(repository, ""))
        lines = encode([Line(1, True)], [5])
        file = FileResult(path=bar.config.path("code.c"), numbers=numbers_of(lines), lines=lines)
        measured = Measurement(tree=session.measurer.tree(judged, bar.config), numbers=file.numbers, files=(file,))
        commit = BaselineCommit(
            session=session,
            notes=session.notes,
            bar=bar,
            oid=oid,
            judged=judged,
            is_published=True,
            measured=measured,
            measured_here=True,
            may_measure=False,
        )
        assert commit.same_configuration
        outcome = Outcome(verdict=judge(None, None, Policy()), commit=judged, measurement=measured)
        assert with_newly_excluded(session, outcome, bar).newly_excluded == ()
    repository.close()


def test_python_components_count_what_their_owners_do(make_project: Make) -> None:
    """Packages and modules that have the name of a directory at the top, and tests beside them."""
    project = make_project()
    project.git("rm", "-rqf", "pkg", "tests")
    project.write("api/api/__init__.py", "")
    project.write("api/api/mod.py", functions("a", "b"))
    project.write("api/tests/test_api.py", "from api import mod\n\n\ndef test():\n    assert mod.a()\n")
    project.write(".coveragerc", "[run]\nbranch = true\n")
    project.write("svc/svc.py", functions("a"))
    project.write("svc/test_svc.py", "import svc\n\n\ndef test():\n    assert svc.a()\n")
    tables = '[tool.covgate.components]\napi.directory = "api"\nsvc.directory = "svc"\n'
    project.configure(tables)
    project.commit()
    done = project.push()
    assert done.status == 0, done.text
    note = project.note()
    assert "component: api\ncoverage_status: PASS\nmeasured_coverage: 75.00\n" in note
    assert "component: svc\ncoverage_status: PASS\nmeasured_coverage: 100.00\n" in note
    assert ("statements: 4\n" in note, "statements: 2\n" in note) == (True, True)
    assert ".coveragerc at the top configures coverage, and is not read in svc" in project.covgate("doctor")

    # Another directory, while the old one is still there, is no way out: the old one is judged until that has landed.
    project.write("small/small.py", "x = 1\n")
    project.write("small/test_small.py", "import small\n\n\ndef test():\n    assert small.x\n")
    project.write("api/tests/test_api.py", "def test():\n    pass\n")
    project.configure(tables.replace('api.directory = "api"', 'api.directory = "small"'))
    project.commit()
    done = project.push()
    assert done.status == 1
    assert "api: the base" in done and "directory api -> small" in done
    assert "0.00% is below the baseline of 75.00%" in done
    # One that can't be measured keeps no other from being judged, also side by side.
    project.configure(f'{tables}svc.python = "no-such-python"\n')
    project.commit()
    done = project.covgate("check", "--jobs", "2")
    assert done.status == 1
    assert "WARNING not measured [svc]: python = 'no-such-python'" in done


def test_parts_of_one_package(make_project: Make) -> None:
    """Coverage's configuration is for the whole package. Of that, the sources of a component count, as in a report."""
    project = make_project()
    for name, names in (("core", ("a", "b")), ("io", ("a",))):
        project.write(f"pkg/{name}/__init__.py", functions(*names))
        test = f"from pkg.{name} import a\n\n\ndef test():\n    assert a()\n"
        project.write(f"tests/{name}/test_{name}.py", test)
    tables = "".join(
        f'[tool.covgate.components.{name}]\nsource = ["pkg/{name}"]\ncommand = "pytest tests/{name}"\n'
        for name in ("core", "io")
    )
    project.configure(f'[tool.coverage.run]\nsource = ["pkg"]\n{tables}')
    project.commit()
    done = project.push()
    assert done.status == 0, done.text
    assert "[core]: 75.00%" in done
    assert "[io]: 100.00%" in done
    assert "both count" not in done
    assert "source is set" not in project.covgate("doctor")
