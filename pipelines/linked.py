"""What ``longplay status`` tells of linked accounts: when each is asked, what troubles it, calls, gaps."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from resources.spotify.accounts import Account, warns
from resources.world import World


@dataclass(frozen=True)
class Linked:
    """The accounts and what stands in their way.

    Args:
        warnings: user and what to do about it.
        pauses: why nobody is asked now, or was not.
        calls: of the last 24 hours.
        gaps: users, one for each gap that sync cannot fill.
    """

    accounts: Sequence[Account]
    warnings: Sequence[tuple[str, str]]
    pauses: Sequence[str]
    calls: int
    calls_a_day: int
    gaps: Sequence[str]
    failed_jobs: Sequence[Mapping[str, Any]]

    def as_json(self) -> dict[str, Any]:
        """For programs: times with their zone, no tokens."""
        names = (
            *("user_id", "is_valid", "failures", "refused_since", "last_error", "synced_at", "due_at"),
            *("newest_played_at", "authorized_at", "top_refreshed_at"),
        )
        return {
            "accounts": [
                {"gaps": self.gaps.count(each.user_id)} | {name: getattr(each, name) for name in names}
                for each in self.accounts
            ],
            "warnings": [f"{user}: {said}" for user, said in self.warnings],
            "pauses": list(self.pauses),
            "calls_in_24_hours": self.calls,
            "calls_a_day": self.calls_a_day,
            "failed_jobs": [dict(job) for job in self.failed_jobs],
        }


def linked(world: World) -> Linked | None:
    """None where nobody is linked."""
    accounts = world.accounts.list()
    if not accounts:
        return None
    now = world.clock()
    said = [(each.user_id, text) for each in accounts for text in (_trouble(each), warns(each, now)) if text]
    pauses = dict.fromkeys(filter(None, (world.budget.paused(), world.budget.app_refused())))
    return Linked(
        accounts,
        said,
        [str(pause) for pause in pauses],
        world.budget.used(),
        world.settings.spotify_calls_a_day,
        [gap["user_id"] for gap in world.accounts.gaps()],
        world.accounts.failed_jobs(),
    )


def show(console: Console, told: Linked | None) -> None:
    """A line an account, then whatever a person should know; nothing where nobody is linked."""
    if told is None:
        return
    console.print(_table(told))
    for user, said in told.warnings:
        _say(console, f"{user}: {said}")
    console.print(f"Spotify calls in the last 24 hours: {told.calls:,} of {told.calls_a_day:,}.")
    for pause in told.pauses:
        _say(console, pause)
    if told.gaps:
        console.print(f"{len(told.gaps)} gaps that sync cannot fill (an export does): table listening_gaps.")
    for job in told.failed_jobs:
        _say(
            console,
            f"{job['user_id']}: {job['job']} failed {job['attempts']} times ({job['error']}); "
            "`longplay retry` runs it again.",
        )


def when(moment: datetime | None) -> str:
    """A moment in a narrow column."""
    return f"{moment:%m-%d %H:%M}" if moment else "never"


def _table(told: Linked) -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column("Linked", overflow="fold", max_width=25)  # with the rest, 80 columns
    for name in ("Last sync", "Next", "Newest play", "Gaps"):
        table.add_column(name, no_wrap=True)
    for each in told.accounts:
        due = when(each.due_at) if each.is_valid else "stopped"
        times = (when(each.synced_at), due, when(each.newest_played_at))
        table.add_row(Text(each.user_id), *times, str(told.gaps.count(each.user_id)))
    return table


def _trouble(account: Account) -> str | None:
    if account.is_valid or account.last_error is None:
        return account.last_error
    return (
        f"{account.last_error} It is stopped: asked once a day only, next at {when(account.due_at)} UTC; "
        "`longplay retry` asks at once."
    )


def _say(console: Console, text: str) -> None:
    console.print(text, style="yellow", markup=False, soft_wrap=True)
