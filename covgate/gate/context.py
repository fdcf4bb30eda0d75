"""One call of covgate in one repository: what every workflow is given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from covgate.config import Config, parse_config, switched_off_by
from covgate.errors import ConfigurationError
from covgate.git.repository import Repository
from covgate.measure.commit import Measurer

if TYPE_CHECKING:
    from covgate.git.changed_files import PathChanges
    from covgate.notes.line_notes import DetailNotes
    from covgate.notes.records import Notes

CONFIGURATION_FILES = ("pyproject.toml", ".covgate.toml")
HOOKS_FILE = ".pre-commit-config.yaml"


@dataclass(frozen=True, kw_only=True)
class Session:
    """The repository, the caller's environment, and the options of the call.

    ``fail_closed`` overrides the configuration unless it is None. ``publishes`` is False if the hook was called
    without a push or by a dry run: then it must not push notes. Each configuration is read once.
    """

    repository: Repository
    environ: Mapping[str, str]
    use_cache: bool = True
    fail_closed: bool | None = None
    publishes: bool = True
    _configs: dict[tuple[bytes | None, ...], Config] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )
    _fetched: set[str] = field(default_factory=set, init=False, repr=False, compare=False)
    _configs_at: dict[str, Config] = field(default_factory=dict, init=False, repr=False, compare=False)
    _path_changes: dict[tuple[str, str], PathChanges] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    @cached_property
    def measurer(self) -> Measurer:
        return Measurer(repository=self.repository, environ=self.environ, use_cache=self.use_cache)

    @cached_property
    def notes(self) -> Notes:
        """The notes with the records. Every method reads the ref again; each note is parsed once."""
        from covgate.notes.records import Notes

        return Notes(self.repository)

    @cached_property
    def line_notes(self) -> DetailNotes:
        """The notes with lines; each is parsed once."""
        from covgate.notes.line_notes import DetailNotes

        return DetailNotes(self.repository)

    def is_first_fetch(self, what: str) -> bool:
        """Whether ``what`` was not asked for before: the components of a commit would fetch the same."""
        first = what not in self._fetched
        self._fetched.add(what)
        return first

    @cached_property
    def switched_off(self) -> str:
        """The variable that switches covgate off for this call, with its value; "" for none."""
        return switched_off_by(self.environ)

    def config_at(self, commit: str) -> Config:
        """The configuration in the tree of ``commit``. Raises ConfigurationError, which lists all that is wrong."""
        if commit in self._configs_at:
            return self._configs_at[commit]
        pyproject, own = files = tuple(self.repository.file(commit, name) for name in CONFIGURATION_FILES)
        if files not in self._configs:
            self._configs[files] = parse_config(pyproject=pyproject, own=own, environ=self.environ)
        config = self._configs[files]
        self._check_directories(commit, config)
        if self.repository.is_oid(commit):
            self._configs_at[commit] = config
        return config

    def part_at(self, commit: str, component: str) -> Config | None:
        """The configuration of ``component`` at ``commit``; None if that is invalid, or has no such component."""
        try:
            return self.config_at(commit).part(component)
        except ConfigurationError:
            return None

    def own_config(self, commit: str, config: Config) -> Config:
        """The configuration of the component of ``config`` by ``commit`` itself; ``config`` if it has none.

        ``config`` may be that of another commit, or have what a base enforces.
        """
        return self.part_at(commit, config.component) or config

    def _check_directories(self, commit: str, config: Config) -> None:
        """Raise ConfigurationError if a component's directory is none in ``commit``. Git follows no link in a path."""
        problems = []
        for each in config.components if config.enabled else ():
            found = self.repository.object(f"{commit}:{each.directory}") if each.directory else None
            if each.directory and (found is None or found.kind != "tree"):
                why = (
                    "is not in the commit (or it is behind a symbolic link, or in a submodule)"
                    if found is None
                    else "is a file or a link"
                )
                name = f"components.{each.component}.directory"
                problems.append(f"{name}: {each.directory} {why}: it must be a directory of {commit[:10]}")
        if problems:
            raise ConfigurationError(problems, hint="correct the directory, or remove the component")

    def uses_covgate(self, commit: str) -> bool:
        """Whether the tree of ``commit`` uses covgate: in its configuration, or in its pre-commit hooks."""
        return self.config_at(commit).configured or b"covgate" in (self.repository.file(commit, HOOKS_FILE) or b"")

    def path_changes(self, base: str, commit: str) -> PathChanges:
        """The files that ``commit`` has and ``base`` ("" for an empty tree) doesn't, and the other way round."""
        trees = self.repository.tree(base) if base else "", self.repository.tree(commit)
        if trees not in self._path_changes:
            from covgate.git.changed_files import PathChanges, path_changes

            same = trees[0] == trees[1]
            self._path_changes[trees] = PathChanges() if same else path_changes(self.repository, *trees)
        return self._path_changes[trees]

    def blocks_on_error(self, config: Config) -> bool:
        """Whether an error in measuring blocks."""
        return config.fail_closed if self.fail_closed is None else self.fail_closed
