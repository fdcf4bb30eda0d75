"""The configuration: each rule, and that a push can't weaken the rules of its base."""

from __future__ import annotations

from golden_run.project import NOTE, Project, calls, functions
from golden_run.pushes import MORE
from golden_run.sandbox import Sandbox

BRANCHY = "def f(x):\n    if x:\n        x += 1\n    return x\n\n\n" + functions("g")
BRANCHY_TESTS = "from pkg.mod import f\n\n\ndef test_f():\n    assert f(1)\n"
COVERAGE = "[tool.coverage.run]\nbranch = true\n"
ON_BLOCK = 'on_block = ["sh", "-c", "cat >../on-block.json; echo failed >&2; exit 3"]\n'


def record(sandbox: Sandbox) -> None:
    _floors(sandbox)
    _patch_floor(sandbox)
    _epsilon(sandbox)
    _branch_coverage(sandbox)
    _scope(sandbox)
    _switch(sandbox)
    _on_block(sandbox)
    _weaker(sandbox)
    _fewer_sources(sandbox)
    _bad_base(sandbox)


def _floors(sandbox: Sandbox) -> None:
    project = Project.create(sandbox, "rules", "floor", config="floor = 90\n")
    project.record("floor", "git push origin main", NOTE)
    project.configure("floor = 80\n")
    project.commit("a lower floor")
    project.record("floor-held", "git push origin main", NOTE)
    project.write("pkg/mod.py", MORE)
    project.commit("below both")
    project.record("floor-and-baseline", "git push origin main", NOTE)
    project.record("absolute", "git push --dry-run origin main", COVGATE_POLICY="absolute")
    project.configure('policy = "baseline"\nfloor = 99\n')
    project.write("tests/test_mod.py", calls("a", "b", "c"))
    project.commit("the baseline alone")
    project.record("baseline-alone", "covgate check --base HEAD", NOTE)


def _patch_floor(sandbox: Sandbox) -> None:
    config = 'policy = "absolute"\npatch_floor = 80\nsource = ["pkg"]\n'
    project = Project.create(sandbox, "rules", "patch-floor", config=config)
    project.record("patch-floor-first", "git push origin main")
    project.write("pkg/mod.py", functions("a", "b", "c", "new"))
    project.commit("new")
    project.record("patch-floor", "git push origin main", NOTE, "covgate check --format json")
    project.write("tests/test_mod.py", calls("a", "b", "new"))
    project.write("tools/deploy.py", "print('deployed')\n")
    project.commit("covered, and a file that is not measured")
    project.record("patch-floor-held", "git push origin main", NOTE)
    project.write("README", "text\n")
    project.commit("no code")
    project.record("patch-floor-no-code", "git push origin main")
    project.configure('policy = "absolute"\npatch_floor = 10\nsource = ["pkg"]\n')
    project.write("pkg/mod.py", functions("a", "b", "c", "new", "newer"))
    project.commit("a lower patch floor")
    project.record("patch-floor-of-the-base", "git push origin main")


def _epsilon(sandbox: Sandbox) -> None:
    project = Project.create(sandbox, "rules", "epsilon", config='epsilon = 8.5\nremoved_code = "count"\nretries = 0\n')
    project.record("epsilon-first", "git push origin main")
    project.write("pkg/mod.py", MORE)
    project.commit("within epsilon")
    project.record("epsilon", "git push origin main", NOTE)
    project.write("pkg/mod.py", functions("b", "c"))
    project.write("tests/test_mod.py", calls())
    project.commit("removed code counts")
    project.record("removed-code-counts", "git push origin main", NOTE)


def _branch_coverage(sandbox: Sandbox) -> None:
    project = Project.create(sandbox, "rules", "branches")
    project.write("pkg/mod.py", BRANCHY)
    project.write("tests/test_mod.py", BRANCHY_TESTS + "    assert f(0) == 0\n")
    project.configure("", COVERAGE)
    project.commit("branches")
    project.record("branches-first", "git push origin main", NOTE, "git notes --ref=coverage-files show")
    project.write("tests/test_mod.py", BRANCHY_TESTS)
    project.commit("a partial branch")
    project.record("branches", "git push origin main", NOTE)
    for each in ("json", "markdown", "github", "sarif"):
        project.record(f"branches-{each}", f"covgate check --format {each}")
    project.configure("")
    project.commit("branches are not measured")
    project.record("branches-dropped", "git push origin main", NOTE)


def _scope(sandbox: Sandbox) -> None:
    config = 'branches = ["main", "release/*"]\nratchet_branches = ["release/*"]\nsync = false\n'
    project = Project.create(sandbox, "rules", "scope", config=config)
    project.record("outside-branches", "git push origin main:topic")
    project.record("no-ratchet-branch", "git push origin main", NOTE)
    project.record("ratchet-branch", "git push origin main:release/1", NOTE, "git ls-remote origin")


def _switch(sandbox: Sandbox) -> None:
    project = Project.create(sandbox, "rules", "switch", config="enabled = false\n")
    project.record(
        "disabled",
        "git push origin main",
        "covgate check",
        "covgate check --format json",
        "covgate ratchet",
        "covgate ratchet --format json",
        "covgate status",
    )
    project.remove("pyproject.toml")
    project.write(".covgate.toml", 'floor = "80.5"\n')
    project.commit("its own file")
    project.record("own-file-invalid", "git push origin main")
    project.write(".covgate.toml", "floor = 80.5\n")
    project.commit("its own file")
    project.record("own-file", "git push origin main", NOTE)


def _on_block(sandbox: Sandbox) -> None:
    project = Project.create(sandbox, "rules", "on-block", config=ON_BLOCK)
    project.record("on-block-first", "git push origin main")
    project.write("tests/test_mod.py", calls("b"))
    project.commit("lost")
    project.record("on-block", "git push origin main", "cat ../on-block.json")
    project.configure('on_block = "no-such-program --now"\n')
    project.commit("no such program")
    project.record("on-block-missing", "git push origin main")


def _weaker(sandbox: Sandbox) -> None:
    """Each on a branch of its own, with a regression."""
    project = Project.create(sandbox, "rules", "weaker", config="floor = 20\nfail_closed = true\n")
    project.record("weaker-first", "git push origin main")
    for name, config in (
        ("epsilon", "floor = 10\nepsilon = 30\nfail_closed = true\n"),
        ("policy", 'policy = "absolute"\nfloor = 20\n'),
        ("enabled", "enabled = false\n"),
        ("branches", 'branches = ["main"]\nfloor = 20\nfail_closed = true\n'),
    ):
        project.branch(f"weaker-{name}")
        project.write("pkg/mod.py", MORE)
        project.configure(config)
        project.commit("weaker")
        project.record(f"weaker-{name}", f"git push origin weaker-{name}", "covgate check --format json")
    project.branch("weaker-command")
    project.configure('floor = 20\nfail_closed = false\ncommand = ["no-such-program"]\n')
    project.commit("weaker")
    project.record("weaker-command", "git push origin weaker-command")
    project.branch("weaker-held")
    project.configure("floor = 10\nfail_closed = true\n")
    project.commit("weaker, without a regression")
    project.record("weaker-held", "git push origin weaker-held", NOTE)


def _fewer_sources(sandbox: Sandbox) -> None:
    project = Project.create(sandbox, "rules", "sources", config='source = ["pkg", "tools"]\n')
    project.write("tools/__init__.py", functions("t"))
    project.write("tests/test_tools.py", "import tools\n\n\ndef test_t():\n    assert tools.t()\n")
    project.commit("tools")
    project.record("sources-first", "git push origin main", NOTE)
    project.branch("fewer-sources")
    project.configure('source = ["tools"]\n')
    project.commit("fewer sources")
    project.record("sources-fewer", "git push origin fewer-sources", NOTE)
    project.branch("omit")
    project.configure('source = ["pkg", "tools"]\n', '[tool.coverage.run]\nomit = ["pkg/mod.py"]\n')
    project.write("pkg/mod.py", MORE)
    project.commit("omit")
    project.record("sources-omitted", "git push origin omit", NOTE, "covgate check --format json")


def _bad_base(sandbox: Sandbox) -> None:
    project = Project.create(sandbox, "rules", "bad-base", config="floor = 2000\n")
    project.push_ungated()
    project.configure("floor = 20\n")
    project.commit("a valid floor")
    project.record("base-invalid", "git push origin main", NOTE)
