"""A new key for the vault: every sealed secret is sealed again; a crash anywhere leaves all openable."""

import secrets
from typing import Final

from sqlalchemy import Connection, Engine, select, update
from sqlalchemy.sql.schema import Column, Table

from resources import locks
from resources.settings import Settings
from resources.spotify.accounts import LINKING
from resources.spotify.tables import accounts, link_attempts
from resources.spotify.vault import KEY_BYTES, Vault, file_keys, replace_keys


class RotationBusyError(RuntimeError):
    """Keys are being changed by another process."""

    def __init__(self) -> None:
        super().__init__("Another process is changing the key: wait until it has finished.")


_SEALED: Final[tuple[tuple[Table, Column[str], tuple[str, ...]], ...]] = (
    (accounts, accounts.c.user_id, ("sealed_refresh_token", "sealed_access_token")),
    (link_attempts, link_attempts.c.state, ("sealed_verifier",)),
)


def rotate(settings: Settings, engine: Engine) -> int:
    """Seals every secret with a new key; returns how many there were.

    With a key file the new key is made here: it stands beside the old one until everything is sealed
    with it. With ``LONGPLAY_SECRET_KEY`` the person has put the new key before the old one.

    Accounts may be used meanwhile. Whoever seals does so in the transaction that stores, under the
    account's row or ``LINKING``: either it is over before the sealing here, or it sees the new key.

    Raises:
        RotationBusyError: another process is at it.
        UnsealableError: a secret does not open with any key; nothing was changed.
    """
    with locks.free_of(engine, ["rotate-key"]) as free:
        if not free:
            raise RotationBusyError
        if settings.secret_key is not None:
            return _seal_again(engine, Vault.of(settings))
        keys = [secrets.token_bytes(KEY_BYTES), *file_keys(settings.secret_key_file)]
        replace_keys(settings.secret_key_file, keys)
        count = _seal_again(engine, Vault.of(settings))
        replace_keys(settings.secret_key_file, keys[:1])
        return count


def _seal_again(engine: Engine, vault: Vault) -> int:
    with engine.begin() as connection:
        locks.lock_transaction(connection, LINKING)
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
