import base64
import multiprocessing
import os
import stat
from collections.abc import Callable, Iterator
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Barrier
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr
from sqlalchemy import Engine, event, select, text

from resources import locks
from resources.operational import Operational
from resources.settings import Settings
from resources.spotify.accounts import Tokens
from resources.spotify.key_rotation import RotationBusyError, rotate
from resources.spotify.tables import accounts, link_attempts
from resources.spotify.vault import UnsealableError, UnusableKeyError, Vault, file_keys
from resources.world import World, utc_now

OTHER_SESSIONS_END = text(
    "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity "
    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
)
KEY, OTHER = b"k" * 32, b"o" * 32
SECRET = "AQR-planted-refresh-token"
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=300)
users = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._@+-]{0,20}", fullmatch=True)


def vault(*keys: bytes) -> Vault:
    return Vault(lambda: keys)


def setting(*keys: bytes) -> SecretStr:
    return SecretStr(",".join(base64.b64encode(key).decode() for key in keys))


@given(users, texts)
def test_what_was_sealed_opens_for_its_user(user: str, secret: str) -> None:
    assert vault(KEY).open(user, vault(KEY).seal(user, secret)) == secret


@given(users, texts, st.data())
def test_a_sealed_secret_with_any_byte_changed_does_not_open(
    user: str, secret: str, data: st.DataObject
) -> None:
    sealed = bytearray(vault(KEY).seal(user, secret))
    place = data.draw(st.integers(0, len(sealed) - 1))
    sealed[place] ^= data.draw(st.integers(1, 255))
    with pytest.raises(UnsealableError, match="longplay link"):
        vault(KEY).open(user, bytes(sealed))


@given(users, texts, st.data())
def test_a_sealed_secret_that_was_cut_does_not_open(user: str, secret: str, data: st.DataObject) -> None:
    sealed = vault(KEY).seal(user, secret)
    with pytest.raises(UnsealableError):
        vault(KEY).open(user, sealed[: data.draw(st.integers(0, len(sealed) - 1))])


@given(users, users, texts)
def test_a_row_copied_to_another_user_does_not_open(user: str, other: str, secret: str) -> None:
    if user != other:
        with pytest.raises(UnsealableError, match="not this user's"):
            vault(KEY).open(other, vault(KEY).seal(user, secret))


@given(st.binary(min_size=32, max_size=32), texts)
def test_another_key_does_not_open_even_under_the_name_of_the_first(key: bytes, secret: str) -> None:
    if key != KEY:
        sealed, renamed = vault(KEY).seal("me", secret), vault(key).seal("me", secret)
        with pytest.raises(UnsealableError, match="another key"):
            vault(key).open("me", sealed)
        with pytest.raises(UnsealableError, match="damaged"):
            vault(key).open("me", sealed[:1] + renamed[1:5] + sealed[5:])


def test_nonces_never_repeat() -> None:
    one = vault(KEY)
    sealed = [one.seal("me", SECRET) for _ in range(20_000)]
    assert len({each[5:17] for each in sealed}) == len(sealed)


def test_an_error_and_a_vault_tell_neither_key_nor_secret() -> None:
    sealed = vault(KEY).seal("me", SECRET)
    with pytest.raises(UnsealableError) as raised:
        vault(OTHER).open("me", sealed)
    told = f"{raised.value!r} {raised.value} {vault(KEY)!r}"
    assert SECRET not in told
    assert KEY.decode() not in told
    assert raised.value.__cause__ is None


def test_the_first_of_several_keys_seals_and_all_open(settings: Settings) -> None:
    both = Vault.of(settings.model_copy(update={"secret_key": setting(KEY, OTHER)}))
    assert both.open("me", vault(OTHER).seal("me", SECRET)) == SECRET
    assert vault(KEY).open("me", both.seal("me", SECRET)) == SECRET


@pytest.mark.parametrize(
    "text", [KEY.hex(), KEY.hex().upper(), base64.b64encode(KEY).decode(), f" {KEY.hex()} ,"]
)
def test_a_key_may_be_hex_or_base64(settings: Settings, text: str) -> None:
    given_key = Vault.of(settings.model_copy(update={"secret_key": SecretStr(text)}))
    assert vault(KEY).open("me", given_key.seal("me", SECRET)) == SECRET
    assert not settings.secret_key_file.exists()


@pytest.mark.parametrize("text", ["tiny", "00" * 31, KEY.hex() + ",tiny", ","])
def test_what_is_no_key_is_refused_and_not_repeated(settings: Settings, text: str) -> None:
    with pytest.raises(
        UnusableKeyError, match="LONGPLAY_SECRET_KEY is no key: give 32 random bytes"
    ) as raised:
        Vault.of(settings.model_copy(update={"secret_key": SecretStr(text)}))
    assert "tiny" not in str(raised.value)


def test_the_key_file_is_made_once_for_its_owner_only(settings: Settings) -> None:
    before = os.umask(0)
    try:
        sealed = Vault.of(settings).seal("me", SECRET)
    finally:
        os.umask(before)
    assert stat.S_IMODE(settings.secret_key_file.stat().st_mode) == 0o600
    assert Vault.of(settings).open("me", sealed) == SECRET
    assert [each.name for each in settings.home.iterdir()] == ["secret.key"]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620])
def test_a_key_file_that_others_can_read_is_refused(settings: Settings, mode: int) -> None:
    Vault.of(settings)
    settings.secret_key_file.chmod(mode)
    with pytest.raises(UnusableKeyError, match="chmod 600"):
        Vault.of(settings)


def _made(path: Path, start: Barrier, keys: "Queue[list[bytes]]") -> None:
    start.wait(60)
    keys.put(file_keys(path))


def test_processes_that_make_the_key_file_at_once_have_one_key(tmp_path: Path) -> None:
    context = multiprocessing.get_context("forkserver")
    start, keys = context.Barrier(6), context.Queue()
    path = tmp_path / "home" / "secret.key"
    processes = [context.Process(target=_made, args=(path, start, keys)) for _ in range(6)]
    for process in processes:
        process.start()
    found = [keys.get(timeout=60) for _ in processes]
    for process in processes:
        process.join(60)
    assert found == [file_keys(path)] * 6
    assert list(path.parent.iterdir()) == [path]


def test_a_key_file_without_a_key_is_refused_and_left_alone(settings: Settings) -> None:
    settings.home.mkdir()
    settings.secret_key_file.touch(mode=0o600)
    with pytest.raises(UnusableKeyError, match=r"secret\.key is no key"):
        Vault.of(settings)
    assert settings.secret_key_file.read_bytes() == b""


# A new key


@pytest.fixture
def world(settings: Settings) -> Iterator[World]:
    """Two linked accounts, and an attempt to link a third."""
    opened = World(settings)
    for user in ("ana", "ben"):
        opened.accounts.link(user, f"s-{user}", Tokens(f"{user}-access", f"{user}-refresh", "a b"), utc_now())
    attempt = {"state": "s", "user_id": "eva", "redirect_uri": "", "expires_at": utc_now()}
    with opened.operational.engine.begin() as connection:
        values = {**attempt, "sealed_verifier": opened.vault.seal("eva", "eva-verifier")}
        connection.execute(link_attempts.insert().values(values))
    yield opened
    opened.operational.close()


def sealed(engine: Engine) -> list[tuple[str, bytes]]:
    """All that is sealed, with its user."""
    found: list[tuple[str, bytes]] = []
    with engine.connect() as connection:
        for table in (accounts, link_attempts):
            for row in connection.execute(select(table)).mappings():
                found += [(row["user_id"], row[name]) for name in row if name.startswith("sealed_")]
    return found


def opened(given_vault: Vault, engine: Engine) -> set[str]:
    return {given_vault.open(user, each) for user, each in sealed(engine)}


ALL = {"ana-access", "ana-refresh", "ben-access", "ben-refresh", "eva-verifier"}


def test_a_new_key_seals_everything_again_and_the_old_one_is_forgotten(world: World) -> None:
    engine, path = world.operational.engine, world.settings.secret_key_file
    old, before = path.read_text(), dict(sealed(engine))
    assert rotate(world.settings, engine) == 5
    assert path.read_text().count("\n") == 1
    assert path.read_text() != old
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert opened(Vault.of(world.settings), engine) == ALL
    assert not set(before.values()) & {each for _, each in sealed(engine)}


def test_a_process_that_runs_on_learns_the_new_key(world: World) -> None:
    running = world.vault
    rotate(world.settings, world.operational.engine)
    assert opened(running, world.operational.engine) == ALL
    assert Vault.of(world.settings).open("me", running.seal("me", SECRET)) == SECRET


def test_with_keys_in_the_environment_all_is_sealed_with_the_first(world: World) -> None:
    engine = world.operational.engine
    old = base64.b64decode(world.settings.secret_key_file.read_text())
    assert rotate(world.settings.model_copy(update={"secret_key": setting(KEY, old)}), engine) == 5
    assert opened(vault(KEY), engine) == ALL


def test_without_the_key_it_was_sealed_with_nothing_is_changed(world: World) -> None:
    before = sealed(world.operational.engine)
    with pytest.raises(UnsealableError, match="another key"):
        rotate(world.settings.model_copy(update={"secret_key": setting(KEY)}), world.operational.engine)
    assert sealed(world.operational.engine) == before


def test_keys_are_changed_by_one_process_at_a_time(world: World, operational: Operational) -> None:
    before = world.settings.secret_key_file.read_text()
    with (
        locks.free_of(operational.engine, ["rotate-key"]),
        pytest.raises(RotationBusyError, match="wait until"),
    ):
        rotate(world.settings, operational.engine)
    assert world.settings.secret_key_file.read_text() == before


class CrashError(Exception):
    """The machine went off."""


class Steps:
    """Everything that reaches disk or database counts; before the step with the number, it crashes."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, engine: Engine) -> None:
        self.left: float = float("inf")
        self.taken = 0
        for owner, name in ((os, "open"), (os, "fsync"), (Path, "replace")):
            monkeypatch.setattr(owner, name, self._counted(getattr(owner, name)))
        event.listen(engine, "before_cursor_execute", self._take)
        event.listen(engine, "commit", self._take)

    def _counted(self, function: Callable[..., object]) -> Callable[..., object]:
        def counted(*arguments: object, **options: object) -> object:
            self._take()
            result = function(*arguments, **options)
            self._take()
            return result

        return counted

    def _take(self, *_: object) -> None:
        self.taken += 1
        self.left -= 1
        if self.left < 0:
            raise CrashError


def test_a_crash_between_any_two_steps_leaves_everything_openable_and_the_next_try_ends_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = world.operational.engine
    with monkeypatch.context() as patched:
        steps = Steps(patched, engine)
        rotate(world.settings, engine)
        count, steps.left = steps.taken, float("inf")
        for crash_at in range(count):
            steps.left = crash_at
            with pytest.raises(CrashError):
                rotate(world.settings, engine)
            steps.left = float("inf")
            with engine.connect() as connection:  # with the machine its sessions end, and their locks
                connection.execute(OTHER_SESSIONS_END)
            assert opened(Vault.of(world.settings), engine) == ALL, crash_at
    assert count > 20
    assert rotate(world.settings, engine) == 5
    assert world.settings.secret_key_file.read_text().count("\n") == 1
    assert list(world.settings.home.glob("secret.key*")) == [world.settings.secret_key_file]


def test_a_token_stored_while_the_key_changes_opens_after(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Linked by another process when the new key is known, and nothing is sealed with it yet."""
    from resources.spotify import key_rotation

    other, seal_again = World(world.settings), key_rotation._seal_again

    def link_first(engine: Engine, with_vault: Vault) -> int:
        other.accounts.link("zoe", "s-zoe", Tokens("zoe-access", "zoe-refresh", "a b"), utc_now())
        return seal_again(engine, with_vault)

    other.vault  # noqa: B018 - knows the old key
    monkeypatch.setattr(key_rotation, "_seal_again", link_first)
    rotate(world.settings, world.operational.engine)
    assert opened(Vault.of(world.settings), world.operational.engine) == ALL | {"zoe-access", "zoe-refresh"}
    other.operational.close()
