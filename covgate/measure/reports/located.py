"""Check a report against the commit: its names, its lines, and whether it is about this commit at all."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import groupby

from covgate.errors import NothingMeasured, ToolError
from covgate.git.contents import is_opaque
from covgate.measure.reports.damage import readable
from covgate.measure.reports.guess import difference
from covgate.measure.reports.joining import join_lines, report_of
from covgate.measure.reports.names import Ambiguous, Located, Naming, Tree, locate, same_ending
from covgate.measure.reports.paths import TOP, is_absolute, normal
from covgate.measure.reports.values import FileLines, ModuleFiles, Parsed, Report, shown

_NAMED = 3  # files in one notice


@dataclass(frozen=True, slots=True, kw_only=True)
class Commit:
    """A commit as reports are checked against it.

    ``name`` is its short oid. ``tree`` has its files. ``elsewhere`` are the absolute paths of other checkouts of the
    same repository, which may be at another commit. ``read`` gives the paths and contents of some files.
    """

    name: str
    tree: Tree
    elsewhere: tuple[str, ...] = ()
    read: Callable[[Sequence[str]], Iterator[tuple[str, bytes]]]


def report_at_commit(parsed: Parsed, name: str, commit: Commit, naming: Naming) -> Report:
    """What ``parsed`` says about the files of ``commit``. ``name`` is the report's name in messages.

    Raises ToolError if a name may mean several files, if no file of the commit is in it, or if it has a line that the
    file doesn't have there.
    """
    if parsed.modules:
        naming = replace(naming, modules=_module_directories(parsed.modules, commit))
    located = locate_names(parsed.files, name, commit, naming)
    for each in sorted(parsed.varying):
        files = same_ending(each, commit.tree)
        if len(files) > 1:
            raise _ambiguous(Ambiguous(each, files), name)
    by_path: dict[str, list[str]] = {}
    for each, path in located.paths.items():
        by_path.setdefault(path, []).append(each)
    lines: dict[str, FileLines] = {}
    for path, content in commit.read(sorted(by_path)):
        for each in by_path[path]:
            found = parsed.files[each]
            if parsed.refine:
                with readable(name, "make it again"):
                    found = parsed.refine(each, found, partial(bytes, content))
            lines[path] = join_lines(path, lines[path], found) if path in lines else found
        _check_lines(path, lines[path], content, name, commit)
    return report_of(
        lines,
        outside=located.outside,
        unused=located.unused,
        notices=_notices(parsed, located, name, commit),
        coverage_version=parsed.coverage_version,
    )


def check_agreement(reports: Sequence[tuple[str, Report]], commit: Commit) -> None:
    """Raise ToolError if two named reports list different lines for a path that may mean two files."""
    first: dict[str, tuple[str, FileLines]] = {}
    for name, report in reports:
        for path, lines in report.lines.items():
            other, known = first.setdefault(path, (name, lines))
            if known.format != lines.format or known.statements.keys() == lines.statements.keys():
                continue
            others = [each for each in same_ending(path, commit.tree) if each != path]
            if others:
                raise ToolError(
                    f"{other} and {name} have different lines of {path}: one of them may be about {others[0]}",
                    hint=f"say where its paths are: {_setting('.', difference(path, others[0]).directory)}",
                )


def locate_names(names: Iterable[str], name: str, commit: Commit, naming: Naming) -> Located:
    """Where the files are that the report ``name`` calls ``names``.

    Raises ToolError if one may mean several files or is in another checkout, or if none is a file of the commit.
    """
    names = list(names)
    for each in names if commit.elsewhere else ():
        if not commit.tree.inside(each) and any(each.startswith(root + "/") for root in commit.elsewhere):
            raise ToolError(
                f"measured outside the tree: {name} is about {shown(each)}, in another checkout of this repository",
                hint='build the project for the measured tree with `setup`, or use isolation = "in-place"',
            )
    try:
        located = locate(names, commit.tree, naming)
    except Ambiguous as error:
        raise _ambiguous(error, name) from None
    if not located.paths:
        raise _nothing_located(names, name, commit)
    return located


def _module_directories(modules: ModuleFiles, commit: Commit) -> dict[str, str]:
    """The prefixes that files of the commit give, and their directories. A prefix of several files is left out."""
    paths = [path for path in commit.tree.files if posixpath.basename(path) == modules.name]
    found: dict[str, list[str]] = {}
    for path, content in commit.read(sorted(paths)):
        if prefix := modules.prefix(content):
            found.setdefault(normal(prefix), []).append(posixpath.dirname(path) or TOP)
    return {prefix: places[0] for prefix, places in found.items() if len(places) == 1}


def _check_lines(path: str, lines: FileLines, content: bytes, name: str, commit: Commit) -> None:
    """Raise ToolError if a line isn't in the file, or can't be a statement of it."""
    hint = f"make the report at {commit.name}, or name the commit that it is of: covgate check REV"
    if is_opaque(content):
        return
    texts = content.splitlines()
    # Some tools count the empty line after the last line break.
    if lines.last_line > len(texts) + 1:
        raise ToolError(
            f"{name} is of another commit: it has line {lines.last_line} of {path}, which has {len(texts)} lines at"
            f" {commit.name}",
            hint=hint,
        )
    if path.endswith(".py") and texts:
        for number in lines.statements:
            if 1 < number <= len(texts) and not texts[number - 1].strip():
                raise ToolError(
                    f"{name} is of another commit: it has a statement at {path}:{number}, which is an empty line at"
                    f" {commit.name}",
                    hint=hint,
                )


def _notices(parsed: Parsed, located: Located, name: str, commit: Commit) -> Iterator[str]:
    for remark in parsed.remarks:
        yield f"{name}: {remark}"
    yield from guess_notices(located, name)
    for names, where in ((located.absent, f"not in {commit.name}"), (located.outside, "outside of the repository")):
        if names:
            which = "it is" if len(names) == 1 else "they are"
            yield f"{name}: not counted, because {which} {where}: {_listed(names)}"


def guess_notices(located: Located, name: str) -> Iterator[str]:
    """What covgate guessed about the paths in the report ``name``, and how to configure it instead."""
    for prefix, all_of in groupby(sorted(located.guessed), key=lambda guess: guess.prefix):
        directories = [guess.directory for guess in all_of]
        whose = "relative paths" if prefix == "." else f"paths that begin with {shown(prefix)}"
        where = " or ".join(
            "the top of the repository" if each == "." else shown(each) for each in directories[:_NAMED]
        )
        if len(directories) == 1:
            certain = f"{_entry(prefix, directories[0])} makes it certain"
        else:  # one entry for all of them would be wrong
            where += f" or {len(directories) - _NAMED} others" if len(directories) > _NAMED else ""
            certain = "by their names; longer prefixes in report_paths make it certain"
        yield f"{name}: its {whose} are taken to be in {where} ({certain})"


def _listed(names: Sequence[str]) -> str:
    text = ", ".join(shown(each) for each in names[:_NAMED])
    return text if len(names) == 1 else f"{len(names)} files ({text}{', ...' if len(names) > _NAMED else ''})"


def _ambiguous(error: Ambiguous, name: str) -> ToolError:
    one, other = error.files[:2]
    others = len(error.files) - 2
    more = f", or {others} other{'s' * (others > 1)}" if others else ""
    prefix, directory = difference(normal(error.name), one)
    return ToolError(
        f"{name}: {shown(error.name)} may be {one} or {other}{more}",
        hint=f"say which it is: {_setting(prefix, directory)}",
    )


def _nothing_located(names: Sequence[str], name: str, commit: Commit) -> ToolError:
    if not names:
        return NothingMeasured(f"{name} has no file in it", hint="did the tests run before it was made?")
    first = normal(names[0])
    prefix = first.rpartition("/")[0] or "/" if is_absolute(first) else "."
    return ToolError(
        f"{name} has no file of {commit.name} in it; the first it has is {shown(names[0])}",
        hint=f"say where its paths are in the repository: {_setting(prefix, 'DIRECTORY')}",
    )


def _setting(prefix: str, directory: str) -> str:
    """How to map ``prefix``: the line of the configuration, and the option."""
    return f"{_entry(prefix, directory)}, or --report-path {shown(prefix)}={directory} after the report"


def _entry(prefix: str, directory: str) -> str:
    return f'report_paths = {{ "{shown(prefix)}" = "{directory}" }}'
