"""Settings for property tests whose examples are slow."""

from __future__ import annotations

from hypothesis import HealthCheck, settings


def one_in(count: int) -> settings:
    """One in ``count`` of the profile's examples, at least five: for tests whose every example starts processes."""
    profile = settings()
    return settings(
        max_examples=max(5, profile.max_examples // count),
        # Each example has a repository of its own; the fixtures only tell where.
        suppress_health_check=[*profile.suppress_health_check, HealthCheck.function_scoped_fixture],
    )
