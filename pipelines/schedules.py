"""What happens by the clock."""

import dagster as dg

NIGHTLY = "30 3 * * *"


def refresh_nightly(job: dg.JobDefinition | object) -> dg.ScheduleDefinition:
    """The windows of top lists move with the days, also when nobody imports."""
    return dg.ScheduleDefinition(
        name="refresh_nightly",
        job=job,  # type: ignore[arg-type]
        cron_schedule=NIGHTLY,
        execution_timezone="UTC",
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description="A full refresh every night.",
    )
