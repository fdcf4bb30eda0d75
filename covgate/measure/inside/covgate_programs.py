"""Which Python program a command line starts, and whether it runs tests.

Standard library only, Python 3.6 and newer: covgate, the project's interpreter and those of its tools import it.
"""

import os
import re
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import List, Sequence, Tuple

# The kinds of programs.
PYTEST = "pytest"
UNITTEST = "unittest"
TESTS = "tests"  # another program that runs tests
COVERAGE = "coverage"  # it measures by itself
OTHER = ""

# The files that may configure pytest, in its order.
CONFIGURATIONS = ("pytest.toml", ".pytest.toml", "pytest.ini", ".pytest.ini", "pyproject.toml", "tox.ini", "setup.cfg")

_OPTIONS_WITH_VALUE = ("W", "X")
_PYTEST = frozenset({"pytest", "py.test"})
_COVERAGE = re.compile(r"coverage(-?\d+(\.\d+)?)?")
_COVERAGE_VALUES = frozenset({
    "--concurrency", "--context", "--data-file", "--debug", "--include", "--omit", "--rcfile", "--save-signal",
    "--source",
})  # fmt: skip
_RUNNERS = frozenset({
    "trial", "twisted.trial", "zope.testrunner", "zope-testrunner", "nose", "nosetests", "nose2", "green", "ward",
    "behave", "avocado", "robot", "xmlrunner", "subunit.run", "testtools.run", "stestr.subunit_runner.run",
})  # fmt: skip
_SUBCOMMANDS = {
    "manage": ("test",), "django": ("test",), "django-admin": ("test",), "setup": ("test", "pytest", "nosetests"),
}  # fmt: skip
_WORDS = frozenset({"test", "tests", "runtest", "runtests", "testrunner", "testsuite", "selftest", "unittests"})


def command_line() -> "List[str]":
    """How this process was started, with the options of Python; empty if that is unknown."""
    known = getattr(sys, "orig_argv", None)  # Python 3.10
    if known is not None:
        return list(known)
    try:
        with open("/proc/self/cmdline", "rb") as file:
            return [os.fsdecode(each) for each in file.read().split(b"\0")[:-1]]
    except OSError:
        return _command_line_in_memory()


def _command_line_in_memory() -> "List[str]":
    import ctypes

    count, values = ctypes.c_int(), ctypes.POINTER(ctypes.c_wchar_p)()
    ctypes.pythonapi.Py_GetArgcArgv(ctypes.byref(count), ctypes.byref(values))
    return [values[position] or "" for position in range(count.value)]


def replace_process(arguments: "Sequence[str]") -> None:
    """Replace this process with a new Python with ``arguments``."""
    argv = [sys.executable] + list(arguments)
    sys.stdout.flush()
    sys.stderr.flush()
    if os.name == "posix":
        import posix

        # Not os.execve: coverage can be configured to measure what that starts.
        posix.execve(sys.executable, argv, dict(os.environ))
    import subprocess

    os._exit(subprocess.call(argv))


def split_arguments(arguments: "Sequence[str]") -> "Tuple[List[str], List[str]]":
    """The options of Python, and the program: ``-m module ...`` or ``script ...``.

    The program is empty if there is none, if it is given as text (``-c``), or if it comes from standard input.
    """
    options: "List[str]" = []
    rest = list(arguments)
    while rest:
        word = rest[0]
        if word == "-":
            return options, []
        if not word.startswith("-"):
            return options, rest
        if word.startswith("--"):
            taken = 2 if word == "--check-hash-based-pycs" else 1
            options, rest = options + rest[:taken], rest[taken:]
            continue
        # A cluster of short options. The first value is the rest of the word, or the next word.
        flags, name, value = _cluster(word[1:])
        if name == "c":
            return options, []
        if name == "m":
            program = ["-m"] + ([value] if value else []) + rest[1:]
            return options + (["-" + flags] if flags else []), program if len(program) > 1 else []
        taken = 2 if name and not value else 1
        options, rest = options + rest[:taken], rest[taken:]
    return options, []


def _cluster(letters: str) -> "Tuple[str, str, str]":
    """The flags before the first option with a value, that option, and its value; "" for each that is missing."""
    for position, letter in enumerate(letters):
        if letter in _OPTIONS_WITH_VALUE or letter in "cm":
            return letters[:position], letter, letters[position + 1 :]
    return letters, "", ""


def program_name(program: "Sequence[str]") -> str:
    """The module of ``program``, or the name of its script without a suffix; "" if there is no program."""
    if not program:
        return ""
    if program[0] == "-m":
        name = program[1]
        return name[: -len(".__main__")] if name.endswith(".__main__") else name
    name = os.path.basename(program[0])
    for suffix in (".py", ".exe"):
        if name.endswith(suffix):
            return name[: -len(suffix)]
    return name


def program_arguments(program: "Sequence[str]") -> "List[str]":
    """What ``program`` is started with."""
    return list(program[2:] if program[0] == "-m" else program[1:]) if program else []


def run_by_coverage(program: "Sequence[str]") -> "List[str]":
    """What ``coverage run`` starts; empty if ``program`` is another call of coverage, or its configuration names it."""
    words = program_arguments(program)
    if kind_of(program) != COVERAGE or words[:1] != ["run"]:
        return []
    rest, is_module = words[1:], False
    while rest and rest[0].startswith("-"):
        word, rest = rest[0], rest[1:]
        is_module = is_module or word == "--module" or (not word.startswith("--") and "m" in word)
        if word in _COVERAGE_VALUES:
            rest = rest[1:]
    return (["-m"] if is_module and rest else []) + rest


def is_runner(program: "Sequence[str]") -> bool:
    """Whether ``program`` is known to run tests, and doesn't just have a name that suggests it."""
    name = program_name(program)
    known = name in _PYTEST or name == "unittest" or name in _RUNNERS
    return known or bool(set(_SUBCOMMANDS.get(name, ())).intersection(program_arguments(program)))


def kind_of(program: "Sequence[str]") -> str:
    """The kind of ``program``: one of the names above; OTHER if it doesn't look like a program that runs tests."""
    name = program_name(program)
    if name in _PYTEST:
        return PYTEST
    if _COVERAGE.fullmatch(name):
        return COVERAGE
    if name == "unittest":
        return UNITTEST
    if is_runner(program):
        return TESTS
    if name in _SUBCOMMANDS:
        return OTHER
    # A script of an environment is a tool, even if its name contains "test": test-server, for example.
    if program and program[0] != "-m" and is_in_environment(program[0]):
        return OTHER
    return TESTS if _WORDS.intersection(re.split(r"[^a-z]+", name.lower())) else OTHER


def is_in_environment(script: str) -> bool:
    """Whether ``script`` is among the programs of a virtual environment."""
    return os.path.isfile(os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(script))), "pyvenv.cfg"))


def option_values(options: "Sequence[str]", short: str, long: str = "") -> "List[str]":
    """The values of an option that is given as ``-n 2``, ``-n2``, ``--long 2`` or ``--long=2``."""
    values = []
    for position, each in enumerate(options):
        if each in (short, long):
            values.append(options[position + 1] if position + 1 < len(options) else "")
        elif long and each.startswith(long + "="):
            values.append(each.partition("=")[2])
        elif len(short) == 2 and each.startswith(short):
            values.append(each[2:])
    return values


def config_directories(tree: str, words: "Sequence[str]") -> "List[str]":
    """The directories of ``tree`` where pytest looks for its configuration if it is started there with ``words``.

    It looks in the directory that all its paths have in common, and then upwards. "" is the top.
    """
    paths = [os.path.normpath(each.partition("::")[0]) for each in words if each and not each.startswith("-")]
    inside = [
        each for each in paths if not each.startswith(("..", os.sep)) and os.path.exists(os.path.join(tree, each))
    ]
    common = os.path.commonpath(inside) if inside else ""
    if not os.path.isdir(os.path.join(tree, common)):
        common = os.path.dirname(common)
    found = [common]
    while common:
        common = os.path.dirname(common)
        found.append(common)
    return found


def names_config(words: "Sequence[str]") -> str:
    """The configuration that these options of pytest name; "" if they name none."""
    return (option_values(words, "-c", "--config-file") or [""])[-1]


def configures_pytest(words: "Sequence[str]") -> bool:
    """Whether ``words``, or a file of the directories in them, configure a pytest that is started here."""
    if names_config(words):
        return True
    for directory in config_directories(os.getcwd(), words):
        for name in CONFIGURATIONS if directory not in ("", ".") else ():
            path = os.path.join(directory, name)
            if os.path.isfile(path):
                with open(path, "rb") as file:
                    if "pytest" in name or b"pytest" in file.read():
                        return True
    return False


def wants_cov(options: "Sequence[str]") -> bool:
    """Whether these options of pytest switch pytest-cov on."""
    asked = any(each == "--cov" or each.startswith("--cov=") for each in options)
    return asked and "--no-cov" not in options


def wants_workers(options: "Sequence[str]") -> bool:
    """Whether these options of pytest start workers of pytest-xdist."""
    values = [value for value in option_values(options, "-n", "--numprocesses") if value != "0"]
    return bool(values) or bool(option_values(options, "", "--tx"))
