"""Reports that were made elsewhere, judged in place of a test run."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from covgate.config import Config
from covgate.errors import UsageError
from covgate.measure.analysis import left_out_notices
from covgate.measure.commit import Measurer
from covgate.measure.committed import commit_of
from covgate.measure.data_files import Place, parse_data_file
from covgate.measure.reports import DataFile, Report, combine, parse, read_bytes
from covgate.measure.reports.located import Commit, check_agreement, report_at_commit
from covgate.measure.reports.names import Naming
from covgate.measure.reports.paths import TOP
from covgate.measure.reports.values import shown
from covgate.model.measurement import Measurement, Toolchain
from covgate.model.numbers import total
from covgate.model.record import DEFAULT_COMPONENT


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportFile:
    """A report: its file, where in the repository the paths in it are (prefix -> directory), and its format.

    Without a format, that of the configuration holds, else the one that its first bytes show.
    """

    path: Path
    report_paths: Mapping[str, str] = field(default_factory=dict)
    report_format: str = ""


def find_reports(given: Iterable[tuple[str, ReportFile]], expected: int = 0) -> list[ReportFile]:
    """The reports that are ``given``: names of files or glob patterns, each with what is known about the files.

    Raises UsageError if a pattern matches no file, or if there are fewer files than ``expected``; a file that is given
    twice counts once. If none are expected, a file that is missing is an error when it is read.
    """
    found: list[ReportFile] = []
    missing = []
    for name, file in given:
        paths = [Path(name)]
        if glob.has_magic(name) and not os.path.lexists(name):
            matches = map(Path, glob.glob(name, recursive=True))  # noqa: PTH207, since Path takes no absolute pattern
            paths = sorted(each for each in matches if each.is_file())
            missing += [] if paths else [f"{shown(name)} (matches no file)"]
        elif expected and not paths[0].is_file():
            missing.append(f"{shown(name)} (no such file)")
        found += (replace(file, path=each) for each in paths)
    about_missing = f"; missing: {', '.join(missing)}" if missing else ""
    arrived = {os.path.realpath(each): shown(str(each)) for each in _files(found)} if expected else {}
    if len(arrived) < expected:
        names = f": {', '.join(arrived.values())}" if arrived else ""
        raise UsageError(
            f"{len(arrived)} of {expected} reports arrived{names}{about_missing}",
            hint="did the jobs that write them succeed, and was each file copied here?",
        )
    if missing:
        raise UsageError(f"not all reports arrived{about_missing}", hint="give --report files that exist")
    return found


def _unused_report_paths(config: Config) -> list[str]:
    """Notices about `report_paths` of components that are not those of ``config``, by which the reports are read."""
    return [
        f"its `report_paths` are not used, since a report may be about several components: {each.component}"
        f" (for one alone: --component {each.component}, else --report-path PREFIX=DIR)"
        for each in config.parts
        if each.report_paths != config.report_paths
    ]


def of_component(whole: Measurement, tree: str, config: Config) -> Measurement:
    """What the reports say about the files of one component, whose inputs are called ``tree``."""
    if config.component == DEFAULT_COMPONENT and not config.others:
        return whole
    files = tuple(each for each in whole.files if config.owns(each.path))
    return replace(whole, tree=tree, files=files, numbers=total(each.numbers for each in files))


def _files(reports: Iterable[ReportFile]) -> list[Path]:
    return [each.path for each in reports if each.path.is_file()]


def measurement_from_reports(
    measurer: Measurer, config: Config, commit: str, files: Sequence[ReportFile]
) -> Measurement:
    """The measurement of ``commit``, combined from the reports in ``files``.

    Raises UsageError if a file can't be read, ToolError if a report is malformed or not about the commit.
    """
    repository = measurer.repository
    committed = commit_of(repository, commit, measurer.roots)
    reports = [_read(measurer, config, committed, each) for each in files]
    check_agreement([(str(file.path), report) for file, report in zip(files, reports, strict=True)], committed)
    report = combine(reports)
    unused = [f"no path in the reports begins with {shown(prefix)}, as report_paths says" for prefix in report.unused]
    return Measurement(
        tree=repository.tree(commit),
        numbers=total(each.numbers for each in report.files),
        files=report.files,
        toolchain=Toolchain(coverage=report.coverage_version),
        notices=(*left_out_notices(report.left_out), *report.notices, *unused, *_unused_report_paths(config)),
        complete=False,
    )


def _read(measurer: Measurer, config: Config, commit: Commit, file: ReportFile) -> Report:
    name = str(file.path)
    try:
        data = read_bytes(file.path, name)
    except OSError as error:
        raise UsageError(f"{name}: {error.strerror}", hint="give --report a file that exists") from None
    except ValueError:  # a name that no file can have
        raise UsageError(f"{shown(name)}: not a file name", hint="give --report a file that exists") from None
    top = os.path.realpath(measurer.repository.top)
    directory = os.path.relpath(os.path.realpath(file.path.parent), top).replace(os.sep, "/")
    # What CI has copied from elsewhere may be relative to where the tests of the component ran.
    naming = Naming(
        report_paths={**dict(config.report_paths), **file.report_paths},
        directory=config.directory or TOP if directory == TOP or directory.startswith("..") else directory,
    )
    try:
        parsed = parse(data, name, file.report_format or config.report_format)
    except DataFile:
        place = Place(measurer.repository.top, partial(measurer.interpreter, config), measurer.environ)
        return parse_data_file(data, name, commit, naming, place)
    return report_at_commit(
        parsed,
        name,
        commit,
        Naming(sources=parsed.sources, report_paths=naming.report_paths, directory=naming.directory),
    )
