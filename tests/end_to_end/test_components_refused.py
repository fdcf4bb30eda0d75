"""Components and bad input: each is one line that says what to do, and takes nothing from the other components."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from helpers.parts import COVERED, SUITE, Parts
from helpers.project import Project

MakeParts = Callable[[Sequence[str]], Parts]

pytestmark = pytest.mark.end_to_end


@pytest.fixture
def parts(make_project: Callable[..., Project], tmp_path: Path) -> MakeParts:
    return lambda names: Parts(make_project(), tmp_path / "runs", names)


def test_a_directory_must_be_one_of_the_commit(parts: MakeParts, tmp_path: Path) -> None:
    found = parts(["api"])
    project = found.project
    outside = tmp_path / "outside"
    outside.mkdir()
    (project.top / "link").symlink_to(outside)
    (project.top / "away").symlink_to(outside)
    project.write("file", "")
    found.configure({"api": "", "gone": "", "file": "", "link": ""})
    text = (project.top / ".covgate.toml").read_text()
    project.write(".covgate.toml", text + '[components.deep]\ndirectory = "away/deep"\n')
    commit = project.commit()[:10]
    done = project.push()
    assert done.status == 1
    told = [line.strip() for line in done.text.splitlines() if "directory" in line and commit in line]
    assert told == [
        "components.gone.directory: gone is not in the commit (or it is behind a symbolic link, or in a submodule): it"
        f" must be a directory of {commit}",
        f"components.file.directory: file is a file or a link: it must be a directory of {commit}",
        f"components.link.directory: link is a file or a link: it must be a directory of {commit}",
        "components.deep.directory: away/deep is not in the commit (or it is behind a symbolic link, or in a"
        f" submodule): it must be a directory of {commit}",
    ]
    assert "Traceback" not in done
    assert found.runs() == []
    told = [line for line in project.covgate("doctor").text.splitlines() if line.startswith("PROBLEM [")]
    assert told == [
        "PROBLEM [gone]  gone is not a directory of this checkout",
        "PROBLEM [file]  file is not a directory of this checkout",
        "PROBLEM [link]  link is behind a symbolic link",
        "PROBLEM [deep]  away/deep is not a directory of this checkout",
    ]


def test_another_command_is_no_excuse(parts: MakeParts) -> None:
    """The inputs of a component don't contain its command: what its baseline measures is up to the old one."""
    found = parts(["web"])
    project = found.project
    assert project.push().status == 0
    lines = ["SF:web/code.c", *(f"DA:{line},{line == 4:d}" for line in (1, 2, 3, 4)), "end_of_record"]
    lost = f"mkdir -p out; printf '%s\\\\n' {' '.join(lines)} > out/lcov.info"
    found.configure({"web": f'command = ["sh", "-c", "{lost}"]\n'})
    project.commit()
    done = project.push()
    assert done.status == 1, done.text
    assert "[web]\n  25.00% is below the baseline of 75.00%" in done
    assert "web: this push changes how it is measured: paths, command" in done


@pytest.mark.parametrize(
    ("report", "why"), [("TN:", "has no file in it"), ("", "can't be read as a coverage report: it is empty")]
)
def test_a_report_without_a_file_is_no_way_through(parts: MakeParts, report: str, why: str) -> None:
    """The first is what Node's test runner writes if its tests are deleted."""
    found = parts(["api", "web"])
    project = found.project
    assert project.push().status == 0
    project.write("web/suite.sh", f"mkdir -p out\necho {report} > out/lcov.info\n")
    project.commit()
    done = project.push()
    assert done.status == 1, done.text
    assert "[web]\n  0.00% is below the baseline of 75.00%" in done
    assert f"web: out/lcov.info {why}" in done


def test_a_report_is_its_own_components(parts: MakeParts) -> None:
    """A command that writes another component's report counts files that are not its own."""
    found = parts(["api", "web"])
    project = found.project
    assert project.push().status == 0
    project.write("web/suite.sh", "cd ../api\n" + SUITE.format(name="api"))
    project.commit()
    done = project.push()
    assert "WARNING not measured [web]: command wrote no new report to out/lcov.info" in done
    project.write(
        "web/suite.sh", "cd ../api\n" + SUITE.format(name="api") + "mkdir -p ../web/out\nmv out/* ../web/out/\n"
    )
    project.commit()
    done = project.push()
    assert done.status == 1, done.text
    assert "[web]" in done
    assert "web counts api/code.c, but a change there doesn't run its tests: add it to `paths`" in done


def test_documents_of_other_components_are_kept(parts: MakeParts) -> None:
    """A note may know components that the configuration of its commit lacks."""
    found = parts(["api", "web"])
    project = found.project
    assert project.push().status == 0
    note = project.note()
    document = note[note.rindex("---\nformat") : note.rindex("---\n")].replace("component: web", "component: other")
    project.write(".git/note", note.replace("---\nformat", f"{document}---\nformat", 1))
    project.git("notes", "--ref=coverage", "add", "-f", "-F", ".git/note")
    done = project.covgate("baseline", "set", "80", "--component", "api", "--reason", "why")
    assert done.status == 0, done.text
    assert "component: other\n" in project.note()
    assert "baseline_ratio: 4/5" in project.note()
    project.write("api/code.c", COVERED.replace("c\n", ""))
    project.commit()
    assert project.push().status == 0
    assert "component: other\n" in project.note("HEAD~1")
    assert project.field("component") == "api"
    assert "component: other" not in project.note()


def test_a_renamed_component_begins_anew_and_says_so(parts: MakeParts) -> None:
    found = parts(["api", "web"])
    project = found.project
    assert project.push().status == 0
    project.git("mv", "web", "site")
    project.write("site/suite.sh", SUITE.format(name="site"))
    found.configure({"api": "", "site": ""})
    project.commit()
    done = project.push()
    assert done.status == 0, done.text
    assert "[site]: 75.00%; no baseline yet (bootstrap)" in done
    assert "new components, without a baseline yet: site" in done
    assert "removed components, whose baselines no longer apply: web" in done
    # If it measures the same directory, the baseline can be carried over.
    found.configure({"api": "", "page": ""})
    settings = project.top / ".covgate.toml"
    settings.write_text(settings.read_text().replace('"page"', '"site"'))
    project.commit()
    carry = 'covgate baseline set 75.00 --component page --reason "carried over from site"'
    done = project.push()
    assert f"page measures what site measured, without the baseline of 75.00% (to carry it over: {carry})" in done


def test_what_a_component_depends_on_is_named(parts: MakeParts) -> None:
    found = parts(["one", "two", "three"])
    for name, needs in (("one", ""), ("two", '"one"'), ("three", '"two"')):
        found.project.write(f"{name}/pyproject.toml", f'[project]\nname = "{name}"\ndependencies = [{needs}]\n')
    found.configure({"one": "", "two": "", "three": 'paths = ["one/*.c"]\n'})
    found.project.commit()
    lines = found.project.covgate("doctor").text.splitlines()
    assert [line for line in lines if "depends on" in line] == [
        "WARNING [two]  two depends on one, and `paths` doesn't say so",
        "WARNING [three]  three depends on two, and `paths` doesn't say so",
    ]
    assert 'fix:  add to `paths` in [components.three] in .covgate.toml: "two/**"' in "\n".join(lines)
