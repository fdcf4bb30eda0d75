"""The tests that were changed, the deleted ones first."""

from __future__ import annotations

from covgate.model.changed_tests import ChangedTest, HowChanged, changed_tests


def test_what_may_have_lost_coverage_is_listed_in_order() -> None:
    entries = [
        ("M", "tests/test_b.py", "tests/test_b.py"),
        ("M", "tests/data/words.txt", "tests/data/words.txt"),
        ("M", "pkg/mod.py", "pkg/mod.py"),
        ("M", "pyproject.toml", "pyproject.toml"),
        ("M", "pkg/pyproject.toml", "pkg/pyproject.toml"),
        ("A", "tests/test_new.py", "tests/test_new.py"),
        ("R", "tests/test_c.py", "tests/unit/test_c.py"),
        ("R", "tests/test_d.py", "checks/d.py"),
        ("R", "pkg/one.py", "pkg/two.py"),
        ("T", "conftest.py", "conftest.py"),
        ("D", "tests/test_e.py", "tests/test_e.py"),
        ("D", "pkg/old.py", "pkg/old.py"),
        ("D", "pytest.ini", "pytest.ini"),
    ]
    found = changed_tests(entries)
    assert found[:2] == (
        ChangedTest(path="pytest.ini", change=HowChanged.DELETED),
        ChangedTest(path="tests/test_e.py", change=HowChanged.DELETED),
    )
    assert [(each.path, each.now) for each in found if each.change is HowChanged.MOVED] == [
        ("tests/test_c.py", "tests/unit/test_c.py"),
        ("tests/test_d.py", "checks/d.py"),
    ]
    assert [each.path for each in found[4:]] == [
        "conftest.py",
        "pyproject.toml",
        "tests/data/words.txt",
        "tests/test_b.py",
    ]
    assert {each.change for each in found[4:]} == {HowChanged.CHANGED}
