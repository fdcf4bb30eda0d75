"""`covgate init --native`: plain git hooks that run what was there first, and leave it behind as it was.

A hook of covgate's takes the place that git looks at, and what was there moves beside it (``.covgate-chained``).
Only pre-commit's own hook keeps its place: pre-commit runs what it finds at ``.legacy``, with git's arguments and
input, and puts it back when it is uninstalled. Whichever is installed first, both run.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from covgate.errors import UsageError
from covgate.files import write_atomically
from covgate.git.repository import Repository
from covgate.install.hook_place import hooks_of, is_own, read_hook
from covgate.install.hook_script import CHAINED, HOOKS, LEGACY, Kind, kind_of, script

_AGAIN = "then covgate init --native again"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What lies where one hook lives: the hook itself, pre-commit's legacy one, and what covgate chains."""

    hook: str
    path: Path
    top: Path
    at_path: bytes | None
    at_legacy: bytes | None
    chained: bytes | None

    @classmethod
    def look(cls, repository: Repository, directory: Path, hook: str) -> Place:
        path = directory / hook
        legacy, chained = path.with_name(hook + LEGACY), path.with_name(hook + CHAINED)
        return cls(
            hook=hook,
            path=path,
            top=repository.top,
            at_path=read_hook(path),
            at_legacy=read_hook(legacy),
            chained=read_hook(chained),
        )

    @property
    def legacy_path(self) -> Path:
        return self.path.with_name(self.hook + LEGACY)

    @property
    def chained_path(self) -> Path:
        return self.path.with_name(self.hook + CHAINED)

    def named(self, path: Path) -> str:
        """``path`` as a person looks for it: from the top of the working tree where it is in there."""
        return os.path.relpath(path, self.top) if path.is_relative_to(self.top) else str(path)

    @property
    def behind_pre_commit(self) -> bool:
        return self.at_path is not None and kind_of(self.at_path) is Kind.PRE_COMMIT

    @property
    def seat(self) -> tuple[Path, bytes | None]:
        """Where covgate's hook belongs, and what is there now."""
        return (self.legacy_path, self.at_legacy) if self.behind_pre_commit else (self.path, self.at_path)

    def having(self, kind: Kind) -> list[tuple[Path, bytes]]:
        """The hooks of this kind here, the one that git looks at first."""
        both = ((self.path, self.at_path), (self.legacy_path, self.at_legacy))
        return [(path, data) for path, data in both if data is not None and kind_of(data) is kind]


def check(repository: Repository) -> None:
    """UsageError where ``install`` would refuse; changes nothing."""
    directory = hooks_of(repository)
    for hook in HOOKS:
        _refuse(Place.look(repository, directory, hook))


def install(repository: Repository, *, say: Callable[[str], None]) -> None:
    """Put covgate's hooks in front of, or behind, what is there; a second time changes nothing."""
    check(repository)
    directory = hooks_of(repository)
    for hook in HOOKS:
        place = Place.look(repository, directory, hook)
        try:
            said = _put(place)
        except OSError as error:
            raise UsageError(
                f"{place.path} can't be written: {error.strerror}", hint=f"see the permissions there, {_AGAIN}"
            ) from None
        say(said)
        if repository.text("ls-files", "--", str(place.path)):
            name = place.named(place.path)
            say(f"  {name} is tracked by git: don't commit covgate's, it names a path of this machine")


def remove(repository: Repository, *, say: Callable[[str], None]) -> None:
    """Take covgate's hooks away and put back what was there."""
    # A core.hooksPath that came later hides those in git's own place.
    directories = [repository.hooks_directory(), repository.common_dir / "hooks"]
    if not is_own(repository, directories[0]):
        del directories[0]
    for directory in dict.fromkeys(each.resolve() for each in directories):
        for hook in HOOKS:
            place = Place.look(repository, directory, hook)
            try:
                said = _take(place)
            except OSError as error:
                raise UsageError(
                    f"{place.path} can't be put back: {error.strerror}",
                    hint="see the permissions there, then covgate init --remove again",
                ) from None
            for line in said:
                say(line)


def _refuse(place: Place) -> None:
    for path, _ in place.having(Kind.CHANGED):
        raise UsageError(
            f"{path} was changed since covgate wrote it",
            hint=f"move it away, and what you added into {place.chained_path.name}, {_AGAIN}",
        )
    _, occupant = place.seat
    if occupant is None or kind_of(occupant) is Kind.OURS or place.chained in (None, occupant):
        return
    raise UsageError(
        f"{place.seat[0]} is no hook of covgate's, and {place.chained_path} holds another that was there before",
        hint=f"make them one, or delete the older, {_AGAIN}",
    )


def _put(place: Place) -> str:
    seat, occupant = place.seat
    data = script(place.hook, Path(sys.executable).as_posix())
    foreign = occupant is not None and kind_of(occupant) is not Kind.OURS
    if occupant == data and os.access(seat, os.X_OK):
        said = "is covgate's already"
    else:
        seat.parent.mkdir(parents=True, exist_ok=True)
        if foreign:
            seat.replace(place.chained_path)
        try:
            write_atomically(seat, data, mode=0o755)
        except OSError:
            if foreign:
                place.chained_path.replace(seat)
            raise
        said = "installed again" if occupant is not None and not foreign else "installed"
    # One that pre-commit left there when somebody deleted its own.
    for path, _ in place.having(Kind.OURS):
        if path != seat:
            path.unlink()
    if foreign or place.chained is not None:
        said += ", after the hook that was there"
    if place.behind_pre_commit:
        said += ", which pre-commit's runs first"
    return f"{place.named(seat)}: {said}"


def _take(place: Place) -> list[str]:
    said = [
        f"{place.named(path)}: was changed since covgate wrote it, it stays as it is"
        for path, _ in place.having(Kind.CHANGED)
    ]
    ours = [path for path, _ in place.having(Kind.OURS)]
    if place.chained is None:
        for path in ours:
            path.unlink()
        return said + [f"{place.named(path)}: removed" for path in ours]
    if ours:
        # A rename keeps what it is, byte for byte, its mode and a link included.
        place.chained_path.replace(ours[0])
        for path in ours[1:]:
            path.unlink()
        return [*said, f"{place.named(ours[0])}: what was there before is back"]
    if place.at_path is None:
        place.chained_path.replace(place.path)
        return [*said, f"{place.named(place.path)}: what was there before is back"]
    if place.chained == place.at_path:
        place.chained_path.unlink()
        return [*said, f"{place.chained_path.name}: removed, {place.named(place.path)} is the same again"]
    return [
        *said,
        f"{place.named(place.chained_path)}: was there before covgate, it stays: what is there now is another",
    ]
