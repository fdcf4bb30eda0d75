"""`covgate doctor` on one component: its directory, and the files that decide its number."""

from __future__ import annotations

import re

from covgate.config.component_tables import is_inside, rooted
from covgate.doctor.findings import Checkout, Fact, Finding, Results, Severity, listed
from covgate.measure.inputs import glob_regex
from covgate.measure.parts import find_needed

_ABSENT = "every push is blocked: the directory of a component must be in the commit"


def find_directory(checkout: Checkout) -> Finding | None:
    """What is wrong with the directory of the component in the checkout; None if it can be examined."""
    directory = checkout.config.directory
    if checkout.place.is_dir() and checkout.place.resolve() == checkout.top.resolve() / directory:
        return None
    what = "is behind a symbolic link" if checkout.place.is_dir() else "is not a directory of this checkout"
    fix = f"correct `directory` in {checkout.table}, or remove that table"
    return Finding(name="directory", what=f"{directory} {what}", why=_ABSENT, fix=fix)


def check_inputs(checkout: Checkout) -> Results:
    """How many files decide its number, and which globs match none."""
    config = checkout.config
    inputs = checkout.session.measurer.inputs(checkout.head, config) if checkout.head else None
    number = inputs.files if inputs else 0
    files = f", {number} file{'s decide' if number > 1 else ' decides'} its number" if number else ""
    yield Fact(name="directory", value=f"{config.directory or 'the top of the repository'}{files}")
    if config.paths:
        yield Fact(name="paths", value=", ".join(config.paths))
    if inputs and inputs.unmatched:
        yield Finding(
            name="paths",
            what=f"`paths` has globs that match no file of {checkout.head[:10]}: {', '.join(inputs.unmatched)}",
            why="a change of the files that they are for runs no tests",
            fix=f"correct `paths` in {checkout.table}: globs are from the top of the repository",
            severity=Severity.WARNING,
        )
    unnamed = _unnamed(checkout) if checkout.head and config.directory else []
    if unnamed:
        named = ", ".join(f'"{each}/**"' for each in unnamed)
        yield Finding(
            name="needs",
            what=f"{config.directory} depends on {listed(unnamed)}, and `paths` doesn't say so",
            why=f"a change there doesn't run the tests of {config.component}, even if it breaks them",
            fix=f"add to `paths` in {checkout.table}: {named}",
            severity=Severity.WARNING,
        )


def _unnamed(checkout: Checkout) -> list[str]:
    """Directories of the commit that the component depends on, and of which no file is among its inputs."""
    repository, config = checkout.session.repository, checkout.config

    def read(path: str) -> str:
        return (repository.file(checkout.head, path) or b"").decode("utf-8", "replace")

    paths = repository.paths(checkout.head)
    needed = find_needed(paths, read).get(config.directory, ())
    globs = [re.compile(glob_regex(each)) for each in config.paths]
    own = [rooted(config.directory, each) for each in (".", *config.source)]
    outside = (each for each in needed if not any(is_inside(each, directory) for directory in own))
    return [
        directory
        for directory in outside
        if not any(glob.fullmatch(path) for path in paths if is_inside(path, directory) for glob in globs)
    ]
