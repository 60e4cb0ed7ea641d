import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from resources.events import Events
from resources.operational import Operational, Row
from resources.settings import Settings
from resources.spotify.accounts import (
    AUTHORIZATION_LASTS,
    AccountBusyError,
    Accounts,
    LinkRefusedError,
    Tokens,
    UnknownAccountError,
    warns,
)
from resources.spotify.tables import accounts as table
from resources.spotify.vault import UnsealableError, Vault

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
FIRST = Tokens("access-1", "refresh-1", "a b")


@pytest.fixture
def accounts(operational: Operational) -> Accounts:
    key = b"k" * 32
    return Accounts(operational.engine, Vault(lambda: [key]))


@pytest.fixture
def linked(accounts: Accounts) -> Accounts:
    accounts.link("ana", "s-ana", FIRST, NOW)
    return accounts


def events_of(accounts: Accounts) -> list[Row]:
    return Events(accounts.engine, lambda: NOW).since(0)


def event_types(accounts: Accounts) -> list[str]:
    return [event["type"] for event in events_of(accounts)]


def refused(_: str) -> Tokens:
    raise AssertionError("nothing should be refreshed")


def test_a_linked_account_is_valid_due_at_once_and_told_in_the_event_log(linked: Accounts) -> None:
    account = linked.get("ana")
    assert (account.spotify_id, account.scopes, account.authorized_at) == ("s-ana", "a b", NOW)
    assert (account.is_valid, account.failures, account.due_at, account.synced_at) == (True, 0, NOW, None)
    assert account.last_page == frozenset()
    assert linked.list() == [account]
    (event,) = events_of(linked)
    assert (event["type"], event["user_id"], event["happened_at"]) == ("account.linked", "ana", NOW)


def test_linking_again_revives_an_account_and_keeps_its_page(linked: Accounts) -> None:
    linked.polled("ana", NOW, due_at=NOW, interval_s=900, last_page=frozenset({"x"}), newest_played_at=NOW)
    for hours in (0, 12, 24):
        linked.refused("ana", NOW + hours * HOUR, "gone")
    later = NOW + 25 * HOUR
    linked.link("ana", "s-ana", Tokens("access-2", "refresh-2", "a b"), later)
    account = linked.get("ana")
    assert (account.is_valid, account.failures, account.last_error) == (True, 0, None)
    assert account.last_page == frozenset({"x"})
    assert (account.newest_played_at, account.due_at) == (NOW, later)
    assert linked.access_token("ana", later, refused) == "access-2"


def test_another_spotify_account_of_the_same_user_starts_with_an_empty_page(linked: Accounts) -> None:
    linked.polled("ana", NOW, due_at=NOW, interval_s=900, last_page=frozenset({"x"}), newest_played_at=NOW)
    linked.link("ana", "s-other", FIRST, NOW)
    assert (linked.get("ana").last_page, linked.get("ana").newest_played_at) == (frozenset(), None)


def test_a_spotify_account_belongs_to_one_user_and_frees_with_unlinking(linked: Accounts) -> None:
    with pytest.raises(LinkRefusedError, match="longplay unlink"):
        linked.link("ben", "s-ana", FIRST, NOW)
    assert [account.user_id for account in linked.list()] == ["ana"]
    linked.unlink("ana", NOW)
    linked.link("ben", "s-ana", FIRST, NOW)
    assert [account.user_id for account in linked.list()] == ["ben"]


def test_two_users_who_link_one_spotify_account_at_once_do_not_both_get_it(accounts: Accounts) -> None:
    def link(user: str) -> bool:
        try:
            accounts.link(user, "s-one", FIRST, NOW)
        except LinkRefusedError:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(link, ["a", "b", "c", "d"])) == 1
    assert len(accounts.list()) == 1


def test_unlinking_forgets_the_tokens_and_says_whether_there_were_any(linked: Accounts) -> None:
    assert linked.unlink("ana", NOW)
    assert not linked.unlink("ana", NOW)
    with pytest.raises(UnknownAccountError, match="longplay link"):
        linked.get("ana")
    with linked.engine.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(table)) == 0
    assert event_types(linked) == ["account.linked", "account.unlinked"]


# Tokens


def test_a_token_is_kept_for_fifty_minutes_and_then_replaced_for_good(linked: Accounts) -> None:
    asked: list[str] = []

    def refresh(token: str) -> Tokens:
        asked.append(token)
        return Tokens(f"access-{len(asked) + 1}", f"refresh-{len(asked) + 1}", "")

    assert linked.access_token("ana", NOW + 50 * MINUTE - timedelta(seconds=1), refused) == "access-1"
    assert linked.access_token("ana", NOW + 50 * MINUTE, refresh) == "access-2"
    assert linked.access_token("ana", NOW + 99 * MINUTE, refused) == "access-2"
    assert linked.access_token("ana", NOW + 100 * MINUTE, refresh) == "access-3"
    assert asked == ["refresh-1", "refresh-2"]
    assert linked.get("ana").scopes == "a b"
    assert linked.get("ana").authorized_at == NOW


def test_callers_at_the_same_time_refresh_once(linked: Accounts) -> None:
    together, asked = threading.Barrier(8), []

    def refresh(token: str) -> Tokens:
        asked.append(token)
        return Tokens("access-2", "refresh-2", "a b")

    def ask(_: int) -> str:
        together.wait()
        return linked.access_token("ana", NOW + 60 * MINUTE, refresh)

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(ask, range(8))) == {"access-2"}
    assert asked == ["refresh-1"]


def test_who_waits_for_a_refresh_while_the_user_links_another_account_gets_its_token(
    linked: Accounts,
) -> None:
    is_asked, may_answer = threading.Event(), threading.Event()

    def refresh(_: str) -> Tokens:
        is_asked.set()
        assert may_answer.wait(30)
        return Tokens("access-2", "refresh-2", "a b")

    with ThreadPoolExecutor(3) as pool:
        first = pool.submit(linked.access_token, "ana", NOW + 60 * MINUTE, refresh)
        assert is_asked.wait(30)
        linking = pool.submit(linked.link, "ana", "s-other", Tokens("other", "other", ""), NOW + 60 * MINUTE)
        second = pool.submit(linked.access_token, "ana", NOW + 60 * MINUTE, refused)
        may_answer.set()
        assert first.result(30) == "access-2"
        assert second.result(30) in ("access-2", "other")
        linking.result(30)
    assert linked.access_token("ana", NOW + 60 * MINUTE, refused) == "other"


def test_a_refresh_that_fails_leaves_the_tokens_as_they_were(linked: Accounts) -> None:
    def broken(_: str) -> Tokens:
        raise ConnectionError

    with pytest.raises(ConnectionError):
        linked.access_token("ana", NOW + 60 * MINUTE, broken)
    assert linked.access_token("ana", NOW, refused) == "access-1"


def test_a_token_stored_for_another_user_does_not_open(linked: Accounts) -> None:
    linked.link("ben", "s-ben", Tokens("b", "b", ""), NOW)
    with linked.engine.begin() as connection:
        stolen = connection.scalar(select(table.c.sealed_access_token).where(table.c.user_id == "ana"))
        connection.execute(table.update().where(table.c.user_id == "ben").values(sealed_access_token=stolen))
    with pytest.raises(UnsealableError, match="not this user's"):
        linked.access_token("ben", NOW, refused)


def test_a_user_without_an_account_has_no_token(accounts: Accounts) -> None:
    with pytest.raises(UnknownAccountError, match="No account of nobody is linked"):
        accounts.access_token("nobody", NOW, refused)


# Polls, failures and what becomes of an account


def test_a_stored_poll_is_remembered_and_ends_a_run_of_failures(linked: Accounts) -> None:
    linked.refused("ana", NOW, "refused")
    due = NOW + 20 * MINUTE
    page = frozenset({"x", "y"})
    linked.polled("ana", NOW, due_at=due, interval_s=1200.5, last_page=page, newest_played_at=NOW - MINUTE)
    account = linked.get("ana")
    assert (account.failures, account.last_error) == (0, None)
    assert (account.synced_at, account.due_at, account.interval_s) == (NOW, due, 1200.5)
    assert (account.last_page, account.newest_played_at) == (page, NOW - MINUTE)


def test_refusals_over_a_day_stop_an_account_once_and_it_is_asked_once_a_day_from_then_on(
    linked: Accounts,
) -> None:
    known = []
    for hours in (0, 1, 2, 23, 24, 48):
        linked.refused("ana", NOW + hours * HOUR, "refused")
        account = linked.get("ana")
        known.append((account.is_valid, account.failures, account.due_at - NOW - hours * HOUR))
    minutes, day = 5 * MINUTE, 24 * HOUR
    assert known == [
        (True, 1, minutes),
        (True, 2, HOUR),
        (True, 3, 6 * HOUR),
        (True, 4, 6 * HOUR),
        (False, 5, day),
        (False, 6, day),
    ]
    assert linked.get("ana").last_error == "refused"
    assert event_types(linked) == ["account.linked", "account.quarantined"]
    assert events_of(linked)[-1]["content"] == {"error": "refused"}


def test_two_refusals_are_too_few_however_far_apart(linked: Accounts) -> None:
    linked.refused("ana", NOW, "refused")
    linked.refused("ana", NOW + 300 * HOUR, "refused")
    assert linked.get("ana").is_valid


def test_a_stored_poll_brings_a_stopped_account_back(linked: Accounts) -> None:
    for hours in (0, 12, 24):
        linked.refused("ana", NOW + hours * HOUR, "refused")
    assert not linked.get("ana").is_valid
    linked.polled("ana", NOW, due_at=NOW, interval_s=1, last_page=frozenset(), newest_played_at=None)
    account = linked.get("ana")
    assert (account.is_valid, account.failures, account.refused_since) == (True, 0, None)
    assert event_types(linked) == ["account.linked", "account.quarantined", "account.recovered"]
    linked.polled("ana", NOW, due_at=NOW, interval_s=1, last_page=frozenset(), newest_played_at=None)
    assert len(event_types(linked)) == 3


def test_refusals_that_are_not_in_a_row_do_not_stop_it(linked: Accounts) -> None:
    for day in range(3):
        for hours in (0, 20):
            linked.refused("ana", NOW + (24 * day + hours) * HOUR, "refused")
        linked.polled("ana", NOW, due_at=NOW, interval_s=1, last_page=frozenset(), newest_played_at=None)
    assert linked.get("ana").is_valid


def test_after_a_failure_the_next_try_has_a_new_token(linked: Accounts) -> None:
    linked.refused("ana", NOW, "refused")
    assert linked.access_token("ana", NOW, lambda _: Tokens("access-2", "refresh-2", "")) == "access-2"


def test_a_refusal_of_before_the_account_was_linked_again_does_not_count_against_the_new_link(
    linked: Accounts,
) -> None:
    linked.link("ana", "s-ana", Tokens("access-2", "refresh-2", "a b"), NOW + MINUTE)
    linked.refused("ana", NOW, "taken back")
    assert (linked.get("ana").failures, linked.get("ana").last_error) == (0, None)
    linked.refused("ana", NOW + MINUTE, "taken back")
    assert linked.get("ana").failures == 1


def test_a_network_that_is_down_is_not_the_accounts_failure(linked: Accounts) -> None:
    for _ in range(5):
        linked.postponed("ana", "no network", NOW + MINUTE)
    account = linked.get("ana")
    assert (account.is_valid, account.failures, account.last_error) == (True, 0, "no network")
    assert account.due_at == NOW + MINUTE


def test_one_process_is_at_an_account_and_others_hear_it_at_once(linked: Accounts) -> None:
    busy = pytest.raises(AccountBusyError, match="try again in a minute")
    with linked.lock("ana"), linked.lock("ben"), busy, linked.lock("ana"):
        pass
    with linked.lock("ana"):
        pass


def test_a_visit_and_new_top_lists_are_remembered(linked: Accounts) -> None:
    linked.seen("ana", NOW + MINUTE)
    linked.top_refreshed("ana", NOW + 2 * MINUTE)
    assert linked.get("ana").last_seen_at == NOW + MINUTE
    assert linked.get("ana").top_refreshed_at == NOW + 2 * MINUTE


def test_an_authorization_is_warned_about_in_its_last_month(linked: Accounts) -> None:
    account, end = linked.get("ana"), NOW + AUTHORIZATION_LASTS
    assert warns(account, end - timedelta(days=30, seconds=1)) is None
    said = warns(account, end - timedelta(days=30))
    assert said == f"Spotify's permission ends about {end:%Y-%m-%d}: run `longplay link` again before."
    for hours in (0, 12, 24):
        linked.refused("ana", NOW + hours * HOUR, "gone")
    assert warns(linked.get("ana"), end) is None


# Gaps and failed jobs


def test_a_gap_told_twice_is_one(linked: Accounts) -> None:
    for later in (0, 5):
        linked.add_gap("ana", NOW, NOW + MINUTE, NOW + later * MINUTE)
    assert linked.gaps() == [{"user_id": "ana", "after_at": NOW, "before_at": NOW + MINUTE, "found_at": NOW}]


def test_a_failed_job_waits_in_the_list_until_it_worked(linked: Accounts) -> None:
    linked.job_failed("top", "ana", "503", 5, NOW)
    linked.job_failed("top", "ana", "still 503", 5, NOW + MINUTE)
    (job,) = linked.failed_jobs()
    assert (job["job"], job["user_id"], job["error"], job["attempts"]) == ("top", "ana", "still 503", 10)
    assert job["failed_at"] == NOW + MINUTE
    linked.job_done("top", "ana")
    assert linked.failed_jobs() == []


def test_nothing_that_is_printed_holds_a_token(linked: Accounts, settings: Settings) -> None:
    told = f"{FIRST!r} {FIRST} {linked!r} {linked.get('ana')!r} {events_of(linked)!r}"
    assert "access-1" not in told
    assert "refresh-1" not in told
    assert settings.database_url is not None
    assert settings.database_url.get_secret_value() not in told
