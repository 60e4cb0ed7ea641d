from collections.abc import Iterator

import pytest
import requests
from spotify_callers import Clock

from simulator.fake_spotify.service import FakeSpotify


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def fake(clock: Clock) -> Iterator[FakeSpotify]:
    with FakeSpotify(clock) as service:
        yield service


@pytest.fixture
def session() -> Iterator[requests.Session]:
    with requests.Session() as opened:
        yield opened
