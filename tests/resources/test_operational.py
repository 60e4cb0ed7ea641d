from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from resources.operational import Operational, Outcome, UnknownImportError

NOW = datetime(2024, 5, 1, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)


def run(operational: Operational, import_id: str, rows_read: int, rows_rejected: int = 0) -> None:
    operational.start_import(
        import_id=import_id, user_id="me", file_name="f.zip", sha256="00", created_at=NOW
    )
    operational.update_import(import_id, status="running", rows_read=rows_read, rows_rejected=rows_rejected)


def counts(operational: Operational, import_id: str) -> tuple[str, int, int]:
    row = operational.get_import(import_id)
    return row["status"], row["rows_stored"], row["rows_duplicate"]


def test_starting_an_import_again_returns_what_became_of_it(operational: Operational) -> None:
    run(operational, "a", rows_read=1)
    operational.settle(["2024-01"], [Outcome("a", "2024-01", 1, 0)], LATER)
    row = operational.start_import(
        import_id="a", user_id="me", file_name="other", sha256="00", created_at=LATER
    )
    assert (row["status"], row["file_name"], row["created_at"], row["finished_at"]) == (
        "completed",
        "f.zip",
        NOW,
        LATER,
    )


def test_an_import_completes_when_every_row_has_its_outcome_and_not_before(operational: Operational) -> None:
    run(operational, "a", rows_read=10, rows_rejected=1)
    assert operational.settle(["2024-01"], [Outcome("a", "2024-01", 4, 2)], NOW) == []
    assert counts(operational, "a") == ("running", 4, 2)
    assert operational.settle(["2024-02"], [Outcome("a", "2024-02", 3, 0)], LATER) == ["a"]
    assert counts(operational, "a") == ("completed", 7, 2)
    assert operational.get_import("a")["finished_at"] == LATER


def test_an_import_that_is_still_being_read_is_not_complete(operational: Operational) -> None:
    operational.start_import(import_id="a", user_id="me", file_name="f", sha256="0", created_at=NOW)
    operational.update_import("a", status="running")
    assert operational.settle(["2024-01"], [], NOW) == []


def test_an_import_of_rejected_rows_only_completes_without_a_month(operational: Operational) -> None:
    run(operational, "a", rows_read=3, rows_rejected=3)
    assert operational.settle([], [], NOW) == ["a"]


def test_a_later_import_that_tells_plays_better_turns_earlier_rows_into_duplicates(
    operational: Operational,
) -> None:
    run(operational, "account", rows_read=12)
    operational.settle(
        ["2024-01", "2024-02"],
        [Outcome("account", "2024-01", 10, 0), Outcome("account", "2024-02", 2, 0)],
        NOW,
    )
    run(operational, "extended", rows_read=10)
    completed = operational.settle(
        ["2024-01"], [Outcome("account", "2024-01", 1, 9), Outcome("extended", "2024-01", 10, 0)], LATER
    )
    assert completed == ["extended"]
    assert counts(operational, "account") == ("completed", 3, 9)
    assert operational.get_import("account")["finished_at"] == NOW


def test_an_undone_import_names_its_months_and_loses_its_counts_when_they_settle(
    operational: Operational,
) -> None:
    run(operational, "a", rows_read=5)
    operational.update_import("a", months=["2024-02"])
    operational.settle(["2024-01"], [Outcome("a", "2024-01", 5, 0)], NOW)
    assert operational.undo_import("a", LATER) == ["2024-01", "2024-02"]
    operational.settle(["2024-01", "2024-02"], [], LATER)
    assert counts(operational, "a") == ("undone", 0, 0)


def test_rows_of_an_import_the_ledger_lacks_change_nothing(operational: Operational) -> None:
    run(operational, "a", rows_read=5)
    operational.settle(["2024-01"], [Outcome("a", "2024-01", 5, 0)], NOW)
    with pytest.raises(UnknownImportError, match="stray"):
        operational.settle(["2024-01"], [Outcome("stray", "2024-01", 1, 0)], NOW)
    assert operational.list_import_months("a") == [Outcome("a", "2024-01", 5, 0)]


def test_an_outcome_outside_the_settled_months_is_refused(operational: Operational) -> None:
    run(operational, "a", rows_read=5)
    with pytest.raises(ValueError, match="2024-02"):
        operational.settle(["2024-01"], [Outcome("a", "2024-02", 5, 0)], NOW)


@given(
    settlements=st.lists(
        st.dictionaries(
            st.tuples(st.sampled_from("abc"), st.sampled_from(["2024-01", "2024-02", "2024-03"])),
            st.tuples(st.integers(0, 9), st.integers(0, 9)),
        ),
        max_size=5,
    )
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_totals_are_the_sums_of_what_each_month_last_settled_to(
    operational: Operational, settlements: list[dict[tuple[str, str], tuple[int, int]]]
) -> None:
    months = ["2024-01", "2024-02", "2024-03"]
    for import_id in "abc":
        run(operational, import_id, rows_read=10**6)
    operational.settle(months, [], NOW)
    latest: dict[str, dict[str, tuple[int, int]]] = {}
    for settlement in settlements:
        touched = sorted({month for _, month in settlement})
        operational.settle(touched, [Outcome(i, m, *rows) for (i, m), rows in settlement.items()], NOW)
        for month in touched:
            latest[month] = {i: rows for (i, m), rows in settlement.items() if m == month}
    for import_id in "abc":
        parts = [by_import.get(import_id, (0, 0)) for by_import in latest.values()]
        assert counts(operational, import_id) == (
            "running",
            sum(p[0] for p in parts),
            sum(p[1] for p in parts),
        )


def test_imports_are_listed_by_status_as_polars_reads_them(operational: Operational) -> None:
    run(operational, "b", rows_read=1)
    run(operational, "a", rows_read=0)
    operational.settle([], [], LATER)
    assert [row["import_id"] for row in operational.list_imports()] == ["a", "b"]
    frame = pl.DataFrame(operational.list_imports(["completed"]))
    assert frame["import_id"].to_list() == ["a"]
    assert frame.schema["finished_at"] == pl.Datetime("us", "UTC")


def test_an_unknown_import_is_an_error(operational: Operational) -> None:
    with pytest.raises(UnknownImportError):
        operational.update_import("none", status="failed")
    with pytest.raises(UnknownImportError):
        operational.get_import("none")


def test_a_listener_keeps_the_first_date_and_the_last_time_zone(operational: Operational) -> None:
    operational.ensure_user("me", NOW)
    operational.set_time_zone("me", "Europe/Lisbon", LATER)
    operational.ensure_user("me", LATER)
    operational.set_time_zone("you", None, LATER)
    assert operational.list_users() == [
        {"user_id": "me", "time_zone": "Europe/Lisbon", "created_at": NOW},
        {"user_id": "you", "time_zone": None, "created_at": LATER},
    ]
