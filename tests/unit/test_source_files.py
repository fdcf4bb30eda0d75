"""What a path says about a file: the one definition of a test, and of what is no part of the product."""

from __future__ import annotations

import pytest

from covgate.model.source_files import (
    could_be_measured,
    is_beside_product,
    is_test_file,
    is_tool,
    uncommitted_notice,
)

TESTS = """tests/test_a.py tests/data.py test/helper.py src/pkg/tests/test_a.py src/pkg/tests/__init__.py pkg/test_a.py
    pkg/a_test.py pkg/tests.py tests.py conftest.py pkg/conftest.py integration_tests/a.py tests-e2e/a.py
    tests_unit/a.py pkg/test/base.py web/__tests__/a.js web/a.test.ts web/a.spec.js a_test.go spec/a_spec.rb""".split()
TOOLS = """setup.py noxfile.py toxfile.py manage.py runtests.py run_tests.py tasks.py fabfile.py docs/conf.py
    doc/conf.py examples/a.py benchmarks/a.py testing/a.py backend/setup.py __init__.py versioneer.py
    vite.config.ts web/types.d.ts""".split()
BESIDE = """scripts/a.py tools/a.py utils/a.py bin/a.py vendor/x/a.py .github/a.py _build/a.py ci/a.py make_release.py
    .pythonrc.py build.py""".split()
PRODUCT = """a.py pkg/a.py pkg/__init__.py src/pkg/a.py pkg/testing.py pkg/testing/a.py pkg/test.py pkg/latest.py
    pkg/docs/a.py pkg/tasks.py pkg/utils/a.py pkg/manage.py testtools/a.py contest.py attest/a.py pkg/protest_a.py
    web/index.js cli.py main.py app.py pkg/_private.py lib/a.rb""".split()


@pytest.mark.parametrize("path", [*TESTS, *TOOLS, *BESIDE, *PRODUCT])
def test_what_a_path_says(path: str) -> None:
    assert is_test_file(path) is (path in TESTS)
    assert is_tool(path) is (path in TOOLS)
    assert is_beside_product(path) is (path not in PRODUCT)
    assert could_be_measured(path, {".py", ".js", ".rb"}) is (
        path in [*BESIDE, *PRODUCT] and path.endswith((".py", ".js", ".rb"))
    )


@pytest.mark.parametrize(
    ("files", "notice"),
    [
        ({}, ""),
        ({"README.md": "modified", "data.json": "new"}, ""),
        ({"pkg/mod.py": "modified"}, "not committed, and so not measured: pkg/mod.py (modified)"),
        # Tests come first: they are the likeliest reason why somebody expected a pass.
        (
            {"pkg/mod.py": "modified", "tests/test_mod.py": "new"},
            "not committed, and so not measured: tests/test_mod.py (new), pkg/mod.py (modified)",
        ),
        (
            {f"pkg/{name}.py": "deleted" for name in "abcde"},
            "not committed, and so not measured: pkg/a.py (deleted), pkg/b.py (deleted), pkg/c.py (deleted) and 2 more",
        ),
    ],
)
def test_what_is_not_committed_is_named(files: dict[str, str], notice: str) -> None:
    assert uncommitted_notice(files) == notice
