"""What the pipeline's tests share: a world on a database of its own, and small exports with known truth."""

import os
from collections.abc import Iterator

import pytest

from resources.settings import Settings
from resources.world import World

RUN_SLOW = "PYTEST_RUN_SLOW" in os.environ


def pytest_configure(config: pytest.Config) -> None:
    """Registers the marker, with strict markers on."""
    config.addinivalue_line("markers", "slow: minutes of waiting; runs with PYTEST_RUN_SLOW=1 in the environment")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Minutes are for those who ask."""
    for item in items:
        if "slow" in item.keywords and not RUN_SLOW:
            item.add_marker(pytest.mark.skip(reason="takes minutes: set PYTEST_RUN_SLOW=1"))


@pytest.fixture
def world(settings: Settings) -> Iterator[World]:
    """A world on a fresh home and a fresh database."""
    opened = World(settings)
    yield opened
    opened.operational.close()
