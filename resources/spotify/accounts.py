"""Linked accounts: whose they are, their sealed tokens, when they were polled, and what failed.

Nothing here is ever printed with a token in it, and nobody but ``access_token`` opens one.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from shlex import quote
from typing import Any, Final

from sqlalchemy import Connection, Engine, RowMapping, delete, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from resources import events, locks
from resources.people import ensure_known
from resources.spotify import quarantine
from resources.spotify.errors import NoTokenError
from resources.spotify.tables import accounts, failed_jobs, link_attempts, sync_gaps
from resources.spotify.vault import Vault

AUTHORIZATION_LASTS: Final = timedelta(days=182)
"""Six months: then the refresh token dies, whatever was refreshed since."""
_WARNED_BEFORE: Final = timedelta(days=30)
_TOKEN_IS_FRESH_FOR: Final = timedelta(minutes=50)
LINKING: Final = "link"
"""Held by a transaction that seals secrets of rows that are not there yet."""

Row = dict[str, Any]
Rows = list[Row]
Users = list[str]


class UnknownAccountError(NoTokenError):
    """The user has linked no account."""

    def __init__(self, user_id: str) -> None:
        super().__init__(
            f"No account of {user_id} is linked: `longplay link --user {quote(user_id)}` links one."
        )


class AccountBusyError(RuntimeError):
    """Another process is at the account."""

    def __init__(self, user_id: str) -> None:
        super().__init__(f"Another process is at {user_id}'s account: try again in a minute.")


class LinkRefusedError(RuntimeError):
    """The account was not linked; the message says what to do."""


class UnknownStateError(LinkRefusedError):
    """An answer that nobody waits for: of an old attempt, used before, or invented."""

    def __init__(self) -> None:
        super().__init__(
            "This answer belongs to no attempt of the last ten minutes (each is good once): "
            "run `longplay link` again."
        )


@dataclass(frozen=True)
class Account:
    """What is known of a linked account, its tokens apart."""

    user_id: str
    spotify_id: str
    scopes: str
    authorized_at: datetime
    is_valid: bool
    failures: int
    refused_since: datetime | None
    last_error: str | None
    synced_at: datetime | None
    due_at: datetime
    interval_s: float | None
    last_page: frozenset[str]
    newest_played_at: datetime | None
    last_seen_at: datetime | None
    top_refreshed_at: datetime | None


_OF_ANOTHER: Final[Row] = {
    **dict.fromkeys(("synced_at", "interval_s", "newest_played_at", "top_refreshed_at")),
    "last_page": [],
}
"""What is known after a user linked another Spotify account: its pages tell nothing of this one's gaps."""

Linked = list[Account]
_KNOWN = [accounts.c[name] for name in Account.__dataclass_fields__]


@dataclass(frozen=True, repr=False)
class Tokens:
    """What Spotify gives; never printed."""

    access_token: str
    refresh_token: str
    scopes: str


def warns(account: Account, now: datetime) -> str | None:
    """What to do about an authorization that is about to end."""
    ends_at = account.authorized_at + AUTHORIZATION_LASTS
    if not account.is_valid or now < ends_at - _WARNED_BEFORE:
        return None
    return f"Spotify's permission ends about {ends_at:%Y-%m-%d}: run `longplay link` again before."


@dataclass(frozen=True)
class Accounts:
    """Reads and writes what is known of linked accounts; safe to share between threads."""

    engine: Engine
    vault: Vault

    # Linking

    def link(self, user_id: str, spotify_id: str, tokens: Tokens, now: datetime) -> None:
        """Links an account, or links it again: it is valid and due at once.

        Raises:
            LinkRefusedError: another user has linked this Spotify account.
        """
        fresh: Row = {
            "scopes": "",
            "spotify_id": spotify_id,
            "authorized_at": now,
            "access_token_at": now,
            "is_valid": True,
            "failures": 0,
            "refused_since": None,
            "last_error": None,
            "due_at": now,
            "last_seen_at": now,
        }
        with self.engine.begin() as connection:
            locks.lock_transaction(connection, LINKING)
            owner = connection.scalar(select(accounts.c.user_id).where(accounts.c.spotify_id == spotify_id))
            if owner not in (None, user_id):
                raise LinkRefusedError(
                    "Another user of this Longplay has linked this Spotify account: log in to the right one "
                    "in the browser, or run `longplay unlink` for that user first."
                )
            ensure_known(connection, user_id, now)
            fresh |= self._sealed(user_id, tokens)
            new = upsert(accounts).values(user_id=user_id, **fresh)
            again = fresh if owner == user_id else fresh | _OF_ANOTHER
            connection.execute(new.on_conflict_do_update(index_elements=["user_id"], set_=again))
            _record(connection, "account.linked", now, user_id)

    def unlink(self, user_id: str, now: datetime) -> bool:
        """Forgets an account and its tokens; its plays stay. Whether there was one."""
        with self.engine.begin() as connection:
            for table in (failed_jobs, link_attempts):
                connection.execute(delete(table).where(table.c.user_id == user_id))
            found = connection.execute(delete(accounts).where(accounts.c.user_id == user_id)).rowcount > 0
            if found:
                _record(connection, "account.unlinked", now, user_id)
        return found

    def get(self, user_id: str) -> Account:
        """One account; raises ``UnknownAccountError``."""
        for account in self._read(accounts.c.user_id == user_id):
            return account
        raise UnknownAccountError(user_id)

    def list(self) -> Linked:
        """All linked accounts, by user."""
        return self._read()

    def _read(self, *conditions: Any) -> Linked:  # noqa: ANN401 - SQL conditions
        query = select(*_KNOWN).where(*conditions).order_by(accounts.c.user_id)
        with self.engine.connect() as connection:
            return [_account(row) for row in connection.execute(query).mappings()]

    # Tokens

    def access_token(self, user_id: str, now: datetime, refresh: Callable[[str], Tokens]) -> str:
        """The account's access token, refreshed ten minutes before it ends; one process refreshes.

        Raises:
            UnknownAccountError: no account is linked.
            UnsealableError: the key is not the one it was sealed with.
        """
        with self.engine.begin() as connection:
            row = self._tokens(connection, user_id, is_locked=False)
            if not _is_fresh(row, now):
                row = self._tokens(connection, user_id, is_locked=True)
            if _is_fresh(row, now):
                return self.vault.open(user_id, row["sealed_access_token"])
            tokens = refresh(self.vault.open(user_id, row["sealed_refresh_token"]))
            values = self._sealed(user_id, tokens)
            of_user = update(accounts).where(accounts.c.user_id == user_id)
            connection.execute(of_user.values(**values, access_token_at=now))
            return tokens.access_token

    def _tokens(self, connection: Connection, user_id: str, *, is_locked: bool) -> RowMapping:
        query = select(accounts).where(accounts.c.user_id == user_id)
        row = connection.execute(query.with_for_update() if is_locked else query).mappings().one_or_none()
        if row is None:
            raise UnknownAccountError(user_id)
        return row

    def _sealed(self, user_id: str, tokens: Tokens) -> Row:
        told = {"scopes": tokens.scopes} if tokens.scopes else {}  # an answer may leave them out
        return told | {
            "sealed_refresh_token": self.vault.seal(user_id, tokens.refresh_token),
            "sealed_access_token": self.vault.seal(user_id, tokens.access_token),
        }

    # Polls

    @contextmanager
    def free_of(self, user_ids: Sequence[str]) -> Iterator[Users]:
        """Holds those of these accounts that no other process is at; gives their users."""
        names = {f"account:{user_id}": user_id for user_id in user_ids}
        with locks.free_of(self.engine, sorted(names)) as held:
            yield [names[name] for name in held]

    @contextmanager
    def lock(self, user_id: str) -> Iterator[None]:
        """Only one process at a time is at an account; raises ``AccountBusyError`` at once."""
        with self.free_of([user_id]) as free:
            if not free:
                raise AccountBusyError(user_id)
            yield

    def polled(  # noqa: PLR0913 - what one poll tells
        self,
        user_id: str,
        now: datetime,
        *,
        due_at: datetime,
        interval_s: float,
        last_page: frozenset[str],
        newest_played_at: datetime | None,
    ) -> None:
        """A page was stored: whatever was refused before, the account is let in."""
        known: Row = {
            "synced_at": now,
            "due_at": due_at,
            "interval_s": interval_s,
            "last_page": sorted(last_page),
            "newest_played_at": newest_played_at,
            "failures": 0,
            "refused_since": None,
            "last_error": None,
        }
        mine = update(accounts).where(accounts.c.user_id == user_id)
        with self.engine.begin() as connection:
            connection.execute(mine.values(**known))
            if connection.execute(mine.where(~accounts.c.is_valid).values(is_valid=True)).rowcount:
                _record(connection, "account.recovered", now, user_id)

    def postponed(self, user_id: str, error: str, due_at: datetime) -> None:
        """It could not be asked, and is not to blame: the network, or Spotify, is down."""
        self._set(user_id, last_error=error, due_at=due_at)

    def refused(self, user_id: str, at: datetime, error: str) -> None:
        """Spotify refused the account, asked at that moment: it is asked again ever later, with a new token.

        Refusals over a day stop it (``quarantine``). One of before it was linked again is none.
        """
        mine = accounts.c.user_id == user_id, accounts.c.authorized_at <= at
        with self.engine.begin() as connection:
            known = (
                connection.execute(select(*_KNOWN).where(*mine).with_for_update()).mappings().one_or_none()
            )
            if known is None:
                return
            failures, since = known["failures"] + 1, min(known["refused_since"] or at, at)
            is_valid = known["is_valid"] and not quarantine.is_over(failures, since, at)
            told = {"failures": failures, "refused_since": since, "is_valid": is_valid, "last_error": error}
            due_at = quarantine.next_try(failures, at, is_stopped=not is_valid)
            values = told | {"due_at": due_at, "sealed_access_token": None}
            connection.execute(update(accounts).where(*mine).values(**values))
            if known["is_valid"] and not is_valid:
                _record(connection, "account.quarantined", at, user_id, {"error": error})

    def seen(self, user_id: str, now: datetime) -> None:
        """The person logged in or looked at a page."""
        self._set(user_id, last_seen_at=now)

    def top_refreshed(self, user_id: str, now: datetime) -> None:
        """Spotify's own top lists were replaced."""
        self._set(user_id, top_refreshed_at=now)

    def _set(self, user_id: str, **values: object) -> None:
        with self.engine.begin() as connection:
            connection.execute(update(accounts).where(accounts.c.user_id == user_id).values(**values))

    # Gaps

    def add_gap(self, user_id: str, after_at: datetime, before_at: datetime, found_at: datetime) -> None:
        """Plays may be missing between two moments; told twice, it is one gap."""
        gap = {"user_id": user_id, "after_at": after_at, "before_at": before_at, "found_at": found_at}
        with self.engine.begin() as connection:
            connection.execute(upsert(sync_gaps).values(gap).on_conflict_do_nothing())

    def gaps(self) -> Rows:
        """user_id, after_at, before_at and found_at of every gap."""
        query = select(sync_gaps).order_by(sync_gaps.c.user_id, sync_gaps.c.after_at)
        with self.engine.connect() as connection:
            return [dict(row) for row in connection.execute(query).mappings()]

    # Failures

    def job_failed(self, job: str, user_id: str, error: str, attempts: int, now: datetime) -> None:
        """A job gave up on a user: it waits in the list of the failed."""
        told = {"error": error, "attempts": attempts, "failed_at": now}
        new = upsert(failed_jobs).values(job=job, user_id=user_id, **told)
        again = {**told, "attempts": failed_jobs.c.attempts + attempts}
        with self.engine.begin() as connection:
            connection.execute(new.on_conflict_do_update(index_elements=["job", "user_id"], set_=again))

    def job_done(self, job: str, user_id: str) -> None:
        """It worked: it leaves the list of the failed."""
        of_job = (failed_jobs.c.job == job) & (failed_jobs.c.user_id == user_id)
        with self.engine.begin() as connection:
            connection.execute(delete(failed_jobs).where(of_job))

    def failed_jobs(self) -> Rows:
        """job, user_id, error, attempts and failed_at, oldest first."""
        query = select(failed_jobs).order_by(failed_jobs.c.failed_at, failed_jobs.c.user_id)
        with self.engine.connect() as connection:
            return [dict(row) for row in connection.execute(query).mappings()]


def _account(row: RowMapping) -> Account:
    return Account(**{**row, "last_page": frozenset(row["last_page"])})


def _is_fresh(row: RowMapping, now: datetime) -> bool:
    has_token = row["sealed_access_token"] is not None and row["access_token_at"] is not None
    return has_token and now < row["access_token_at"] + _TOKEN_IS_FRESH_FOR


def _record(
    connection: Connection, event_type: str, now: datetime, user_id: str, content: Row | None = None
) -> None:
    """In the transaction of what it tells of."""
    events.append(connection, events.NewEvent(event_type, now, user_id, content or {}), now)
