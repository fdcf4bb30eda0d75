"""What a file is according to its path: a test, a tool, or a source file of a kind that is measured.

This is covgate's only definition of a test file. It doesn't use contents: git, a report and a checkout have only the
path in common.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping

# Anywhere in a path.
_TEST_DIRECTORY = re.compile(r"tests?|__tests__|.+[_-]tests|tests[_-].+")
_TEST_FILE = re.compile(r"test_.+|.+_test\.[^.]+|.+[._](test|spec)\.[^.]+|(conftest|tests)\.py")
_TOOL_FILE = re.compile(r"(setup|noxfile|toxfile|fabfile|versioneer|ez_setup|conanfile|dodo|duties)\.py|.+\.d\.ts")
# Only at the top of the tree: inside a package, a file of this name belongs to the product.
_TOP_TOOL_FILE = re.compile(
    r"(manage|hatch_build|tasks|bootstrap|toolfile|__init__)\.py|(run|all)[_-]?tests?\.py|.+\.config\.[^.]+"
)
_TOP_TOOL_DIRECTORY = re.compile(r"testing|docs?|documentation|examples?|benchmarks?")
# Names that usually, but not always, don't belong to the product. Most are from setuptools.discovery, whose finders
# leave them out.
_BESIDE_PRODUCT_FILE = re.compile(
    r"(build|release|example|benchmarks?|exercises?|task|conf)\.py"
    r"|(run|make|update|bump|check|generate|gen|build)[_-].+\.py|[._].*"
)
_BESIDE_PRODUCT_DIRECTORY = re.compile(
    r"samples?|demos?|exercises?|bench|scripts?|tools?|utils?|ci|bin|build|dist|debian|manpages|news|newsfragments"
    r"|changelog|htmlcov|site_scons|tasks|fabfile|vendor|third_party|node_modules|[._].*"
)
# Files that no test executes and no configuration reads. Text files among tests may be their data.
PROSE_SUFFIXES = frozenset(
    {".md", ".rst", ".txt", ".adoc", ".png", ".jpg", ".jpeg", ".gif", ".svg", ".webp", ".ico", ".pdf"}
)
_PROSE_NAMES = frozenset({"license", "licence", "copying", "notice", "authors", "contributors", "codeowners"})
_PROSE_NAMES |= {"readme", "changelog", "changes", "history", "news", "todo", ".gitignore", ".gitattributes"}
_REQUIREMENTS = ("requirement", "constraint")

# Of the languages whose coverage tools write a report that covgate reads.
CODE_SUFFIXES = frozenset(
    """.py .pyx .js .jsx .mjs .cjs .ts .tsx .mts .cts .vue .svelte .c .cc .cpp .cxx .m .mm .go .rs .java .kt .scala
    .groovy .rb .php .cs .fs .swift .lua .pl .pm .ex .exs .erl .dart .jl .r .hs""".split()
)

_UNCOMMITTED_SHOWN = 3


def is_test_directory(name: str) -> bool:
    """Whether a directory of this ``name`` holds tests, wherever it is."""
    return bool(_TEST_DIRECTORY.fullmatch(name))


def is_test_file(path: str) -> bool:
    """Whether the file is a test or belongs to tests: by one of its directories, or by its name."""
    *directories, name = path.split("/")
    return bool(_TEST_FILE.fullmatch(name)) or any(is_test_directory(each) for each in directories)


def is_tool(path: str) -> bool:
    """Whether the file, which is not a test, is a tool, an example or documentation, so not part of a product."""
    top, *rest = path.split("/")
    if rest:
        return bool(_TOP_TOOL_DIRECTORY.fullmatch(top) or _TOOL_FILE.fullmatch(rest[-1]))
    return bool(_TOOL_FILE.fullmatch(top) or _TOP_TOOL_FILE.fullmatch(top))


def is_beside_product(path: str) -> bool:
    """Whether the file is probably no part of the product: a test, a tool, or where such things usually are."""
    top, *rest = path.split("/")
    beside = _BESIDE_PRODUCT_DIRECTORY if rest else _BESIDE_PRODUCT_FILE
    return is_test_file(path) or is_tool(path) or bool(beside.fullmatch(top))


def suffix(path: str) -> str:
    """The suffix of the file's name, with its dot; "" if it has none."""
    stem, dot, ending = path.rpartition("/")[2].rpartition(".")
    return dot + ending if stem else ""


def measured_suffixes(paths: Iterable[str]) -> frozenset[str]:
    """The suffixes of the measured files; ``.py`` if there are none."""
    return frozenset(suffix(path) for path in paths) or frozenset({".py"})


def could_be_measured(path: str, suffixes: Collection[str]) -> bool:
    """Whether the file is of a measured kind: one of ``suffixes``, and neither a test nor a tool."""
    return suffix(path) in suffixes and not is_test_file(path) and not is_tool(path)


def is_prose(path: str) -> bool:
    """Whether the file is text for people, a picture, or a forge's own file: it can't change what is covered."""
    *directories, name = parts = path.lower().split("/")
    if is_test_file(path.lower()) or any(part.startswith(_REQUIREMENTS) for part in parts):
        return False
    if suffix(name) == ".txt" and directories and not _TOP_TOOL_DIRECTORY.fullmatch(directories[0]):
        return False  # the data of a package
    return suffix(name) in PROSE_SUFFIXES or name in _PROSE_NAMES or directories[:1] in ([".github"], [".gitlab"])


def uncommitted_notice(files: Mapping[str, str]) -> str:
    """A notice for users who forgot to commit their fix. ``files``: path -> how it differs. "" if there is nothing."""
    relevant = {path: how for path, how in sorted(files.items()) if suffix(path) == ".py"}
    # A new test is the likeliest reason why somebody expected a pass.
    ordered = sorted(relevant, key=lambda path: could_be_measured(path, (".py",)))
    if not ordered:
        return ""
    shown = ", ".join(f"{path} ({relevant[path]})" for path in ordered[:_UNCOMMITTED_SHOWN])
    more = len(ordered) - _UNCOMMITTED_SHOWN
    return f"not committed, and so not measured: {shown}{f' and {more} more' if more > 0 else ''}"
