"""The entry of a .pre-commit-config.yaml with covgate's hooks."""

from __future__ import annotations

from covgate.install.pin import Pin
from covgate.install.yaml_edit import yaml_scalar
from covgate.version import __version__


def hook_entry(pin: Pin | None) -> list[str]:
    """The lines of an item of ``repos``, not indented. Without a pin: local hooks from the package index."""
    if pin is None:
        return _local_entry()
    return [
        f"- repo: {yaml_scalar(pin.repo)}",
        f"  rev: {yaml_scalar(pin.rev)}",
        "  hooks:",
        "    - id: covgate-pre-push    # measures what is pushed, blocks what regresses",
        "    - id: covgate-post-merge  # raises the baseline",
    ]


def _local_entry() -> list[str]:
    lines = ["- repo: local", "  hooks:"]
    for name, stages in (
        ("covgate-pre-push", "[pre-push]"),
        ("covgate-post-merge", "[post-merge, post-rewrite]"),
    ):
        lines += [
            f"    - id: {name}",
            f"      name: {name}",
            f"      entry: {name}",
            "      language: python",
            f'      additional_dependencies: ["covgate=={__version__}"]',
            f"      stages: {stages}",
            "      always_run: true",
            "      pass_filenames: false",
            "      require_serial: true",
            "      verbose: true",
        ]
    return lines
