"""Linked accounts at the terminal: one tick of sync now, what failed once more, and unlinking."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console

from pipelines.exit_codes import Exit
from pipelines.linked import when
from pipelines.run import RunFailedError, Runner
from resources.spotify.accounts import UnknownAccountError
from resources.world import World


def sync(world: World, console: Console, users: Sequence[str]) -> int:
    """Polls these users' accounts (who is due or stopped, when none are named) and makes the tables."""
    accounts = [each for each in world.accounts.list() if not users or each.user_id in users]
    if not accounts:
        return _nobody(world, console, users)
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
        console.print(f"Nobody is due before {when(due_at)} UTC; `longplay sync --user` asks sooner.")
    if told["troubles"] or told["stopped"]:
        return Exit.SPOTIFY
    if told["untried"]:
        unlinked = told["untried"].keys() - {each.user_id for each in world.accounts.list()}
        return Exit.UNKNOWN if unlinked else Exit.UNAVAILABLE
    return Exit.DONE


def retry(world: World, console: Console, users: Sequence[str], *, is_all: bool = True) -> int:
    """Asks again for what was refused or failed, these users' or everybody's: accounts, then failed jobs.

    Args:
        is_all: nothing else has failed, and a person who asks is told so.
    """
    linked = [each for each in world.accounts.list() if not users or each.user_id in users]
    if users and not linked:
        return _nobody(world, console, users)
    is_app_refused = world.budget.app_refused() is not None
    refused = [each.user_id for each in linked if is_app_refused or each.last_error is not None]
    failed = [job for job in world.accounts.failed_jobs() if not users or job["user_id"] in users]
    if not refused and not failed and is_all:
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


def _nobody(world: World, console: Console, users: Sequence[str]) -> int:
    for user in users:
        _say(console, str(UnknownAccountError(user)))
    if linked := [each.user_id for each in world.accounts.list()]:
        _say(console, f"Those of {', '.join(linked)} are.")
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
    return _nobody(world, console, [user_id])
