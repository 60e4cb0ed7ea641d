"""Everything written and said while accounts are followed is searched for what Spotify handed out."""

import base64
import logging
import socket
import threading
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.request import urlopen

import pytest
from rich.console import Console
from sqlalchemy import text

from pipelines import accounts, commands
from pipelines.link import DONE, link
from resources.backup import backup
from resources.settings import Settings
from resources.spotify.key_rotation import rotate
from resources.spotify.login import RevokedError, access_token, refresh
from resources.world import World
from simulator.fake_spotify.service import FakeSpotify, accounts_of

NOW = datetime(2026, 11, 18, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@dataclass
class Clock:
    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now


@dataclass
class Followed:
    world: World
    spotify: FakeSpotify
    clock: Clock

    def say_yes(self, url: str) -> None:
        """A browser of another process: what it logs itself (the code, in its address) is not ours."""
        threading.Thread(target=lambda: urlopen(url, timeout=30).close(), daemon=True).start()

    def secrets(self) -> set[bytes]:
        """Codes and tokens, as they are, in base64 and in hex (as PostgreSQL prints bytes)."""
        found: set[bytes] = set()
        for secret in self.spotify.secrets:
            plain = secret.encode()
            found |= {plain, base64.b64encode(plain).rstrip(b"=")[:-1], plain.hex().encode()}
        return found


@pytest.fixture
def followed(settings: Settings) -> Iterator[Followed]:
    clock = Clock()
    with FakeSpotify(clock, rotates=True) as spotify:
        addresses = {
            "spotify_api_url": spotify.api_url,
            "spotify_accounts_url": spotify.accounts_url,
            "spotify_client_id": spotify.client_id,
            "spotify_redirect_port": free_port(),
        }
        world = World(settings.model_copy(update=addresses), clock, sleep=lambda _: None)
        yield Followed(world, spotify, clock)
        world.operational.close()


def holds(content: bytes, wanted: set[bytes]) -> bool:
    return any(each in content for each in wanted)


def found_in(folder: Path, wanted: set[bytes]) -> list[str]:
    """Files that hold one of these."""
    return [str(path) for path in folder.rglob("*") if path.is_file() and holds(path.read_bytes(), wanted)]


def told_in(texts: list[str], wanted: set[bytes]) -> list[str]:
    """What stands before each of these, to see who said it."""
    plain = [each.decode() for each in wanted]
    return [
        told[max(0, told.index(each) - 200) : told.index(each)]
        for told in texts
        for each in plain
        if each in told
    ]


def database_folder(world: World) -> Path:
    """Where the server keeps all tables, Dagster's too, once everything is on disk."""
    with world.operational.engine.connect() as connection:
        connection.execute(text("CHECKPOINT"))
        return Path(str(connection.scalar(text("SHOW data_directory"))))


def raised_by(act: Callable[[], object]) -> str:
    with pytest.raises(Exception, match=r".") as raised:
        act()
    error = raised.value
    return f"{error!r} {''.join(traceback.format_exception(error))}"


def test_no_token_is_ever_written_or_said_in_the_clear(
    followed: Followed,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    world, spotify, clock, console = followed.world, followed.spotify, followed.clock, Console()
    people = accounts_of(7, 2, 2, first_day=NOW.date())
    said = []
    for user, person in zip(("ana", "ben"), people, strict=True):
        spotify.add_account(person.spotify_id, person.plays)
        spotify.login_as(person.spotify_id)
        assert link(world, console, user, followed.say_yes) == DONE
    clock.now += HOUR
    assert accounts.sync(world, console, []) == DONE  # refreshes
    spotify.fault("strange_items", times=2)
    clock.now += 2 * HOUR
    accounts.sync(world, console, [])
    spotify.fault("503", path="/api/token", times=2)
    clock.now += 3 * HOUR
    accounts.sync(world, console, [])
    accounts.retry(world, console, ["ana"])
    assert rotate(world.settings, world.operational.engine) > 0
    ended = spotify._accounts[people[1].spotify_id]
    ended.revoke()
    clock.now += 3 * HOUR
    accounts.sync(world, console, [])
    assert not world.accounts.get("ben").is_valid
    said.append(raised_by(lambda: access_token(world, "ben")))
    planted = "AQR-planted-refresh-token"
    said.append(raised_by(lambda: refresh(world.settings, planted)))
    assert RevokedError.__name__ in said[-1]
    commands.status(world, console)
    backup(world.settings, tmp_path / "backup", world.clock)
    said += [repr(world), repr(world.accounts), repr(world.accounts.list()), repr(world.vault)]
    said += [*capfd.readouterr(), caplog.text, repr([vars(record) for record in caplog.records])]

    wanted = followed.secrets() | {planted.encode()}
    assert len(spotify.secrets) > 8
    assert told_in(said, wanted) == []
    for folder in (tmp_path, database_folder(world)):
        assert found_in(folder, wanted) == []
    shown_id = people[0].spotify_id.encode()  # the search finds what is there
    assert found_in(database_folder(world), {shown_id})
    assert found_in(tmp_path, {b"recently_played_"})
