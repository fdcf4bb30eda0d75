"""Reports made by coverage tools, to FileResults (provisional: coverage JSON only)."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from covgate.errors import ToolError
from covgate.model.results import FileResult, Numbers


class DataFile(Exception):
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    files: tuple[FileResult, ...]
    outside: tuple[str, ...]
    coverage_version: str = ""


def parse_coverage_json(data: bytes, tree: Path) -> Report:
    try:
        value = json.loads(data)
        files, outside = [], []
        for path, entry in value["files"].items():
            s = entry["summary"]
            n = Numbers(
                statements=s["num_statements"],
                executed_statements=s["covered_lines"],
                branches=s.get("num_branches", 0),
                executed_branches=s.get("covered_branches", 0),
                excluded=s["excluded_lines"],
            )
            if os.path.isabs(path) or path.startswith(".."):
                outside.append(path)
            files.append(
                FileResult(
                    path=path.replace(os.sep, "/"), numbers=n, missing_lines=tuple(entry["missing_lines"])
                )
            )
        value["totals"]["num_statements"]
    except (ValueError, KeyError, TypeError) as e:
        raise ToolError(f"coverage's JSON report can't be read: {e}") from None
    return Report(
        files=tuple(sorted(files, key=lambda f: f.path)),
        outside=tuple(outside),
        coverage_version=value["meta"]["version"],
    )


def parse_report(data: bytes, tree: Path, name: str) -> Report:
    if data.startswith(b"SQLite format 3\x00"):
        raise DataFile
    return parse_coverage_json(data, tree)


def combine(reports: Sequence[Report]) -> Report:
    return reports[0]
