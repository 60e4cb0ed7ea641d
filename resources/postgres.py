"""Where Postgres is: the embedded server's URL or the one that was set, as SQLAlchemy wants it."""

import multiprocessing
from functools import partial
from typing import Any, Final

from sqlalchemy import (
    URL,
    Engine,
    ExceptionContext,
    NullPool,
    QueuePool,
    create_engine,
    event,
    make_url,
    text,
)
from sqlalchemy.engine import CreateEnginePlugin
from sqlalchemy.exc import ArgumentError

from resources import embedded_postgres
from resources.settings import Settings

DRIVER = "postgresql+psycopg2"
"""SQLAlchemy 2.1 takes a bare ``postgresql://`` for psycopg 3; dagster-postgres speaks psycopg2."""

EVERYTHING: Final = "everything"
RUNS: Final = "runs"
_KEPT_BY: Final = "kept_by"

_OF_YOURS = "Check that it runs and that LONGPLAY_DATABASE_URL is right; unset it for the embedded server."
_RESTARTED = "A running `longplay up` starts it again, and so does the next command: nothing stored is lost."


class DatabaseUnavailableError(RuntimeError):
    """Postgres cannot be reached as configured; the message says what to do and holds no password."""


class DatabaseUrlError(DatabaseUnavailableError):
    """The URL that was set can be no PostgreSQL's, whoever answers."""


def ensure_database_url(settings: Settings) -> str:
    """SQLAlchemy URL (it may hold a password) of a server that runs: the embedded one is started."""
    return _render(_ensure_url(settings))


def ensure_dagster_url(settings: Settings, *, is_kept: bool = True) -> str:
    """The same for Dagster, through ``KeptConnections``, without waiting for the disk at each commit.

    Halves the time of event logging; a power cut may lose run history's last moments, nothing else.

    Args:
        settings: where Postgres is.
        is_kept: False for what runs all the time: there only the runs it starts keep connections.
    """
    url = _with_option(_ensure_url(settings), "-csynchronous_commit=off")
    kept_by = EVERYTHING if is_kept else RUNS
    return _render(url.update_query_dict({"plugin": "longplay", _KEPT_BY: kept_by}))


class KeptConnections(CreateEnginePlugin):
    """Has a command and a run keep Dagster's connections, tried before use: they open one for every event.

    That is nine hundred in a small import, a third of its time. What runs all the time must not: each
    tick of a sensor in the code server opens an instance of its own and forgets it, engines and all.
    Named ``longplay`` in pyproject.toml.
    """

    def __init__(self, url: URL, kwargs: dict[str, Any]) -> None:
        super().__init__(url, kwargs)
        if url.query.get(_KEPT_BY) == EVERYTHING or _is_run():
            kwargs |= {"poolclass": QueuePool, "pool_size": 1, "max_overflow": -1}
        if kwargs.get("poolclass") is not NullPool:  # also of the UI, which asks for a pool itself
            kwargs["pool_pre_ping"] = True

    def update_url(self, url: URL) -> URL:
        """The URL less what is the plugin's."""
        return url.difference_update_query([_KEPT_BY])


def _is_run() -> bool:
    """Whether this process is one that Dagster's code server started: it does so for runs only."""
    return multiprocessing.parent_process() is not None


def open_engine(settings: Settings) -> Engine:
    """An engine of UTC sessions, tried once; pooled connections survive a restart of Postgres.

    Whatever is asked of it later raises ``DatabaseUnavailableError`` too while Postgres is away.

    Raises:
        DatabaseUnavailableError: the URL is wrong or nobody answers.
    """
    return connect(_ensure_url(settings), _RESTARTED if settings.database_url is None else _OF_YOURS)


def connect(url: URL | str, advice: str = _OF_YOURS) -> Engine:
    """``open_engine`` for a URL at hand; ``advice`` ends every message of its absence."""
    parsed = _parse(url) if isinstance(url, str) else url
    engine = create_engine(_with_option(parsed, "-ctimezone=UTC"), pool_pre_ping=True)
    event.listen(engine, "handle_error", partial(_explain, parsed, advice))
    try:
        with engine.connect() as connection:
            connection.execute(text("SELECT 1"))
    except DatabaseUnavailableError as error:
        engine.dispose()
        raise error from None
    return engine


def _explain(url: URL, advice: str, context: ExceptionContext) -> None:
    """Raised in place of what the driver says when there is no connection, or none any more."""
    is_away = context.is_disconnect or context.connection is None
    if is_away and not context.is_pre_ping:  # what a ping finds is mended: the pool connects anew
        reason = " ".join(without_password(str(context.original_exception), url).split())
        raise DatabaseUnavailableError(f"PostgreSQL does not answer ({_place(url)}): {reason}. {advice}")


def _ensure_url(settings: Settings) -> URL:
    if settings.database_url is not None:
        return _parse(settings.database_url.get_secret_value())
    return make_url(embedded_postgres.ensure_running(settings.postgres).get_uri()).set(drivername=DRIVER)


def _parse(text_url: str) -> URL:
    try:
        url = make_url(text_url)
    except (ArgumentError, ValueError):
        raise _bad_url("it is not a URL") from None
    if url.get_backend_name() not in {"postgresql", "postgres"}:
        raise _bad_url("only PostgreSQL is supported")
    if "@" in (url.host or "") or "@" in (url.database or ""):
        raise _bad_url("write @, / and : in a password as %40, %2F and %3A")
    return url.set(drivername=DRIVER)


def _bad_url(reason: str) -> DatabaseUrlError:
    return DatabaseUrlError(
        f"LONGPLAY_DATABASE_URL is not usable: {reason}. "
        "Expected postgresql://USER:PASSWORD@HOST:PORT/DATABASE; unset it to use the embedded server."
    )


def _with_option(url: URL, option: str) -> URL:
    given = url.query.get("options", ())
    options = [given] if isinstance(given, str) else list(given)
    return url.update_query_dict({"options": " ".join([*options, option])})


def _render(url: URL) -> str:
    return url.render_as_string(hide_password=False)


def _place(url: URL) -> str:
    host = url.host or url.query.get("host") or "the default socket"
    return f"host {host}, port {url.port or 5432}, database {url.database}, user {url.username}"


def without_password(message: str, url: URL) -> str:
    """A driver's or a program's message with the URL's secrets starred out."""
    secrets = (url.password, url.query.get("password"), url.query.get("sslpassword"))
    for secret in secrets:
        if isinstance(secret, str) and secret:
            message = message.replace(secret, "***")
    return message
