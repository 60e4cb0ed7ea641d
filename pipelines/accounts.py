"""Linked accounts at the terminal: one tick of sync now, and what there is to know of each."""

from collections.abc import Sequence
from datetime import datetime

from rich.console import Console
from rich.table import Table

from pipelines.run import RunFailedError, Runner
from resources.spotify.accounts import Account, warns
from resources.world import World

DONE, FAILED = 0, 1


def sync(world: World, console: Console, users: Sequence[str]) -> int:
    """Polls these users' accounts (all that are due when none are named) and makes the tables."""
    runner = Runner(world)
    try:
        told = runner.ask("sync", "poll_accounts", {"users": list(users)})
        if told["months"]:
            runner.follow(told["months"])
    except RunFailedError as error:
        console.print(str(error), style="red", markup=False, soft_wrap=True)
        return FAILED
    console.print(f"Asked {told['polled']} accounts; {told['rows']} new plays, {told['gaps']} gaps.")
    for user, trouble in told["troubles"].items():
        console.print(f"{user}: {trouble}", style="yellow", markup=False, soft_wrap=True)
    if told["stopped"]:
        console.print(told["stopped"], style="yellow", markup=False, soft_wrap=True)
    return FAILED if told["troubles"] else DONE


def retry(world: World, console: Console, users: Sequence[str]) -> int:
    """Runs the failed jobs again: these users', or everybody's."""
    try:
        told = Runner(world).ask("top_stats", "refresh_top", {"users": list(users), "is_retry": True})
    except RunFailedError as error:
        console.print(str(error), style="red", markup=False, soft_wrap=True)
        return FAILED
    console.print(f"Done: {len(told['done'])}; failed again: {len(told['failed'])}.")
    if told["stopped"]:
        console.print(told["stopped"], style="yellow", markup=False, soft_wrap=True)
    return FAILED if told["failed"] else DONE


def unlink(world: World, console: Console, user_id: str) -> int:
    """Forgets an account and its tokens; the plays stay."""
    if world.accounts.unlink(user_id, world.clock()):
        console.print(
            f"Unlinked: {user_id}. Its plays stay; to take the permission back as well, remove the app at "
            "spotify.com/account/apps.",
            markup=False,
        )
        return DONE
    console.print(f"{user_id} has linked no account.", style="red", markup=False)
    return FAILED


def show(world: World, console: Console) -> None:
    """The linked accounts, the call budget, the gaps and what failed; nothing where nobody is linked."""
    accounts = world.accounts.list()
    if not accounts:
        return
    now = world.clock()
    gaps = world.accounts.gaps()
    console.print(_table(accounts, [gap["user_id"] for gap in gaps]))
    for account in accounts:
        for said in filter(None, (_trouble(account), warns(account, now))):
            console.print(f"{account.user_id}: {said}", style="yellow", markup=False, soft_wrap=True)
    paused = world.budget.paused_until()
    until = f"; none before {paused:%Y-%m-%d %H:%M} UTC, says Spotify" if paused else ""
    console.print(
        f"Spotify calls in the last 24 hours: {world.budget.used():,} of "
        f"{world.settings.spotify_calls_a_day:,}{until}."
    )
    if gaps:
        console.print(f"{len(gaps)} gaps that sync cannot fill (an export does): table listening_gaps.")
    for job in world.accounts.failed_jobs():
        console.print(
            f"{job['user_id']}: {job['job']} failed {job['attempts']} times ({job['error']}); "
            "`longplay retry` runs it again.",
            style="yellow",
            markup=False,
            soft_wrap=True,
        )


def _table(accounts: Sequence[Account], gaps: Sequence[str]) -> Table:
    table = Table("Linked", "Last sync", "Next", "Newest play", "Gaps", box=None, pad_edge=False)
    for each in accounts:
        due = _when(each.due_at) if each.is_valid else "stopped"
        times = (_when(each.synced_at), due, _when(each.newest_played_at))
        table.add_row(each.user_id, *times, str(gaps.count(each.user_id)))
    return table


def _when(moment: datetime | None) -> str:
    return f"{moment:%m-%d %H:%M}" if moment else "never"


def _trouble(account: Account) -> str | None:
    if account.is_valid:
        return account.last_error
    return f"{account.last_error} It is not synced until it is linked again: `longplay link`."
