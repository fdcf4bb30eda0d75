"""`covgate check`: each kind of verdict in each format, pages, reports in and out."""

from __future__ import annotations

from golden_run.project import NOTE, Project, calls, functions
from golden_run.pushes import BROKEN
from golden_run.sandbox import Sandbox

FORMATS = ("text", "json", "markdown", "github", "sarif")
REPORTS = {"json": "coverage.json", "xml": "coverage.xml", "lcov": "coverage.lcov"}
LOW = "SF:pkg/mod.py\nDA:1,1\nDA:2,0\nDA:5,1\nDA:6,0\nDA:9,1\nDA:10,0\nend_of_record\n"
# (name, text): reports that can't be judged.
BAD_REPORTS = {
    "empty": "",
    "other.json": "{}",
    "counts.json": '{"meta": {}, "files": {}, "totals": {"num_statements": "12"}}',
    "torn.xml": "<coverage",
    "entity.xml": '<!DOCTYPE x [<!ENTITY y "z">]><coverage>&y;</coverage>',
    "torn.lcov": "SF:pkg/mod.py\nDA:one,1\nend_of_record\n",
    "outside.lcov": "SF:/nowhere/mod.py\nDA:1,1\nend_of_record\n",
    "other-files.lcov": "SF:lib/mod.py\nDA:1,1\nend_of_record\n",
}


def record(sandbox: Sandbox) -> None:
    project = Project.create(sandbox, "formats", "formats", config="patch_floor = 60\n")
    project.record("first", "covgate check", "covgate check --format json")
    project.record("push", "git push --set-upstream origin main")
    _verdicts(project)
    _pages(project)
    _terminals(project)
    _names(project)
    _reports(sandbox)


def _verdicts(project: Project) -> None:
    project.write("pkg/mod.py", functions("a", "b", "c") + "# a comment\n")
    project.commit("passes")
    _every_format(project, "pass")
    project.branch("failing")
    project.write("tests/test_mod.py", BROKEN)
    project.commit("failing")
    _every_format(project, "failing")
    project.branch("error")
    project.configure('command = ["no-such-program"]\n')
    project.commit("error")
    _every_format(project, "error")
    _every_format(project, "error-closed", "--fail-closed")
    project.record("not-applicable", *(f"covgate check --format {each}" for each in FORMATS), COVGATE_DISABLE="1")
    project.branch("blocked")
    project.write("pkg/mod.py", functions("a", "b", "c", "d", "e"))
    project.write("pkg/more.py", functions("x"))
    project.write("tests/test_mod.py", calls("a"))
    project.commit("blocked")
    _every_format(project, "blocked")
    project.record("blocked-by-all", "covgate check", "covgate check --format json", COVGATE_FLOOR="95")
    project.record("blocked-base", "covgate check --base HEAD", "covgate check HEAD~1 --base HEAD~1")


def _every_format(project: Project, name: str, *options: str) -> None:
    for each in FORMATS:
        project.record(f"{name}-{each}", " ".join(["covgate check --format", each, *options]))
    project.record(f"{name}-output", " ".join(["covgate check --output ../report.md", *options]), "cat ../report.md")


def _pages(project: Project) -> None:
    directory = project.top.parent / "pages"
    project.record("pages", f"covgate check --html {directory} --format json")
    project.record_files("blocked-pages", directory)
    project.record("pages-refused", "covgate check --html pkg", "covgate check --html .gitignore")
    project.record("output-refused", "covgate check --output pkg/mod.py/report.md")
    project.git("checkout", "--quiet", "main")
    project.record("pages-again", f"covgate check --html {directory}")
    project.record_files("pass-pages", directory)


def _terminals(project: Project) -> None:
    project.git("checkout", "--quiet", "blocked")
    project.record("colours", "covgate check", "covgate check --format github", NO_COLOR="", FORCE_COLOR="1")
    project.record("narrow", "covgate check", COLUMNS="60")
    project.record("wide", "covgate check", COLUMNS="160")


def _names(project: Project) -> None:
    project.branch("names")
    for name in ("naïve", "名前", "a\x1b[31mb", "new\nline", "<b>", "<i>&amp;"):
        project.write(f"pkg/{name}.py", functions("f"))
    project.commit("names")
    for each in FORMATS:
        project.record(f"names-{each}", f"covgate check --format {each}")
    project.record("names-ascii", "covgate check", "covgate check --format json", PYTHONIOENCODING="ascii")
    directory = project.top.parent / "names"
    project.record("names-html", f"covgate check --html {directory}")
    project.record_files("names-pages", directory)


def _reports(sandbox: Sandbox) -> None:
    project = Project.create(sandbox, "formats", "reports")
    project.environ = {"COVERAGE_FILE": str(project.top.parent / "data")}
    coverage = ["python", "-m", "coverage"]
    argv = [*coverage, "run", "--branch", "--source=pkg", "-m", "pytest", "-q"]
    sandbox.output_of(argv, project.top, project.environ)
    for kind, name in REPORTS.items():
        sandbox.output_of([*coverage, kind, "-q", "-o", f"../{name}"], project.top, project.environ)
    project.environ = {}
    for kind, name in (*REPORTS.items(), ("data", "data")):
        project.record(
            f"report-{kind}", f"covgate check --report ../{name}", f"covgate check --report ../{name} --format json"
        )
    project.record("report-several", "covgate check --report ../coverage.lcov --report ../coverage.xml --format json")
    project.record("report-not-recorded", NOTE)
    for name, text in BAD_REPORTS.items():
        project.write(f"../{name}", text)
    bad = [f"covgate check --report ../{name}" for name in ("missing", *BAD_REPORTS)]
    project.record("report-bad", *bad)
    project.record("report-bad-closed", *(f"{each} --fail-closed" for each in bad))
    project.record("report-bad-json", f"{bad[2]} --format json")
    project.record("report-push", "git push origin main")
    project.write("README", "more\n")
    project.commit("more")
    project.write("../low.lcov", LOW)
    project.record("report-blocked", "covgate check --report ../low.lcov --output ../report.md", "cat ../report.md")
