"""Looks for secrets in everything that was said or written: logs, output, errors, files and PostgreSQL."""

import base64
import logging
import traceback
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl
from sqlalchemy import Engine, text

Said = tuple[str, bytes]
"""Where something was said, and what."""

_COLUMNS = text(
    "SELECT table_schema, table_name, column_name FROM information_schema.columns "
    "WHERE table_schema NOT IN ('pg_catalog', 'information_schema') ORDER BY 1, 2, 3"
)


@dataclass
class Heard:
    """Every log record of every logger at DEBUG, and every error that was handed in."""

    said: list[Said] = field(default_factory=list)

    @contextmanager
    def listening(self) -> Iterator["Heard"]:
        """From every logger there is, whatever its level and handlers; put back after."""
        make = logging.getLogRecordFactory()
        loggers = [logging.root, *(logging.getLogger(name) for name in logging.root.manager.loggerDict)]
        levels = [(each, each.level) for each in loggers]
        logging.setLogRecordFactory(lambda *args, **more: self._kept(make(*args, **more)))
        for each in loggers:
            each.setLevel(logging.DEBUG)
        try:
            yield self
        finally:
            logging.setLogRecordFactory(make)
            for each, level in levels:
                each.setLevel(level)

    def error(self, error: BaseException) -> None:
        """As it would be printed, and each error behind it, hidden by ``from None`` or not."""
        self._say("traceback", "".join(traceback.format_exception(error)))
        behind: BaseException | None = error
        while behind is not None:
            self._say(f"error {type(behind).__name__}", f"{behind} {behind!r} {behind.args!r}")
            behind = behind.__cause__ or behind.__context__

    def _kept(self, record: logging.LogRecord) -> logging.LogRecord:
        self._say(f"log {record.name}", f"{record.getMessage()} {record.args!r}")
        if record.exc_info and record.exc_info[1]:
            self.error(record.exc_info[1])
        return record

    def _say(self, where: str, what: str) -> None:
        self.said.append((where, what.encode(errors="replace")))


def files(folder: Path) -> Iterator[Said]:
    """Every byte under a folder, and what compressed files hold; their names too."""
    for path in folder.rglob("*"):
        yield "name", str(path).encode()
        if path.is_file():
            held = path.read_bytes()
            yield str(path), held
            yield from ((str(path), unpacked) for unpacked in _unpacked(held))
            if path.suffix == ".parquet":
                yield str(path), repr(pl.read_parquet(path).rows()).encode()


def database(engine: Engine) -> Iterator[Said]:
    """Every column of every row of every table, Dagster's among them; bytes unpacked where they can be."""
    with engine.connect() as connection:
        for schema, table, column in connection.execute(_COLUMNS).all():
            for held in connection.scalars(text(f'SELECT "{column}" FROM "{schema}"."{table}"')):
                what = bytes(held) if isinstance(held, memoryview | bytes) else str(held).encode()
                yield f"{schema}.{table}.{column}", what
                yield from ((f"{schema}.{table}.{column}", unpacked) for unpacked in _unpacked(what))


def server_files(engine: Engine) -> Iterator[Said]:
    """What PostgreSQL itself keeps of this database: its files, old rows among them, and the write-ahead log."""
    with engine.connect() as connection:
        connection.execute(text("CHECKPOINT"))
        data = Path(str(connection.scalar(text("SHOW data_directory"))))
        oid = connection.scalar(text("SELECT oid FROM pg_database WHERE datname = current_database()"))
    for folder in (data / "base" / str(oid), data / "pg_wal"):
        for path in (path for path in folder.rglob("*") if path.is_file()):
            with suppress(FileNotFoundError):  # the server takes files away as it works
                yield str(path), path.read_bytes()


def leaks(secrets: Iterable[str], *everything: Iterable[Said]) -> list[str]:
    """Where secrets stand, as they are, in hex or in base64; never the secrets themselves."""
    forms = [form for secret in secrets for form in _forms(secret.encode())]
    return sorted(
        {where for said in everything for where, what in said if any(form in what for form in forms)}
    )


def _forms(secret: bytes) -> tuple[bytes, ...]:
    return secret, secret.hex().encode(), base64.b64encode(secret).rstrip(b"=")[:-1]


def _unpacked(what: bytes) -> Iterator[bytes]:
    for window in (zlib.MAX_WBITS, zlib.MAX_WBITS | 16):  # zlib, as Dagster's snapshots, and gzip
        with suppress(zlib.error):
            yield zlib.decompressobj(window).decompress(what)
