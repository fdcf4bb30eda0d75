"""Whatever lies in a checkout beside the commit, the number is the commit's, in place and aside, or it is named."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from covgate.config import Isolation, parse_config
from covgate.git.repository import Repository
from covgate.measure.commit import Measurer
from covgate.model.measurement import Measurement
from helpers.project import Project, calls, functions
from helpers.properties import one_in

# What somebody may have beside the commit. Each would change the number if it took part.
BESIDE = {
    "tests/test_more.py": calls("c"),
    "tests/check_more.py": calls("c"),
    "pkg/check_inside.py": calls("c"),
    "tests/deep/conftest.py": "from pkg import mod\n\nmod.c()\n",
    "conftest.py": "from pkg import mod\n\nmod.c()\n",
    "local/test_local.py": calls("c"),
    "pkg/test_inside.py": calls("c"),
    "tests/helper.py": "from pkg import mod\n\nmod.c()\n",
    ".coveragerc": "[run]\nbranch = true\n",
    "pytest.ini": "[pytest]\naddopts = -k nothing\n",
    "setup.cfg": "[tool:pytest]\naddopts = -k nothing\n",
    "sitecustomize.py": "import pkg\n\npkg.CUSTOM = 1\n",
    "pkg/_generated.py": "from pkg import mod\n\nVERSION = '1'\n",
    "pkg/scratch.py": functions("x", "y"),
    "scratch.py": functions("x"),
    "build/lib/pkg/mod.py": functions("z"),
    "tests.log": "a line\n",
    "results/one/data.txt": "data\n",
}
# What somebody may have done to a file of the commit.
EDITED = {
    "pkg/mod.py": functions("a", "b", "c", "d"),
    "tests/test_mod.py": calls("a", "b", "c"),
    "pyproject.toml": "[tool.pytest.ini_options]\naddopts = '-k nothing'\n",
}
HOW_BESIDE = ("ignored by .gitignore", "ignored by .git/info/exclude", "untracked", "staged")
HOW_EDITED = ("unstaged", "staged", "assume-unchanged")
NAMED = ("used, but not in the commit", "not counted, because the commit does not have it")

beside = st.dictionaries(st.sampled_from(sorted(BESIDE)), st.sampled_from(HOW_BESIDE), max_size=4)
edited = st.dictionaries(st.sampled_from(sorted(EDITED)), st.sampled_from(HOW_EDITED), max_size=1)
# With nothing but these, the commit is measured in place at first.
ignored = st.dictionaries(st.sampled_from(sorted(BESIDE)), st.sampled_from(HOW_BESIDE[:2]), min_size=1, max_size=4)


class Workshop:
    """A project that is made once, and littered again and again."""

    def __init__(self, project: Project) -> None:
        self.project = project
        project.write("pkg/__init__.py", "try:\n    from pkg import _generated\nexcept ImportError:\n    pass\n")
        project.write("tests/test_helped.py", "try:\n    import helper\nexcept ImportError:\n    pass\n")
        project.write(
            "pyproject.toml",
            f'[tool.covgate]\npython = "{project.python}"\n'
            '[tool.pytest.ini_options]\npython_files = ["test_*.py", "check_*.py"]\n',
        )
        # The ignored files are those that this file of the user's lists: the commit is always the same.
        project.write(".gitignore", "__pycache__/\n.pytest_cache/\n")
        self.commit = project.commit()
        self.numbers = self.measure(Isolation.IN_PLACE).numbers

    def litter(self, beside: dict[str, str], edited: dict[str, str]) -> None:
        project = self.project
        project.git("update-index", "--no-assume-unchanged", *EDITED)
        project.git("reset", "--quiet", "--hard", self.commit)
        project.git("clean", "-ffdxq")
        listed = {"exclude": [""], "ignore": [""]}
        for name, how in beside.items():
            project.write(name, BESIDE[name])
            if how == "staged":
                project.git("add", "--force", name)
            elif how.startswith("ignored"):
                listed["ignore" if how.endswith("gitignore") else "exclude"].append(f"/{name}")
        for name, how in edited.items():
            if how == "assume-unchanged":
                project.git("update-index", "--assume-unchanged", name)
            project.write(name, EDITED[name])
            if how == "staged":
                project.git("add", name)
        (project.top / ".git/info/exclude").write_text("\n".join(listed["exclude"]))
        # A .gitignore beside the commit's own.
        (project.top / ".git/ignore").write_text("\n".join(listed["ignore"]))
        project.git("config", "core.excludesFile", str(project.top / ".git/ignore"))

    def measure(self, isolation: Isolation) -> Measurement:
        text = f'[tool.covgate]\npython = "{self.project.python}"\nisolation = "{isolation.value}"\n'
        repository = Repository.discover(self.project.top, self.project.environ)
        try:
            measurer = Measurer(repository=repository, environ=self.project.environ, use_cache=False)
            result = measurer.measure(self.commit, parse_config(pyproject=text.encode()), lambda notice: None)
        finally:
            repository.close()
        assert isinstance(result, Measurement), result
        return result


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory, environ: dict[str, str]) -> Workshop:
    return Workshop(Project.create(tmp_path_factory.mktemp("workshop"), environ, hooks="none"))


def named(measurement: Measurement) -> list[str]:
    """What the user is told about files that the commit does not have."""
    return [each for each in measurement.notices if each.startswith(NAMED)]


def check(workshop: Workshop, beside: dict[str, str], edited: dict[str, str]) -> None:
    workshop.litter(beside, edited)
    here, aside = workshop.measure(Isolation.AUTO), workshop.measure(Isolation.WORKTREE)
    assert (here.numbers, named(here)) == (aside.numbers, named(aside))
    if not any(each.startswith(NAMED[0]) for each in named(here)):
        assert here.numbers == workshop.numbers


@one_in(20)
@given(ignored=ignored)
@example(ignored=dict.fromkeys(BESIDE, HOW_BESIDE[0]))
@example(ignored={"tests/helper.py": HOW_BESIDE[1]})
@example(ignored={"pkg/check_inside.py": HOW_BESIDE[1], "pkg/_generated.py": HOW_BESIDE[0]})
def test_what_git_ignores(workshop: Workshop, ignored: dict[str, str]) -> None:
    check(workshop, ignored, {})


@one_in(30)
@given(beside=beside, edited=edited)
def test_what_is_beside_the_commit(workshop: Workshop, beside: dict[str, str], edited: dict[str, str]) -> None:
    check(workshop, beside, edited)
