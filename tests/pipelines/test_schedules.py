"""What happens by the clock."""

from datetime import UTC, datetime

import dagster as dg

from pipelines.schedules import NIGHTLY


def test_a_full_refresh_runs_once_a_night_without_anybody_turning_it_on(whole: dg.Definitions) -> None:
    schedule = whole.resolve_schedule_def("refresh_nightly")
    assert schedule.default_status is dg.DefaultScheduleStatus.RUNNING
    assert (schedule.cron_schedule, schedule.execution_timezone) == (NIGHTLY, "UTC")


def test_a_tick_asks_for_the_marts_and_everything_over_all_months(whole: dg.Definitions) -> None:
    schedule = whole.resolve_schedule_def("refresh_nightly")
    with dg.build_schedule_context(
        scheduled_execution_time=datetime(2026, 1, 15, 3, 30, tzinfo=UTC)
    ) as context:
        tick = schedule.evaluate_tick(context)
    assert tick.run_requests is not None
    assert len(tick.run_requests) == 1
    job = whole.resolve_job_def("refresh")
    made = {key.to_user_string() for key in job.asset_layer.selected_asset_keys}
    assert {
        "imports",
        "tracks",
        "top_tracks",
        "listeners",
        "listening_days",
        "year_in_music",
        "snapshot",
    } <= made
    assert job.partitions_def is None


def test_the_next_nights_follow_each_other(whole: dg.Definitions) -> None:
    from dagster._utils.schedules import schedule_execution_time_iterator

    start = datetime(2026, 1, 15, 12, tzinfo=UTC).timestamp()
    nights = schedule_execution_time_iterator(start, NIGHTLY, "UTC")
    assert [next(nights).isoformat() for _ in range(2)] == [
        "2026-01-16T03:30:00+00:00",
        "2026-01-17T03:30:00+00:00",
    ]
