"""The project of `covgate demo`: its files, and what its branch adds to them."""

from __future__ import annotations

import json
import shlex
import sys
from pathlib import Path

_PRICES = """\
def total(prices):
    return sum(prices)


def discounted(price, percent):
    if not 0 <= percent <= 100:
        raise ValueError("percent")
    return price * (100 - percent) / 100
"""
_TESTS = """\
import unittest

from shop import prices


class PricesTest(unittest.TestCase):
    def test_total(self):
        self.assertEqual(prices.total([1, 2]), 3)

    def test_discounted(self):
        self.assertEqual(prices.discounted(200, 50), 100)
"""
REFUND = """

def refund(price, days):
    if days > 30:
        return 0
    return price
"""
REFUND_TEST = """
    def test_refund(self):
        self.assertEqual(prices.refund(10, 1), 10)
        self.assertEqual(prices.refund(10, 31), 0)
"""
PERCENT_TEST = """
    def test_percent(self):
        with self.assertRaises(ValueError):
            prices.discounted(1, 101)
"""


def project_files() -> dict[str, str]:
    """The files of the first commit: path -> text."""
    hooks = [
        "default_install_hook_types: [pre-push, post-merge, post-rewrite]",
        "repos:",
        "  - repo: local",
        "    hooks:",
    ]
    for name, module, stages in (
        ("covgate-pre-push", "pre_push", "[pre-push]"),
        ("covgate-post-merge", "post_merge", "[post-merge, post-rewrite]"),
    ):
        hooks += [
            f"      - id: {name}",
            f"        name: {name}",
            f"        entry: {json.dumps(_entry(name, module))}",
            "        language: system",
            f"        stages: {stages}",
            "        always_run: true",
            "        pass_filenames: false",
            "        require_serial: true",
            "        verbose: true",
        ]
    return {
        "shop/__init__.py": "",
        "shop/prices.py": _PRICES,
        "tests/__init__.py": "",
        "tests/test_prices.py": _TESTS,
        ".gitignore": "__pycache__/\n",
        "pyproject.toml": "[tool.covgate]\nfloor = 60\n"
        f'command = "python -m unittest"\npython = {json.dumps(sys.executable)}\n',
        ".pre-commit-config.yaml": "\n".join(hooks) + "\n",
    }


def _entry(script: str, module: str) -> str:
    path = Path(sys.executable).parent / script
    return shlex.quote(str(path)) if path.is_file() else f"{shlex.quote(sys.executable)} -m covgate_hooks.{module}"
