"""The test commands in a project's files, whatever tool they are for. Pure functions of the files' texts."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from covgate.compat import parse_ini, parse_python, table_of, toml_tables
from covgate.measure.documented.command_lines import Documented, as_test_command, split_commands

# What tasks, sessions, targets and environments for tests are called, the likeliest first.
_NAMES = (
    "test",
    "tests",
    "unit",
    "unittest",
    "unit-test",
    "unit-tests",
    "pytest",
    "cov",
    "coverage",
    "check",
    "py",
    "all",
)
_POSARGS = re.compile(r"\{posargs(?::((?:[^{}]|\{[^{}]*\})*))?\}")
# {env:NAME:default} and {tty:terminal:otherwise}
_DEFAULTS = re.compile(r"\{(?:env:\w+|tty:[^{}:]*)(?::([^{}]*))?\}")
_TOX_VALUES = {"{envpython}": "python", "{toxinidir}/": "", "{toxinidir}": ".", "{tox_root}/": "", "{tox_root}": "."}
_FACTORS = re.compile(r"^[!\w.,{}-]+\s*:\s+")
_TARGET = re.compile(r"^([\w.-]+)(?:\s+[\w.=*\"'+-]+)*\s*:(?!=)(.*)$")
_VARIABLE = re.compile(r"^(\w+)\s*[:?]?=\s*(.*)$")
_REFERENCE = re.compile(r"\$[({](\w+)[)}]")
_SCRIPTS = ("scripts/test", "scripts/test.sh", "script/test", "bin/test", "test.sh", "runtests.sh")
_MAX_LINE = 4000  # characters of a command that are read
_PYTHONS = frozenset({"PYTHON", "PY", "PYTHON3", "python"})


def documented_commands(files: Mapping[str, str]) -> tuple[Documented, ...]:
    """The test commands that ``files`` document (their texts, by the names in ``FILES``), the likeliest first."""
    found: dict[str, Documented] = {}
    for name, read in FILES.items():
        for origin, line in read(files[name]) if name in files else ():
            for each in split_commands(line):
                command = as_test_command(each)
                if command:
                    place = f"{origin} in {name}" if origin else name
                    found.setdefault(command, Documented(command=command, origin=place))
    return tuple(found.values())


Lines = Iterator[tuple[str, str]]  # where in the file, and the command line


def _tox_ini(text: str) -> Lines:
    try:
        parser = parse_ini(text, strict=False, allow_no_value=True)
    except ValueError:
        return
    sections = {
        each.removeprefix("tox:").removeprefix("testenv:"): each for each in parser.sections() if "testenv" in each
    }
    names = [*(["testenv"] if "testenv" in sections else []), *_by_likelihood(sections)]
    for name in dict.fromkeys(names):
        commands = parser.get(sections[name], "commands", fallback=None) or ""
        if not _starts_at_top(parser.get(sections[name], "changedir", fallback="") or ""):
            continue
        for line in commands.replace("\\\n", " ").splitlines():
            yield f"[{sections[name]}]", _from_tox(line)


def _starts_at_top(directory: str) -> bool:
    """Whether a command that starts in ``directory`` can start at the top: tox's own directories contain no tests."""
    return directory in ("", ".", "{toxinidir}", "{tox_root}") or directory.startswith(("{toxworkdir}", "{env"))


def _from_tox(line: str) -> str:
    """``line`` of `commands` in tox.ini as a shell would get it, without the user's arguments; "" if it never ends."""
    if len(line) > _MAX_LINE:
        return ""
    line = _POSARGS.sub(lambda match: match[1] or "", _FACTORS.sub("", line.strip()))
    line = _DEFAULTS.sub(lambda match: match[1] or "", line)
    for name, value in _TOX_VALUES.items():
        line = line.replace(name, value)
    return line.lstrip("-! ")


def _tox_toml(text: str) -> Lines:
    yield from _tox_tables(toml_tables(text))


def _tox_tables(data: Mapping[str, Any]) -> Lines:
    tables = {"env_run_base": data.get("env_run_base"), **table_of(data, "env")}
    for name in ("env_run_base", *_by_likelihood(table_of(data, "env"))):
        commands = table_of(tables, name).get("commands")
        for words in commands if isinstance(commands, list) else ():
            yield name, _from_tox(" ".join(_plain_words(words)))


def _plain_words(words: Any) -> Iterator[str]:
    """The words of a command in tox.toml, with the defaults of the user's arguments."""
    for each in words if isinstance(words, list) else ():
        if isinstance(each, str):
            yield each
        elif isinstance(each, dict) and each.get("replace") == "posargs":
            yield from _plain_words(each.get("default"))


def _noxfile(text: str) -> Lines:
    try:
        tree = parse_python(text)
    except ValueError:
        return
    functions = {each.name: each for each in tree.body if isinstance(each, ast.FunctionDef) and each.decorator_list}
    for name in _by_likelihood(functions):
        for node in ast.walk(functions[name]):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "run":
                # Arguments that only a run of nox knows are left out, as `*session.posargs`.
                words = [each.value for each in node.args if isinstance(each, ast.Constant)]
                if all(isinstance(each, str) for each in words):
                    yield f"session {name}", " ".join(map(str, words))


def _pyproject(text: str) -> Lines:
    data = toml_tables(text)
    tool = table_of(data, "tool")
    tox = table_of(tool, "tox")
    if isinstance(tox.get("legacy_tox_ini"), str):
        yield from _tox_ini(tox["legacy_tox_ini"])
    yield from _tox_tables(tox)
    for name, env in sorted(table_of(tool, "hatch", "envs").items(), key=lambda each: _rank(each[0])):
        yield from _tasks(f"hatch's environment {name}", table_of(env, "scripts"))
    for title, keys in _TASKS:
        yield from _tasks(title, table_of(tool, *keys))


# Runners of tasks, and where in [tool] their tasks are.
_TASKS = (
    ("pdm's script", ("pdm", "scripts")),
    ("poe's task", ("poe", "tasks")),
    ("rye's script", ("rye", "scripts")),
    ("taskipy's task", ("taskipy", "tasks")),
    ("pixi's task", ("pixi", "tasks")),
    ("pixi's task", ("pixi", "feature", "test", "tasks")),
)


def _tasks(title: str, tasks: Mapping[str, Any]) -> Lines:
    for name in _by_likelihood(tasks):
        for line in _task_lines(tasks[name]):
            # hatch's {args:default}, as tox's {posargs:default}
            line = re.sub(r"\{args(?::([^{}]*))?\}", lambda match: match[1] or "", line)
            yield f"{title} {name}", line


def _task_lines(task: Any) -> Iterator[str]:
    """The command lines of a task: a string, a list of them, or a table that has one of these."""
    if isinstance(task, str):
        yield task
    elif isinstance(task, list) and all(isinstance(each, str) for each in task):
        yield from task
    elif isinstance(task, dict):
        for key in ("cmd", "shell", "composite", "sequence"):
            yield from _task_lines(task.get(key))


def _makefile(text: str) -> Lines:
    targets = recipes(text)
    for name in _by_likelihood(targets):
        for line in targets[name]:
            yield f"target {name}", line


def recipes(text: str) -> dict[str, list[str]]:
    """The command lines of each target of a Makefile or a justfile, with the variables that are known."""
    variables = dict.fromkeys(_PYTHONS, "python")
    found: dict[str, list[str]] = {}
    target = ""
    for line in text.replace("\\\n", " ").splitlines():
        if line.startswith(("\t", "    ")) and target:
            found[target].append(line.strip().lstrip("@-+ "))
            continue
        variable, begin = _VARIABLE.match(line), _TARGET.match(line)
        if variable:
            variables.setdefault(variable[1], variable[2].strip())
        elif begin:
            target = begin[1]
            found.setdefault(target, [])
    return {name: [_with_variables(each, variables) for each in lines] for name, lines in found.items()}


def _with_variables(line: str, variables: Mapping[str, str]) -> str:
    line = _REFERENCE.sub(lambda match: variables.get(match[1], match[0]), line)
    return re.sub(r"\{\{[^{}]*\}\}", "", line)  # arguments of a just recipe


def _shell_script(text: str) -> Lines:
    for line in text.replace("\\\n", " ").splitlines():
        line = re.sub(r'"?\$(@|\*|\{@\}|\{@:\d\})"?', "", line.strip())  # the user's arguments
        yield "", line.replace("${PREFIX}", "").replace("$PREFIX", "")


def _by_likelihood(names: Mapping[str, Any]) -> list[str]:
    """Those of ``names`` that suggest tests, the likeliest first."""
    return sorted((each for each in names if _rank(each) < len(_NAMES)), key=_rank)


def _rank(name: str) -> int:
    plain = name.replace("_", "-").lower()
    plain = "py" if re.fullmatch(r"py\d*(-.*)?", plain) else plain
    return _NAMES.index(plain) if plain in _NAMES else len(_NAMES)


# The files that are read, the likeliest place of the tests' own command first.
FILES: dict[str, Callable[[str], Lines]] = {
    "tox.ini": _tox_ini,
    "tox.toml": _tox_toml,
    "noxfile.py": _noxfile,
    "pyproject.toml": _pyproject,
    "setup.cfg": _tox_ini,
    "Makefile": _makefile,
    "justfile": _makefile,
    **dict.fromkeys(
        ("scripts/test", "scripts/test.sh", "script/test", "bin/test", "test.sh", "runtests.sh"), _shell_script
    ),
}
