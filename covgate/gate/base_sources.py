"""The base's default sources. They stay in force like configured ones: a push must not narrow what is measured."""

from __future__ import annotations

from collections.abc import Mapping

from covgate.config import Config
from covgate.errors import CovgateError
from covgate.gate.context import Session

_PYTHON = (".py", ".pyw")


def kept_products(
    session: Session, commit: str, base: str, base_config: Config, base_files: Mapping[str, bytes]
) -> tuple[tuple[str, ...], list[str]]:
    """What ``base`` measures by default, and ``commit`` has, but doesn't measure by default; and notices.

    ``base_config`` and ``base_files`` are the configuration of the base, and the files that it may be in. If git can't
    compare the two, that is a notice: the push is judged all the same.
    """
    if base_config.source:
        return (), []
    try:
        return _find(session, commit, base, base_files), []
    except CovgateError as error:
        return (), [f"whether all of the base {base[:10]} is still measured is unknown: {error.message}"]


def _find(session: Session, commit: str, base: str, base_files: Mapping[str, bytes]) -> tuple[str, ...]:
    changes = session.path_changes(base, commit)
    if not any(path.endswith(_PYTHON) for path in (*changes.added, *changes.deleted)):
        return ()
    from covgate.measure.coverage_config import read_coverage_config
    from covgate.measure.sources import dropped_products, product_at

    coverage = read_coverage_config(base_files)
    if coverage.names_sources or coverage.values("run", "include"):
        return ()
    own, tree = product_at(session.repository, commit)
    return dropped_products(own, product_at(session.repository, base)[0], tree)
