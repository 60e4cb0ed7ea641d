"""``longplay up`` follows an account by itself: linked, synced, published, refreshed, quarantined.

Nothing is asked for by hand. Only time is helped along, in PostgreSQL: what would be due in an hour is due now.
"""

import shlex
import signal
import sys
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import psutil  # type: ignore[import-untyped]
import pytest
from sqlalchemy import Engine, update
from up_process import PUBLISHED_WITHIN_S, Up, environment, free_port, longplay

from resources.events import Events
from resources.postgres import DatabaseUnavailableError, connect
from resources.spotify.accounts import Account, Accounts
from resources.spotify.tables import accounts as accounts_table
from resources.spotify.vault import Vault
from resources.world import utc_now
from simulator.fake_spotify.service import FakeAccount, FakeSpotify, ShownPlay, Track

USER = "ana"
MINUTE = timedelta(minutes=1)
BROWSER = "import sys, urllib.request; urllib.request.urlopen(sys.argv[1], timeout=60).read()"
"""A person who says yes to whatever page opens."""


class Followed:
    """A running ``longplay up`` whose one account is at a fake Spotify."""

    def __init__(self, up: Up, spotify: FakeSpotify, account: FakeAccount) -> None:
        self.up, self.spotify, self.account = up, spotify, account
        self._engine: Engine | None = None

    @property
    def engine(self) -> Engine:
        """The home's own server, of which this process is only a guest."""
        if self._engine is None:
            lines = (self.up.settings.postgres / "postmaster.pid").read_text().splitlines()
            folder, port = lines[4].strip(), lines[3].strip()
            self._engine = connect(f"postgresql://postgres@/postgres?host={folder}&port={port}")
        return self._engine

    def server(self) -> list[psutil.Process]:
        """The processes of PostgreSQL, as a crash of the machine's memory would take them."""
        pid = int((self.up.settings.postgres / "postmaster.pid").read_text().split()[0])
        return [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]

    def answers(self) -> bool:
        """Whether PostgreSQL does."""
        try:
            return self.known().is_valid
        except DatabaseUnavailableError:
            return False

    @property
    def accounts(self) -> Accounts:
        return Accounts(self.engine, Vault.of(self.up.settings))

    def known(self) -> Account:
        return self.accounts.get(USER)

    def visited(self) -> None:
        """Somebody opened a page of the account's."""
        Events(self.engine, utc_now).append(type="page.visited", user_id=USER)

    def let_pass(self, **times: datetime | int) -> None:
        """As if time had passed: the account's own times are set back."""
        with self.engine.begin() as connection:
            connection.execute(update(accounts_table).values(**times))

    def paths(self, after: int = 0) -> list[str]:
        return [call.path for call in self.spotify.calls[after:]]

    def published(self, query: str) -> list[tuple[Any, ...]]:
        """Rows of the published warehouse; none while there is no warehouse."""
        if not self.up.settings.warehouse.exists():
            return []
        with duckdb.connect(str(self.up.settings.warehouse), read_only=True) as warehouse:
            return warehouse.execute(query).fetchall()

    def plays(self) -> int:
        """Published plays of the account, each counted once."""
        rows = self.published(
            f"SELECT count(*), count(DISTINCT ended_at) FROM plays WHERE user_id = '{USER}'"
        )
        assert all(plays == distinct for plays, distinct in rows)
        return rows[0][0] if rows else 0

    def tops(self) -> dict[str, int]:
        """Rows of Spotify's own lists as published."""
        names = ("spotify_top_tracks", "spotify_top_artists")
        return {name: self.published(f"SELECT count(*) FROM {name}")[0][0] for name in names}

    def ledger(self) -> list[tuple[Any, ...]]:
        """What became of the rows that were synced, by day."""
        return self.published(
            "SELECT rows_read, rows_stored, rows_duplicate, rows_rejected, status FROM imports ORDER BY created_at"
        )

    def close(self) -> None:
        if self._engine is not None:
            self._engine.dispose()
        self.up.stop()


def phases(up: Up) -> Callable[..., None]:
    """Waits for one thing after the other, and tells how long each took."""

    def phase(name: str, condition: Callable[[], bool], within_s: float = PUBLISHED_WITHIN_S) -> None:
        print(f"{name}: {up.wait_until(condition, within_s, name):.0f} s", flush=True)

    return phase


def songs(first: int, count: int, until: datetime) -> list[ShownPlay]:
    """Plays of three minutes each, one after the other, the last ends at ``until``."""
    return [_song(first + n, until - (count - 1 - n) * 3 * MINUTE) for n in range(count)]


def _song(number: int, ended_at: datetime) -> ShownPlay:
    track = Track(f"song{number % 7}".ljust(22, "x"), f"Song {number % 7}", ("The Band",), "LP", 180_000)
    return ShownPlay(track, ended_at, ended_at)


@pytest.fixture
def followed(tmp_path: Path) -> Iterator[Followed]:
    """Linked with ``longplay link`` before anything runs, then ``longplay up``."""
    home = tmp_path / "home"
    home.mkdir()
    with FakeSpotify(utc_now) as spotify:
        account = spotify.add_account("ana-there")
        env = {
            "LONGPLAY_SPOTIFY_API_URL": spotify.api_url,
            "LONGPLAY_SPOTIFY_ACCOUNTS_URL": spotify.accounts_url,
            "LONGPLAY_SPOTIFY_CLIENT_ID": spotify.client_id,
            "LONGPLAY_SPOTIFY_REDIRECT_PORT": str(free_port()),
            "BROWSER": f"{shlex.join([sys.executable, '-c', BROWSER])} %s &",
        }
        account.show(songs(0, 30, utc_now() - MINUTE))
        assert f"Linked: {USER}" in longplay(environment(home) | env, "link", "--user", USER)
        scene = Followed(Up(home, env), spotify, account)
        yield scene
        scene.close()


@pytest.mark.slow
def test_an_account_is_followed_by_itself_until_its_permission_is_taken_back(followed: Followed) -> None:
    up, spotify = followed.up, followed.spotify
    phase = phases(up)
    phase("the first page is published", lambda: followed.plays() == 30)
    assert followed.published(f"SELECT count(*) FROM top_tracks WHERE user_id = '{USER}'")[0][0] > 0
    assert not any("/me/top" in path for path in followed.paths())

    followed.account.show(songs(30, 12, utc_now() - MINUTE))
    given_at = utc_now() - 51 * MINUTE
    followed.let_pass(access_token_at=given_at)
    before = len(spotify.calls)
    followed.visited()
    phase("top lists are fetched", lambda: followed.known().top_refreshed_at is not None)
    assert followed.paths(before).count("/api/token") == 1
    assert followed.paths(before)[0] == "/api/token"
    refreshed = followed.known()
    assert refreshed.is_valid

    phase(
        "top lists are published",
        lambda: followed.tops() == {"spotify_top_tracks": 21, "spotify_top_artists": 3},
    )

    followed.let_pass(due_at=utc_now(), synced_at=utc_now() - 6 * MINUTE)
    phase("the second page is published", lambda: followed.plays() == 42)
    assert followed.ledger() == [(42, 42, 0, 0, "completed")]
    assert followed.up.longplay("sql", "SELECT * FROM listening_gaps", "--format", "csv").count("\n") == 1

    followed.account.revoke()
    followed.let_pass(access_token_at=given_at, due_at=utc_now(), synced_at=utc_now() - 6 * MINUTE)
    phase("the refusal is told", lambda: followed.known().failures == 1)
    assert followed.known().is_valid
    day_ago = utc_now() - timedelta(hours=25)
    followed.let_pass(refused_since=day_ago, failures=2, due_at=utc_now())
    phase("the account is stopped", lambda: not followed.known().is_valid)
    status = up.longplay("status")
    assert "stopped" in status
    assert "longplay link" in status
    assert followed.plays() == 42
    assert not any(secret in up.everything_said() for secret in spotify.secrets)
    assert "Traceback" not in up.everything_said()


@pytest.mark.slow
def test_postgres_killed_under_it_is_started_again_and_the_account_is_followed_on(followed: Followed) -> None:
    up, phase = followed.up, phases(followed.up)
    phase("the first page is published", lambda: followed.plays() == 30)

    followed.account.show(songs(30, 12, utc_now() - MINUTE))
    followed.let_pass(due_at=utc_now(), synced_at=utc_now() - 6 * MINUTE)
    for process in followed.server():
        process.kill()
    phase("PostgreSQL answers", followed.answers, 60)
    phase("the second page is published", lambda: followed.plays() == 42)

    assert followed.ledger() == [(42, 42, 0, 0, "completed")]
    assert followed.known().last_error is None
    up.process.send_signal(signal.SIGINT)
    assert up.ends() == 0
    assert up.left_over() == []
