"""Reports that were made elsewhere, judged in place of a test run."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from covgate.config import Config
from covgate.errors import ToolError, UsageError
from covgate.measure.analysis import read_report
from covgate.measure.commit import Measurer
from covgate.measure.reports import combine
from covgate.model.measurement import Measurement, Toolchain
from covgate.model.numbers import total


def measurement_from_reports(measurer: Measurer, config: Config, commit: str, paths: Sequence[Path]) -> Measurement:
    """The measurement of ``commit`` that the reports at ``paths`` hold together.

    Raises UsageError if a file can't be read, ToolError if a report is malformed or about other files.
    """
    repository = measurer.repository
    parts = []
    for path in paths:
        try:
            data = path.read_bytes()
        except OSError as error:
            raise UsageError(f"{path}: {error.strerror}", hint="give --report a file that exists") from None
        interpreter = partial(measurer.interpreter, config)
        parts.append(read_report(data, str(path), repository.top, interpreter, measurer.environ))
    report = combine(parts)
    if report.outside:
        raise ToolError(
            f"the report is about files outside of {repository.top}: {report.outside[0]}",
            hint="make it in this checkout, or map its paths ([tool.coverage.paths])",
        )
    listed = repository.run("ls-tree", "-r", "-z", "--name-only", "--full-tree", commit)
    known = set(listed.decode(errors="replace").split("\0"))
    if report.files and not any(each.path in known for each in report.files):
        raise ToolError(
            f"no file of the report is in {commit[:10]} (the first is {report.files[0].path})",
            hint="make the report at the top of the repository",
        )
    return Measurement(
        tree=repository.tree(commit),
        numbers=total(each.numbers for each in report.files),
        files=report.files,
        toolchain=Toolchain(coverage=report.coverage_version),
        complete=False,
    )
