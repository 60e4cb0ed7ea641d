"""A new key for the vault: every sealed secret is sealed again; a crash anywhere leaves all openable."""

import secrets
from typing import Final

from sqlalchemy import Connection, Engine, select, update
from sqlalchemy.sql.schema import Column, Table

from resources import locks
from resources.accounts import AccountBusyError
from resources.settings import Settings
from resources.spotify_tables import accounts, link_attempts
from resources.vault import KEY_BYTES, Vault, file_keys, parsed_keys, replace_keys

_SEALED: Final[tuple[tuple[Table, Column[str], tuple[str, ...]], ...]] = (
    (accounts, accounts.c.user_id, ("sealed_refresh_token", "sealed_access_token")),
    (link_attempts, link_attempts.c.state, ("sealed_verifier",)),
)


def rotate(settings: Settings, engine: Engine) -> int:
    """Seals every secret with a new key; returns how many there were.

    With a key file the new key is made here: it stands beside the old one until everything is sealed
    with it. With ``LONGPLAY_SECRET_KEY`` the person has put the new key before the old one.

    Raises:
        AccountBusyError: somebody is at an account, and may be sealing with the old key.
    """
    with engine.connect() as connection:
        users: list[str] = list(connection.scalars(select(accounts.c.user_id)))
    names = [f"account:{user_id}" for user_id in users]
    with locks.free_of(engine, names) as free:
        if len(free) < len(names):
            raise AccountBusyError("An account is being synced: try again in a minute.")
        if settings.secret_key is not None:
            keys = parsed_keys(settings.secret_key.get_secret_value(), "LONGPLAY_SECRET_KEY")
            return _seal_again(engine, Vault(keys))
        keys = [secrets.token_bytes(KEY_BYTES), *file_keys(settings.secret_key_file)]
        replace_keys(settings.secret_key_file, keys)
        count = _seal_again(engine, Vault(keys))
        replace_keys(settings.secret_key_file, keys[:1])
        return count


def _seal_again(engine: Engine, vault: Vault) -> int:
    with engine.begin() as connection:
        return sum(_seal_table(connection, vault, *sealed) for sealed in _SEALED)


def _seal_table(
    connection: Connection, vault: Vault, table: Table, key: Column[str], columns: tuple[str, ...]
) -> int:
    count = 0
    for row in connection.execute(select(table).with_for_update()).mappings().all():
        user_id = str(row["user_id"])
        found = {name: row[name] for name in columns if row[name] is not None}
        again = {name: vault.seal(user_id, vault.open(user_id, sealed)) for name, sealed in found.items()}
        connection.execute(update(table).where(key == row[key.name]).values(again))
        count += len(again)
    return count
