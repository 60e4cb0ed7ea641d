"""A world on a database of its own."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from resources.settings import Settings
from resources.world import World


@pytest.fixture
def world(settings: Settings) -> Iterator[World]:
    """It is November 2026 there."""
    opened = World(settings, clock=lambda: datetime(2026, 11, 21, 12, tzinfo=UTC))
    yield opened
    opened.operational.close()
