"""Sealing of secrets: AES-256-GCM with a fresh nonce, bound to the user they belong to.

A sealed secret is a version byte, four bytes that name the key, a 12-byte nonce and the ciphertext
with its tag. The user id is associated data, so that a row copied to another user does not open.
"""

import base64
import binascii
import hashlib
import os
import secrets
import stat
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from resources.private import make_private
from resources.settings import Settings
from resources.spotify.errors import NoTokenError

_VERSION: Final = b"\x01"
KEY_BYTES: Final = 32
_NONCE_BYTES: Final = 12
_NAME_BYTES: Final = 4
_HEAD_BYTES: Final = len(_VERSION) + _NAME_BYTES + _NONCE_BYTES


class UnsealableError(NoTokenError):
    """A sealed secret does not open."""

    def __init__(self, why: str) -> None:
        super().__init__(
            f"A stored token cannot be opened: {why}. Bring back the key it was sealed with "
            "(LONGPLAY_SECRET_KEY or secret.key), or link the account again with `longplay link`."
        )


class UnusableKeyError(RuntimeError):
    """The key is not one, or others can read its file."""


class Vault:
    """Seals with the first of its keys and opens with any; safe to share between threads.

    Keys may be replaced while a process that knows the old ones runs on, so they are read again
    before anything is sealed, and before a secret of an unknown key is given up. A key once known
    still opens: what was read a moment ago may be sealed with it.
    """

    def __init__(self, read: Callable[[], Sequence[bytes]]) -> None:
        self._read = read
        self._keys: dict[bytes, AESGCM] = {}
        self._first()

    def __repr__(self) -> str:
        return f"Vault({len(self._keys)} keys)"

    def _first(self) -> bytes:
        """The name of the key that seals now."""
        keys = self._read()
        self._keys |= {_name(key): AESGCM(key) for key in keys}
        return _name(keys[0])

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """With the setting's keys, else with those of the key file, which is made at first use.

        Raises:
            UnusableKeyError: the setting or the file holds no key, or others can read the file.
        """
        if settings.secret_key is not None:
            keys = parsed_keys(settings.secret_key.get_secret_value(), "LONGPLAY_SECRET_KEY")
            return cls(lambda: keys)
        return cls(lambda: file_keys(settings.secret_key_file))

    def seal(self, user_id: str, secret: str) -> bytes:
        """The secret as it may be stored."""
        name, nonce = self._first(), secrets.token_bytes(_NONCE_BYTES)
        return _VERSION + name + nonce + self._keys[name].encrypt(nonce, secret.encode(), user_id.encode())

    def open(self, user_id: str, sealed: bytes) -> str:
        """The secret; raises ``UnsealableError`` where key, user or bytes are others."""
        name, nonce = sealed[1 : 1 + _NAME_BYTES], sealed[1 + _NAME_BYTES : _HEAD_BYTES]
        if name not in self._keys:
            self._first()
        if sealed[:1] != _VERSION or name not in self._keys:
            raise UnsealableError("it was sealed with another key")
        try:
            return self._keys[name].decrypt(nonce, sealed[_HEAD_BYTES:], user_id.encode()).decode()
        except (InvalidTag, ValueError):
            raise UnsealableError("it is damaged, or not this user's") from None


def parsed_keys(text: str, where: str) -> list[bytes]:
    """Keys written as base64 or 64 hex digits, separated by commas or lines; the first one seals."""
    keys = [_parsed(part) for part in text.replace("\n", ",").split(",") if part.strip()]
    if not keys or any(key is None for key in keys):
        raise UnusableKeyError(
            f"{where} is no key: give 32 random bytes as base64 or 64 hex digits "
            "(several, separated by commas, while keys are being changed; the first one seals)."
        )
    return [key for key in keys if key is not None]


def file_keys(path: Path) -> list[bytes]:
    """The keys of a file that only its owner can read; one is made where there is no file."""
    if not path.exists():
        with suppress(FileExistsError):
            write_new(path, [secrets.token_bytes(KEY_BYTES)])
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise UnusableKeyError(f"{path} can be read by others: run `chmod 600 {path}`.")
    return parsed_keys(path.read_text(encoding="ascii", errors="replace"), str(path))


def write_new(path: Path, keys: Sequence[bytes]) -> None:
    """Writes a key file, whole or not at all; raises FileExistsError where one is."""
    make_private(path.parent)
    part = _written(path, keys)
    try:
        os.link(part, path)
        _sync_folder(path.parent)
    finally:
        part.unlink()


def replace_keys(path: Path, keys: Sequence[bytes]) -> None:
    """Replaces a key file in one step that survives a crash; only one process may at a time."""
    _written(path, keys).replace(path)
    for part in path.parent.glob(f"{path.name}.*"):  # of a crash before, with keys in it
        part.unlink(missing_ok=True)
    _sync_folder(path.parent)


def _written(path: Path, keys: Sequence[bytes]) -> Path:
    part = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write("".join(f"{base64.b64encode(key).decode()}\n" for key in keys))
        file.flush()
        os.fsync(descriptor)
    return part


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _parsed(text: str) -> bytes | None:
    with suppress(ValueError):
        return _of_length(bytes.fromhex(text.strip()))
    with suppress(binascii.Error, ValueError):
        return _of_length(base64.b64decode(text.strip(), validate=True))
    return None


def _of_length(key: bytes) -> bytes:
    if len(key) != KEY_BYTES:
        raise ValueError("wrong length")
    return key


def _name(key: bytes) -> bytes:
    """Names a key without telling of it."""
    return hashlib.blake2b(key, digest_size=_NAME_BYTES, person=b"longplay key").digest()
