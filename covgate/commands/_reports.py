"""The options of ``covgate check`` for reports that were made elsewhere."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

from covgate.config.keys import REPORT_FORMATS
from covgate.measure.report_files import ReportFile


def add_report_options(parser: argparse.ArgumentParser) -> None:
    """Declare ``--report`` and the options that describe the reports."""
    parser.add_argument(
        "--report",
        action="append",
        default=[],
        metavar="FILE",
        help="judge this report instead of running tests (coverage data file or JSON, Cobertura, LCOV, JaCoCo, Clover,"
        " Istanbul, llvm-cov, Go, SimpleCov); a quoted pattern such as 'reports/*.xml' stands for all files that match;"
        " repeatable",
    )
    parser.add_argument(
        "--expect", type=_count, metavar="N", help="fail with exit code 2 if fewer than N files of --report arrive"
    )
    parser.add_argument(
        "--report-path",
        action=_ReportPath,
        default=[],
        metavar="PREFIX=DIR",
        help="paths with this prefix in the --report before it, or in all if it comes first, are in this directory of"
        " the repository; '.' as the prefix is for relative paths",
    )
    parser.add_argument(
        "--report-format",
        action=_ReportFormat,
        default=[],
        choices=REPORT_FORMATS,
        metavar="NAME",
        help="the format of the --report before it, or of all if it comes first (default: found by the first bytes):"
        f" {', '.join(REPORT_FORMATS)}",
    )


def given_reports(arguments: argparse.Namespace) -> Iterator[tuple[str, ReportFile]]:
    """Each --report with the options that describe it: those after it, else those before the first --report."""
    for number, name in enumerate(arguments.report, 1):
        paths = {prefix: place for at, prefix, place in arguments.report_path if at in (0, number)}
        formats = {at: named for at, named in arguments.report_format if at in (0, number)}
        named = formats.get(number) or formats.get(0, "")
        yield name, ReportFile(path=Path(name), report_paths=paths, report_format=named)


def _count(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 10 and int(text)):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of files, from 1 on")
    return int(text)


class _ReportPath(argparse.Action):
    """Adds PREFIX=DIR, with the number of reports before it on the command line."""

    def __call__(
        self, parser: argparse.ArgumentParser, namespace: argparse.Namespace, values: object, option: object = None
    ) -> None:
        from covgate.config.keys import BadValue, parse_report_path

        prefix, equals, place = str(values).rpartition("=")
        try:
            if not equals:
                raise BadValue("must be PREFIX=DIR")
            pair = parse_report_path(prefix, place)
        except BadValue as error:
            parser.error(f"--report-path {values}: {error}")
        namespace.report_path = [*namespace.report_path, (len(namespace.report), *pair)]


class _ReportFormat(argparse.Action):
    """Adds the name of a format, with the number of reports before it on the command line."""

    def __call__(
        self, parser: argparse.ArgumentParser, namespace: argparse.Namespace, values: object, option: object = None
    ) -> None:
        namespace.report_format = [*namespace.report_format, (len(namespace.report), str(values))]
