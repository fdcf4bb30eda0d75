"""A monorepo in three languages, gated through pre-commit with the tools that its teams use."""

from __future__ import annotations

from pathlib import Path

import pytest

from helpers.monorepo import API, API_TEST, SCRIPT_TEST, Monorepo
from helpers.sealed import run, script

pytestmark = pytest.mark.end_to_end

TABLES = """\
# Each component is measured when something in it changes, and has a baseline of its own.
[components.engine]
directory = "engine"
command = "make coverage"
report = "coverage.info"

[components.api]
directory = "packages/api"

[components.billing]
directory = "packages/billing"

[components.web]
directory = "web"
command = "npx c8 --all --reporter=lcovonly npm test"
report = "coverage/lcov.info"
"""


@pytest.fixture
def repo(tmp_path: Path, environ: dict[str, str]) -> Monorepo:
    return Monorepo.build(tmp_path, environ)


def test_a_monorepo_from_init_to_the_merge(repo: Monorepo, source: Path, tmp_path: Path) -> None:
    done = repo.covgate("init", "--repo", str(source), "--rev", "v0.1.0")
    assert done.status == 0, done.text
    assert "this repository has 4 parts, to be measured and judged one by one" in done
    assert TABLES in done
    text = (repo.top / ".covgate.toml").read_text()
    assert text.endswith(TABLES)
    assert "[api] the coverage of" in done
    assert "is 83.33% (5 of 6 statements), measured" in done
    assert "[web] the coverage of" in done
    assert "is 100.00% (14 of 14 statements" in done
    assert "1 file, as coverage/lcov.info has them" in done

    # The first push sets the baseline of each.
    shared = 'paths = ["schemas/**"]\n'
    for directory in ("packages/api", "web"):
        text = text.replace(f'directory = "{directory}"\n', f'directory = "{directory}"\n{shared}')
    repo.write(".covgate.toml", text)
    repo.commit("Set up covgate")
    done = repo.push()
    assert done.status == 0, done.text
    assert repo.note().count("coverage_status: PASS") == 4
    assert all(f"[{name}] the baseline rises to" in done for name in ("api", "billing", "engine", "web"))

    # A change in one runs that one, and the merge raises its baseline.
    repo.git("checkout", "--quiet", "-b", "topic")
    test = API_TEST.format(name="api").replace("import f", "import f, g") + "    assert g() == 3\n"
    repo.write("packages/api/tests/test_api.py", test)
    repo.commit("Test g")
    done = repo.push("topic")
    assert done.status == 0, done.text
    assert "[api]: 100.00% holds the baseline of 83.33%" in done
    assert "carried forward from" in done and ": engine, billing, web\n" in done
    repo.git("checkout", "--quiet", "main")
    done = run(["git", "merge", "--no-ff", "--no-edit", "topic"], repo.top, repo.environ)
    assert "[api] the baseline rises from 83.33% to 100.00%" in done, done.text
    assert repo.push().status == 0

    # A lost line is named where it is, and nothing is said about Python.
    repo.write("web/test/index.test.js", SCRIPT_TEST.replace("assert.equal(sign(-2), -1);", ""))
    repo.commit("Lose a line")
    done = repo.push()
    assert done.status == 1
    assert "BLOCKED main" in done
    assert "web/src/index.js:9-10  lost  return -1;" in done
    assert not {"pytest", "python", "coverage's configuration"} & set(done.text.lower().split()), done.text
    repo.git("reset", "--quiet", "--hard", "HEAD~1")

    # An input that two of them share runs both.
    repo.write("schemas/order.json", '{"v": 2}\n')
    repo.commit("Change a schema")
    done = repo.push()
    assert done.status == 0, done.text
    assert "[api]: 100.00%" in done and "[web]: 100.00%" in done
    assert ": engine, billing\n" in done

    # A clone that has measured nothing, and has no packages of Node, needs to measure what it changes alone.
    other = Monorepo(tmp_path / "other", repo.remote, repo.environ)
    run(["git", "clone", "--quiet", str(repo.remote), str(other.top)], tmp_path, repo.environ)
    assert run([script("pre-commit"), "install"], other.top, repo.environ).status == 0
    (other.top / ".venv").symlink_to(repo.top / ".venv")
    other.write("packages/billing/src/billing/__init__.py", API.replace("return 3", "return 4"))
    other.commit("Change billing")
    done = other.push()
    assert done.status == 0, done.text
    assert "[billing]: 83.33% holds the baseline of 83.33%" in done
    assert ": engine, api, web\n" in done
    assert other.covgate("init", "--remove").status == 0
    assert not (other.top / ".covgate.toml").exists()
