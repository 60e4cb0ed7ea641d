"""Linked accounts at the terminal: one tick of sync now, and what there is to know of each."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.table import Table

from pipelines.exit_codes import Exit
from pipelines.run import RunFailedError, Runner
from resources.spotify.accounts import Account, UnknownAccountError, warns
from resources.world import World


def sync(world: World, console: Console, users: Sequence[str]) -> int:
    """Polls these users' accounts (who is due or stopped, when none are named) and makes the tables."""
    accounts = [each for each in world.accounts.list() if not users or each.user_id in users]
    if not accounts:
        return _nobody(console, users)
    for each in accounts:
        if not each.is_valid:
            _say(console, f"{each.user_id} is stopped, and is tried now. Last time: {each.last_error}")
    runner = Runner(world)
    try:
        told = runner.ask("sync", "poll_accounts", {"users": list(users), "is_by_hand": True})
        if told["months"]:
            runner.follow(told["months"])
    except RunFailedError as error:
        console.print(str(error), style="red", markup=False, soft_wrap=True)
        return Exit.FAILED
    return _told(world, console, told)


def _told(world: World, console: Console, told: Mapping[str, Any]) -> int:
    """What a tick did, and whether all that was asked for was done."""
    console.print(f"Asked {told['polled']} accounts; {told['rows']} new plays, {told['gaps']} gaps.")
    for user, trouble in {**told["troubles"], **told["untried"]}.items():
        _say(console, f"{user}: {trouble}")
    for user in told["rested"]:
        _say(console, f"{user}: asked less than five minutes ago, so not again yet.")
    if told["stopped"]:
        _say(console, told["stopped"])
    if not told["polled"] and not told["stopped"] and not told["untried"] and not told["rested"]:
        due_at = min((each.due_at for each in world.accounts.list()), default=None)
        console.print(f"Nobody is due before {_when(due_at)} UTC; `longplay sync --user` asks sooner.")
    if told["troubles"] or told["stopped"]:
        return Exit.SPOTIFY
    if told["untried"]:
        unlinked = told["untried"].keys() - {each.user_id for each in world.accounts.list()}
        return Exit.UNKNOWN if unlinked else Exit.UNAVAILABLE
    return Exit.DONE


def retry(world: World, console: Console, users: Sequence[str]) -> int:
    """Asks again for what was refused or failed, these users' or everybody's: accounts, then failed jobs."""
    linked = [each for each in world.accounts.list() if not users or each.user_id in users]
    if users and not linked:
        return _nobody(console, users)
    is_app_refused = world.budget.app_refused() is not None
    refused = [each.user_id for each in linked if is_app_refused or each.last_error is not None]
    failed = [job for job in world.accounts.failed_jobs() if not users or job["user_id"] in users]
    if not refused and not failed:
        console.print("Nothing has failed.")
    ended = sync(world, console, refused) if refused else Exit.DONE
    return max(ended, _retry_jobs(world, console, users) if failed else Exit.DONE)


def _retry_jobs(world: World, console: Console, users: Sequence[str]) -> int:
    try:
        told = Runner(world).ask("top_stats", "refresh_top", {"users": list(users), "is_retry": True})
    except RunFailedError as error:
        console.print(str(error), style="red", markup=False, soft_wrap=True)
        return Exit.FAILED
    console.print(f"Done: {len(told['done'])}; failed again: {len(told['failed'])}.")
    for user, trouble in told["failed"].items():
        _say(console, f"{user}: {trouble}")
    if told["stopped"]:
        _say(console, told["stopped"])
    return Exit.SPOTIFY if told["failed"] or told["stopped"] else Exit.DONE


def _nobody(console: Console, users: Sequence[str]) -> int:
    for user in users:
        _say(console, str(UnknownAccountError(user)))
    if not users:
        _say(console, "No account is linked: `longplay link` links one.")
    return Exit.UNKNOWN


def _say(console: Console, text: str) -> None:
    console.print(text, style="yellow", markup=False, soft_wrap=True)


def unlink(world: World, console: Console, user_id: str) -> int:
    """Forgets an account and its tokens; the plays stay."""
    if world.accounts.unlink(user_id, world.clock()):
        console.print(
            f"Unlinked: {user_id}. Its plays stay; to take the permission back as well, remove the app at "
            "spotify.com/account/apps.",
            markup=False,
        )
        return Exit.DONE
    return _nobody(console, [user_id])


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
            _say(console, f"{account.user_id}: {said}")
    console.print(
        f"Spotify calls in the last 24 hours: {world.budget.used():,} of "
        f"{world.settings.spotify_calls_a_day:,}."
    )
    for pause in dict.fromkeys(filter(None, (world.budget.paused(), world.budget.app_refused()))):
        _say(console, str(pause))
    if gaps:
        console.print(f"{len(gaps)} gaps that sync cannot fill (an export does): table listening_gaps.")
    for job in world.accounts.failed_jobs():
        _say(
            console,
            f"{job['user_id']}: {job['job']} failed {job['attempts']} times ({job['error']}); "
            "`longplay retry` runs it again.",
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
    if account.is_valid or account.last_error is None:
        return account.last_error
    return (
        f"{account.last_error} It is stopped: asked once a day only, next at {_when(account.due_at)} UTC; "
        "`longplay retry` asks at once."
    )
