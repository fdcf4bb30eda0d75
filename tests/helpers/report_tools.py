"""Run the real tools that write reports, in a project of their own.

Tools are looked for on PATH and in the directories of COVGATE_TEST_TOOLS, such as the `node_modules/.bin` of
`npm install c8 nyc jest`. A test that needs a tool which is not installed is skipped, and says which.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from typing import Any

import pytest

from helpers.project import Project
from helpers.sealed import run


class Tools:
    """Runs tools in a project; a tool that is absent skips the test."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.path = os.pathsep.join(filter(None, [os.environ.get("COVGATE_TEST_TOOLS"), os.environ["PATH"]]))

    def run(self, *argv: str, **environ: str) -> str:
        """What the tool prints; the last line may be its summary."""
        program = self.find(argv[0])
        done = run([program, *argv[1:]], self.project.top, {**self.project.environ, "PATH": self.path, **environ})
        assert done.status == 0, done.text
        return done.text

    def find(self, name: str) -> str:
        """Where the tool is; skips the test if it is nowhere."""
        program = shutil.which(name, path=self.path)
        if program is None:
            pytest.skip(f"{name} is not installed")
        return program

    def read(self, name: str) -> str:
        return (self.project.top / name).read_text(encoding="utf-8")

    def judged(self, report: str, *options: str) -> dict[str, Any]:
        done = self.project.covgate("check", "--report", report, *options, "--format", "json")
        assert done.status == 0, done.text
        data: dict[str, Any] = json.loads(done.text)
        assert data["numbers"] is not None, done.text
        return data


def counts(data: Mapping[str, Any]) -> tuple[int, int, int, int]:
    numbers = data["numbers"]
    return (
        numbers["executed_statements"],
        numbers["statements"],
        numbers["executed_branches"],
        numbers["branches"],
    )
