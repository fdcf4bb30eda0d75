"""Reports of Go, Java, Ruby and PHP, made here by the real tools: our totals are the tool's own.

On Debian, golang-go, libjacoco-java with default-jdk-headless, ruby-simplecov, and phpunit with php-xdebug are
packages. A tool that is not installed is skipped.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from helpers.project import Project
from helpers.report_tools import Tools, counts
from helpers.sealed import run

GO_FILES = {
    "go.mod": "module example.org/sample\n\ngo 1.17\n",
    "a.go": """package sample

func Add(a, b int) int {
\tif a > b { return a + b }
\tfor i := 0; i < b; i++ {
\t\ta += i
\t\ta -= 1
\t}
\treturn a + b // the sum
}

func Never() int {
\tx := 1; y := 2

\t// never
\treturn x +
\t\ty
}
""",
    "a_test.go": """package sample

import (
\t"example.org/sample/util"
\t"testing"
)

func TestAdd(t *testing.T) { Add(1, 2); util.Twice(1) }
""",
    "util/u.go": """package util

func Twice(x int) int {
\tswitch x {
\tcase 1:
\t\treturn 2
\tdefault:
\t\treturn x * 2
\t}
}

func Lonely(x int) int { return x }
""",
    "util/u_test.go": 'package util\n\nimport "testing"\n\nfunc TestTwice(t *testing.T) { Twice(3) }\n',
    "more/go.mod": "module example.org/more\n\ngo 1.17\n",
    "more/a.go": "package more\n\nfunc One() int { return 1 }\n",
    "more/a_test.go": 'package more\n\nimport "testing"\n\nfunc TestOne(t *testing.T) { One() }\n',
}


@pytest.fixture
def make_tools(project: Project) -> Callable[[dict[str, str]], Tools]:
    """Tools in a project with some files, and a directory ``out`` that git ignores."""

    def make(files: dict[str, str]) -> Tools:
        for name, text in files.items():
            project.write(name, text)
        project.write(".gitignore", "/out/\n")
        project.commit()
        (project.top / "out").mkdir()
        return Tools(project)

    return make


def no_notices_of(report: str, notices: list[str]) -> bool:
    return not any(report in each for each in notices)


def test_go(make_tools: Callable[[dict[str, str]], Tools]) -> None:
    tools = make_tools(GO_FILES)
    profile = str(tools.project.top / "out/cover.out")
    environ = {"GOFLAGS": "-mod=mod", "GOPROXY": "off", "GOCACHE": str(tools.project.top / "out/cache"), "GOPATH": ""}
    tools.run("go", "test", "-covermode=count", "-coverpkg=./...", f"-coverprofile={profile}", "./...", **environ)
    judged = tools.judged("out/cover.out")
    executed, statements, *branches = counts(judged)
    assert (statements, branches) == (13, [0, 0])
    printed = tools.run("go", "tool", "cover", f"-func={profile}", **environ)
    assert re.findall(r"^total:.*\s(\S+)%$", printed, re.MULTILINE) == [f"{100 * executed / statements:.1f}"]
    # Each file is where its module is, whatever else is called a.go.
    missing = {each["path"]: each["missing_lines"] for each in judged["files"]}
    assert missing == {"a.go": [13, 16, 17], "util/u.go": [12]}
    assert no_notices_of("cover.out", judged["notices"])


JACOCO_FILES = {
    "core/src/main/java/com/acme/Foo.java": """package com.acme;

public class Foo {
    static int pick(int a, int b) {
        return a > b ? a : b;
    }

    static int never(int x) {
        if (x > 1 && x < 5) {
            return 1;
        }
        return 0;
    }

    public static void main(String[] args) {
        Runnable r = () -> System.out.println(pick(1, 2));
        r.run();
        System.out.println(com.acme.web.Bar.say());
    }
}
""",
    "web/src/main/java/com/acme/web/Bar.java": """package com.acme.web;

public class Bar {
    public static String say() { return "bar"; }
}
""",
    "web/src/main/java/Top.java": "class Top { int a() { return 1; } }\n",
    "tools/Report.java": """import java.io.*;
import org.jacoco.core.analysis.*;
import org.jacoco.core.tools.ExecFileLoader;
import org.jacoco.report.*;
import org.jacoco.report.xml.XMLFormatter;

public class Report {
    public static void main(String[] args) throws Exception {
        ExecFileLoader data = new ExecFileLoader();
        data.load(new File("out/jacoco.exec"));
        IReportVisitor visitor = new XMLFormatter().createVisitor(new FileOutputStream(args[0]));
        visitor.visitInfo(data.getSessionInfoStore().getInfos(), data.getExecutionDataStore().getContents());
        IReportGroupVisitor group = args.length > 2 ? visitor.visitGroup("all") : visitor;
        for (int i = 1; i < args.length; i++) {
            CoverageBuilder builder = new CoverageBuilder();
            new Analyzer(data.getExecutionDataStore(), builder).analyzeAll(new File(args[i]));
            group.visitBundle(builder.getBundle(new File(args[i]).getName()), null);
        }
        visitor.visitEnd();
    }
}
""",
}
JARS = Path("/usr/share/java")


def test_jacoco(make_tools: Callable[[dict[str, str]], Tools]) -> None:
    """Of one module, of several in a group, and without line numbers."""
    tools = make_tools(JACOCO_FILES)
    tools.run("javac", "-version")
    if not (JARS / "org.jacoco.agent.jar").exists():
        pytest.skip("org.jacoco.agent.jar (libjacoco-java) is not installed")
    out = tools.project.top / "out"
    with zipfile.ZipFile(JARS / "org.jacoco.agent.jar") as jar:
        (out / "agent.jar").write_bytes(jar.read("jacocoagent.jar"))
    web = ("web/src/main/java/com/acme/web/Bar.java", "web/src/main/java/Top.java")
    tools.run("javac", "-g", "-d", "out/web", *web)
    core = "core/src/main/java/com/acme/Foo.java"
    tools.run("javac", "-g", "-cp", "out/web", "-d", "out/core", core)
    tools.run("java", "-javaagent:out/agent.jar=destfile=out/jacoco.exec", "-cp", "out/core:out/web", "com.acme.Foo")
    jars = ":".join(str(each) for name in ("org.jacoco", "asm") for each in sorted(JARS.glob(f"{name}*.jar")))

    def report(name: str, *modules: str) -> tuple[int, ...]:
        """Write the report ``name``. Returns its own totals."""
        tools.run("java", "-cp", jars, "tools/Report.java", name, *modules)
        totals = tools.read(name).rpartition("</group>" if len(modules) > 1 else "</package>")[2]
        told = {
            kind: (int(covered), int(missed) + int(covered))
            for kind, missed, covered in re.findall(r'type="(\w+)" missed="(\d+)" covered="(\d+)"', totals)
        }
        return (*told["LINE"], *told.get("BRANCH", (0, 0)))

    for name, modules in (("out/one.xml", ["out/core"]), ("out/all.xml", ["out/core", "out/web"])):
        told = report(name, *modules)
        judged = tools.judged(name)
        assert counts(judged) == told
        assert [each for each in judged["notices"] if "are taken to be in" not in each and name in each] == []
    assert {each["path"] for each in judged["files"]} == {core, *web}
    # The report of another compiler option: no line is in it.
    tools.run("javac", "-g:none", "-cp", "out/web", "-d", "out/bare", core)
    tools.run("java", "-cp", jars, "tools/Report.java", "out/bare.xml", "out/bare")
    done = tools.project.covgate("check", "--report", "out/bare.xml", "--fail-closed")
    assert done.status == 3
    assert "the class com/acme/Foo has no line numbers: compile with debug information (javac -g)" in done


RUBY_FILES = {
    "lib/a.rb": """# a comment
class A
  def pick(x)
    x > 1 ? "many" : "one"
  end

  def never(x)
    if x
      1
    else
      2
    end
  end

  # :nocov:
  def hidden(x)
    x ? 3 : 4
  end
  # :nocov:
end
""",
    "lib/unused.rb": "def unused\n  1\nend\n",
    "check/run.rb": """require "simplecov"
SimpleCov.start do
  command_name ARGV[0]
  coverage_dir "out"
  enable_coverage :branch
  track_files "lib/**/*.rb"
  add_filter "check/"
  formatter SimpleCov::Formatter::SimpleFormatter
end
if ARGV[0] != "three"
  require_relative "../lib/a"
  A.new.pick(ARGV[0] == "one" ? 2 : 0)
end
""",
}


RUBY_TOTALS = """require "simplecov"
SimpleCov.coverage_dir "out"
SimpleCov.enable_coverage :branch
totals = SimpleCov::ResultMerger.merged_result.coverage_statistics.values_at(:line, :branch)
puts totals.flat_map { |each| [each.covered, each.total] }.join(" ")
"""


def test_simplecov(make_tools: Callable[[dict[str, str]], Tools]) -> None:
    """What three suites, of which one loads no file, have left in the resultset, and what SimpleCov says of them."""
    tools = make_tools(RUBY_FILES)
    ruby = tools.find("ruby")
    if run([ruby, "-e", 'require "simplecov"'], tools.project.top, tools.project.environ).status != 0:
        pytest.skip("the library simplecov is not installed (ruby-simplecov)")
    for suite in ("one", "three", "two"):
        tools.run("ruby", "check/run.rb", suite)
    (tools.project.top / "out/totals.rb").write_text(RUBY_TOTALS, encoding="utf-8")
    told = tuple(map(int, tools.run("ruby", "out/totals.rb").split()[-4:]))
    judged = tools.judged("out/.resultset.json")
    assert counts(judged) == told == (4, 10, 2, 4)
    assert judged["numbers"]["excluded"] == 2
    assert no_notices_of("resultset", judged["notices"])


PHP_FILES = {
    "src/Foo.php": """<?php
namespace Acme;

class Foo
{
    public function pick(int $a, int $b): int
    {
        if ($a > $b && $b > 0) {
            return $a;
        }
        return $b;
    }

    public function never(): string
    {
        return 'x';
    }
}
""",
    "src/plain.php": "<?php\nfunction plain() {\n    return 1;\n}\n",
    # A line that is a method's is listed as that alone.
    "src/Line.php": """<?php
class Line
{
    public function one() { return 1; }
    public function two() { return 2; }
    public function __construct(private int $x = 3) {}
    public function three() { return array_map(fn ($x) => $x * 2,
        [1, 2]); }
}
trait Three { public function three() {
    return 3;
} }
interface Four { public function four(); }
""",
    "check/LineTest.php": """<?php
require_once __DIR__ . '/../src/Line.php';
final class LineTest extends PHPUnit\\Framework\\TestCase
{
    public function testOne(): void { $this->assertSame(1, (new Line())->one()); }
}
""",
    "check/FooTest.php": """<?php
require_once __DIR__ . '/../src/Foo.php';
final class FooTest extends PHPUnit\\Framework\\TestCase
{
    public function testPick(): void { $this->assertSame(3, (new Acme\\Foo())->pick(3, 2)); }
}
""",
    "phpunit.xml": """<phpunit><testsuites><testsuite name="all"><directory>check</directory></testsuite></testsuites>
<coverage processUncoveredFiles="true"><include><directory>src</directory></include></coverage></phpunit>
""",
}


@pytest.mark.parametrize("options", [(), ("--path-coverage",)], ids=["lines", "branches"])
def test_phpunit(make_tools: Callable[[dict[str, str]], Tools], options: tuple[str, ...]) -> None:
    tools = make_tools(PHP_FILES)
    tools.find("phpunit")
    if "xdebug" not in tools.run("php", "-m"):
        pytest.skip("PHP's extension xdebug is not installed (php-xdebug)")
    reports = ("--coverage-clover", "out/clover.xml", "--coverage-cobertura", "out/cobertura.xml", "--coverage-text")
    printed = tools.run("phpunit", "--do-not-cache-result", *options, *reports, XDEBUG_MODE="coverage")
    summary = printed[printed.index("Summary:") :]
    told = {
        kind: (int(executed), int(count))
        for kind, executed, count in re.findall(r"^ +(Lines|Branches): .*\( *(\d+)/(\d+)\)", summary, re.MULTILINE)
    }
    judged = tools.judged("out/clover.xml")
    assert counts(judged) == (*told["Lines"], *told.get("Branches", (0, 0)))
    assert no_notices_of("clover.xml", judged["notices"])
    (line,) = (each for each in judged["files"] if each["path"] == "src/Line.php")
    assert line["missing_lines"] == [5, 7, 8, 11]
    assert counts(tools.judged("out/cobertura.xml"))[:2] == told["Lines"]
