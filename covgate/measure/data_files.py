"""Coverage data files that were made elsewhere: analysed by the project's coverage, in the checkout of their commit."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from covgate.errors import ToolError
from covgate.measure.analysis import combine_parts, default_analyser, parse_left_out, write_json
from covgate.measure.interpreter import Interpreter
from covgate.measure.job import Job
from covgate.measure.reports import Report, parse
from covgate.measure.reports.located import Commit, guess_notices, locate_names, report_at_commit
from covgate.measure.reports.names import Located, Naming
from covgate.measure.reports.paths import normal
from covgate.measure.workspace import Workspace

_TIMEOUT = 900.0  # seconds, to analyse one data file
_PART = ".coverage.report"  # as one part of several, its paths are mapped by coverage's [paths]


@dataclass(frozen=True, slots=True)
class Place:
    """Where data is analysed: a checkout and its interpreter. The interpreter is looked up only if it is needed."""

    tree: Path
    interpreter: Callable[[], Interpreter]
    environ: Mapping[str, str]


def parse_data_file(data: bytes, name: str, commit: Commit, naming: Naming, place: Place) -> Report:
    """What the coverage data file ``data`` says about the files of ``commit``. ``name`` is its name in messages.

    Raises ToolError if it can't be analysed, if it is about other files, or if they differ in the checkout.
    """
    with tempfile.TemporaryDirectory(prefix="covgate-") as directory:
        job = Job(
            tree=place.tree,
            tree_oid="",
            scratch=Path(directory),
            interpreter=place.interpreter(),
            environ=place.environ,
            timeout=_TIMEOUT,
        )
        workspace = Workspace(job)
        part = workspace.data.with_name(_PART)
        part.write_bytes(data)
        with _database(part, name) as database:
            database.execute("SELECT id, path FROM file")
        analyser = default_analyser(workspace)
        if not combine_parts(workspace, analyser):
            raise ToolError(f"{name}: the data file has no data", hint="combine the parts first: coverage combine")
        located = _move_paths(workspace.data, name, commit, naming, place.tree)
        found = write_json(workspace, analyser)
        # While coverage combines the parts, it may look for files at the paths of the other machine.
        left_out = tuple(each for each in parse_left_out(workspace) if each not in located.paths)
    if found is None:
        raise ToolError(f"{name}: the data file has no data", hint="combine the parts first: coverage combine")
    same = replace(commit, read=partial(_read_same, commit, place.tree))
    report = report_at_commit(parse(found, name), name, same, Naming(report_paths={}))
    notices = (*report.notices, *guess_notices(located, name))
    return replace(report, left_out=left_out, notices=notices, unused=located.unused)


def _move_paths(data: Path, name: str, commit: Commit, naming: Naming, tree: Path) -> Located:
    """Replace the paths in a data file by those of the checkout ``tree``."""
    with _database(data, name) as database:
        rows = [(number, str(path)) for number, path in database.execute("SELECT id, path FROM file")]
        located = locate_names([path for _, path in rows], name, commit, naming)
        for number, path in rows:
            place = located.paths.get(path)
            if place is not None and commit.tree.inside(path) is None and normal(path) != place:
                database.execute("UPDATE file SET path = ? WHERE id = ?", (str(tree / place), number))
    return located


@contextmanager
def _database(data: Path, name: str) -> Iterator[sqlite3.Connection]:
    """The data file as a database. Changes are written at the end of the block."""
    try:
        with closing(sqlite3.connect(data)) as database, database:
            yield database
    except sqlite3.IntegrityError:
        raise ToolError(
            f"{name}: several of its files are the same file of the commit",
            hint="combine its parts before, with [tool.coverage.paths]",
        ) from None
    except sqlite3.Error as error:
        raise ToolError(f"{name} can't be read as a coverage data file: {error}", hint="make it again") from None


def _read_same(commit: Commit, tree: Path, paths: Sequence[str]) -> Iterator[tuple[str, bytes]]:
    """Each of ``paths`` and its content. Raises ToolError if the content differs in ``tree``, where it was analysed."""
    for path, content in commit.read(paths):
        try:
            analysed = (tree / path).read_bytes()
        except OSError:
            analysed = b""
        if analysed.splitlines() != content.splitlines():
            raise ToolError(
                f"{path} is not checked out as in {commit.name}, so a coverage data file can't be judged",
                hint="check the commit out and stash the rest, or give what coverage json makes of the data",
            )
        yield path, content
