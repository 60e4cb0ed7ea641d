"""Those who ask the fake Spotify in tests: a clock, plays by the minute, a caller for each account."""

from datetime import UTC, datetime, timedelta

import requests

from simulator.fake_spotify.service import FakeAccount, FakeSpotify, ShownPlay, Track

START = datetime(2026, 8, 31, 12, tzinfo=UTC)
RECENT = "me/player/recently-played"
TRACKS = [
    Track(f"{number:022d}", f"Song {number}", (f"Artist {number % 3}",), f"Album {number % 5}", 180_000)
    for number in range(20)
]


class Clock:
    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **length: float) -> None:
        self.now += timedelta(**length)


def play(minute: float, *, visible: float | None = None, track: int = 0) -> ShownPlay:
    seen = minute if visible is None else visible
    return ShownPlay(TRACKS[track], START + timedelta(minutes=minute), START + timedelta(minutes=seen))


class Caller:
    """Asks as one account does."""

    def __init__(self, fake: FakeSpotify, session: requests.Session, access_token: str) -> None:
        self.fake, self.session, self.token = fake, session, access_token

    def get(self, path: str, **params: object) -> requests.Response:
        headers = {"Authorization": f"Bearer {self.token}"}
        query = {name: str(value) for name, value in params.items()}
        return self.session.get(self.fake.api_url + path, params=query, headers=headers, timeout=10)

    def minutes(self, **params: object) -> list[float]:
        """When what recently-played tells of was played, in minutes since the start."""
        items = self.get(RECENT, **params).json()["items"]
        times = [datetime.fromisoformat(item["played_at"]) for item in items]
        return [(time - START) / timedelta(minutes=1) for time in times]


def linked(
    fake: FakeSpotify, session: requests.Session, plays: list[ShownPlay], name: str = "ada"
) -> tuple[FakeAccount, Caller]:
    account = fake.add_account(name, plays)
    return account, Caller(fake, session, account.authorize().access_token)


def refresh(fake: FakeSpotify, session: requests.Session, refresh_token: str) -> requests.Response:
    form = {"client_id": fake.client_id, "grant_type": "refresh_token", "refresh_token": refresh_token}
    return session.post(fake.accounts_url + "/api/token", data=form, timeout=10)
