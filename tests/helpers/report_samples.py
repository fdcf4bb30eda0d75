"""A small valid report of each format, written by hand after the format's definition, for unit tests and for fuzzing.

Each is about one file with three statements, of which two were executed, and two branches, of which one was. Go has no
branches. `tests/integration/test_report_tools.py` and `test_language_reports.py` read what the real tools write, except
for OpenClover and for SimpleCov's coverage.json, whose writers Debian, npm and the Python package index don't have:
OPENCLOVER follows its clover.xsd, and SIMPLECOV SimpleCov's coverage.schema.json.
"""

from __future__ import annotations

import json
from typing import Any


def _span(line: int, column: int, last: int, end: int) -> dict[str, Any]:
    return {"start": {"line": line, "column": column}, "end": {"line": last, "column": end}}


ISTANBUL: dict[str, Any] = {
    "/srv/project/src/a.js": {
        "path": "/srv/project/src/a.js",
        "statementMap": {
            "0": _span(1, 0, 1, 9),
            "1": _span(2, 0, 2, 9),
            "2": _span(2, 10, 2, 19),
            "3": _span(4, 0, 4, 9),
        },
        "fnMap": {"0": {"name": "f", "decl": _span(1, 0, 1, 9), "loc": _span(1, 0, 4, 9), "line": 1}},
        "branchMap": {
            "0": {
                "loc": _span(2, 0, 2, 9),
                "type": "if",
                "locations": [_span(2, 0, 2, 9), {"start": {}, "end": {}}],
                "line": 2,
            }
        },
        "s": {"0": 1, "1": 7, "2": 0, "3": 0},
        "f": {"0": 1},
        "b": {"0": [1, 0]},
    }
}
LLVM_COV: dict[str, Any] = {
    "data": [
        {
            "files": [
                {
                    "branches": [[2, 7, 2, 12, 3, 0, 0, 0, 4]],
                    "expansions": [],
                    "filename": "/srv/project/src/a.c",
                    "segments": [
                        [1, 1, 3, True, True, False],
                        [2, 12, 0, False, False, False],
                        [4, 5, 0, True, True, False],
                        [4, 9, 0, False, False, False],
                    ],
                    "summary": {
                        "branches": {"count": 2, "covered": 1, "notcovered": 1, "percent": 50},
                        "lines": {"count": 3, "covered": 2, "percent": 66.6},
                    },
                }
            ],
            "functions": [],
            "totals": {"branches": {"count": 2, "covered": 1}, "lines": {"count": 3, "covered": 2}},
        }
    ],
    "type": "llvm.coverage.json.export",
    "version": "2.0.1",
}
RESULTSET: dict[str, Any] = {
    "RSpec": {
        "coverage": {
            "/srv/project/lib/a.rb": {
                "lines": [1, 7, None, 0],
                "branches": {"[:if, 0, 2, 4, 2, 9]": {"[:then, 1, 2, 4, 2, 5]": 1, "[:else, 2, 2, 6, 2, 9]": 0}},
            }
        },
        "timestamp": 1700000000,
    }
}
SIMPLECOV: dict[str, Any] = {
    "meta": {"simplecov_version": "1.1.1"},
    "total": {"lines": {"covered": 2, "total": 3}, "branches": {"covered": 1, "total": 2}},
    "coverage": {
        "lib/a.rb": {
            "lines": [1, 7, "ignored", 0],
            "branches": [
                {"type": "then", "start_line": 2, "end_line": 2, "coverage": 1, "report_line": 2},
                {"type": "else", "start_line": 2, "end_line": 2, "coverage": 0, "report_line": 2},
            ],
        }
    },
    "groups": {},
}
GO = """mode: count
example.org/it/a.go:1.24,2.11 2 7
example.org/it/a.go:4.2,4.11 1 0
example.org/it/a.go:1.24,2.11 2 0
"""
PHPUNIT = """<?xml version="1.0" encoding="UTF-8"?>
<coverage generated="1700000000"><project timestamp="1700000000">
<file name="/srv/project/src/A.php">
<class name="A" namespace="global"><metrics complexity="2" methods="1" coveredmethods="1" conditionals="9"
coveredconditionals="9" statements="9" coveredstatements="9" elements="9" coveredelements="9"/></class>
<line num="1" type="method" name="f" visibility="public" complexity="2" crap="2" count="1"/>
<line num="1" type="stmt" count="1"/><line num="2" type="stmt" count="7"/><line num="4" type="stmt" count="0"/>
<metrics loc="5" ncloc="5" classes="1" methods="1" coveredmethods="1" conditionals="2" coveredconditionals="1"
statements="3" coveredstatements="2" elements="6" coveredelements="4"/></file>
<metrics files="1" loc="5" ncloc="5" classes="1" methods="1" coveredmethods="1" conditionals="2" coveredconditionals="1"
statements="3" coveredstatements="2" elements="6" coveredelements="4"/></project></coverage>"""
ISTANBUL_CLOVER = """<?xml version="1.0" encoding="UTF-8"?>
<coverage generated="1700000000" clover="3.2.0"><project timestamp="1700000000" name="All files">
<metrics statements="3" coveredstatements="2" conditionals="2" coveredconditionals="1" methods="1" coveredmethods="1"
elements="6" coveredelements="4" complexity="0" loc="3" ncloc="3" packages="1" files="1" classes="1"/>
<package name="src"><metrics statements="3" coveredstatements="2" conditionals="2" coveredconditionals="1" methods="1"
coveredmethods="1"/><file name="a.js" path="/srv/project/src/a.js">
<metrics statements="3" coveredstatements="2" conditionals="2" coveredconditionals="1" methods="1" coveredmethods="1"/>
<line num="1" count="1" type="stmt"/><line num="2" count="7" type="cond" truecount="1" falsecount="1"/>
<line num="4" count="0" type="stmt"/></file></package></project></coverage>"""
OPENCLOVER = """<?xml version="1.0" encoding="UTF-8"?>
<coverage clover="4.5.2" generated="1700000000"><project name="it" timestamp="1700000000">
<metrics coveredstatements="2" statements="3" coveredconditionals="1" conditionals="2" methods="1" coveredmethods="1"/>
<package name="com.acme"><file name="A.java" path="/srv/project/src/A.java">
<metrics coveredstatements="2" statements="3" coveredconditionals="1" conditionals="2" methods="1" coveredmethods="1"/>
<class name="A"><metrics coveredstatements="2" statements="3" coveredconditionals="1" conditionals="2"/></class>
<line num="1" type="method" signature="f() : void" visibility="public" complexity="2" count="1"/>
<line num="1" type="stmt" count="1"/><line num="2" type="stmt" count="7"/>
<line num="2" type="cond" truecount="7" falsecount="0"/><line num="4" type="stmt" count="0"/></file></package></project>
<testproject timestamp="1700000000"><metrics coveredstatements="1" statements="1"/><package name="com.acme">
<file name="ATest.java" path="/srv/project/test/ATest.java"><line num="1" type="stmt" count="1"/></file></package>
</testproject></coverage>"""

# By the name of the format in messages.
SAMPLES: dict[str, list[bytes]] = {
    "Istanbul JSON": [json.dumps(ISTANBUL).encode()],
    "llvm-cov JSON": [json.dumps(LLVM_COV).encode()],
    "SimpleCov JSON": [json.dumps(SIMPLECOV).encode()],
    "SimpleCov resultset": [json.dumps(RESULTSET).encode()],
    "Go cover profile": [GO.encode()],
    "Clover XML": [PHPUNIT.encode(), ISTANBUL_CLOVER.encode(), OPENCLOVER.encode()],
}
