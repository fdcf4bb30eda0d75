"""`covgate doctor` on one component: its directory, and the files that decide its number."""

from __future__ import annotations

from covgate.doctor.findings import Checkout, Fact, Finding, Results, Severity

_ABSENT = "every push is blocked: the directory of a component must be in the commit"


def find_directory(checkout: Checkout) -> Finding | None:
    """What is wrong with the directory of the component in the checkout; None if it can be examined."""
    directory = checkout.config.directory
    if checkout.place.is_dir() and checkout.place.resolve() == checkout.top.resolve() / directory:
        return None
    what = "is beyond a symbolic link" if checkout.place.is_dir() else "is not a directory of this checkout"
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
