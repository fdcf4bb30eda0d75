"""Patch coverage against diff-cover, on the same Cobertura report: equal, or different for a reason that is shown.

The corpus: released versions of pure-Python packages, two in a row committed as history and a little of the newer one
executed, and covgate's own history. ``COVGATE_REAL_PROJECTS``: names to run, separated by commas, or ``all``; by
default two quick ones. docs/patch-coverage.md lists the reasons.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from covgate.git.diff import added_lines, changes
from covgate.git.repository import Repository
from covgate.measure.interpreter import Interpreter
from covgate.measure.reports import parse_report
from covgate.measure.statements import first_lines
from covgate.model.changes import FileChange, LineSet
from covgate.model.measurement import FileResult
from covgate.model.patch import patch_coverage
from helpers.sealed import CHECKOUT, run, script

PYTHON = {".py"}
LONE_RETURN = re.compile(rb"\r(?!\n)")


@dataclass(frozen=True, kw_only=True)
class Pair:
    """Two releases of a package, and a program that uses a little of it."""

    name: str
    versions: tuple[str, str]
    program: str


PAIRS = (
    Pair(
        name="xmltodict",
        versions=("0.12.0", "0.13.0"),
        program="import xmltodict as x\nx.unparse(x.parse('<a><b c=\"1\">x</b><b/></a>'), pretty=True)",
    ),
    Pair(
        name="cachetools",
        versions=("5.3.3", "5.4.0"),
        program="import cachetools, cachetools.func\nc = cachetools.LRUCache(2)\nfor n in range(4): c[n] = n\n"
        "cachetools.TTLCache(2, 9)[1] = 2\ncachetools.func.lfu_cache(str)(1)",
    ),
    Pair(
        name="attrs",
        versions=("23.2.0", "24.1.0"),
        program="import attr, attrs\n\n@attrs.define\nclass C:\n    a: int\n    b: list = attrs.field(factory=list)\n\n"
        "attrs.asdict(C(1)); attr.evolve(C(1), a=2); assert C(1) == C(1)",
    ),
    Pair(
        name="boltons",
        versions=("23.1.1", "24.0.0"),
        program="from boltons import dictutils, iterutils, strutils, urlutils\niterutils.chunked(range(9), 2)\n"
        "dictutils.OMD([(1, 2), (1, 3)]).getlist(1)\nstrutils.slugify('A b')\nurlutils.URL('http://a/b?c=d').to_text()",
    ),
    Pair(
        name="bottle",
        versions=("0.12.25", "0.13.1"),
        program="import bottle\n\n@bottle.route('/<name>')\ndef hello(name):\n"
        "    return bottle.template('{{name}}', name=name)\n\n"
        "env = {'PATH_INFO': '/x', 'REQUEST_METHOD': 'GET', 'wsgi.errors': __import__('sys').stderr}\n"
        "list(bottle.default_app()(env, lambda *a: None))",
    ),
    Pair(
        name="click",
        versions=("8.1.7", "8.1.8"),
        program="import click, click.testing\n\n@click.command()\n@click.option('--n', type=int, default=1)\n"
        "def f(n):\n    click.echo('x' * n)\n\nclick.testing.CliRunner().invoke(f, ['--n', '2'])\n"
        "click.testing.CliRunner().invoke(f, ['--help'])",
    ),
    Pair(
        name="humanize",
        versions=("4.8.0", "4.9.0"),
        program="import humanize\nhumanize.naturalsize(10**6)\nhumanize.intword(10**9)\nhumanize.naturaldelta(99)",
    ),
    Pair(
        name="lark",
        versions=("1.1.8", "1.1.9"),
        program="import lark\nlark.Lark('start: \"a\" B+\\nB: /b/', parser='lalr').parse('abb').pretty()\n"
        "lark.Lark('start: \"a\" | start start').parse('aa')",
    ),
    Pair(
        name="markdown",
        versions=("3.5.2", "3.6"),
        program="import markdown\nmarkdown.markdown('# A\\n\\n* b\\n* c\\n\\n[d](e)', extensions=['toc', 'tables'])",
    ),
    Pair(
        name="mistune",
        versions=("2.0.5", "3.0.0"),
        program="import mistune\nmistune.html('# A\\n\\n* b\\n* c\\n\\n[d](e) `f`\\n\\n> g')",
    ),
    Pair(
        name="more-itertools",
        versions=("10.1.0", "10.2.0"),
        program="import more_itertools as m\nlist(m.chunked(range(9), 2)); m.peekable([1]).peek(); m.first([1])",
    ),
    Pair(
        name="packaging",
        versions=("23.2", "24.0"),
        program="from packaging import requirements, specifiers, tags, version\nnext(tags.sys_tags())\n"
        "requirements.Requirement('a[b]>=1; python_version > \"3\"').marker.evaluate()\n"
        "version.Version('1.2') in specifiers.SpecifierSet('~=1.0')",
    ),
    Pair(
        name="pathspec",
        versions=("0.11.2", "0.12.1"),
        program="import pathspec\npathspec.PathSpec.from_lines('gitwildmatch', ['*.py', '!a/**']).match_file('b/c.py')",
    ),
    Pair(
        name="pluggy",
        versions=("1.3.0", "1.4.0"),
        program="import pluggy\nspec, impl = pluggy.HookspecMarker('x'), pluggy.HookimplMarker('x')\n\nclass S:\n"
        "    @spec\n    def f(self, a): ...\n\nclass P:\n    @impl\n    def f(self, a): return a\n\n"
        "m = pluggy.PluginManager('x'); m.add_hookspecs(S); m.register(P()); m.hook.f(a=1)",
    ),
    Pair(
        name="pyparsing",
        versions=("3.0.9", "3.1.0"),
        program="import pyparsing as p\n(p.Word(p.nums) + p.Opt('x'))[1, ...].parse_string('1 x 2')",
    ),
    Pair(
        name="semver",
        versions=("2.13.0", "3.0.0"),
        program="import semver\nsemver.VersionInfo.parse('1.2.3').bump_minor()",
    ),
    Pair(
        name="sqlparse",
        versions=("0.4.4", "0.5.0"),
        program="import sqlparse\nsqlparse.format('select a from b where c = 1', reindent=True, keyword_case='upper')",
    ),
    Pair(
        name="tabulate",
        versions=("0.8.10", "0.9.0"),
        program="import tabulate\ntabulate.tabulate([[1, 'a'], [2.5, None]], headers=['x', 'y'], tablefmt='grid')",
    ),
    Pair(
        name="tinydb",
        versions=("4.7.1", "4.8.0"),
        program="import tinydb\nfrom tinydb.storages import MemoryStorage\ndb = tinydb.TinyDB(storage=MemoryStorage)\n"
        "db.insert({'a': 1}); db.search(tinydb.where('a') == 1)",
    ),
)  # fmt: skip
BY_DEFAULT = ("xmltodict", "cachetools")


def chosen() -> list[Pair]:
    wanted = os.environ.get("COVGATE_REAL_PROJECTS", "")
    if wanted in ("1", "all"):
        return list(PAIRS)
    names = [name.strip() for name in wanted.split(",")] if wanted else BY_DEFAULT
    return [each for each in PAIRS if each.name in names]


@dataclass(frozen=True, kw_only=True)
class Theirs:
    """What diff-cover says of a file: the changed lines that are covered, and the violations."""

    covered: frozenset[int] = frozenset()
    violations: frozenset[int] = frozenset()

    @property
    def lines(self) -> frozenset[int]:
        return self.covered | self.violations


@dataclass(kw_only=True)
class Compared:
    """How much was compared, and what differed for which reason."""

    files: int = 0
    lines: int = 0
    partial: int = 0
    reasons: Counter[str] = field(default_factory=Counter)

    def __str__(self) -> str:
        told = ", ".join(f"{reason} {count}" for reason, count in sorted(self.reasons.items())) or "none"
        return f"{self.files} files, {self.lines} lines, {self.partial} partial; differences: {told}"


class Workshop:
    """A repository whose checked-out commit is measured by coverage, and judged by both."""

    def __init__(self, top: Path, environ: Mapping[str, str]) -> None:
        self.top = top
        self.environ = {name: value for name, value in environ.items() if not name.startswith("COVERAGE_")}
        self.report = top.parent / "coverage.xml"
        top.mkdir()
        self.git("init", "--quiet")
        self.repository = Repository.discover(top, self.environ)

    def git(self, *argv: str) -> str:
        return self.run("git", *argv)

    def run(self, *argv: str, **environ: str) -> str:
        done = run(list(argv), self.top, {**self.environ, **environ})
        assert done.status == 0, f"{argv}\n{done.text}"
        return done.text.strip()

    def commit(self, files: Mapping[str, bytes | None]) -> str:
        for name, data in files.items():
            path = self.top / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.unlink() if data is None else path.write_bytes(data)
        return self.commit_all()

    def commit_all(self) -> str:
        self.git("add", "--all", "--force")
        self.git("commit", "--quiet", "--message", "more")
        return self.git("rev-parse", "HEAD")

    def measure(self, program: str) -> None:
        """Run ``program`` under coverage in the checked-out tree, all of which is the source."""
        file, data = self.top.parent / "program.py", self.top.parent / "coverage.data"
        file.write_text(program, encoding="utf-8")
        common = [sys.executable, "-m", "coverage"]
        here = {"PYTHONPATH": str(self.top), "COVERAGE_FILE": str(data), "PYTHONDONTWRITEBYTECODE": "1"}
        self.run(*common, "run", "--rcfile=", "--branch", "--source=.", str(file), **here)
        self.run(*common, "xml", "--rcfile=", "--ignore-errors", "-q", "-o", str(self.report), **here)

    def theirs(self, report: Path, old: str, *options: str) -> dict[str, Theirs]:
        target = self.top.parent / "diff-cover.json"
        self.run(
            *(script("diff-cover"), str(report), "--quiet", "--compare-branch", old, "--diff-range-notation", ".."),
            *("--ignore-staged", "--ignore-unstaged", "--format", f"json:{target}", *options),
        )
        stats = json.loads(target.read_bytes())["src_stats"]
        return {
            path: Theirs(covered=frozenset(each["covered_lines"]), violations=frozenset(each["violation_lines"]))
            for path, each in stats.items()
        }

    def compare(self, old: str, *, report: Path | None = None) -> Compared:
        """Hold that both agree on what the checked-out commit changed since ``old``, or differ for a known reason.

        ``report``: what diff-cover is given, where it is not the same.
        """
        new = self.git("rev-parse", "HEAD")
        files = parse_report(self.report.read_bytes(), self.top, "coverage.xml").files
        added = added_lines(self.repository, [old], new, PYTHON)
        mine = {each.path: each for each in patch_coverage(files, added, {}).files}
        theirs = self.theirs(report or self.report, old)
        by_branches = self.theirs(report or self.report, old, "--branch-coverage")
        compared = Compared(files=len(mine.keys() & theirs.keys()))
        reasons = Reasons(self.repository, old, new)
        for path in sorted(mine.keys() | theirs.keys()):
            lines = {line.number: line for line in mine[path].lines} if path in mine else {}
            other = theirs.get(path, Theirs())
            both = lines.keys() & other.lines
            missing = {number for number in both if not lines[number].executed}
            partial = {number for number in both if lines[number].executed and not lines[number].whole}
            assert both & other.violations == missing, path
            assert both & by_branches.get(path, Theirs()).violations == missing | partial, path
            compared.lines += len(both)
            compared.partial += len(partial)
            compared.reasons.update(reasons.of(path, each) for each in lines.keys() ^ other.lines)
        compared.reasons.update(self._later_lines(files, added))
        return compared

    def _later_lines(self, files: Sequence[FileResult], added: Mapping[str, LineSet]) -> Iterator[str]:
        """The reason for what covgate counts besides: statements that changed in a later line only."""
        sources = {each.path: (self.top / each.path).read_bytes() for each in files if each.path in added}
        first = first_lines(sources, lambda: Interpreter(path=sys.executable), self.top, self.environ)
        known = {each.path: {*each.lines} for each in patch_coverage(files, added, {}).files}
        for each in patch_coverage(files, added, first).files:
            assert known.get(each.path, set()) <= {*each.lines}
            for number in {line.number for line in {*each.lines} - known.get(each.path, set())}:
                later = {line for line, begin in first[each.path].items() if begin == number}
                assert number not in added[each.path]
                assert not later.isdisjoint(added[each.path])
                yield "multi-line statement"


class Reasons:
    """Why a changed line is one for covgate or for diff-cover alone; AssertionError where nothing explains it."""

    def __init__(self, repository: Repository, old: str, new: str) -> None:
        self.repository = repository
        self.old, self.new = old, new
        self.changes = {each.path: each for each in changes(repository, old, new, PYTHON) if each.path}

    def of(self, path: str, line: int) -> str:
        change = self.changes.get(path, FileChange(old_path=path, path=path))
        before, now = self._lines(self.old, change.old_path), self._lines(self.new, path)
        was = change.was_at(line)
        if LONE_RETURN.search(b"".join(before)) or LONE_RETURN.search(b"".join(now)):
            return "carriage return alone"
        if self.repository.text("check-attr", "diff", "--", path).endswith(": diff: unset"):
            return "attributes"
        if was is None:
            # diff-cover takes "\ No newline at end of file" for a line, and the ones below it for one more.
            (hunk,) = (each for each in change.hunks if line in each.after)
            if hunk.removed and hunk.before.stop == len(before) + 1 and not before[-1].endswith(b"\n"):
                return "final newline"
        elif before[was - 1] != now[line - 1] and bare(before[was - 1]) == bare(now[line - 1]):
            ends = {before[was - 1].endswith(b"\n"), now[line - 1].endswith(b"\n")}
            return "line ending" if len(ends) == 1 else "final newline"
        raise AssertionError(f"{path}:{line} differs for no known reason: {change}")

    def _lines(self, commit: str, path: str) -> list[bytes]:
        data = self.repository.file(commit, path) or b""
        return [line + b"\n" for line in data.split(b"\n")[:-1]] + [line for line in data.split(b"\n")[-1:] if line]


@pytest.fixture
def shop(tmp_path: Path, environ: dict[str, str]) -> Iterator[Workshop]:
    made = Workshop(tmp_path / "work", environ)
    yield made
    made.repository.close()


def bare(line: bytes) -> bytes:
    return line.removesuffix(b"\n").removesuffix(b"\r")


def test_a_difference_without_a_reason_is_one(shop: Workshop) -> None:
    """The comparison itself sees a violation, a partial branch, and a statement that are not in both."""
    old = shop.commit({"mod.py": b"a = 1\n"})
    shop.commit({"mod.py": b"a = 1\nb = 2\nif a == 1:\n    c = 3\n"})
    shop.measure("import mod")
    compared = shop.compare(old)
    assert (compared.files, compared.lines, compared.partial, compared.reasons) == (1, 3, 1, Counter())
    other = shop.top.parent / "other.xml"
    for before, after in (
        (b'number="2" hits="1"', b'number="2" hits="0"'),
        (b"50% (1/2)", b"100% (2/2)"),
        (b'number="4" hits="1"', b'number="9" hits="1"'),
    ):
        assert before in shop.report.read_bytes()
        other.write_bytes(shop.report.read_bytes().replace(before, after))
        with pytest.raises(AssertionError):
            shop.compare(old, report=other)


BODY = b"def f(a):\n    if a:\n        return 1\n    return 2\n\n\nx = f(1)\n"
DIFFERENCES: dict[str, tuple[dict[str, bytes | None], dict[str, bytes | None]]] = {
    "multi-line statement": ({"mod.py": BODY + b"y = f(\n    1,\n)\n"}, {"mod.py": BODY + b"y = f(\n    2,\n)\n"}),
    "line ending": ({"mod.py": BODY}, {"mod.py": BODY.replace(b"\n", b"\r\n")}),
    "attributes": ({"mod.py": BODY}, {"mod.py": BODY + b"y = 2\n", ".gitattributes": b"*.py -diff\n"}),
    "carriage return alone": ({"mod.py": BODY}, {"mod.py": b"# one\r# two\n" + BODY}),
    "final newline": ({"mod.py": BODY + b"y = 1"}, {"mod.py": BODY + b"y = 2\n"}),
}


@pytest.mark.parametrize("reason", DIFFERENCES)
def test_where_the_definitions_differ(shop: Workshop, reason: str) -> None:
    before, after = DIFFERENCES[reason]
    shop.git("config", "core.autocrlf", "false")
    old = shop.commit(before)
    shop.commit(after)
    shop.measure("import mod")
    compared = shop.compare(old)
    assert set(compared.reasons) == {reason}, compared


def test_renames_and_names_are_followed_alike(shop: Workshop) -> None:
    old = shop.commit({"mod.py": BODY, "two b.py": BODY})
    shop.commit({"mod.py": None, "sub/moved.py": BODY + b"y = 2\n", "two b.py": BODY + b"if x:\n    y = 3\n"})
    shop.measure("import runpy\nrunpy.run_path('sub/moved.py')\nrunpy.run_path('two b.py')")
    compared = shop.compare(old)
    assert (compared.files, compared.lines, compared.partial, compared.reasons) == (2, 3, 1, Counter())


def test_a_final_newline_that_is_lost(shop: Workshop) -> None:
    old = shop.commit({"mod.py": BODY})
    shop.commit({"mod.py": BODY[:-1]})
    shop.measure("import mod")
    assert shop.compare(old).reasons == {"final newline": 1}


@pytest.mark.real_project
@pytest.mark.parametrize("pair", chosen(), ids=lambda pair: pair.name)
def test_releases(pair: Pair, shop: Workshop, tmp_path: Path) -> None:
    commits = []
    for version in pair.versions:
        for entry in shop.top.iterdir():
            if entry.name != ".git":
                shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
        download(pair.name, version, tmp_path / version, shop.top)
        commits.append(shop.commit_all())
    shop.measure(pair.program)
    compared = shop.compare(commits[0])
    print(f"{pair.name} {pair.versions[0]} -> {pair.versions[1]}: {compared}")
    assert compared.lines > 0
    # And back: what the newer release took away is what the older one adds.
    shop.git("checkout", "--quiet", "--detach", commits[0])
    shop.measure("")
    compared = shop.compare(commits[1])
    print(f"{pair.name} {pair.versions[1]} -> {pair.versions[0]}: {compared}")


def download(name: str, version: str, directory: Path, top: Path) -> None:
    """Unpack a release into ``top``; skips where the package index is out of reach."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    done = subprocess.run(
        [*command, "--only-binary", ":all:", "--dest", str(directory), f"{name}=={version}"],
        capture_output=True,
        text=True,
    )
    if done.returncode:
        pytest.skip(f"pip download failed: {done.stderr.strip().splitlines()[-1:]}")
    (archive,) = directory.glob("*.whl")
    with zipfile.ZipFile(archive) as file:
        file.extractall(top)  # a release of a project that is named above


def test_own_history(shop: Workshop) -> None:
    """What HEAD changed since its ancestors: some of them, or all with ``COVGATE_REAL_PROJECTS=all``."""
    listed = run(["git", "rev-list", "--first-parent", "HEAD"], CHECKOUT, shop.environ)
    shallow = run(["git", "rev-parse", "--is-shallow-repository"], CHECKOUT, shop.environ)
    if listed.status or shallow.text.strip() != "false":
        pytest.skip("covgate's own history is not here")
    ancestors = listed.text.split()[1:]
    if os.environ.get("COVGATE_REAL_PROJECTS") not in ("1", "all"):
        ancestors = ancestors[:: max(1, len(ancestors) // 3)]
    shop.git("fetch", "--quiet", str(CHECKOUT), "HEAD")
    shop.git("checkout", "--quiet", "--detach", "FETCH_HEAD")
    shop.measure("import covgate\nassert covgate.judge(84.4, 85.0, covgate.Policy()).status is covgate.Status.FAIL\n")
    together = Compared()
    for ancestor in ancestors:
        compared = shop.compare(ancestor)
        together.files += compared.files
        together.lines += compared.lines
        together.partial += compared.partial
        together.reasons.update(compared.reasons)
    print(f"covgate, {len(ancestors)} ancestors: {together}")
    assert together.lines > 0
