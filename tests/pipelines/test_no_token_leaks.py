"""No code, verifier or token in anything that is written or said, through a linked account's whole life."""

import gzip
import io
import logging
import socket
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from threading import Thread
from urllib.error import HTTPError
from urllib.request import urlopen

import polars as pl
import pytest
import requests
from leaks import Heard, database, files, leaks, server_files
from pydantic import SecretStr
from rich.console import Console
from spotipy.cache_handler import MemoryCacheHandler  # type: ignore[import-untyped]
from spotipy.oauth2 import SpotifyPKCE  # type: ignore[import-untyped]
from sqlalchemy import select, text

from assets.listening.sync import Tick, sync_due
from pipelines import accounts, commands
from pipelines.link import DONE, FAILED, link
from pipelines.run import RunFailedError, Runner
from resources.backup import backup
from resources.settings import Settings
from resources.spotify import key_rotation
from resources.spotify import login as spotify_login
from resources.spotify.accounts import LinkRefusedError
from resources.spotify.errors import RevokedError, SpotifyDownError
from resources.spotify.tables import link_attempts
from resources.spotify.vault import UnsealableError
from resources.world import World
from simulator.fake_spotify.service import FakeAccount, FakeSpotify, accounts_of

NOON = datetime(2026, 11, 18, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
PLANTED = "AQR-planted-0123456789"


class Clock:
    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now


class Life:
    """A world, its Spotify, what was heard, and every secret that there ever was."""

    def __init__(self, world: World, service: FakeSpotify, clock: Clock, heard: Heard) -> None:
        self.world, self.service, self.clock, self.heard = world, service, clock, heard
        self.verifiers: set[str] = set()
        self.printed = io.StringIO()
        self.terminal = Console(file=self.printed, width=300)
        self.runner = Runner(world)

    @property
    def secrets(self) -> set[str]:
        return {*self.service.secrets, *self.verifiers, PLANTED}

    def keys(self) -> set[str]:
        return set(self.world.settings.secret_key_file.read_text().split())

    def link(self, user: str) -> int:
        return link(self.world, self.terminal, user, self._browse)

    def _browse(self, url: str) -> None:
        with self.world.operational.engine.connect() as connection:
            for row in connection.execute(select(link_attempts)).mappings():
                self.verifiers.add(self.world.vault.open(row["user_id"], row["sealed_verifier"]))
        Thread(target=_visit, args=(url,)).start()

    def sync(self, after: timedelta) -> Tick:
        self.clock.now += after
        tick = sync_due(self.world)
        for trouble in tick.troubles.values():
            self.terminal.print(trouble)
        return tick

    def fails(self, error: type[Exception], act: Callable[[], object]) -> None:
        with pytest.raises(error) as raised:
            act()
        self.heard.error(raised.value)

    def refresh(self, token: str) -> object:
        return spotify_login.refresh(self.world.settings, token)


def _visit(url: str) -> None:
    """A browser: it is no part of what is listened to, and this one logs nothing."""
    with suppress(HTTPError), urlopen(url, timeout=30) as page:
        page.read()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@pytest.fixture
def life(settings: Settings) -> Iterator[Life]:
    clock = Clock()
    with FakeSpotify(clock, rotates=True) as service, Heard().listening() as heard:
        addresses = {
            "spotify_api_url": service.api_url,
            "spotify_accounts_url": service.accounts_url,
            "spotify_client_id": service.client_id,
            "spotify_redirect_port": free_port(),
        }
        world = World(settings.model_copy(update=addresses), clock)
        yield Life(world, service, clock, heard)
        world.operational.close()


def open_accounts(service: FakeSpotify) -> dict[str, FakeAccount]:
    people = accounts_of(7, 2, 3, first_day=date(2026, 11, 17))
    return {
        user: service.add_account(f"{user}-there", person.plays)
        for user, person in zip(("ana", "ben"), people, strict=True)
    }


def linked(life: Life) -> dict[str, FakeAccount]:
    """Two accounts, after a no and a broken exchange."""
    people = open_accounts(life.service)
    life.service.login_as(None)
    assert life.link("ana") == FAILED
    life.service.login_as("ana-there")
    life.service.fault("half", path="/api/token")
    assert life.link("ana") == FAILED
    for user in people:
        life.service.login_as(f"{user}-there")
        assert life.link(user) == DONE
    url = spotify_login.begin(life.world, "eva")
    state = dict(part.split("=") for part in url.partition("?")[2].split("&"))["state"]
    life.fails(LinkRefusedError, lambda: spotify_login.finish(life.world, {"state": state, "code": PLANTED}))
    return people


def followed(life: Life) -> None:
    """Polled by a function, and by a Dagster run whose tables follow, snapshot included."""
    assert life.sync(timedelta(minutes=5)).rows
    life.clock.now += 6 * HOUR
    told = life.runner.ask("sync", "poll_accounts", {"users": []})
    assert told["polled"] == 2
    life.runner.follow(told["months"])


def troubled(life: Life, people: dict[str, FakeAccount]) -> None:
    """A refresh, 401, answers of nonsense, another key, a new key, then both accounts end."""
    people["ana"].expire_access()
    assert life.sync(HOUR / 2 + 2 * HOUR).polled == 2
    life.clock.now += HOUR
    life.service.rotates = False  # or an answer that is lost takes the new refresh token with it
    for kind in ("503", "not_json", "half", "drop", "429"):
        life.service.fault(kind, path="/api/token")
        life.fails(SpotifyDownError, lambda: spotify_login.access_token(life.world, "ana"))
    life.service.rotates = True
    life.fails(RevokedError, lambda: life.refresh(PLANTED))
    sealed_by_none = life.world.settings.model_copy(update={"secret_key": SecretStr("00" * 32)})
    stranger = World(sealed_by_none, life.clock)
    life.fails(UnsealableError, lambda: spotify_login.access_token(stranger, "ana"))
    life.clock.now += 3 * HOUR
    try:
        Runner(stranger).ask("sync", "poll_accounts", {"users": ["ana", "ben"]})
    except RunFailedError as error:
        life.heard.error(error)
    stranger.operational.close()
    assert key_rotation.rotate(life.world.settings, life.world.operational.engine) >= 4
    ended(life, people)


def ended(life: Life, people: dict[str, FakeAccount]) -> None:
    """One took the permission back, the other is refused for a day, the last time in a Dagster run."""
    people["ana"].revoke()
    people["ben"].is_registered = False
    for _ in range(5):
        life.sync(7 * HOUR)
    life.clock.now += 3 * HOUR
    life.runner.ask("sync", "poll_accounts", {"users": ["ben"]})
    assert [each.is_valid for each in life.world.accounts.list()] == [False, False]
    shown(life)
    accounts.unlink(life.world, life.terminal, "ana")


def shown(life: Life) -> None:
    """All that is said of accounts on request, and a backup, which lies in the home as its other files do."""
    world = life.world
    commands.status(world, life.terminal)
    accounts.retry(world, life.terminal, ["ben"])
    life.terminal.print(repr((world, world.accounts, world.accounts.list(), world.vault)))
    backup(world.settings, world.settings.home / "backup", world.clock)


def test_no_token_code_or_verifier_is_said_or_written_anywhere(
    life: Life, capfd: pytest.CaptureFixture[str]
) -> None:
    people = linked(life)
    followed(life)
    keys = life.keys()
    troubled(life, people)
    keys |= life.keys()
    out, err = capfd.readouterr()
    printed = out + err + life.printed.getvalue()
    written = list(files(life.world.settings.home))
    engine = life.world.operational.engine
    stored = list(database(engine))

    assert leaks(life.secrets, life.heard.said, [("printed", printed.encode())], written, stored) == []
    assert leaks(life.secrets, server_files(engine)) == []
    assert len(keys) == 2
    assert leaks(keys, life.heard.said, [("printed", printed.encode())], stored) == []
    assert_was_thorough(life, {where for where, _ in (*life.heard.said, *written, *stored)})


def assert_was_thorough(life: Life, places: set[str]) -> None:
    """Each kind of secret was handed out, and each kind of place was searched."""
    assert {secret[:3] for secret in life.service.secrets} == {"AQC", "AQR", "BQA"}
    assert len(life.verifiers) >= 4
    assert {"log spotipy.oauth2", "log urllib3.connectionpool", "traceback"} <= places
    assert {"public.event_logs.event", "public.runs.run_body", "public.snapshots.snapshot_body"} <= places
    assert {"longplay.accounts.sealed_refresh_token", "longplay.events.content"} <= places
    home = life.world.settings.home
    assert {path.relative_to(home).parts[0] for path in map(Path, places) if path.is_relative_to(home)} >= {
        "lake",
        "snapshots",
        "secret.key",
        "backup",
    }
    shown_name = b"ana-there"  # the search of the server's own files finds what is there
    assert any(shown_name in what for _, what in server_files(life.world.operational.engine))


# The search itself


def _logged(life: Life) -> None:
    logging.getLogger("a.library.of.others").debug("sent %s", {"body": PLANTED})


def _logged_by_spotipy(life: Life) -> None:
    """What the product would say, had it left the sending of tokens to spotipy."""
    with requests.Session() as session:
        login = SpotifyPKCE(
            "fake-client", "http://127.0.0.1:1", requests_session=session, cache_handler=MemoryCacheHandler()
        )
        login.OAUTH_TOKEN_URL = f"{life.service.accounts_url}/api/token"
        with pytest.raises(Exception, match="invalid_grant"):
            login.refresh_access_token(PLANTED)


def _raised(life: Life) -> None:
    def hide() -> None:
        try:
            int(PLANTED)
        except ValueError:
            raise RuntimeError("something else") from None

    life.fails(RuntimeError, hide)


def _filed(life: Life) -> None:
    life.world.settings.home.mkdir(exist_ok=True)
    (life.world.settings.home / "log.txt").write_text(f"x{PLANTED}x")


def _zipped(life: Life) -> None:
    life.world.settings.home.mkdir(exist_ok=True)
    (life.world.settings.home / "log.gz").write_bytes(gzip.compress(PLANTED.encode()))


def _in_a_frame(life: Life) -> None:
    life.world.settings.home.mkdir(exist_ok=True)
    pl.DataFrame({"a": [[PLANTED]] * 1000}).write_parquet(life.world.settings.home / "part.parquet")


def _stored(life: Life, column: str, value: object) -> None:
    with life.world.operational.engine.begin() as connection:
        connection.execute(text(f"CREATE TABLE public.planted (it {column})"))
        connection.execute(text("INSERT INTO public.planted VALUES (:it)"), {"it": value})


PLANTS: dict[str, Callable[[Life], None]] = {
    "log": _logged,
    "spotipy's log": _logged_by_spotipy,
    "hidden error": _raised,
    "file": _filed,
    "gzip": _zipped,
    "parquet": _in_a_frame,
    "text column": lambda life: _stored(life, "text", f"token={PLANTED}"),
    "json column": lambda life: _stored(life, "jsonb", f'{{"a": ["{PLANTED}"]}}'),
    "array column": lambda life: _stored(life, "text[]", ["a", PLANTED]),
    "bytes column": lambda life: _stored(life, "bytea", PLANTED.encode()),
    "packed column": lambda life: _stored(life, "bytea", zlib.compress(PLANTED.encode())),
    "hex": lambda life: _stored(life, "text", PLANTED.encode().hex()),
}


@pytest.mark.parametrize("plant", PLANTS)
def test_a_leak_is_found_wherever_it_is(life: Life, plant: str) -> None:
    home, engine = life.world.settings.home, life.world.operational.engine
    assert leaks([PLANTED], life.heard.said, files(home), database(engine)) == []
    PLANTS[plant](life)
    assert leaks([PLANTED], life.heard.said, files(home), database(engine))
