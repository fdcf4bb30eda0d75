"""`covgate doctor` on the test command that the project documents for other tools."""

from __future__ import annotations

from covgate.doctor.findings import Checkout, Fact, Finding, Results, Severity
from covgate.measure.documented import Documented, documented_command, options_not_read


def check_documented(checkout: Checkout) -> Results:
    """Whether the project documents another test command than covgate runs."""
    yield from _check_options(checkout)
    documented = unused_command(checkout)
    if documented is None:
        return
    yield Fact(name="documented", value=f"{documented.command} ({documented.origin})")
    project = checkout.project
    if project is not None and project.lacks_pytest:
        return  # the same advice comes with that
    if documented.is_pytest:
        return  # the same tests, unless its arguments leave some out: only a reader can tell
    yield Finding(
        name="documented-command",
        what=f"{documented.origin} runs `{documented.command}`, and covgate runs pytest",
        why="pytest may find other tests than those, or fail to collect them",
        fix=f"set {documented.setting} in {checkout.table}",
        severity=Severity.WARNING,
    )


def _check_options(checkout: Checkout) -> Results:
    """Whether the project measures with options on its command lines, which covgate's run doesn't have."""
    config, project = checkout.config, checkout.project
    if config.command is not None or config.report or project is None or project.probe is None:
        return
    branch = project.probe.coverage.branch
    for each in options_not_read(checkout.place, checkout.session.environ, branch=branch):
        yield Finding(
            name="documented-option",
            what=f"{each.file} measures with {each.option}, and covgate doesn't",
            why="the number is not the one that you get there",
            fix=f"{each.fix} in {checkout.table}" if each.fix.startswith("set command") else each.fix,
            severity=Severity.WARNING,
        )


def unused_command(checkout: Checkout) -> Documented | None:
    """The test command that the project documents; None if `command` is configured, or if it is just `pytest`."""
    if checkout.config.command is not None or checkout.config.report:
        return None
    documented = documented_command(checkout.place)
    return None if documented is None or documented.is_plain_pytest else documented
