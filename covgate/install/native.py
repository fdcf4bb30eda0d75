"""`covgate init --native`: plain git hooks that run the hooks that were there first, and can be removed again.

covgate's hook takes the place that git looks at, and the hook that was there moves beside it (``.covgate-chained``).
Only pre-commit's own hook keeps its place: it runs the script at ``.legacy`` first, with git's arguments and input,
and moves it back when pre-commit is uninstalled. So the order in which the two are installed doesn't matter.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

from covgate.errors import UsageError
from covgate.files import write_atomically
from covgate.git.repository import Repository
from covgate.install.hook_place import HookPlace, is_own, own_hooks_directory
from covgate.install.hook_script import HOOKS, Kind, kind_of, script

_AGAIN = "then run covgate init --native again"


def require_installable(repository: Repository) -> None:
    """Raises UsageError if ``install`` would."""
    directory = own_hooks_directory(repository)
    for hook in HOOKS:
        _require_no_loss(HookPlace.read(repository, directory, hook))


def install(repository: Repository, report: Callable[[str], None]) -> None:
    """Install covgate's hooks; those that are there are kept, and run first. A second call changes nothing.

    Raises UsageError if a script would be lost, or can't be written.
    """
    require_installable(repository)
    directory = own_hooks_directory(repository)
    for hook in HOOKS:
        place = HookPlace.read(repository, directory, hook)
        try:
            report(_install_hook(place))
        except OSError as error:
            raise UsageError(
                f"{place.path} can't be written: {error.strerror}", hint=f"check the permissions there, {_AGAIN}"
            ) from None
        if repository.text("ls-files", "--", str(place.path)):
            name = place.show(place.path)
            report(f"  {name} is tracked by git: don't commit covgate's version, it has a path of this machine")


def remove(repository: Repository, report: Callable[[str], None]) -> None:
    """Remove covgate's hooks and restore those that were there. Raises UsageError if one can't be restored."""
    # If core.hooksPath was set after the installation, the hooks are in git's own directory.
    directories = [repository.hooks_directory(), repository.common_dir / "hooks"]
    if not is_own(repository, directories[0]):
        del directories[0]
    for directory in dict.fromkeys(each.resolve() for each in directories):
        for hook in HOOKS:
            place = HookPlace.read(repository, directory, hook)
            try:
                lines = _remove_hook(place)
            except OSError as error:
                raise UsageError(
                    f"{place.path} can't be restored: {error.strerror}",
                    hint="check the permissions there, then run covgate init --remove again",
                ) from None
            for line in lines:
                report(line)


def _require_no_loss(place: HookPlace) -> None:
    """Raises UsageError if installing would lose a script that somebody wrote."""
    for path, _ in place.scripts(Kind.CHANGED):
        raise UsageError(
            f"{path} was changed since covgate wrote it",
            hint=f"move it away, and what you added to it into {place.chained_path.name}, {_AGAIN}",
        )
    occupant = place.occupant
    if occupant is None or kind_of(occupant) is Kind.OURS or place.chained in (None, occupant):
        return
    raise UsageError(
        f"{place.target} is not covgate's hook, and {place.chained_path} holds another that was there before",
        hint=f"merge them into one, or delete the older, {_AGAIN}",
    )


def _install_hook(place: HookPlace) -> str:
    """Put covgate's script in its place; what was done, as a line for the user."""
    target, occupant = place.target, place.occupant
    data = script(place.hook, Path(sys.executable).as_posix())
    foreign = occupant is not None and kind_of(occupant) is not Kind.OURS
    if occupant == data and os.access(target, os.X_OK):
        done = "already covgate's"
    else:
        _replace(place, data, foreign=foreign)
        done = "installed again" if occupant is not None and not foreign else "installed"
    # pre-commit left it there when its own hook was deleted by hand.
    for path, _ in place.scripts(Kind.OURS):
        if path != target:
            path.unlink()
    if foreign or place.chained is not None:
        done += "; the hook that was there runs first"
    if place.behind_pre_commit:
        done += "; pre-commit's hook runs it"
    return f"{place.show(target)}: {done}"


def _replace(place: HookPlace, data: bytes, *, foreign: bool) -> None:
    """Write covgate's script; one of another tool moves beside it, or stays if that fails."""
    target = place.target
    target.parent.mkdir(parents=True, exist_ok=True)
    if foreign:
        target.replace(place.chained_path)
    try:
        write_atomically(target, data, mode=0o755)
    except OSError:
        if foreign:
            place.chained_path.replace(target)
        raise


def _remove_hook(place: HookPlace) -> list[str]:
    """Remove covgate's script and restore the one before it; what was done, as lines for the user."""
    lines = [
        f"{place.show(path)}: was changed since covgate wrote it, so it is left as it is"
        for path, _ in place.scripts(Kind.CHANGED)
    ]
    ours = [path for path, _ in place.scripts(Kind.OURS)]
    if place.chained is None:
        for path in ours:
            path.unlink()
        return lines + [f"{place.show(path)}: removed" for path in ours]
    if ours:
        # A rename keeps its bytes, its mode, and a link.
        place.chained_path.replace(ours[0])
        for path in ours[1:]:
            path.unlink()
        return [*lines, f"{place.show(ours[0])}: the hook that was there before is restored"]
    if place.current is None:
        place.chained_path.replace(place.path)
        return [*lines, f"{place.show(place.path)}: the hook that was there before is restored"]
    if place.chained == place.current:
        place.chained_path.unlink()
        return [*lines, f"{place.chained_path.name}: removed, {place.show(place.path)} is identical"]
    return [
        *lines,
        f"{place.show(place.chained_path)}: left as it is: {place.show(place.path)} is another hook by now",
    ]
