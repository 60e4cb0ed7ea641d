"""One tick of following linked accounts: who is due is polled, and what is new is stored.

A kill anywhere loses nothing: an account counts as polled only after its rows are stored, so that the
next tick reads the same page again, and what was stored twice is one play.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from threading import Event
from typing import Final
from uuid import uuid4

import polars as pl

from assets.listening import months as calendar
from assets.listening import polling, recently_played
from assets.listening.readers.columns import Origin
from assets.listening.recently_played import Item
from assets.listening.synced import SOURCE, import_id, is_synced
from assets.tables import RAW_PLAYS, REJECTED_ROWS
from resources.operational import Row
from resources.spotify.accounts import Account, AccountBusyError, UnknownAccountError
from resources.spotify.budget import BudgetSpentError
from resources.spotify.errors import (
    OF_THE_ACCOUNT,
    AppRefusedError,
    NoTokenError,
    RateLimitedError,
    SpotifyError,
)
from resources.spotify.login import access_token
from resources.world import World

AT_A_TIME: Final = 5
LATER: Final = timedelta(minutes=5)
"""After an answer that says nothing of the account itself: no network, a broken answer."""
_OF_EVERYBODY = (BudgetSpentError, RateLimitedError, AppRefusedError)
"""What keeps everybody from being asked."""


@dataclass(frozen=True)
class Polled:
    """One account's answer: its page, or what went wrong."""

    account: Account
    at: datetime
    page: Sequence[Item] = ()
    error: Exception | None = None

    @property
    def new(self) -> list[Item]:
        """The items the last page did not have."""
        return recently_played.new_items(self.page, self.account.last_page)


@dataclass
class Tick:
    """What a tick did.

    Args:
        polled: accounts that were asked.
        rows: raw rows that were stored; some may turn out to be duplicates.
        months: the months whose plays must be resolved again.
        troubles: what went wrong, by user.
        stopped: why the rest of the accounts must wait, where they must.
        untried: why somebody who was named was not asked, by user.
        rested: who was named, and was asked a moment ago.
    """

    polled: int = 0
    rows: int = 0
    gaps: int = 0
    months: list[str] = field(default_factory=list)
    troubles: dict[str, str] = field(default_factory=dict)
    stopped: str | None = None
    untried: dict[str, str] = field(default_factory=dict)
    rested: list[str] = field(default_factory=list)


def sync_due(world: World, users: Sequence[str] = (), *, is_by_hand: bool = False) -> Tick:
    """Polls the accounts that are due, the longest overdue first; these users' whether due or not.

    Nobody is polled within five minutes of the last time, and one whom another process is polling is
    left to it. A stopped account is due once a day, and whenever it is named.

    Args:
        is_by_hand: a person asks: an app that Spotify refused is tried, and so is who is stopped.
    """
    now = world.clock()
    if is_by_hand:
        world.budget.resume_app()
    accounts = world.accounts.list()
    wanted = [each for each in accounts if _is_wanted(each, now, users, is_by_hand=is_by_hand)]
    due = sorted((each for each in wanted if _has_rested(each, now)), key=lambda each: each.due_at)
    rested = [each.user_id for each in wanted if users and not _has_rested(each, now)]
    unlinked = set(users) - {each.user_id for each in accounts}
    untried = {user: str(UnknownAccountError(user)) for user in sorted(unlinked)}
    pause = world.budget.paused() if due else None
    if not due or pause is not None:
        _count_again(world, [])
        return Tick(stopped=str(pause) if pause else None, untried=untried, rested=rested)
    if world.budget.app_refused() is not None:
        due = due[:1]  # is it let in again? One call tells for all
    with _mine(world, due) as mine:
        tick, answers = _poll_all(world, mine)
        stretched = polling.stretch(_intervals(accounts), world.settings.spotify_calls_a_day)
        _store(world, tick, answers, stretched)
    busy = {each.user_id for each in due if each.user_id in users} - {each.user_id for each in mine}
    tick.untried = untried | {user: str(AccountBusyError(user)) for user in sorted(busy)}
    tick.rested = rested
    return tick


def _has_rested(account: Account, now: datetime) -> bool:
    return account.synced_at is None or now >= account.synced_at + polling.REST


def _is_wanted(account: Account, now: datetime, users: Sequence[str], *, is_by_hand: bool) -> bool:
    if users:
        return account.user_id in users
    return now >= account.due_at or (is_by_hand and not account.is_valid)


def _intervals(accounts: Iterable[Account]) -> list[timedelta]:
    unknown = polling.LONGEST.total_seconds()
    return [timedelta(seconds=each.interval_s or unknown) for each in accounts if each.is_valid]


@contextmanager
def _mine(world: World, due: Sequence[Account]) -> Iterator[list[Account]]:
    """The accounts that no other process is polling, as they are once that is sure."""
    with world.accounts.free_of([each.user_id for each in due]) as free:
        known = {each.user_id: each for each in world.accounts.list()}
        mine = [each for each in due if each.user_id in free]
        yield [known[each.user_id] for each in mine if known[each.user_id].synced_at == each.synced_at]


def _poll_all(world: World, accounts: Sequence[Account]) -> tuple[Tick, list[Polled]]:
    """Five at a time, until the budget is spent: who was not asked stays due."""
    tick, is_spent = Tick(), Event()
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        answers = [each for each in pool.map(partial(_poll, world, is_spent), accounts) if each is not None]
    waiting = [each.error for each in answers if isinstance(each.error, _OF_EVERYBODY)]
    if waiting:
        tick.stopped = str(waiting[0])
    asked = [each for each in answers if each.error not in waiting]
    tick.polled = len(asked)
    return tick, asked


def _poll(world: World, is_spent: Event, account: Account) -> Polled | None:
    if is_spent.is_set():
        return None
    at = world.clock()
    try:
        token = access_token(world, account.user_id)
        return Polled(account, at, recently_played.items(world.spotify.recently_played(token)))
    except _OF_EVERYBODY as error:
        is_spent.set()
        return Polled(account, at, error=error)
    except (SpotifyError, NoTokenError, ValueError) as error:
        return Polled(account, at, error=error)


def _store(world: World, tick: Tick, answers: Sequence[Polled], stretched: float) -> None:
    """The rows first, then the ledger, then what is known of the accounts."""
    good = [each for each in answers if each.error is None]
    if good:
        world.budget.resume_app()  # it was let in
    with world.operational.writing():
        _append(world, tick, [each for each in good if each.new])
        for each in good:
            _note_poll(world, tick, each, stretched)
    for each in answers:
        if each.error is not None:
            tick.troubles[each.account.user_id] = str(each.error)
            _note_trouble(world, each, each.error)


def _append(world: World, tick: Tick, answers: Sequence[Polled]) -> None:
    """One file a month for all accounts, in one commit."""
    frames = [recently_played.rows(each.new, _origin(each)) for each in answers]
    plays = pl.concat([RAW_PLAYS.empty(), *(played for played, _ in frames)])
    rejected = pl.concat([REJECTED_ROWS.empty(), *(refused for _, refused in frames)])
    tick.rows, tick.months = plays.height, _months(plays)
    for each, (played, _) in zip(answers, frames, strict=True):
        _begin(world, each, _months(played))
    if rejected.height:
        world.lake.append(REJECTED_ROWS, rejected)
    if plays.height:
        staged = world.lake.stage(RAW_PLAYS, f"sync-{uuid4().hex}")  # two ticks may share a moment
        try:
            staged.add(plays)
            staged.commit()
        except BaseException:
            staged.discard()
            raise
    _count_again(world, [each.account.user_id for each in answers])


def _origin(polled: Polled) -> Origin:
    user_id = polled.account.user_id
    file = f"recently_played_{polled.at:%Y-%m-%dT%H:%M:%S.%fZ}"
    return Origin(import_id(user_id, polled.at), user_id, file, is_video=False, now=polled.at)


def _begin(world: World, polled: Polled, months: Sequence[str]) -> None:
    """The ledger's row, with the months its rows are about to be in.

    How many it read is unknown until they are counted: months that others make meanwhile do not complete it.
    """
    user_id, ident = polled.account.user_id, import_id(polled.account.user_id, polled.at)
    row = world.operational.start_import(
        import_id=ident,
        user_id=user_id,
        file_name=f"Spotify sync {polled.at:%Y-%m-%d}",
        sha256=hashlib.sha256(ident.encode()).hexdigest(),
        created_at=polled.at,
    )
    so_far = {"status": "running", "rows_read": None, "error": None, "finished_at": None}
    so_far |= {"format": SOURCE}
    world.operational.update_import(ident, **so_far, months=sorted({*row["months"], *months}))


def _months(plays: pl.DataFrame) -> list[str]:
    clock = plays.select(pl.coalesce("ended_at", "started_at")).to_series()
    return sorted(calendar.resolved_with(clock)) if plays.height else []


def _count_again(world: World, mine: Sequence[str]) -> None:
    """The ledger's counts of synced days: of these users', and where a kill left one behind.

    Not of who is being polled elsewhere, whose rows are on their way: that process counts them.
    """
    waiting = {row["user_id"] for row in _uncounted(world)} - set(mine)
    with world.accounts.free_of(sorted(waiting)) as free:
        counted = {*mine, *free}
        _count(world, [row for row in _uncounted(world) if row["user_id"] in counted])


def _uncounted(world: World) -> list[Row]:
    return [row for row in world.operational.list_imports(["pending", "running"]) if is_synced(row)]


def _count(world: World, running: Sequence[Row]) -> None:
    """What the lake holds of some days, into the ledger."""
    if not running:
        return
    mine = pl.col("import_id").is_in([row["import_id"] for row in running])
    clock = pl.coalesce("ended_at", "started_at")
    months = sorted({month for row in running for month in row["months"]})
    stored = world.lake.scan(RAW_PLAYS, months=months).filter(mine).group_by("import_id")
    refused = world.lake.scan(REJECTED_ROWS).filter(mine).group_by("import_id")
    counted, rejected = pl.collect_all(
        [
            stored.agg(rows=pl.len(), first=clock.min(), last=clock.max()),
            refused.agg(pl.len()),
        ]
    )
    facts = {ident: (rows, first, last) for ident, rows, first, last in counted.iter_rows()}
    bad = dict(rejected.iter_rows())
    for row in running:
        ident = row["import_id"]
        rows, first, last = facts.get(ident, (0, None, None))
        world.operational.update_import(
            ident,
            status="running",
            rows_read=rows + bad.get(ident, 0),
            rows_rejected=bad.get(ident, 0),
            first_played_at=first,
            last_played_at=last,
        )


def _note_poll(world: World, tick: Tick, polled: Polled, stretched: float) -> None:
    """When to come again, what the page held, and whether it reached back to the last one."""
    account, page = polled.account, polled.page
    times = [item.played_at for item in page if item.played_at is not None]
    wait = polling.interval(times, polled.at)
    was_full = len(polled.new) >= recently_played.FULL_PAGE and account.synced_at is not None
    missed = recently_played.gap(page, account.last_page, account.newest_played_at or account.synced_at)
    if missed is not None:
        world.accounts.add_gap(account.user_id, *missed, polled.at)
        tick.gaps += 1
    world.accounts.polled(
        account.user_id,
        polled.at,
        due_at=polling.due_at(polled.at, wait, stretched, was_full=was_full, user_id=account.user_id),
        interval_s=wait.total_seconds(),
        last_page=frozenset(item.key for item in page) or account.last_page,
        newest_played_at=max([*times, *filter(None, [account.newest_played_at])], default=None),
    )


def _note_trouble(world: World, polled: Polled, error: Exception) -> None:
    """What the account is to blame for counts against it; what Spotify or the network is, only waits."""
    user_id = polled.account.user_id
    if isinstance(error, OF_THE_ACCOUNT):
        world.accounts.refused(user_id, polled.at, str(error))
    else:
        world.accounts.postponed(user_id, str(error), polled.at + LATER)
