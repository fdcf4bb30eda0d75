"""Every parser of texts that covgate doesn't write itself, or that others may have changed: for fuzzing and timing.

A new parser belongs here. ``declared`` are the exceptions that its callers expect; anything else is a defect.
"""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import SimpleNamespace

from covgate_hooks.push_command import parse_porcelain, parse_push_command

from covgate.config import parse_config
from covgate.errors import ConfigurationError, ToolError, UsageError
from covgate.gate.catch_up import _read_bookmarks
from covgate.git.diff_text import parse_diff
from covgate.git.messages import error_line, lock_exists, lost_race
from covgate.git.objects import blobs_in
from covgate.git.push_refs import PushResult, parse_push_report
from covgate.install.component_text import Table, add_components, remove_components
from covgate.install.hooks_yaml import add_hooks, has_hooks, remove_hooks, stages_of
from covgate.measure.analysis import left_out
from covgate.measure.cache import Cache
from covgate.measure.coverage_config import CoverageConfig, enforce_base, read_coverage_config
from covgate.measure.documented import documented_commands
from covgate.measure.documented.project_files import FILES as DOCUMENTED
from covgate.measure.environments.declared import declared_distributions, where_declared
from covgate.measure.environments.installed import problem, settings
from covgate.measure.environments.tool_environments import RUNNERS, TOOLS
from covgate.measure.inside.covgate_statements import multi_line_statements
from covgate.measure.packaging import read_build
from covgate.measure.parts import find_parts
from covgate.measure.pytest_config import read_pytest_config
from covgate.measure.reports import DataFile, go_cover, parse, parse_report
from covgate.measure.reports.located import Commit, report_at_commit
from covgate.measure.reports.names import Ambiguous, Naming, Tree, locate
from covgate.measure.reports.ruby_comments import without_skipped
from covgate.measure.reports.values import FileLines
from covgate.measure.skipped import skipped_parts
from covgate.measure.unmeasured import read_unmeasured
from covgate.model import lines
from covgate.model.detail import parse_detail
from covgate.model.note_fields import load_fields
from covgate.model.note_text import parse_note, read_status
from covgate.model.record import Note
from covgate.model.ref_update import parse_pre_push_lines
from covgate.notes.index import PARSED_WITHOUT_FILE, RecordIndex, load_summary
from covgate.notes.seen import load_seen
from helpers.report_samples import SAMPLES


@dataclass(frozen=True, kw_only=True)
class Parser:
    """``parse`` reads bytes; ``seeds`` are valid ones, ``grown`` makes large ones of a given size.

    ``found`` are inputs from which an exception has escaped once, or that took forever.
    """

    parse: Callable[[bytes], object]
    declared: tuple[type[Exception], ...] = ()
    seeds: tuple[bytes, ...] = ()
    found: tuple[bytes, ...] = ()
    grown: Mapping[str, Callable[[int], bytes]]


OID = "0123456789abcdef0123456789abcdef01234567"
NOTE = f"""---
format: 1
component: default
coverage_status: PASS
measured_coverage: 88.25
baseline: 88.25
floor: 80.00
policy: both
epsilon: 0.50
delta: 3.25
reason: "it: held"
epoch: 2
baseline_ratio: 1059/1200
override: "by hand"
statements: 1000
executed_statements: 900
branches: 200
executed_branches: 159
excluded: 12
tree: {OID}
toolchain: CPython 3.12.1, coverage 7.17.3
---
Covgate measured 88.25%.
"""
DIFF = """diff --git a/old.py b/new.py
similarity index 90%
rename from old.py
rename to new.py
index 1..2 100644
--- a/old.py
+++ b/new.py
@@ -1,2 +1,3 @@ def f():
-x
+y
+z
 w
\\ No newline at end of file
diff --git "a/\\303\\274.py" "b/\\303\\274.py"
new file mode 100644
index 000..2
--- /dev/null
+++ "b/\\303\\274.py"
@@ -0,0 +1 @@
+a
diff --git a/m.py b/m.py
old mode 100644
new mode 100755
"""
DETAIL = (
    '{"format":1,"components":[\n{"component":"default","tree":"OID","toolchain":["CPython","7.6","Linux"],"files":[\n'
    '["a.py","3.2+4-%.x*o[+1/3]"],\n["b.py",".2+",[2,2,0,0,0]]\n]}]}\n'
)
JSON_REPORT = (
    '{"meta": {"format": 3, "version": "7.17.3"}, "files": {"pkg/mod.py": {"executed_lines": [1, 2],'
    ' "missing_lines": [4], "excluded_lines": [9], "executed_branches": [[2, 3]], "missing_branches": [[2, -1]],'
    ' "summary": {"num_statements": 3, "covered_lines": 2, "excluded_lines": 1, "num_branches": 2,'
    ' "covered_branches": 1}}}, "totals": {"num_statements": 3, "covered_lines": 2, "excluded_lines": 1,'
    ' "num_branches": 2, "covered_branches": 1}}'
)
COBERTURA = """<?xml version="1.0" encoding="utf-8"?><!DOCTYPE coverage SYSTEM "x.dtd">
<coverage lines-valid="3" lines-covered="2" branches-valid="2" branches-covered="1">
<sources><source>/srv/project</source><source>src</source></sources><packages><package><classes>
<class filename="pkg/mod.py"><methods><method><lines><line number="9" hits="1"/></lines></method></methods>
<lines><line number="1" hits="1"/><line number="2" hits="1" branch="true" condition-coverage="50% (1/2)"/>
<line number="4" hits="-1"/></lines></class></classes></package></packages></coverage>"""
JACOCO = """<?xml version="1.0"?><!DOCTYPE report PUBLIC "-//JACOCO//DTD Report 1.1//EN" "report.dtd"><report name="x">
<package name="com/acme"><sourcefile name="Foo.java"><line nr="3" mi="0" ci="3" mb="1" cb="1"/></sourcefile></package>
<counter type="LINE" missed="0" covered="1"/><counter type="BRANCH" missed="1" covered="1"/></report>"""
JACOCO_GROUPS = """<report name="x"><group name="core"><package name=""><class name="a" sourcefilename="b"><counter
type="INSTRUCTION" missed="0" covered="1"/></class><sourcefile name="B.java"><line nr="3" mi="0" ci="3"/></sourcefile>
</package></group><group name="web"><group name="api"><package name=""><sourcefile name="B.java"><line nr="3" ci="0"/>
</sourcefile></package></group></group></report>"""
LCOV = (
    "TN:\nSF:pkg/mod.py\nVER:1\nFN:1,f\nDA:1,1\nDA:2,1e3,x\nDA:4,-1\nLF:3\nLH:2\nBRDA:2,e0,a,b,1\nBRDA:2,0,c,-\n"
    "BRF:2\nBRH:1\nend_of_record\nSF:C:\\x\\y.cs\nend_of_record\n"
)
PYPROJECT = """[tool.covgate]
policy = "both"
floor = 80.5
branches = ["*"]
command = "python -m pytest"
timeout = 900
[tool.covgate.report_paths]
"/app" = "."
[tool.coverage.run]
source = ["src"]
branch = true
[tool.coverage.report]
omit = ["a", "b"]
[tool.pytest.ini_options]
addopts = "-ra --cov=pkg -n auto"
pythonpath = ["src"]
[project]
name = "pkg"
dependencies = ["coverage >= 7; python_version < '4'"]
[project.optional-dependencies]
test = ["pytest"]
[dependency-groups]
dev = ["pytest-cov", {include-group = "test"}]
[tool.poetry.group.dev.dependencies]
pytest = "*"
[tool.poe.tasks]
test = ["pytest", "ruff"]
[tool.pdm.scripts]
test = {cmd = {shell = "pytest"}}
[tool.hatch.envs.test]
path = "x"
scripts.test = "pytest {args:tests}"
[tool.setuptools]
packages = {find = {where = ["src"]}}
"""
INI = """[pytest]
addopts = -ra
    --cov=pkg
pythonpath = src
[tool:pytest]
addopts = "a b"
[coverage:run]
source = src
branch = true
[run]
omit =
    a
    b
[report]
include = x,y
[testenv:py]
commands =
    python -m pytest {posargs:tests}
    coverage run -m unittest
[options]
package_dir =
    = src
packages = find:
[options.packages.find]
where = src
[metadata]
name = x
"""
SETUP = """from setuptools import setup, find_packages
setup(name="x", package_dir={"": "src"}, packages=find_packages("src", exclude=["t*"]) + ["a"], py_modules=["m"])
"""
PACKAGE = """{"scripts": {"test": "tsc && c8 --all -r text mocha", "build": "tsc"}, "devDependencies": {"c8": "1"}}
"""
COMPONENTS = (
    "[tool.covgate]\n\n# Each component is measured when something in it changes, and has a baseline of its own.\n"
)
NOXFILE = """import nox
@nox.session(python=["3.12"])
def tests(session):
    session.install("-e", ".")
    session.run("pytest", "-q", *session.posargs)
"""
MAKEFILE = "PY ?= python\ntest: deps ## run\n\t@$(PY) -m pytest tests \\\n  -q && ruff\n%.o: %.c\n\tcc {{ x }}\n"
HOOKS = """# a comment
default_install_hook_types: [pre-commit, pre-push]
repos:
  - repo: https://example.org/covgate
    rev: v1
    hooks:
      - id: covgate-pre-push
      - {id: covgate-post-merge, stages: [manual]}
"""
PYVENV = "home = /usr/bin\nversion = 3.12.1\ninclude-system-site-packages = true\nversion_info = 3.12.1.final.0\n"
CACHED = (
    '{"format":2,"tree":"OID","numbers":[3,2,2,1,1],"toolchain":["C","7","L"],"seconds":1.2,"notices":["x"],"runs":1,'
    '"complete":true,"unstable":[["a.py",[1]]],"files":[["a.py",[3,2,2,1,1],".+%-3.x"]]}'
)
INDEX = '{"format":2,"blobs":{"OID":["a problem",["default",0,1,2,"",true],["api"]]}}'
SUMMARY = '{"format":1,"tip":"OID","damaged":false,"highest":[["default",0,1,2,"",false],["api"]]}'
SEEN = (
    '{"format":1,"tip":"OID","opened":[["default",1,"50/3"]],"charged":[["default",2,"1"]],"beside":{"OID":'
    '"---\\nformat: 1\\ncomponent: default\\nepoch: 0\\nbaseline_ratio: 1/2\\n---\\n"}}'
)
MESSAGES = (
    "error: cannot lock ref 'refs/notes/coverage': Unable to create '/x/.lock': File exists.\nhint: Updates\n"
    "remote: error: insufficient permission\nfatal: the remote end hung up\n! [rejected] (fetch first)\n"
)
PUSH_REPORT = (
    f"To x\n!\trefs/notes/c:refs/notes/c\t[rejected] (fetch first)\n \tHEAD:refs/heads/m\t{OID}..{OID}\nDone\n"
)
WARNINGS = (
    "CoverageWarning: Couldn't parse Python file '/x/a.py' (couldnt-parse)\nCouldn't parse '/x/b': y (couldnt-parse)\n"
)


def _seed(text: str) -> bytes:
    return text.replace("OID", OID).encode()


@cache
def _place() -> Path:
    """Where the files are written; in memory if possible, since only their contents matter."""
    memory = Path("/dev/shm")
    place = tempfile.mkdtemp(prefix="covgate-parsers-", dir=memory if os.access(memory, os.W_OK) else None)
    atexit.register(shutil.rmtree, place, ignore_errors=True)
    return Path(place)


def _in_file(name: str, parse: Callable[[Path], object]) -> Callable[[bytes], object]:
    """A parser of a file: its bytes are written to a directory, which ``parse`` gets."""

    def parse_bytes(data: bytes) -> object:
        directory = _place() / name.replace("/", "-")
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        return parse(directory)

    return parse_bytes


def _text(parse: Callable[[str], object]) -> Callable[[bytes], object]:
    return lambda data: parse(data.decode("utf-8", "surrogateescape"))


def _environ(directory: Path) -> dict[str, str]:
    return {"HOME": str(directory), "POETRY_CONFIG_DIR": str(directory), "PYENV_ROOT": str(directory)}


def _environments(directory: Path) -> list[object]:
    return [list(find(directory, _environ(directory))) for find in (*TOOLS.values(), *RUNNERS.values())]


def _tool(name: str, files: Mapping[str, str] = {}) -> Callable[[bytes], object]:
    """All tools that keep environments, where the file ``name`` and ``files`` are."""

    def parse(directory: Path) -> object:
        for each, text in {"Pipfile": "", "poetry.lock": "", **files}.items():
            if each != name and not (directory / each).exists():
                (directory / each).parent.mkdir(parents=True, exist_ok=True)
                (directory / each).write_text(text, encoding="utf-8")
        return _environments(directory)

    return _in_file(name, parse)


def _coverage(name: str) -> Callable[[bytes], object]:
    base = CoverageConfig(sections={"run": {"source": "a", "branch": "true"}})

    def parse(data: bytes) -> object:
        own = read_coverage_config({name: data})
        enforced, _ = enforce_base(own, base, lambda _: True, lambda _: True)
        return enforced and enforced.render()

    return parse


def _all_lines(text: str) -> object:
    return lines.numbers_of(text), list(lines.excluded(text)), lines.missing(text), lines.executed_in_either(text, text)


def _detail(data: bytes) -> object:
    return [[each.missing_lines for each in part.files] for part in parse_detail(data).values()]


def _push(text: str) -> object:
    taken, refused = parse_push_report(text)
    result = PushResult(refused=refused, messages=text)
    return taken, result.retryable, result.explanations()


def _documented(name: str) -> Callable[[bytes], object]:
    return lambda data: documented_commands({name: data.decode("utf-8", "replace")})


def _part(name: str) -> Callable[[bytes], object]:
    def parse(data: bytes) -> object:
        text = data.decode("utf-8", "replace")
        others = dict.fromkeys(("x/a.c", "x/src/test/a", "x/a_test.go", "x/a.py", "x/test_a.py"), "")
        files = {f"x/{name}": text, name: text, **others}
        return find_parts(files, lambda path: files.get(path, ""), lambda _: False)

    return parse


def _components(text: str) -> object:
    removed = [remove_components(text, header) for header in ("[tool.covgate]\n", "")]
    try:
        return removed, add_components(text, [Table(name="x", keys={"directory": "x"})], "[tool.covgate]\n")
    except UsageError:
        return removed


def _hooks(text: str) -> object:
    stages_of(text, "x")
    if has_hooks(text, "x"):
        return remove_hooks(text, "x")
    return add_hooks(text, "x", ["- repo: x", "  hooks:", "  - id: covgate-pre-push"])


def _index(directory: Path) -> object:
    index = RecordIndex(directory, lambda _: Note())
    return [index.row(each) for each in (*map(str, range(PARSED_WITHOUT_FILE)), OID)]


def _environment(text: str) -> object:
    """One text as the value of each variable; a NUL can be in none."""
    text = text.replace("\0", "")
    names = ("FLOOR", "EPSILON", "POLICY", "COMMAND", "SETUP", "TIMEOUT", "ENABLED", "PYTHON", "ISOLATION", "RETRIES")
    for name in names:
        try:
            parse_config(environ={f"COVGATE_{name}": text})
        except ConfigurationError:
            continue
    return None


RUBY = FileLines(
    format="x",
    statements=dict.fromkeys(range(1, 9), True),
    branches={(line, 1, 2, line, line + 1): True for line in range(1, 9)},
)
_TREE = Tree(files=frozenset(["src/a.js", "packages/a/src/a.js", "b.py"]), roots=("/srv/project",))


def _names(text: str) -> object:
    rows = text.split("\n")
    naming = Naming(sources=tuple(rows[:2]), report_paths=dict.fromkeys(rows[2:4], "src"), directory=rows[-1])
    return locate(rows[4:], _TREE, naming)


def _report(report_format: str) -> Callable[[bytes], object]:
    """A report in a named format, up to the lines of the files of a commit."""
    source = b"package a\n# :nocov:\nx // y\n# simplecov:disable line\nz { } # simplecov:disable\n" * 3
    names = ("a.go", "lib/a.rb", "src/a.js", "src/a.c", "src/A.php", "src/A.java")
    files = {"go.mod": b"module example.org/it\n", **dict.fromkeys(names, source)}

    def read(paths: Sequence[str]) -> Iterator[tuple[str, bytes]]:
        return ((path, files[path]) for path in paths)

    commit = Commit(name="0" * 10, tree=Tree(files=frozenset(files), roots=("/srv/project",)), read=read)
    return lambda data: report_at_commit(parse(data, "r", report_format), "r", commit, Naming(report_paths={}))


def _repeated(*parts: str, before: str = "", after: str = "") -> dict[str, Callable[[int], bytes]]:
    def grow(part: str) -> Callable[[int], bytes]:
        return lambda size: (before + part * (size // len(part.encode()) + 1) + after).encode()

    return {f"{before[:12]}{part[:16]}…{after[:8]}": grow(part) for part in parts}


def _numbered(template: str, before: str = "", after: str = "") -> dict[str, Callable[[int], bytes]]:
    """Parts that differ in a number."""

    def grow(size: int) -> bytes:
        part = template % 100_000
        return (before + "".join(template % number for number in range(size // len(part) + 1)) + after).encode()

    return {f"{before[:12]}{template[:20]}": grow}


_ANYTHING = _repeated(
    "1", "a", "a.", "[", "{", "(", '"', "'", "\\", " ", "\n", "\t", "-", "<", "\0", "ü", "---\n", "a: b\n"
)
_INI = {
    **_ANYTHING,
    **_repeated("    -x\n", "\n    \n", before="[pytest]\naddopts =\n"),
    **_numbered("[s%d]\n"),
    **_numbered("k%d = 1\n", before="[pytest]\n"),
}
_TOML = {
    **_ANYTHING,
    **_repeated("a.", after="a = 1\n"),
    **_repeated("a.", before="[", after="a]\n"),
    **_repeated("{a=", before="a="),
    **_repeated("[[a.b]]\n", "x = 1 # \n"),
    **_numbered("k%d = 1\n"),
    **_numbered("[a.b%d]\n"),
    **_numbered("a.b.k%d = 1\n"),
    **_repeated("9", before="a = "),
    **_repeated("\\u0041", before='a = "', after='"\n'),
}
_JSON = {**_ANYTHING, **_numbered('"k%d":1,', before="{", after='"k":1}'), **_repeated("[", '{"a":'), **_repeated("9")}
_PROJECT = "tool.covgate"

PARSERS: dict[str, Parser] = {
    "note": Parser(
        parse=parse_note,
        seeds=(NOTE.encode(),),
        grown={**_ANYTHING, **_numbered("k%d: 1\n"), **_repeated("&a [*a, ", "? ", "- ", before="---\na: ")},
    ),
    "status": Parser(parse=_text(read_status), seeds=(NOTE.encode(),), grown=_ANYTHING),
    "fields": Parser(
        parse=_text(load_fields),
        declared=(ValueError,),
        seeds=(NOTE.split("---\n")[1].encode(), b"? a\n: |\n  b\n'c': >-\n  d\n"),
        grown={**_ANYTHING, **_numbered("k%d: 1\n"), **_repeated("[", "{a: ", "- ", "? ", "!!", before="a: ")},
    ),
    "lines": Parser(
        parse=_text(_all_lines),
        declared=(ValueError,),
        seeds=(b"3.2+4-%.x*o[+1/3][-0/2]", b"1000.+"),
        found=(b"1" * 60_000,),
        grown={**_ANYTHING, **_repeated("+-", "[+1/3]", "[+", "9.+"), **_numbered("%d.+", after="-")},
    ),
    "lines of a commit": Parser(
        parse=_detail,
        declared=(ValueError,),
        seeds=(_seed(DETAIL),),
        found=(
            b'{"format":1,"components":[{"component":"d","tree":"","toolchain":["","",""],"files":['
            + b",".join(b'["%d.py","1000000-"]' % number for number in range(300))
            + b"]}]}",
        ),
        grown={
            **_JSON,
            **_numbered('["a%d.py",".2+"],', before=DETAIL[:99].rpartition("[")[0] + "[", after='["b",""]]}]}'),
        },
    ),
    "diff": Parser(
        parse=parse_diff,
        declared=(ValueError,),
        seeds=(DIFF.encode(),),
        found=(b"diff --git a/m b/n\nsimilarity index 90%\nrename from m\n",),
        grown={
            **_ANYTHING,
            **_repeated("old mode 1\n", before="diff --git a/a b/a\n"),
            **_repeated("+\n", before=DIFF[: DIFF.index("@@")] + "@@ -0,0 +1,999999999 @@\n"),
            **_repeated("\\\n", before=DIFF[: DIFF.index("@@")] + "@@ -0,0 +1,999999999 @@\n"),
            **_repeated("@@ -1 +1 @@\n-x\n+y\n", before=DIFF[: DIFF.index("@@")]),
            **_repeated("diff --git a/m b/m\nold mode 1\nnew mode 2\n", "\\303"),
        },
    ),
    "coverage JSON": Parser(
        parse=lambda data: parse_report(data, Path("/srv/project"), "report"),
        declared=(ToolError, DataFile),
        seeds=(JSON_REPORT.encode(),),
        grown={
            **_JSON,
            **_numbered(
                '"a%d.py":{"executed_lines":[1],"missing_lines":[],"excluded_lines":[],"summary":{"num_statements":1,'
                '"covered_lines":1,"excluded_lines":0}},',
                before='{"meta":{"version":"7"},"files":{',
                after='"x":1}}',
            ),
        },
    ),
    "Istanbul": Parser(
        parse=_report("istanbul"),
        declared=(ToolError, DataFile),
        seeds=tuple(SAMPLES["Istanbul JSON"]),
        grown={
            **_JSON,
            **_numbered('"a%d":{"statementMap":{},"s":{},"branchMap":{},"b":{}},', before="{", after='"a":{}}'),
            **_numbered(
                '"%d":{"start":{"line":1}},', before='{"a":{"branchMap":{},"b":{},"statementMap":{', after="}}}"
            ),
            **_numbered('"%d":{"loc":{"start":{"line":1}}},', before='{"a":{"branchMap":{', after="}}}"),
            **_repeated("1,", before='{"a":{"branchMap":{"0":{"loc":{"start":{"line":1}}}},"b":{"0":[', after="1]}}}"),
        },
    ),
    "llvm-cov": Parser(
        parse=_report("llvm-cov"),
        declared=(ToolError, DataFile),
        seeds=tuple(SAMPLES["llvm-cov JSON"]),
        grown={
            **_JSON,
            **_numbered(
                "[%d,1,1,true,true],",
                before='{"data":[{"files":[{"filename":"a","summary":{"lines":{"count":1,"covered":0}},"segments":[',
                after="[999999,1,1,true,true]]}]}]}",
            ),
            **_repeated(
                "[1,1,1,1,1,1],",
                before='{"data":[{"files":[{"filename":"a","segments":[],"summary":{"lines":{"count":0,"covered":0}},'
                '"branches":[',
                after="[1,1,1,1,1,1]]}]}]}",
            ),
            **_numbered('{"filename":"a%d"},', before='{"data":[{"files":[', after="{}]}]}"),
        },
    ),
    "SimpleCov": Parser(
        parse=_report("simplecov"),
        declared=(ToolError, DataFile),
        seeds=(*SAMPLES["SimpleCov JSON"], *SAMPLES["SimpleCov resultset"]),
        grown={
            **_JSON,
            **_repeated("1,", "null,", '"ignored",', before='{"a":{"coverage":{"a.rb":{"lines":[', after="1]}}}}"),
            **_numbered('"a%d":[1],', before='{"a":{"coverage":{', after='"b":[]}}}'),
            **_numbered('"%d":{"coverage":{"a":[1]}},', before="{", after='"a":{"coverage":{}}}'),
            **_numbered(
                '"[:if, %d, 1, 1, 1, 1]":{"[:a, 1, 1, 1, 1, 1]":1},',
                before='{"a":{"coverage":{"a.rb":{"lines":[],"branches":{',
                after='"[:if, 1, 1, 1, 1, 1]":{}}}}}}',
            ),
        },
    ),
    "Go cover profile": Parser(
        parse=_report("go"),
        declared=(ToolError, DataFile),
        seeds=tuple(SAMPLES["Go cover profile"]),
        grown={
            **_repeated("x", "\n", "a:1.1,1.2 1 1\n", "9", ":", "a:", "mode: set\n", before="mode: set\n"),
            **_repeated("a/", "../", before="mode: set\n", after=":1.1,1.2 1 1\n"),
            **_numbered("a.go:%d.1,99999.2 1 1\n", before="mode: set\n"),
            **_numbered("a.go:1.%d,1.99999 1 1\n", before="mode: set\n"),
            **_numbered("example.org/it/a%d.go:1.1,1.2 1 1\n", before="mode: set\n"),
        },
    ),
    "go.mod": Parser(
        parse=go_cover._module,
        declared=(),
        seeds=(b"module example.org/it // x\n\ngo 1.19\n", b'module (\n"example.org/it"\n)\n'),
        grown={
            **_ANYTHING,
            **_repeated("module ", "module(", "module\n", "module\t(\n"),
            **_repeated(" ", after="module"),
        },
    ),
    "comments in Ruby": Parser(
        parse=lambda data: without_skipped("a.rb", RUBY, lambda: data),
        declared=(),
        seeds=(b"a\n# :nocov:\nb\n# simplecov:disable line, branch x\nc # simplecov : disable\n# simplecov:enable\n",),
        grown={
            **_ANYTHING,
            **_repeated("# :nocov:\n", "# simplecov:disable\n", "x # simplecov:disable\n", "#"),
            **_repeated("line,", "line ,", " ", before="# simplecov:disable "),
            **_repeated(" ", "\n", before="#", after="simplecov:disable"),
        },
    ),
    "Clover": Parser(
        parse=_report("clover"),
        declared=(ToolError, DataFile),
        # In the second one, a statement is hidden by a method.
        seeds=(
            *SAMPLES["Clover XML"],
            SAMPLES["Clover XML"][0].replace(b'num="2" type="stmt"', b'num="2" type="method"'),
        ),
        grown={
            **_repeated("<a>", "<a/>", " a", before='<coverage clover="1">'),
            **_numbered(
                '<line num="%d" type="stmt" count="1"/>', before='<coverage clover="1"><project><file name="a">'
            ),
            **_repeated(
                '<line num="1" type="cond" truecount="1" falsecount="0"/>',
                before='<coverage clover="1"><project><file name="a">',
                after="</file></project></coverage>",
            ),
            **_numbered('<file name="a%d"/>', before='<coverage clover="1"><project>', after="</project></coverage>"),
            **_repeated('<file name="a"/>', before='<coverage clover="1"><project>', after="</project></coverage>"),
        },
    ),
    "Cobertura": Parser(
        parse=lambda data: parse_report(data, Path("/srv/project"), "report"),
        declared=(ToolError, DataFile),
        seeds=(COBERTURA.encode(),),
        found=(
            b'<coverage><sources><source>/</source></sources><class filename="' + b"x" * 5000 + b'"/></coverage>',
            COBERTURA.replace("(1/2)", "(1/999999999)").encode(),
        ),
        grown={
            **_repeated("<a>", "<a/>", "&lt;", " a", "<!---->", "]]>", "<?x?>", before="<coverage>"),
            **_repeated("x", "&#65;", before='<coverage a="'),
            **_repeated("<source>/a</source>", before="<coverage><sources>", after="</sources></coverage>"),
            **_numbered('<line number="%d" hits="1"/>', before='<coverage><class filename="a"><lines>'),
            **_numbered(
                '<class filename="a%d"><lines/></class>',
                before="<coverage><sources><source>a</source><source>b</source></sources>",
                after="</coverage>",
            ),
            **_repeated("9", "(", "1/", before='<coverage><class filename="a"><lines><line number="1" hits="'),
        },
    ),
    "JaCoCo": Parser(
        parse=lambda data: parse_report(data, Path("/srv/project"), "report"),
        declared=(ToolError, DataFile),
        seeds=(JACOCO.encode(), JACOCO_GROUPS.encode()),
        grown={
            **_repeated("<a>", "<a/>", " a", before="<report>"),
            **_numbered('<line nr="%d" ci="1"/>', before='<report><package name="a"><sourcefile name="b">'),
            **_numbered('<sourcefile name="a%d"/>', before='<report><package name="a">', after="</package></report>"),
            **_repeated('<group name="a">', before="<report>"),
            **_repeated('<sourcefile name="a"/>', before='<report><package name="a">', after="</package></report>"),
            **_numbered('<class name="a%d"><counter type="INSTRUCTION"/></class>', before='<report><package name="a">'),
        },
    ),
    "LCOV": Parser(
        parse=lambda data: parse_report(data, Path("/srv/project"), "report"),
        declared=(ToolError, DataFile),
        seeds=(LCOV.encode(),),
        grown={
            **_repeated("x", "\n", "DA:1,1\n", "9", "TN:\n", "BRDA:1,0,0,1\n", "BRDA:1,", before="SF:a\n"),
            **_repeated("x/", "../", "./", "\\", before="SF:", after="\nDA:1,1\nend_of_record\n"),
            **_numbered("DA:%d,1\n", before="SF:a\n", after="end_of_record\n"),
            **_numbered("BRDA:1,0,%d,1\n", before="SF:a\n", after="end_of_record\n"),
            **_numbered("SF:a%d\nDA:1,1\nend_of_record\n"),
            **_repeated("SF:a\nDA:1,1\nLF:2\nend_of_record\n", before="TN:\n"),
            **_repeated("9", before="SF:a\nDA:1,"),
        },
    ),
    "names in reports": Parser(
        parse=_text(_names),
        declared=(Ambiguous,),
        seeds=(
            b"src\n/app\n/app\n.\nsrc/a.js\n/app/src/a.js\n..\\x\nC:\\a\\b.py\n/srv/project/b.py\npackages/a",
            b"\n\nx\ny\n/app/src/a.js\n/app/b.py\n../src/a.js\nfile:///b.py\n.",
        ),
        grown={**_ANYTHING, **_numbered("/app/x%d/a.js\n"), **_numbered("x%d/a.js\n"), **_repeated("a/a.js\n", "../")},
    ),
    "configuration in pyproject.toml": Parser(
        parse=lambda data: parse_config(pyproject=data),
        declared=(ConfigurationError,),
        seeds=(PYPROJECT.encode(),),
        grown={**_TOML, **_numbered("k%d = 1\n", before="[tool.covgate]\n")},
    ),
    "configuration in .covgate.toml": Parser(
        parse=lambda data: parse_config(own=data),
        declared=(ConfigurationError,),
        seeds=(
            b'policy = "both"\nfloor = 80.5\nbranches = ["*"]\ntimeout = 900\n',
            b'report_paths = {"/app" = "x"}\nfloor = 1e1\ncommand = "python -m pytest"\n',
        ),
        found=(b"a." * 20_000 + b"a = 1\n",),
        grown={**_TOML, **_repeated("9", before="floor = 0."), **_repeated("x ", before='command = "', after='"\n')},
    ),
    "variables": Parser(
        parse=_text(_environment),
        seeds=(b"80.5", b"python -m pytest 'a b'", b"true", b"both"),
        grown={**_repeated("1", "a", ".", "'", "\\", "a ", '"a" ', "1.0", "e9", "-")},
    ),
    "coverage's configuration as INI": Parser(parse=_coverage(".coveragerc"), seeds=(INI.encode(),), grown=_INI),
    "coverage's configuration as TOML": Parser(
        parse=_coverage("pyproject.toml"), seeds=(PYPROJECT.encode(),), grown=_TOML
    ),
    "pytest's configuration as INI": Parser(
        parse=_in_file("pytest.ini", lambda top: read_pytest_config(top, (), {})),
        seeds=(INI.encode(),),
        found=(b"[pytest]\nkey without value\n    and more\n",),
        grown=_INI,
    ),
    "pytest's configuration as TOML": Parser(
        parse=_in_file("pyproject.toml", lambda top: read_pytest_config(top, (), {})),
        seeds=(PYPROJECT.encode(),),
        grown=_TOML,
    ),
    "the build's configuration": Parser(
        parse=lambda data: read_build({"pyproject.toml": data}.get), seeds=(PYPROJECT.encode(),), grown=_TOML
    ),
    "setup.cfg": Parser(parse=lambda data: read_build({"setup.cfg": data}.get), seeds=(INI.encode(),), grown=_INI),
    "setup.py": Parser(
        parse=lambda data: read_build({"setup.py": data}.get),
        seeds=(SETUP.encode(),),
        found=(b"x = '\\d' 0in x\n",),
        grown={
            **_ANYTHING,
            **_repeated("x\n", "setup(packages=find_packages())\n", "-"),
            **_repeated("[", before="x="),
        },
    ),
    "statements of a file": Parser(
        parse=multi_line_statements,
        seeds=(SETUP.encode(), NOXFILE.encode()),
        grown={**_ANYTHING, **_repeated("x = (\n1)\n", "if x:\n  y\n", "x;", "if x: ")},
    ),
    **{
        f"test commands in {name}": Parser(
            parse=_documented(name),
            seeds=(seed.encode(),),
            grown=grown,
        )
        for name, (seed, grown) in {
            "tox.ini": (
                INI,
                {**_INI, **_repeated("{posargs:", "{", "a:", "pytest {posargs:{x}} ", before="[testenv]\ncommands = ")},
            ),
            "pyproject.toml": (PYPROJECT, _TOML),
            "noxfile.py": (NOXFILE, {**_ANYTHING, **_repeated("@x\ndef tests(s): s.run('pytest')\n")}),
            "Makefile": (
                MAKEFILE,
                {
                    **_ANYTHING,
                    **_repeated("a ", "a=", ":", "a.", before="test"),
                    **_numbered("test%d:\n\tpytest\n"),
                    **_repeated("\tpytest\n", "\t{{ x\n", "\t$(PY)", "\t{{", before="test:\n"),
                },
            ),
        }.items()
        if name in DOCUMENTED
    },
    **{
        f"the part of {name}": Parser(parse=_part(name), seeds=(seed.encode(),), grown=grown)
        for name, (seed, grown) in {
            "package.json": (
                PACKAGE,
                {
                    **_ANYTHING,
                    **_repeated("c8 -r x ", "A=b ", "jest;", "'", before='{"scripts": {"test": "', after='"}}'),
                },
            ),
            "Makefile": (
                MAKEFILE,
                {
                    **_ANYTHING,
                    **_repeated("lcov -o x.info\n\t", "lcov a.info", "lcov .xml ", before="cov:\n\t"),
                },
            ),
            "Cargo.toml": ("[package]\nname = 'x'\n", _TOML),
            "pyproject.toml": (PYPROJECT, _TOML),
            "CMakeLists.txt": ("enable_testing()\n", {**_ANYTHING, **_repeated(" ", "\n", "include", "include ")}),
        }.items()
    },
    "tables of components": Parser(
        parse=lambda data: _components(data.decode("utf-8", "replace")),
        seeds=(
            add_components("[tool.covgate]\n", [Table(name="x", keys={"directory": "x"})], "[tool.covgate]\n").encode(),
        ),
        grown={
            **_TOML,
            **_repeated("\n", "[tool.covgate.components.x]\n", 'directory = "x"\n', before=COMPONENTS),
            **_repeated(COMPONENTS, COMPONENTS[:-20]),
        },
    ),
    "declared distributions": Parser(
        parse=_in_file("pyproject.toml", lambda top: [declared_distributions(top), where_declared(top, "coverage")]),
        seeds=(PYPROJECT.encode(),),
        grown={**_TOML, **_repeated("a ", "[", "a[", before='[project]\ndependencies = ["', after='"]\n')},
    ),
    "pyvenv.cfg": Parser(
        parse=_in_file("pyvenv.cfg", lambda top: [settings(top), problem(top)]),
        seeds=(PYVENV.encode(),),
        found=(b"home = " + b"x" * 5000 + b"\n",),
        grown=_ANYTHING,
    ),
    "an environment of tox": Parser(
        parse=_tool(".tox/py/pyvenv.cfg"),
        seeds=(PYVENV.encode(),),
        found=(b"version = " + b"9" * 5000 + b"\n",),
        grown=_ANYTHING,
    ),
    "poetry.toml": Parser(
        parse=_tool("poetry.toml"),
        seeds=(b'cache-dir = "x"\n[virtualenvs]\nin-project = true\npath = "{cache-dir}/v"\n',),
        found=(
            b'[virtualenvs]\npath = "a\\u0000b"\n',
            b"[a]" + b"\na." * 3000,
        ),
        grown=_TOML,
    ),
    "envs.toml": Parser(
        parse=_tool("envs.toml", {"poetry.toml": '[virtualenvs]\npath = "."\n'}),
        seeds=(b'[x-12345678]\nminor = "3.12"\npatch = "3.12.1"\n',),
        grown=_TOML,
    ),
    "hatch.toml": Parser(
        parse=_tool("hatch.toml"), seeds=(b'[envs.test]\npath = "x"\n[dirs.env]\nvirtual = ".h"\n',), grown=_TOML
    ),
    "environment.yml": Parser(
        parse=_tool("environment.yml"), seeds=(b"name: 'x'\ndependencies:\n- a\n",), grown=_ANYTHING
    ),
    ".python-version": Parser(
        parse=_tool(".python-version"), seeds=(b"# x\n3.12\npypy3\n",), found=(b"9" * 5000,), grown=_ANYTHING
    ),
    ".pdm-python": Parser(
        parse=_tool(".pdm-python"), seeds=(b"/x/bin/python\n",), found=(b"/" + b"x" * 5000,), grown=_ANYTHING
    ),
    "a file .venv": Parser(parse=_tool(".venv"), seeds=(b"name\n", b"/x/y\n"), grown=_ANYTHING),
    ".pre-commit-config.yaml": Parser(
        parse=_text(_hooks),
        declared=(UsageError,),
        seeds=(HOOKS.encode(),),
        found=(
            b"default_install_hook_types: [a:]\n",
            b"repos:\n  " + b"9" * 5000,
        ),
        grown={**_repeated("- a\n", "a: 1\n", "# x\n", "  - repo: x\n", before="repos:\n"), **_numbered("k%d: 1\n")},
    ),
    "cached measurements": Parser(
        parse=_in_file(f"measurements/{OID}-x.json", lambda top: [Cache(top).any_of(OID), Cache(top).last_duration()]),
        seeds=(_seed(CACHED),),
        found=(_seed(CACHED.replace('"runs":1', '"runs":1e999')),),
        grown={
            **_JSON,
            **_numbered('["a%d",[0,0,0,0,0],""],', before=CACHED[: CACHED.index('["a.py",[3')], after='["b"]]}'),
        },
    ),
    "summary of notes": Parser(
        parse=_in_file("summary.json", lambda top: load_summary(top / "summary.json")),
        seeds=(_seed(SUMMARY),),
        grown=_JSON,
    ),
    "index of records": Parser(parse=_in_file("records.json", _index), seeds=(_seed(INDEX),), grown=_JSON),
    "history that was read": Parser(
        parse=_in_file("seen.json", lambda top: load_seen(top / "seen.json")),
        seeds=(_seed(SEEN),),
        found=(_seed(SEEN.replace("50/3", "1e999999999")),),
        grown={
            **_JSON,
            **_repeated("9", before='{"format":1,"tip":"","charged":[],"beside":{},"opened":[["a",1,"', after='"]]}'),
        },
    ),
    "count of unmeasured pushes": Parser(
        parse=_in_file("unmeasured.json", read_unmeasured), seeds=(b'{"pushes": 3, "reason": "x"}',), grown=_JSON
    ),
    "bookmarks": Parser(
        parse=_in_file("caught-up.json", lambda top: _read_bookmarks(SimpleNamespace(state_dir=top))),  # type: ignore[arg-type]
        seeds=(f'{{"main": "{OID}"}}'.encode(),),
        found=(b"[" * 100_000,),
        grown=_JSON,
    ),
    "input of pre-push": Parser(
        parse=_text(lambda text: parse_pre_push_lines(text.splitlines(keepends=True))),
        declared=(ValueError,),
        seeds=(f"refs/heads/m {OID} refs/heads/m {'0' * 40}\nHEAD^{{/a b}} {OID} refs/x {OID}\n".encode(),),
        grown={**_ANYTHING, **_repeated(f"m {OID} refs/heads/m {OID}\n", f"{OID} ", "a ")},
    ),
    "git push --porcelain": Parser(
        parse=_text(_push), seeds=(PUSH_REPORT.encode(),), grown={**_ANYTHING, **_repeated("!\ta:b\tc\n", "\t", "! ")}
    ),
    "git push --dry-run": Parser(
        parse=_text(parse_porcelain),
        declared=(ValueError,),
        seeds=(PUSH_REPORT.encode(),),
        grown={**_ANYTHING, **_repeated("*\ta:b\tc\n", "*\ta:", " \t", ":")},
    ),
    "command line of git": Parser(
        parse=_text(lambda text: parse_push_command(text.split("\n"), lambda name: "push -f " if name == "p" else "")),
        seeds=(
            b"git\n-C\nx\npush\n--force\n-o\nx\norigin\n+a:b\n--\nc",
            b"/usr/bin/git-push\n-fu\n--repo=x\n--all",
            b"git\np\nx",
        ),
        found=(b"git\n" + b"-c\nx\n" * 50_000,),
        grown={
            **_ANYTHING,
            **_repeated("-c\nx\n", before="git\n"),
            **_repeated("-f\n", "x\n", "--", before="git\npush\n"),
        },
    ),
    "messages of git": Parser(
        parse=_text(lambda text: [lost_race(text), lock_exists(text), error_line(text)]),
        seeds=(MESSAGES.encode(),),
        found=(b"cannot lock ref " * 20_000,),
        grown={
            **_ANYTHING,
            **_repeated(
                "cannot lock ref ", "File exists", "is at 0", "unable to resolve reference '", before="cannot lock ref "
            ),
        },
    ),
    "objects of git": Parser(
        parse=lambda data: list(blobs_in(data)),
        declared=(),
        seeds=(f"{OID} blob 3\nabc\n{OID} missing\n{OID} tree 0\n\n".encode(),),
        found=(
            b"\xff blob 0\n\n",
            b"a b missing\n",
        ),
        grown={**_ANYTHING, **_repeated(f"{OID} blob 0\n\n", "a b 0\n", "x missing\n")},
    ),
    "warnings of coverage": Parser(
        parse=_text(lambda text: left_out(text, Path("/x"))),
        declared=(ToolError,),
        seeds=(WARNINGS.encode(),),
        grown={
            **_ANYTHING,
            **_repeated("Couldn't parse '", "'", ": ", "Couldn't parse 'a': "),
            **_repeated("a'", before="Couldn't parse '"),
        },
    ),
    "what a tool skipped": Parser(
        parse=_text(skipped_parts),
        seeds=(b"nox > * tests-3.7: skipped (no Python)\n  py37: SKIP (1 s)\nSKIPPED:  py37: why\n\x1b[33mx\x1b[0m\n",),
        grown={
            **_ANYTHING,
            **_repeated(" ", "nox > * ", "\t", "\x1b[0m", "nox > * a: skipped\n", "SKIPPED: "),
            **_repeated("a:", before="  "),
        },
    ),
}
