"""A `git push` command line: which refs it can update (git-push(1))."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

# Options with a value in the next word.
_GLOBAL_VALUES = frozenset({"-C", "-c", "--git-dir", "--work-tree", "--namespace", "--config-env", "--super-prefix"})
_VALUES = frozenset({"repo", "receive-pack", "exec", "push-option", "recurse-submodules"})
# Options that decide what is pushed: `git push --dry-run` is asked with the same.
_DECIDING = frozenset(
    {"all", "branches", "mirror", "delete", "tags", "follow-tags", "prune", "force", "force-with-lease"}
    | {"force-if-includes", "receive-pack", "exec"}
)
_OTHERS = frozenset(
    {"verbose", "quiet", "dry-run", "porcelain", "signed", "atomic", "thin", "progress", "verify", "set-upstream"}
    | {"ipv4", "ipv6"}
)
_KNOWN = _VALUES | _DECIDING | _OTHERS
_SHORT = {"d": "delete", "f": "force", "u": "set-upstream", "q": "quiet", "v": "verbose", "n": "dry-run"}
_SHORT |= {"4": "ipv4", "6": "ipv6"}
_MAX_ALIASES = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class PushCommand:
    """A push: its long options that decide what is pushed, its repository ("" if none is named), and its refspecs.

    ``dry_run``: git calls the hook, and then pushes nothing.
    """

    options: tuple[str, ...] = ()
    repository: str = ""
    refspecs: tuple[str, ...] = ()
    dry_run: bool = False

    @property
    def pushes_all(self) -> bool:
        return bool({"--all", "--branches", "--mirror"} & set(self.options))

    @property
    def names_one(self) -> bool:
        """Whether the command line names exactly one ref."""
        if len(self.refspecs) != 1 or self.pushes_all or "--tags" in self.options:
            return False
        return "*" not in self.refspecs[0] and self.refspecs[0].removeprefix("+") != ":"


def parse_push_command(argv: Sequence[str], alias: Callable[[str], str] = lambda _: "") -> PushCommand | None:
    """The push that ``argv`` runs; None if it is no `git push`, or has an option that is not known here.

    ``alias`` returns the expansion of a git alias, "" for none.
    """
    words = _after_globals(argv)
    for _ in range(_MAX_ALIASES):
        if words is None or not words or words[0] == "push":
            break
        expanded = alias(words[0])
        if not expanded or expanded.startswith("!"):
            return None
        words = _after_globals(["git", *_split(expanded), *words[1:]])
    return _parse_arguments(words[1:]) if words and words[0] == "push" else None


def _after_globals(argv: Sequence[str]) -> list[str] | None:
    """The command and its arguments, without ``git`` and git's own options; None for another program."""
    if not argv:
        return None
    name = argv[0].replace("\\", "/").rpartition("/")[2].removesuffix(".exe")
    if name == "git-push":
        return ["push", *argv[1:]]
    if name != "git":
        return None
    start = 1
    while start < len(argv) and argv[start].startswith("-"):
        start += 2 if argv[start] in _GLOBAL_VALUES else 1
    return list(argv[start:])


def _parse_arguments(words: Sequence[str]) -> PushCommand | None:
    options: list[str] = []
    arguments: list[str] = []
    repository = ""
    dry_run = False
    rest = deque(words)
    try:
        while rest:
            word = rest.popleft()
            if word == "--":
                arguments += rest
                break
            if not word.startswith("-") or word == "-":
                arguments.append(word)
            elif word.startswith("--"):
                name, value, option = _long_option(word, rest)
                repository = value if name == "repo" else repository
                dry_run = name == "dry-run" if name.endswith("dry-run") else dry_run
                options += [option] if option else []
            else:
                names = _short_options(word, rest)
                dry_run = dry_run or "dry-run" in names
                options += [f"--{each}" for each in names if each in _DECIDING]
    except LookupError:  # an option that is not known here, or one without its value
        return None
    return PushCommand(
        options=tuple(options),
        repository=arguments[0] if arguments else repository,
        refspecs=tuple(arguments[1:]),
        dry_run=dry_run,
    )


def _long_option(word: str, rest: deque[str]) -> tuple[str, str, str]:
    """Name and value of a long option, and how to give it to git again, "" if it doesn't decide what is pushed.

    Its value may be the next word, which is then taken from ``rest``. Raises LookupError if it is not understood.
    """
    name, equals, value = word[2:].partition("=")
    full = _full_name(name)
    if full is None:
        raise LookupError(word)
    if full in _VALUES and not equals:
        value = rest.popleft()
    if full == "repo" or full.removeprefix("no-") not in _DECIDING:
        return full, value, ""
    return full, value, f"--{full}" + (f"={value}" if equals or full in _VALUES else "")


def _short_options(word: str, rest: deque[str]) -> list[str]:
    """The long names of the options in a word like ``-fu``. Raises LookupError."""
    names = []
    for place, letter in enumerate(word[1:], 1):
        if letter == "o":  # its value is the rest of the word, or the next word
            if place + 1 == len(word) and rest:
                rest.popleft()
            break
        names.append(_SHORT[letter])
    return names


def _full_name(name: str) -> str | None:
    """A long option's full name, since git takes any unambiguous beginning; None if there is not exactly one."""
    negated = name.startswith("no-")
    bare = name.removeprefix("no-")
    found = [bare] if bare in _KNOWN else [each for each in _KNOWN if each.startswith(bare)]
    if len(found) != 1:
        return None
    return f"no-{found[0]}" if negated else found[0]


def _split(text: str) -> list[str]:
    import shlex

    try:
        return shlex.split(text)
    except ValueError:
        return []


def may_be_several(command: PushCommand, configured: Mapping[str, Sequence[str]], remote: str, *, branch: bool) -> bool:
    """Whether ``command`` can update more branches than the one ref that pre-commit has shown.

    ``configured`` is git's configuration, lower-case key -> values; ``branch`` says whether the shown ref is a branch.
    """
    if command.names_one:
        return False
    if command.refspecs or command.pushes_all or not branch:
        return True
    if configured.get(f"remote.{remote}.push") or configured.get("push.default", [""])[-1].lower() == "matching":
        return True
    return configured.get(f"remote.{remote}.mirror", ["false"])[-1].lower() not in ("false", "no", "off", "0")


_SUMMARY = re.compile(r"([0-9a-f]{40}(?:[0-9a-f]{24})?)\.\.\.?[0-9a-f]{40}")


def parse_porcelain(text: str) -> list[tuple[str, str, str]]:
    """What `git push --porcelain` would update: local name, remote ref, and the oid there ("" for none).

    Deletions, refs that are up to date, and those that git itself rejects are left out. Raises ValueError for a line
    that can't be understood, since its ref would not be gated.
    """
    found = []
    for line in text.split("\n"):  # str.splitlines would also split at characters that a ref's name may have
        flag, tab, rest = line.partition("\t")
        if not tab or flag not in (" ", "+", "*"):
            continue
        names, _, summary = rest.partition("\t")
        local, colon, remote = names.rpartition(":")
        if not colon or not local or not remote:
            raise ValueError(f"git push --porcelain said {line!r}")
        replaced = _SUMMARY.match(summary)
        found.append((local, remote, replaced[1] if replaced else ""))
    return found
