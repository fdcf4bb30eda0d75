"""Keep measuring what the base measures, by default or by configuration: a push must not measure less."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from covgate.config import Config
from covgate.errors import CovgateError, ToolError
from covgate.gate.context import Session

_PYTHON = (".py", ".pyw")


def kept_products(
    session: Session, commit: str, own: Config, base: str, base_config: Config, base_files: Mapping[str, bytes]
) -> tuple[tuple[str, ...], list[str]]:
    """The sources that ``base`` measures by default and ``commit`` still has but doesn't; and notices.

    ``own`` and ``base_config`` are the configurations of both, ``base_files`` the files that the latter may be in. If
    git can't compare the two commits, a notice says so, and the push is still judged.
    """
    if base_config.source or own.directory != base_config.directory:
        return (), []
    try:
        return _find(session, commit, own, base, base_config, base_files), []
    except CovgateError as error:
        return (), [f"could not check whether all sources of the base {base[:10]} are still measured: {error.message}"]


def _find(
    session: Session, commit: str, own: Config, base: str, base_config: Config, base_files: Mapping[str, bytes]
) -> tuple[str, ...]:
    changes = session.path_changes(base, commit)
    modules = [path for path in (*changes.added, *changes.deleted) if path.endswith(_PYTHON)]
    if not modules:
        return ()
    # Late imports: most pushes change only tests, or no Python module.
    from covgate.model.source_files import is_test_file

    if all(map(is_test_file, modules)):  # no source depends on them
        return ()
    from covgate.measure.coverage_config import read_coverage_config

    coverage = read_coverage_config(base_files)
    if coverage.names_sources or coverage.values("run", "include"):
        return ()
    from covgate.measure.sources import dropped_products, product_at

    # What another component takes over is measured there.
    product, tree = product_at(session.repository, commit, own.directory, own.others)
    before, _ = product_at(session.repository, base, base_config.directory, (*base_config.others, *own.others))
    return dropped_products(product, before, tree)


def stricter_coverage(
    session: Session, commit: str, config: Config, own_files: Mapping[str, bytes], base_files: Mapping[str, bytes]
) -> tuple[Config, list[str], list[str]]:
    """``config``, changed to measure everything that the base's did; clauses about the changes, and notices."""
    from covgate.measure.coverage_config import enforce_base, plugin_changes, read_coverage_config

    repository = session.repository
    # What an earlier base has changed already is kept.
    if config.coverage_config:
        name, text = config.coverage_config
        own_files = {".coveragerc.toml" if name.endswith(".toml") else ".coveragerc": text.encode()}

    def exists(source: str) -> bool:
        path = config.path(source.strip("/").removeprefix("./") or ".")
        names = (path, path.replace(".", "/"), f"src/{path.replace('.', '/')}", f"{path.replace('.', '/')}.py")
        return path == "." or any(repository.object(f"{commit}:{name}") is not None for name in names)

    own, base = read_coverage_config(own_files), read_coverage_config(base_files)
    enforced, weaker = enforce_base(
        own, base, exists, lambda plugin: exists(plugin) or _is_installed(session, config, plugin)
    )
    notices = plugin_changes(own, base)
    return (replace(config, coverage_config=enforced.render()) if enforced else config), list(weaker), notices


def _is_installed(session: Session, config: Config, module: str) -> bool:
    """Whether the project's interpreter finds ``module``. This doesn't start the interpreter."""
    from covgate.measure.environments.installed import installed

    try:
        interpreter = session.measurer.interpreter(config)
    except ToolError:
        return True  # reported when the commit is measured
    names = installed(interpreter.path, interpreter.environment, session.environ)
    top = module.partition(".")[0].lower()
    return names is None or bool({top, top.replace("_", "-")} & names)
