"""What a push measures, and what it says about code that nothing measures."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from helpers.project import Project, calls, functions

Make = Callable[..., Project]

pytestmark = pytest.mark.end_to_end


def test_new_and_moved_code_that_nothing_measures_is_named(make_project: Make) -> None:
    project = make_project()
    project.write("pkg/extra.py", functions("d", "e"))
    project.write("tests/test_mod.py", calls("a", "b", "c"))
    project.commit()
    assert project.push().status == 0
    (project.top / "legacy").mkdir()
    project.git("mv", "pkg/extra.py", "legacy/extra.py")
    project.write("tools/deploy.py", "print('deployed')\n")
    project.commit()
    done = project.push()
    assert done.status == 0, done.text
    assert (
        "2 new source files are not measured: legacy/extra.py (moved from pkg/extra.py), tools/deploy.py"
        " (if they should count" in done.text
    ), done.text
    project.write("README", "about\n")
    project.commit()
    assert "not measured" not in project.push()
    checked = project.covgate("check", "HEAD~", "--base", "HEAD~2", "--format", "json")
    assert json.loads(checked.text)["unmeasured"] == [
        {"path": "legacy/extra.py", "old_path": "pkg/extra.py"},
        {"path": "tools/deploy.py", "old_path": None},
    ]


def test_the_default_sources_of_the_base_stay_in_force(make_project: Make) -> None:
    project = make_project()
    assert project.push().status == 0
    project.write("src/better.py", functions("d"))
    project.write("pkg/tests/test_inside.py", "def test_inside():\n    assert 1\n")
    project.write(
        "tests/test_better.py",
        "import sys\n\n\ndef test_better():\n    sys.path.insert(0, 'src')\n    import better\n\n    better.d()\n",
    )
    project.commit()
    done = project.push()
    assert done.status == 0, done.text
    assert "by default, pkg would no longer be measured (a change counts once it has landed)" in done.text, done.text
    # 5 of 6 of the package, and 2 of 2 of the new module. The tests inside of the package don't count.
    assert project.field("executed_statements") + " of " + project.field("statements") == "7 of 8"


def test_what_the_environment_decides_is_named_and_not_recorded(project: Project) -> None:
    project.write("pkg/mod.py", functions("a", "b", "c"))
    assert project.push().status == 0
    notes = project.remote_notes()
    project.write("tests/test_mod.py", calls("a"))
    project.commit()
    done = project.push(COVGATE_EPSILON="50", COVGATE_TIMEOUT="800", PYTEST_ADDOPTS="-p no:cacheprovider --no-header")
    assert done.status == 0, done.text
    assert (
        "covgate: COVGATE_EPSILON changes what is run, counted or judged here: nothing is recorded,"
        " and no baseline rises (COVGATE_TIMEOUT set, too)" in done.text
    ), done.text
    assert (project.note(), project.remote_notes()) == ("", notes)
    project.write("tests/test_mod.py", calls("a", "b", "c"))
    project.commit()
    done = project.push(PYTEST_ADDOPTS="-k calls", COVGATE_VERSION="1.2")
    assert "COVGATE_VERSION: unknown to covgate, and ignored" in done.text
    assert "PYTEST_ADDOPTS changes what is run" in done.text, done.text
    assert project.note() == ""
    done = project.covgate("ratchet", "--fail-closed", PYTEST_ADDOPTS="-k calls")
    assert done.status == 3, done.text
    assert "PYTEST_ADDOPTS changes what is run, counted or judged here: nothing is recorded" in done.text, done.text
    assert "the baseline rises from 83.33% to 100.00%" in project.covgate("ratchet").text
    assert "unknown variable; did you mean COVGATE_FLOOR?" in project.covgate("check", COVGATE_FLOR="99").text


PLUGIN = """\
import coverage


class Plugin(coverage.CoveragePlugin):
    def configure(self, config):
        config.set_option("run:{option}", {value})


def coverage_init(registry, options):
    registry.add_configurer(Plugin())
"""


def test_a_plugin_of_coverage_decides_like_a_file_but_not_for_its_own_push(make_project: Make) -> None:
    project = make_project()
    project.write("measuring.py", PLUGIN.format(option="source", value=["pkg", "more"]))
    project.write(".coveragerc", "[run]\nplugins = measuring\n")
    project.write("more/a.py", functions("d"))
    project.commit()
    assert "sources       pkg, more (a plugin of coverage), 3 files" in project.covgate("doctor").text
    assert project.push().status == 0
    assert project.field("statements") == "8"
    project.write("hiding.py", PLUGIN.format(option="omit", value=["more/*"]))
    project.write(".coveragerc", "[run]\nplugins =\n    measuring\n    hiding\n")
    project.commit()
    done = project.push()
    assert done.status == 0, done.text
    assert "its rules hold for this push: plugins has hiding (a change counts" in done.text, done.text
    assert "this push changes coverage's plugins, which may decide what is measured: hiding is new" in done.text
    assert project.field("statements") == "8"


def test_pytest_cov_leaves_the_tests_inside_of_a_package_out(make_project: Make) -> None:
    project = make_project(plugins=("pytest-cov",))
    path = project.top / "pyproject.toml"
    path.write_text(path.read_text() + '[tool.pytest.ini_options]\naddopts = "--cov"\n')
    project.write("pkg/tests/test_inside.py", "def test_inside():\n    assert 1\n")
    project.commit()
    done = project.push()
    assert done.status == 0, done.text
    assert project.field("statements") == "6", done.text
    path.write_text(path.read_text().replace("--cov", "--cov=pkg.mod"))
    project.commit()
    notice = "changes pytest-cov's options in addopts, which decide what is measured: --cov -> --cov=pkg.mod"
    assert notice in project.push().text
